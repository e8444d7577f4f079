"""
The place of the reviewed update: a list is compared, decided, submitted, confirmed by a second person, applied, undone.

The tree is touched by ``apply_update`` and ``undo_update`` only, each in the one transaction it is called in: whoever
is killed in the middle leaves the old tree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from falin.kernel import audit, outbox
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.scope import Scope
from tenants.divisions import hanging, policies
from tenants.divisions.commands.handing import standing_by, tell_again, tell_counties
from tenants.divisions.commands.importing import check_provinces
from tenants.divisions.commands.pairing import find_twin, mirrored, pair_of
from tenants.divisions.commands.writing import open_places, reserve_nodes, take_back, take_turn, write_difference
from tenants.divisions.models import (
    Boundary,
    DivisionChange,
    DivisionFact,
    DivisionLineage,
    DivisionUpdate,
    DivisionVersion,
)
from tenants.divisions.queries.tree import find_of_any_level
from tenants.divisions.rules import (
    NOBODY,
    SAME,
    Act,
    CannotStand,
    Plan,
    collapse,
    completed,
    detect,
    hand_part,
    plan,
    read_share,
    same_as,
    touching,
    within,
)
from tenants.divisions.types import (
    ChangeKind,
    Committee,
    Decision,
    Division,
    Kind,
    Level,
    Lineage,
    LineageKind,
    ListedRow,
    Placed,
    Proposal,
    Reason,
    Standing,
    Status,
    Tree,
    UpdateState,
)
from tenants.divisions.types.updates import BEGINS, ENDS

APPLIED: Final = "divisions.update.applied"
UNDONE: Final = "divisions.update.undone"
_BATCH: Final = 2_000


def prepare_update(
    *, scope: Scope, rows: Iterable[ListedRow], province: str | None, under: str = "", day: date, source: str, now: datetime
) -> int:  # fmt: skip
    """
    Compare a list with the tree and keep what it would change, for people to decide.

    :param under: the code of a place: only what touches it, or lies in it, is kept; the list may be of this place alone.
    :param day: the first day on which the new tree would hold.
    :raises Refused: another update is under way, the day is too early, the list has no province.
    """
    scope.require(policies.UPDATE)
    place = standing_at(under, province, field="under") if under else None
    province = place.code[:2] if place else province
    policies.check_may_prepare(scope, province=province or "", day=day)
    take_turn()
    known = open_places(province)
    if place is None:
        tree = collapse(rows)
        check_provinces(tree, province)
        proposals = detect(known, tree)
    else:
        tree, proposals = _below(place, rows, known)
        words = _("，只比对%(place)s") % {"place": place.name}
        source = source[: 100 - len(words)] + words
    update = DivisionUpdate.objects.create(
        source=source, day=day, province=province or "", state=UpdateState.DECIDING, base=_base(), listed=len(tree.places),
        refused=[[int(row.level), row.code, row.name, row.reason.value] for row in tree.refused],
        prepared_by=scope.person_id, prepared_at=now,
    )  # fmt: skip
    levels = {place.node: place.level for place in known}
    DivisionChange.objects.bulk_create(
        (_change(update, proposal, levels) for proposal in proposals), batch_size=_BATCH
    )  # fmt: skip
    audit.record(scope=scope, act="divisions.update.prepared", subject=("update", update.pk), node_id=None, now=now,
                 after={"source": source, "day": day.isoformat(), "changes": len(proposals)})  # fmt: skip
    return int(update.pk)


def _below(place: Division, rows: Iterable[ListedRow], known: Sequence[Standing]) -> tuple[Tree, list[Proposal]]:
    """:raises Invalid: the list has nothing of the place."""
    root = next(one for one in known if one.node == place.id)
    tree = collapse(completed((row for row in rows if row.code.startswith(place.code[:2])), known, root))
    covered = within(known, tree, root)
    found = touching(detect(covered, tree), covered, root)
    if any(one.node == root.node for one in found) and all(one.kind in ENDS for one in found):
        raise Invalid("divisions.nothing_under", _("这份名录里没有%(place)s。") % {"place": place.name}, field="under")
    return tree, found


def prepare_boundary(
    *, scope: Scope, from_code: str, to_code: str, share: str, province: str | None, day: date, source: str, now: datetime
) -> int:  # fmt: skip
    """
    Keep that a boundary moved and somebody counted, as an update of its own: no list says so. A second person confirms it.

    :param share: how much of the first place went over to the second, as people write it: 120/860, 13.95%.
    :param day: the first day on which it lay there.
    :raises Refused: another update is under way, the day is too early. :raises Invalid: no two places of one level, no share.
    """
    policies.check_may_prepare(scope, province=province or "", day=day)
    take_turn()
    gave = standing_at(from_code, province, field="from_code")
    took = standing_at(to_code, province, field="to_code")
    if took.id == gave.id or took.level != gave.level:
        raise Invalid("divisions.not_neighbours", _("请填同一级的另一个地方。"), field="to_code")
    said = "".join(share.split())
    part = read_share(said)
    if part is None:
        raise Invalid("divisions.bad_share", _("请写划走的占原来的多少，比 0 大、比 1 小，例如 120/860 或 13.95%。"),
                      field="share")  # fmt: skip
    if not 2 <= len(source.strip()) <= 100:
        raise Invalid("divisions.no_source", _("请写明依据和谁点的数，2 到 100 个字。"), field="source")
    update = DivisionUpdate.objects.create(
        source=source.strip(), day=day, province=province or "", state=UpdateState.DECIDING, base=_base(),
        prepared_by=scope.person_id, prepared_at=now,
    )  # fmt: skip
    kind, reason = ChangeKind.BOUNDARY, Reason.COUNTED
    DivisionChange.objects.create(
        update=update, kind=kind, reason=reason, sure=True, level=gave.level, group=f"{kind}.{reason}", node_id=gave.id,
        candidates=[[took.id, took.code, took.name, float(part)]], share=said, decision=Decision.ACCEPTED,
        decided_by=scope.person_id, decided_at=now,
    )  # fmt: skip
    audit.record(scope=scope, act="divisions.boundary.prepared", subject=("update", update.pk), node_id=None, now=now,
                 after={"source": update.source, "day": day.isoformat(), "gave": gave.code, "took": took.code,
                        "share": said})  # fmt: skip
    return int(update.pk)


def standing_at(code: str, province: str | None, *, field: str) -> Division:
    """A place by its code, whole or as far as its level reaches. :raises Invalid: there is none in the province."""
    found = find_of_any_level(code.strip())
    if found is None or not found.code.startswith(province or ""):
        raise Invalid("divisions.no_such_code", _("没有这个代码的地方。"), field=field)
    return found


def note_hanging(*, scope: Scope, update_id: int, counts: Mapping[str, Mapping[int, int]]) -> None:
    """Keep what was counted in the counties with the update that would end those places: numbers, nothing of the rows."""
    scope.require(policies.UPDATE)
    update = locked(update_id)
    update.hanging = {kind: {str(node): count for node, count in held.items()} for kind, held in counts.items()}
    update.save(update_fields=["hanging"])


def _change(update: DivisionUpdate, proposal: Proposal, levels: Mapping[int, Level]) -> DivisionChange:
    level = proposal.to.level if proposal.to is not None else levels[proposal.node or 0]
    key = f"{proposal.kind}.{proposal.reason}" if proposal.sure else f"alone.{proposal.kind}.{proposal.reason}"
    return DivisionChange(
        update=update, kind=proposal.kind, reason=proposal.reason, sure=proposal.sure, level=level,
        group=f"{key}.{proposal.cause}" if proposal.cause else key, node_id=proposal.node,
        to=None if proposal.to is None else list(proposal.to), candidates=[list(one) for one in proposal.candidates],
    )  # fmt: skip


def _base() -> str:
    """What the tree is known by: the newest version and how many there are."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0), count(*) from divisions_divisionversion where valid_to is null")
        return ":".join(map(str, cursor.fetchone()))


