"""
The place where a list becomes rows of the tree.

An import fills in what is missing and never overwrites: a place that the list has otherwise, or no longer has, is
counted and left for a person's review. So bringing in the same list again changes nothing.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from falin.kernel.refusals import Invalid
from tenants.divisions.commands.writing import insert_versions, open_places, reserve_nodes, take_turn
from tenants.divisions.models import DivisionImport, DivisionUpdate
from tenants.divisions.rules import collapse
from tenants.divisions.types import ImportResult, Level, ListedRow, Standing, Tree, UpdateState


def import_divisions(
    *, rows: Iterable[ListedRow], province: str | None = None, as_of: date, source: str, now: datetime
) -> ImportResult:
    """
    Bring a list into the tree, as it was on ``as_of``.

    :param province: two digits if the rows are one province's: only its places are compared; ``None``: the country.
    :raises Invalid: there is not one province in the rows, another one than ``province``, or the list is older than the
        last update.
    """
    with transaction.atomic(), _nothing_collected():
        tree = collapse(rows)
        check_provinces(tree, province)
        take_turn()
        _check_day(province, as_of)
        known: dict[tuple[int, str], Standing] = {(place.level, place.code): place for place in open_places(province)}
        listed = _identified(tree.places, known)
        new = [place for place in listed if (place.level, place.code) not in known] if known else listed
        differing = sum(known.get((place.level, place.code), place) != place for place in listed) if known else 0
        if new:
            insert_versions(new, day=as_of, update=None)
        counts = dict.fromkeys(Level, 0) | Counter(place.level for place in tree.places)
        import_id = _record(tree, counts, province=province, as_of=as_of, source=source, now=now, changed=bool(new))
    return ImportResult(
        import_id=import_id,
        created=len(new),
        unchanged=len(tree.places) - len(new) - differing,
        differing=differing,
        gone=len(known) - (len(tree.places) - len(new)),
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


def _check_day(province: str | None, as_of: date) -> None:
    """A list of a day before the last update would write into a past that is settled."""
    last = DivisionUpdate.objects.filter(state=UpdateState.APPLIED, day__gt=as_of)
    if (last if province is None else last.filter(province__in=["", province])).exists():
        raise Invalid("divisions.list_too_old", _("这份名录比最近一次区划更新还早，不能再导入。"), field="as_of")


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
