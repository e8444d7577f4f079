"""
Place of the table both sides read: visits of a county, latest first.

Row n has the same place, moment and name on both sides, so that their answers can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

PER_PAGE, PAGES = 12, 10
LAST = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS = (
    "id, node_id, adviser_id, adviser_name, firm_id, kind, begins_at, ends_at, topic, note, void_why, revision,"
    " person_id, written_at, recorded_at"
)


def filling(*, table: str, nodes: Sequence[int], rows: int) -> list[str]:
    """Statements that fill a table of visits: the latest on LAST, one each six minutes back from there."""
    places = ",".join(map(str, nodes))
    moment = f"timestamptz '{LAST.isoformat()}' - n * interval '6 minutes'"
    fill = f"""
        insert into {table} ({COLUMNS})
        select md5(n::text)::uuid, (array[{places}]::bigint[])[1 + (n::bigint * 7919) % {len(nodes)}],
            md5((n % 300)::text)::uuid, '顾问' || n, md5((n % 40)::text)::uuid,
            case n % 5 when 0 then 'lecture' else 'visit' end, {moment}, {moment} + interval '1 hour', '婚姻家庭' || n,
            '', '', 1, 1, {moment}, {moment}
        from generate_series(1, {rows}) n
    """  # noqa: S608 (numbers and names of our own)
    return [fill, f"vacuum (analyze) {table}"]
