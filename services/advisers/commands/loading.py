"""
The job that loads the ready rows of a confirmed sheet, and the batch command it stands on.

Two hundred rows are one transaction, with the import's own count of them in it: a worker killed anywhere leaves whole
batches, and the next one goes on behind them. Nobody is registered twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction

from falin.kernel import audit, outbox
from falin.kernel.audit import PersonalDataInAudit
from falin.kernel.clock import legal_day
from falin.kernel.jobs import Cancelled, Run
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.sheets.columns import Problem
from falin.kernel.sheets.workbook import Sheet, opened
from falin.kernel.transactions import inside
from services.advisers import policies
from services.advisers.commands.appointing import appoint_adviser
from services.advisers.commands.checking import (
    Ground,
    as_kept,
    body_of,
    head_of,
    id_index,
    judge,
    phone_index,
    read_ground,
    registered,
)
from services.advisers.commands.registering import (
    REGISTERED,
    adviser_row,
    register_adviser,
    register_firm,
    registered_facts,
)
from services.advisers.models import Adviser, Firm, ImportSheet
from services.advisers.queries.appointments import places_of
from services.advisers.queries.homes import Home, home_of
from services.advisers.queries.imports import SHOWN
from services.advisers.rules.imports import ImportState
from services.advisers.rules.sheet import Entry, from_ranges

BATCH = 200
_NOTHING_YET = {
    "until": 0, "advisers": 0, "firms": 0, "there": 0, "refused": 0, "appointed": 0, "not_appointed": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one entry: registered now (``adviser_id``), already there, or refused with the reason."""

    adviser_id: uuid.UUID | None = None
    there: bool = False
    new_firm: bool = False
    refused: str = ""
    appointed: int = 0
    not_appointed: tuple[tuple[int, str], ...] = ()


def register_many(*, scope: Scope, entries: Sequence[Entry], now: datetime) -> list[Outcome]:
    """
    Enter firms and advisers into the province's register, and appoint them where the entry says so.

    Who is there already, by his identity number, is left as he is. A refusal touches its own entry only. Each firm,
    adviser and appointment has its own audit row and event.

    :param entries: at most a few hundred: they share the open transaction.
    """
    policies.check_may_register(scope)
    home = home_of(scope)
    fates: list[Entry | Outcome] = []
    ids, phones = (set(known) for known in registered(home, entries))
    for entry in entries:
        own, telephone = id_index(entry, home.province_schema), phone_index(entry, home.province_schema)
        if own in ids:
            fates.append(Outcome(there=True))
        elif telephone in phones:
            fates.append(Outcome(refused=policies.phone_is_registered().message))
        else:
            fates.append(entry)
            ids.add(own)
            phones.add(telephone)
    fresh = [fate for fate in fates if isinstance(fate, Entry)]
    try:
        with transaction.atomic():
            made = iter(_register_together(scope, home, fresh, now))
    except (IntegrityError, PersonalDataInAudit, Refused):
        # One of them collides with what another county enters at this moment, or holds what must not be booked: one by
        # one, each is told its own reason.
        made = iter([_register(scope, home, entry, now) for entry in fresh])
    return [_appoint(scope, fate, next(made), now) if isinstance(fate, Entry) else fate for fate in fates]


def _register_together(scope: Scope, home: Home, entries: Sequence[Entry], now: datetime) -> list[Outcome]:
    """The advisers of a batch in three statements, whatever their number."""
    wanted = {entry.firm for entry in entries}
    firms = {firm.name: firm for firm in Firm.objects.filter(province_id=home.province_id, name__in=wanted)}
    new = [entry for entry in entries if entry.firm not in firms]
    fresh_firms: set[str] = set()
    for entry in new:
        if entry.firm not in firms:
            made = register_firm(scope=scope, name=entry.firm, credit_code=entry.credit_code, phone=entry.firm_phone,
                                 now=now)  # fmt: skip
            firms[entry.firm] = Firm.objects.get(id=made.id)
            fresh_firms.add(entry.firm)
    rows = [
        adviser_row(
            home=home, firm=firms[entry.firm], name=entry.name, id_number=entry.id_number, phone=entry.phone,
            licence=entry.licence, specialties=entry.specialties, exam_passed_on=entry.exam_passed_on, now=now,
        )
        for entry in entries
    ]  # fmt: skip
    facts = [registered_facts(row) for row in rows]
    Adviser.objects.bulk_create(rows)
    audit.record_many(
        [
            audit.entry(
                scope=scope, act=REGISTERED, subject=("adviser", row.id), node_id=home.node_id, now=now, after=after
            )
            for row, (after, _payload) in zip(rows, facts, strict=True)
        ]
    )
    payloads = [(str(row.id), payload) for row, (_after, payload) in zip(rows, facts, strict=True)]
    outbox.put_many(scope=scope, event=REGISTERED, version=1, payloads=payloads, now=now)
    outcomes = []
    for entry, row in zip(entries, rows, strict=True):
        outcomes.append(Outcome(adviser_id=row.id, new_firm=entry.firm in fresh_firms))
        fresh_firms.discard(entry.firm)
    return outcomes