def locked(update_id: int) -> DivisionUpdate:
    """:raises Missing:"""
    update = DivisionUpdate.objects.select_for_update(of=("self",)).filter(pk=update_id).first()
    if update is None:
        raise policies.no_update()
    return update


def decide_group(*, scope: Scope, update_id: int, group: str, decision: Decision, now: datetime) -> int:
    """
    Accept or refuse all changes of a group that are still open; how many.

    :raises Refused: the group is of changes that a person decides one by one, or the update is no longer open.
    """
    update = locked(update_id)
    policies.check_may_decide(scope, update)
    changes = update.changes.filter(group=group)
    if changes.filter(sure=False).exists():
        raise Refused("divisions.one_by_one", _("这一组要一处一处地看，不能整组决定。"))
    count = changes.filter(decision=Decision.OPEN).update(decision=decision, decided_by=scope.person_id, decided_at=now)
    if count:
        audit.record(scope=scope, act="divisions.group.decided", subject=("update", update_id), node_id=None, now=now,
                     after={"group": group, "decision": decision.value, "changes": count})  # fmt: skip
    return count


def decide_change(
    *, scope: Scope, update_id: int, change_id: int, decision: Decision, target: Sequence[str] = (), now: datetime
) -> None:  # fmt: skip
    """
    Accept or refuse one change, or accept it as something else.

    :param target: codes of what an ending place goes into, or a new one came out of; ``-`` for none; of a place that
        stays ``-`` says that it ends and another begins. ``=`` and a code: one that ends is the same place as that new
        one, or the other way round; the other is decided with it.
    :raises Refused: there is no such change, or the update is no longer open. :raises Invalid: no such place to be joined
        with, or the same as.
    """
    update = locked(update_id)
    policies.check_may_decide(scope, update)
    change = update.changes.filter(pk=change_id).first()
    if change is None:
        raise policies.no_update()
    codes = _chosen(change, target) if decision == Decision.ACCEPTED else []
    decided = [(change, decision, codes)]
    parted = pair_of(update, change)
    if code := same_as(codes):
        twin = find_twin(update, change, code)
        decided.append((twin, decision, mirrored(change)))
        parted = None if parted == twin else parted
    if parted is not None:
        decided.append((parted, Decision.OPEN, []))
    for one, said, joined in decided:
        one.decision, one.target = said, joined
        one.decided_by, one.decided_at = (scope.person_id, now) if said else (None, None)
        one.save(update_fields=["decision", "target", "decided_by", "decided_at"])
        audit.record(scope=scope, act="divisions.change.decided", subject=("update", update_id), node_id=one.node_id,
                     now=now, after={"change": one.pk, "decision": said.value, "target": joined})  # fmt: skip


