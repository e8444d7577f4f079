"""Who can be met: now, or next, on a county's first page and on a community's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

import pytest
import time_machine
from django.test import Client

from falin.kernel.transactions import inside
from falin.portal.web import public as pages
from services.advisers.commands import ban_adviser
from services.duty.commands import post_hours
from tests.app.duty.cast import GEM, VILLAGE, Adviser, at, engage
from tests.app.stations.cast import opened
from tests.world import NOW, World

HOME, SPOT = "/public/330106/", f"/public/330106/places/{GEM}/"
TUESDAY = NOW.date().replace(day=17)


@pytest.fixture(autouse=True)
def hours(world: World) -> Iterator[Adviser]:
    """An adviser who can be met at both her communities on Tuesdays and Thursdays from nine to eleven."""
    adviser = engage(world)
    scope = world.scope("county")
    with inside(scope, read_only=False):
        for code in (GEM, VILLAGE):
            post_hours(scope=scope, node_id=world.node(code), weekdays=[2, 4], begins_at=time(9), ends_at=time(11),
                       room="北山路 8 号一楼", now=NOW)  # fmt: skip
    pages._kept.clear()
    yield adviser
    pages._kept.clear()


def _text(path: str, moment: datetime) -> str:
    with time_machine.travel(moment, tick=False):
        pages._kept.clear()
        answer = Client().get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_who_is_there_now_stands_on_the_first_page(world: World) -> None:
    page = _text(HOME, at(TUESDAY, 9, 30))
    assert "现在在值班" in page and "2 个社区有顾问在" in page and "到 11:00" in page
    assert "陆知微" in page and f'href="{SPOT}"' in page


@pytest.mark.parametrize(
    ("moment", "when"),
    [
        (at(TUESDAY, 8), "11月17日 周二 09:00–11:00"),
        (at(TUESDAY, 11), "11月19日 周四 09:00–11:00"),
        (NOW, "11月17日 周二"),
    ],
)
def test_else_who_comes_next(world: World, moment: datetime, when: str) -> None:
    page = _text(HOME, moment)
    assert "现在在值班" not in page and "下一次能见到顾问" in page and when in page


def test_nobody_is_said_to_be_there_on_a_holiday(world: World) -> None:
    national_day = at(TUESDAY.replace(month=10, day=1), 9, 30)  # a Thursday
    page = _text(HOME, national_day)
    assert "现在在值班" not in page and "10月8日 周四 09:00–11:00" in page


def test_nobody_is_said_to_come_where_nobody_serves(world: World, hours: Adviser) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        ban_adviser(scope=scope, adviser_id=hours.id, until=TUESDAY.replace(month=12), reason="收受礼品", now=NOW)
    page = _text(HOME, at(TUESDAY, 9, 30))
    assert "现在在值班" not in page and "下一次能见到顾问" not in page
    assert "下一次能见到" not in _text(SPOT, NOW)


def test_a_communitys_own_page_says_it_of_her_adviser(world: World) -> None:
    assert "现在在值班，到 11:00" in _text(SPOT, at(TUESDAY, 10))
    assert "11月17日 周二 09:00–11:00" in _text(SPOT, NOW)


def test_where_the_firm_left_no_number_there_is_a_way_to_a_door(world: World) -> None:
    assert f'href="/public/330106/stations/?community={GEM}"' in _text(SPOT, NOW)


def test_a_station_that_is_open_today_stands_beside_it(world: World) -> None:
    opened(world)  # mornings on working days
    assert "双浦镇公共法律服务工作站" in _text(HOME, NOW)
    assert "双浦镇公共法律服务工作站" not in _text(HOME, at(NOW.date(), 13))
    assert "双浦镇公共法律服务工作站" not in _text(HOME, at(TUESDAY.replace(day=15), 10))  # a Sunday
