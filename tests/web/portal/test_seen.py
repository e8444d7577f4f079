"""Who could have seen a thing on a day: the roles that read it there, emergencies then open, looks at it in clear."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from falin.kernel import audit
from falin.kernel.transactions import inside
from falin.portal import acts, people, seen
from tenants.identity.models import Binding, Emergency, Person, Suspension
from tests.world import NOW, TODAY, World

THE_DAY_BEFORE = TODAY - timedelta(days=1)
THE_DAY_AFTER = TODAY + timedelta(days=1)


@pytest.fixture
def thing(world: World) -> World:
    """An adviser of whom something was booked at a village, on the first day."""
    note(world, "advisers.adviser.registered", NOW)
    return world


def note(world: World, act: str, at: datetime, why: str = "") -> None:
    team = world.scope("county")
    with inside(team, read_only=False):
        audit.record(
            scope=team, act=act, subject=("adviser", "a-1"), node_id=world.node("330106109200"), why=why, now=at
        )


def asked(world: World, on: Any = TODAY) -> seen.Seen:
    scope = world.scope("auditor3")
    with inside(scope, read_only=True):
        return seen.who_could_see(scope=scope, kind="adviser", subject_id="a-1", on=on, now=NOW + timedelta(days=2))


def names(found: seen.Seen) -> set[str]:
    return {right.binding.person.username for right in found.readers.rights}


def test_those_whose_role_reads_it_where_it_lay_are_listed_with_what_lets_them(thing: World) -> None:
    found = asked(thing)
    assert names(found) == {"county", "street", "liaison", "auditor3"}
    lets = {right.binding.person.username: right.grants for right in found.readers.rights}
    assert lets["street"] == ("advisers.read", "duty.read", "visits.published")
    assert lets["auditor3"] == ("audit.read", "history.read", "visits.published")
    assert found.readers.above == 3  # the province's leader and auditor, the city's officer: by what was published


def test_a_role_counts_on_the_days_it_was_held_and_on_no_other(thing: World) -> None:
    street = Binding.objects.get(person__username="street")
    street.ended_at, street.ended_by = NOW, 0
    street.save()
    assert "street" in names(asked(thing))  # until ten that morning
    assert "street" not in names(asked(thing, THE_DAY_AFTER))
    Binding.objects.filter(person__username="liaison").update(valid_from=THE_DAY_AFTER)
    assert "liaison" not in names(asked(thing))
    assert "liaison" in names(asked(thing, THE_DAY_AFTER))


def test_who_was_shut_out_the_whole_day_could_not(thing: World) -> None:
    Suspension.objects.create(person=Person.objects.get(username="street"), begun_at=NOW, begun_by=0, why="调查")
    assert "street" in names(asked(thing))
    assert "street" not in names(asked(thing, THE_DAY_AFTER))


def test_an_emergency_of_that_day_and_a_look_in_clear_stand_above_what_was_only_possible(thing: World) -> None:
    team, operator = thing.scope("county"), Person.objects.get(username="operator")
    Emergency.objects.create(operator=operator, tenant_id=team.tenant_id, incident="INC-7", reason="报表打不开，要看日志",
                             minutes=30, asked_at=NOW, decided_by_id=team.person_id, decided_at=NOW,
                             ends_at=NOW + timedelta(minutes=30))  # fmt: skip
    note(thing, "advisers.numbers.shown", NOW, why="核对执业证")
    today, after = asked(thing), asked(thing, THE_DAY_AFTER)
    assert [one.incident for one in today.emergencies] == ["INC-7"]
    assert [(act.person, act.why) for act in today.clear] == [("叶明远", "核对执业证")]
    assert (after.emergencies, after.clear) == ((), ())


def test_the_page_and_the_api_answer_whoever_reads_the_log_there_and_nobody_else(thing: World, sign_in: Any) -> None:
    note(thing, "advisers.numbers.shown", NOW, why="核对执业证")
    auditor = sign_in("auditor3")
    assert "/history/adviser/a-1/seen/" in auditor.get("/history/adviser/a-1/").content.decode()
    text = auditor.get("/history/adviser/a-1/seen/", {"on": str(TODAY)}).content.decode()
    for words in ("谁可能看过：顾问", "核对执业证", "何淑兰", "湖埠村", "看法律顾问"):
        assert words in text
    answer = auditor.get("/api/v1/history/adviser/a-1/seen/", {"on": str(TODAY)}).json()
    assert [one["why"] for one in answer["clear"]] == ["核对执业证"]
    assert answer["above"] == 3
    county = sign_in("county")
    assert "/seen/" not in county.get("/history/adviser/a-1/").content.decode()
    assert county.get("/history/adviser/a-1/seen/").status_code == 403
    assert sign_in("auditor").get("/history/adviser/a-1/seen/").status_code == 404  # the county's book is not his


@pytest.mark.parametrize(("on", "words"), [
    ("never", "看不懂这个日期"), ("2100-01-01", "这一天还没有到"), (str(THE_DAY_BEFORE), "还没有它的操作记录"),
])  # fmt: skip
def test_a_day_that_is_none_to_come_or_too_early_is_said_at_the_field(
    thing: World, sign_in: Any, on: str, words: str
) -> None:
    auditor = sign_in("auditor3")
    page = auditor.get("/history/adviser/a-1/seen/", {"on": on})
    assert page.status_code == 422
    assert words in page.content.decode()
    answer = auditor.get("/api/v1/history/adviser/a-1/seen/", {"on": on})
    assert (answer.status_code, '"on"' in answer.content.decode()) == (422, True)


def test_every_kind_of_thing_says_which_grants_read_it() -> None:
    assert set(seen.READS) == set(acts.KINDS)
    assert {grant for grants in seen.READS.values() for grant in grants} <= set(people.GRANT_WORDS)
    assert set(seen.CLEAR_VIEWS) <= set(acts.WORDS)
