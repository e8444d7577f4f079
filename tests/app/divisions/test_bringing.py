"""Facts and outlines of places are brought in from files, row by row; the past keeps its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Forbidden, Invalid
from falin.kernel.transactions import inside
from tenants.divisions import api, policies
from tenants.divisions.models import DivisionFact
from tests.world import NOW, World

DAY = date(2024, 1, 1)
TABLE = "代码,人口,户数\n330106,1200,400\n330106109200,300,\n330199,1,1\n坏,1,1\n".encode()


def test_facts_are_kept_with_day_and_source_and_errors_are_told_by_row(world: World) -> None:
    scope = replace(world.scope("leader"), grants=frozenset({policies.DESCRIBE}))
    with inside(scope, read_only=False):
        taken, errors = api.bring_facts(scope=scope, data=TABLE, on_day=DAY, source="统计年鉴", now=NOW)
        again, _errors = api.bring_facts(scope=scope, data=TABLE, on_day=DAY, source="更正", now=NOW)
        later = api.bring_facts(scope=scope, data="代码,人口\n330106,1300\n".encode(), on_day=DAY.replace(year=2025),
                                source="统计年鉴", now=NOW)  # fmt: skip
    assert (taken, again, later) == (3, 3, (1, []))
    assert [row for row, _sentence in errors] == [4, 4, 5]
    assert errors[0][1] == "那一天没有代码是 330199 的地方"
    with inside(scope, read_only=True):
        county = world.node("330106")
        now = {fact.kind: (fact.value, fact.source) for fact in api.list_facts(county)}
        then = {fact.kind: (fact.value, fact.source) for fact in api.list_facts(county, on=date(2024, 6, 1))}
        assert now == {"population": (1300, "统计年鉴"), "households": (400, "更正")}
        assert then == {"population": (1200, "更正"), "households": (400, "更正")}
        assert AuditEntry.objects.filter(act="divisions.facts.brought").count() == 3


def test_outlines_hold_from_their_day(world: World) -> None:
    scope = replace(world.scope("leader"), grants=frozenset({policies.DESCRIBE}))
    ring = [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.1], [120.0, 30.0]]
    drawn = {"type": "Polygon", "coordinates": [ring]}
    data = json.dumps({"features": [
        {"properties": {"gb": "330106"}, "geometry": drawn}, {"properties": {"gb": "330199"}, "geometry": drawn}
    ]}).encode()  # fmt: skip
    with inside(scope, read_only=False):
        taken, errors = api.bring_boundaries(scope=scope, data=data, valid_from=DAY, source="测绘", code_property="gb",
                                             now=NOW)  # fmt: skip
        assert (taken, errors) == (1, [(2, "那一天没有代码是 330199 的地方")])
        found = api.find_boundary(world.node("330106"))
        assert found is not None
        assert found["type"] == "Polygon"
        assert api.find_boundary(world.node("330106"), on=date(2023, 12, 31)) is None


def test_without_the_grant_or_a_readable_file_nothing_is_taken(world: World) -> None:
    nobody = replace(world.scope("leader"), grants=frozenset())
    with inside(nobody, read_only=False), pytest.raises(Forbidden):
        api.bring_facts(scope=nobody, data=TABLE, on_day=DAY, source="x", now=NOW)
    scope = replace(nobody, grants=frozenset({policies.DESCRIBE}))
    with inside(scope, read_only=False):
        with pytest.raises(Invalid, match="column_missing") as wrong:
            api.bring_facts(scope=scope, data="甲,乙\n".encode(), on_day=DAY, source="x", now=NOW)
        with pytest.raises(Invalid, match="not_geojson"):
            api.bring_boundaries(scope=scope, data=b"x", valid_from=DAY, source="x", now=NOW)
        assert not DivisionFact.objects.exists()
    assert wrong.value.field == "file"
    assert "代码" in wrong.value.message
