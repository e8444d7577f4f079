"""Long work: it survives a killed worker and a lost message, gives up after three tries, and is never silent."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import close_old_connections

from falin.kernel import clock, jobs
from falin.kernel.jobs import LOST, MAX_ATTEMPTS, SILENT, Run, Superseded
from falin.kernel.models import Job
from falin.kernel.refusals import Missing, Refused
from falin.kernel.relay import waiting_among
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from tenants.identity.api import Role, grant_role, system_of
from tenants.identity.models import Binding
from tenants.registry.api import find_by_schema
from tenants.registry.models import Tenant
from tenants.registry.types import State
from tests.world import World

KIND = "faults.work"
Body = Callable[[Run], Mapping[str, Any]]


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing more is said."""


@pytest.fixture
def system(world: World) -> Scope:
    return system_of(find_by_schema(world.schema("330106")))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was handed to the broker."""
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(jobs, "_sender", [lambda schema, job_id, _lane: sent.append((schema, job_id))])
    return sent


@pytest.fixture
def ask(world: World, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> Callable[[Body], uuid.UUID]:
    def make(body: Body) -> uuid.UUID:
        monkeypatch.setitem(jobs._runners, KIND, body)
        scope = world.scope("county")
        with inside(scope, read_only=False):
            return jobs.ask(scope=scope, kind=KIND, title="长活", parameters={}, now=clock.now())

    return make


def sweep(system: Scope, after: timedelta) -> list[uuid.UUID]:
    with inside(system, read_only=False):
        return [job.id for job in jobs.sweep(scope=system, now=clock.now() + after)]


def row(system: Scope, job_id: uuid.UUID) -> Job:
    with inside(system, read_only=True):
        return Job.objects.get(id=job_id)


def killed(run: Run) -> Mapping[str, Any]:
    raise Killed


def fine(run: Run) -> Mapping[str, Any]:
    run.progress(1, 1, "走完一步")
    return {"n": 1}


def test_a_killed_workers_job_is_queued_again_and_finishes(
    system: Scope, ask: Callable[[Body], uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = ask(killed)
    with pytest.raises(Killed):
        jobs.work(system=system, job_id=job_id)
    assert row(system, job_id).state == "running"
    assert sweep(system, SILENT / 2) == []
    assert sweep(system, SILENT) == [job_id]
    monkeypatch.setitem(jobs._runners, KIND, fine)
    assert jobs.work(system=system, job_id=job_id) == "done"
    ended = row(system, job_id)
    assert (ended.attempts, ended.result, ended.log) == (2, {"n": 1}, "中断了，已重新排队。\n走完一步\n做完了。\n")
    assert ended.ended_at is not None
    assert sweep(system, timedelta(days=1)) == []


def test_after_three_tries_it_says_that_it_failed(system: Scope, ask: Callable[[Body], uuid.UUID]) -> None:
    job_id = ask(killed)
    for turn in range(1, MAX_ATTEMPTS + 1):
        with pytest.raises(Killed):
            jobs.work(system=system, job_id=job_id)
        assert sweep(system, SILENT) == ([job_id] if turn < MAX_ATTEMPTS else [])
    ended = row(system, job_id)
    assert ended.state == "failed"
    assert ended.log.endswith("试了三次都中断了，已停下。可以重新提交；再不行请联系运维人员。\n")
    assert ended.ended_at is not None
    assert jobs.work(system=system, job_id=job_id) == "not mine"


def test_a_broker_that_is_down_costs_only_time(
    world: World, system: Scope, monkeypatch: pytest.MonkeyPatch, nobody_listens: None
) -> None:
    monkeypatch.setitem(jobs._runners, KIND, fine)
    scope, began = world.scope("county"), time.monotonic()
    with inside(scope, read_only=False):
        job_id = jobs.ask(scope=scope, kind=KIND, title="长活", parameters={}, now=clock.now())
    assert time.monotonic() - began < 20  # the person's click does not hang; Celery by itself would retry for minutes
    assert row(system, job_id).state == "queued"
    assert sweep(system, LOST / 2) == []
    assert sweep(system, LOST) == [job_id]
    assert jobs.work(system=system, job_id=job_id) == "done"


@pytest.fixture
def nobody_listens() -> Iterator[None]:
    """The product's own way to the broker, with nobody at the other end."""
    from falin.config.celery import app

    former, app.conf.broker_url = app.conf.broker_url, "redis://127.0.0.1:1/0"
    yield
    app.conf.broker_url = former


