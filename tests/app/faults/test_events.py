"""Events: at least once, in order per thing; one that cannot be delivered holds up its own thing and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, close_old_connections, connection, transaction

from falin.kernel import outbox, relay
from falin.kernel.models import OutboxEvent
from falin.kernel.outbox import MAX_ATTEMPTS, Event
from falin.kernel.periods import Month
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.indicators.api import publish_month
from services.indicators.models import Figure, Run
from services.indicators.tasks import on_month_rolled_up
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
from tests.app.duty.cast import engage, log
from tests.world import NOW, World

EVENT = "faults.thing.happened"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment

    def on(self, delta: timedelta) -> None:
        self.moment += delta


@pytest.fixture
def system(world: World) -> Scope:
    return system_of(find_by_schema(world.schema("330106")))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the handler was given, as (key, number). A payload with ``poison`` makes it fail."""
    given: list[tuple[str, int]] = []

    def handler(scope: Scope, event: Event) -> None:
        if event.payload.get("poison"):
            raise ValueError("a word of somebody's that stands in no list")
        given.append((event.key, event.payload["n"]))

    monkeypatch.setitem(outbox._handlers, EVENT, [handler])
    return given


def put(world: World, key: str, n: int, **payload: Any) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        outbox.put(scope=scope, event=EVENT, version=1, key=key, payload={"n": n, **payload}, now=NOW)


def rounds(system: Scope, clock: Clock, count: int = MAX_ATTEMPTS) -> None:
    for _n in range(count):
        relay.drain({system.schema: system}, clock=clock)
        clock.on(timedelta(minutes=6))  # longer than the longest pause


def test_a_poison_event_is_set_aside_its_thing_waits_and_others_go_on(
    world: World, system: Scope, heard: list[tuple[str, int]]
) -> None:
    clock = Clock()
    put(world, "a", 1, poison=True)
    put(world, "a", 2)
    put(world, "b", 3)
    rounds(system, clock, 1)
    assert heard == [("b", 3)]
    rounds(system, clock, MAX_ATTEMPTS - 1)
    put(world, "b", 4)
    rounds(system, clock, 2)
    assert heard == [("b", 3), ("b", 4)]
    with inside(system, read_only=True):
        assert [(one["event"], one["key"], one["attempts"]) for one in outbox.list_set_aside()] == [
            (EVENT, "a", MAX_ATTEMPTS)
        ]
        assert outbox.lag(now=clock())[::2] == (1, 1)


def test_very_many_events_behind_a_poison_one_do_not_hold_up_other_things(
    world: World, system: Scope, heard: list[tuple[str, int]]
) -> None:
    scope = world.scope("county")
    put(world, "a", 0, poison=True)
    with inside(scope, read_only=False):
        OutboxEvent.objects.bulk_create(
            OutboxEvent(event=EVENT, version=1, key="a", payload={"n": n}, at=NOW) for n in range(1, 500)
        )
    put(world, "b", 1)
    rounds(system, Clock(), 1)
    assert heard == [("b", 1)]


def test_the_operator_sees_it_without_its_words_and_sends_it_again(
    world: World, system: Scope, heard: list[tuple[str, int]], sign_in: Any
) -> None:
    clock = Clock()
    put(world, "a", 1, poison=True)
    put(world, "a", 2)
    rounds(system, clock)
    relay.measure({system.schema: system}, clock=clock)
    operator = sign_in("operator")
    page = operator.get("/events/").content.decode()
    assert EVENT in page
    assert "ValueError" in page
    assert "a word of somebody's" not in page
    with inside(system, read_only=False):
        row = OutboxEvent.objects.get(key="a", payload__n=1)
        row.payload = {"n": 1}  # somebody mended the cause
        row.save(update_fields=["payload"])
    assert operator.post("/events/", {"event": f"{system.schema}:{row.id}"}).status_code == 302
    relay.measure({system.schema: system}, clock=clock)
    rounds(system, clock, 1)
    assert heard == [("a", 1), ("a", 2)]
    relay.measure({system.schema: system}, clock=clock)
    assert "ValueError" not in operator.get("/events/").content.decode()


def test_what_does_not_stand_aside_cannot_be_sent_again(world: World, system: Scope, sign_in: Any) -> None:
    relay.measure({system.schema: system}, clock=Clock())
    with pytest.raises(Missing):
        relay.ask_again(schema=system.schema, event_id=1, now=NOW)
    assert sign_in("operator").post("/events/", {"event": "nowhere:1"}).status_code == 404


