"""What workers and beat call: each opens its own door, a tenant at a time, and passes on to one command."""

from __future__ import annotations

import logging
import uuid

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError

from falin.kernel import idempotency, jobs, retention, webhooks
from falin.kernel.audit import keys, sealing
from falin.kernel.clock import now
from falin.kernel.periods import Month
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from falin.kernel.transactions import inside, shared
from falin.portal import exports
from services.desk import api as desk
from services.desk import tasks as desk_tasks
from services.indicators.api import publish_month
from tenants.identity.api import end_unreviewed, end_unreviewed_accounts, forget_old_sessions, system_of
from tenants.identity.oidc import commands as oidc
from tenants.identity.oidc import provisioning
from tenants.registry.api import Kind, State, at_once, find_by_schema, list_tenants, list_working
from tenants.registry.api import keep_spares as make_spares
from tenants.registry.commands import ask_backups, ask_trial, due_removals, let_go, remove_tenant


def systems() -> list[Scope]:
    """
    The system's own scope in the shared schema (operators' acts, events and jobs) and in every tenant that holds still.

    For what must be done whatever state a tenant is in: its log is sealed, its events are delivered, and files whose days
    are over go, for the law's days do not stand still.
    """
    return [system_of(None), *(system_of(tenant) for tenant in list_tenants() if tenant.state != State.MOVING)]


def working() -> list[Scope]:
    """The same where work goes on: in a suspended or closed tenant nothing is done and nothing sent until it opens again."""
    return [system_of(None), *map(system_of, list_working())]


log = logging.getLogger("falin.tasks")


@shared_task
def do_job(schema: str, job_id: str) -> str:
    """Work on the long job whose turn it is."""
    return _do_next(jobs.Lane.LONG)


@shared_task
def do_short_job(schema: str, job_id: str) -> str:
    """The same in the lane of short ones, which no long one enters."""
    return _do_next(jobs.Lane.SHORT)


def _do_next(lane: jobs.Lane) -> str:
    """
    A message says that there is work, not whose: a county that asked for a hundred jobs has a hundred messages in the queue
    before another's one. A tenant with as many running in the lane as it may have waits for one of them to end, whoever
    else has none waiting.
    """
    known = {scope.schema: scope for scope in working()}
    state = "nobody's turn"
    for turn in jobs.turns(known, lane):
        if turn.running >= at_once(known[turn.schema], now=now()):
            continue
        state = jobs.work(system=known[turn.schema], job_id=turn.job_id)
        if state != "not mine":  # another worker was faster: the next one's turn
            for rest in jobs.turns([turn.schema], lane):
                jobs.send(rest.schema, rest.job_id, lane)
            break
    return state


@shared_task
def sweep_jobs() -> int:
    """Send again what nobody works on, and let go of tenants whose holder died."""
    sent = 0
    let_go()
    known = {scope.schema: scope for scope in working()}
    for scope in (known[schema] for schema in jobs.open_among(known)):
        try:
            with inside(scope, read_only=False):
                again = jobs.sweep(scope=scope, now=now())
        except DatabaseError as error:  # one broken tenant must not leave the others' jobs lying
            log.warning("jobs of %s could not be swept (%s)", scope.schema, type(error).__name__)
            continue
        for job in again:
            jobs.send(scope.schema, job.id, jobs.lane_of(job))
        sent += len(again)
    return sent


@shared_task
def roll_up_all() -> int:
    """Fan out: one task a county, so that one slow county holds up nobody."""
    counties = [tenant for tenant in list_working(kind=Kind.COUNTY) if tenant.state == State.OPEN]
    for tenant in counties:
        roll_up.delay(tenant.schema)
    return len(counties)


@shared_task
def roll_up(schema: str) -> None:
    """Publish this month and last month of one county."""
    county = find_by_schema(schema)
    if county is None or county.state != State.OPEN:  # since the night's round began
        return
    scope, moment = system_of(county), now()
    for month in (Month.of(moment).plus(-1), Month.of(moment)):
        with inside(scope, read_only=False):
            publish_month(scope=scope, month=month, now=moment)


@shared_task
def seal_audit() -> int:
    """Seal every tenant's log, and the shared schema's; how many batches were closed."""
    sealed = 0
    for scope in systems():
        try:
            with inside(scope, read_only=False):
                sealed += sealing.seal(scope=scope, now=now()) is not None
        except (
            DatabaseError,
            sealing.NumbersWentBack,
            keys.UnusableKey,
        ) as error:  # said aloud, and nobody waits for it
            log.error("acts of %s could not be sealed (%s: %s)", scope.schema, type(error).__name__, error)
    return sealed


