"""Every way the directory of tenants changes."""

from __future__ import annotations

import secrets
from datetime import datetime

import psycopg
from psycopg import sql

from falin.kernel.refusals import Refused
from tenants.registry import schemas
from tenants.registry.models import SpareSchema, Tenant
from tenants.registry.types import Kind, State, TenantInfo

SPARES = 3


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
        for _ in range(max(0, wanted - ready)):
            _make_spare(own, heads, now)
            made += 1
    return made


def _make_spare(own: psycopg.Connection, heads: str, now: datetime) -> str:
    name = f"spare_{secrets.token_hex(6)}"
    schemas.make_schema(own, name)
    own.execute("insert into registry_spareschema (name, heads, made_at) values (%s, %s, %s)", [name, heads, now])
    return name


def provision_tenant(*, node_id: int, kind: Kind, name: str, now: datetime) -> TenantInfo:
    """
    Give a body its schema: a spare is renamed and a row written; without a spare one is made first.

    Asking again for the same place gives the tenant that is there.

    :raises Refused: when the place's schema could not be taken.
    """
    heads = schemas.heads()
    with schemas.owner() as own:
        standing = own.execute("select id from registry_tenant where node_id = %s", [node_id]).fetchone()
        if standing is None:
            if not own.execute("select 1 from registry_spareschema where heads = %s limit 1", [heads]).fetchone():
                _make_spare(own, heads, now)
            _take_spare(own, heads, node_id, kind, name, now)
    tenant = Tenant.objects.get(node_id=node_id)
    return info(tenant)


def _take_spare(own: psycopg.Connection, heads: str, node_id: int, kind: Kind, name: str, now: datetime) -> None:
    with own.transaction():
        spare = own.execute(
            "delete from registry_spareschema where name = (select name from registry_spareschema where heads = %s"
            " order by made_at limit 1 for update skip locked) returning name",
            [heads],
        ).fetchone()
        if spare is None:
            raise Refused("registry.no_spare", "没有备用的库空间，请稍后再试。")
        row = own.execute(
            "insert into registry_tenant (schema_name, node_id, kind, name, state, provisioned_at)"
            " values (%s, %s, %s, %s, %s, %s) returning id",
            [spare[0], node_id, kind, name, State.OPEN, now],
        ).fetchone()
        assert row is not None
        schema = f"t{row[0]:05d}"
        own.execute("update registry_tenant set schema_name = %s where id = %s", [schema, row[0]])
        own.execute(
            sql.SQL("alter schema {old} rename to {new}").format(
                old=sql.Identifier(spare[0]), new=sql.Identifier(schema)
            )
        )


def info(tenant: Tenant) -> TenantInfo:
    return TenantInfo(id=tenant.id, schema=tenant.schema_name, node_id=tenant.node_id, kind=Kind(tenant.kind),
                      name=tenant.name, state=State(tenant.state))  # fmt: skip