def _chosen(change: DivisionChange, target: Sequence[str]) -> list[str]:
    """The codes a person chose, as they are kept. :raises Invalid: they are none."""
    codes = [code.strip() for code in target if code.strip() and change.kind != ChangeKind.BOUNDARY]
    alone = len(codes) == 1 and change.kind in BEGINS | ENDS  # of one that stays nothing is to be found again
    for code in codes:
        digits = code.removeprefix(SAME) if alone else code
        if code != NOBODY and not (digits.isascii() and digits.isdigit() and len(digits) == 12):
            raise Invalid("divisions.bad_target", _("请填 12 位区划代码；没有就填一个短横。"), field="target")
    return codes


def submit_update(*, scope: Scope, update_id: int, now: datetime) -> None:
    """
    Everything is decided; the second person is asked. Tried out first: what cannot stand is said now.

    :raises Refused: something is open, or the decisions do not fit together.
    """
    update = locked(update_id)
    policies.check_may_submit(scope, update)
    plan_of(update)
    update.state, update.submitted_by, update.submitted_at = UpdateState.SUBMITTED, scope.person_id, now
    update.save(update_fields=["state", "submitted_by", "submitted_at"])
    audit.record(scope=scope, act="divisions.update.submitted", subject=("update", update_id), node_id=None, now=now)


