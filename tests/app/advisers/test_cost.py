"""Appointing is done tens of thousands of times by a batch: its statements are counted."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel.transactions import inside
from services.advisers.commands import appoint_adviser, register_adviser
from tests.statements import statements
from tests.world import NOW, TODAY, World


def _kinds(seen: CaptureQueriesContext) -> list[str]:
    return [text.split(maxsplit=1)[0].upper() for text in statements(seen)]


def test_appointing_takes_six_statements(world: World, office: Any) -> None:
    office.appoint(office.adviser("暖身"), "330106109001")  # keys and the county's place are read once a process
    adviser = office.adviser()
    scope = world.scope("county")
    node = world.node("330106109200")
    with inside(scope, read_only=False), CaptureQueriesContext(connection) as seen:
        appoint_adviser(scope=scope, adviser_id=adviser.id, node_id=node, begins_on=TODAY, ends_on=None, now=NOW)
    kinds = _kinds(seen)
    assert kinds == ["SELECT", "SELECT", "INSERT", "INSERT", "INSERT", "INSERT"]


def test_registering_takes_four_statements_and_its_two_records(world: World, office: Any) -> None:
    firm = office.firm()
    office.adviser("暖身", firm=firm)
    scope = world.scope("county")
    with inside(scope, read_only=False), CaptureQueriesContext(connection) as seen:
        register_adviser(scope=scope, firm_id=firm.id, name="周以宁", id_number="330106198501019999",
                         phone="13800009999", now=NOW)  # fmt: skip
    kinds = _kinds(seen)
    assert kinds == ["SELECT", "SAVEPOINT", "INSERT", "RELEASE", "INSERT", "INSERT"]
