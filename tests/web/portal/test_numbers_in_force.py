"""Where pages name hours and lectures that are due, they name what is in force there, not what the rules began with."""

from __future__ import annotations

import re
from typing import Any

import pytest

from falin.kernel.periods import Month
from falin.kernel.transactions import inside
from falin.portal import queries
from tenants.settings.models import Setting
from tests.app.duty.cast import engage
from tests.app.indicators.books import NOVEMBER, publish
from tests.world import NOW, World


@pytest.fixture
def set_otherwise(world: World) -> None:
    """The province asks for six hours and two lectures, one county for ten hours."""
    for key, code, value in (("duty.hours_a_month", "33", 6), ("duty.lectures_a_quarter", "33", 2),
                             ("duty.hours_a_month", "330106", 10)):  # fmt: skip
        Setting.objects.create(key=key, node_id=world.node(code), value=value, locked=False, valid_from="2026-01-01",
                               person_id=0, why="测试", recorded_at=NOW)  # fmt: skip


def _plain(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page)


def test_how_figures_are_counted_names_the_hours_and_lectures_of_the_place(
    world: World, set_otherwise: None, sign_in: Any
) -> None:
    engage(world)
    publish(world, "330106", NOVEMBER)
    county = _plain(sign_in("county").get(f"/figures/{world.node('330106')}/").content.decode())
    province = _plain(sign_in("leader").get(f"/figures/{world.node('33')}/").content.decode())
    assert "每个社区至少 10 小时" in county and "每个社区至少 6 小时" in province
    assert "每季度至少 2 场" in county and "每季度至少 2 场" in province
    for page in (county, province):
        assert "8 小时" not in page


@pytest.mark.parametrize(("username", "hours"), [("county", 10), ("street", 10), ("liaison", 10), ("county2", 6)])
def test_the_list_of_who_is_behind_names_the_hours_of_its_reader(
    world: World, set_otherwise: None, sign_in: Any, username: str, hours: int
) -> None:
    page = sign_in(username).get("/duty/behind/").content.decode()
    assert f"每名顾问每月在每个社区 {hours} 小时" in page


def test_the_advisers_home_names_the_hours_of_the_places_he_serves(world: World, set_otherwise: None) -> None:
    adviser = engage(world)
    scope = adviser.scope(world)
    with inside(scope, read_only=True):
        due = queries.today(scope=scope, now=NOW).due
    assert "个社区本月还没到 10 小时" in [one.words for one in due]
    assert Month.of(NOW) == NOVEMBER
