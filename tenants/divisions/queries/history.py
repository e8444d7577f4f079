"""The place where the past of places is read: versions, lineage, what became of figures, facts and outlines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import Case, Q, When

from tenants.divisions.models import (
    Boundary,
    DivisionFact,
    DivisionLineage,
    DivisionUpdate,
    DivisionVersion,
    DivisionVersions,
)
from tenants.divisions.queries.tree import UnknownDivision, divisions_of, list_path, versions_on
from tenants.divisions.rules import carry, heirs
from tenants.divisions.types import (
    Applied,
    Division,
    Fact,
    FactKind,
    Lineage,
    LineageKind,
    Share,
    UpdateState,
    Version,
    View,
)
from tenants.divisions.types.lineage import SUCCESSION

# What figures follow: where a boundary moved and nobody counted, they stay.
_CARRYING = Q(kind__in=SUCCESSION) | Q(kind=LineageKind.BOUNDARY, numerator__isnull=False)
_JOINING = SUCCESSION | {LineageKind.BOUNDARY}


def list_versions(node_id: int) -> list[Version]:
    """A place's life, newest first; empty where there never was one."""
    rows = DivisionVersion.objects.filter(node=node_id).order_by("-valid_from")
    periods = rows.values_list("valid_from", "valid_to")
    return [
        Version(begins=begins, ends=ends, place=place)
        for (begins, ends), place in zip(periods, divisions_of(rows), strict=True)
    ]


def list_codes(nodes: Collection[int]) -> dict[int, list[str]]:
    """Every code each of the places has or had, newest first."""
    found: dict[int, list[str]] = {}
    rows = DivisionVersion.objects.filter(node__in=nodes).order_by("node_id", "-valid_from")
    for node, code in rows.values_list("node_id", "code"):
        found.setdefault(node, []).append(code)
    return found


def list_lineage(node_id: int) -> list[Lineage]:
    """What it came out of and what became of it, oldest first."""
    return _lineage(Q(from_node=node_id) | Q(to_node=node_id))


def list_successors(node_id: int, *, since: date = date.min) -> frozenset[int]:
    """
    Every place that it, wholly or partly, went on as, itself among them: through splits, merges and boundaries.

    :param since: of what happened after that day.
    """
    return _follow(node_id, since, forwards=True)


def list_predecessors(node_id: int, *, until: date = date.max) -> frozenset[int]:
    """Every place out of which it, wholly or partly, came, itself among them."""
    return _follow(node_id, until, forwards=False)


def _follow(node_id: int, day: date, *, forwards: bool) -> frozenset[int]:
    """
    Along succession and through time: what a place gave away before it got a piece of land, or on the same day, is not
    that piece's.

    Each place is followed from the day on which it was reached; from an earlier one again, if it is reached earlier.
    """
    start, end = ("from_node", "to_node") if forwards else ("to_node", "from_node")
    reached: dict[int, date] = {node_id: day}
    front = {node_id}
    while front:
        rows = DivisionLineage.objects.filter(**{f"{start}__in": front}, kind__in=_JOINING)
        steps = list(rows.values_list(start, end, "day"))
        front = set()
        for here, there, when in steps:
            in_time = when > reached[here] if forwards else when < reached[here]
            sooner = there not in reached or (when < reached[there] if forwards else when > reached[there])
            if in_time and sooner:
                reached[there] = when
                front.add(there)
    return frozenset(reached)


def carry_over(
    values: Mapping[int, int | Fraction], *, of: date, view: View = View.AS_IS, on: date | None = None
) -> tuple[dict[int, Fraction], frozenset[int]]:
    """
    Additive figures of places as they stood on the day ``of``: at these places (as it was), or at the places of ``on``,
    today's without it (as it is). Their sum stays the same; what comes out of an estimated share is named second.
    """
    whole = {node: Fraction(value) for node, value in values.items()}
    if view == View.AS_WAS:
        return whole, frozenset()
    rows = Q(day__gt=of) if on is None else Q(day__gt=of, day__lte=on)
    return carry(whole, _lineage(rows & _CARRYING))


def list_heirs(nodes: Collection[int], *, of: date) -> dict[int, tuple[dict[int, Fraction], bool]]:
    """Where each of these places went after a day: today's places with shares, and whether a share is an estimate."""
    by_source: dict[int, list[Lineage]] = {}
    for row in _lineage(Q(day__gt=of) & _CARRYING):
        by_source.setdefault(row.from_id, []).append(row)
    return {node: heirs(node, of, by_source) for node in nodes}


def list_parted(*, since: date) -> frozenset[int]:
    """Places that were split, went into others, or gave a counted part away after a day."""
    rows = DivisionLineage.objects.filter(_CARRYING, day__gt=since)
    return frozenset(rows.values_list("from_node", flat=True))


