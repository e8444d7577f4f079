"""The place where statistical areas are drawn over the administration, member by member, each with its days and source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Invalid, Missing, Refused, refusal_for
from falin.kernel.scope import Scope
from tenants.divisions import policies
from tenants.divisions.models import AreaMember, StatisticalArea
from tenants.divisions.queries.history import last_path
from tenants.divisions.queries.tree import find_by_code, list_path
from tenants.divisions.rules.tables import level_of
from tenants.divisions.types import Division, Kind, Level


def open_area(*, scope: Scope, node_id: int, name: str, listed: str = "", now: datetime) -> int:
    """
    An area without members yet; its number.

    :param node_id: whose it is: a county body, a city or the province of the scope.
    :param listed: code of the place of the national list that stands for the same zone.
    :raises Invalid: the name is taken there, or the code is no statistical place. :raises Missing: not the scope's place.
    """
    path = list_path(node_id)
    policies.check_may_describe(scope, path)
    if path[-1].level > Level.COUNTY:
        raise Invalid("divisions.area_too_low", _("统计区域由县（区）、市或省来划。"), field="name")
    title = name.strip()
    if not 2 <= len(title) <= 100:
        raise Invalid("divisions.area_name", _("请写名称，2 到 100 个字。"), field="name")
    stands = _statistical(listed.strip()) if listed.strip() else None
    try:
        with transaction.atomic():
            area = StatisticalArea.objects.create(
                node_id=node_id, name=title, listed_id=stands.id if stands else None, recorded_at=now
            )
    except IntegrityError as error:
        raise refusal_for(error, {"one_area_of_a_name_at_a_place": _name_taken}) or error from None
    audit.record(scope=scope, act="divisions.area.opened", subject=("area", area.pk), node_id=node_id, now=now,
                 after={"name": title})  # fmt: skip
    return int(area.pk)


def _name_taken() -> Refused:
    return Invalid("divisions.area_taken", _("这里已经有一个叫这个名称的统计区域。"), field="name")


def _statistical(code: str) -> Division:
    level = level_of(code)
    found = find_by_code(level, code) if level else None
    if found is None or found.kind != Kind.STATISTICAL:
        raise Invalid("divisions.not_statistical", _("名录里没有这个代码的统计区域。没有就留空。"), field="listed")
    return found


def add_members(
    *, scope: Scope, area_id: int, codes: Sequence[str], valid_from: date, source: str, now: datetime
) -> int:  # fmt: skip
    """
    Places that lie in the area from a day on, with all below them; how many.

    :param codes: official codes of streets or communities (or of a whole county), below the area's own place.
    :raises Invalid: a code is none, lies elsewhere, or lies in the area already.
    """
    area, path = _locked(scope, area_id)
    why = source.strip()
    if not 2 <= len(why) <= 200:
        raise Invalid("divisions.area_source", _("请写明依据，例如文件名称和文号。"), field="source")
    if not codes:
        raise Invalid("divisions.area_codes", _("请填区划代码，几个之间用空格隔开。"), field="codes")
    places = [_below(code, path[-1], valid_from) for code in dict.fromkeys(codes)]
    for place in places:
        try:
            with transaction.atomic():
                AreaMember.objects.create(area=area, node_id=place.id, valid_from=valid_from, source=why,
                                          person_id=scope.person_id, recorded_at=now)  # fmt: skip
        except IntegrityError as error:
            twice = Invalid(
                "divisions.in_area", _("%(name)s已经在这个区域里了。") % {"name": place.name}, field="codes"
            )
            raise refusal_for(error, {"a_place_lies_once_in_an_area": lambda said=twice: said}) or error from None  # type: ignore[misc]
    audit.record(scope=scope, act="divisions.area.drawn", subject=("area", area_id), node_id=area.node_id, now=now, why=why,
                 after={"places": [place.code for place in places], "day": valid_from.isoformat()})  # fmt: skip
    return len(places)


def _below(code: str, home: Division, on: date) -> Division:
    level = level_of(code)
    found = find_by_code(level, code, on=on) if level else None
    if found is None:
        raise Invalid("divisions.unknown_code", _("那一天没有代码是 %(code)s 的地方。") % {"code": code}, field="codes")
    if home.id not in {found.province_id, found.city_id, found.county_id}:
        words = {"name": found.name, "home": home.name}
        raise Invalid("divisions.area_elsewhere", _("%(name)s不在%(home)s里。") % words, field="codes")
    return found


def end_member(*, scope: Scope, area_id: int, member_id: int, valid_to: date, source: str, now: datetime) -> None:
    """
    From a day on the place no longer lies in the area.

    :raises Invalid: before it began. :raises Refused: it has ended. :raises Missing: there is no such member.
    """
    area, _path = _locked(scope, area_id)
    row = AreaMember.objects.select_for_update(of=("self",)).filter(area=area, pk=member_id).first()
    if row is None:
        raise Missing("divisions.no_member", _("这个区域里没有这个地方。"))
    if row.valid_to is not None:
        raise Refused("divisions.member_ended", _("这个地方已经从区域里划出去了。"))
    if valid_to <= row.valid_from:
        raise Invalid("divisions.ends_too_early", _("要晚于划进来的那天。"), field="valid_to")
    row.valid_to = valid_to
    row.save(update_fields=["valid_to"])
    audit.record(scope=scope, act="divisions.area.redrawn", subject=("area", area_id), node_id=area.node_id, now=now,
                 why=source.strip()[:200], after={"node_id": row.node_id, "day": valid_to.isoformat()})  # fmt: skip


def _locked(scope: Scope, area_id: int) -> tuple[StatisticalArea, list[Division]]:
    """:raises Missing: there is none, or it is not the scope's."""
    area = StatisticalArea.objects.select_for_update(of=("self",)).filter(pk=area_id).first()
    if area is None:
        raise policies.no_area()
    path = last_path(area.node_id)
    policies.check_may_describe(scope, path)
    return area, path
