"""What the demonstration claims: invented people, made by the product's own commands, and once however often it is begun."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import shapely
from django.contrib.auth.hashers import make_password
from django.test import Client

from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside
from falin.runtime.demo import making, people
from falin.ui import geo
from services.advisers.models import Adviser, Appointment
from services.advisers.rules.numbers import read_identity
from services.duty.models import Visit
from services.stations.models import Station
from tests.world import PASSWORD, TODAY, World

PROVINCE = "33"


def _made(world: World) -> dict[str, Any]:
    """The county the terminal names, from its people to its figures; what the demo says it made."""
    making.officials(PROVINCE)
    encoded = make_password(making.PASSWORD)
    code, counts = making.county((world.node("330106"), 1, True, PROVINCE, encoded))
    assert code == "330106000000"
    return counts


def _there(world: World) -> Counter[str]:
    """Rows, and the acts that are booked."""
    scope = world.scope("county")
    with inside(scope, read_only=True):
        rows = {
            "Adviser": Adviser.objects.count(), "Visit": Visit.objects.in_scope(scope).count(),
            "Station": Station.objects.count(),
            "Appointment": Appointment.objects.in_scope(scope).count(),
        }  # fmt: skip
        return Counter(rows) + Counter(AuditEntry.objects.values_list("act", flat=True))


def test_it_is_made_by_commands_so_that_every_act_is_booked_and_figures_are_published(world: World) -> None:
    counts, there = _made(world), _there(world)
    assert counts == {"advisers": there["Adviser"], "appointments": there["Appointment"], "visits": there["Visit"]}
    assert counts["appointments"] == there["advisers.adviser.appointed"] > 3
    assert counts["visits"] == there["duty.visit.logged"] > 20
    assert there["stations.station.opened"] == there["Station"] >= 3
    assert there["duty.month.closed"] == 3 and there["indicators.month.rolled_up"] >= 3


def test_a_demo_that_was_interrupted_is_finished_and_one_that_is_finished_stays_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Exception):
        pass

    def pulled(*_args: object) -> None:
        raise Interrupted

    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr(making, "close_month", lambda **_given: pulled())
        _made(world)
    assert _there(world)["Visit"] and not _there(world)["duty.month.closed"]
    assert _there(world)["Station"], "stations stand before the months"
    counts, there = _made(world), _there(world)
    assert counts["visits"] == there["Visit"] == there["duty.visit.logged"]
    assert _made(world) == counts
    said_again = {"duty.hours.posted", "indicators.month.rolled_up"}  # the same words over the same row
    assert (_there(world) - there).keys() <= said_again


def test_everybody_whom_the_terminal_names_signs_in_and_is_told_that_it_is_a_demo(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = True
    monkeypatch.setattr(making, "PASSWORD", PASSWORD)  # three of them are the small world's already
    accounts = making.officials(PROVINCE)
    _made(world)
    accounts += making.last_accounts(PROVINCE)
    assert {str(one.role) for one in accounts} >= {"province_leader", "city_officer", "county_team", "street_officer",
                                                   "liaison", "adviser", "firm_manager", "auditor", "operator"}  # fmt: skip
    for account in accounts:
        client = Client()
        answer = client.post("/accounts/login/", {"login": account.username, "password": account.password}, follow=True)
        assert answer.status_code == 200, account.username
        page = answer.content.decode()
        if account.second:
            assert "/accounts/second/authenticate/" in answer.request["PATH_INFO"]
        else:
            assert "演示数据" in page and "/accounts/login/" not in answer.request["PATH_INFO"], account.username


def test_its_people_are_nobody_and_the_same_ones_every_time() -> None:
    def everybody() -> list[people.InventedAdviser]:
        return [people.adviser(province="浙江省", county="西湖区", county_code="330106", number=number, serial=number + 1,
                               firms=3) for number in range(200)]  # fmt: skip

    found = everybody()
    assert found == everybody()
    assert {read_identity(one.id_number, today=TODAY)[6:10] for one in found} == {"1901"}
    assert len({one.id_number for one in found}) == len(found)


def test_stations_are_honest_about_being_invented_and_those_of_the_shown_county_can_be_found_by_position(
    world: World,
) -> None:
    """No telephone of somebody's: the hotline's. Each lies inside the county, or its name would stand in the sea."""
    _made(world)
    with inside(world.scope("county"), read_only=True):
        stations = list(Station.objects.order_by("tier", "pinyin"))
    assert {one.phone for one in stations} == {"12348"}
    assert [one.name for one in stations[:3]] == [
        "西湖区公共法律服务中心",
        "北山街道公共法律服务工作站",
        "双浦镇公共法律服务工作站",
    ]
    outline = geo._outline("330106")
    assert outline is not None
    assert all(outline.contains(shapely.Point(one.longitude, one.latitude)) for one in stations)
    assert len({(one.longitude, one.latitude) for one in stations}) == len(stations)
