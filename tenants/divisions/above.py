"""
The place that keeps rows of the notice board under the places that lie above them today.

Such a row names its county, and what lies above and below that: by these it is found and guarded. When places come under
others, each body has its own rows read anew off the tree. Under which county a row is, is not touched: that changes when
places change hands. Upper floors say which tables these are; published figures stay in the tree of their time.
"""

from __future__ import annotations

from typing import Final

from django.db import connection

from falin.kernel.scope import Scope

_tables: Final[list[str]] = []


def declare(*tables: str) -> None:
    """Have rows of these follow the tree; called by the composition root."""
    _tables[:] = sorted({*_tables, *tables})


def tables() -> tuple[str, ...]:
    return tuple(_tables)


def read_anew(table: str, *, county: str) -> str:
    """The statement for one table, over the rows of the counties that ``county``, in SQL, says."""
    return f"""
update {table} x set province_id = v.province_id, city_id = v.city_id, street_id = v.street_id
  from divisions_divisionversion v
 where x.county_id = {county} and v.node_id = x.node_id and v.valid_to is null and v.county_id = x.county_id
   and (x.province_id, x.city_id, x.street_id) is distinct from (v.province_id, v.city_id, v.street_id)
"""  # noqa: S608  names of our own


def follow_tree(*, scope: Scope) -> None:
    """In the open transaction's county: its rows stand where their places lie today."""
    with connection.cursor() as cursor:
        for table in _tables:
            cursor.execute(read_anew(table, county="any (%(counties)s)"), {"counties": list(scope.roots)})
