"""The place where a province's past is written: its tree as it was in a first year, and every change of a year since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction

from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from tenants.divisions import policies
from tenants.divisions.commands.updating import lineage_row
from tenants.divisions.commands.writing import (
    insert_versions,
    open_places,
    reserve_nodes,
    take_turn,
    write_difference,
)
from tenants.divisions.models import DivisionLineage, DivisionUpdate
from tenants.divisions.rules.planning import aspects, divide
from tenants.divisions.rules.replaying import Replay, Succession, first_day, read_changes, replay
from tenants.divisions.rules.standing import stand
from tenants.divisions.types import Lineage, LineageKind, Share, Standing, UpdateState


def replay_changes(
    *, scope: Scope, lines: Iterable[Mapping[str, str]], province: str, since: int, source: str, now: datetime
) -> int:  # fmt: skip
    """
    Bring a province's codes and their changes since a year into an empty tree; how many years changed something.

    :param lines: rows of the list with its own column names.
    :raises Refused: the province has places already: what was before them can no longer be told apart from a change.
    """
    scope.require(policies.UPDATE)
    take_turn()
    if open_places(province):
        raise Refused("divisions.past_known", _("这个省已经有区划，不能再补以前的变更。"))
    told = replay(read_changes(lines, [province]))
    nodes = dict(zip(sorted(set(told.place)), reserve_nodes(len(set(told.place))), strict=True))
    before = _tree(told, nodes, since)
    insert_versions(before.values(), day=first_day(since), update=None)
    years = [year for year in told.years() if year > since]
    for year in years:
        after = _tree(told, nodes, year)
        update = DivisionUpdate.objects.create(
            source=source, day=first_day(year), province=province, state=UpdateState.APPLIED, base="",
            listed=len(after), prepared_by=scope.person_id, prepared_at=now, applied_at=now,
        )  # fmt: skip
        write_difference(before, after, day=first_day(year), update=update.pk)
        lineage = _lineage(told, nodes, year, before, after)
        DivisionLineage.objects.bulk_create(lineage_row(one, update.pk) for one in lineage)
        before = after
    audit.record(scope=scope, act="divisions.past.brought", subject=("province", province), node_id=None, now=now,
                 after={"source": source, "years": len(years)})  # fmt: skip
    return len(years)


def _tree(told: Replay, nodes: Mapping[int, int], year: int) -> dict[int, Standing]:
    placed = told.tree(year)
    return stand({
        nodes[place]: one._replace(parent=None if one.parent is None else nodes[one.parent])
        for place, one in sorted(placed.items(), key=lambda item: (item[1].level, item[1].code))
    })  # fmt: skip


def _lineage(
    told: Replay, nodes: Mapping[int, int], year: int, before: Mapping[int, Standing], after: Mapping[int, Standing]
) -> list[Lineage]:
    day, whole = first_day(year), Share(of=Fraction(1))
    found = [
        Lineage(day=day, kind=kind, from_id=node, to_id=node, share=whole)
        for node, place in after.items() if node in before for kind in aspects(before[node], place)
    ]  # fmt: skip
    went: dict[int, set[int]] = defaultdict(set)
    this_year: list[Succession] = [one for one in told.successions if one.year == year]
    for one in this_year:
        source, target = nodes[one.source], nodes[one.target]
        if one.kind == LineageKind.BOUNDARY:
            found.append(Lineage(day=day, kind=one.kind, from_id=source, to_id=target, share=None))
        else:
            went[source].add(target)
    for source, targets in sorted(went.items()):
        if source in after:
            targets.add(source)
        found += divide(source, sorted(targets), day, weight=lambda _target: 1)
    return found
