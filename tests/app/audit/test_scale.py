"""A log of 100,000 rows: whatever is asked for, a page reads by key and never the whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.portal import booked
from tests.app.audit.logs import attack
from tests.statements import statements
from tests.world import TODAY, World


@pytest.fixture
def long_log(world: World) -> Scope:
    """Two years of a county: a few hundred people and places, acts of every kind, evenly spread."""
    scope = world.scope("auditor3")
    places = [world.node(code) for code in ("330106002001", "330106002002", "330106109001", "330106109200")]
    attack(
        f"insert into {scope.schema}.kernel_auditentry (at, act, person_id, role, subject_kind, subject_id, node_id, why,"
        " before, after, request_id, digest) select '2026-11-16'::timestamptz - (100000 - n) * interval '10 minutes',"
        " (array['duty.visit.logged', 'duty.visit.corrected', 'advisers.adviser.appointed', 'identity.role.granted'])"
        "[1 + n % 97 % 4], 1 + n % 300, 'county_team', (array['visit', 'adviser'])[1 + n % 2], (n % 5000)::text,"
        f" (array{places})[1 + n % 4], '', '{{}}', '{{}}', '', '\\x00' from generate_series(1, 100000) n",
        f"analyze {scope.schema}.kernel_auditentry",
    )
    return scope


def blocks(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.slow
def test_a_page_of_a_long_log_is_read_by_key(long_log: Scope, world: World) -> None:
    asked = {
        "first": (booked.Asked(), None),
        "deep": (booked.Asked(), 500),
        "person": (booked.Asked(person="street"), None),
        "act": (booked.Asked(act="identity.role.granted"), 50_000),
        "nobody's act": (booked.Asked(act="advisers.firm.registered"), None),
        "place": (booked.Asked(node_id=world.node("330106109")), 50_000),
        "thing": (booked.Asked(kind="adviser", subject_id="4711"), None),
        "days": (booked.Asked(since=TODAY.replace(year=2025), until=TODAY.replace(year=2025)), None),
    }
    for name, (filters, before) in asked.items():
        with inside(long_log, read_only=True), connection.cursor() as cursor:
            with CaptureQueriesContext(connection) as seen:
                booked.log(scope=long_log, asked=filters, before=before)
            (sql,) = [one for one in statements(seen) if "kernel_auditentry" in one]
            cursor.execute(f"explain (analyze, buffers, format json) {sql}")
            found = cursor.fetchone()[0]
            plan = found if isinstance(found, list) else json.loads(found)
            assert blocks(plan[0]["Plan"]) < 100, (name, json.dumps(plan)[:2000])  # of 1,689 of the whole
