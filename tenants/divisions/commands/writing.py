"""
The place where versions are written: what differs between two trees, and nothing else.

COPY into the tables themselves: nothing is rewritten afterwards, and 665,000 rows take seconds. One writer at a time in
a database: imports and updates take the same lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from typing import Any, Final

from django.db import connection

from tenants.divisions.models import DivisionVersion
from tenants.divisions.rules import COMMON_TAIL, sound_of
from tenants.divisions.types import Committee, Kind, Level, Standing, Status

_LOCK: Final = 7_106_001
_BLOCK: Final = 4_000
_MANY: Final = 200_000
_NULL: Final = "\\N"
_FIELDS: Final = ("node_id", "level", "code", "name", "parent_id", "province_id", "city_id", "county_id", "street_id",
                  "kind", "status", "is_county_body", "committee", "urban")  # fmt: skip
_COPIED: Final = (*_FIELDS, "urban_derived", "valid_from", "pinyin", "initials", "begun_by")
_DIGIT: Final = {level: str(int(level)) for level in Level}
_URBAN: Final = {None: f"{_NULL}\tf", True: "t\tt", False: "f\tt"}  # and whether it was read off the code
_PLAIN: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def take_turn() -> None:
    """Wait until no other import or update writes in this database; until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def open_places(province: str | None) -> list[Standing]:
    """The open places of a province (two digits) or the country, ancestors first."""
    versions = DivisionVersion.objects.on_day(None)
    if province:
        found = versions.filter(level=Level.PROVINCE, code=province.ljust(12, "0")).values_list("node_id", flat=True)
        root = found.first()
        if root is None:
            return []
        versions = versions.filter(province_id=root)
    levels, kinds, states, bodies = list(Level), {k.value: k for k in Kind}, {s.value: s for s in Status}, {
        c.value: c for c in Committee
    }  # fmt: skip
    rows = versions.order_by("level", "code").values_list(*_FIELDS).iterator(chunk_size=20_000)
    return [
        Standing(
            row[0],
            levels[row[1] - 1],
            row[2],
            row[3],
            row[4],
            row[5],
            row[6],
            row[7],
            row[8],
            kinds[row[9]],
            states[row[10]],
            row[11],
            bodies[row[12]],
            row[13],
        )
        for row in rows
    ]


def reserve_nodes(count: int) -> list[int]:
    """Identities for new places."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "with made as (insert into divisions_node select from generate_series(1, %s) returning id)"
            " select id from made order by id",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def insert_versions(places: Iterable[Standing], *, day: date, update: int | None) -> int:
    """Write open versions from a day on, and the parts of their names; how many."""
    count = 0
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0) from divisions_divisionversion")
        (last,) = cursor.fetchone()
        first = not last and isinstance(places, Sequence) and len(places) >= _MANY
        with _indexed_afterwards(cursor) if first else nullcontext():
            with cursor.copy(f"copy divisions_divisionversion ({', '.join(_COPIED)}) from stdin") as copy:
                block: list[str] = []
                from_day, written_by = day.isoformat(), _NULL if update is None else str(update)
                for place in places:
                    block.append(_line(place, from_day, written_by))
                    if len(block) == _BLOCK:
                        copy.write("".join(block))
                        count += _BLOCK
                        block.clear()
                copy.write("".join(block))
                count += len(block)
            insert_parts(cursor, last, order=not first)
        for table in ("divisions_divisionversion", "divisions_namepart"):
            cursor.execute(f"analyze {table}")  # the planner must not think the tree empty
    return count


@contextmanager
def _indexed_afterwards(cursor: Any) -> Iterator[None]:
    """
    A country's first rows go into a table without indexes, which are made of the whole at once: a third of the time.

    For the owner alone, and only into an empty tree, which nobody reads meanwhile. In the same transaction: whoever is
    killed leaves the indexes as they were.
    """
    cursor.execute(
        "select format('drop index %s', x.indexrelid::regclass), pg_get_indexdef(x.indexrelid) from pg_index x"
        " join pg_class t on t.oid = x.indrelid where t.oid = 'divisions_divisionversion'::regclass"
        " and not x.indisprimary and not x.indisexclusion and pg_has_role(t.relowner, 'usage')"
        " union all select format('alter table divisions_namepart drop constraint %I', c.conname),"
        " format('alter table divisions_namepart add constraint %I %s', c.conname, pg_get_constraintdef(c.oid))"
        " from pg_constraint c join pg_class t on t.oid = c.conrelid where t.oid = 'divisions_namepart'::regclass"
        " and c.contype = 'p' and pg_has_role(t.relowner, 'usage')"
    )
    indexes = cursor.fetchall()
    for drop, _make in indexes:
        cursor.execute(drop)
    yield
    if indexes:
        cursor.execute("set local maintenance_work_mem = '256MB'")
    for _drop, make in indexes:
        cursor.execute(make)


def _line(place: Standing, day: str, written_by: str) -> str:
    node, level, code, name, parent, province, city, county, street, kind, status, body, committee, urban = place
    pinyin, initials = sound_of(name)
    return (
        f"{node}\t{_DIGIT[level]}\t{code}\t{name if name.isalnum() else name.translate(_PLAIN)}"
        f"\t{_NULL if parent is None else parent}\t{province}\t{_NULL if city is None else city}"
        f"\t{_NULL if county is None else county}\t{_NULL if street is None else street}\t{kind}\t{status}\t{body}"
        f"\t{committee}\t{_URBAN[urban]}\t{day}\t{pinyin}\t{initials}\t{written_by}\n"
    )


def insert_parts(cursor: Any, after: int, *, order: bool = True) -> None:
    """
    Every end of a name, of a community's those that begin before the common words for a committee.

    :param order: in the order of the index: rows that come sorted are put into it in half the time.
    """
    cursor.execute("set local work_mem = '128MB'")
    sorted_by = " order by v.level, at > 1, substr(v.name, at)" if order else ""
    cursor.execute(
        "insert into divisions_namepart (level, \"inner\", part, version_id)"  # noqa: S608 - one of two texts of ours
        " select v.level, at > 1, substr(v.name, at), v.id from divisions_divisionversion v,"
        "  generate_series(1, case when v.level < 5 then length(v.name) else"
        "   coalesce(nullif(length(regexp_replace(v.name, %s, '')), 0), length(v.name)) end) at"
        " where v.id > %s" + sorted_by,
        [COMMON_TAIL.pattern, after],
    )  # fmt: skip


def write_difference(
    before: Mapping[int, Standing], after: Mapping[int, Standing], *, day: date, update: int
) -> tuple[int, int]:  # fmt: skip
    """End the versions of places that differ or are gone, begin those of places that differ or are new: counts of both."""
    ended = [node for node, place in before.items() if after.get(node) != place]
    begun: Sequence[Standing] = [place for node, place in after.items() if before.get(node) != place]
    DivisionVersion.objects.filter(node__in=ended, valid_to=None).update(valid_to=day, ended_by=update)
    insert_versions(sorted(begun, key=lambda place: (place.level, place.code)), day=day, update=update)
    return len(ended), len(begun)


def take_back(update: int) -> tuple[int, int]:
    """Undo what an update wrote: its versions go, those it ended are open again; how many of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from divisions_namepart where version_id in"
            " (select id from divisions_divisionversion where begun_by = %s)",
            [update],
        )
    begun, _each = DivisionVersion.objects.filter(begun_by=update).delete()
    ended = DivisionVersion.objects.filter(ended_by=update).update(valid_to=None, ended_by=None)
    return ended, begun
