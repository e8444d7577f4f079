"""The place where a tenant's state changes: opened, suspended and open again by one, closed and removed by two."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from falin.kernel import audit, parameters
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Refused, refusal_for
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, system_scope
from falin.kernel.transactions import inside
from tenants.registry import policies
from tenants.registry.commands.changing import ask_carrying_out, planned_change
from tenants.registry.models import Deed, Tenant
from tenants.registry.types import CHANGES, DESTROYS, Act, Outcome, State

DAYS_BEFORE_REMOVAL = parameters.declare(parameters.Parameter(
    key="registry.days_before_removal", label=gettext_noop("删除单位前等待"), unit=gettext_noop("天"), default=30, minimum=7,
    maximum=365, rule="decision 15", set_by=("province",), direction=1,
))  # fmt: skip


def open_tenant(*, scope: Scope, tenant_id: int, undone: Sequence[str], now: datetime) -> None:
    """
    A body that was provisioned and set up begins: it has its public face, and its months are published from tonight.

    :param undone: the needed steps of its checklist that are still to be done, in words; the portal knows them.
    :raises Refused: there are some, or it is not being prepared.
    """
    policies.check_may_manage(scope)
    tenant = lock_tenant(tenant_id)
    policies.check_may_open(tenant, undone)
    set_state(scope, tenant, State.OPEN, "", now)


def open_all(*, now: datetime) -> None:
    """Open whatever is being prepared, by the system: a world that is made at once (demo, drill) is prepared by making it."""
    scope = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({policies.MANAGE}))
    with inside(scope, read_only=False):
        for tenant_id in Tenant.objects.filter(state=State.PREPARING).values_list("id", flat=True).order_by("id"):
            open_tenant(scope=scope, tenant_id=tenant_id, undone=(), now=now)


def suspend_tenant(*, scope: Scope, tenant_id: int, why: str, now: datetime) -> None:
    """Everybody of the tenant goes on reading and writes nothing, from the next request on; who comes in reads why."""
    _change(scope, tenant_id, State.SUSPENDED, why, now)


def reopen_tenant(*, scope: Scope, tenant_id: int, why: str, now: datetime) -> None:
    """A suspended or closed tenant works again, from the next request on."""
    _change(scope, tenant_id, State.OPEN, why, now)


def _change(scope: Scope, tenant_id: int, state: State, why: str, now: datetime) -> None:
    policies.check_may_manage(scope)
    tenant = lock_tenant(tenant_id)
    (policies.check_may_reopen if state == State.OPEN else policies.check_may_suspend)(tenant)
    set_state(scope, tenant, state, policies.check_reason(why), now)


def set_state(scope: Scope, tenant: Tenant, state: State, why: str, now: datetime) -> None:
    """Write and book a tenant's state; who may is asked before."""
    before = tenant.state
    tenant.state, tenant.state_why, tenant.state_at, tenant.state_by = state, why, now, scope.person_id
    tenant.save(update_fields=["state", "state_why", "state_at", "state_by"])
    verb = "opened" if before == State.PREPARING and state == State.OPEN else _BOOKED[state]
    audit.record(scope=scope, act=f"registry.tenant.{verb}", subject=("tenant", tenant.schema_name),
                 node_id=tenant.node_id, now=now, why=why, before={"state": before}, after={"state": state})  # fmt: skip


_BOOKED = {State.OPEN: "reopened", State.SUSPENDED: "suspended", State.CLOSED: "closed"}


def lock_tenant(tenant_id: int) -> Tenant:
    """:raises Missing: there is none."""
    tenant: Tenant | None = Tenant.objects.select_for_update(of=("self",)).filter(id=tenant_id).first()
    if tenant is None:
        raise policies.no_tenant()
    return tenant


# ---- what takes two --------------------------------------------------------------------------------------------------
def ask_deed(*, scope: Scope, tenant_id: int, act: Act, why: str, now: datetime, target: str = "") -> int:
    """
    Ask for what takes a second operator: closing a tenant, removing one, merging, splitting or moving it. The deed's number.

    :param target: the place it is merged into or that is split off, by its number; or the cell it moves to, by its code.
    :raises Refused: the tenant's state does not allow it, or it was asked for already.
    """
    policies.check_may_manage(scope)
    tenant = lock_tenant(tenant_id)
    _check(tenant, act, target)
    why = policies.check_reason(why)
    try:
        with transaction.atomic():
            deed = Deed.objects.create(tenant_id=tenant.id, schema=tenant.schema_name, name=tenant.name, act=act, why=why,
                                       target=target, asked_by=scope.person_id, asked_at=now)  # fmt: skip
    except IntegrityError as error:
        twice = refusal_for(error, {"one_open_deed_of_a_kind": _asked_already})
        raise twice or error from None
    _book(scope, deed, "asked", why, tenant.node_id, now)
    return int(deed.id)


