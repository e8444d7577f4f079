"""What the pages of people take in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from falin.kernel.scope import Scope
from falin.portal.people import label, places_for, words_of_places
from falin.ui.widgets import DayInput
from services.advisers.api import firm_called
from tenants.divisions.api import list_path
from tenants.identity.queries import allowed_roles, find_person
from tenants.identity.roles import ROLES, Bound
from tenants.identity.types import PersonInfo, Role

_DAY = {"required": _("请填日期。"), "invalid": _("日期不对，请重填。")}
_REASON_HINT = _("任命文件的名称和文号；不要写身份证号、手机号")


def _reason() -> forms.CharField:
    return forms.CharField(label=_("依据"), max_length=200, help_text=_REASON_HINT,
                           error_messages={"required": _("请写明依据。")})  # fmt: skip


class UsernameField(forms.CharField):
    """Somebody who stands in the register, by his sign-in name."""

    def clean(self, value: Any) -> PersonInfo:
        person = find_person(str(super().clean(value)))
        if person is None:
            raise ValidationError(_("没有这个登录名。请核对，或者先录入这个人。"))
        return person


class GrantForm(forms.Form):
    """A role at a place from a day to a day. Roles are those the person may give; places are looked up within his own."""

    role = forms.ChoiceField(label=_("身份"), error_messages={"required": _("请选身份。")})
    place = forms.CharField(
        label=_("地方"), max_length=60, help_text=_("写名称、拼音或区划代码，只能是您辖区内的"),
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
        error_messages={"required": _("请写明地方。")},
    )  # fmt: skip
    firm = forms.CharField(
        label=_("哪家律所"), max_length=80, required=False, help_text=_("只有律所负责人要填，写登记的全称")
    )
    place_id = forms.TypedChoiceField(
        label=_("是哪一个"), coerce=int, required=False, widget=forms.RadioSelect,
        error_messages={"required": _("有几个地方都叫这个名字，请选一个。"), "invalid_choice": _("请从列出的地方里选。")},
    )  # fmt: skip
    begins_on = forms.DateField(label=_("从哪天起"), widget=DayInput, error_messages=_DAY)
    ends_on = forms.DateField(label=_("到哪天止"), widget=DayInput, error_messages=_DAY,
                              help_text=_("最长一年，不能超过您自己的任期"))  # fmt: skip
    reason = _reason()

    def __init__(self, *args: Any, scope: Scope, own_place: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope, self.own_place = scope, own_place
        roles = allowed_roles(scope)
        # A firm's own manager gives roles of his firm; whoever else appoints one names the firm.
        if scope.subject_id or not any(ROLES[role].bound == Bound.FIRM for role in roles):
            del self.fields["firm"]
        self.fields["role"].choices = [(role.value, label(role)) for role in roles]  # type: ignore[attr-defined]
        if len(roles) == 1:
            self.fields["role"].initial = roles[0].value
        if scope.subject_id:
            del self.fields["place"]
        self._offer(())

    def _offer(self, places: Sequence[tuple[int, str]]) -> None:
        self.fields["place_id"].choices = places  # type: ignore[attr-defined]
        if not places:
            self.fields["place_id"].widget = forms.HiddenInput()

    def full_clean(self) -> None:
        """Places a text may mean are offered before the choice among them is judged."""
        self.found: list[tuple[int, str]] = []
        if self.is_bound and self.data.get("role") in dict(self.fields["role"].choices):  # type: ignore[attr-defined]
            text = str(self.data.get("place", ""))
            if text.strip() or self.scope.subject_id:
                role = Role(self.data["role"])
                self.found = words_of_places(places_for(self.scope, self.own_place, role, text)[:20])
                self.fields["place_id"].choices = self.found  # type: ignore[attr-defined]
                if len(self.found) > 1:
                    self.fields["place_id"].required = True
                    self.fields["place_id"].widget = forms.RadioSelect(choices=self.found)
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        where = "place" if "place" in self.fields else "role"
        if {"role", "place", "place_id"} & set(self.errors):
            return data
        bound = data.get("role") in {role.value for role in Role if ROLES[role].bound == Bound.FIRM}
        if "firm" in self.fields and bound and self.found:
            root = list_path(data.get("place_id") or self.found[0][0])[0]
            firm = firm_called(name=data.get("firm", ""), province_id=root.id)
            if firm is None:
                self.add_error("firm", _("省里没有登记过这个名字的律所。请写登记的全称。"))
            else:
                data["subject_id"] = str(firm.id)
        if not self.found:
            self.add_error(where, _("您的辖区里没有这个名字、又能设这个身份的地方。"))
        else:
            data["place_id"] = data.get("place_id") or self.found[0][0]
        return data

    def given(self) -> dict[str, Any]:
        """As the commands take it; call on a valid form."""
        data = self.cleaned_data
        return {"role": Role(data["role"]), "node_id": data["place_id"], "begins_on": data["begins_on"],
                "ends_on": data["ends_on"], "reason": data["reason"],
                **({"subject_id": data["subject_id"]} if data.get("subject_id") else {})}  # fmt: skip

    def answers(self) -> list[tuple[str, Any]]:
        """What will be done, for the page that has it checked."""
        data = self.cleaned_data
        return [
            (str(_("身份")), label(Role(data["role"]))), (str(_("地方")), dict(self.found)[data["place_id"]]),
            *([(str(_("哪家律所")), data["firm"].strip())] if data.get("subject_id") else []),
            (str(_("从哪天起")), data["begins_on"]), (str(_("到哪天止")), data["ends_on"]), (str(_("依据")), data["reason"]),
        ]  # fmt: skip


HANDED = (
    ("password", _("当面交给他一次性密码")),
    ("link", _("给他一个邀请链接，由他自己设密码（72 小时内有效，只能用一次）")),
)


class EntryForm(GrantForm):
    """Somebody new, with his first role."""

    name = forms.CharField(label=_("姓名"), max_length=60, error_messages={"required": _("请写姓名。")})
    username = forms.SlugField(
        label=_("登录名"), max_length=60, help_text=_("字母、数字和短横，以后用它登录"),
        error_messages={"required": _("请写登录名。"), "invalid": _("登录名只能用字母、数字、短横和下划线。")},
    )  # fmt: skip
    handed = forms.ChoiceField(
        label=_("怎样让他第一次登录"), choices=HANDED, initial="password", widget=forms.RadioSelect
    )
    field_order = ("name", "username", "role", "firm", "place", "place_id", "begins_on", "ends_on", "reason", "handed")

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            **super().given(),
            "name": data["name"],
            "username": data["username"],
            "invite": data["handed"] == "link",
        }

    def answers(self) -> list[tuple[str, Any]]:
        data = self.cleaned_data
        return [(str(_("姓名")), data["name"]), (str(_("登录名")), data["username"]), *super().answers(),
                (str(_("怎样让他第一次登录")), dict(HANDED)[data["handed"]])]  # fmt: skip


def _review_by() -> forms.DateField:
    return forms.DateField(label=_("复核日期"), widget=DayInput, error_messages=_DAY,
                           help_text=_("到这一天还没人复核，就自动结束"))  # fmt: skip


class AccountForm(GrantForm):
    """A program with its role and who answers for it."""

    name = forms.CharField(label=_("名称"), max_length=40, help_text=_("哪个系统，例如：市大数据局取数"),
                           error_messages={"required": _("请写名称。")})  # fmt: skip
    username = forms.SlugField(
        label=_("账号名"), max_length=60, help_text=_("字母、数字和短横"),
        error_messages={"required": _("请写账号名。"), "invalid": _("账号名只能用字母、数字、短横和下划线。")},
    )  # fmt: skip
    owner = UsernameField(label=_("负责人"), max_length=60, help_text=_("写他的登录名；他自己要有同样的身份"),
                          error_messages={"required": _("请写由谁负责。")})  # fmt: skip
    purpose = forms.CharField(label=_("用途"), max_length=200, error_messages={"required": _("请写明用途。")})
    review_by = _review_by()
    field_order = ("name", "username", "purpose", "owner", "role", "place", "place_id", "begins_on", "ends_on",
                   "review_by", "reason")  # fmt: skip

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {**super().given(), "name": data["name"], "username": data["username"], "owner_id": data["owner"].id,
                "purpose": data["purpose"], "review_by": data["review_by"]}  # fmt: skip

    def answers(self) -> list[tuple[str, Any]]:
        data = self.cleaned_data
        return [(str(_("名称")), data["name"]), (str(_("用途")), data["purpose"]), (str(_("负责人")), data["owner"].name),
                *super().answers(), (str(_("复核日期")), data["review_by"])]  # fmt: skip


class OwnerForm(forms.Form):
    owner = UsernameField(label=_("由谁负责"), max_length=60, help_text=_("写他的登录名；他自己要有同样的身份"),
                          error_messages={"required": _("请写由谁负责。")})  # fmt: skip
    reason = _reason()


class ReviewForm(forms.Form):
    review_by = _review_by()


class DeputyForm(forms.Form):
    deputy = UsernameField(label=_("由谁代理"), max_length=60, help_text=_("写他的登录名"))
    begins_on = forms.DateField(label=_("从哪天起"), widget=DayInput, error_messages=_DAY)
    ends_on = forms.DateField(label=_("到哪天止"), widget=DayInput, error_messages=_DAY)
    reason = _reason()


class HandOverForm(forms.Form):
    role = forms.ChoiceField(label=_("移交哪个身份"))
    successor = UsernameField(label=_("由谁接手"), max_length=60, help_text=_("写他的登录名；还没有录入的请先录入"))
    begins_on = forms.DateField(label=_("从哪天起由他接手"), widget=DayInput, error_messages=_DAY)
    reason = _reason()

    def __init__(self, *args: Any, roles: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, label(role)) for role in roles]  # type: ignore[attr-defined]


class NamesForm(forms.Form):
    """How somebody's name and sign-in name should be."""

    name = forms.CharField(label=_("姓名"), max_length=60, error_messages={"required": _("请写姓名。")})
    username = forms.CharField(
        label=_("登录名"),
        max_length=60,
        help_text=_("改了以后用新的登录"),
        error_messages={"required": _("请写登录名。")},
    )