def confirm_update(*, scope: Scope, update_id: int, now: datetime) -> None:
    """Yes, as the second person: it may be applied. :raises Refused: by the one who submitted it."""
    update = locked(update_id)
    policies.check_may_confirm(scope, update)
    update.state, update.confirmed_by, update.confirmed_at = UpdateState.CONFIRMED, scope.person_id, now
    update.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    audit.record(scope=scope, act="divisions.update.confirmed", subject=("update", update_id), node_id=None, now=now)


def reopen_update(*, scope: Scope, update_id: int, why: str, now: datetime) -> None:
    """Back to the one who decides, with the reason."""
    update = locked(update_id)
    scope.require(policies.CONFIRM)
    if update.state not in {UpdateState.SUBMITTED, UpdateState.CONFIRMED}:
        raise Refused("divisions.not_submitted", _("这次更新还没有提交，或者已经办完。"))
    update.state, update.confirmed_by, update.why = UpdateState.DECIDING, None, _reason(why)
    update.save(update_fields=["state", "confirmed_by", "why"])
    audit.record(scope=scope, act="divisions.update.sent_back", subject=("update", update_id), node_id=None, now=now,
                 why=update.why)  # fmt: skip


def drop_update(*, scope: Scope, update_id: int, why: str, now: datetime) -> None:
    """Give an update up; the tree stays as it is."""
    update = locked(update_id)
    policies.check_may_drop(scope, update)
    update.state, update.why = UpdateState.DROPPED, _reason(why)
    update.save(update_fields=["state", "why"])
    audit.record(scope=scope, act="divisions.update.dropped", subject=("update", update_id), node_id=None, now=now,
                 why=update.why)  # fmt: skip


def apply_update(*, scope: Scope, update_id: int, now: datetime) -> tuple[int, int]:
    """
    Write the decided tree, in the open transaction: how many versions ended and how many began.

    :raises Refused: it was not confirmed, or the tree is not the one the list was compared with.
    """
    take_turn()
    update = locked(update_id)
    if update.state != UpdateState.CONFIRMED:
        raise Refused("divisions.not_confirmed", _("这次更新还没有第二个人确认，不能应用。"))
    made = plan_of(update)
    counts = write_difference(made.before, made.after, day=update.day, update=update.pk)
    DivisionLineage.objects.bulk_create((lineage_row(one, update.pk) for one in made.lineage), batch_size=_BATCH)
    heirs = _heirs(made)
    update.carried = hanging.carried(scope=scope, heirs=heirs, why=_("区划更新：由接手的地方继续"), now=now)
    update.state, update.applied_at = UpdateState.APPLIED, now
    update.save(update_fields=["state", "applied_at", "carried"])
    tell_counties(update=update, heirs=_by_county(made, heirs), now=now)
    facts = {"ended": counts[0], "begun": counts[1], "day": update.day.isoformat()}
    audit.record(scope=scope, act="divisions.update.applied", subject=("update", update_id), node_id=None, now=now,
                 after=facts)  # fmt: skip
    outbox.put(scope=scope, event=APPLIED, version=1, key=f"update:{update_id}", payload=facts, now=now)
    return counts


def _heirs(made: Plan) -> dict[int, int]:
    """The places that end and go whole into one other, with that one."""
    return {
        one.from_id: one.to_id
        for one in made.lineage if one.kind == LineageKind.MERGE and one.from_id not in made.after
    }  # fmt: skip


