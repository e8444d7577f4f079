"""Forms of the advisers' pages: they bound what comes in; whether it may be done is the command's to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.sheets.written import Wrong
from falin.ui.widgets import SEALED, DayInput, PapersInput, PhoneInput
from services.advisers.rules import REASON_LABELS, SPECIALTIES
from services.advisers.rules.import_wording import sentence
from services.advisers.rules.numbers import read_credit_code, read_identity, read_mobile, read_number
from services.advisers.types import VacancyReason, View

_REQUIRED = {"required": gettext_lazy("请填写这一项。")}
_DAY = {**_REQUIRED, "invalid": gettext_lazy("看不懂这个日期。请写成 2026-1-5 这样的年月日。")}
_DAYS = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]


def _meant(day: date) -> None:
    """Nobody means the year 9999; the day after its last one does not exist."""
    if not 1900 <= day.year <= 2200:
        raise ValidationError(_DAY["invalid"])


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=DayInput(), error_messages=_DAY,
        input_formats=_DAYS, validators=[_meant],
    )  # fmt: skip


def read_by(reader: Callable[[str], str], text: str) -> str:
    """A number as ``rules.numbers`` reads it, or the sentence that says what is wrong with it."""
    try:
        return reader(text)
    except Wrong as wrong:
        raise ValidationError(sentence(wrong.code, {})) from None


class FilterForm(forms.Form):
    """The list of advisers, cut down; everything may be left empty."""

    street = forms.TypedChoiceField(label=gettext_lazy("街镇"), required=False, coerce=int, empty_value=None)
    specialty = forms.ChoiceField(label=gettext_lazy("专长"), required=False)
    q = forms.CharField(label=gettext_lazy("姓名或律所"), required=False, max_length=40)
    view = forms.ChoiceField(required=False, choices=[(view.value, "") for view in View], widget=forms.HiddenInput())

    def __init__(self, data: Any, *, streets: Sequence[tuple[int, str]]) -> None:
        super().__init__(data)
        self._field("street").choices = [("", _("全部街镇")), *streets]
        self._field("specialty").choices = [("", _("全部专长")), *((name, _(name)) for name in SPECIALTIES)]
        self.fields["q"].widget.attrs["placeholder"] = _("可输入拼音")
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "f-in"

    def _field(self, name: str) -> Any:
        return self.fields[name]


class AdviserForm(forms.Form):
    """A new adviser on the province's register."""

    name = forms.CharField(label=gettext_lazy("姓名"), max_length=40, error_messages=_REQUIRED)
    id_number = forms.CharField(label=gettext_lazy("身份证号"), max_length=40, error_messages=_REQUIRED,
                                widget=PapersInput(),
                                help_text=gettext_lazy("18 位。加密保存，页面上不再显示。"))  # fmt: skip
    phone = forms.CharField(label=gettext_lazy("本人手机号"), max_length=30, error_messages=_REQUIRED,
                            widget=PhoneInput(attrs=SEALED),
                            help_text=gettext_lazy("11 位。加密保存，只显示前三位和后四位。"))  # fmt: skip
    firm_id = forms.CharField(label=gettext_lazy("律所或法律服务所"), max_length=80, error_messages=_REQUIRED,
                              help_text=gettext_lazy("写登记册上的全称。"))  # fmt: skip
    licence = forms.CharField(label=gettext_lazy("执业证号"), max_length=30, required=False)
    specialties = forms.MultipleChoiceField(
        label=gettext_lazy("专长"), required=False, widget=forms.CheckboxSelectMultiple()
    )
    exam_passed_on = day_field(gettext_lazy("统一考试通过日期"), required=False,
                               help_text=gettext_lazy("还没有考就空着，考过以后再登记。"))  # fmt: skip

    def __init__(self, data: Any = None, *, today: date, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.today = today
        choices: Any = self.fields["specialties"]
        choices.choices = [(name, _(name)) for name in SPECIALTIES]
        self.fields["firm_id"].widget.attrs["list"] = "firms"

    def clean_id_number(self) -> str:
        return read_by(lambda text: read_identity(text, today=self.today), self.cleaned_data["id_number"])

    def clean_phone(self) -> str:
        return read_by(read_mobile, self.cleaned_data["phone"])


class CorrectionForm(AdviserForm):
    """What the register says of an adviser; an empty telephone stays as it is."""

    def __init__(self, data: Any = None, *, today: date, initial: Any = None) -> None:
        super().__init__(data, today=today, initial=initial)
        for name in ("name", "id_number", "exam_passed_on"):
            del self.fields[name]
        self.fields["phone"].required = False
        self.fields["phone"].help_text = _("不改就空着。")

    def clean_phone(self) -> str:
        return super().clean_phone() if self.cleaned_data["phone"] else ""


class NumberForm(forms.Form):
    """The whole number of somebody who is looked for."""

    number = forms.CharField(label=gettext_lazy("身份证号或本人手机号"), max_length=40, error_messages=_REQUIRED,
                             widget=PapersInput(),
                             help_text=gettext_lazy("要写完整的号码。查了会记入办事记录，号码不记。"))  # fmt: skip

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_number(self) -> str:
        return read_by(lambda text: read_number(text, today=self.today), self.cleaned_data["number"])


class IdentityForm(forms.Form):
    """What an adviser's papers say; an empty number stays as it is."""

    name = forms.CharField(label=gettext_lazy("姓名"), max_length=40, error_messages=_REQUIRED)
    id_number = forms.CharField(label=gettext_lazy("身份证号"), max_length=40, required=False,
                                widget=PapersInput(),
                                help_text=gettext_lazy("不改就空着。加密保存，页面上不再显示。"))  # fmt: skip
    why = forms.CharField(label=gettext_lazy("为什么更正"), max_length=200, error_messages=_REQUIRED,
                          widget=forms.Textarea(attrs={"rows": 2}),
                          help_text=gettext_lazy("例如“核对身份证，登记时写错了”。会记入办事记录，不要写号码。"))  # fmt: skip

    def __init__(self, data: Any = None, *, today: date, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.today = today

    def clean_id_number(self) -> str:
        text = self.cleaned_data["id_number"]
        return read_by(lambda number: read_identity(number, today=self.today), text) if text else ""


class FirmForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("全称"), max_length=80, min_length=4, error_messages=_REQUIRED,
                           help_text=gettext_lazy("照执业许可证写。"))  # fmt: skip
    credit_code = forms.CharField(label=gettext_lazy("统一社会信用代码"), max_length=40, required=False)
    phone = forms.CharField(label=gettext_lazy("办公电话"), max_length=30, required=False, widget=PhoneInput(),
                            help_text=gettext_lazy("会公开显示。"))  # fmt: skip

    def clean_credit_code(self) -> str:
        text = self.cleaned_data["credit_code"]
        return read_by(read_credit_code, text) if text else ""


class ExaminationForm(forms.Form):
    passed_on = day_field(gettext_lazy("通过日期"))


class BanForm(forms.Form):
    until = day_field(gettext_lazy("禁止到哪一天（含当日）"))
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=200, error_messages=_REQUIRED,
                             widget=forms.Textarea(attrs={"rows": 3}),
                             help_text=gettext_lazy("会显示给想聘他的人，并记入办事记录。"))  # fmt: skip


class WhyForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("理由"), max_length=200, error_messages=_REQUIRED,
                          widget=forms.Textarea(attrs={"rows": 3}))  # fmt: skip


class ClearForm(forms.Form):
    """Why somebody wants to see numbers in clear."""

    reason = forms.CharField(label=gettext_lazy("为什么要看"), max_length=200, error_messages=_REQUIRED,
                             widget=forms.Textarea(attrs={"rows": 2}),
                             help_text=gettext_lazy("会记入办事记录，也会告诉这位顾问本人。"))  # fmt: skip


class AppointmentForm(forms.Form):
    """From when to when; the adviser stands in it so that what speaks against him is said at his name."""

    adviser_id = forms.ChoiceField(label=gettext_lazy("顾问"))
    begins_on = day_field(gettext_lazy("聘期从哪天开始"))
    ends_on = day_field(gettext_lazy("到哪天结束（含当日）"), required=False,
                        help_text=gettext_lazy("没有约定就空着。"))  # fmt: skip

    def __init__(self, data: Any = None, *, adviser: tuple[str, str], initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        choices: Any = self.fields["adviser_id"]
        choices.choices = [adviser]


class EndForm(forms.Form):
    on_day = day_field(gettext_lazy("最后一天"))
    why = forms.CharField(label=gettext_lazy("理由"), max_length=200, error_messages=_REQUIRED,
                          widget=forms.Textarea(attrs={"rows": 3}))  # fmt: skip


class ReplacementForm(EndForm):
    new_adviser_id = forms.ChoiceField(
        label=gettext_lazy("接任的顾问"), error_messages=_REQUIRED,
        help_text=gettext_lazy("从本县（区）的顾问里选，最合适的在前。要请外县的，先结束这一项，再从空缺里聘任。"),
    )  # fmt: skip
    ends_on = day_field(gettext_lazy("新聘期到哪天结束（含当日）"), required=False,
                        help_text=gettext_lazy("空着就和原来的聘期一样。"))  # fmt: skip

    field_order = ("new_adviser_id", "on_day", "ends_on", "why")

    def __init__(self, data: Any = None, *, advisers: Sequence[tuple[str, str]], initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        choices: Any = self.fields["new_adviser_id"]
        choices.choices = [("", _("请选择")), *advisers]
        self.fields["on_day"].label = _("原顾问的最后一天")
        self.fields["on_day"].help_text = _("接任的顾问从下一天开始。")


class VacancyForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("原因"), widget=forms.RadioSelect(), error_messages=_REQUIRED,
                               choices=[(reason.value, REASON_LABELS[reason]) for reason in VacancyReason])  # fmt: skip
    note = forms.CharField(label=gettext_lazy("补充说明"), max_length=200, required=False,
                           widget=forms.Textarea(attrs={"rows": 3}),
                           help_text=gettext_lazy("例如预计哪天补上。不要写身份证号或手机号。"))  # fmt: skip
