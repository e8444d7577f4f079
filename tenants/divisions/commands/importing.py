"""
The place where a list becomes rows of the tree.

An import is how a province begins. Where one stands, a list changes nothing without people: one that is the same is
taken for brought in already, one that says anything else is for the yearly update, with its second person.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from falin.kernel.refusals import Invalid, Refused
from tenants.divisions.commands.writing import insert_versions, open_places, reserve_nodes, take_turn
from tenants.divisions.models import DivisionImport
from tenants.divisions.rules import collapse
from tenants.divisions.types import ImportResult, Level, ListedRow, Standing, Tree


def import_divisions(
    *, rows: Iterable[ListedRow], province: str | None = None, as_of: date, source: str, now: datetime
) -> ImportResult:
    """
    Bring provinces into the tree that are not there yet, as they were on ``as_of``.

    :param province: two digits if the rows are one province's: only its places are compared; ``None``: the country.
    :raises Invalid: there is not one province in the rows, or another one than ``province``.
    :raises Refused: a province stands, and the list has anything in it otherwise.
    """
    with transaction.atomic(), _nothing_collected():
        tree = collapse(rows)
        check_provinces(tree, province)
        take_turn()
        known: dict[tuple[int, str], Standing] = {(place.level, place.code): place for place in open_places(province)}
        listed = _identified(tree.places, known)
        if known:
            _check_same(listed, known)
        new = [place for place in listed if (place.level, place.code) not in known] if known else listed
        if new:
            insert_versions(new, day=as_of, update=None)
        counts = dict.fromkeys(Level, 0) | Counter(place.level for place in tree.places)
        import_id = _record(tree, counts, province=province, as_of=as_of, source=source, now=now, changed=bool(new))
    return ImportResult(
        import_id=import_id,
        created=len(new),
        unchanged=len(tree.places) - len(new),
        counts=counts,
        refused=tree.refused,
    )


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """A million tuples that all stay: to look through them for garbage again and again takes a quarter of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def check_provinces(tree: Tree, province: str | None) -> None:
    codes = [place.code[:2] for place in tree.places if place.level == Level.PROVINCE]
    if not codes or (province is not None and codes != [province]):
        raise Invalid("divisions.no_such_province", _("名录中没有这个省份，请核对两位省级代码。"), field="province")


def _check_same(listed: Sequence[Standing], known: Mapping[tuple[int, str], Standing]) -> None:
    """:raises Refused: of a province that stands, and that the list has, the list says anything otherwise."""
    standing = {place.node for place in known.values() if place.level == Level.PROVINCE}
    said = {(place.level, place.code): place for place in listed if place.province in standing}
    meant = {place.province for place in said.values()}
    here = {key: place for key, place in known.items() if place.province in meant}
    others = len(here.keys() - said.keys()) + sum(here.get(key) != place for key, place in said.items())
    if others:
        raise Refused(
            "divisions.province_stands",
            _("这个省的区划已经在用，这份名录有 %(n)d 处和它不同。导入只用于第一次；换名录请用“区划更新”（falin divisions"
              " diff）逐处核对，由第二个人确认。") % {"n": others},
        )  # fmt: skip


def _identified(places: Sequence[Standing], known: Mapping[tuple[int, str], Standing]) -> list[Standing]:
    """The places of the list with their identities: the one each has, or a fresh one."""
    fresh = iter(
        reserve_nodes(sum((place.level, place.code) not in known for place in places) if known else len(places))
    )
    nodes = [
        known[key].node if (key := (place.level, place.code)) in known else next(fresh) for place in places
    ] if known else list(fresh)  # fmt: skip
    return [place.renumbered(nodes) for place in places]


def _record(
    tree: Tree,
    counts: dict[Level, int],
    *,
    province: str | None,
    as_of: date,
    source: str,
    now: datetime,
    changed: bool,
) -> int | None:
    recorded = DivisionImport.objects.filter(source=source, as_of=as_of, province=province or "").exists()
    if recorded and not changed:
        return None
    row = DivisionImport.objects.create(
        source=source,
        as_of=as_of,
        province=province or "",
        counts={level.name.lower(): counts[level] for level in Level},
        refused=[
            {"level": row.level.name.lower(), "code": row.code, "name": row.name, "reason": row.reason.value}
            for row in tree.refused
        ],
        created_at=now,
    )
    return int(row.pk)
