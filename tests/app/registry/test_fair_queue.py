"""Whose job is done next: order, not time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from falin.config import tasks
from falin.kernel import clock, jobs
from falin.kernel.models import Job
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tests.world import NOW, World


class Floor:
    """Queues like the broker's, first in first out, and what the workers did of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.messages: list[tuple[str, str]] = []
        self.short: list[tuple[str, str]] = []
        self.done: list[str] = []
        self._minute = 0

    def ask(self, username: str, title: str, kind: str = "tests.note") -> uuid.UUID:
        self._minute += 1
        scope = self.world.scope(username)
        with inside(scope, read_only=False):
            return jobs.ask(scope=scope, kind=kind, title=title, parameters={"title": title},
                            now=NOW + timedelta(minutes=self._minute))  # fmt: skip

    def work(self) -> None:
        while self.messages:
            tasks.do_job(*self.messages.pop(0))

    def work_short(self) -> None:
        while self.short:
            tasks.do_short_job(*self.short.pop(0))


@pytest.fixture
def floor(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    one = Floor(world)
    sender, moments = list(jobs._sender), iter(range(10_000))
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=next(moments)))

    def note(run: jobs.Run) -> dict[str, Any]:
        one.done.append(str(run.parameters["title"]))
        return {}

    jobs.register("tests.note", note)
    jobs.register("tests.slip", note, lane=jobs.Lane.SHORT)
    queues = {jobs.Lane.LONG: one.messages, jobs.Lane.SHORT: one.short}
    jobs.send_with(lambda schema, job_id, lane: queues[lane].append((schema, job_id)))
    yield one
    jobs._sender[:] = sender
    for kind in ("tests.note", "tests.slip"):
        del jobs._runners[kind]
    jobs._short.discard("tests.slip")


def test_one_countys_many_jobs_do_not_hold_up_anothers_one(floor: Floor) -> None:
    for number in range(6):
        floor.ask("county", f"西湖{number}")
    floor.ask("county2", "上城")
    floor.ask("county3", "海曙")
    floor.work()
    assert floor.done == ["西湖0", "上城", "海曙", "西湖1", "西湖2", "西湖3", "西湖4", "西湖5"]


def test_counties_with_many_jobs_take_turns(floor: Floor) -> None:
    for number in range(3):
        floor.ask("county", f"西湖{number}")
    for number in range(3):
        floor.ask("county2", f"上城{number}")
    floor.work()
    assert floor.done == ["西湖0", "上城0", "西湖1", "上城1", "西湖2", "上城2"]


def _system(scope: Scope) -> Scope:
    return next(one for one in tasks.systems() if one.schema == scope.schema)


def _running(world: World, job_id: uuid.UUID, *, is_it: bool) -> None:
    system = _system(world.scope("county"))
    with inside(system, read_only=False):
        Job.objects.filter(id=job_id).update(state="running" if is_it else "done", heartbeat_at=NOW)


def test_who_has_one_running_waits_for_its_end_even_where_nobody_else_waits(floor: Floor) -> None:
    long = floor.ask("county", "十万行")
    _running(floor.world, long, is_it=True)
    floor.ask("county", "第二件")
    floor.ask("county2", "一下")
    floor.work()
    assert floor.done == ["一下"]  # a free worker stays free for whoever comes next
    _running(floor.world, long, is_it=False)
    floor.messages.append((floor.world.schema("330106"), str(long)))
    floor.work()
    assert floor.done == ["一下", "第二件"]


def test_a_message_that_was_lost_costs_nobody_his_job(floor: Floor) -> None:
    floor.ask("county", "西湖")
    floor.ask("county2", "上城")
    floor.messages.clear()
    floor.messages.append((floor.world.schema("330203"), str(uuid.uuid4())))  # somebody else's, twice delivered
    floor.work()
    assert floor.done == ["西湖"]
    tasks.sweep_jobs()
    floor.work()
    assert floor.done == ["西湖", "上城"]


def test_a_short_job_waits_behind_no_long_one_not_even_ones_own(floor: Floor) -> None:
    long = floor.ask("county", "十万行")
    _running(floor.world, long, is_it=True)
    floor.ask("county", "又一个十万行")
    floor.ask("county2", "也是十万行")
    floor.ask("county", "一张名单", "tests.slip")
    floor.work_short()
    assert floor.done == ["一张名单"]
    floor.work()
    assert floor.done == ["一张名单", "也是十万行"]  # and neither does a long one go by the short lane


def test_in_the_short_lane_too_one_countys_many_do_not_hold_up_anothers_one(floor: Floor) -> None:
    for number in range(3):
        floor.ask("county", f"西湖{number}", "tests.slip")
    floor.ask("county2", "上城", "tests.slip")
    floor.work_short()
    assert floor.done == ["西湖0", "上城", "西湖1", "西湖2"]


def test_a_short_job_whose_message_was_lost_is_sent_again_in_its_lane(floor: Floor) -> None:
    floor.ask("county", "一张名单", "tests.slip")
    floor.short.clear()
    tasks.sweep_jobs()
    assert (len(floor.messages), len(floor.short)) == (0, 1)
    floor.work_short()
    assert floor.done == ["一张名单"]
