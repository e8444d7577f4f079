"""Places change while a month runs: what was done before still counts, once, and every level above keeps its sums."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from falin.kernel.periods import Month
from falin.kernel.transactions import inside, shared
from services.indicators import queries
from services.indicators.types import Tally
from tenants.divisions.api import list_takers
from tenants.divisions.commands.redrawing import carry_members
from tenants.divisions.models import AreaMember, DivisionLineage, StatisticalArea
from tenants.divisions.types import View
from tests.app.divisions.changing import Change
from tests.app.indicators.books import LIN, NOVEMBER, OCTOBER, WU, appoint, publish, visit
from tests.world import NOW, World

DAY = date(2026, 11, 10)
GONE, HEIR = "330106109200", "330106109201"  # 湖埠村, 灵山村, of one town
WORK = ("minutes", "visits", "lectures")


@pytest.fixture
def running(world: World) -> World:
    """November so far: before the tenth there was work in both villages, in the next street and in the next county."""
    appoint(world, GONE, LIN, ends=DAY - timedelta(days=1))
    appoint(world, HEIR, LIN, begins=DAY)
    visit(world, GONE, date(2026, 11, 3), 300)
    visit(world, GONE, date(2026, 11, 5), 120, kind="lecture")
    visit(world, HEIR, date(2026, 11, 12), 60)
    visit(world, "330106002001", date(2026, 11, 4), 45, adviser=WU)
    visit(world, "330106002002", date(2026, 11, 6), 35, adviser=WU)
    visit(world, "330102001001", date(2026, 11, 6), 90)
    published(world)
    return world


def published(world: World, month: Month = NOVEMBER, *, hours: int = 0) -> None:
    for county in ("330106", "330102"):
        publish(world, county, month, now=NOW + timedelta(hours=hours))


def asked(world: World, code: str, month: Month = NOVEMBER, node: int = 0) -> Any:
    leader = world.scope("leader")
    with inside(leader, read_only=True):
        return queries.place_figures(scope=leader, node_id=node or world.node(code), month=month)


def work(world: World, code: str, month: Month = NOVEMBER) -> dict[str, int]:
    tally = asked(world, code, month).tally
    return {name: getattr(tally, name) for name in WORK}


def above(world: World, month: Month = NOVEMBER) -> list[dict[str, int]]:
    return [work(world, code, month) for code in ("330106", "3301", "33")]


def rows(found: Any) -> dict[str, Tally]:
    return {child.place.name: child.tally for child in found.children if child.tally}


def test_what_was_done_at_a_place_that_merged_counts_at_its_heir_and_every_sum_stays(running: World) -> None:
    before, gone = above(running), running.node(GONE)
    Change(running).end(GONE, into=HEIR).on(DAY)
    published(running, hours=1)
    assert above(running) == before
    town = rows(asked(running, "330106109"))
    assert set(town) == {"袁浦社区", "灵山村"}
    heir = town["灵山村"]
    assert (heir.communities, heir.minutes, heir.visits, heir.lectures) == (1, 480, 3, 1)
    assert (heir.pairs, heir.required_minutes, heir.met) == (1, 480, 1), "nine days there and twenty-one here: one debt"
    county = running.scope("county")
    with inside(county, read_only=True):
        lines = queries.visit_lines(scope=county, node_id=running.node(HEIR), month=NOVEMBER)
        assert queries.visit_lines(scope=county, node_id=gone, month=NOVEMBER).total == 0
    assert (lines.total, lines.minutes, lines.lectures) == (3, 480, 1)


def test_what_was_done_at_a_place_that_ended_without_an_heir_counts_in_its_street_and_above(running: World) -> None:
    before, was, gone = above(running), asked(running, "330106109"), running.node(GONE)
    Change(running).end(GONE).on(DAY)
    published(running, hours=1)
    assert above(running) == before
    town = asked(running, "330106109")
    assert town.tally.minutes == was.tally.minutes
    assert town.tally.communities == was.tally.communities - 1
    ended = rows(town)["湖埠村"]
    assert (ended.communities, ended.covered, ended.urban, ended.minutes, ended.lectures) == (0, 0, 0, 420, 1)
    assert sum(rows(town).values(), Tally()) == town.tally
    county = running.scope("county")
    with inside(county, read_only=True):
        assert queries.visit_lines(scope=county, node_id=gone, month=NOVEMBER).total == 2
        node = running.node("330106")
        today = queries.place_figures(scope=county, node_id=node, month=NOVEMBER, view=View.AS_IS)
    assert today.tally == asked(running, "330106").tally, "both trees add up to the same"


@pytest.mark.parametrize("drawn", [GONE, "330106109"])
@pytest.mark.parametrize("into", [HEIR, "-"])
def test_an_area_keeps_what_was_done_in_it(running: World, drawn: str, into: str) -> None:
    leader = running.scope("leader")
    with shared(read_only=False):
        area = StatisticalArea.objects.create(node_id=running.node("330106"), name="滨水园区", recorded_at=NOW)
        for code in {drawn, HEIR}:
            AreaMember.objects.create(area=area, node_id=running.node(code), valid_from=date(2026, 1, 1), source="x",
                                      person_id=1, recorded_at=NOW)  # fmt: skip

    def found() -> Tally:
        with inside(leader, read_only=True):
            (month,) = queries.area_months(scope=leader, area_id=area.pk)
        return month.tally

    before = found()
    Change(running).end(GONE, into=into).on(DAY)
    published(running, hours=1)
    after = found()
    assert {name: getattr(after, name) for name in WORK} == {name: getattr(before, name) for name in WORK}
    assert (before.minutes, after.communities) == (480, before.communities - 1)


@pytest.mark.parametrize("drawn", [GONE, "330106109"])
def test_an_area_is_read_as_it_was_and_as_it_is(running: World, sign_in: Any, drawn: str) -> None:
    """The yearly list counts from January and is applied after November was published: November stays as it was."""
    leader, new_year, later = running.scope("leader"), date(2026, 1, 1), datetime(2999, 1, 1, tzinfo=UTC)
    with shared(read_only=False):
        area = StatisticalArea.objects.create(node_id=running.node("330106"), name="滨水园区", recorded_at=NOW)
        AreaMember.objects.create(area=area, node_id=running.node(drawn), valid_from=date(2025, 1, 1), source="x",
                                  person_id=1, recorded_at=NOW)  # fmt: skip

    def found(view: View) -> tuple[int, int]:
        with inside(leader, read_only=True):
            (month,) = queries.area_months(scope=leader, area_id=area.pk, view=view)
        return month.lying, month.tally.minutes

    was = {GONE: (1, 420), "330106109": (3, 480)}[drawn]
    assert found(View.AS_WAS) == found(View.AS_IS) == was
    gone, heir = running.node(GONE), running.node(HEIR)
    Change(running).end(GONE, into=HEIR).on(new_year, at=later)
    with shared(read_only=False) as system:
        carry_members(scope=system, heirs={gone: heir}, why="区划更新", now=later)
    assert found(View.AS_WAS) == was
    assert found(View.AS_IS) == ({GONE: 1, "330106109": 2}[drawn], 480)
    answer = sign_in("leader").get(f"/api/v1/places/areas/{area.pk}/?view=as_is").json()
    assert [month["visits"] for month in answer["months"]] == [3]
    page = sign_in("leader").get(f"/places/areas/{area.pk}/?view=as_is").content.decode()
    assert 'href="?view=as_is" aria-current="page"' in page


def test_the_pages_say_that_a_place_ended_and_not_that_it_lacks_an_adviser(running: World, sign_in: Any) -> None:
    town, gone, leader = running.node("330106109"), running.node(GONE), sign_in("leader")
    change = Change(running).end(GONE)
    assert "当月已撤销" not in leader.get(f"/figures/{town}/?month=2026-11").content.decode()
    change.on(DAY)
    published(running, hours=1)
    page = leader.get(f"/figures/{town}/?month=2026-11").content.decode()
    assert "当月已撤销" in page
    own = leader.get(f"/figures/{gone}/?month=2026-11").content.decode()
    assert "这个月里已经撤销" in own
    assert "空缺" not in own


def test_where_the_street_ended_too_it_counts_in_the_county(running: World) -> None:
    before = above(running)
    street = [running.node(code) for code in ("330106002", "330106002001", "330106002002")]
    Change(running).end("330106002").end("330106002001").end("330106002002").on(DAY)
    published(running, hours=1)
    assert above(running) == before
    county = asked(running, "330106")
    assert (rows(county)["宝石社区"].minutes, rows(county)["栖霞社区"].minutes) == (45, 35)
    assert sum(rows(county).values(), Tally()) == county.tally
    assert street[0] not in {child.place.id for child in county.children}


def test_an_heir_in_another_county_takes_nothing_that_this_one_did(running: World) -> None:
    before, neighbour = above(running), work(running, "330102")
    Change(running).end("330106002002", into="330102001001").on(DAY)
    published(running, hours=1)
    assert above(running) == before
    assert work(running, "330102") == neighbour
    assert rows(asked(running, "330106002"))["栖霞社区"].minutes == 35


def test_chains_are_followed_to_the_place_that_stands_on_the_day_of_counting(running: World) -> None:
    before = above(running)
    Change(running).end(GONE, into=HEIR).on(date(2026, 11, 7))
    Change(running).end(HEIR, into="330106109001").on(DAY)
    published(running, hours=1)
    assert above(running) == before
    assert rows(asked(running, "330106109"))["袁浦社区"].minutes == 480


def test_of_several_heirs_the_one_that_took_most_and_nothing_that_was_given_away_earlier(running: World) -> None:
    gone, heir, third = (running.node(code) for code in (GONE, HEIR, "330106109001"))
    Change(running).begin("330106109202", "湖埠东村", under="330106109", out_of=GONE).on(date(2026, 11, 2))
    update = Change(running).end(GONE).on(DAY)
    shares = ((third, 1), (heir, 2))
    with shared(read_only=False):
        assert list_takers([gone], on=DAY) == {}, "a part given away while it stood makes no heir"
        DivisionLineage.objects.bulk_create(
            DivisionLineage(day=DAY, kind="split", from_node=gone, to_node=to, numerator=part, denominator=3,
                            update_id=update) for to, part in shares
        )  # fmt: skip
        assert list_takers([gone, heir], on=DAY) == {gone: heir}
        assert list_takers([gone, heir], on=DAY - timedelta(days=1)) == {}


@pytest.mark.parametrize("into", [HEIR, "-"])
def test_a_month_that_is_over_and_rolled_up_again_after_a_change_within_it_keeps_its_sums(
    running: World, into: str
) -> None:
    visit(running, GONE, date(2026, 10, 8), 300)
    visit(running, HEIR, date(2026, 10, 30), 60)
    published(running, OCTOBER)
    before = above(running, OCTOBER)
    Change(running).end(GONE, into=into).on(date(2026, 10, 15))
    assert above(running, OCTOBER) == before, "what was published stays as it was"
    published(running, OCTOBER, hours=1)
    published(running, NOVEMBER, hours=1)
    assert above(running, OCTOBER) == before
    assert work(running, "330106")["minutes"] == 300 + 120 + 60 + 45 + 35, "visits booked before the update was applied"


def test_an_appointment_at_a_place_that_ended_stays_one_until_the_county_ends_it(running: World) -> None:
    appoint(running, "330106002002", WU)
    published(running, hours=1)
    before = asked(running, "330106").tally
    Change(running).end("330106002002").on(DAY)
    published(running, hours=2)
    after = asked(running, "330106").tally
    for name in ("pairs", "required_minutes", "met"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.communities, after.covered) == (before.communities - 1, before.covered - 1)
