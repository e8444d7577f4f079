"""Statistical areas when places end: membership goes on with the place, what cannot is listed, pages go on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from falin.kernel.refusals import Refused
from falin.kernel.transactions import inside, shared
from falin.portal import places
from tenants.divisions import api
from tenants.divisions.models import AreaMember, StatisticalArea
from tests.app.divisions.changing import Change
from tests.app.divisions.test_following import ELSEWHERE, GONE, HEIR, left, merged
from tests.app.divisions.test_handing import MADE, into_a_new_one
from tests.app.divisions.test_update import DAY, do, second
from tests.app.indicators.books import OCTOBER, publish, visit
from tests.world import NOW, World

COUNTY = "330106"


def area(world: World, *codes: str, home: str = COUNTY, begins: date = date(2024, 1, 1)) -> int:
    """A park at a place, with members; its number."""
    with shared(read_only=False):
        row = StatisticalArea.objects.create(node_id=world.node(home), name="滨水园区", recorded_at=NOW)
        for code in codes:
            AreaMember.objects.create(area=row, node_id=world.node(code), valid_from=begins, source="西政〔2023〕9号",
                                      person_id=1, recorded_at=NOW)  # fmt: skip
    return int(row.pk)


def members(number: int) -> list[tuple[int, date, date | None]]:
    with shared(read_only=True):
        rows = AreaMember.objects.filter(area=number).order_by("valid_from", "id")
        return list(rows.values_list("node_id", "valid_from", "valid_to"))


def apply(world: World, into: tuple[str, ...] = (HEIR,)) -> int:
    update = merged(world, into)
    do(second(world), api.apply_update, update)
    return update


def undo(world: World, update: int) -> None:
    places.undo(scope=second(world), update_id=update, why="名录有误")


def test_membership_goes_on_where_the_place_went_and_comes_back(world: World) -> None:
    gone, heir, begun = world.node(GONE), world.node(HEIR), date(2024, 1, 1)
    number = area(world, GONE)
    update = merged(world)
    assert left(world, update)["统计区域"] == 1
    do(second(world), api.apply_update, update)
    assert members(number) == [(gone, begun, DAY), (heir, DAY, None)]
    assert "统计区域" not in left(world, update)
    with inside(second(world), read_only=True):
        carried = {one.label: one.count for one in api.get_update(update, scope=second(world)).carried}
        assert carried["统计区域"] == 1
        assert api.communities_in(number, on=date(2024, 6, 30)) == {gone}
        assert api.communities_in(number, on=DAY) == {heir}
    undo(world, update)
    assert members(number) == [(gone, begun, None)]


def test_a_place_that_lay_in_it_already_lies_in_it_once(world: World) -> None:
    gone, heir, begun = world.node(GONE), world.node(HEIR), date(2024, 1, 1)
    number = area(world, GONE, HEIR)
    update = apply(world)
    assert members(number) == [(gone, begun, DAY), (heir, begun, None)]
    undo(world, update)
    assert members(number) == [(gone, begun, None), (heir, begun, None)]


def test_what_was_taken_out_since_is_taken_out_when_the_update_is_undone(world: World) -> None:
    gone, begun, out = world.node(GONE), date(2024, 1, 1), date(2025, 1, 1)
    number = area(world, GONE)
    update = apply(world)
    with shared(read_only=False):
        AreaMember.objects.filter(area=number, valid_to=None).update(valid_to=out)
    undo(world, update)
    assert members(number) == [(gone, begun, out)]


@pytest.mark.parametrize("into", [(), (HEIR, "330106109001"), (ELSEWHERE,)], ids=["nowhere", "two", "another county"])
def test_where_not_exactly_one_place_near_took_over_it_stays_listed(world: World, into: tuple[str, ...]) -> None:
    number = area(world, GONE)
    before = members(number)
    update = apply(world, into)
    assert members(number) == before
    assert left(world, update)["统计区域"] == 1


def test_one_that_was_drawn_in_after_the_day_of_the_update_stays_listed(world: World) -> None:
    number = area(world, GONE, begins=date(2025, 1, 1))
    before = members(number)
    update = apply(world)
    assert members(number) == before
    assert left(world, update)["统计区域"] == 1
    undo(world, update)
    assert members(number) == before


def test_an_area_that_only_went_on_does_not_hinder_undoing_and_one_drawn_anew_does(world: World) -> None:
    area(world, GONE)
    update = into_a_new_one(world)
    number = area(world, MADE, home="3301", begins=date(2025, 1, 1))
    AreaMember.objects.filter(area=number).update(valid_to=date(2025, 6, 1))
    with pytest.raises(Refused, match="stood_upon") as refused:
        undo(world, update)
    assert "统计区域 1，" in refused.value.message, "of the past, and not the one that the update itself brought there"
    with shared(read_only=False):
        AreaMember.objects.filter(area=number).delete()
    undo(world, update)


def test_an_area_whose_county_ended_is_listed_and_still_shown(world: World, sign_in: Any) -> None:
    visit(world, "330102001001", date(2026, 10, 6), 90)
    publish(world, "330102", OCTOBER)
    number = area(world, "330102001", home="330102")
    city, address = sign_in("city"), f"/places/areas/{number}/"
    assert "上城区" in city.get(address).content.decode()
    county, change = world.node("330102"), Change(world)
    for street in ("330102001", "330102002"):
        change.move(street, under=COUNTY)
    change.end("330102", into=COUNTY).on(date(2026, 11, 1))
    page = city.get(address)
    assert page.status_code == 200
    for words in ("上城区", "已经撤销", "2026-10"):
        assert words in page.content.decode()
    (month,) = city.get(f"/api/v1/places/areas/{number}/").json()["months"]
    assert (month["communities"], month["visits"]) == (3, 1)
    with shared(read_only=True):
        assert api.AREAS_AT.count([county]) == {county: 1}
    assert sign_in("county2").get(address).status_code == 200
    with shared(read_only=False):
        AreaMember.objects.update(valid_to=date(2026, 11, 1))
        assert api.AREAS_AT.count([county]) == {}, "people have taken out what lay in it"


def test_a_member_that_never_was_is_left_out_and_breaks_no_page(world: World, sign_in: Any) -> None:
    number = area(world, GONE)
    with shared(read_only=False):
        AreaMember.objects.create(area_id=number, node_id=99_999_999, valid_from=DAY, source="x", person_id=1,
                                  recorded_at=NOW)  # fmt: skip
        StatisticalArea.objects.create(node_id=99_999_999, name="没有的", recorded_at=NOW)
    page = sign_in("county").get(f"/places/areas/{number}/")
    assert page.status_code == 200
    assert "湖埠村" in page.content.decode()
    assert sign_in("county").get("/places/areas/").status_code == 200
