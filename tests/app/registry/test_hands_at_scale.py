"""
What is in every table before and after a merge, a split and a restore (must-show 5): rows, and the sum of their hashes,
made here by PostgreSQL's own SHA-256 and not by the code that carries them. `falin drill hands` asks for many more rows and
a report.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

from falin.kernel.transactions import inside
from services.advisers.models import Appointment
from services.duty.models import Visit
from tenants.registry import commands, queries
from tenants.registry.types import Act
from tests import conftest
from tests.app.registry.cast import tenant_of
from tests.app.registry.changed_places import merge_into_west, split_off_river
from tests.app.registry.test_archives import Peopled, _restore, county  # noqa: F401
from tests.app.registry.test_changing_hands import UPPER, WEST, Counties, _board, _deliver_all, _sums, counties  # noqa: F401
from tests.world import NOW, PLACES, World

ROWS = int(os.environ.get("FALIN_HANDS_ROWS", "300"))
Print = tuple[int, int]  # rows, and the sum of their hashes

# What reads otherwise afterwards, and why; all else must be the same to the letter.
REWRITTEN = {
    "duty_reminder": "numbered anew", "advisers_vacancy": "numbered anew", "kernel_storedfile": "its path names the body",
    "django_migrations": "a schema knows when its own migrations ran",
}  # fmt: skip
BOOKED = {"kernel_auditentry", "kernel_auditbatch", "kernel_outboxevent"}  # more of them: what was done is booked
COPIED = {"duty_closedmonth"}  # a body that is split off knows which months were closed
BEGUN_WITH = {"django_migrations"}  # a schema begins with these rows of its own


def fill(schema: str, nodes: list[int]) -> None:
    """Years of visits in the communities of a county."""
    with psycopg.connect(_admin()) as admin:
        admin.execute(
            sql.SQL(
                "insert into {t} (id, node_id, adviser_id, adviser_name, firm_id, kind, begins_at, ends_at, topic, note,"
                " void_why, revision, person_id, written_at, recorded_at) select gen_random_uuid(),"
                " (%(nodes)s::bigint[])[1 + n %% cardinality(%(nodes)s::bigint[])], gen_random_uuid(),"
                " '顾问' || n %% 500, gen_random_uuid(), 'visit', t, t + '1 hour', '劳动争议', '接待来访。', '', 1, 1, t, t"
                " from (select n, timestamptz '2016-01-05' + n * interval '3 minutes' as t"
                " from generate_series(1, %(rows)s) n) x"
            ).format(t=sql.Identifier(schema, "duty_visit")),
            {"nodes": nodes, "rows": ROWS},
        )


def prints(schema: str) -> dict[str, Print]:
    with psycopg.connect(_admin()) as admin:
        found = {}
        for (table,) in admin.execute(
            "select tablename from pg_tables where schemaname = %s order by 1", [schema]
        ).fetchall():
            row = admin.execute(sql.SQL(
                "select count(*), coalesce(sum(('x' || left(encode(sha256(x::text::bytea), 'hex'), 15))::bit(60)::bigint), 0)"
                " from {t} x"
            ).format(t=sql.Identifier(schema, table))).fetchone()  # fmt: skip
            assert row
            found[table] = (int(row[0]), int(row[1]))
        return found


def _admin() -> str:
    return conftest.with_name(conftest.ADMIN, settings.DATABASE_OWNER_URL.rsplit("/", 1)[1])


def added(*sides: Mapping[str, Print]) -> dict[str, Print]:
    return {table: (sum(side[table][0] for side in sides), sum(side[table][1] for side in sides)) for table in sides[0]}


def report(case: str, before: Mapping[str, Print], after: Mapping[str, Print], seconds: float) -> None:
    """For the drill."""
    if path := os.environ.get("FALIN_HANDS_REPORT"):
        with Path(path).open("a", encoding="utf-8") as file:
            print(json.dumps({"case": case, "before": before, "after": after, "seconds": seconds}), file=file)


def check_same(before: Mapping[str, Print], after: Mapping[str, Print], copied: Mapping[str, Print]) -> None:
    for table, (rows, hashes) in before.items():
        if table in BOOKED:
            assert after[table][0] >= rows, table
        elif table in REWRITTEN:
            assert after[table][0] == rows, table
        elif table in COPIED:
            assert after[table] == (rows + copied.get(table, (0, 0))[0], hashes + copied.get(table, (0, 0))[1]), table
        else:
            assert after[table] == (rows, hashes), table
    assert before["duty_visit"][0] >= ROWS


def nodes_of(world: World, code: str) -> list[int]:
    return [world.node(place) for place in PLACES if place.startswith(code) and len(place) == 12]


def test_a_merge_leaves_in_both_bodies_together_what_was_in_both_before(counties: Counties) -> None:  # noqa: F811
    world, upper, west = counties.world, counties.schema[UPPER], counties.schema[WEST]
    fill(upper, nodes_of(world, UPPER))
    fill(west, nodes_of(world, WEST))
    merge_into_west(world)
    _deliver_all()  # the counties count their month anew by the changed tree
    board, october = _board("2026-11"), _sums("2026-10")
    before, began = added(prints(upper), prints(west)), time.monotonic()
    job = counties.carry_out(Act.MERGE, UPPER, counties.node[WEST])
    seconds, after = time.monotonic() - began, {upper: prints(upper), west: prints(west)}
    assert job.state == "done", job.log
    check_same(before, added(*after.values()), {})
    assert after[upper]["duty_visit"] == (0, 0)
    assert (_board("2026-11"), _sums("2026-10")) == (board, october)  # the periods before, as they were published
    report("merge", before, added(*after.values()), seconds)


def test_a_split_leaves_in_both_bodies_together_what_was_in_one(counties: Counties) -> None:  # noqa: F811
    world, west = counties.world, counties.schema[WEST]
    fill(west, nodes_of(world, WEST))
    split_off_river(world)
    _deliver_all()
    board, october = _board("2026-11"), _sums("2026-10")
    before, began = prints(west), time.monotonic()
    job = counties.carry_out(Act.SPLIT, WEST, world.node("330114"))
    seconds = time.monotonic() - began
    assert job.state == "done", job.log
    new = queries.find_tenant_of(world.node("330114"))
    assert new
    of_new = prints(new.schema)
    empty = {table: (0, 0) if table in BEGUN_WITH else one for table, one in of_new.items()}
    check_same(before, added(prints(west), empty), before)
    assert of_new["duty_visit"][0] > ROWS // 3
    assert (_board("2026-11"), _sums("2026-10")) == (board, october)
    report("split", before, added(prints(west), empty), seconds)


def test_a_restore_brings_back_what_was_there(county: Peopled) -> None:  # noqa: F811
    world, schema = county.world, county.world.schema(WEST)
    fill(schema, nodes_of(world, WEST))
    others = {code: prints(world.schema(code)) for code in ("33", UPPER, "330203")}
    with inside(world.scope("operator"), read_only=False):
        commands.suspend_tenant(
            scope=world.scope("operator"), tenant_id=tenant_of(world, WEST), why="恢复数据", now=NOW
        )
    before, path = prints(schema), county.archive()
    with psycopg.connect(_admin()) as admin:
        for model in (Appointment, Visit):
            admin.execute(sql.SQL("delete from {t}").format(t=sql.Identifier(schema, model._meta.db_table)))
    began = time.monotonic()
    _restore(path)
    seconds, after = time.monotonic() - began, prints(schema)
    check_same(before, after, {})
    assert {code: prints(world.schema(code)) for code in others} == others
    report("restore", before, after, seconds)
