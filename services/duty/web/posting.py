"""When advisers can be met: the list of who posts it, and the notice of one community."""

from __future__ import annotations

from itertools import groupby

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats
from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.ui.forms import carried_out, refusals_said
from falin.ui.tables import leaf
from falin.ui.undo import say_done
from falin.ui.widgets import TimeInput
from services.duty import commands, queries
from services.duty.types import Post
from services.duty.web import tables


class HoursForm(forms.Form):
    """The notice at a community's door."""

    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("每周哪几天"), coerce=int, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请选星期几。")},
    )  # fmt: skip
    begins_at = forms.TimeField(
        label=gettext_lazy("几点开始"), widget=TimeInput,
        error_messages={"required": gettext_lazy("请填开始的时间。"), "invalid": gettext_lazy("时间不对，请重填。")},
    )  # fmt: skip
    ends_at = forms.TimeField(
        label=gettext_lazy("几点结束"), widget=TimeInput,
        error_messages={"required": gettext_lazy("请填结束的时间。"), "invalid": gettext_lazy("时间不对，请重填。")},
    )  # fmt: skip
    room = forms.CharField(
        label=gettext_lazy("在哪里"), max_length=80, help_text=gettext_lazy("写到门牌或楼层，居民照着找得到"),
        error_messages={"required": gettext_lazy("请写在哪里能见到顾问。")},
    )  # fmt: skip

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["weekdays"].choices = [(day, formats.weekdays([day])) for day in range(1, 8)]  # type: ignore[attr-defined]


@door(grant="duty.post")
def posts(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Every community of the scope, with what residents read of it; the unposted first."""
    found = queries.list_posts(scope=scope, sort=request.GET.get("sort", ""))
    shown, pager = leaf(found, request.GET)
    table = tables.POSTS.shown(request.GET)
    grouped = table.has["street"] and not table.sort  # as they come: the unposted first, one street after the other
    groups = (
        [
            {"posted": there, "street": street, "posts": list(ones)}
            for (there, street), ones in groupby(shown, lambda post: (post.posted is not None, post.street_name))
        ]
        if grouped
        else [{"posts": shown}]
    )
    context = {"posts": shown, "groups": groups, "columns": len(table.heads) + 1, "pager": pager, "table": table,
               "missing": sum(1 for post in found if post.posted is None)}  # fmt: skip
    return render(request, "duty/posts.html", context)


@door(grant="duty.post", reads="GET", writes="POST")
def post(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponse:
    """The notice of one community: written, replaced."""
    one = _post(scope, node_id)
    form = HoursForm(request.POST or None, initial=_initial(one))
    if carried_out(form, commands.post_hours, scope=scope, node_id=node_id, now=now()):
        messages.success(request, _("已公布，居民在公开页面上看得到。"))
        return redirect("duty:posts")
    return render(request, "duty/post.html", {"form": form, "post": one}, status=422 if form.errors else 200)


@door(grant="duty.post", reads="", writes="POST")
def withdraw(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponse:
    commands.withdraw_hours(scope=scope, node_id=node_id, now=now())
    say_done(request, _("已撤下，居民看不到了。10 分钟内可以撤回。"), undo=reverse("duty:post-restore", args=[node_id]))
    return redirect("duty:posts")


@door(grant="duty.post", reads="", writes="POST")
def restore(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponse:
    """The withdrawing of a moment ago, undone."""
    with refusals_said(request):
        commands.restore_hours(scope=scope, node_id=node_id, now=now())
        messages.success(request, _("已撤回，居民照旧看得到。"))
    return redirect("duty:posts")


def _post(scope: Scope, node_id: int) -> Post:
    """:raises Missing:"""
    found = next((one for one in queries.list_posts(scope=scope) if one.node_id == node_id), None)
    if found is None:
        raise Missing("duty.no_such_place", _("没有这个社区，或者不归您管。"))
    return found


def _initial(one: Post) -> dict[str, object]:
    if one.posted is None:
        return {}
    return {"weekdays": [str(day) for day in one.posted.weekdays], "begins_at": one.posted.begins_at,
            "ends_at": one.posted.ends_at, "room": one.posted.room}  # fmt: skip
