"""What is said about a thing: on a page of its own, and as a part of the page of its history."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.ui.forms import refusals_in
from services.desk import commands, policies, queries
from services.desk.rules import LONGEST_COMMENT
from services.desk.types import Talk, Thing, ThingKind
from tenants.identity.types import Colleague

KIND_LABELS = {
    ThingKind.ADVISER: gettext_lazy("顾问"),
    ThingKind.APPOINTMENT: gettext_lazy("聘任"),
    ThingKind.VISIT: gettext_lazy("到访"),
    ThingKind.PLACE: gettext_lazy("地方"),
}


class CommentForm(forms.Form):
    """A sentence, and who is to read it."""

    text = forms.CharField(
        label=gettext_lazy("内容"), widget=forms.Textarea(attrs={"rows": 3}), max_length=LONGEST_COMMENT,
        help_text=gettext_lazy("看得到这一项的同事都能看。不要写居民的姓名、证件号码、电话和案情。"),
        error_messages={"required": gettext_lazy("请写几句话。"), "max_length": gettext_lazy("请不要超过 500 字。")},
    )  # fmt: skip
    tell = forms.TypedMultipleChoiceField(
        label=gettext_lazy("提醒谁看（@）"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("请从列出的人里选：别人看不到这件事。")},
    )  # fmt: skip

    def __init__(self, *args: Any, readers: Collection[Colleague], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if readers:
            self.fields["tell"].choices = [(one.person_id, f"@{one.name}") for one in readers]  # type: ignore[attr-defined]
        else:
            del self.fields["tell"]


def part(talk: Talk) -> dict[str, Any]:
    """What the part of another page needs; its form is sent to the page of the comments."""
    return {"talk": talk, "form": CommentForm(readers=talk.thing.readers), "where": _own(talk.thing)}


def _own(thing: Thing) -> str:
    return reverse("desk:comments", args=[thing.kind.value, thing.id])


@door(grant=policies.JOIN, reads="GET", writes="POST")
def talk(request: HttpRequest, scope: Scope, kind: str, subject_id: str) -> HttpResponse:
    """What was said, and a place to say more."""
    found = queries.get_talk(scope=scope, kind=kind, subject_id=subject_id, now=now())
    form = CommentForm(request.POST or None, readers=found.thing.readers)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with refusals_in(form):
            commands.write_comment(scope=scope, kind=kind, subject_id=subject_id, text=data["text"],
                                   tell=data.get("tell", []), now=now())  # fmt: skip
            messages.success(request, _("已写下。"))
            return redirect("desk:comments", kind, subject_id)
    context = {**part(found), "form": form, "kind": KIND_LABELS[found.thing.kind], "back": _back(scope, found.thing)}
    return render(request, "desk/comments.html", context, status=422 if form.errors else 200)


@door(grant=policies.JOIN, reads="", writes="POST")
def take_back(request: HttpRequest, scope: Scope, comment_id: uuid.UUID) -> HttpResponse:
    """One's own sentence, taken back."""
    kind, subject_id = commands.take_back_comment(scope=scope, comment_id=comment_id, now=now())
    messages.success(request, _("已收回。"))
    return redirect("desk:comments", kind, subject_id)


def _back(scope: Scope, thing: Thing) -> str:
    """The thing's own page, where the scope has one."""
    if thing.kind == ThingKind.ADVISER:
        return reverse("advisers:adviser", args=[thing.id])
    if thing.kind == ThingKind.APPOINTMENT:
        return reverse("advisers:community", args=[thing.node_id])
    if thing.kind == ThingKind.PLACE:
        return reverse("portal:place", args=[thing.id])
    return reverse("duty:visits") if scope.may("duty.own") else reverse("figures:place", args=[thing.node_id])