def test_a_wish_made_while_the_relay_measures_is_not_lost(
    world: World, system: Scope, heard: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    put(world, "a", 1, poison=True)
    rounds(system, clock)
    relay.measure({system.schema: system}, clock=clock)
    with inside(system, read_only=True):
        (aside,) = outbox.list_set_aside()
    stock = outbox.lag

    def lag(*, now: datetime) -> tuple[int, float, int]:
        monkeypatch.setattr(outbox, "lag", stock)
        late.append(aside["id"])
        return stock(now=now)

    late: list[int] = []
    monkeypatch.setattr(outbox, "lag", lag)
    stock_shared = relay.shared

    def shared(*, read_only: bool) -> Any:
        if late:
            relay.ask_again(schema=system.schema, event_id=late.pop(), now=clock())
        return stock_shared(read_only=read_only)

    monkeypatch.setattr(relay, "shared", shared)
    relay.measure({system.schema: system}, clock=clock)
    relay.measure({system.schema: system}, clock=clock)
    with inside(system, read_only=True):
        assert OutboxEvent.objects.get(id=aside["id"]).set_aside_at is None


def test_a_second_relay_does_not_overtake_the_first(
    world: World, system: Scope, heard: list[tuple[str, int]]
) -> None:  # a killed relay's transaction may outlive it a moment
    put(world, "a", 1)
    put(world, "a", 2)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"kernel.outbox:{system.schema}"])
        rounds(system, Clock(), 1)
        assert heard == []
    finally:
        other.rollback()
        other.close()
    rounds(system, Clock(), 1)
    assert heard == [("a", 1), ("a", 2)]


def test_a_tenant_that_cannot_be_delivered_at_all_holds_up_no_other(
    world: World, system: Scope, heard: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = system_of(find_by_schema(world.schema("330102")))
    scope = world.scope("county2")
    with inside(scope, read_only=False):
        outbox.put(scope=scope, event=EVENT, version=1, key="theirs", payload={"n": 1}, now=NOW)
    put(world, "ours", 2)
    stock = outbox.deliver_batch

    def deliver_batch(scope: Scope, **more: Any) -> int:
        if scope.schema == other.schema:
            raise ZeroDivisionError
        return stock(scope, **more)

    monkeypatch.setattr(outbox, "deliver_batch", deliver_batch)
    relay.drain({other.schema: other, system.schema: system}, clock=Clock())
    assert heard == [("ours", 2)]


def test_a_relay_thrown_out_in_the_middle_delivers_again_and_nothing_happens_twice(
    world: World, system: Scope, throw_out: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world, "a", 1)
    calls: list[int] = []

    def handler(scope: Scope, event: Event) -> None:
        calls.append(event.id)
        outbox.put(scope=scope, event="faults.effect", version=1, key="effect", payload={}, now=NOW)
        if len(calls) == 1:
            throw_out()

    monkeypatch.setitem(outbox._handlers, EVENT, [handler])
    with pytest.raises(OperationalError):
        relay.drain({system.schema: system}, clock=Clock())
    close_old_connections()
    relay.drain({system.schema: system}, clock=Clock())
    assert len(calls) == 2
    with inside(system, read_only=True):
        assert OutboxEvent.objects.filter(event="faults.effect").count() == 1
        assert OutboxEvent.objects.get(event=EVENT).attempts == 0


def test_the_board_handler_called_twice_has_no_second_effect(world: World, system: Scope) -> None:
    log(world, engage(world).scope(world))
    county = world.scope("county")
    with inside(county, read_only=False):
        publish_month(scope=county, month=Month.parse("2026-11"), now=NOW)
    with inside(system, read_only=True):
        row = OutboxEvent.objects.get(event="indicators.month.rolled_up")
        event = Event(id=row.id, event=row.event, version=row.version, key=row.key, payload=row.payload, at=row.at)
    relay.drain({system.schema: system}, clock=Clock())
    seen = []
    for again in (False, True):
        with inside(system, read_only=False):
            if again:
                on_month_rolled_up(system, event)
            assert not transaction.get_rollback()
            seen.append((
                sorted(Figure.objects.values_list("id", "node_id", "visits", "minutes", "edition", "published_at")),
                list(Run.objects.values_list("id", "published_at")),
                OutboxEvent.objects.count(),
            ))  # fmt: skip
    assert seen[0] == seen[1]
    assert seen[0][0]


def test_the_relay_waits_for_a_database_that_went_away(
    world: World, system: Scope, heard: list[tuple[str, int]], throw_out: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    put(world, "a", 1)
    turns: list[int] = []

    def stopped() -> bool:
        turns.append(1)
        if len(turns) == 2:
            put(world, "a", 2)
            throw_out()
        return len(turns) > 4

    monkeypatch.setattr(relay.time, "sleep", lambda seconds: None)
    relay.run(lambda: {system.schema: system}, clock=Clock(), stopped=stopped, pause=0)
    assert heard == [("a", 1), ("a", 2)]
