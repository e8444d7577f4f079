"""Lists go over the line in at most sixty kilobytes with all they need, also where a county has six hundred communities."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from falin.kernel.transactions import inside
from falin.ui import tables
from services.advisers.api import appoint_adviser, register_adviser, register_firm
from services.duty.commands import post_hours
from tests.app.divisions.changing import put_streets
from tests.app.duty.cast import at, engage, log
from tests.app.indicators.books import NOVEMBER, deliver, publish
from tests.app.stations.cast import opened
from tests.fixtures.adviser_sheets import identity, phone
from tests.weight import MOST, shows_a_list, weight
from tests.world import NOW, TODAY, World

STREETS, EACH, VACANT = 30, 20, 120
SIGNS = "青山绿水云溪竹林桃花石桥松风明月荷塘东港南湖西岭北坡长兴永安和平光华"
# Each list as somebody opens it who reads the longest one.
LISTS = {
    "advisers": ("/advisers/", "county"), "vacancies": ("/advisers/vacancies/", "county"),
    "firms": ("/advisers/firms/", "county"), "behind": ("/duty/behind/?month=2026-11", "county"),
    "posts": ("/duty/hours/", "county"), "stations": ("/stations/", "county"), "people": ("/people/", "county"),
    "visits": ("/duty/visits/?month=2026-11", "luzhiwei"),
    "published-visits": ("/figures/visits/?month=2026-11", "luzhiwei"), "audit": ("/audit/", "auditor3"),
    "tenants": ("/tenants/", "operator"),
}  # fmt: skip


@pytest.fixture
def assets() -> Path:
    if not settings.STATICFILES_DIRS:
        pytest.fail("the front end is not built: run the tests by ./falin test")
    return Path(settings.STATICFILES_DIRS[0])


def _name(number: int) -> str:
    return SIGNS[number % len(SIGNS)] + SIGNS[number * 7 // len(SIGNS) % len(SIGNS)]


@pytest.fixture
def large(world: World) -> World:
    """A county with six hundred communities more: most with an adviser, whose hours and notices differ."""
    codes = {f"3301062{street:02d}": f"{_name(street)}街道" for street in range(STREETS)}
    places = {f"{code}{number:03d}": f"{_name(street * EACH + number)}社区"
              for street, code in enumerate(codes) for number in range(1, EACH + 1)}  # fmt: skip
    put_streets("330106109", codes, places)
    nodes = [world.node(code) for code in places]
    scope = world.scope("county")
    with inside(scope, read_only=False):
        firms = [register_firm(scope=scope, name=f"浙江{_name(one)}律师事务所", now=NOW) for one in range(40)]
        for number, node in enumerate(nodes[VACANT:]):
            if number % 2 == 0:
                adviser = register_adviser(
                    scope=scope, firm_id=firms[number % 40].id, name=f"陆{_name(number)}", id_number=identity(number + 50),
                    phone=phone(number + 50), exam_passed_on=date(2025, 3, 1), now=NOW)  # fmt: skip
            ends_on = TODAY + timedelta(days=20 + number) if number % 5 == 0 else None
            appoint_adviser(scope=scope, adviser_id=adviser.id, node_id=node, begins_on=TODAY.replace(day=1),
                            ends_on=ends_on, now=NOW)  # fmt: skip
            post_hours(scope=scope, node_id=node, weekdays=[number % 5 + 1], begins_at=NOW.time(),
                       ends_at=(NOW + timedelta(hours=2)).time(), room=f"{_name(number)}路 {number} 号", now=NOW)  # fmt: skip
    mine = engage(world)
    for day, hour in itertools.product(range(2, 14), (8, 12, 16)):
        begin = at(date(2026, 11, day), hour)
        log(world, mine.scope(world), begins_at=begin, ends_at=begin + timedelta(hours=2), written_at=begin)
    opened(world)
    publish(world, "330106", NOVEMBER)
    while deliver(world, "330106"):  # a round at a time, behind the thousand acts above
        pass
    return world


def test_every_list_of_a_large_county_comes_in_sixty_kilobytes(large: World, assets: Path, sign_in: Any) -> None:
    assert set(LISTS) == {table.name for table in tables.every()}
    more = {"figures": (f"/figures/{large.node('330106')}/?month=2026-11", "county"),
            "street": (f"/figures/{large.node('330106200')}/?month=2026-11", "county")}  # fmt: skip
    weights = {}
    for name, (path, who) in {**LISTS, **more}.items():
        client = sign_in(who)
        assert shows_a_list(client.get(path).content.decode()), name
        weights[name] = weight(client, path, assets)
    assert {name: size for name, size in weights.items() if size > MOST} == {}
