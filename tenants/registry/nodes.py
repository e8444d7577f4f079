"""
The place of a cell with several nodes (Citus, schema by schema; decision 59): on which of them a tenant's schema lies.

Every node has a copy of the shared tables that tenants' queries join (``PublicModel.beside_tenants``); all others stay at the
node that is spoken to.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import psycopg
from django.apps import apps
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from falin.kernel import audit
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.registry import policies, schemas
from tenants.registry.types import TenantInfo

_FORCED = """
select relname from pg_class where relnamespace = %s::text::regnamespace and relkind in ('r', 'p') and relforcerowsecurity
order by relname
"""
_LIES_AT = "select nodename, nodeport from citus_shards where table_name = %s::text::regclass"
_NODES = "select nodename, nodeport from pg_dist_node where isactive and shouldhaveshards"


def place_tenant(*, scope: Scope, tenant: TenantInfo, host: str, port: int, now: datetime) -> None:
    """
    An operator has a tenant's schema lie on one node; booked when it begins, nothing where it lies there already.

    :raises Forbidden: he is no operator. :raises Refused: as ``place_schema``.
    """
    policies.check_may_manage(scope)

    def book() -> None:
        with inside(scope, read_only=False):
            audit.record(scope=scope, act="registry.tenant.placed", subject=("tenant", tenant.schema),
                         node_id=tenant.node_id, now=now, after={"host": f"{host}:{port}"})  # fmt: skip

    place_schema(tenant, host, port, begins=book)


def place_schema(tenant: TenantInfo, host: str, port: int, *, begins: Callable[[], None] = lambda: None) -> None:
    """
    Have a tenant's schema lie whole on one node. It is distributed first, if it was not.

    Under FORCE row security rows are not distributed, and an online move hangs. It is therefore off meanwhile: the
    application's role is no owner and stays filtered.

    :param begins: called once nothing speaks against it, before anything of the tenant is touched.
    :raises Refused: the cell is one node, or has none of that name; or a transaction's scope would not reach its nodes,
        where row security stands behind it.
    """
    with schemas.owner() as own:
        # (citus_schema_move is there twice, and to_regproc finds nothing by a name that two functions have)
        if own.execute("select to_regproc('citus_schema_distribute')").fetchone() == (None,):
            raise Refused("registry.one_node", _("这个库只有一台机器，没有别的机器可以放。"))
        if own.execute("select current_setting('citus.propagate_set_commands', true)").fetchone() != ("local",):
            raise Refused(
                "registry.scope_stays_behind",
                _(
                    "这个库还没有让各台机器收到权限范围：请在每台机器的配置里写 citus.propagate_set_commands = 'local'。"
                ),
            )
        if (host, port) not in own.execute(_NODES).fetchall():
            raise Refused("registry.no_such_node", _("这个库没有这台机器，请核对主机名和端口。"))
        _copy_shared(own)
        name, ledger = sql.Literal(tenant.schema), f"{tenant.schema}.django_migrations"
        lies_at = own.execute(_LIES_AT, [ledger]).fetchone()
        if lies_at == (host, port):
            return
        begins()
        tables = [table for (table,) in own.execute(_FORCED, [tenant.schema]).fetchall()]
        try:
            _force(own, tenant.schema, tables, sql.SQL("no force"))
            if lies_at is None:
                own.execute(sql.SQL("select citus_schema_distribute({n}::regnamespace)").format(n=name))
                lies_at = own.execute(_LIES_AT, [ledger]).fetchone()
            if lies_at != (host, port):
                own.execute(sql.SQL("select citus_schema_move({n}::regnamespace, {h}, {p})").format(
                    n=name, h=sql.Literal(host), p=sql.Literal(port)
                ))  # fmt: skip
        finally:
            _force(own, tenant.schema, tables, sql.SQL("force"))


def is_placed(schema: str) -> bool:
    """Whether a tenant's schema lies on a node of its own; on Django's connection."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('pg_dist_partition')")
        if cursor.fetchone() == (None,):
            return False
        ledger = f"{schema}.django_migrations"
        cursor.execute("select from pg_dist_partition where logicalrelid = %s::text::regclass", [ledger])
        return cursor.fetchone() is not None


def _copy_shared(own: psycopg.Connection) -> None:
    """Each node has the shared tables that are joined; those that have none yet are copied now."""
    lacking = "select from pg_dist_partition where logicalrelid = %s::text::regclass and repmodel = 't'"
    for model in apps.get_models():
        table = f"public.{model._meta.db_table}"
        if getattr(model, "beside_tenants", False) and own.execute(lacking, [table]).fetchone() is None:
            own.execute("select create_reference_table(%s::text::regclass)", [table])


def _force(own: psycopg.Connection, schema: str, tables: list[str], how: sql.SQL) -> None:
    for table in tables:
        own.execute(
            sql.SQL("alter table {t} {how} row level security").format(t=sql.Identifier(schema, table), how=how)
        )
