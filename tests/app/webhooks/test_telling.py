"""
What other systems are told: every event once as far as we know, in spite of receivers that are away, slow, or hostile.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from falin.config import tasks
from falin.kernel import outbox, webhooks
from falin.kernel.models import AuditEntry, OutboxEvent, WebhookAttempt, WebhookEndpoint, WebhookMessage
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.kernel.webhooks import sending, signing
from tests.app.webhooks.receiver import Receiver, answer, drip, listening
from tests.world import NOW, World

VISIT = {"visit_id": str(uuid.UUID(int=7)), "adviser_id": str(uuid.UUID(int=8)), "kind": "visit",
         "months": ["2026-11"], "revision": 1, "topic": "借条"}  # fmt: skip


@dataclass
class House:
    """A county with one receiver, and a clock that only the test moves."""

    world: World
    scope: Scope
    now: datetime = NOW
    secret: str = ""
    endpoint: uuid.UUID = field(default_factory=uuid.uuid4)

    def act(self, command: Any, **given: Any) -> Any:
        with inside(self.scope, read_only=False):
            return command(scope=self.scope, now=self.now, **given)

    def happens(self, event: str = "duty.visit.logged", key: str = "visit:7", **payload: Any) -> None:
        with inside(self.scope, read_only=False):
            outbox.put(scope=self.scope, event=event, version=1, key=key, now=self.now,
                       payload={**VISIT, "node_id": self.world.node("330106002001"), **payload})  # fmt: skip
        self.relay()

    def relay(self) -> None:
        with inside(self.scope, read_only=False):
            outbox.deliver_batch(self.scope, now=self.now)

    def send(self) -> int:
        return tasks.tell_receiver(self.scope.schema, str(self.endpoint))

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def told(self, state: str = "") -> list[webhooks.Told]:
        with inside(self.scope, read_only=True):
            return webhooks.list_told(scope=self.scope, endpoint_id=self.endpoint, state=state)

    def shown(self) -> webhooks.Endpoint:
        with inside(self.scope, read_only=True):
            return webhooks.get_endpoint(scope=self.scope, endpoint_id=self.endpoint)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as made:
        yield made


@pytest.fixture
def house(
    world: World, receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> House:  # fmt: skip
    settings.WEBHOOK_NETWORKS = ("127.0.0.1/32",)  # the tests' receiver; everything else inside stays shut
    made = House(world, world.scope("county"))
    monkeypatch.setattr(tasks, "now", lambda: made.now)
    events = ["duty.visit.logged", "duty.month.closed"]
    made.endpoint, made.secret = made.act(webhooks.register_endpoint, name="区司法局业务系统", address=receiver.url,
                                          events=events)  # fmt: skip
    return made


def test_a_receiver_is_told_of_what_it_asked_for_signed_and_with_the_offered_fields_only(
    house: House, receiver: Receiver
) -> None:
    house.happens()
    house.happens("duty.visit.voided", "visit:8")
    assert house.send() == 1
    (got,) = receiver.got
    assert got.body == {
        "type": "duty.visit.logged", "timestamp": NOW.isoformat(), "version": 1,
        "data": {"visit_id": VISIT["visit_id"], "adviser_id": VISIT["adviser_id"], "kind": "visit",
                 "months": ["2026-11"], "revision": 1,
                 "place": {"code": "330106002001", "name": "宝石社区", "level": 5}},
    }  # fmt: skip
    assert got.signed_with(house.secret)
    (told,) = house.told()
    assert (told.state, told.message_id, [one.outcome for one in told.tries]) == ("told", got.id, ["ok"])


def test_an_event_delivered_twice_by_the_relay_is_told_once(house: House, receiver: Receiver) -> None:
    house.happens()
    with inside(house.scope, read_only=False):
        OutboxEvent.objects.update(delivered_at=None)  # a relay that was killed before it said so
    house.relay()
    house.send()
    house.send()
    assert len(receiver.got) == 1


def test_a_receiver_away_for_an_hour_misses_nothing_and_gets_nothing_twice(house: House, receiver: Receiver) -> None:
    receiver.behave = lambda handler: answer(handler, 503)
    for number in range(12):
        house.happens(key=f"visit:{number}", revision=number)
    tried = 0
    for _minute in range(60):
        house.later(minutes=1)
        tried += house.send()
    assert tried > 12  # it was asked again and again, and each failure ended the round
    assert len(house.told("waiting")) == 12
    receiver.got.clear()
    receiver.behave = lambda handler: answer(handler, 200)
    for _minute in range(180):
        house.later(minutes=1)
        house.send()
    assert sorted(one.body["data"]["revision"] for one in receiver.got) == list(range(12))
    assert len({one.id for one in receiver.got}) == 12
    assert {one.state for one in house.told()} == {"told"}
    assert house.shown().failing_since is None


def test_tries_carry_the_same_id_so_that_a_receiver_can_tell_a_repetition(house: House, receiver: Receiver) -> None:
    receiver.behave = lambda handler: answer(handler, 500)
    house.happens()
    house.send()
    house.later(minutes=1)
    house.send()
    assert len(receiver.got) == 2
    assert len({one.id for one in receiver.got}) == 1


def test_a_sender_killed_after_the_answer_leaves_the_message_to_the_next(house: House, receiver: Receiver) -> None:
    house.happens()
    with inside(house.scope, read_only=False):
        parcels = webhooks.claim(scope=house.scope, endpoint_id=house.endpoint, now=house.now)
    assert len(parcels) == 1
    assert house.send() == 0  # nobody else sends while the claim stands
    house.later(minutes=10)
    assert house.send() == 1
    assert [one.state for one in house.told()] == ["told"]


def test_after_the_last_try_a_person_decides_and_may_have_it_sent_again(house: House, receiver: Receiver) -> None:
    receiver.behave = lambda handler: answer(handler, 500)
    house.happens()
    for wait in (*signing.WAITS, timedelta(0)):
        house.send()
        house.later(seconds=wait.total_seconds())
    (given_up,) = house.told("given_up")
    assert given_up.attempts == len(signing.WAITS) + 1
    house.later(days=40)
    assert house.send() == 0
    receiver.behave = lambda handler: answer(handler, 200)
    assert house.act(webhooks.tell_again, endpoint_id=house.endpoint, messages=[given_up.id]) == 1
    house.send()
    assert [one.state for one in house.told()] == ["told"]
    assert receiver.got[-1].id == given_up.message_id


def test_everything_since_a_moment_can_be_told_again(house: House, receiver: Receiver) -> None:
    for number in range(3):
        house.happens(key=f"visit:{number}", revision=number)
        house.later(hours=1)
    house.send()
    receiver.got.clear()
    assert house.act(webhooks.tell_again_since, endpoint_id=house.endpoint, since=NOW + timedelta(minutes=30)) == 2
    house.send()
    assert sorted(one.body["data"]["revision"] for one in receiver.got) == [1, 2]


def test_a_receiver_that_asks_for_time_is_given_it(house: House, receiver: Receiver) -> None:
    receiver.behave = lambda handler: answer(handler, 429, Retry_After="1800")
    house.happens()
    house.send()
    house.later(minutes=29)
    assert house.send() == 0
    house.later(minutes=2)
    assert house.send() == 1


def test_a_receiver_that_says_gone_is_not_asked_again_until_somebody_wishes_it(
    house: House, receiver: Receiver
) -> None:
    receiver.behave = lambda handler: answer(handler, 410)
    house.happens()
    house.send()
    house.later(days=1)
    house.happens(key="visit:9")
    assert house.send() == 0
    assert house.shown().stopped == "gone"
    with inside(house.scope, read_only=True):
        assert AuditEntry.objects.filter(act="webhooks.endpoint.stopped").count() == 1
    receiver.behave = lambda handler: answer(handler, 200)
    house.act(webhooks.resume_endpoint, endpoint_id=house.endpoint)
    receiver.got.clear()
    house.send()
    assert len(receiver.got) == 2  # what waited meanwhile is not lost


def test_a_receiver_failing_for_five_days_is_stopped_and_what_happens_waits(house: House, receiver: Receiver) -> None:
    receiver.behave = lambda handler: answer(handler, 500)
    house.happens()
    for day in range(7):
        house.send()
        house.later(days=1)
        house.happens(key=f"visit:{day}")
    assert house.shown().stopped == "failing"
    assert house.send() == 0
    assert house.shown().waiting == 8


def test_a_slow_receiver_costs_ten_seconds_at_most_however_it_drips(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "DEADLINE", 0.4)
    receiver.behave = drip
    house.happens()
    house.send()
    (told,) = house.told()
    assert [one.outcome for one in told.tries] == ["too_slow"]
    assert told.tries[0].milliseconds < 2000


def test_a_receiver_that_sends_on_is_not_followed(house: House, receiver: Receiver) -> None:
    with listening() as inner:
        receiver.behave = lambda handler: answer(handler, 307, Location=inner.url)
        house.happens()
        house.send()
        assert inner.got == []
    assert [one.outcome for one in house.told()[0].tries] == ["redirect"]


@pytest.mark.parametrize("address", [
    "https://127.0.0.1:1/", "http://localhost:1/", "https://[::1]/", "https://10.0.0.1/", "https://169.254.169.254/latest",
    "https://[::ffff:10.0.0.1]/", "https://0x7f000001/", "https://2130706433/", "https://127.1/",
])  # fmt: skip
def test_no_request_goes_to_an_inner_address(address: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_NETWORKS = ()

    def never(*args: object, **more: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", never)
    assert sending.post(address, b"{}", {}).outcome == "inner"


def test_a_name_with_one_inner_address_among_its_answers_is_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_NETWORKS = ()
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("223.5.5.5", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: found)
    assert sending.post("https://two-faced.example/", b"{}", {}).outcome == "inner"


def test_a_name_that_changes_its_answer_is_connected_to_where_it_was_checked(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_NETWORKS = ()
    answers, asked = iter(["223.5.5.5", "10.0.0.1"]), []
    monkeypatch.setattr(
        socket, "getaddrinfo",
        lambda *args, **more: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))],
    )  # fmt: skip

    def connect(address: tuple[str, int], *args: object, **more: object) -> None:
        asked.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert sending.post("https://rebinding.example/", b"{}", {}).outcome == "unreachable"
    assert asked == ["223.5.5.5"]


def test_without_encryption_only_networks_the_operator_named_are_reached(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_NETWORKS = ()
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **more: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("223.5.5.5", 80))]
    )
    assert sending.post("http://plain.example/", b"{}", {}).outcome == "inner"


def test_a_new_secret_signs_at_once_and_the_old_one_for_a_day(house: House, receiver: Receiver) -> None:
    new = house.act(webhooks.rotate_secret, endpoint_id=house.endpoint)
    house.happens()
    house.send()
    house.later(hours=25)
    house.happens(key="visit:9")
    house.send()
    first, second = receiver.got
    assert first.signed_with(new) and first.signed_with(house.secret)
    assert second.signed_with(new) and not second.signed_with(house.secret)


def test_a_secret_lies_encrypted_and_is_booked_nowhere(house: House) -> None:
    new = house.act(webhooks.rotate_secret, endpoint_id=house.endpoint)
    with inside(house.scope, read_only=True):
        row = WebhookEndpoint.objects.get()
        for secret in (house.secret, new):
            for column in (row.secret_sealed, row.earlier_sealed):
                assert secret.encode() not in bytes(column)
            assert secret not in str(list(AuditEntry.objects.values()))


def test_a_trial_is_one_message_that_says_nothing(house: House, receiver: Receiver) -> None:
    house.act(webhooks.try_endpoint, endpoint_id=house.endpoint)
    house.send()
    assert receiver.events == ["webhooks.ping"]


def test_a_neighbours_receiver_hears_nothing_and_cannot_be_touched(house: House, receiver: Receiver) -> None:
    neighbour = house.world.scope("county2")
    with inside(neighbour, read_only=False):
        with pytest.raises(Missing):
            webhooks.remove_endpoint(scope=neighbour, endpoint_id=house.endpoint, now=NOW)
        outbox.put(scope=neighbour, event="duty.visit.logged", version=1, key="visit:1", now=NOW, payload=VISIT)
    with inside(neighbour, read_only=False):
        outbox.deliver_batch(neighbour, now=NOW)
        assert WebhookMessage.objects.count() == 0
    house.send()
    assert receiver.got == []


def test_the_sweep_names_who_is_due_something_and_nobody_else(house: House, receiver: Receiver) -> None:
    schemas = [house.scope.schema, house.world.schema("330102"), "no_such_schema"]
    assert webhooks.pending_among(schemas) == []
    house.happens()
    assert webhooks.pending_among(schemas) == [(house.scope.schema, house.endpoint)]
    house.act(webhooks.stop_endpoint, endpoint_id=house.endpoint)
    assert webhooks.pending_among(schemas) == []
    house.act(webhooks.resume_endpoint, endpoint_id=house.endpoint)
    house.later(days=36_500)  # the next try lies in another century
    receiver.behave = lambda handler: answer(handler, 500)
    house.send()
    assert webhooks.pending_among(schemas) == []


def test_an_event_from_before_a_receiver_was_added_is_not_told(house: House, receiver: Receiver) -> None:
    with inside(house.scope, read_only=False):
        outbox.put(scope=house.scope, event="duty.visit.logged", version=1, key="v", now=NOW - timedelta(days=1),
                   payload=VISIT)  # fmt: skip
    house.relay()
    house.send()
    assert receiver.got == []


def test_removing_a_receiver_removes_what_was_noted_of_it(house: House) -> None:
    house.happens()
    house.send()
    house.act(webhooks.remove_endpoint, endpoint_id=house.endpoint)
    with inside(house.scope, read_only=True):
        left = (WebhookEndpoint, WebhookMessage, WebhookAttempt)
        assert [model.objects.count() for model in left] == [0, 0, 0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("field", "value"), [
    ("name", " "), ("name", "x" * 81), ("events", []), ("events", ["identity.person.created"]), ("address", "example.org"),
    ("address", "ftp://example.org/"), ("address", "https://"), ("address", "https://a:b@example.org/"),
    ("address", "https://example.org/#x"), ("address", "https://exa mple.org/"), ("address", "https://example.org:99999/"),
    ("address", "https://示例.中国/"), ("address", "https://example.org/" + "a" * 500),
    ("address", "javascript:alert(1)"), ("address", "https://example.org/\nX: y"),
])  # fmt: skip
def test_what_cannot_be_a_receiver_is_refused_at_its_field(house: House, field: str, value: Any) -> None:
    given = {"name": "业务系统", "address": "https://example.org/hook", "events": ["duty.visit.logged"], field: value}
    with pytest.raises(Invalid) as refused:
        house.act(webhooks.register_endpoint, **given)
    assert refused.value.field == field
    with inside(house.scope, read_only=True):
        assert WebhookEndpoint.objects.count() == 1


def test_a_tenant_has_twenty_receivers_at_most(house: House) -> None:
    for number in range(19):
        house.act(webhooks.register_endpoint, name=f"系统{number}", address="https://example.org/",
                  events=["duty.visit.logged"])  # fmt: skip
    with pytest.raises(Refused, match="too_many"):
        house.act(
            webhooks.register_endpoint, name="多一个", address="https://example.org/", events=["duty.visit.logged"]
        )


@pytest.mark.parametrize("who", ["street", "leader", "auditor"])
def test_who_does_not_manage_receivers_may_not_even_read_them(house: House, who: str) -> None:
    scope = house.world.scope(who)
    with inside(scope, read_only=True), pytest.raises(Forbidden):
        webhooks.list_endpoints(scope=scope)
