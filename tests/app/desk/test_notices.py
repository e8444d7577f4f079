"""People are told: once, in their own list, by the way they chose, together, and not at night."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from falin.kernel import relay
from falin.kernel.clock import SHANGHAI
from falin.kernel.periods import Month
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.desk import commands, queries
from services.desk.models import Notice
from services.desk.tasks import look_ahead, send_due
from services.desk.types import NoticeKind, NoticePage, Way
from services.duty.commands import remind
from tenants.identity.api import system_of
from tenants.identity.models import Binding, Person
from tenants.identity.signing import sending
from tenants.registry.api import find_by_schema
from tests.app.duty.cast import GEM, SINCE, VILLAGE, Adviser, engage
from tests.world import NOW, World

NIGHT = datetime(2026, 11, 16, 23, 0, tzinfo=SHANGHAI)
MORNING = datetime(2026, 11, 17, 8, 5, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def a_clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def _system(world: World, county: str = "330106") -> Scope:
    tenant = find_by_schema(world.schema(county))
    assert tenant is not None
    return system_of(tenant)


def _relay(world: World) -> None:
    system = _system(world)
    relay.drain({system.schema: system}, clock=lambda: NOW)


def _page(scope: Scope, **more: Any) -> NoticePage:
    with inside(scope, read_only=True):
        return queries.list_notices(scope=scope, **more)


def _remind(world: World, adviser: Adviser, code: str = VILLAGE) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        remind(scope=scope, node_id=world.node(code), adviser_id=adviser.id, month=Month.of(NOW), now=NOW)


def _told(world: World) -> Adviser:
    """An adviser with an account and an address, told of two appointments."""
    adviser = engage(world, begins_on=SINCE)
    Person.objects.filter(username=adviser.username).update(email="lu@example.org")
    _relay(world)
    return adviser


def test_an_adviser_is_told_of_his_appointments_and_of_missing_hours_in_words(world: World) -> None:
    adviser = _told(world)
    _remind(world, adviser)
    _relay(world)
    page = _page(adviser.scope(world))
    assert page.unread == 3
    assert [one.sentence for one in page.rows] == [
        "湖埠村：2026年11月还差 8 小时，请抽空到社区。",
        "您从 2026年1月1日起担任宝石社区的法律顾问。",
        "您从 2026年1月1日起担任湖埠村的法律顾问。",
    ]


def test_an_event_that_is_delivered_again_tells_nothing_again(world: World) -> None:
    adviser = _told(world)
    from falin.kernel.models import OutboxEvent

    with inside(_system(world), read_only=False):
        OutboxEvent.objects.filter(event="advisers.adviser.appointed").update(delivered_at=None)
    _relay(world)
    assert _page(adviser.scope(world)).unread == 2


def test_a_notice_is_read_by_its_reader_alone(world: World) -> None:
    adviser = _told(world)
    other = engage(world, "顾听澜", username="gutinglan", number=2, places=(("county", GEM),))
    scope, theirs = adviser.scope(world), other.scope(world)
    number = _page(scope).rows[0].id
    with pytest.raises(Missing), inside(theirs, read_only=False):
        commands.mark_read(scope=theirs, notice_id=number, now=NOW)
    with inside(theirs, read_only=False):
        commands.mark_all_read(scope=theirs, now=NOW)
    assert _page(scope).unread == 2
    with inside(scope, read_only=False):
        assert commands.mark_read(scope=scope, notice_id=number, now=NOW)[0] == NoticeKind.APPOINTED
    assert [one.read_at for one in _page(scope).rows] == [NOW, None]
    assert [one.id for one in _page(scope, unread_only=True).rows] == [number - 1]


def test_a_long_list_is_turned_by_key(world: World) -> None:
    adviser = _told(world)
    scope = adviser.scope(world)
    first = _page(scope, size=1)
    second = _page(scope, size=1, before=first.next_before)
    assert first.rows[0].id > second.rows[0].id
    assert second.next_before is None


def test_what_is_due_goes_out_in_one_mail(world: World) -> None:
    _told(world)
    assert send_due(_system(world)) == 2
    (sent,) = mail.outbox
    assert sent.to == ["lu@example.org"] and sent.subject == "法邻：您有 2 条新通知"
    assert "宝石社区" in sent.body and "湖埠村" in sent.body
    assert send_due(_system(world)) == 0 and len(mail.outbox) == 1


def test_a_text_message_says_only_that_there_is_something(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    adviser, texts = _told(world), []
    monkeypatch.setattr(sending, "send_sms", lambda number, text: texts.append((number, text)))
    monkeypatch.setattr(sending, "phone_of", lambda person: "13900001234")
    with inside(_system(world), read_only=False):
        Notice.objects.update(way=Way.SMS)
    assert send_due(_system(world)) == 2
    assert texts == [("13900001234", "法邻：您有 2 条新通知，请登录查看。")]
    assert adviser and mail.outbox == []


def test_at_night_nothing_goes_out_and_in_the_morning_all_of_it(world: World, a_clock: Any) -> None:
    _told(world)
    a_clock.move_to(NIGHT, tick=False)
    assert send_due(_system(world)) == 0 and mail.outbox == []
    a_clock.move_to(MORNING, tick=False)
    assert send_due(_system(world)) == 2 and len(mail.outbox) == 1


def test_what_was_read_meanwhile_and_what_nobody_wants_by_mail_is_not_sent(world: World) -> None:
    adviser = _told(world)
    scope = adviser.scope(world)
    with inside(scope, read_only=False):
        commands.mark_read(scope=scope, notice_id=_first(scope), now=NOW)
        commands.choose_way(scope=scope, kind=NoticeKind.HOURS_MISSING, way=Way.NONE, now=NOW)
    _remind(world, adviser)
    _relay(world)
    assert send_due(_system(world)) == 1
    assert "湖埠村" in mail.outbox[0].body and "还差" not in mail.outbox[0].body


def _first(scope: Scope) -> int:
    return int(Notice.objects.filter(person_id=scope.person_id).latest("id").id)


def test_what_could_not_be_sent_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _told(world)

    def away(*_: Any) -> None:
        raise sending.NotSent("mail: OSError")

    with monkeypatch.context() as broken:
        broken.setattr(sending, "send_email", away)
        assert send_due(_system(world)) == 0
    assert send_due(_system(world)) == 2


def test_who_died_while_sending_is_followed_by_another_after_a_while(world: World, a_clock: Any) -> None:
    _told(world)
    system = _system(world)
    with inside(system, read_only=False):
        assert commands.claim_due(scope=system, now=NOW)
    assert send_due(system) == 0
    a_clock.move_to(NOW + timedelta(minutes=16), tick=False)
    assert send_due(system) == 2


def test_nobody_chooses_for_a_kind_that_never_comes_to_him(world: World) -> None:
    scope = world.scope("county")
    with pytest.raises(Missing), inside(scope, read_only=False):
        commands.choose_way(scope=scope, kind=NoticeKind.APPOINTED, way=Way.NONE, now=NOW)
    with inside(scope, read_only=True):
        kinds = {choice.kind for choice in queries.list_choices(scope=scope)}
    assert kinds == {NoticeKind.CONTRACTS_ENDING, NoticeKind.ROLE_ENDING, NoticeKind.FEEDBACK_ANSWERED,
                     NoticeKind.MENTIONED, NoticeKind.CORRECTION_ASKED, NoticeKind.EXPORT_HELD,
                     NoticeKind.EXPORT_DECIDED, NoticeKind.DECISION_WAITS, NoticeKind.JOB_ENDED,
                     NoticeKind.CORRECTION_DECLINED, NoticeKind.ROLES_PARTED}  # fmt: skip


def test_what_ends_within_a_month_is_told_ahead_once(world: World) -> None:
    engage(world, begins_on=SINCE, ends_on=date(2026, 12, 10))
    street = world.scope("street")
    Binding.objects.filter(person_id=street.person_id).update(valid_to=date(2026, 12, 1))
    system = _system(world)
    for _night in range(2):
        with inside(system, read_only=False):
            look_ahead(system, NOW)
    assert [one.sentence for one in _page(world.scope("county")).rows] == [
        "2026年12月10日有 2 份聘任到期，请安排续聘或者换人。"
    ]
    assert [one.sentence for one in _page(street).rows] == [
        "您在双浦镇的身份 2026年12月1日到期。要续的话，请联系给您授予的单位。"
    ]
    with inside(system, read_only=False):
        look_ahead(system, NOW + timedelta(days=10))  # the last week: once more
    assert _page(street).unread == 2
