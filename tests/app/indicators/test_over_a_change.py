"""Figures over a change of places: what was published stays as it was; today's tree shows the same sums."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falin.kernel.refusals import Missing
from falin.kernel.transactions import inside
from services.indicators import queries, rules
from services.indicators.models import Figure
from services.indicators.types import Tally
from tenants.divisions.api import carry_over, list_heirs
from tenants.divisions.types import View
from tests.app.divisions.changing import Change
from tests.app.indicators import books
from tests.app.indicators.books import OCTOBER, publish
from tests.world import World

DAY = date(2026, 11, 1)
COUNTED = date(2026, 10, 31)


@pytest.fixture
def published(world: World) -> World:
    books.small_book(world)
    for county in ("330106", "330102", "330203"):
        publish(world, county)
    return world


def board(world: World) -> list[Any]:
    with inside(world.scope("leader"), read_only=True):
        rows = list(Figure.objects.order_by("id").values_list())
    assert rows, "an empty board would never change"
    return rows


def asked(world: World, view: View, code: str, username: str = "leader") -> Any:
    scope = world.scope(username)
    with inside(scope, read_only=True):
        return queries.place_figures(scope=scope, node_id=world.node(code), month=OCTOBER, view=view)


def tallies(found: Any) -> dict[str, Tally | None]:
    return {child.place.name: child.tally for child in found.children}


def a_change(world: World) -> None:
    """A street goes to the neighbour; two communities become one; one is divided; one ends without a successor."""
    change = Change(world).move("330106002", under="330102", becomes="330102010000")
    change.end("330102001002", into="330102001001").end("330106109201")
    change.begin("330106109202", "湖埠东村", under="330106109", out_of="330106109200").on(DAY)


def test_what_was_published_does_not_change_and_is_read_as_it_was(published: World) -> None:
    before, rows = asked(published, View.AS_WAS, "33"), board(published)
    city, county = asked(published, View.AS_WAS, "3301"), asked(published, View.AS_WAS, "330106")
    a_change(published)
    assert board(published) == rows
    after = asked(published, View.AS_WAS, "33")
    assert (after.tally, tallies(after)) == (before.tally, tallies(before))
    assert tallies(asked(published, View.AS_WAS, "3301")) == tallies(city)
    assert asked(published, View.AS_WAS, "330106").tally == county.tally
    assert tallies(asked(published, View.AS_WAS, "330106")) == tallies(county)


def test_todays_tree_shows_each_count_where_its_community_lies_now(published: World) -> None:
    before = asked(published, View.AS_WAS, "330106")
    moved = {child.place.name: child.tally for child in before.children}["北山街道"]
    east, west = asked(published, View.AS_WAS, "330102"), before
    a_change(published)
    now_east, now_west = asked(published, View.AS_IS, "330102"), asked(published, View.AS_IS, "330106")
    assert now_east.tally == east.tally + moved
    assert now_west.tally + moved == west.tally
    assert tallies(now_east)["北山街道"] == moved
    assert now_east.view == View.AS_IS
    assert (now_west.estimated, now_east.estimated) == (1, 0), "湖埠村 was divided by a share that nobody counted"
    village = asked(published, View.AS_IS, "330106109")
    counts = {
        name: (tally.communities, tally.minutes, tally.visits) for name, tally in tallies(village).items() if tally
    }
    assert counts["湖埠村"] == (1, 250, 1)
    assert counts["湖埠东村"] == (0, 250, 1)
    assert counts["灵山村"] == (1, 0, 0), "what ended without a successor counts where it last was"
    clear = tallies(asked(published, View.AS_IS, "330102001"))
    assert set(clear) == {"清波门社区", "劳动路社区"}
    merged = clear["清波门社区"]
    assert merged is not None
    assert (merged.communities, merged.covered, merged.minutes) == (2, 1, 480)


@pytest.mark.parametrize("code", ["33", "3301", "3302"])
def test_sums_over_either_tree_are_equal(published: World, code: str) -> None:
    a_change(published)
    was, now = asked(published, View.AS_WAS, code), asked(published, View.AS_IS, code)
    assert was.tally == now.tally
    for found in (was, now):
        assert sum((tally for tally in tallies(found).values() if tally), Tally()) == found.tally


def test_the_map_of_today_adds_up_to_the_same(published: World) -> None:
    a_change(published)
    leader = published.scope("leader")
    with inside(leader, read_only=True):
        found = queries.county_values(scope=leader, node_id=published.node("33"), month=OCTOBER, view=View.AS_IS)
    assert sum((one.tally for one in found if one.tally), Tally()) == asked(published, View.AS_WAS, "33").tally


def test_a_county_that_went_into_another_is_still_read_as_it_was(published: World) -> None:
    before = asked(published, View.AS_WAS, "330102")
    change = Change(published)
    for street in ("330102001", "330102002"):
        change.move(street, under="330106")
    change.end("330102", into="330106").on(DAY)
    node = before.place.id
    leader = published.scope("leader")
    with inside(leader, read_only=True):
        found = queries.place_figures(scope=leader, node_id=node, month=OCTOBER)
        with pytest.raises(Missing):
            queries.place_figures(scope=leader, node_id=node, month=OCTOBER, view=View.AS_IS)
    assert (found.tally, found.place.name) == (before.tally, "上城区")
    assert tallies(found) == tallies(before)
    whole = asked(published, View.AS_IS, "330106")
    assert whole.tally == before.tally + asked(published, View.AS_WAS, "330106").tally


def test_a_neighbour_does_not_read_what_came_to_him_under_another_county(published: World) -> None:
    """Row security keeps what another county published; the city sees both sides."""
    a_change(published)
    own = asked(published, View.AS_IS, "330102", "county2")
    city = asked(published, View.AS_IS, "330102", "city")
    assert "北山街道" in {child.place.name for child in own.children if child.tally is None}
    assert tallies(city)["北山街道"] is not None
    with pytest.raises(Missing):
        asked(published, View.AS_IS, "330106", "county2")


def test_the_page_and_the_programs_say_which_tree_they_show(published: World, sign_in: Any) -> None:
    a_change(published)
    leader, node = sign_in("leader"), published.node("330106")
    was = leader.get(f"/figures/{node}/?month=2026-10").content.decode()
    assert "按当时的区划" in was
    assert f"/figures/{node}/?month=2026-10&amp;view=as_is" in was
    now = leader.get(f"/figures/{node}/?month=2026-10&view=as_is").content.decode()
    assert "按份额估算" in now
    answer = leader.get(f"/api/v1/figures/{node}/?month=2026-10&view=as_is").json()
    assert (answer["view"], answer["estimated"]) == ("as_is", 1)
    assert leader.get(f"/api/v1/figures/{node}/?month=2026-10").json()["view"] == "as_was"
    assert leader.get(f"/api/v1/figures/{node}/?view=never").status_code == 422


def test_where_nothing_changed_there_is_one_tree(published: World, sign_in: Any) -> None:
    page = sign_in("leader").get(f"/figures/{published.node('330106')}/?month=2026-10").content.decode()
    assert "按现在的区划" not in page
    assert asked(published, View.AS_IS, "33").tally == asked(published, View.AS_WAS, "33").tally


def test_following_one_place_says_the_same_as_carrying_all(published: World) -> None:
    a_change(published)
    with inside(published.scope("leader"), read_only=True):
        nodes = Figure.objects.filter(month=str(OCTOBER)).values_list("node_id", flat=True)
        values = {node: Fraction(1 + number) for number, node in enumerate(sorted(set(nodes)))}
        carried, _guessed = carry_over(values, of=COUNTED)
        assert carried != values, "something went into something else"
        followed: dict[int, Fraction] = {}
        for node, (shares, _estimated) in list_heirs(values, of=COUNTED).items():
            for heir, share in shares.items():
                followed[heir] = followed.get(heir, Fraction(0)) + values[node] * share
    assert followed == carried


@given(
    count=st.integers(0, 10_000), weights=st.lists(st.integers(1, 50), min_size=1, max_size=8), seed=st.integers(0, 99)
)
def test_a_count_is_divided_into_whole_numbers_that_add_up(count: int, weights: list[int], seed: int) -> None:
    places = random.Random(seed).sample(range(1_000), len(weights))
    shares = {place: Fraction(weight, sum(weights)) for place, weight in zip(places, weights, strict=True)}
    parts = rules.apportioned(count, shares)
    assert sum(parts.values()) == count
    assert all(abs(part - count * shares[place]) < 1 for place, part in parts.items())
