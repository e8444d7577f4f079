"""A log of a hundred thousand rows: its first page and one deep in it read as few rows as they show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside
from falin.portal import booked
from tests.world import World

ROWS = 100_000


def _plans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _plans(below)


def _read(plan: dict[str, Any]) -> int:
    """Rows taken off tables and indexes, those thrown away again among them."""
    scans = [one for one in _plans(plan) if "Relation Name" in one]
    return int(sum((one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"] for one in scans))


@pytest.mark.slow
def test_a_page_of_a_long_log_reads_a_page_of_rows_wherever_it_is(world: World) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False), connection.cursor() as cursor:
        cursor.execute(
            f"insert into {AuditEntry._meta.db_table} (at, act, person_id, role, subject_kind, subject_id, why, before,"
            " after, request_id, digest) select now(), 'duty.visit.logged', %s, 'adviser', 'visit', n::text, '', '{}',"
            " '{}', '', decode(repeat('00', 32), 'hex') from generate_series(1, %s) n",
            [scope.person_id, ROWS],
        )
    auditor = world.scope("auditor3")
    with inside(auditor, read_only=True):
        newest = AuditEntry.objects.order_by("-id").values_list("id", flat=True)[0]
        for before in (None, newest - ROWS // 2, newest - ROWS + 60):
            with CaptureQueriesContext(connection) as caught:
                page = booked.log(scope=auditor, asked=booked.Asked(), before=before)
            assert len(page.acts) == booked.PAGE
            asked = [one["sql"] for one in caught if AuditEntry._meta.db_table in one["sql"]]
            assert len(asked) == 1 and "OFFSET" not in asked[0] and "COUNT" not in asked[0]
            with connection.cursor() as cursor:
                cursor.execute(f"explain (analyze, format json) {asked[0]}")
                (found,) = cursor.fetchone()
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            assert _read(plan) <= booked.PAGE + 1, plan
