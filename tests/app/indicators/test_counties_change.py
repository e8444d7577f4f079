"""Counties end, begin and change places: the parts of a month still add up to its whole, in either tree, on every door."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid
from falin.kernel.transactions import inside, shared
from services.indicators import queries
from services.indicators.types import Tally
from tenants.divisions import policies
from tenants.divisions.types import Level, View
from tests.app.divisions.changing import Change
from tests.app.indicators import books
from tests.app.indicators.books import NOVEMBER, OCTOBER, publish, visit
from tests.world import NOW, World

DAY = date(2026, 11, 1)
NEW_YEAR = date(2026, 1, 1)  # from when a yearly list counts, whenever it is applied
LATER = datetime(2999, 1, 1, tzinfo=UTC)  # after what was published by the running clock
COUNTED = ("330106", "330102", "330203")  # 江北区 never published


@pytest.fixture
def published(world: World) -> World:
    books.small_book(world)
    for county in COUNTED:
        publish(world, county)
    return world


def merge(world: World, day: date = DAY, at: datetime = NOW) -> None:
    """上城区 goes into 西湖区."""
    change = Change(world).move("330102001", under="330106").move("330102002", under="330106")
    change.end("330102", into="330106").on(day, at=at)


def split(world: World, day: date = DAY, at: datetime = NOW) -> None:
    """双浦镇 becomes a district of its own."""
    change = Change(world).begin("330107", "双浦区", under="3301", out_of="330106")
    change.move("330106109", under="330107").on(day, at=at)


def end(world: World, day: date = DAY, at: datetime = NOW) -> None:
    """上城区 ends with all that lies in it, and nobody says what became of it."""
    change = Change(world)
    for code in ("330102", "330102001", "330102002", "330102001001", "330102001002", "330102001003", "330102002001",
                 "330102002002"):  # fmt: skip
        change.end(code)
    change.on(day, at=at)


CHANGES = [merge, split, end]


def asked(world: World, code: str = "33", view: View = View.AS_WAS, month: Month = OCTOBER) -> Any:
    leader = world.scope("leader")
    with inside(leader, read_only=True):
        return queries.place_figures(scope=leader, node_id=world.node(code), month=month, view=view)


def read(world: World, code: str = "33") -> Any:
    """Everything that is told of a month as it was; names and tallies."""
    leader, node = world.scope("leader"), world.node(code)
    with inside(leader, read_only=True):
        found = queries.place_figures(scope=leader, node_id=node, month=OCTOBER)
        bodies = queries.county_values(scope=leader, node_id=node, month=OCTOBER)
        ranked = queries.ranking(scope=leader, node_id=node, month=OCTOBER, level=Level.COUNTY)
    return (
        found.tally, found.expected, found.reported, [(one.place.name, one.tally) for one in found.children],
        [(one.place.name, one.tally) for one in bodies], [(one.place.name, one.rank) for one in ranked.rows],
    )  # fmt: skip


@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("change", CHANGES)
def test_the_parts_add_up_to_the_whole_in_either_tree(
    published: World, change: Callable[[World], None], view: View
) -> None:
    whole = asked(published).tally
    change(published)
    leader, node = published.scope("leader"), published.node("33")
    found, city = asked(published, view=view), asked(published, "3301", view)
    with inside(leader, read_only=True):
        bodies = queries.county_values(scope=leader, node_id=node, month=OCTOBER, view=view)
        ranked = [
            queries.ranking(scope=leader, node_id=node, month=OCTOBER, level=level, view=view).rows
            for level in (Level.CITY, Level.COUNTY, Level.STREET)
        ]
    assert found.tally == whole
    for parts in (found.children, bodies, *ranked):
        assert sum((one.tally for one in parts if one.tally), Tally()) == whole
    assert sum((one.tally for one in city.children if one.tally), Tally()) == city.tally
    assert (found.expected, found.reported) == (len(bodies), sum(one.tally is not None for one in bodies))


@pytest.mark.parametrize("change", CHANGES)
def test_a_month_as_it_was_has_the_counties_of_its_time(published: World, change: Callable[[World], None]) -> None:
    before = read(published), read(published, "3301")
    change(published)
    assert (read(published), read(published, "3301")) == before


@pytest.mark.parametrize("change", CHANGES)
def test_an_update_dated_back_before_published_months_leaves_them_as_they_were(
    published: World, change: Callable[..., None]
) -> None:
    before = read(published), read(published, "3301")
    change(published, NEW_YEAR, LATER)
    assert (read(published), read(published, "3301")) == before, "nothing expected more, nothing missing, all names"


@pytest.mark.parametrize("change", CHANGES)
def test_an_update_dated_back_is_followed_in_todays_tree(published: World, change: Callable[..., None]) -> None:
    whole = asked(published).tally
    change(published, NEW_YEAR, LATER)
    found, city = asked(published, view=View.AS_IS), asked(published, "3301", View.AS_IS)
    assert found.tally == whole
    assert {one.place.name for one in city.children if one.tally} == {
        merge: {"西湖区"}, split: {"上城区", "西湖区", "双浦区"}, end: {"上城区", "西湖区"}
    }[change]  # fmt: skip


def test_a_community_dated_back_goes_where_it_went_and_not_where_it_last_was(published: World) -> None:
    Change(published).end("330106109200", into="330106109201").on(NEW_YEAR, at=LATER)
    village = asked(published, "330106109", View.AS_IS)
    assert [(one.place.name, one.tally.communities, one.tally.minutes) for one in village.children] == [
        ("袁浦社区", 1, 0), ("灵山村", 2, 500)
    ]  # fmt: skip
    then = asked(published, "330106109")
    assert [(one.place.name, one.tally.communities) for one in then.children] == [
        ("袁浦社区", 1), ("湖埠村", 1), ("灵山村", 1)
    ]  # fmt: skip


def test_both_trees_are_offered_where_the_update_was_dated_back(published: World, sign_in: Any) -> None:
    leader, node = sign_in("leader"), published.node("3301")
    assert "按现在的区划" not in leader.get(f"/figures/{node}/?month=2026-10").content.decode()
    split(published, NEW_YEAR, LATER)
    assert "按现在的区划" in leader.get(f"/figures/{node}/?month=2026-10").content.decode()


def test_updates_follow_each_other_by_their_days_also_where_one_only_ended_a_place(published: World) -> None:
    Change(published).end("330106109201").on(DAY)
    with shared(read_only=True) as system, pytest.raises(Invalid, match="那天的区划已经定了"):
        policies.check_may_prepare(replace(system, grants=frozenset({policies.UPDATE})), province="33", day=DAY)


@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("change", CHANGES)
def test_page_programs_and_files_add_up(
    published: World, sign_in: Any, change: Callable[[World], None], view: View
) -> None:
    change(published)
    leader, province, city = sign_in("leader"), published.node("33"), published.node("3301")
    asks = f"month=2026-10&view={view}"
    whole = leader.get(f"/api/v1/figures/{province}/?{asks}").json()
    for body in (
        whole["children"], leader.get(f"/api/v1/figures/{province}/counties/?{asks}").json()["counties"],
        leader.get(f"/api/v1/figures/{province}/ranking/?{asks}&level=3").json()["rows"],
    ):  # fmt: skip
        assert sum(one["tally"]["communities"] for one in body if one["tally"]) == whole["tally"]["communities"] == 12
    page = leader.get(f"/figures/{province}/?{asks}")
    rows = page.context["map"].rows
    assert len([row for row in rows if row.value != "没有发布"]) == {merge: 2, split: 4, end: 3}[change] + (
        change is merge and view == View.AS_WAS
    ) - (change is split and view == View.AS_WAS)
    wall = leader.get(f"/figures/{province}/screen/?{asks}").content.decode()
    assert ("month=2026-10&amp;view=as_is&amp;hold=1" in wall) == (view == View.AS_IS), (
        "held still, it stays what it was"
    )
    file = leader.post(f"/figures/{city}/export.csv?{asks}")
    *parts, last = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    assert sum(int(row["全部"]) for row in parts if row["全部"]) == int(last["全部"]) == 10
    assert ("%E6%8C%89%E7%8E%B0%E5%9C%A8" in file["Content-Disposition"]) == (view == View.AS_IS), "the name says so"


def test_todays_tree_has_the_quarter_and_the_months_before(published: World) -> None:
    visit(published, "330106109201", date(2026, 11, 3), 60, kind="lecture")
    for county in COUNTED:
        publish(published, county, NOVEMBER)
    merge(published, date(2026, 12, 1))
    was, now = asked(published, month=NOVEMBER), asked(published, view=View.AS_IS, month=NOVEMBER)
    assert (now.quarter_lectures, was.quarter_lectures) == (3, 3)
    assert now.series == was.series
    assert [each.month for each in now.series] == [OCTOBER, NOVEMBER]
    west = asked(published, "330106", View.AS_IS, NOVEMBER)
    assert west.quarter_lectures == 2
    streets = {child.place.name: [each.tally.lectures for each in child.history] for child in west.children}
    assert streets == {"北山街道": [0, 0], "双浦镇": [1, 1], "清波街道": [0, 0], "湖滨街道": [0, 0]}
    (city,) = [child for child in now.children if child.place.name == "杭州市"]
    assert [each.tally.communities for each in city.history] == [10, 10]


def test_a_lecture_of_an_earlier_month_is_the_quarters_on_the_page_of_todays_tree(
    published: World, sign_in: Any
) -> None:
    publish(published, "330106", NOVEMBER)
    split(published, date(2026, 12, 1))
    leader, node = sign_in("leader"), published.node("330107")
    page = leader.get(f"/figures/{node}/?month=2026-11&view=as_is").content.decode()
    assert "本季已办" in page
    assert page.partition("本季已办")[2][:80].count("1 场") == 1
    assert "2026年10月" in page.partition('id="f-course"')[2], "the months before are there"


def test_a_place_made_since_has_months_to_read_in_todays_tree_alone(published: World, sign_in: Any) -> None:
    split(published)
    leader, node = sign_in("leader"), published.node("330107")
    assert leader.get(f"/api/v1/figures/{node}/months/").json()["months"] == []
    assert leader.get(f"/api/v1/figures/{node}/months/?view=as_is").json()["months"] == ["2026-10"]
    assert leader.get(f"/api/v1/figures/{node}/counties/").status_code == 404
    counties = leader.get(f"/api/v1/figures/{node}/counties/?view=as_is").json()["counties"]
    assert [(one["place"]["name"], one["tally"]["communities"]) for one in counties] == [("双浦区", 3)]


def test_a_county_that_did_not_publish_is_told_in_todays_tree_too(published: World) -> None:
    merge(published)
    found = asked(published, view=View.AS_IS)
    assert (found.expected, found.reported) == (3, 2)


def test_a_county_renamed_since_has_the_name_of_its_time(published: World) -> None:
    node = published.node("330106")
    Change(published).move("330106", under="3301", becomes="330107000000").on(DAY)
    leader = published.scope("leader")
    with inside(leader, read_only=True):
        bodies = queries.county_values(scope=leader, node_id=published.node("33"), month=OCTOBER)
        ranked = queries.ranking(scope=leader, node_id=published.node("33"), month=OCTOBER, level=Level.COUNTY)
    assert [one.place.code[:6] for one in bodies if one.place.id == node] == ["330106"]
    assert [one.place.code[:6] for one in ranked.rows if one.place.id == node] == ["330106"]
