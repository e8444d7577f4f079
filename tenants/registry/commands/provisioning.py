"""The place where bodies get their schemas and schemas follow releases."""

from __future__ import annotations

import secrets
from datetime import datetime

import psycopg
from django.core.management import call_command
from django.core.management.commands.migrate import Command as StockMigrate
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from falin.kernel.refusals import Refused
from tenants.registry import schemas
from tenants.registry.models import SpareSchema
from tenants.registry.queries import list_tenants
from tenants.registry.types import Kind, State, TenantInfo

SPARES = 3
_HALF_MADE = """
select nspname from pg_namespace
where nspname ~ '^spare_[0-9a-f]{12}$' and nspname not in (select name from registry_spareschema)
"""


def upgrade(*, now: datetime, spares: int = SPARES, parallel: int = schemas.PARALLEL) -> schemas.Report:
    """
    Bring the shared schema, then every tenant's, up to date, and make spares at the newest migration; as the owner.

    The shared schema first: what the new release's tenants need of it is added there, and the old one does not mind.

    :raises CannotRender: a tenants' migration fails in an empty schema; no tenant was touched.
    """
    with schemas.owner() as own:
        schemas.prepare_rights(own)
    with schemas.django_as_owner():
        call_command(StockMigrate(), interactive=False, verbosity=0, skip_checks=True)
    report = schemas.migrate_all([tenant.schema for tenant in list_tenants()], parallel=parallel)
    keep_spares(now=now, wanted=spares)
    return report


def keep_spares(*, now: datetime, wanted: int = SPARES) -> int:
    """Make schemas until ``wanted`` are ready at the newest migration; outdated ones are dropped. How many were made."""
    heads = schemas.heads()
    made = 0
    with schemas.owner() as own:
        for (name,) in own.execute("select name from registry_spareschema where heads <> %s", [heads]).fetchall():
            with own.transaction():
                own.execute("delete from registry_spareschema where name = %s", [name])
                own.execute(sql.SQL("drop schema if exists {n} cascade").format(n=sql.Identifier(name)))
        ready = SpareSchema.objects.filter(heads=heads).count()
        for _number in range(max(0, wanted - ready)):
            make_spare(own, heads, now)
            made += 1
    return made


def make_spare(own: psycopg.Connection, heads: str, now: datetime) -> str:
    """
    One more schema at the newest migration, booked as spare; its name.

    One maker at a time, so that what lies there unbooked is known to be a dead one's, and is cleared away.
    """
    name = f"spare_{secrets.token_hex(6)}"
    own.execute("select pg_advisory_lock(hashtextextended('registry.make_spare', 0))")
    try:
        for (left,) in own.execute(_HALF_MADE).fetchall():
            own.execute(sql.SQL("drop schema {n} cascade").format(n=sql.Identifier(left)))
        schemas.make_schema(name)
        own.execute("insert into registry_spareschema (name, heads, made_at) values (%s, %s, %s)", [name, heads, now])
    finally:
        if not own.closed:
            own.execute("select pg_advisory_unlock(hashtextextended('registry.make_spare', 0))")
    return name


def provision_tenant(*, node_id: int, kind: Kind, name: str, now: datetime) -> TenantInfo:
    """
    Give a body its schema: a spare is renamed and a row written; without a spare one is made first, as the owner.

    Asking again for the same place gives the tenant that is there.

    :raises Refused: when the place's schema could not be taken.
    """
    heads = schemas.heads()
    found = _take_spare(heads, node_id, kind, name, now)
    if found is None:
        with schemas.owner() as own:
            make_spare(own, heads, now)
        found = _take_spare(heads, node_id, kind, name, now)
    if found is None:
        raise Refused("registry.no_spare", _("没有备用的库空间，请稍后再试。"))
    return found


def _take_spare(heads: str, node_id: int, kind: Kind, name: str, now: datetime) -> TenantInfo | None:
    """The place's tenant, made of a spare if it has none yet; ``None`` where no spare lies ready."""
    with connection.cursor() as cursor:
        cursor.execute("select * from public.take_spare(%s, %s, %s, %s, %s)", [node_id, kind.value, name, heads, now])
        row = cursor.fetchone()
    if row is None:
        return None
    number, schema, node, body, shown, state = row
    return TenantInfo(id=number, schema=schema, node_id=node, kind=Kind(body), name=shown, state=State(state))