class CorrectionForm(NamesForm):
    why = forms.CharField(label=_("依据"), max_length=200, error_messages={"required": _("请写明依据。")},
                          help_text=_("例如：户口簿、任命文件的名称和文号；不要写身份证号、手机号"))  # fmt: skip


class WhyForm(forms.Form):
    why = forms.CharField(label=_("原因"), max_length=200, error_messages={"required": _("请写明原因。")},
                          help_text=_("会记入操作记录，不要写身份证号、手机号"))  # fmt: skip


class SameForm(forms.Form):
    """Which of two records stays."""

    kept = forms.TypedChoiceField(label=_("保留哪一条"), coerce=int, widget=forms.RadioSelect,
                                  help_text=_("请选他平时登录用的那一条"),
                                  error_messages={"required": _("请选保留哪一条。")})  # fmt: skip
    reason = forms.CharField(
        label=_("怎样核实的"), max_length=200, help_text=_("例如：已电话核实；不要写身份证号、手机号"),
        error_messages={"required": _("请写怎样核实的。")},
    )  # fmt: skip

    def __init__(self, *args: Any, kept: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kept"].choices = kept  # type: ignore[attr-defined]


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("密码"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("至少 15 个字符，可以用汉字和空格；一句自己记得住的话最好"), error_messages={"required": _("请设密码。")},
    )  # fmt: skip

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        try:
            validate_password(password)
        except ValidationError as error:
            raise forms.ValidationError(error.messages) from None
        return password