def _asked_already() -> Refused:
    return Refused("registry.asked_already", _("已经有人提出过，正等另一名运维人员确认。"))


def confirm_deed(*, scope: Scope, deed_id: int, now: datetime) -> None:
    """
    The second operator says yes. Closing is done at once, a merge, split or move by a job; a removal waits for its day.

    :raises Refused: he asked for it himself, it was decided, or the tenant's state does not allow it any more.
    """
    policies.check_may_manage(scope)
    deed = _lock_deed(deed_id)
    policies.check_may_confirm(scope, deed)
    tenant = lock_tenant(deed.tenant_id)
    _check(tenant, Act(deed.act), deed.target)
    deed.decided_by, deed.decided_at, deed.outcome = scope.person_id, now, Outcome.CONFIRMED
    _book(scope, deed, "confirmed", "", tenant.node_id, now)
    _FOLLOWS[Act(deed.act)](scope, deed, tenant, now)
    deed.save(update_fields=["decided_by", "decided_at", "outcome", "due_at", "done_at"])


def refuse_deed(*, scope: Scope, deed_id: int, why: str, now: datetime) -> None:
    """
    Say no, or take back what one asked for oneself; a confirmed removal, until its day.

    :raises Refused: it was decided or done.
    """
    policies.check_may_manage(scope)
    deed = _lock_deed(deed_id)
    if deed.outcome not in {Outcome.WAITING, Outcome.CONFIRMED}:
        raise Refused("registry.decided", _("这件事已经有人处理过了。"))
    deed.decided_why = policies.check_reason(why)
    deed.outcome, deed.decided_by, deed.decided_at, deed.due_at = Outcome.REFUSED, scope.person_id, now, None
    deed.save(update_fields=["outcome", "decided_by", "decided_at", "decided_why", "due_at"])
    tenant = Tenant.objects.filter(id=deed.tenant_id).first()
    _book(scope, deed, "refused", deed.decided_why, tenant.node_id if tenant else None, now)


def _lock_deed(deed_id: int) -> Deed:
    deed = Deed.objects.select_for_update(of=("self",)).filter(id=deed_id).first()
    if deed is None:
        raise policies.no_deed()
    return deed


def _book(scope: Scope, deed: Deed, verb: str, why: str, node_id: int | None, now: datetime) -> None:
    audit.record(scope=scope, act=f"registry.deed.{verb}", subject=("tenant", deed.schema), node_id=node_id, now=now,
                 why=why, after={"act": f"registry.tenant.{_DONE[Act(deed.act)]}", "deed": deed.id})  # fmt: skip


def _close(scope: Scope, deed: Deed, tenant: Tenant, now: datetime) -> None:
    set_state(scope, tenant, State.CLOSED, deed.why, now)
    deed.outcome, deed.done_at = Outcome.DONE, now


def _await(scope: Scope, deed: Deed, tenant: Tenant, now: datetime) -> None:
    days = parameters.value(DAYS_BEFORE_REMOVAL, node_id=tenant.node_id, on=legal_day(now))
    deed.due_at = now + timedelta(days=days)


def _carry_out(scope: Scope, deed: Deed, tenant: Tenant, now: datetime) -> None:
    ask_carrying_out(scope, deed, now)


def carry_out_again(*, scope: Scope, deed_id: int, now: datetime) -> uuid.UUID:
    """
    Queue what was confirmed and could not be done: somebody was writing, a book was open, the other cell was away.

    :raises Refused: it is done, was not confirmed, or another try is under way.
    """
    policies.check_may_manage(scope)
    deed = _lock_deed(deed_id)
    if Act(deed.act) not in CHANGES or deed.outcome != Outcome.CONFIRMED:
        raise Refused("registry.decided", _("这件事已经有人处理过了。"))
    return ask_carrying_out(scope, deed, now)


def _check(tenant: Tenant, act: Act, target: str) -> None:
    """:raises Refused: what the tenant is, or where the places lie, does not allow it."""
    if act in {Act.MERGE, Act.SPLIT}:
        policies.check_may_change(tenant)
        policies.check_is_county(tenant)
        planned_change(tenant.info(), act, target)
    elif act == Act.MOVE:
        policies.check_may_change(tenant)
        policies.check_may_move(target)
    else:
        _CHECKS[act](tenant)


_CHECKS = {
    Act.CLOSE: policies.check_may_close,
    Act.REMOVE: policies.check_may_remove,
    Act.CLEAR: policies.check_may_clear,
}
_FOLLOWS = {Act.CLOSE: _close, **dict.fromkeys(DESTROYS, _await), **dict.fromkeys(CHANGES, _carry_out)}
_DONE = {
    Act.CLOSE: "closed",
    Act.REMOVE: "removed",
    Act.CLEAR: "cleared",
    Act.MERGE: "merged",
    Act.SPLIT: "split",
    Act.MOVE: "moved",
}