def _by_county(made: Plan, heirs: Mapping[int, int]) -> dict[int, dict[int, int]]:
    """
    Those of the pairs that stay in one county, by it: what another body has is given by people alone. Counties of which
    something only lies otherwise now are among them, without pairs.
    """
    found: dict[int, dict[int, int]] = {county: {} for county in _lying_otherwise(made)}
    for gone, heir in heirs.items():
        county = made.before[gone].county
        if county is not None and county == made.after[heir].county:
            found.setdefault(county, {})[gone] = heir
    return found


def _lying_otherwise(made: Plan) -> list[int]:
    """The counties that lost, got or rearranged a place that goes on, and those that came under another city."""
    found: set[int | None] = set()
    for node, was in made.before.items():
        now = made.after.get(node)
        if now and (was.province, was.city, was.county, was.street) != (now.province, now.city, now.county, now.street):
            found |= {was.county, now.county}
    return sorted(county for county in found if county is not None)


def undo_update(
    *, scope: Scope, update_id: int, within: Mapping[str, int], why: str, now: datetime
) -> None:  # fmt: skip
    """
    Take an applied update back, until something new stands on it. It may be confirmed and applied again.

    :param within: what stands on the places it made in the counties' own tables, as ``hanging.standing_within`` said there.
    :raises Refused: a later update, people, work or facts stand on it.
    """
    take_turn()
    update = locked(update_id)
    policies.check_may_undo(scope, update)
    reason = _reason(why)
    DivisionLineage.objects.filter(update_id=update.pk).delete()
    take_back(update.pk)
    update.stayed = hanging.brought_back(scope=scope, done=update.carried or {}, why=reason, now=now)
    made = {node for node in update.changes.values_list("made_node", flat=True) if node is not None}
    standing = hanging.standing(made, without=standing_by(update.handovers.all()), within=within)
    if standing := [*standing, *_described(made)]:
        told = "、".join(f"{label} {count}" for label, count in standing)
        raise Refused("divisions.stood_upon", _("新设的地方已经有了%(told)s，不能再撤回。") % {"told": told})
    update.state, update.undone_by, update.undone_at, update.why = UpdateState.UNDONE, scope.person_id, now, reason
    update.save(update_fields=["state", "undone_by", "undone_at", "why", "stayed"])
    tell_again(update=update, now=now)
    audit.record(scope=scope, act="divisions.update.undone", subject=("update", update_id), node_id=None, now=now,
                 why=reason)  # fmt: skip
    outbox.put(scope=scope, event=UNDONE, version=1, key=f"update:{update_id}", payload={}, now=now)


def _described(made: Collection[int]) -> list[tuple[str, int]]:
    """What is known of the places an update made, and what was put under them, once its own versions are gone."""
    found = [
        (_("人口、户数、面积"), DivisionFact.objects.filter(node_id__in=made).count()),
        (_("地图轮廓"), Boundary.objects.filter(node_id__in=made).count()),
        (_("下级地方"), DivisionVersion.objects.filter(parent_id__in=made).values("node").distinct().count()),
    ]
    return [(label, count) for label, count in found if count]


def _reason(why: str) -> str:
    text = why.strip()
    if not 2 <= len(text) <= 200:
        raise Invalid("divisions.why", _("请写明理由，2 到 200 个字。"), field="why")
    return text


def lineage_row(one: Lineage, update: int) -> DivisionLineage:
    share = one.share
    return DivisionLineage(
        day=one.day, kind=one.kind, from_node=one.from_id, to_node=one.to_id, update_id=update,
        numerator=share.of.numerator if share else None, denominator=share.of.denominator if share else None,
        estimated=bool(share and share.estimated),
    )  # fmt: skip