@shared_task
def forget_old() -> None:
    """Keys older than a day, sessions that are over, exports that nobody confirmed."""
    for scope in working():
        try:
            with inside(scope, read_only=False):
                idempotency.forget_old(now=now())
                desk.forget_old(scope=scope, now=now())
                exports.end_unconfirmed(scope=scope, now=now())
                if scope.schema != PUBLIC_SCHEMA:  # receivers are a tenant's
                    webhooks.forget_old(now=now())
        except DatabaseError as error:
            log.warning("old keys of %s could not be dropped (%s)", scope.schema, type(error).__name__)
    with shared(read_only=False):
        forget_old_sessions(now=now())
        oidc.forget_old(now=now())


@shared_task
def end_unreviewed_roles() -> int:
    """Roles and programs nobody reviewed in time. Every night; what is done needs no second time."""
    with shared(read_only=False) as system:
        return len(end_unreviewed(scope=system, now=now())) + end_unreviewed_accounts(scope=system, now=now())


@shared_task
def clean_up_all() -> int:
    """Fan out: one task a tenant."""
    scopes = systems()
    for scope in scopes:
        clean_up.delay(scope.schema)
    return len(scopes)


@shared_task
def clean_up(schema: str) -> int:
    """Remove a tenant's files and rows whose days are over, a batch a transaction, then files no row names; how many."""
    scope, removed = system_of(find_by_schema(schema)), 0
    while True:
        with inside(scope, read_only=False):
            batch = retention.remove(scope=scope, now=now())
        removed += batch
        if not batch:
            break
    with inside(scope, read_only=False):
        return removed + retention.remove_orphans(scope=scope, now=now())


@shared_task
def remove_due() -> int:
    """Queue the destruction of tenants whose waiting time is over; how many."""
    with shared(read_only=False) as system:
        due = due_removals(now=now())
        for deed_id in due:
            remove_tenant(scope=system, deed_id=deed_id, now=now())
    return len(due)


@shared_task
def back_up() -> int:
    """Queue what the night's backups and their trials still lack; how many jobs. Only the owner's address sees all rows."""
    if not settings.DATABASE_OWNER_URL:
        return 0
    with shared(read_only=False) as system:
        return sum(ask(scope=system, now=now()) is not None for ask in (ask_backups, ask_trial))


@shared_task
def keep_accounts() -> tuple[int, int]:
    """Accounts at Keycloak that are due, and what came in its name; nothing where people sign in here only."""
    if not settings.OIDC_ISSUER:
        return 0, 0
    with shared(read_only=False) as system:
        oidc.sum_up_refusals(scope=system, now=now())
    return provisioning.work(clock=now)


@shared_task
def keep_all_accounts() -> int:
    """Once a night everybody's account is due, whatever no event told of."""
    return provisioning.mark_all_due(now=now()) if settings.OIDC_ISSUER else 0


@shared_task
def keep_spares() -> int:
    """Only a worker that holds the owner's address can make schemas."""
    return make_spares(now=now()) if settings.DATABASE_OWNER_URL else 0


@shared_task
def look_ahead() -> int:
    """Tell people what ends within a month; how many notices were drafted."""
    told = 0
    for scope in map(system_of, list_tenants()):
        try:
            with inside(scope, read_only=False):
                told += desk_tasks.look_ahead(scope, now())
        except DatabaseError as error:  # one broken tenant must not keep the others' people from being told
            log.warning("nobody of %s could be told ahead (%s)", scope.schema, type(error).__name__)
    return told


@shared_task
def send_notices() -> int:
    """Send what is due by mail or SMS, tenant by tenant; how many notices went out."""
    sent = 0
    for scope in systems():
        try:
            sent += desk_tasks.send_due(scope)
        except DatabaseError as error:
            log.warning("notices of %s could not be sent (%s)", scope.schema, type(error).__name__)
    return sent


@shared_task
def tell_receivers() -> int:
    """Fan out: one task a receiver something is due to, so that a slow one holds up nobody."""
    due = webhooks.pending_among(tenant.schema for tenant in list_working())
    for schema, endpoint_id in due:
        tell_receiver.delay(schema, str(endpoint_id))
    return len(due)


@shared_task
def tell_receiver(schema: str, endpoint_id: str) -> int:
    """Send what is due to one receiver, up to the first that fails; how many were taken."""
    scope, told = system_of(find_by_schema(schema)), 0
    with inside(scope, read_only=False):
        parcels = webhooks.claim(scope=scope, endpoint_id=uuid.UUID(endpoint_id), now=now())
    for parcel in parcels:
        answer = webhooks.post(parcel.address, parcel.body, parcel.headers(now()))
        failed, told = answer.outcome != webhooks.OK, told + 1
        with inside(scope, read_only=False):
            webhooks.record(scope=scope, message_id=parcel.id, answer=answer, now=now(),
                            last=failed or told == len(parcels))  # fmt: skip
        if failed:
            break
    return told
