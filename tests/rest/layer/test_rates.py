"""How often a program may knock: counted over processes by a real broker, told in headers, and never in the way of work."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.test.utils import modify_settings

from falin.kernel import clock, parameters, quotas, rest
from falin.kernel.rest import limits
from falin.kernel.transactions import inside
from falin.runtime.broker import Broker, start_broker
from tenants.identity import commands
from tenants.identity.models import Binding
from tenants.registry.models import Tenant
from tenants.settings.api import make_statement
from tests.world import World, today

VALUE = parameters.value


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    folder: Path = tmp_path_factory.mktemp("broker")
    found = start_broker(place=folder / "broker", log=folder / "broker.log")
    yield found
    found.stop()


@pytest.fixture
def counted(world: World, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Calls are counted, five a minute and eight a day, in a minute that stands still."""
    rest.count_with(limits.BrokerCounter(broker.url, uuid.uuid4().hex, patience=10.0))  # a busy machine is none away
    moment = clock.now().replace(second=10)
    monkeypatch.setattr("falin.kernel.rest.doors.now", lambda: moment)
    told = {limits.A_MINUTE.key: 5, limits.A_DAY.key: 8}
    monkeypatch.setattr(limits.parameters, "value", lambda parameter, **_: told.get(parameter.key, parameter.default))
    yield monkeypatch
    rest.count_with(None)


def token(world: World, username: str) -> Client:
    own = world.scope(username)
    with inside(own, read_only=False):
        made = commands.make_token(
            scope=own, binding_id=Binding.objects.get(person=own.person_id).id, name="测试", scopes=["advisers.read"],
            origins=[], expires_on=today() + timedelta(days=7), now=clock.now(),
        )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {made.secret}"})


PATH = "/api/v1/advisers/counts/"


def test_what_is_left_is_told_and_who_knocks_too_often_waits(world: World, counted: Any) -> None:
    program = token(world, "county")
    first = program.get(PATH)
    assert first.status_code == 200
    assert first.headers["RateLimit-Policy"] == '"minute";q=5;w=60, "day";q=8;w=86400'
    assert first.headers["RateLimit"].startswith('"minute";r=4;t=50, "day";r=7;t=')
    for _time in range(4):
        assert program.get(PATH).status_code == 200
    refused = program.get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (429, "kernel.too_many_calls")
    assert refused.headers["Retry-After"] == "50"


def test_the_province_says_how_often_and_for_one_body_otherwise(world: World, broker: Broker, counted: Any) -> None:
    counted.setattr(limits.parameters, "value", VALUE)
    leader, said = world.scope("leader"), clock.now() - timedelta(days=2)
    minute, day = limits.A_MINUTE.key, limits.A_DAY.key
    for key, code, value in ((minute, "33", 10), (day, "33", 1_000), (day, "330106", 3_000)):
        with inside(leader, read_only=False):
            make_statement(scope=leader, key=key, node_id=world.node(code), value=value, locked=False, now=said,
                           valid_from=today() - timedelta(days=1), why="程序多")  # fmt: skip
    one, other = token(world, "county"), token(world, "county2")
    assert [one.get(PATH).status_code for _time in range(11)] == [200] * 10 + [429]
    answer = other.get(PATH)
    assert answer.headers["RateLimit-Policy"] == '"minute";q=10;w=60, "day";q=1000;w=86400'
    street = token(world, "street").get(PATH)  # in the county that was given more
    assert street.headers["RateLimit-Policy"] == '"minute";q=10;w=60, "day";q=3000;w=86400'


def test_one_tokens_knocking_is_not_anothers_but_a_bodys_day_is_shared(world: World, counted: Any) -> None:
    one, other = token(world, "county"), token(world, "street")
    for _time in range(5):
        assert one.get(PATH).status_code == 200
    assert [other.get(PATH).status_code for _time in range(4)] == [200, 200, 200, 429]
    assert other.get(PATH).json()["code"] == "kernel.quota_used_up"
    assert token(world, "county2").get(PATH).status_code == 200  # of another body