def test_an_import_asked_for_while_the_broker_is_down_is_queued(
    world: World, system: Scope, sign_in: Any, nobody_listens: None, tmp_path: Any
) -> None:
    from tests.fixtures.adviser_sheets import person, write

    sheet = write(tmp_path / "顾问.xlsx", [person(1), person(2)])
    with sheet.open("rb") as upload:
        answer = sign_in("county").post("/api/v1/advisers/imports/", {"file": upload})
    assert answer.status_code == 202
    (job_id,) = sweep(system, LOST)
    assert jobs.work(system=system, job_id=job_id) == "done"


def test_a_database_that_goes_away_puts_the_job_back(
    system: Scope, ask: Callable[[Body], uuid.UUID], throw_out: Callable[[], None]
) -> None:
    def interrupted(run: Run) -> Mapping[str, Any]:
        if run.attempt == 1:
            throw_out()
        return fine(run)

    job_id = ask(interrupted)
    assert jobs.work(system=system, job_id=job_id) == "queued"
    assert sweep(system, LOST) == [job_id]
    close_old_connections()
    assert jobs.work(system=system, job_id=job_id) == "done"
    assert row(system, job_id).log == "中断了，已重新排队。\n走完一步\n做完了。\n"


def test_a_try_given_up_for_dead_can_neither_report_nor_end_the_job(
    system: Scope, ask: Callable[[Body], uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def slow(run: Run) -> Mapping[str, Any]:
        if run.attempt == 1:
            sweep(system, SILENT)
            seen.append(jobs.work(system=system, job_id=run.job_id))
            with pytest.raises(Superseded):
                run.progress(1, 1, "来晚了")
        return {"attempt": run.attempt}

    job_id = ask(slow)
    assert jobs.work(system=system, job_id=job_id) == "not mine"
    assert seen == ["done"]
    ended = row(system, job_id)
    assert ended.result == {"attempt": 2}
    assert "来晚了" not in ended.log


def test_a_long_step_without_progress_is_not_taken_for_death(
    system: Scope, ask: Callable[[Body], uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BEAT", 0.05)
    beats: list[datetime] = []

    def quiet(run: Run) -> Mapping[str, Any]:
        for _n in range(40):
            time.sleep(0.05)
            with inside(system, read_only=True):
                beat = Job.objects.get(id=run.job_id).heartbeat_at
            if beat is not None and beat not in beats:
                beats.append(beat)
            if len(beats) > 2:
                return {}
        raise AssertionError(beats)

    assert jobs.work(system=system, job_id=ask(quiet)) == "done"


def test_cancelling_ends_a_queued_job_at_once_and_a_running_one_at_its_next_step(
    world: World, system: Scope, ask: Callable[[Body], uuid.UUID]
) -> None:
    scope = world.scope("county")

    def cancel(job_id: uuid.UUID) -> None:
        with inside(scope, read_only=False):
            jobs.cancel(scope=scope, job_id=job_id, now=clock.now())

    waiting = ask(fine)
    cancel(waiting)
    assert jobs.work(system=system, job_id=waiting) == "not mine"
    assert (row(system, waiting).state, row(system, waiting).log) == ("cancelled", "还没有开始，已按要求取消。\n")

    def cancelled_meanwhile(run: Run) -> Mapping[str, Any]:
        cancel(run.job_id)
        return fine(run)

    running = ask(cancelled_meanwhile)
    assert jobs.work(system=system, job_id=running) == "cancelled"
    assert row(system, running).log == "已按要求停下。\n"
    with pytest.raises(Refused):
        cancel(running)


def test_a_job_cancelled_while_its_worker_was_dead_ends_as_cancelled(
    world: World, system: Scope, ask: Callable[[Body], uuid.UUID]
) -> None:
    job_id = ask(killed)
    with pytest.raises(Killed):
        jobs.work(system=system, job_id=job_id)
    scope = world.scope("county")
    with inside(scope, read_only=False):
        jobs.cancel(scope=scope, job_id=job_id, now=clock.now())
    assert sweep(system, SILENT) == []
    assert row(system, job_id).state == "cancelled"


def test_a_stranger_can_neither_see_nor_cancel_it(
    world: World, system: Scope, ask: Callable[[Body], uuid.UUID]
) -> None:
    job_id = ask(fine)
    stranger = world.scope("street")
    with pytest.raises(Missing), inside(stranger, read_only=False):
        jobs.cancel(scope=stranger, job_id=job_id, now=clock.now())
    with inside(stranger, read_only=True):
        assert jobs.find(scope=stranger, job_id=job_id) is None
    assert row(system, job_id).state == "queued"


def test_the_sweep_goes_through_the_shared_schema_and_every_tenant(world: World, told: list[tuple[str, str]]) -> None:
    from falin.config import tasks

    asked = []
    for scope in (system_of(None), system_of(find_by_schema(world.schema("330102")))):
        with inside(scope, read_only=False):
            job = Job.objects.create(kind=KIND, title="旧的", person_id=1, scope={}, created_at=clock.now() - LOST)
        asked.append((scope.schema, str(job.id)))
    assert tasks.sweep_jobs() == 2
    assert told == asked


def test_every_queue_is_read_and_what_somebody_waits_for_by_a_worker_that_does_nothing_else(tmp_path: Any) -> None:
    from falin.config.celery import app
    from falin.runtime.home import Home
    from falin.runtime.processes import standard_programs

    programs = standard_programs(home=Home(root=tmp_path), host="127.0.0.1", port=1, environ={})
    read = {
        program.name: set(program.command[program.command.index("--queues") + 1].split(","))
        for program in programs
        if "--queues" in program.command
    }
    assert read == {"worker": {"bulk"}, "short": {"short"}, "clicks": {app.conf.task_default_queue}}
    assert {route["queue"] for route in app.conf.task_routes.values()} == {"bulk", "short"}


def test_a_job_of_somebody_who_lost_the_role_meanwhile_is_not_done(
    system: Scope, ask: Callable[[Body], uuid.UUID], world: World
) -> None:
    done: list[Run] = []
    job_id = ask(lambda run: done.append(run) or {})
    Binding.objects.filter(person_id=world.scope("county").person_id).update(ended_at=clock.now())
    assert jobs.work(system=system, job_id=job_id) == "failed"
    assert (done, row(system, job_id).result["code"]) == ([], "jobs.hat_lost")
    assert "身份已经到期或停用" in row(system, job_id).log


def test_a_job_sees_the_places_its_owner_has_when_it_begins(
    system: Scope, world: World, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Scope] = []
    monkeypatch.setitem(jobs._runners, KIND, lambda run: seen.append(run.scope) or {})
    before, later = world.scope("street"), world.node("330106002")
    assert not before.sees(later)
    with inside(before, read_only=False):
        job_id = jobs.ask(scope=before, kind=KIND, title="长活", parameters={}, now=clock.now())
    with shared(read_only=False) as register:
        grant_role(scope=register, person_id=before.person_id, role=Role.STREET_OFFICER, node_id=later, reason="兼任",
                   now=clock.now())  # fmt: skip
    assert jobs.work(system=system, job_id=job_id) == "done"
    assert [scope.sees(later) for scope in seen] == [True]


def test_a_job_whose_tenant_was_suspended_meanwhile_does_nothing(
    system: Scope, ask: Callable[[Body], uuid.UUID], world: World
) -> None:
    seen: list[Scope] = []
    job_id = ask(lambda run: seen.append(run.scope) or {})
    Tenant.objects.filter(schema_name=system.schema).update(state=State.SUSPENDED)
    assert jobs.work(system=system, job_id=job_id) == "failed"
    assert seen == []


def test_the_sweep_asks_once_for_all_tenants_and_passes_by_a_broken_one(
    system: Scope, ask: Callable[[Body], uuid.UUID], world: World
) -> None:
    job_id = ask(fine)
    schemas = [world.schema("330102"), system.schema, "public", "no_such_schema"]
    with inside(system, read_only=True):
        assert jobs.open_among(schemas) == [system.schema]
        assert waiting_among(["no_such_schema", world.schema("330102")]) == []
    assert jobs.work(system=system, job_id=job_id) == "done"
    with inside(system, read_only=True):
        assert jobs.open_among(schemas) == []
