"""What the pages of duty take in: bounded and turned into what the commands want."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from falin.kernel.clock import SHANGHAI
from falin.kernel.refusals import Refused
from falin.ui.widgets import AmountInput, DayInput, TimeInput
from services.duty.rules import MOST_ATTENDEES
from services.duty.types import VisitInfo, VisitKind

KINDS = ((VisitKind.VISIT.value, _("到点服务")), (VisitKind.LECTURE.value, pgettext_lazy("类别", "讲座")))


class VisitForm(forms.Form):
    """One visit or lecture. Times of day are those of the legal clock."""

    node_id = forms.TypedChoiceField(
        label=_("社区（村）"), coerce=int, widget=forms.RadioSelect,
        error_messages={"required": _("请选社区。"), "invalid_choice": _("请从列出的社区里选。")},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("类别"), choices=KINDS, initial=VisitKind.VISIT.value, widget=forms.RadioSelect,
        error_messages={"required": _("请选类别。")},
    )  # fmt: skip
    on_day = forms.DateField(
        label=_("日期"), widget=DayInput(attrs={"min": "2000-01-01", "max": "2200-12-31"}),
        error_messages={"required": _("请填日期。"), "invalid": _("日期不对，请重填。")},
    )  # fmt: skip
    begins_at = forms.TimeField(
        label=_("几点到"), widget=TimeInput,
        error_messages={"required": _("请填到达时间。"), "invalid": _("时间不对，请重填。")},
    )  # fmt: skip
    ends_at = forms.TimeField(
        label=_("几点走"), widget=TimeInput,
        error_messages={"required": _("请填离开时间。"), "invalid": _("时间不对，请重填。")},
    )  # fmt: skip
    next_day = forms.BooleanField(label=_("第二天结束"), required=False)
    topic = forms.CharField(label=_("题目"), required=False, max_length=100, help_text=_("讲座必填"))
    attendees = forms.IntegerField(
        label=_("到场人数"), required=False, min_value=1, max_value=MOST_ATTENDEES, help_text=_("讲座必填"),
        widget=AmountInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    note = forms.CharField(
        label=_("做了什么"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("不要写居民的姓名、电话和证件号码"),
    )  # fmt: skip
    photo = forms.FileField(
        label=_("现场照片"), required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "capture": "environment"}),
    )  # fmt: skip

    def __init__(self, *args: Any, places: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node_id"].choices = places  # type: ignore[attr-defined]
        if len(places) == 1:
            self.fields["node_id"].initial = places[0][0]

    def clean_on_day(self) -> date:
        day: date = self.cleaned_data["on_day"]
        if not 2000 <= day.year <= 2200:
            raise forms.ValidationError(_("日期不对，请重填。"))
        return day

    def written(self) -> dict[str, Any]:
        """The content as the commands take it; call on a valid form."""
        data = self.cleaned_data
        begins_at = datetime.combine(data["on_day"], data["begins_at"], SHANGHAI)
        ends_at = datetime.combine(data["on_day"], data["ends_at"], SHANGHAI)
        return {
            "node_id": data["node_id"], "kind": VisitKind(data["kind"]), "begins_at": begins_at,
            "ends_at": ends_at + timedelta(days=1) if data["next_day"] else ends_at, "topic": data["topic"],
            "attendees": data["attendees"], "note": data["note"], "photo": data["photo"],
        }  # fmt: skip


def at_its_field(refused: Refused) -> Refused:
    """What a command takes as one moment the form asks as a day and a time: these refusals are about the day."""
    if refused.code in {"duty.month_closed", "duty.too_long_ago"}:
        refused.field = "on_day"
    return refused


class LogForm(VisitForm):
    """A new visit; its id is made with the empty form, so that a second send is the same visit."""

    visit_id = forms.UUIDField(widget=forms.HiddenInput)


class CorrectForm(VisitForm):
    why = forms.CharField(
        label=_("为什么更正"), max_length=200, error_messages={"required": _("请写明原因。")},
        help_text=_("会记入办事记录，不要写身份证号、手机号"),
    )  # fmt: skip


class VoidForm(forms.Form):
    why = forms.CharField(
        label=_("为什么作废"), max_length=200, error_messages={"required": _("请写明原因。")},
        help_text=_("会记入办事记录，不要写身份证号、手机号"),
    )  # fmt: skip


def initial_of(visit: VisitInfo) -> dict[str, Any]:
    """A visit as the form shows it."""
    content = visit.content
    begins_at, ends_at = content.begins_at.astimezone(SHANGHAI), content.ends_at.astimezone(SHANGHAI)
    return {
        "node_id": content.node_id, "kind": content.kind.value, "on_day": begins_at.date(),
        "begins_at": begins_at.time(), "ends_at": ends_at.time(), "next_day": ends_at.date() > begins_at.date(),
        "topic": content.topic, "attendees": content.attendees, "note": content.note,
    }  # fmt: skip
