"""
The place where a tenant is held for the seconds in which its rows change hands: everybody reads, who writes is asked to try
again, and nothing that was begun before is missed.

The holder keeps an advisory lock as long as it lives. A tenant that is held by nobody was left so by one who was killed;
the sweep lets it go. A tenant that was suspended before is left as it is: nobody writes there anyway.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.errors import DeadlockDetected, LockNotAvailable

from falin.kernel.refusals import Refused
from falin.kernel.transactions import shared
from tenants.registry.models import Tenant
from tenants.registry.types import State, TenantInfo

PATIENCE = 3.0  # seconds until what was begun before must be over; then everybody goes on and we try again later
_BUSY = """
select exists (
    select from pg_locks l join pg_class c on c.oid = l.relation
    where c.relnamespace = %s::text::regnamespace and c.relkind = 'r' and l.mode = 'RowExclusiveLock'
)
"""


class StillBusy(Refused):
    """Somebody has been writing there for longer than others can be asked to wait."""

    def __init__(self) -> None:
        super().__init__("registry.still_busy", _("这个单位有一件办了很久的事还没有完，这次没有换成。请过一会儿再试。"))


@contextmanager
def mine(own: psycopg.Connection, tenant: TenantInfo) -> Iterator[None]:
    """
    Nobody else changes this tenant's hands meanwhile, and nobody lets it go.

    :raises Refused: somebody does.
    """
    row = own.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [_name(tenant.schema)]).fetchone()
    if not (row and row[0]):
        raise Refused("registry.held", _("这个单位正在换库，请等它做完。"))
    try:
        yield
    finally:
        if not own.closed:
            own.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [_name(tenant.schema)])


@contextmanager
def without_writers(own: psycopg.Connection, tenant: TenantInfo) -> Iterator[None]:
    """
    From here on everybody of the tenant reads, and who writes is asked to try again. Left by an error, the tenant works
    again; else whoever did the work has said what it is now.

    :raises StillBusy: what was begun before is not over in time.
    """
    own.execute("update registry_tenant set state = 'moving' where id = %s and state = 'open'", [tenant.id])
    try:
        _wait(own, tenant.schema)
        yield
    except BaseException:
        if not own.closed:
            release(own, tenant)
        raise


def release(own: psycopg.Connection, tenant: TenantInfo) -> None:
    """The tenant works again, if it was held at all."""
    own.execute("update registry_tenant set state = 'open' where id = %s and state = 'moving'", [tenant.id])


def _wait(own: psycopg.Connection, schema: str) -> None:
    """Let those finish who came in before: to ask for the locks at once would make them wait for us, and us for them."""
    until = time.monotonic() + PATIENCE
    while (row := own.execute(_BUSY, [schema]).fetchone()) and row[0]:
        if time.monotonic() > until:
            raise StillBusy
        time.sleep(0.02)


def lock(own: psycopg.Connection, schema: str, tables: list[str]) -> None:
    """
    First in the open transaction: from now on nobody writes in these tables, and all that was written is seen.

    :raises StillBusy: somebody came in at the last moment.
    """
    own.execute("set local lock_timeout = '2s'")
    names = sql.SQL(", ").join(sql.Identifier(schema, name) for name in tables)
    try:
        own.execute(sql.SQL("lock table {n} in share mode").format(n=names))
    except (LockNotAvailable, DeadlockDetected):
        raise StillBusy from None
    own.execute("set local lock_timeout = 0")


def let_go() -> list[str]:
    """Have every tenant work again whose holder died; which they were."""
    freed = []
    for tenant in Tenant.objects.filter(state=State.MOVING):
        with shared(read_only=False), connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_name(tenant.schema_name)])
            if cursor.fetchone()[0] and Tenant.objects.filter(id=tenant.id, state=State.MOVING).update(
                state=State.OPEN
            ):
                freed.append(str(tenant.schema_name))
    return freed


def _name(schema: str) -> str:
    return f"registry.hold:{schema}"
