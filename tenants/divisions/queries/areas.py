"""The place where statistical areas are read: which there are, what lies in one, and which lie over a place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Q

from tenants.divisions import policies
from tenants.divisions.models import AreaMember, DivisionVersion, StatisticalArea
from tenants.divisions.queries.history import list_last
from tenants.divisions.queries.tree import versions_on
from tenants.divisions.rules import eve
from tenants.divisions.types import Applied, Area, Level, Member


def list_areas(*, homes: Collection[int] | None = None) -> list[Area]:
    """All, or those of some places, by place and name; without their members."""
    rows = StatisticalArea.objects.order_by("node_id", "name")
    return _areas(rows if homes is None else rows.filter(node_id__in=homes))


def list_areas_over(node_id: int, *, on: date | None = None) -> list[Area]:
    """The areas in which a place lies on a day, by itself or with what it lies in."""
    place = versions_on(on).filter(node=node_id).values_list("province_id", "city_id", "county_id", "street_id").first()
    nodes = {node_id, *(node for node in place or () if node is not None)}
    held = AreaMember.objects.filter(node_id__in=nodes).filter(_holds(on))
    return _areas(StatisticalArea.objects.filter(pk__in=held.values("area_id")).order_by("name"))


def get_area(area_id: int) -> Area:
    """One with every member it has or had. :raises Missing:"""
    found = _areas(StatisticalArea.objects.filter(pk=area_id), members=True)
    if not found:
        raise policies.no_area()
    return found[0]


def members_on(area_id: int, *, on: date | None, unseen: Collection[Applied] = ()) -> frozenset[int]:
    """
    What was drawn into an area and lay in it on a day, whether or not it still stood; without a day, what lies in it.

    :param unseen: updates that are not to be known yet, though they count from before the day: what ended by them lay
        there still, and what took over did not.
    """
    rows = AreaMember.objects.filter(area=area_id)
    held = rows.filter(_holds(on))
    if on is not None and unseen:
        carried = Q(valid_from__lte=on, valid_to__in=[one.day for one in unseen])
        held = rows.filter(_holds(on) | carried).exclude(recorded_at__in=[one.at for one in unseen])
    return frozenset(held.values_list("node_id", flat=True))


def communities_in(area_id: int, *, on: date | None, unseen: Collection[Applied] = ()) -> frozenset[int]:
    """The communities that lay in an area on a day, in the tree of that day as far as it was known; today's without one."""
    inside = frozenset[int]()
    day = None if on is None else eve(on, unseen)
    for node in members_on(area_id, on=on, unseen=unseen):
        below = DivisionVersion.objects.on_day(day).below(node).filter(level=Level.COMMUNITY)
        inside |= frozenset(below.values_list("node_id", flat=True))
    return inside


def _holds(on: date | None) -> Q:
    still = Q(valid_to__isnull=True)
    return still if on is None else (still | Q(valid_to__gt=on)) & Q(valid_from__lte=on)


def _areas(rows: Iterable[StatisticalArea], *, members: bool = False) -> list[Area]:
    found = list(rows)
    held: dict[int, list[AreaMember]] = {}
    if members:
        for member in AreaMember.objects.filter(area__in=found).order_by("valid_from", "id"):
            held.setdefault(member.area_id, []).append(member)
    nodes = {row.node_id for row in found} | {row.listed_id for row in found if row.listed_id}
    nodes |= {member.node_id for several in held.values() for member in several}
    places = {place.id: place for place in list_last(nodes)}
    return [
        Area(
            id=row.pk, name=row.name, home=places[row.node_id], listed=places.get(row.listed_id or 0),
            members=tuple(Member(id=one.pk, place=places[one.node_id], begins=one.valid_from, ends=one.valid_to,
                                 source=one.source)
                          for one in held.get(row.pk, ()) if one.node_id in places),
        )
        for row in found if row.node_id in places
    ]  # fmt: skip
