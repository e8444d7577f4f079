"""What the register may say of a station, and of which tier it is."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _

from falin.kernel.refusals import Invalid
from services.stations.rules.opening import check_opening
from services.stations.types import StationContent, Tier
from tenants.divisions.types import Level

NAME_LONGEST, ADDRESS_LONGEST, PHONE_LONGEST = 60, 120, 20
_TIERS = {Level.COUNTY: Tier.CENTRE, Level.STREET: Tier.STATION, Level.COMMUNITY: Tier.STUDIO}
_OFFICE = re.compile(r"\d{5}|(?:0\d{2,3}-?)?[2-9]\d{6,7}(?:-\d{1,6})?|[48]00-?\d{3}-?\d{4}")
_MAINLAND = (73.0, 136.0), (3.0, 54.0)  # degrees of longitude and latitude


def tier_of(level: Level, *, is_county_body: bool) -> Tier | None:
    """R1.6: the tier follows from the place; a city without counties has a centre as a county does."""
    return Tier.CENTRE if is_county_body and level == Level.CITY else _TIERS.get(level)


def tidy(content: StationContent) -> StationContent:
    """No stray spaces, and five decimals of a degree: a metre, which is finer than anybody says it."""
    position = content.position
    if position is not None and all(map(math.isfinite, (position.longitude, position.latitude))):
        position = replace(position, longitude=round(position.longitude, 5), latitude=round(position.latitude, 5))
    return replace(
        content, name="".join(content.name.split()), address=" ".join(content.address.split()),
        phone="".join(content.phone.split()).replace("—", "-").replace("－", "-"), position=position,
    )  # fmt: skip


def check_content(content: StationContent, *, today: date) -> StationContent:
    """
    The content with its hours in order.

    :raises Invalid: at the field that cannot be right.
    """
    for field, value, most, empty in (
        ("name", content.name, NAME_LONGEST, _("请写站点的名称。")),
        ("address", content.address, ADDRESS_LONGEST, _("请写地址，居民照着找得到。")),
    ):
        if not value:
            raise Invalid("stations.empty", empty, field=field)
        if len(value) > most:
            raise Invalid("stations.too_long", _("最多 %(n)d 个字。") % {"n": most}, field=field)
    if content.phone and not _OFFICE.fullmatch(content.phone):
        text = _("请写办公电话，带区号，例如 0571-87654321。谁都会看到，不要写个人手机号。")
        raise Invalid("stations.not_an_office_phone", text, field="phone")
    if content.opened_on > today:
        raise Invalid("stations.in_the_future", _("开放日期不能晚于今天。开了以后再登记。"), field="opened_on")
    if content.opened_on.year < 1980:  # before there was any
        raise Invalid("stations.too_long_ago", _("日期不对，请重填。"), field="opened_on")
    _check_position(content)
    return replace(content, opening=check_opening(content.opening))


def _check_position(content: StationContent) -> None:
    if content.position is None:
        return
    for field, value, (low, high) in zip(
        ("longitude", "latitude"), (content.position.longitude, content.position.latitude), _MAINLAND, strict=True
    ):
        if not low <= value <= high:  # a number that is none compares with nothing
            text = _("这个位置不在我国境内，经度和纬度是不是写反了？")
            raise Invalid("stations.no_such_position", text, field=field)