# ---- from decisions to a plan ----------------------------------------------------------------------------------------
def plan_of(update: DivisionUpdate) -> Plan:
    """
    The tree as the decisions would make it.

    :raises Refused: the tree has changed since the comparison, or the decisions do not fit together.
    """
    if update.base != _base():
        raise Refused("divisions.tree_changed", _("比对之后区划又变过，这次更新不能再用。请放弃它，用名录重新比对。"))
    known = open_places(update.province or None)
    accepted = list(update.changes.filter(decision=Decision.ACCEPTED).order_by("id"))
    _identify(accepted)
    standing = {place.node: place for place in known}
    boundaries = [change for change in accepted if change.kind == ChangeKind.BOUNDARY]
    found_again = [one for one in accepted if one.kind in BEGINS and same_as(one.target)]
    becomes = {(one.level, one.to[1]): _placed(one.to) for one in found_again if one.to}
    acts = [act for change in accepted if change not in boundaries for act in _acts(change, standing, becomes)]
    try:
        made = plan(known, acts, day=update.day)
    except CannotStand as error:
        raise Refused("divisions.cannot_stand", _sentence(error)) from error
    return replace(
        made, lineage=[*made.lineage, *(one for change in boundaries for one in _handed(change, update.day))]
    )


def _handed(change: DivisionChange, day: date) -> list[Lineage]:
    """:raises Refused: something else of the place went over on the same day: the shares would make more than one."""
    gave, took = change.node_id or 0, int(change.candidates[0][0])
    if DivisionLineage.objects.filter(from_node=gave, day=day, numerator__isnull=False).exclude(to_node=gave).exists():
        raise Refused("divisions.parted_that_day", _("这个地方同一天已经分出过一部分，不能再登记一次。请换一天。"))
    part = read_share(change.share)
    assert part is not None, "it was read when it was entered"
    return hand_part(gave, took, part, day)


def _sentence(error: CannotStand) -> str:
    names = "、".join(error.names)
    return {
        "no_parent": _("%(names)s 的上级会不存在。请核对它和它上级的决定。"),
        "same_code": _("%(names)s 会用同一个代码。请核对这几处的决定。"),
        "no_other": _("%(names)s：找不到所选代码的地方。请核对这一处的决定。"),
    }[error.what] % {"names": names}


def _identify(changes: list[DivisionChange]) -> None:
    """Give new places their identities, once: applied again after an undo they are the same places."""
    new = [change for change in changes if change.made_node is None and _begins(change)]
    for change, node in zip(new, reserve_nodes(len(new)), strict=True):
        change.made_node = node
    DivisionChange.objects.bulk_update(new, ["made_node"], batch_size=_BATCH)


def _begins(change: DivisionChange) -> bool:
    if change.kind in BEGINS:
        return not same_as(change.target)
    return change.kind not in ENDS and NOBODY in change.target


def _acts(
    change: DivisionChange, standing: Mapping[int, Standing], becomes: Mapping[tuple[int, str], Placed]
) -> list[Act]:
    """:param becomes: what a person found again, by level and its new code."""
    to = None if change.to is None else _placed(change.to)
    was = standing[change.node_id] if change.node_id is not None else None
    joined = tuple(change.target) or _joined(change)
    if code := same_as(change.target):  # both are decided: the one that ended goes on, the other was never new
        return [] if was is None else [Act(was.node, was, becomes[change.level, code])]
    if change.kind in BEGINS:
        return [Act(change.made_node or 0, None, to, joined)]
    assert was is not None
    if change.kind in ENDS:
        return [Act(was.node, was, None, joined)]
    if NOBODY in change.target:  # a person says: not the same place
        return [Act(was.node, was, None), Act(change.made_node or 0, None, to)]
    return [Act(was.node, was, to)]


def _joined(change: DivisionChange) -> tuple[str, ...]:
    """What the rules proposed and a person accepted."""
    if change.kind in {ChangeKind.MERGED, ChangeKind.SPLIT} and change.candidates:
        return (str(change.candidates[0][1]),)
    return ()


def _placed(kept: list[Any]) -> Placed:
    level, code, name, parent, parent_code, parent_level, kind, status, body, committee, urban = kept
    return Placed(Level(level), code, name, parent, parent_code, parent_level, Kind(kind), Status(status), body,
                  Committee(committee), urban)  # fmt: skip
