"""
The place of a cell with several nodes (Citus, schema by schema; sheet tenancy.md): on which of them a tenant's schema lies.

Not run against a cluster here: no package brings one. The statements keep to the lint, and the test knows their order.
"""

from __future__ import annotations

import psycopg
from django.utils.translation import gettext as _
from psycopg import sql

from falin.kernel.refusals import Refused
from tenants.registry import schemas
from tenants.registry.types import TenantInfo

_FORCED = """
select relname from pg_class where relnamespace = %s::text::regnamespace and relkind in ('r', 'p') and relforcerowsecurity
order by relname
"""


def place_schema(tenant: TenantInfo, host: str, port: int) -> None:
    """
    Have a tenant's schema lie whole on one node. It is distributed first, if it was not.

    An online move hangs under FORCE row security, which is therefore off for its length: the application's role is no
    owner and stays filtered.

    :raises Refused: the cell is one node.
    """
    with schemas.owner() as own:
        row = own.execute("select to_regproc('citus_schema_distribute'), to_regproc('citus_schema_move')").fetchone()
        if row is None or None in row:
            raise Refused("registry.one_node", _("这个库只有一台机器，没有别的机器可以放。"))
        name = sql.Literal(tenant.schema)
        known = "select from citus_schemas where schema_name = %s::text::regnamespace"
        if own.execute(known, [tenant.schema]).fetchone() is None:
            own.execute(sql.SQL("select citus_schema_distribute({n}::regnamespace)").format(n=name))
        tables = [table for (table,) in own.execute(_FORCED, [tenant.schema]).fetchall()]
        try:
            _force(own, tenant.schema, tables, sql.SQL("no force"))
            own.execute(sql.SQL("select citus_schema_move({n}::regnamespace, {h}, {p})").format(
                n=name, h=sql.Literal(host), p=sql.Literal(port)
            ))  # fmt: skip
        finally:
            _force(own, tenant.schema, tables, sql.SQL("force"))


def _force(own: psycopg.Connection, schema: str, tables: list[str], how: sql.SQL) -> None:
    for table in tables:
        own.execute(
            sql.SQL("alter table {t} {how} row level security").format(t=sql.Identifier(schema, table), how=how)
        )
