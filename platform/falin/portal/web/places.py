"""Places for people: the tree, search, one place with its past; and the yearly update, from a list to its report."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.sheets.writing import CSV, write_csv
from falin.portal import places, update_words
from falin.portal.shell import ROLE_LABELS
from falin.ui.forms import refusals_in
from falin.ui.tables import leaf_of
from falin.ui.widgets import DayInput
from tenants.divisions import api, policies
from tenants.divisions.types import Decision, Reason, UpdateState
from tenants.divisions.types.updates import BEGINS, ENDS
from tenants.identity.api import Role, names_of

_DAYS = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]
_MOVING = frozenset({UpdateState.CONFIRMED})


def _day(request: HttpRequest) -> tuple[date | None, str, bool]:
    """The day asked for, as it was written, and whether it is none."""
    text = request.GET.get("on", "").strip()[:20]
    if not text:
        return None, "", False
    try:
        return forms.DateField(input_formats=_DAYS).clean(text), text, False
    except forms.ValidationError:
        return None, text, True


# ---- the tree --------------------------------------------------------------------------------------------------------
@door(grant=policies.READ)
def browse(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Search by name, former name, pinyin, initials or code, on a day by what was so called then; else the provinces."""
    text = request.GET.get("q", "")[:60].strip()
    day, said, bad = _day(request)
    found = api.look_up(text, limit=50, on=day) if text else []
    context = {
        "text": text, "said": said, "bad": bad, "day": day,
        "rows": [{"found": one, "path": _path(one, day)} for one in found],
        "provinces": [] if text else api.list_provinces(on=day),
        "may_describe": scope.may(policies.DESCRIBE),
    }  # fmt: skip
    return render(request, "portal/places/browse.html", context, status=422 if bad else 200)


def _path(found: api.Found, on: date | None) -> str:
    day = found.ended_on - timedelta(days=1) if found.ended_on else on
    return " › ".join(place.name for place in api.list_path(found.place.id, on=day)[:-1])


