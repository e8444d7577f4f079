"""What the pages of stations take in: bounded and turned into what the commands want."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from falin.kernel.refusals import Invalid
from falin.ui.widgets import AmountInput, DayInput, PhoneInput
from services.stations.rules import (
    ADDRESS_LONGEST,
    NAME_LONGEST,
    PHONE_LONGEST,
    TIER_LABELS,
    opening_words,
    read_opening,
)
from services.stations.types import Opening, Position, StationContent, StationInfo, Tier, View

_REQUIRED = {"required": _("请填写这一项。")}
_DAY = {**_REQUIRED, "invalid": _("日期不对，请重填。")}
_DEGREES = {"invalid": _("请写成小数，例如 120.13026。")}
Choices = Sequence[tuple[str, Sequence[tuple[int, str]]]]


def _day(label: Any, **more: Any) -> forms.DateField:
    widget = DayInput(attrs={"min": "1980-01-01", "max": "2200-12-31"})
    return forms.DateField(label=label, widget=widget, error_messages=_DAY, **more)


class FilterForm(forms.Form):
    """The list of stations, cut down; everything may be left empty."""

    street = forms.TypedChoiceField(label=_("街镇"), required=False, coerce=int, empty_value=None)
    tier = forms.ChoiceField(label=_("层级"), required=False)
    q = forms.CharField(label=_("名称或地址"), required=False, max_length=40)
    view = forms.ChoiceField(required=False, choices=[(view.value, "") for view in View], widget=forms.HiddenInput())

    def __init__(self, data: Any, *, streets: Sequence[tuple[int, str]]) -> None:
        super().__init__(data)
        own: dict[str, Any] = dict(self.fields)
        own["street"].choices = [("", _now("全部街镇")), *streets]
        own["tier"].choices = [("", _now("全部层级")), *((tier.value, TIER_LABELS[tier]) for tier in Tier)]
        own["q"].widget.attrs["placeholder"] = _now("可输入拼音")
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "f-in"
        if not streets:
            del self.fields["street"]


class StationForm(forms.Form):
    """What the register says of a station."""

    node_id = forms.TypedChoiceField(
        label=_("设在哪里"), coerce=int, help_text=_("选县（区）是中心，选街道（乡镇）是工作站，选社区（村）是工作室。"),
        error_messages={**_REQUIRED, "invalid_choice": _("请从列出的地方里选。")},
    )  # fmt: skip
    name = forms.CharField(label=_("名称"), max_length=NAME_LONGEST, error_messages=_REQUIRED,
                           help_text=_("照门口的牌子写，例如“某某街道公共法律服务工作站”。"))  # fmt: skip
    address = forms.CharField(label=_("地址"), max_length=ADDRESS_LONGEST, error_messages=_REQUIRED,
                              help_text=_("写到门牌、楼层，居民照着找得到。"))  # fmt: skip
    phone = forms.CharField(label=_("电话"), max_length=PHONE_LONGEST, required=False, widget=PhoneInput(),
                            help_text=_("办公电话，带区号。谁都会看到，不要写个人手机号。"))  # fmt: skip
    opening = forms.CharField(
        label=_("开放时间"), max_length=400, error_messages=_REQUIRED, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("一行一种，例如“周一至周五 9:00-12:00 14:00-17:30”，下一行“周六 9:00-12:00”。"),
    )  # fmt: skip
    wheelchair = forms.BooleanField(label=_("轮椅进得去"), required=False,
                                    help_text=_("门口没有台阶，或者有坡道、电梯。"))  # fmt: skip
    longitude = forms.FloatField(label=_("经度"), required=False, error_messages=_DEGREES, widget=AmountInput())
    latitude = forms.FloatField(label=_("纬度"), required=False, error_messages=_DEGREES, widget=AmountInput(),
                                help_text=_("站在门口，手机地图上的经度和纬度。写了它，居民才看得到离自己多远。"))  # fmt: skip
    opened_on = _day(_("从哪天起开放"))

    def __init__(self, *args: Any, places: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own: dict[str, Any] = dict(self.fields)
        own["node_id"].choices = [("", _now("请选择")), *places]

    def clean_opening(self) -> tuple[Opening, ...]:
        try:
            return read_opening(self.cleaned_data["opening"])
        except Invalid as refused:
            raise forms.ValidationError(refused.message) from None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        given = [name for name in ("longitude", "latitude") if data.get(name) is not None]
        if len(given) == 1:
            self.add_error(
                "latitude" if given == ["longitude"] else "longitude", _now("经度和纬度要一起写，或者都空着。")
            )
        return data

    def written(self) -> StationContent:
        """The content as the commands take it; call on a valid form."""
        data = dict(self.cleaned_data)
        longitude, latitude = data.pop("longitude"), data.pop("latitude")
        position = Position(longitude=longitude, latitude=latitude) if longitude is not None else None
        return StationContent(position=position, **data)


class CloseForm(forms.Form):
    on_day = _day(_("从哪天起不再开放"))
    why = forms.CharField(label=_("为什么关闭"), max_length=200, error_messages=_REQUIRED,
                          widget=forms.Textarea(attrs={"rows": 3}),
                          help_text=_("例如“搬到新址，另外登记”。会记入办事记录，不要写身份证号、手机号。"))  # fmt: skip


def initial_of(station: StationInfo) -> dict[str, Any]:
    """A station as the form shows it."""
    content = station.content
    return {
        "node_id": content.node_id, "name": content.name, "address": content.address, "phone": content.phone,
        "opening": "\n".join(opening_words(content.opening)), "wheelchair": content.wheelchair,
        "longitude": content.position.longitude if content.position else None,
        "latitude": content.position.latitude if content.position else None, "opened_on": content.opened_on,
    }  # fmt: skip


def first_initial(today: date) -> dict[str, Any]:
    return {"opened_on": today, "opening": "\n".join(opening_words(_USUAL))}


_USUAL = read_opening("周一至周五 9:00-12:00 14:00-17:00")