def test_a_session_knocks_no_oftener_than_a_token_and_spends_nothing_of_the_day(
    world: World, counted: Any, sign_in: Any
) -> None:
    county = sign_in("county")
    assert [county.get(PATH).status_code for _time in range(6)] == [200] * 5 + [429]
    assert county.get("/advisers/").status_code == 200  # pages are not counted
    assert '"day"' not in sign_in("county2").get(PATH).headers["RateLimit"]


def test_a_body_reads_how_many_calls_its_programs_have_made_today(world: World, counted: Any, sign_in: Any) -> None:
    program, county = token(world, "county"), sign_in("county")
    for _time in range(3):
        program.get(PATH)
    with inside(world.scope("county"), read_only=True):
        used = {use.parameter.key: use.used for use in quotas.uses(world.scope("county"), now=clock.now())}
    assert used[limits.A_DAY.key] == 3
    assert "一个单位的程序一天最多调用接口" in county.get("/settings/use/").content.decode()
    tenant = Tenant.objects.get(schema_name=world.scope("county").schema).id
    told = sign_in("operator").get(f"/api/v1/tenants/{tenant}/uses/").json()
    assert {"key": limits.A_DAY.key, "used": 3, "limit": 8} in told


def test_the_day_of_the_calls_begins_at_midnight_here(world: World, counted: Any) -> None:
    program, midnight = (
        token(world, "county"),
        datetime.combine(today() + timedelta(days=1), time(), tzinfo=clock.SHANGHAI),
    )
    told = {}
    for hour in (7, 23, 24):
        counted.setattr("falin.kernel.rest.doors.now", lambda at=hour: midnight + timedelta(hours=at, minutes=30))
        told[hour] = program.get(PATH).headers["RateLimit"]
    assert [f'"day";r={left};' in words for left, words in zip((7, 6, 7), told.values(), strict=True)] == [True] * 3, (
        told
    )


def test_what_is_refused_is_not_done(world: World, counted: Any, sign_in: Any) -> None:
    county = sign_in("county")
    for _time in range(5):
        county.get(PATH)
    body = json.dumps({"name": "浙江来早律师事务所"})
    assert county.post("/api/v1/advisers/firms/", body, "application/json").status_code == 429
    from services.advisers.models import Firm

    assert not Firm.objects.filter(name="浙江来早律师事务所").exists()


def test_every_line_of_a_batch_counts(world: World, counted: Any) -> None:
    lines = [{"method": "GET", "path": PATH}] * 7
    answer = token(world, "county").post("/api/v1/batch/", json.dumps({"requests": lines}), "application/json")
    assert [one["status"] for one in answer.json()["results"]] == [200] * 5 + [429] * 2


def test_a_broker_that_is_away_counts_nobody_and_is_not_asked_each_time(
    world: World, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from falin.runtime.processes import free_port

    counter = limits.BrokerCounter(f"redis://127.0.0.1:{free_port()}/0", "away")
    asked: list[int] = []
    pipeline = counter._broker.pipeline
    monkeypatch.setattr(counter._broker, "pipeline", lambda **more: asked.append(1) or pipeline(**more))
    rest.count_with(counter)
    try:
        county = sign_in("county")
        answers = [county.get(PATH) for _time in range(3)]
    finally:
        rest.count_with(None)
    assert [answer.status_code for answer in answers] == [200] * 3
    assert "RateLimit" not in answers[0].headers
    assert asked == [1]


def test_a_count_is_one_over_processes_and_ends_with_its_time(world: World, broker: Broker) -> None:
    one, other = (limits.BrokerCounter(broker.url, "shared") for _process in range(2))
    assert [one([("x", 60)]), other([("x", 60)]), one([("x", 60), ("y", 60)])] == [[1], [2], [3, 1]]
    assert 0 < one._broker.ttl("falin:calls:shared:x") <= 60


def test_what_was_wired_stays_when_the_list_of_apps_changes_under_way() -> None:
    """Django makes every app ready anew then; once it had the suite's own knocks counted again, and refused."""
    before = list(limits._counter)
    with modify_settings(INSTALLED_APPS={"append": "django.contrib.messages"}):
        assert limits._counter == before == []