@door(grant=policies.READ)
def place(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponseBase:
    """One place: what it is, what lies in it, what it was; on a day, as it was then."""
    day, said, bad = _day(request)
    try:
        found = places.shown(node_id, on=day)
    except Missing:
        if day is None:
            raise
        found, day = places.shown(node_id, on=None), None
        bad = True
    context = {
        "shown": found, "place": found.place, "said": said, "bad": bad, "day": day,
        "levels": api.LEVEL_LABELS, "level": api.LEVEL_LABELS[found.place.level],
        "kind": api.KIND_LABELS[found.place.kind], "status": api.STATUS_LABELS[found.place.status],
        "committee": api.COMMITTEE_LABELS[found.place.committee] if found.place.committee else "",
        "may_see_people": scope.may("people.read"), "may_see_vacancies": scope.may("advisers.appoint"),
        "may_comment": scope.may("comments.join") and any(step.id in scope.roots for step in found.path),
        "facts": [(api.FACT_LABELS[fact.kind], fact) for fact in found.facts],
        "areas": api.list_areas_over(node_id, on=day),
    }  # fmt: skip
    return render(request, "portal/places/place.html", context, status=422 if bad else 200)


# ---- the yearly update -----------------------------------------------------------------------------------------------
def _column(label: Any, name: str, help_text: Any = "") -> forms.CharField:
    """The name of a column as it stands in the first row of an uploaded list."""
    return forms.CharField(label=label, max_length=40, required=False, initial=name, help_text=help_text)


class ListForm(forms.Form):
    """Which list, and from which day its tree would hold."""

    edition = forms.ChoiceField(
        label=gettext_lazy("用哪一份名录"), widget=forms.RadioSelect, required=False,
        help_text=gettext_lazy("国家名录由平台自己取；也可以上传省里的名录"),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("上传的名录"),
        required=False,
        help_text=gettext_lazy("CSV 或 XLSX，第一行写列名；代码 2、4、6、9 或 12 位"),
    )
    code_column = _column(gettext_lazy("代码在哪一列"), "代码")
    name_column = _column(gettext_lazy("名称在哪一列"), "名称")
    parent_column = _column(
        gettext_lazy("上级代码在哪一列"), "", gettext_lazy("没有这一列就空着，上级从代码看出来")
    )  # fmt: skip
    source = forms.CharField(
        label=gettext_lazy("名录的来源"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("文件名称和文号，例如：浙民区〔2026〕3号"),
    )
    under = forms.CharField(
        label=gettext_lazy("只比对哪个地方（代码）"), max_length=12, required=False,
        help_text=gettext_lazy("不填就比对全省；填了，上传的名录可以只有这个地方"),
    )  # fmt: skip
    day = forms.DateField(
        label=gettext_lazy("从哪天起照新的区划"), widget=DayInput(), input_formats=_DAYS,
        help_text=gettext_lazy("可以早于已经发布的月份：发布过的数和当时的区划都不变。"),
        error_messages={
            "required": gettext_lazy("请填日期。"), "invalid": gettext_lazy("日期不对，请重填。"),
        },
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editions = [
            (name, _("国家名录 %(edition)s 版（截至 %(day)s）") % {"edition": name, "day": formats.day(as_of)})
            for name, (_hash, as_of) in sorted(api.EDITIONS.items(), reverse=True)
        ]
        self.fields["edition"].choices = [*editions, ("", _("上传一份"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("edition") and not given.get("file") and "file" not in self.errors:
            self.add_error("file", _("请选一份名录，或者上传一份。"))
        if given.get("file") and not given.get("source"):
            self.add_error("source", _("请写明这份名录从哪里来。"))
        return given


class WhyForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("理由"), max_length=200,
                          error_messages={"required": gettext_lazy("请写明理由，2 到 200 个字。")})  # fmt: skip


@door(grant=policies.REVIEW)
def updates(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    found = api.list_updates(scope=scope)
    names = names_of({one.prepared_by for one in found})
    rows = [{"update": one, "state": api.UPDATE_LABELS[one.state], "sign": _SIGNS[one.state],
             "by": names.get(one.prepared_by, _("系统"))} for one in found]  # fmt: skip
    return render(request, "portal/places/updates.html", {"rows": rows, "may_prepare": scope.may(policies.UPDATE)})


_SIGNS = {
    UpdateState.DECIDING: "info", UpdateState.SUBMITTED: "watch", UpdateState.CONFIRMED: "watch",
    UpdateState.APPLIED: "ok", UpdateState.UNDONE: "idle", UpdateState.DROPPED: "idle",
}  # fmt: skip


@door(grant=policies.UPDATE, reads="GET", writes="POST")
def prepare(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Choose or send a list; what is wrong with it is said at its field, by row."""
    sent = request.method == "POST"
    initial = {
        "edition": next(iter(sorted(api.EDITIONS, reverse=True))),
        "day": legal_day(now()).replace(month=1, day=1),
    }
    form = ListForm(request.POST, request.FILES) if sent else ListForm(initial=initial)
    if sent and form.is_valid():
        given = form.cleaned_data
        uploaded = given["file"]
        source = given["source"] or places.edition_named(given["edition"])
        with refusals_in(form):
            job = places.ask_comparison(
                scope=scope, day=given["day"], source=source, edition="" if uploaded else given["edition"],
                upload=uploaded.read() if uploaded else None, columns=places.columns_of(given), under=given["under"], now=now(),
            )  # fmt: skip
            messages.success(request, _("正在比对，做完后在“区划更新”里核对。"))
            return redirect("portal:job", job)
    return render(request, "portal/places/prepare.html", {"form": form}, status=422 if form.errors else 200)


class BoundaryForm(forms.Form):
    """Where a boundary moved, and how much of the one place somebody counted on the other side."""

    from_code = forms.CharField(label=gettext_lazy("从哪里划走（代码）"), max_length=12,
                                help_text=gettext_lazy("官方代码；地方的页面上有"))  # fmt: skip
    to_code = forms.CharField(label=gettext_lazy("划到哪里（代码）"), max_length=12,
                              help_text=gettext_lazy("同一级的另一个地方"))  # fmt: skip
    share = forms.CharField(label=gettext_lazy("划走的占原来的多少"), max_length=24,
                            help_text=gettext_lazy("例如 120/860（860 户里划走 120 户），或 13.95%"))  # fmt: skip
    day = forms.DateField(label=gettext_lazy("从哪天起"), widget=DayInput(), input_formats=_DAYS)
    source = forms.CharField(label=gettext_lazy("依据，谁点的数"), max_length=100,
                             help_text=gettext_lazy("文件名称和文号，例如：杭民发〔2026〕9号，双浦镇逐户清点"))  # fmt: skip


@door(grant=policies.UPDATE, reads="GET", writes="POST")
def boundary(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """No list says that a boundary moved: one person enters what was counted, a second one confirms it."""
    sent = request.method == "POST"
    form = BoundaryForm(request.POST if sent else None)
    if sent and form.is_valid():
        with refusals_in(form):
            number = places.enter_boundary(scope=scope, now=now(), **form.cleaned_data)
            messages.success(request, _("已登记。核对以后提交，由第二个人确认。"))
            return redirect("portal:update", number)
    return render(request, "portal/places/boundary.html", {"form": form}, status=422 if form.errors else 200)


@door(grant=policies.REVIEW)
def update(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    """One update: the groups, what hangs on places that end, and whatever the reader may do next."""
    return _page(request, scope, update_id)


def _page(request: HttpRequest, scope: Scope, update_id: int, refused: Refused | None = None) -> HttpResponse:
    found = api.get_update(update_id, scope=scope)
    mine = scope.person_id in {found.prepared_by, found.submitted_by}
    confirms = scope.may(policies.CONFIRM) and not mine
    names = names_of(
        {one for one in (found.prepared_by, found.submitted_by, found.confirmed_by, found.undone_by) if one}
    )
    deciding = found.state == UpdateState.DECIDING and scope.may(policies.UPDATE)
    groups = api.list_groups(update_id, scope=scope)
    context = {
        "update": found, "refused": refused, "state": api.UPDATE_LABELS[found.state], "sign": _SIGNS[found.state],
        "kinds": [(api.CHANGE_LABELS[kind], found.counts[kind]) for kind in api.CHANGE_LABELS if kind in found.counts],
        "groups": [_group(group) for group in groups], "hanging": api.list_hanging(update_id, scope=scope), "names": names,
        "by": names.get(found.prepared_by, ""), "submitted": names.get(found.submitted_by or 0, ""),
        "confirmed": names.get(found.confirmed_by or 0, ""), "undone": names.get(found.undone_by or 0, ""),
        "deciding": deciding, "may_submit": deciding and not found.open,
        "may_confirm": confirms and found.state in {UpdateState.SUBMITTED, UpdateState.CONFIRMED, UpdateState.UNDONE},
        "may_send_back": confirms and found.state in {UpdateState.SUBMITTED, UpdateState.CONFIRMED},
        "may_undo": scope.may(policies.CONFIRM) and found.state == UpdateState.APPLIED,
        "may_drop": found.state in {UpdateState.DECIDING, UpdateState.SUBMITTED, UpdateState.CONFIRMED},
        "over": found.state == UpdateState.APPLIED, "stayed": _stayed(found),
        "moving": found.state in _MOVING, "vacancies": scope.may("advisers.appoint"),
    }  # fmt: skip
    return render(request, "portal/places/update.html", context, status=422 if refused else 200)


def _stayed(found: api.Update) -> list[dict[str, str]]:
    """Whose role did not come back when the update was undone, which, where, and why."""
    people = names_of({one.facts["person"] for one in found.stayed})
    named = {place.id: place.name for place in api.list_divisions({one.facts["node"] for one in found.stayed})}
    return [
        {"person": people.get(one.facts["person"], ""), "role": str(ROLE_LABELS[Role(one.facts["role"])]),
         "place": named.get(one.facts["node"], ""), "why": one.why}
        for one in found.stayed
    ]  # fmt: skip


def _group(group: Any) -> dict[str, Any]:
    return {
        "group": group, "kind": api.CHANGE_LABELS[group.kind], "why": api.WHY_LABELS[group.reason],
        "changes": [_line(change) for change in group.examples], "more": group.count - len(group.examples),
        "unnamed": _unnamed(group),
    }  # fmt: skip


def _unnamed(group: Any) -> str:
    """What accepting the whole group leaves unsaid."""
    if not (group.sure and group.reason == Reason.RESEMBLES):
        return ""
    if group.kind in ENDS:
        return _("整组接受只认定这些地方撤销，不写明由谁接手；括号里的只是可能。要写明的，请逐处看。")
    return _("整组接受只认定这些地方新设，不写明从哪里分出；括号里的只是可能。要写明的，请逐处看。")


def _line(change: api.Change) -> dict[str, Any]:
    """A change as one line: what it was and what it becomes, and what it goes into or came out of."""
    other = next(iter(change.candidates), None)
    joined = update_words.joined_of(change)
    open_ = change.decision != Decision.REFUSED and not change.target and not joined
    return {
        "likely": other.name if open_ and other is not None and change.reason == Reason.RESEMBLES else "",
        "change": change, "kind": api.CHANGE_LABELS[change.kind], "why": api.WHY_LABELS[change.reason],
        "other": other, "said": update_words.said_of(change),
        "joined": joined, "level": api.LEVEL_LABELS[change.level], "begins": change.kind in BEGINS,
        "ends": change.kind in ENDS, "moved": change.before_path != change.after_path,
    }  # fmt: skip


@door(grant=policies.REVIEW)
def changes(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    """All changes of a group, a hundred at a time."""
    after = request.GET.get("after", "")
    group = request.GET.get("group", "")[:60]
    found = api.list_changes(
        update_id, scope=scope, group=group, after=int(after) if after.isdecimal() and len(after) < 19 else 0, size=101
    )  # fmt: skip
    shown_group = next((one for one in api.list_groups(update_id, scope=scope) if one.key == group), None)
    if group and shown_group is None:
        raise policies.no_update()
    context = {
        "update": api.get_update(update_id, scope=scope), "group": _group(shown_group) if shown_group else None,
        "lines": [_line(change) for change in found[:100]], "next": found[99].id if len(found) > 100 else 0,
        "deciding": scope.may(policies.UPDATE),
    }  # fmt: skip
    return render(request, "portal/places/changes.html", context)


@door(grant=policies.UPDATE, reads="", writes="POST")
def decide_group(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    """Yes or no to a whole group that was looked at."""
    decision = Decision.ACCEPTED if request.POST.get("decision") == "accepted" else Decision.REFUSED
    return _done(request, scope, update_id, lambda: messages.success(request, _("已决定 %(n)d 处。") % {
        "n": api.decide_group(scope=scope, update_id=update_id, group=request.POST.get("group", "")[:60],
                              decision=decision, now=now())
    }))  # fmt: skip


class DecisionForm(forms.Form):
    """One change: as proposed, as something else, or not at all."""

    choice = forms.ChoiceField(label=gettext_lazy("怎么办"), widget=forms.RadioSelect,
                               error_messages={"required": gettext_lazy("请选一个。")})  # fmt: skip
    target = forms.CharField(
        label=gettext_lazy("其他地方的代码"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("选“其他地方”或“另一个地方”时填，12 位；几个地方用空格隔开"),
    )

    def __init__(self, *args: Any, change: api.Change, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = choices_of(change)  # type: ignore[attr-defined]
        if change.kind not in BEGINS | ENDS:
            del self.fields["target"]
        elif change.near:
            self.fields["target"].widget.attrs["list"] = "near"


_ELSEWHERE = frozenset({"other", "same"})  # answers of which the code is written beside them


def choices_of(change: api.Change) -> list[tuple[str, str]]:
    """What a person may say of a change: the value is the decision and what it is joined to, or the same as."""
    if change.kind in ENDS:
        same = [(f"accepted:={one.code}", _("就是新名录里的 %(name)s，同一个地方") % {"name": f"{one.name}（{one.code}）"})
                for one in change.twins]  # fmt: skip
        into = [(f"accepted:{one.code}", _("并入 %(name)s") % {"name": f"{one.name}（{one.code}）"})
                for one in change.candidates]  # fmt: skip
        return [*same, *into, ("accepted:-", _("撤销，没有接手的地方")), ("other", _("并入其他地方")),
                ("same", _("就是新名录里的另一个地方，改了名称、代码或者上级")),
                ("refused", _("不接受：这个地方还在"))]  # fmt: skip
    if change.kind in BEGINS:
        same = [(f"accepted:={one.code}", _("就是要撤销的 %(name)s，同一个地方") % {"name": f"{one.name}（{one.code}）"})
                for one in change.twins]  # fmt: skip
        out = [(f"accepted:{one.code}", _("从 %(name)s 分设") % {"name": f"{one.name}（{one.code}）"})
               for one in change.candidates]  # fmt: skip
        return [*same, *out, ("accepted:-", _("新设，不是从别处分出来的")), ("other", _("从其他地方分设")),
                ("same", _("就是要撤销的另一个地方，改了名称、代码或者上级")),
                ("refused", _("不接受：没有这个地方"))]  # fmt: skip
    if change.kind == api.ChangeKind.BOUNDARY:
        return [("accepted", _("照此登记")), ("refused", _("不登记"))]
    return [("accepted", _("是同一个地方，照名录改")), ("accepted:-", _("不是同一个地方：旧的撤销，新的另设")),
            ("refused", _("不接受：照旧"))]  # fmt: skip


@door(grant=policies.UPDATE, reads="GET", writes="POST")
def decide(request: HttpRequest, scope: Scope, update_id: int, change_id: int) -> HttpResponseBase:
    """One change by itself, with the places that come into question."""
    found, change = api.get_update(update_id, scope=scope), api.get_change(update_id, change_id, scope=scope)
    sent = request.method == "POST"
    form = DecisionForm(request.POST, change=change) if sent else DecisionForm(initial={
        "choice": _chosen(change), "target": " ".join(code.removeprefix("=") for code in change.target if code != "-"),
    }, change=change)  # fmt: skip
    if sent and form.is_valid():
        choice, _sep, code = form.cleaned_data["choice"].partition(":")
        target = form.cleaned_data.get("target", "").split() if choice in _ELSEWHERE else [code] if code else []
        decision = Decision.REFUSED if choice == "refused" else Decision.ACCEPTED
        with refusals_in(form):
            if choice in _ELSEWHERE and not target:
                raise Refused("portal.no_target", _("请填其他地方的代码。"), field="target")
            if choice == "same":
                target = [f"={code}" for code in target]
            api.decide_change(scope=scope, update_id=update_id, change_id=change_id, decision=decision, target=target,
                              now=now())  # fmt: skip
            following = api.list_changes(update_id, waiting=True, size=1, scope=scope)
            messages.success(request, _("已决定。"))
            if following and not following[0].sure:
                return redirect("portal:update-decide", update_id, following[0].id)
            return redirect("portal:update", update_id)
    context = {"update": found, "line": _line(change), "form": form, "near": change.near}
    return render(request, "portal/places/decide.html", context, status=422 if form.errors else 200)


def _chosen(change: api.Change) -> str:
    if change.decision == Decision.REFUSED:
        return "refused"
    if change.target:
        offered = [value for value, _words in choices_of(change)]
        return found if (found := f"accepted:{change.target[0]}") in offered else "same" if change.same else "other"
    if change.decision == Decision.ACCEPTED and change.kind not in BEGINS | ENDS:
        return "accepted"
    return ""


@door(grant=policies.UPDATE, reads="", writes="POST")
def submit(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    def act() -> None:
        api.submit_update(scope=scope, update_id=update_id, now=now())
        messages.success(request, _("已提交，等第二个人确认后生效。"))

    return _done(request, scope, update_id, act)


@door(grant=policies.CONFIRM, reads="", writes="POST")
def confirm(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    def act() -> None:
        places.ask_application(scope=scope, update_id=update_id, now=now())
        messages.success(request, _("已确认，正在应用。"))

    return _done(request, scope, update_id, act)


def _done(request: HttpRequest, scope: Scope, update_id: int, act: Callable[[], None]) -> HttpResponseBase:
    """Back to the update; a refusal is said there."""
    try:
        act()
    except (Missing, Forbidden):
        raise
    except Refused as refused:
        return _page(request, scope, update_id, refused)
    return redirect("portal:update", update_id)


@door(grant=policies.CONFIRM, reads="GET", writes="POST")
def send_back(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    return _with_reason(request, scope, update_id, api.reopen_update, _("退回这次更新"), _("退回"),
                        _("交回去重新核对。"), _("已退回。"))  # fmt: skip


@door(grant=policies.REVIEW, reads="GET", writes="POST")
def drop(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    return _with_reason(request, scope, update_id, api.drop_update, _("放弃这次更新"), _("放弃"),
                        _("区划照旧；以后可以用名录重新比对。"), _("已放弃，区划没有动。"))  # fmt: skip


@door(grant=policies.CONFIRM, reads="GET", writes="POST")
def undo(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    return _with_reason(request, scope, update_id, places.ask_undoing, _("撤回这次更新"), _("撤回"),
                        _("区划回到更新以前的样子；以后可以再确认一次。新设了地方的，先问各县上面有没有新的记录。"),
                        _("已撤回，区划回到原来的样子。"))  # fmt: skip


def _with_reason(
    request: HttpRequest, scope: Scope, update_id: int, command: Callable[..., Any], title: str, button: str,
    sub: str, said: str,
) -> HttpResponseBase:  # fmt: skip
    """Ask for the reason and do it; to the job that does it, where there is one."""
    found = api.get_update(update_id, scope=scope)
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            job = command(scope=scope, update_id=update_id, why=form.cleaned_data["why"], now=now())
            if job:
                return redirect("portal:job", job)
            messages.success(request, said)
            return redirect("portal:update", update_id)
    return render(request, "portal/people/form.html", {
        "form": form, "title": title, "sub": f"{found.source} · {sub}", "button": button, "danger": True, "once": True,
        "back": reverse("portal:update", args=[update_id]),
    }, status=422 if form.errors else 200)  # fmt: skip


LEAF = 1_000  # lines of a printed leaf; the file has all of them


@door(grant=policies.REVIEW)
def report(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    """An update for the file, made to be printed: by groups, and every change with its decision, a leaf at a time."""
    found = api.get_update(update_id, scope=scope)
    before, pager = leaf_of(sum(found.counts.values()), request.GET, size=LEAF)
    context = {
        "update": found, "state": api.UPDATE_LABELS[found.state], "pager": pager, "first": not before,
        "lines": [_line(change) for change in api.list_changes(update_id, skip=before, size=LEAF, scope=scope)],
    }  # fmt: skip
    if not before:
        names = names_of({one for one in (found.prepared_by, found.submitted_by, found.confirmed_by) if one})
        context |= {
            "groups": [_group(group) for group in api.list_groups(update_id, scope=scope)],
            "kinds": [(api.CHANGE_LABELS[one], found.counts[one]) for one in api.CHANGE_LABELS if one in found.counts],
            "by": names.get(found.prepared_by, ""), "submitted": names.get(found.submitted_by or 0, ""),
            "confirmed": names.get(found.confirmed_by or 0, ""), "hanging": api.list_hanging(update_id, scope=scope),
            "over": found.state == UpdateState.APPLIED, "stayed": _stayed(found),
        }  # fmt: skip
    return render(request, "portal/places/report.html", context)


@door(grant=policies.REVIEW)
def report_file(request: HttpRequest, scope: Scope, update_id: int) -> HttpResponseBase:
    """Every change with its decision as one file, however many there are."""
    found, out = api.get_update(update_id, scope=scope), io.BytesIO()
    write_csv(out, update_words.head(), update_words.rows(update_id, scope=scope))
    named = content_disposition_header(as_attachment=True, filename=_("区划更新报告-%(day)s.csv") % {"day": found.day})
    return HttpResponse(
        out.getvalue(), content_type=f"{CSV}; charset=utf-8", headers={"Content-Disposition": str(named)}
    )
