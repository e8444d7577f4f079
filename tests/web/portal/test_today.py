"""Home by role: what is late comes first and says so, and what waits for somebody else stands apart."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine

from falin.kernel.models import Job, JobState
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from falin.portal import exports, queries
from services.duty.commands import close_month
from tenants.divisions.models import DivisionUpdate
from tenants.divisions.types import UpdateState
from tenants.identity.api import Role
from tenants.identity.commands import ask_for_correction
from tests.app.duty.cast import GEM, VILLAGE, Adviser, at, engage, log
from tests.app.identity.cast import enter, hold, people_the_office, propose
from tests.app.identity.cast import scope as scope_of
from tests.world import NOW, TODAY, World

LATE = date(2026, 10, 5)


def _today(scope: Scope) -> queries.Today:
    with inside(scope, read_only=True):
        return queries.today(scope=scope, now=NOW)


def _late(scope: Scope) -> list[str]:
    """What is late, each with how many; it stands before everything else."""
    due = _today(scope).due
    late = [one for one in due if one.kind == "late"]
    assert list(due[: len(late)]) == late
    return [f"{one.count} {one.words}" for one in late]


def _waits(scope: Scope) -> list[str]:
    waits = _today(scope).waits
    assert {one.kind for one in waits} <= {"wait"}
    return [f"{one.count} {one.words}" for one in waits]


@pytest.fixture
def behind(world: World) -> Adviser:
    """In October he did his hours in one of his two communities."""
    adviser = engage(world)
    for day in (LATE, date(2026, 10, 12)):
        log(world, adviser.scope(world), node_id=world.node(GEM), begins_at=at(day, 8), ends_at=at(day, 12),
            written_at=at(day, 13), now=at(day, 13))  # fmt: skip
    return adviser


def test_hours_of_last_month_are_late_for_all_who_can_still_do_something_until_the_book_is_closed(
    world: World, behind: Adviser
) -> None:
    mine = "1 个社区2026年10月没到够时长；去过没记的，结账以前还能补记"
    theirs = "1 位顾问2026年10月没到够时长，账还没结"
    assert _late(behind.scope(world)) == [mine]
    for username in ("county", "street", "liaison"):  # of the village; the other community lies in the next street
        assert _late(world.scope(username)) == [theirs], username
    for username in ("street2", "county2", "leader", "city", "auditor", "auditor3", "operator"):
        assert _late(world.scope(username)) == [], username
    (first, *_rest) = _today(behind.scope(world)).due
    assert first.url == "/duty/visits/?month=2026-10"
    county = world.scope("county")
    with inside(county, read_only=False):
        close_month(scope=county, month=Month(2026, 10), now=NOW)
    for scope in (behind.scope(world), county, world.scope("street"), world.scope("liaison")):
        assert _late(scope) == []


def test_the_page_says_late_in_words_with_a_sign_before_all_else(world: World, behind: Adviser, sign_in: Any) -> None:
    with time_machine.travel(NOW):
        client = sign_in("county")
        page = client.get("/").content.decode().split("要办的")[1]
        told = client.get("/api/v1/today/").json()["due"]
    assert page.index("已超期") < page.index("个社区没有顾问") < page.index("请办")
    assert "f-tag--act" in page.split("已超期")[0] and 'href="/duty/behind/?month=2026-10"' in page
    assert [one["kind"] for one in told][:2] == ["late", "act"]


def _update(day: date, submitted_by: int, state: UpdateState = UpdateState.SUBMITTED) -> None:
    DivisionUpdate.objects.create(source="测试", day=day, province="33", state=state, base="", prepared_by=submitted_by,
                                  prepared_at=NOW, submitted_by=submitted_by, submitted_at=NOW)  # fmt: skip


def test_an_update_waits_with_him_who_submitted_it_and_is_late_for_who_confirms_from_its_day_on(world: World) -> None:
    people_the_office(world)
    system, security = scope_of("system"), scope_of("security")
    with shared(read_only=False):
        _update(TODAY, system.person_id)
        _update(date(2027, 1, 1), system.person_id)
        _update(TODAY, system.person_id, UpdateState.DECIDING)
    assert _late(security) == ["1 份区划更新的生效日已经到了，还等您确认"]
    assert "1 份区划更新等您确认" in [f"{one.count} {one.words}" for one in _today(security).due if one.kind == "act"]
    assert _waits(system) == ["2 份您提交的区划更新，等另一个人确认"]
    assert _waits(security) == _late(system) == _waits(scope_of("auditing")) == []
    with shared(read_only=False):
        _update(date(2027, 2, 1), security.person_id)  # under another role of hers: not hers to say yes to
    assert [one.count for one in _today(security).due if "区划更新" in one.words] == [1, 1]
    assert _waits(security) == ["1 份您提交的区划更新，等另一个人确认"]


def test_a_proposed_role_waits_with_who_proposed_it_and_is_due_for_the_second_person(world: World) -> None:
    people_the_office(world)
    enter("newcomer")
    propose(world, "cityb", "newcomer", Role.COUNTY_TEAM, "330106")
    assert _waits(scope_of("cityb")) == ["1 项您提议的授予，等另一个人确认"]
    assert _waits(world.scope("city")) == []
    assert any("等您确认" in one.words for one in _today(world.scope("city")).due)
    assert not any("等您确认" in one.words for one in _today(scope_of("cityb")).due)


def test_a_list_one_wants_to_take_home_waits_until_somebody_decides(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("falin.kernel.jobs._sender", [lambda *_job: None])
    enter("second", "许同观")
    hold(world, "second", Role.COUNTY_TEAM, "330106")
    first, second = world.scope("county"), world.scope("second")
    with inside(first, read_only=False):
        exports.ask_export(scope=first, name="firms", query="", file_format="csv", purpose="核对", now=NOW)
    assert _waits(first) == ["1 份您要导出的名单，等另一个人确认"]
    assert _waits(second) == _waits(world.scope("county2")) == []
    with inside(second, read_only=False):
        exports.refuse_export(scope=second, job_id=Job.objects.get(state=JobState.HELD).id, why="不用", now=NOW)
    assert _waits(first) == []


def test_a_name_one_asked_to_have_put_right_waits_for_who_is_in_charge(world: World, sign_in: Any) -> None:
    street = world.scope("street")
    with inside(street, read_only=False):
        ask_for_correction(scope=street, name="何素兰", username="street", now=NOW)
    assert _waits(street) == ["1 项您请求的姓名更正，等管您身份的单位办"]
    assert _waits(world.scope("county")) == []
    client = sign_in("street")
    page = client.get("/").content.decode()
    assert "等别人办的" in page and 'href="/me/correction/">项您请求的姓名更正' in page
    assert client.get("/api/v1/today/").json()["waits"] == [
        {"words": "项您请求的姓名更正，等管您身份的单位办", "count": 1, "url": "/me/correction/", "kind": "wait"}
    ]
    assert "等别人办的" not in sign_in("county").get("/").content.decode()


def test_every_role_has_its_home_and_each_thing_on_it_opens(world: World, behind: Adviser, sign_in: Any) -> None:
    for username in ("leader", "city", "county", "street", "liaison", "auditor", "auditor3", "operator", "luzhiwei"):
        client = sign_in(username)
        told = client.get("/api/v1/today/").json()
        for one in (*told["due"], *told["waits"]):
            assert client.get(one["url"]).status_code == 200, (username, one["url"])


def test_the_village_is_the_one_that_is_late(world: World, behind: Adviser) -> None:
    with inside(world.scope("county"), read_only=True):
        from services.duty.queries import list_behind

        found = list_behind(scope=world.scope("county"), month=Month(2026, 10), now=NOW)
    assert [row.hours.node_id for row in found] == [world.node(VILLAGE)]
