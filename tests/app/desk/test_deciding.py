"""Who could say yes or no is told that something waits, and not what; who asked for long work, what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from falin.kernel import clock, jobs, relay
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.desk import queries
from services.desk.models import Notice
from services.desk.tasks import send_due
from services.desk.types import NoticeKind
from tenants.divisions import api as divisions
from tenants.divisions.models import DivisionChange
from tenants.divisions.types import Decision
from tenants.identity import commands
from tenants.identity.api import system_of
from tenants.identity.commands.emergency import ask_for_emergency
from tenants.identity.models import Person
from tenants.identity.queries import list_merges
from tenants.identity.types import Role
from tenants.registry import commands as registry
from tenants.registry.api import Act, find_by_schema
from tests.app.identity.cast import act, enter, hold, number, people_the_office, propose, scope
from tests.world import NOW, World, rows

KIND = "tests.long"


@pytest.fixture(autouse=True)
def a_clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moment:
        yield moment


@pytest.fixture
def office(world: World) -> World:
    people_the_office(world)
    enter("operator2", "闻达")
    hold(world, "operator2", Role.OPERATOR, "33")
    return world


def _province(world: World) -> Scope:
    return system_of(find_by_schema(world.schema("33")))


def _county(world: World) -> Scope:
    return system_of(find_by_schema(world.schema("330106")))


def told(system: Scope) -> dict[str, list[str]]:
    """Who reads what as not read, in one body."""
    send_due(system)
    found: dict[str, list[str]] = {}
    with inside(system, read_only=True):
        names = dict(Person.objects.values_list("id", "username"))
        people = Notice.objects.filter(kind=NoticeKind.DECISION_WAITS, read_at__isnull=True).order_by("person_id", "id")
        for one in people:
            found.setdefault(names[one.person_id], []).append(queries.sentences_of([one])[one.id])
    return found


# ---- what waits for a yes ------------------------------------------------------------------------------------------------
def test_a_proposed_role_is_told_to_who_could_confirm_it_and_to_nobody_else(office: World) -> None:
    enter("newcomer")
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    assert told(_province(office)) == {
        "cityb": ["有授予身份的提议等您确认。"]
    }  # not the other city's, nor who proposed it
    assert told(_county(office)) == {}
    assert told(_province(office)) == {"cityb": ["有授予身份的提议等您确认。"]}  # once
    act("cityb", commands.confirm_proposal, proposal=made.proposal)
    assert told(_province(office)) == {}


def test_who_is_to_have_the_role_is_not_asked_about_himself(office: World) -> None:
    propose(office, "city", "cityb", Role.COUNTY_TEAM, "330106")
    assert told(_province(office)) == {}


def test_what_was_read_is_not_told_again_and_what_was_taken_back_is_gone(office: World) -> None:
    enter("newcomer")
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    told(_province(office))
    with inside(_province(office), read_only=False):
        Notice.objects.update(read_at=NOW)
    assert told(_province(office)) == {}
    again = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330102")
    assert list(told(_province(office))) == ["cityb"]
    act("cityb", commands.refuse_proposal, proposal=again.proposal, why="不用")
    assert told(_province(office)) == {}
    assert made.proposal != again.proposal


def test_an_update_of_places_is_told_to_the_other_administrator_each_time_it_is_submitted(office: World) -> None:
    update = int(act("system", divisions.prepare_update, rows=[row for row in rows() if row.code != "330106109201"],
                     province="33", source="名录", day=date(2026, 12, 1)))  # fmt: skip
    for change in DivisionChange.objects.filter(update_id=update):
        act(
            "system",
            divisions.decide_change,
            update_id=update,
            change_id=change.id,
            decision=Decision.ACCEPTED,
            target=(),
        )
    assert told(_province(office)) == {}
    act("system", divisions.submit_update, update_id=update)
    assert told(_province(office)) == {"security": ["有区划更新等您确认。"]}
    with inside(_province(office), read_only=False):
        Notice.objects.update(read_at=NOW)
    act("security", divisions.reopen_update, update_id=update, why="再核对")
    assert told(_province(office)) == {}
    act("system", divisions.submit_update, update_id=update, now=NOW + timedelta(hours=1))
    assert told(_province(office)) == {"security": ["有区划更新等您确认。"]}
    act("security", divisions.confirm_update, update_id=update)
    assert told(_province(office)) == {}


def test_a_deed_of_a_body_is_told_to_the_other_operator(office: World) -> None:
    tenant = find_by_schema(office.schema("330205"))
    assert tenant is not None
    deed = act("operator", registry.ask_deed, tenant_id=tenant.id, act=Act.CLOSE, why="撤并")
    assert told(system_of(None)) == {"operator2": ["有关闭、删除、合并等单位的大事等您确认。"]}
    act("operator2", registry.refuse_deed, deed_id=deed, why="不行")
    assert told(system_of(None)) == {}


def test_an_operator_who_asks_to_be_let_in_is_told_to_the_body_and_above_it(office: World) -> None:
    tenant = find_by_schema(office.schema("330106"))
    assert tenant is not None
    hold(office, "county", Role.COUNTY_TEAM, "330102")  # who works elsewhere too is asked where he decides
    act(
        "operator",
        ask_for_emergency,
        tenant_id=tenant.id,
        incident="INC-7",
        reason="到访记录打不开，要看一条",
        minutes=30,
    )
    assert told(_county(office)) == {"county": ["有应急访问的请求等您确认。"]}
    assert told(_province(office)) == {"security": ["有应急访问的请求等您确认。"]}
    assert told(system_of(find_by_schema(office.schema("330102")))) == {}


def test_two_records_said_to_be_one_are_told_to_whose_charge_both_are(office: World) -> None:
    for name in ("one", "other"):
        enter(name, "钟离")
        hold(office, name, Role.LIAISON, "330106109200" if name == "one" else "330106109001")
    enter("team2", "同事")
    hold(office, "team2", Role.COUNTY_TEAM, "330106")
    act("county", commands.propose_merge, kept_id=number("one"), gone_id=number("other"), reason="同一个人")
    assert told(_county(office)) == {"team2": ["有合并两条人员记录的提议等您确认。"]}
    assert told(system_of(find_by_schema(office.schema("330102")))) == {}


def test_nothing_is_told_that_its_reader_could_not_open(office: World) -> None:
    """Whoever is told finds it on his own pages, asked as he is signed in; the sentence names nobody and no place."""
    enter("newcomer", "不可说")
    propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    told(_province(office))
    with inside(_province(office), read_only=True):
        (notice,) = Notice.objects.filter(kind=NoticeKind.DECISION_WAITS)
    assert notice.facts == {"what": "roles"}
    own = scope("cityb")
    assert own.person_id == notice.person_id
    with inside(own, read_only=True):
        assert list_merges(scope=own) == []
    # Suspended, or his role parted from another, he decides nothing and is told nothing.
    Person.objects.filter(username="cityb").update(is_active=False)
    assert told(_province(office)) == {}


# ---- long work -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def work(world: World, a_clock: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``work(minutes, title, fails)`` → the sentence its owner reads, if any."""

    def do(minutes: float, title: str = "应用区划更新", *, fails: bool = False, cancelled: bool = False) -> list[str]:
        def runner(run: jobs.Run) -> dict[str, Any]:
            a_clock.shift(timedelta(minutes=minutes))
            if fails:
                raise Refused("tests.no", "不行")
            return {}

        monkeypatch.setitem(jobs._runners, KIND, runner)
        own, system = world.scope("county"), _county(world)
        with inside(own, read_only=False):
            number: uuid.UUID = jobs.ask(scope=own, kind=KIND, title=title, parameters={}, now=clock.now())
            if cancelled:
                jobs.cancel(scope=own, job_id=number, now=clock.now())
        jobs.work(system=system, job_id=number)
        relay.drain({system.schema: system}, clock=clock.now)
        with inside(own, read_only=True):
            page = queries.list_notices(scope=own)
        return [one.sentence for one in page.rows if one.kind == NoticeKind.JOB_ENDED]

    return do


