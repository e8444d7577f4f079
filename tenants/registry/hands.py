"""
The place that knows what becomes of each table when places change hands: a county merges into its neighbour, or is split.

A row with a place goes where its place goes, and a row below another one goes with that. Every other table of a tenant is
declared, with the reason; a test over the catalogue fails when one is not. Rows of shared tables that name the body they
are under are rewritten by what their floor declares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from falin.kernel.scope import Scope
from tenants.registry.types import TenantInfo


class Goes(StrEnum):
    """What becomes of a table's rows that have no place of their own."""

    STAYS = "stays"  # with the body that is left, where it stands or fell
    WITH_THE_LAST = "with the last"  # when the whole body merges; not when a part of it goes
    COPIED = "copied"  # a body that is split off begins with the same; one that merges follows its new one's


@dataclass(frozen=True, slots=True)
class Way:
    """One table of a tenant's own."""

    table: str
    goes: Goes
    why: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """
    What is done to a shared table, in SQL. %(from_node)s and %(to_node)s, %(from_tenant)s and %(to_tenant)s are the two
    bodies, %(nodes)s the places that go, %(whole)s whether that is all of them, %(month)s the month the change falls in,
    %(now)s the moment.
    """

    table: str
    statements: tuple[str, ...]


KERNEL = (
    Way("kernel_auditentry", Goes.STAYS, "what was done in that body, sealed there under its own numbers"),
    Way("kernel_auditbatch", Goes.STAYS, "closes that body's entries"),
    Way("kernel_outboxevent", Goes.STAYS, "delivered before"),
    Way("kernel_job", Goes.STAYS, "none is open then"),
    Way("kernel_idempotencykey", Goes.STAYS, "of roles in that body, which nobody holds any more"),
    Way("kernel_webhookendpoint", Goes.STAYS, "its receiver was promised that body's events, not another one's"),
    Way("kernel_webhookmessage", Goes.STAYS, "of such a receiver"),
    Way("kernel_webhookattempt", Goes.STAYS, "of such a message"),
)
_DOMAINS = """
update registry_domain set tenant_id = %(to_tenant)s, is_primary = false where tenant_id = %(from_tenant)s and %(whole)s
"""
DOMAINS = Rewritten("registry_domain", (_DOMAINS,))

Check = Callable[[Scope, date], None]
_ways: dict[str, Way] = {}
_rewritten: dict[str, Rewritten] = {}
_checks: list[Check] = []
_relay: list[Callable[[TenantInfo], None]] = []


def declare(*ways: Way | Rewritten) -> None:
    """Called by the composition root."""
    for one in ways:
        if isinstance(one, Way):
            _ways[one.table] = one
        else:
            _rewritten[one.table] = one


def ways() -> dict[str, Way]:
    return dict(_ways)


def rewritten() -> Iterable[Rewritten]:
    return tuple(_rewritten.values())


def check_with(check: Check) -> None:
    """Have ``check(scope of a body, day of the change)`` say whether its books allow it; it raises Refused."""
    if check not in _checks:
        _checks.append(check)


def deliver_with(relay: Callable[[TenantInfo], None]) -> None:
    """Have ``relay(body)`` deliver what a body still has to tell; it is the only one who does so meanwhile."""
    _relay[:] = [relay]


def deliver(body: TenantInfo) -> None:
    _relay[0](body)


def checks() -> tuple[Check, ...]:
    return tuple(_checks)
