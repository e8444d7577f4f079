"""Place of what a schema holds: both sides must have made the same."""

from __future__ import annotations

SHAPE = """
select
    (select count(*) from pg_class where relnamespace = n.oid and relkind = 'r' and relname <> 'django_migrations'),
    (select count(*) from pg_indexes where schemaname = n.nspname and tablename <> 'django_migrations'),
    (select count(*) from pg_constraint c join pg_class t on t.oid = c.conrelid
        where t.relnamespace = n.oid and t.relname <> 'django_migrations' and c.contype <> 'n'),
    (select count(*) from pg_policies where schemaname = n.nspname)
from pg_namespace n where n.nspname = %s
"""


def shape_of(schema: str) -> dict[str, int]:
    """Tables, indexes, constraints and row security policies, the ledger of migrations apart."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SHAPE, [schema])
        counts = cursor.fetchone()
    return dict(zip(("tables", "indexes", "constraints", "policies"), counts, strict=True))
