"""Place of the way back: every tenant loses the column and the line that says it has it, so that it is pending again."""

from __future__ import annotations

import psycopg
from psycopg import sql


def names_of(address: str) -> list[str]:
    with psycopg.connect(address) as own:
        return [name for (name,) in own.execute("select schema_name from registry_tenant order by id")]


def spares_of(address: str) -> list[str]:
    """What an upgrade finds beside the tenants: spares of the release before, and leaves as they are."""
    with psycopg.connect(address) as own:
        return [name for (name,) in own.execute("select name from registry_spareschema order by name")]


def set_back(address: str, names: list[str] | None = None) -> None:
    with psycopg.connect(address, autocommit=True) as own:
        for name in names_of(address) if names is None else names:
            with own.transaction():
                own.execute(
                    sql.SQL("alter table {t} drop column if exists colour").format(
                        t=sql.Identifier(name, "growing_thing")
                    )
                )
                own.execute(sql.SQL("delete from {t} where app = 'growing' and name = '0002_a_column'").format(
                    t=sql.Identifier(name, "django_migrations")))  # fmt: skip


def grown(address: str) -> int:
    """How many tenants have the column."""
    with psycopg.connect(address) as own:
        row = own.execute(
            "select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on"
            " n.oid = c.relnamespace where c.relname = 'growing_thing' and a.attname = 'colour' and not a.attisdropped"
            " and n.nspname in (select schema_name from registry_tenant)"
        ).fetchone()
        assert row
        return int(row[0])