def list_takers(nodes: Collection[int], *, on: date) -> dict[int, int]:
    """
    Of places that are no more on a day: the place of that day each went into; of several the one that took most.

    What ended without a successor is left out, and so is what has not ended.
    """
    at = {node: node for node in nodes}
    found: dict[int, int] = {}
    while at:
        standing = set(versions_on(on).filter(node__in=at.values()).values_list("node_id", flat=True))
        found |= {node: here for node, here in at.items() if here in standing and here != node}
        over = DivisionVersion.objects.filter(node__in=set(at.values()) - standing, valid_to__lte=on)
        ends = over.order_by("valid_from").values_list("node_id", "valid_to")
        taken_by = _taken_by({node: end for node, end in ends if end is not None})
        at = {node: taken_by[here] for node, here in at.items() if here in taken_by}
    return found


def _taken_by(ended: Mapping[int, date]) -> dict[int, int]:
    """Which place took most of each on the day it ended; of equals the older."""
    most: dict[int, tuple[Fraction, int]] = {}
    for row in _lineage(Q(from_node__in=ended, kind__in=SUCCESSION)):
        if row.day == ended[row.from_id] and row.share is not None:
            most[row.from_id] = max(most.get(row.from_id, (Fraction(0), 0)), (row.share.of, -row.to_id))
    return {node: -other for node, (_share, other) in most.items()}


def list_last(nodes: Collection[int], *, under: Collection[int] = ()) -> list[Division]:
    """
    Each of the places as it is, or as it last was; what never was is left out.

    :param under: as it last lay at or below one of these, if it ever did.
    """
    return divisions_of(_newest(nodes, under).distinct("node_id"))


def _newest(nodes: Collection[int], under: Collection[int]) -> DivisionVersions:
    """Versions by place, those at or below ``under`` first, of these the newest."""
    versions: DivisionVersions = DivisionVersion.objects.filter(node__in=nodes)
    if not under:
        return versions.order_by("node_id", "-valid_from")
    above = Q(province_id__in=under) | Q(city_id__in=under) | Q(county_id__in=under) | Q(street_id__in=under)
    near = Case(When(above | Q(node__in=under), then=True), default=False)
    return versions.order_by("node_id", near.desc(), "-valid_from")


def last_path(node_id: int, *, under: Collection[int] = ()) -> list[Division]:
    """
    From the province down to the place, as it is or as it last was.

    :param under: as it last lay at or below one of these, if it ever did.
    :raises UnknownDivision: there never was such a place.
    """
    with suppress(UnknownDivision):
        path = list_path(node_id)
        if not under or any(place.id in under for place in path):
            return path
    over = _newest([node_id], under).values_list("valid_to", flat=True).first()
    return list_path(node_id, on=over and over - timedelta(days=1))


def gave_away(county: int, *, since: date) -> bool:
    """Whether a place that lay in a county on a day lies in another one now."""
    lay = versions_on(since).filter(county_id=county).exclude(node=county)
    return bool(versions_on(None).filter(node__in=lay.values("node")).exclude(county_id=county).exists())


def list_applied(*, since: datetime, province: str) -> list[Applied]:
    """The updates of the country or of a province (two digits) that were applied after a moment."""
    later = DivisionUpdate.objects.filter(state=UpdateState.APPLIED, applied_at__gt=since, province__in=["", province])
    rows = later.order_by("applied_at").values_list("applied_at", "day")
    return [Applied(at, day) for at, day in rows if at is not None]


def changed_since(day: date, *, at: datetime, province: str) -> bool:
    """Whether the tree of a day, as it was known at a moment, is another than today's."""
    applied = DivisionUpdate.objects.filter(state=UpdateState.APPLIED, province__in=["", province])
    return bool(applied.filter(Q(day__gt=day) | Q(applied_at__gt=at)).exists())


def _lineage(which: Q) -> list[Lineage]:
    rows = DivisionLineage.objects.filter(which).order_by("day", "id")
    return [
        Lineage(
            day=row.day, kind=LineageKind(row.kind), from_id=row.from_node, to_id=row.to_node,
            share=Share(of=Fraction(row.numerator, row.denominator), estimated=row.estimated)
            if row.numerator and row.denominator else None,
        )
        for row in rows
    ]  # fmt: skip


def list_facts(node_id: int, *, on: date | None = None) -> list[Fact]:
    """The latest number of each kind, or all there were up to a day."""
    rows = DivisionFact.objects.filter(node_id=node_id)
    rows = rows if on is None else rows.filter(on_day__lte=on)
    newest = rows.order_by("kind", "-on_day").distinct("kind")
    return [Fact(kind=FactKind(row.kind), on_day=row.on_day, value=row.value, source=row.source) for row in newest]


def find_boundary(node_id: int, *, on: date | None = None) -> Mapping[str, object] | None:
    """The outline as GeoJSON geometry, where one was brought in."""
    return list_boundaries([node_id], on=on).get(node_id)


def list_boundaries(nodes: Collection[int], *, on: date | None = None) -> dict[int, Mapping[str, object]]:
    rows = Boundary.objects.filter(node_id__in=nodes)
    rows = rows if on is None else rows.filter(valid_from__lte=on)
    return {row.node_id: row.geometry for row in rows.order_by("node_id", "-valid_from").distinct("node_id")}
