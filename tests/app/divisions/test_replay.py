"""
Two provinces' codes since 1997, replayed, against the list they came from.

The reading here is slow and shares nothing with the one it checks: it asks the rows of the list anew for every year.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from falin.kernel.refusals import Refused
from falin.kernel.scope import PUBLIC_SCHEMA, system_scope
from falin.kernel.transactions import inside, shared
from tenants.divisions import api, policies
from tenants.divisions.models import DivisionLineage, DivisionVersion, NamePart
from tenants.divisions.types import Level, LineageKind
from tests.world import NOW, World

LIST = Path(__file__).parents[2] / "fixtures" / "divisions" / "code-changes-1981-2024.csv"
SINCE, LAST = 1997, 2024
COUNTIES = "县级"
Row = dict[str, str]


@cache
def lines() -> tuple[Row, ...]:
    with LIST.open(encoding="utf-8-sig", newline="") as file:
        return tuple(csv.DictReader(file))


@pytest.fixture(params=["33", "50"])
def province(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    """A province whose past was brought in, and nothing else in the tree."""
    scope = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({policies.UPDATE}))
    with inside(scope, read_only=False):
        NamePart.objects.all().delete()
        DivisionVersion.objects.all().delete()
        api.replay_changes(scope=scope, lines=lines(), province=request.param, since=SINCE, source="areacodes", now=NOW)
    with shared(read_only=True):
        yield request.param


# ---- the slow reading ------------------------------------------------------------------------------------------------
def stood(line: Row, year: int) -> bool:
    over = line["变更/弃用时间"]
    return int(line["启用时间"]) <= year and (not over or int(over) > year)


def counties_of(province: str, year: int) -> list[Row]:
    return [line for line in lines() if line["代码"][:2] == province and line["级别"] == COUNTIES and stood(line, year)]


def became(line: Row, year: int) -> set[str]:
    """The codes of today that a row of a year went into, piece by piece."""
    found = {line["代码"]} if stood(line, LAST) else set()
    for said in filter(None, line["新代码"].split(";")):
        code, _, when = said.rstrip("]").partition("[")
        heirs = [one for one in lines() if one["代码"] == code]
        then = int(when or line["变更/弃用时间"] or max(int(one["启用时间"]) for one in heirs))
        if then > year:
            (heir,) = [one for one in heirs if stood(one, then)]
            found |= became(heir, then)
    return found


# ---- what the tree says ----------------------------------------------------------------------------------------------
def counties_on(day: date) -> dict[int, api.Division]:
    rows = DivisionVersion.objects.on_day(day).filter(level=Level.COUNTY).values_list("node_id", flat=True)
    return {place.id: place for place in api.list_divisions(list(rows), on=day)}


def test_the_tree_is_that_of_the_list_at_every_years_end(province: str) -> None:
    for year in range(SINCE, LAST + 1):
        day = date(year, 12, 31)
        listed = {(line["代码"], line["名称"], line["二级行政区"]) for line in counties_of(province, year)}
        cities = {row.node_id: row.name for row in DivisionVersion.objects.on_day(day).filter(level=Level.CITY)}
        known = {
            (place.code[:6], place.name, cities.get(place.city_id or 0, "直辖")) for place in counties_on(day).values()
        }
        assert known == listed, year
        assert len(known) > 30, "an empty list would agree with everything"


def test_every_place_of_every_year_leads_to_todays_and_back(province: str) -> None:
    today = counties_on(date(LAST, 12, 31))
    for year in range(SINCE, LAST + 1):
        end = date(year, 12, 31)
        rows = {line["代码"]: line for line in counties_of(province, year)}
        for node, place in counties_on(end).items():
            heirs = api.list_successors(node, since=end) & set(today)
            assert {today[heir].code[:6] for heir in heirs} == became(rows[place.code[:6]], year), (year, place.name)
            assert all(node in api.list_predecessors(heir) for heir in heirs)


def test_sums_over_the_tree_as_it_was_and_as_it_is_are_equal(province: str) -> None:
    today = set(counties_on(date(LAST, 12, 31)))
    for year in range(SINCE, LAST + 1):
        end = date(year, 12, 31)
        counted = {node: Fraction(1000 + number) for number, node in enumerate(sorted(counties_on(end)))}
        carried, _estimated = api.carry_over(counted, of=end)
        assert set(carried) <= today
        assert sum(carried.values()) == sum(counted.values())


def test_what_was_divided_by_rule_is_marked_and_what_went_whole_is_not(province: str) -> None:
    end = date(SINCE, 12, 31)
    counted = dict.fromkeys(counties_on(end), 840)
    carried, estimated = api.carry_over(counted, of=end)
    now = {place.name: node for node, place in counties_on(date(LAST, 12, 31)).items()}
    if province == "33":
        assert (now["诸暨市"] in estimated, carried[now["诸暨市"]]) == (False, 840)
        assert now["临平区"] in estimated
        assert carried[now["余杭区"]] + carried[now["临平区"]] == 840
    else:
        assert estimated == frozenset()
        assert carried[now["綦江区"]] == 2 * 840  # 万盛区 and 綦江县


def test_a_renamed_and_recoded_county_keeps_its_identity(province: str) -> None:
    before, after, year = {"33": ("330721", "330703", 2000), "50": ("500239", "500114", 2000)}[province]
    old = api.find_by_code(Level.COUNTY, before, on=date(year - 1, 12, 31))
    new = api.find_by_code(Level.COUNTY, after, on=date(year, 1, 1))
    assert old and new
    # 金华县 was divided, so nobody is it any more; 黔江 only changed its name and code.
    assert (old.id == new.id) == (province == "50")
    fuyang = api.find_by_code(Level.COUNTY, "330183", on=date(2014, 12, 31)) or api.find_by_code(
        Level.COUNTY, "330183", on=date(2013, 12, 31)
    )
    assert province == "50" or (fuyang and api.get_division(fuyang.id).name == "富阳区")


def test_shares_of_what_goes_on_make_one_and_a_boundary_has_none(province: str) -> None:
    rows = DivisionLineage.objects.filter(kind__in=[LineageKind.SPLIT, LineageKind.MERGE])
    sums: dict[tuple[int, date], Fraction] = {}
    for row in rows:
        assert row.numerator is not None and row.denominator is not None
        key = (row.from_node, row.day)
        sums[key] = sums.get(key, Fraction(0)) + Fraction(row.numerator, row.denominator)
    assert set(sums.values()) == {Fraction(1)}
    boundaries = DivisionLineage.objects.filter(kind=LineageKind.BOUNDARY)
    assert {row.numerator for row in boundaries} == ({None} if province == "33" else set())


def test_the_past_is_brought_in_once(province: str) -> None:
    scope = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({policies.UPDATE}))
    with pytest.raises(Refused, match="past_known"):
        api.replay_changes(scope=scope, lines=lines(), province=province, since=SINCE, source="areacodes", now=NOW)