def _register(scope: Scope, home: Home, entry: Entry, now: datetime) -> Outcome:
    firm = Firm.objects.filter(province_id=home.province_id, name=entry.firm).first()
    try:
        with transaction.atomic():  # a new firm does not stay behind when its only adviser is refused
            firm_id = (
                firm.id
                if firm
                else register_firm(
                    scope=scope, name=entry.firm, credit_code=entry.credit_code, phone=entry.firm_phone, now=now
                ).id
            )
            adviser = register_adviser(
                scope=scope, firm_id=firm_id, name=entry.name, id_number=entry.id_number, phone=entry.phone,
                licence=entry.licence, specialties=entry.specialties, exam_passed_on=entry.exam_passed_on, now=now,
            )  # fmt: skip
    except Refused as refused:
        return Outcome(refused=refused.message)
    return Outcome(adviser_id=adviser.id, new_firm=firm is None)


def _appoint(scope: Scope, entry: Entry, outcome: Outcome, now: datetime) -> Outcome:
    """Have a new adviser serve where his entry says; what is refused is told, and he stays on the register."""
    if outcome.adviser_id is None or not entry.communities:
        return outcome
    appointed, refusals = 0, []
    for node_id in entry.communities:
        try:
            with transaction.atomic():
                appoint_adviser(scope=scope, adviser_id=outcome.adviser_id, node_id=node_id, ends_on=entry.ends_on,
                                begins_on=entry.begins_on or legal_day(now), now=now)  # fmt: skip
            appointed += 1
        except Refused as refused:
            refusals.append((node_id, refused.message))
    return replace(outcome, appointed=appointed, not_appointed=tuple(refusals))


def load_sheet(*, run: Run, now: Callable[[], datetime]) -> Mapping[str, Any]:
    """
    Load the ready rows of ``run.parameters["import_id"]``, from where an earlier try stood.

    :raises Cancelled: the owner asked to stop; whole batches stay, and the import says how far it came.
    """
    import_id = uuid.UUID(run.parameters["import_id"])
    ground = read_ground(scope=run.scope, import_id=import_id, today=legal_day(now()))
    with inside(run.scope, read_only=True):
        found: dict[str, Any] = ImportSheet.objects.get(id=import_id).findings
    ready, load = from_ranges(found["ready"]), found.get("load") or {**_NOTHING_YET, "first": []}
    total = len(ready)
    try:
        with opened(BytesIO(ground.data)) as sheet:
            rows = _ready_rows(ground, sheet, ready, load["until"])
            for batch in iter(lambda: list(islice(rows, BATCH)), []):
                run.progress(_dealt(load), total)
                with inside(run.scope, read_only=False):
                    _load_batch(run.scope, batch, load, now())
                    _keep(import_id, load, ImportState.LOADING, now())
        run.progress(total, total)
    except Cancelled:
        with inside(run.scope, read_only=False):
            _keep(import_id, load, ImportState.STOPPED, now())
        raise
    with inside(run.scope, read_only=False):
        _keep(import_id, load, ImportState.DONE, now())
        counts = {name: count for name, count in load.items() if isinstance(count, int) and name != "until"}
        audit.record(scope=run.scope, act="advisers.import.loaded", subject=("import", import_id), now=now(),
                     node_id=ground.home.node_id, after=counts)  # fmt: skip
    return {"import_id": str(import_id), "state": ImportState.DONE.value, **counts}


def _ready_rows(ground: Ground, sheet: Sheet, ready: set[int], until: int) -> Iterator[tuple[int, Entry | None]]:
    """The rows that were ready, read again; ``None`` for one that would not be any more (a community was renamed)."""
    head = head_of(sheet, ground.named)
    for row in body_of(sheet, head):
        if row.number > until and row.number in ready:
            yield row.number, judge(row, head, ground, sheet.epoch).entry


def _load_batch(scope: Scope, batch: list[tuple[int, Entry | None]], load: dict[str, Any], now: datetime) -> None:
    outcomes = iter(register_many(scope=scope, entries=[entry for _number, entry in batch if entry], now=now))
    for number, entry in batch:
        outcome = next(outcomes) if entry else None
        for problem in _add_up(load, outcome):
            if len(load["first"]) < SHOWN:
                load["first"].append({"row": number, **as_kept(problem)})
        load["until"] = number


def _add_up(load: dict[str, Any], outcome: Outcome | None) -> Iterator[Problem]:
    """Count one outcome; what the person should know of it."""
    if outcome is None:
        load["refused"] += 1
        yield Problem(column="", code="changed_since")
        return
    if outcome.refused:
        load["refused"] += 1
        yield Problem(column="", code="refused", facts={"message": outcome.refused})
        return
    load["there"] += outcome.there
    load["advisers"] += outcome.adviser_id is not None
    load["firms"] += outcome.new_firm
    load["appointed"] += outcome.appointed
    load["not_appointed"] += bool(outcome.not_appointed)
    names = {node: place.name for node, place in places_of({node for node, _why in outcome.not_appointed}).items()}
    for node, why in outcome.not_appointed:
        facts = {"place": names.get(node, ""), "message": why}
        yield Problem(column="communities", code="not_appointed", found=names.get(node, ""), facts=facts)


def _dealt(load: Mapping[str, Any]) -> int:
    return int(load["advisers"] + load["there"] + load["refused"])


def _keep(import_id: uuid.UUID, load: dict[str, Any], state: ImportState, now: datetime) -> None:
    """Write how far it came, in the open transaction of what it tells of."""
    row = ImportSheet.objects.select_for_update(of=("self",)).get(id=import_id)
    row.findings = {**row.findings, "load": load}
    row.state = state
    row.ended_at = None if state is ImportState.LOADING else now
    row.save(update_fields=["findings", "state", "ended_at"])
