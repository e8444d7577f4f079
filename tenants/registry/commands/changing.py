"""
The place where tenants merge, split and move: asked for by one operator, confirmed by another, done by a job at once.

What is done is done in one transaction, or (a move) leaves exactly one home at every moment. What is booked comes after it, and
another try books what a killed one did not.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from falin.kernel import audit, clock, jobs, outbox
from falin.kernel.models import AuditEntry, Job, JobState, OutboxEvent
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside
from tenants.divisions.api import list_divisions
from tenants.registry import hands, nodes, policies, schemas
from tenants.registry.commands.provisioning import provision_tenant
from tenants.registry.folding import Change, Folded, change_between, fold
from tenants.registry.holding import mine, release
from tenants.registry.models import Deed, Tenant
from tenants.registry.moving.sending import move
from tenants.registry.queries import find_tenant_of
from tenants.registry.types import Act, Kind, Outcome, State, TenantInfo

CARRY_OUT = "registry.carry_out"
CHANGED_HANDS = "registry.places.changed_hands"
_OPEN = (JobState.QUEUED, JobState.RUNNING)
REST = 2.0  # seconds for a relay to finish with what was told last


def ask_carrying_out(scope: Scope, deed: Deed, now: datetime) -> uuid.UUID:
    """
    Queue what a second operator has confirmed; the job's number.

    :raises Refused: it is under way.
    """
    if Job.objects.filter(kind=CARRY_OUT, parameters__deed=deed.id, state__in=_OPEN).exists():
        raise Refused("registry.under_way", _("正在办，请看任务页的进度。"))
    words = {Act.MERGE: _("并入：%(name)s"), Act.SPLIT: _("分出：%(name)s"), Act.MOVE: _("搬库：%(name)s")}
    return jobs.ask(scope=scope, kind=CARRY_OUT, title=words[Act(deed.act)] % {"name": deed.name}, parameters={"deed": deed.id},
             now=now)  # fmt: skip


def carry_out(run: jobs.Run) -> Mapping[str, Any]:
    """The job behind a confirmed merge, split or move."""
    policies.check_may_manage(run.scope)
    with inside(run.scope, read_only=True):
        deed: Deed = Deed.objects.get(id=int(run.parameters["deed"]))
    if deed.outcome not in {Outcome.CONFIRMED, Outcome.DONE}:
        raise Refused("registry.decided", _("这件事已经有人处理过了。"))
    if deed.act == Act.MOVE:
        return move(run, deed)
    return _fold(run, deed)


def planned_change(tenant: TenantInfo, act: Act, target: str) -> Change:
    """
    Which places a merge or a split would take where; on Django's connection, before anything is asked for.

    :raises Refused: the tree does not say so, or a body cannot take part.
    """
    place = next(iter(list_divisions([int(target)])), None) if target.isdecimal() else None
    if place is None or not place.is_county_body:
        raise Refused("registry.no_county", _("没有这个县（区）。"), field="target")
    standing = find_tenant_of(place.id)
    if standing is None and act == Act.MERGE:
        raise Refused("registry.not_opened", _("%(name)s还没有开通，请先开通。") % {"name": place.name}, field="target")
    other = standing or TenantInfo(
        id=0, schema="", node_id=place.id, kind=Kind.COUNTY, name=place.name, state=State.OPEN
    )
    takes = {State.OPEN, State.SUSPENDED} | ({State.PREPARING} if act == Act.SPLIT else set())  # it begins by this
    if other.id == tenant.id or other.state not in takes or other.kind != Kind.COUNTY:
        raise Refused("registry.cannot_take_part", _("%(name)s现在不能接手。") % {"name": other.name}, field="target")
    for body in (tenant, standing):
        if body and nodes.is_placed(body.schema):  # Citus puts no rows of two bodies together
            told = {"name": body.name}
            raise Refused(
                "registry.on_a_node", _("%(name)s的数据已经放到单独的机器上，不能并入或分出。") % told, field="target"
            )
    return change_between(_ask, tenant, other, whole=act == Act.MERGE)


def _ask(statement: Any, words: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, words)
        return list(cursor.fetchall())


# ---- merge and split --------------------------------------------------------------------------------------------------
def _fold(run: jobs.Run, deed: Deed) -> Mapping[str, Any]:
    now, act = clock.now(), Act(deed.act)
    with inside(run.scope, read_only=True):
        row: Tenant = Tenant.objects.get(id=deed.tenant_id)
        source, change = row.info(), planned_change(row.info(), act, deed.target)
    if not change.target.id:
        change = replace(change, target=provision_tenant(
            node_id=change.target.node_id, kind=Kind.COUNTY, name=change.target.name, now=now
        ))  # fmt: skip
    if deed.outcome != Outcome.DONE:  # else a try that was killed has done it, and booked nothing
        _check_books(change)
        _check_rest(source)
        with schemas.owner() as own, mine(own, source):
            release(own, source)  # an earlier try may have been killed while it held it
            fold(own, change, now=now, tell=run.progress, held=lambda: _check_rest(source),
                 after=lambda folded: _done(own, deed, change, folded, now))  # fmt: skip
    with inside(run.scope, read_only=False):
        done: Deed = Deed.objects.get(id=deed.id)
        _book(run.scope, done, change, now)
    for body in (change.source, change.target):
        if body.id == change.target.id or act == Act.SPLIT:
            scope = replace(run.scope, schema=body.schema, tenant_id=body.id, roots=(body.node_id,), whole=True)
            with inside(scope, read_only=False):
                if _book(scope, done, change, now):
                    outbox.put(scope=scope, event=CHANGED_HANDS, version=1, key=f"hands:{deed.id}", now=now,
                               payload={"month": f"{change.day:%Y-%m}", "from": source.schema, "deed": deed.id})  # fmt: skip
    return {"rows": _rows(done), "tables": done.result, "day": change.day.isoformat()}


def _check_books(change: Change) -> None:
    """:raises Refused: a body's books do not allow it."""
    for body in (change.source, change.target):
        scope = _system(body)
        with inside(scope, read_only=True):
            for check in hands.checks():
                check(scope, change.day)


