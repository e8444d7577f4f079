"""The province leader's sums over the log: how much was done, and never a row, a name, or a figure that is one person's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from falin.kernel import audit
from falin.kernel.audit import alarms
from falin.kernel.clock import now
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.portal.booked import LEAST
from falin.portal.sums import Counted, Sums, part, sum_up
from tests.world import World

LAST = Month.of(now()).plus(-1)
LEADER = "province_leader"
CITY = "city_officer"


@contextmanager
def booking(scope: Scope) -> Iterator[Any]:
    """Book acts of people by their numbers, in the tenant of a scope."""
    with inside(scope, read_only=False):

        def book(act: str, *people: int, role: str = CITY, month: Month = LAST, times: int = 1) -> None:
            for number in range(times):
                for person in people:
                    audit.record(scope=replace(scope, person_id=person, role=role if person else "system"), act=act,
                                 subject=("person", f"{person}"), node_id=scope.roots[0], why="因为某人某事",
                                 now=month.starts_at + timedelta(hours=number))  # fmt: skip

        yield book


def sums_of(scope: Scope, month: Month = LAST) -> Sums:
    with inside(scope, read_only=True):
        return sum_up(scope=scope, month=month, now=month.ends_at)


def figures(found: Sums) -> dict[tuple[str, str], int | None]:
    return {(line.act, line.role): line.acts for line in found.lines}


MANY = range(1001, 1006)  # five people: the fewest behind a figure


def test_what_was_done_is_summed_by_kind_role_and_month(world: World) -> None:
    leader = world.scope("leader")
    with booking(leader) as book:
        book("identity.role.proposed", *MANY, times=2)
        book("identity.role.ended", *MANY, role="system_administrator")
        book("settings.statement.made", *MANY, month=LAST.plus(-1))
        book("audit.batch.sealed", 0, times=7)
    found = sums_of(leader)
    assert (found.least, found.whole.month, found.whole.acts) == (LEAST.default, LAST, 22)
    assert figures(found) == {
        ("identity.role.proposed", CITY): 10, ("audit.batch.sealed", "system"): 7,
        ("identity.role.ended", "system_administrator"): 5,
    }  # fmt: skip
    assert [one.acts for one in found.months[:3]] == [22, 5, 0]
    assert len(found.months) == 12


def test_what_too_few_people_did_goes_into_a_rest_behind_which_enough_stand(world: World) -> None:
    leader = world.scope("leader")
    with booking(leader) as book:
        book("identity.role.proposed", *MANY, times=3)
        book("identity.role.ended", *MANY, times=2)
        book("settings.statement.made", 1001, times=40)
    # Not 40 beside 10: the difference would be one's own.
    assert figures(sums_of(leader)) == {("identity.role.proposed", CITY): 15, ("", ""): 50}


def test_the_one_holder_of_a_role_is_not_told_by_what_others_did_of_the_same_kind(world: World) -> None:
    leader = world.scope("leader")
    with booking(leader) as book:
        book("identity.role.ended", *MANY, times=3)
        book("identity.role.ended", 1009, role="system_administrator", times=20)
        book("settings.statement.made", *MANY)
    found = sums_of(leader)
    assert figures(found) == {("identity.role.ended", CITY): 15, ("", ""): 25}
    assert found.whole.acts == 40


def test_a_month_of_too_few_people_has_no_figure_at_all_but_the_systems(world: World) -> None:
    leader = world.scope("leader")
    with booking(leader) as book:
        book("identity.role.proposed", *MANY[:4], times=30)
        book("audit.batch.sealed", 0, times=7)
    found = sums_of(leader)
    assert found.whole.acts is None
    assert found.months[0].acts is None
    assert figures(found) == {("audit.batch.sealed", "system"): 7, ("", ""): None}


counted = st.builds(
    Counted, act=st.text("abc", min_size=1, max_size=4), role=st.sampled_from(["a", "b"]),
    acts=st.integers(1, 50),
    people=st.frozensets(st.integers(1, 8), max_size=8),
)  # fmt: skip


@given(st.lists(counted, max_size=8), st.integers(3, 6))
def test_behind_every_figure_and_every_rest_stand_enough_people_or_nobody(lines: list[Counted], least: int) -> None:
    alone, rest = part(lines, least)
    assert all(not line.people or len(line.people) >= least for line in alone)
    assert sum(line.acts for line in [*alone, rest]) == sum(line.acts for line in lines)
    everybody = frozenset[int]().union(*(line.people for line in lines))
    assert not rest.people or len(rest.people) >= least or (rest.people == everybody and len(everybody) < least)


def test_neither_a_row_nor_a_name_is_on_the_page_or_in_the_answer(world: World, sign_in: Any) -> None:
    leader, auditor = world.scope("leader"), world.scope("auditor")
    people = [world.scope(name).person_id for name in ("leader", "city", "city2", "auditor", "county")]
    with booking(leader) as book:
        book("identity.role.proposed", *people, times=2)
    client = sign_in("leader")
    page = client.get("/audit/sums/", {"month": str(LAST)})
    answer = client.get("/api/v1/audit/sums/", {"month": str(LAST)})
    assert page.status_code == answer.status_code == 200
    assert "提议授予身份" in page.content.decode()
    assert [(one["act"], one["role_words"], one["acts"]) for one in answer.json()["lines"]] == [
        ("identity.role.proposed", "市级专员", 10)
    ]  # fmt: skip
    for text in (page.content.decode().split("<main", 1)[1], answer.content.decode()):
        for said in ("因为某人某事", "陆远舟", "邵明川", auditor.person_name, str(LAST.first_day)):
            assert said not in text
    assert set(answer.json()) == {"least", "whole", "lines", "months"}
    for refused in ("/history/", f"/history/person/{people[1]}/", "/audit/", "/api/v1/history/", "/api/v1/audit/"):
        assert client.get(refused).status_code == 403


def test_what_other_bodies_did_is_not_in_it(world: World) -> None:
    with booking(world.scope("county")) as book:
        book("advisers.adviser.appointed", *MANY)
    found = sums_of(world.scope("leader"))
    assert (found.whole.acts, found.lines) == (0, ())


def test_who_is_watched_does_not_read_from_a_figure_that_he_is(world: World) -> None:
    leader = world.scope("leader")
    with booking(leader) as book:
        book(alarms.RAISED, 0, times=3)
    assert sums_of(leader).whole.acts == 0


def test_the_log_is_read_once_and_no_further_back_than_a_year(world: World) -> None:
    leader = world.scope("leader")
    with booking(leader) as book:
        book("identity.role.proposed", *MANY)
        book("identity.role.ended", *MANY, month=LAST.plus(-12))
    with inside(leader, read_only=True), CaptureQueriesContext(connection) as seen:
        found = sum_up(scope=leader, month=None, now=LAST.ends_at)
    asked = [one["sql"] for one in seen if "kernel_auditentry" in one["sql"]]
    assert len(asked) == 1
    assert '"at" >=' in asked[0]
    assert sum(one.acts or 0 for one in found.months) == 5


@pytest.mark.parametrize("month", ["running", "too old", "昨天", "2026-13"])
def test_only_the_last_twelve_months_that_are_over_have_figures(world: World, sign_in: Any, month: str) -> None:
    named = {"running": str(Month.of(now())), "too old": str(LAST.plus(-12))}.get(month, month)
    for address in ("/audit/sums/", "/api/v1/audit/sums/"):
        answer = sign_in("leader").get(address, {"month": named})
        assert answer.status_code == 404
    assert "只有最近 12 个过完的月份有统计" in answer.json()["title"]