def test_who_asked_is_told_of_what_took_long_and_of_what_failed_and_not_of_a_click(work: Any) -> None:
    assert work(0.5) == []
    assert work(0.1, cancelled=True) == []
    assert work(2) == ["您的任务“应用区划更新”已经做完。"]
    assert work(0.1, "开通西湖区", fails=True) == [
        "您的任务“开通西湖区”没有做成，原因写在任务里。",
        "您的任务“应用区划更新”已经做完。",
    ]


def test_nobody_else_is_told_of_it_and_a_number_in_the_name_of_a_file_goes_nowhere(world: World, work: Any) -> None:
    assert work(2, "导入表格 330106199001011237.xlsx") == ["您的任务“导入表格 ….xlsx”已经做完。"]
    with inside(_county(world), read_only=True):
        assert {one.person_id for one in Notice.objects.filter(kind=NoticeKind.JOB_ENDED)} == {
            world.scope("county").person_id
        }


def test_what_was_given_up_after_three_tries_is_told_too(
    world: World, a_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from falin.kernel.models import Job

    monkeypatch.setitem(jobs._runners, KIND, lambda run: {})
    own, system = world.scope("county"), _county(world)
    with inside(own, read_only=False):
        number = jobs.ask(scope=own, kind=KIND, title="比对", parameters={}, now=NOW)
        Job.objects.filter(id=number).update(state="running", attempts=3, heartbeat_at=None)
    with inside(system, read_only=False):
        assert jobs.sweep(scope=system, now=NOW) == []
    relay.drain({system.schema: system}, clock=clock.now)
    with inside(own, read_only=True):
        page = queries.list_notices(scope=own)
    assert [one.sentence for one in page.rows] == ["您的任务“比对”没有做成，原因写在任务里。"]
