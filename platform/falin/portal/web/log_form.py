"""What is looked for in the log: read by its page, its API and its export alike."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.portal import acts, booked
from falin.ui.widgets import DayInput


def _meant(day: date) -> None:
    if not 2000 <= day.year <= 2200:
        raise ValidationError(_UNREADABLE)


_UNREADABLE = gettext_lazy("看不懂这个日期。请写成 2026-1-5 这样的年月日。")
DAY: dict[str, Any] = {"error_messages": {"invalid": _UNREADABLE}, "validators": [_meant]}


class LogForm(forms.Form):
    """What is looked for in the log; everything may be left empty. Pages and the API read it alike."""

    since = forms.DateField(label=gettext_lazy("从哪天"), required=False, widget=DayInput(), **DAY)
    until = forms.DateField(label=gettext_lazy("到哪天"), required=False, widget=DayInput(), **DAY)
    person = forms.CharField(label=gettext_lazy("谁做的"), required=False, max_length=60)
    act = forms.ChoiceField(label=gettext_lazy("做了什么"), required=False)
    place = forms.TypedChoiceField(label=gettext_lazy("在哪里"), required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(label=gettext_lazy("对什么"), required=False)
    subject = forms.CharField(label=gettext_lazy("编号"), required=False, max_length=64)

    def __init__(self, data: Any, *, places: list[tuple[int, str]]) -> None:
        super().__init__(data)
        groups = [
            (str(words), [(act, str(name)) for act, name in acts.WORDS.items() if act.split(".")[0] == group])
            for group, words in acts.GROUPS.items()
        ]
        self._choose("act", [("", _("全部操作")), *groups])
        self._choose("place", [("", _("全部地方")), *places])
        self._choose("kind", [("", _("全部对象")), *((kind, str(words)) for kind, words in acts.KINDS.items())])
        self.fields["person"].widget.attrs["placeholder"] = _("姓名、拼音或登录名")
        for field in self.fields.values():
            field.widget.attrs["class"] = "f-in"

    def _choose(self, name: str, choices: list[Any]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", _("结束的日子不能早于开始的日子。"))
        return given

    def asked(self) -> booked.Asked:
        """What can be meant; a field that is wrong is left out and says so."""
        self.is_valid()
        given = self.cleaned_data
        return booked.Asked(
            since=given.get("since"), until=given.get("until"), person=(given.get("person") or "").strip(),
            act=given.get("act") or "", node_id=given.get("place"), kind=given.get("kind") or "",
            subject_id=(given.get("subject") or "").strip(),
        )  # fmt: skip