def _check_rest(body: TenantInfo) -> None:
    """
    Everything that was begun there is at its end: events delivered, no job open.

    :raises Refused: it is not.
    """
    until = time.monotonic() + REST
    while True:
        hands.deliver(body)
        with inside(_system(body), read_only=True):
            events = OutboxEvent.objects.filter(delivered_at__isnull=True).count()
            open_jobs = Job.objects.filter(state__in=_OPEN).count()
        if not events or time.monotonic() > until:
            break
        time.sleep(0.1)  # a relay is at it
    if open_jobs:
        raise Refused("registry.jobs_open", _("%(name)s还有 %(n)s 项任务没有做完。请等它们做完再办。")
                      % {"name": body.name, "n": open_jobs})  # fmt: skip
    if events:
        raise Refused("registry.events_waiting", _("%(name)s还有 %(n)s 件事件没有投出去，请先在事件页处理。")
                      % {"name": body.name, "n": events})  # fmt: skip


def _system(body: TenantInfo) -> Scope:
    return system_scope(schema=body.schema, tenant_id=body.id, grants=frozenset(), roots=(body.node_id,))


def _done(own: psycopg.Connection, deed: Deed, change: Change, folded: Folded, now: datetime) -> None:
    """In the transaction of the change: who merged is closed and points to where everything went."""
    if change.whole:
        own.execute("update registry_tenant set state = 'closed', state_at = %s, state_by = %s, state_why = %s, into_id = %s"
                    " where id = %s", [now, deed.decided_by, deed.why, change.target.id, change.source.id])  # fmt: skip
    else:
        release(own, change.source)
        own.execute("update registry_tenant set state = 'open', state_at = %s, state_by = %s, state_why = %s where id = %s"
                    " and state = 'preparing'", [now, deed.decided_by, deed.why, change.target.id])  # fmt: skip
    done = own.execute("update registry_deed set outcome = 'done', done_at = %s, result = %s where id = %s and"
                       " outcome = 'confirmed'", [now, Jsonb(folded.as_json()), deed.id])  # fmt: skip
    if not done.rowcount:  # taken back at the last moment
        raise Refused("registry.decided", _("这件事已经有人处理过了。"))


def _rows(deed: Deed) -> int:
    assert deed.result is not None
    return sum(int(prints["went"].partition(":")[0]) for prints in deed.result.values())


_BOOKED = {Act.MERGE: "merged", Act.SPLIT: "split"}


def _book(scope: Scope, deed: Deed, change: Change, now: datetime) -> bool:
    """In the open scope's log, once; whether it was booked now."""
    act = f"registry.tenant.{_BOOKED[Act(deed.act)]}"
    if AuditEntry.objects.filter(act=act, after__deed=deed.id).exists():
        return False
    audit.record(scope=scope, act=act, subject=("tenant", change.source.schema), node_id=change.target.node_id, now=now,
                 why=deed.why, after={"deed": deed.id, "rows": _rows(deed), "into": change.target.schema,
                                      "valid_from": change.day.isoformat()})  # fmt: skip
    return True
