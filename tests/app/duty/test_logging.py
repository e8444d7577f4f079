"""Logging a visit: what is written, what is refused and where, and what a second sending does."""

from __future__ import annotations

import threading
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel.files import open_file
from falin.kernel.models import AuditEntry, OutboxEvent, StoredFile
from falin.kernel.periods import Month
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.transactions import inside
from services.duty.commands import close_month, log_visit
from services.duty.models import Visit
from services.duty.queries import dirty_months, get_my_visit, list_visit_lines, month_hours
from services.duty.types import VisitKind
from tenants.identity.api import read_signed_in, scope_of
from tests.app.duty.cast import GEM, SPRING, VILLAGE, a_visit, at, engage, log, traces, without
from tests.world import NOW, World

DAY = date(2026, 11, 12)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def test_a_visit_is_booked_with_its_audit_its_event_and_the_month_marked(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope)
    with inside(scope, read_only=True):
        assert get_my_visit(scope=scope, visit_id=made.id) == made
        audit = AuditEntry.objects.get(act="duty.visit.logged")
        event = OutboxEvent.objects.get(event="duty.visit.logged")
        assert dirty_months(scope=scope) == [Month(2026, 11)]
    assert made.content.minutes == 180 and made.adviser_name == "陆知微"
    assert (audit.subject_id, audit.person_id, audit.node_id) == (str(made.id), scope.person_id, world.node(VILLAGE))
    assert "note" not in audit.after and "宅基地" not in str(audit.after)
    assert (event.version, event.key, event.payload["months"]) == (1, f"visit:{made.id}", ["2026-11"])


def test_logging_takes_eight_statements(world: World) -> None:
    scope = engage(world).scope(world)
    log(world, scope, begins_at=at(DAY, 6), ends_at=at(DAY, 7))
    sent = a_visit(world)
    with inside(scope, read_only=False):
        connection.cursor().execute("select 1")  # the scope has entered
        with CaptureQueriesContext(connection) as asked:
            log_visit(scope=scope, now=NOW, **sent)  # type: ignore[arg-type]
    statements = [query["sql"].split("(")[0][:60] for query in asked]
    assert len(statements) == 8, statements


REFUSALS: list[tuple[str, str, dict[str, Any]]] = [
    ("duty.ends_before_it_begins", "ends_at", {"ends_at": at(DAY, 9)}),
    ("duty.ends_before_it_begins", "ends_at", {"ends_at": at(DAY, 8)}),
    ("duty.too_long_ago", "begins_at", {"begins_at": at(date(1999, 12, 31), 9)}),
    ("duty.in_the_future", "begins_at", {"begins_at": NOW + timedelta(hours=1), "ends_at": NOW + timedelta(hours=2)}),
    ("duty.in_the_future", "ends_at", {"begins_at": NOW - timedelta(hours=1), "ends_at": NOW + timedelta(minutes=1)}),
    ("duty.too_short", "ends_at", {"ends_at": at(DAY, 9, 4)}),
    ("duty.too_long", "ends_at", {"ends_at": at(DAY, 21, 1)}),
    ("duty.topic_missing", "topic", {"kind": VisitKind.LECTURE, "attendees": 20}),
    ("duty.attendees_missing", "attendees", {"kind": VisitKind.LECTURE, "topic": "民法典与邻里"}),
    ("duty.attendees_too_many", "attendees", {"kind": VisitKind.LECTURE, "topic": "民法典与邻里", "attendees": 20_001}),
    ("duty.topic_too_long", "topic", {"topic": "长" * 101}),
    ("duty.note_too_long", "note", {"note": "长" * 2001}),
    ("duty.numbers", "note", {"note": "张大妈问遗产，电话 138 1234 5678"}),
    ("duty.numbers", "note", {"note": "身份证３３０１０６１９８５０１０１００１１"}),
    ("duty.numbers", "topic", {"topic": "答复13812345678的来电"}),
    ("duty.not_appointed", "node_id", {"begins_at": at(date(2025, 12, 31), 9), "ends_at": at(date(2025, 12, 31), 10)}),
]


def test_what_cannot_be_is_refused_at_its_field_and_leaves_nothing(world: World) -> None:
    scope = engage(world).scope(world)
    before = traces(world)
    for code, field, changes in REFUSALS:
        with pytest.raises(Refused) as refused:
            log(world, scope, **changes)
        assert (refused.value.code, refused.value.field) == (code, field)
        assert traces(world) == before, code


def test_a_place_he_is_not_appointed_at_is_refused_with_one_and_the_same_sentence(world: World) -> None:
    scope = engage(world).scope(world)
    before = traces(world)
    sentences = set()
    for node in (world.node("330106109201"), world.node(SPRING), world.node("330106"), 999_999):
        with pytest.raises(Refused) as refused:
            log(world, scope, node_id=node)
        assert (refused.value.code, refused.value.field) == ("duty.not_appointed", "node_id")
        sentences.add(refused.value.message)
    assert len(sentences) == 1
    assert traces(world) == before


def test_a_visit_may_end_this_very_minute_and_seconds_are_left_out(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope, begins_at=NOW - timedelta(minutes=5, seconds=-30), ends_at=NOW + timedelta(seconds=59))
    assert (made.content.begins_at, made.content.ends_at) == (NOW - timedelta(minutes=5), NOW)


def test_an_adviser_cannot_be_in_two_counties_at_once_and_is_not_told_where_he_was(world: World) -> None:
    adviser = engage(world, places=(("county", VILLAGE), ("county2", SPRING)))
    log(world, adviser.scope(world, "330102"), node_id=world.node(SPRING))
    before = traces(world), traces(world, "county2")
    with pytest.raises(Refused) as refused:
        log(world, adviser.scope(world), begins_at=at(DAY, 11), ends_at=at(DAY, 13))
    assert (refused.value.code, refused.value.field) == ("duty.overlap", "begins_at")
    assert "清波门" not in refused.value.message and "上城" not in refused.value.message
    assert (traces(world), traces(world, "county2")) == before


def test_one_visit_may_begin_when_another_ends(world: World) -> None:
    scope = engage(world).scope(world)
    log(world, scope)
    log(world, scope, begins_at=at(DAY, 12), ends_at=at(DAY, 13), node_id=world.node(GEM))
    assert traces(world).visits == 2


def test_two_advisers_may_be_in_one_place_at_once(world: World) -> None:
    log(world, engage(world).scope(world))
    log(world, engage(world, "宋书遥", username="songshuyao", number=2).scope(world))
    assert traces(world).visits == 2


def test_the_same_visit_sent_again_writes_nothing(world: World) -> None:
    scope = engage(world).scope(world)
    sent = a_visit(world)
    first = log(world, scope, **sent)
    before = traces(world)
    assert log(world, scope, now=NOW + timedelta(hours=1), **sent) == first
    assert traces(world) == before


def test_the_same_visit_sent_again_after_its_month_was_closed_is_still_answered(world: World) -> None:
    scope = engage(world).scope(world)
    day = date(2026, 10, 20)
    sent = a_visit(world, begins_at=at(day, 9), ends_at=at(day, 11))
    first = log(world, scope, **sent)
    with inside(world.scope("county"), read_only=False):
        close_month(scope=world.scope("county"), month=Month(2026, 10), now=NOW)
    assert log(world, scope, **sent) == first


def test_one_id_for_two_different_visits_is_refused(world: World) -> None:
    scope = engage(world).scope(world)
    sent = a_visit(world)
    log(world, scope, **sent)
    before = traces(world)
    for changes in ({"note": "别的"}, {"ends_at": at(DAY, 11)}):
        with pytest.raises(Refused) as refused:
            log(world, scope, **{**sent, **changes})
        assert refused.value.code == "duty.sent_before"
    assert traces(world) == before


def test_anothers_id_is_refused_and_tells_nothing_of_his_visit(world: World) -> None:
    theirs = log(world, engage(world).scope(world))
    mine = engage(world, "宋书遥", username="songshuyao", number=2).scope(world)
    before = traces(world)
    with pytest.raises(Refused) as refused:
        log(world, mine, visit_id=theirs.id, begins_at=at(DAY, 15), ends_at=at(DAY, 16))
    assert refused.value.code == "duty.id_taken"
    assert traces(world) == before


def test_two_phones_sending_one_visit_at_once_make_one_row(world: World) -> None:
    scope = engage(world).scope(world)
    sent = a_visit(world)
    together, results = threading.Barrier(2), []

    def send() -> None:
        try:
            together.wait()
            results.append(log(world, scope, **sent))
        except BaseException as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert results[0] == results[1], results
    found = traces(world)
    assert (found.visits, found.busy, found.audits, found.events) == (1, 1, 1, 1)


def test_a_closed_month_takes_no_more_visits(world: World) -> None:
    scope = engage(world).scope(world)
    with inside(world.scope("county"), read_only=False):
        close_month(scope=world.scope("county"), month=Month(2026, 10), now=NOW)
    before = traces(world)
    for day in (date(2026, 10, 31), date(2026, 8, 3)):  # what lies before a closed month is closed with it
        with pytest.raises(Refused) as refused:
            log(world, scope, begins_at=at(day, 9), ends_at=at(day, 10))
        assert (refused.value.code, refused.value.field) == ("duty.month_closed", "begins_at")
    assert traces(world) == before


def test_a_visit_over_the_months_end_counts_in_both_months(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope, begins_at=at(date(2026, 10, 31), 22, 30), ends_at=at(date(2026, 11, 1), 1))
    county = world.scope("county")
    with inside(county, read_only=True):
        lines = {
            str(month): list_visit_lines(scope=county, month=month) for month in (Month(2026, 10), Month(2026, 11))
        }
        assert dirty_months(scope=county) == [Month(2026, 10), Month(2026, 11)]
        sums = {str(row.month): (row.minutes, row.visits) for month in (Month(2026, 10), Month(2026, 11))
                for row in month_hours(scope=county, month=month) if row.node_id == world.node(VILLAGE)}  # fmt: skip
    assert [(line.visit_id, line.on_day, line.minutes) for line in lines["2026-10"]] == [
        (made.id, date(2026, 10, 31), 90)
    ]
    assert [(line.visit_id, line.on_day, line.minutes) for line in lines["2026-11"]] == [
        (made.id, date(2026, 11, 1), 60)
    ]
    assert sums == {"2026-10": (90, 1), "2026-11": (60, 1)}


def test_a_visit_over_the_end_of_a_closed_month_is_refused(world: World) -> None:
    scope = engage(world).scope(world)
    with inside(world.scope("county"), read_only=False):
        close_month(scope=world.scope("county"), month=Month(2026, 10), now=NOW)
    with pytest.raises(Refused) as refused:
        log(world, scope, begins_at=at(date(2026, 10, 31), 23), ends_at=at(date(2026, 11, 1), 1))
    assert refused.value.code == "duty.month_closed"


def test_a_photo_is_kept_with_the_visit_and_not_kept_again(world: World) -> None:
    scope = engage(world).scope(world)
    sent = a_visit(world)
    first = log(world, scope, **sent, photo=SimpleUploadedFile("现场.png", PNG, "image/png"))
    again = log(world, scope, **sent, photo=SimpleUploadedFile("现场.png", PNG, "image/png"))
    assert first == again and first.photo_id is not None
    with inside(scope, read_only=True):
        stored = StoredFile.objects.get()
    assert (stored.id, stored.node_id, stored.purpose) == (first.photo_id, world.node(VILLAGE), "photo")


def test_a_photo_that_is_none_is_refused_at_its_field(world: World) -> None:
    scope = engage(world).scope(world)
    before = traces(world)
    with pytest.raises(Refused) as refused:
        log(world, scope, photo=SimpleUploadedFile("现场.jpg", b"<html>", "image/jpeg"))
    assert (refused.value.code, refused.value.field) == ("files.wrong_type", "photo")
    assert traces(world) == before


def test_without_the_grant_or_as_nobodys_adviser_the_command_itself_refuses(world: World) -> None:
    scope = engage(world).scope(world)
    before = traces(world)
    for wrong in (without(scope, "duty.log"), world.scope("street"), world.scope("county")):
        with pytest.raises(Forbidden):
            log(world, wrong)
    assert traces(world) == before


def test_row_security_alone_keeps_a_visit_out_of_a_neighbours_place(world: World) -> None:
    scope = engage(world).scope(world)
    log(world, scope)
    with inside(world.scope("street2"), read_only=True):
        assert Visit.objects.unscoped(reason="test").count() == 0
    with inside(world.scope("street"), read_only=True):
        assert Visit.objects.unscoped(reason="test").count() == 1


def test_the_moment_the_phone_says_is_kept_but_not_trusted(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope, written_at=datetime(1999, 1, 1, tzinfo=NOW.tzinfo))
    assert (made.written_at.year, made.recorded_at) == (1999, NOW)


def test_an_id_the_server_never_saw_is_not_there(world: World) -> None:
    scope = engage(world).scope(world)
    with inside(scope, read_only=True), pytest.raises(Refused) as refused:
        get_my_visit(scope=scope, visit_id=uuid.uuid4())
    assert refused.value.status == 404


def test_visits_of_the_last_days_still_arrive_after_the_appointment_is_over(world: World) -> None:
    """A phone without a network at the end of a term: what was done while it ran is taken, nothing after it."""
    adviser = engage(world, ends_on=NOW.date())
    later = NOW + timedelta(days=10)
    signed_in = read_signed_in(person_id=adviser.scope(world).person_id, on=later.date())
    assert signed_in is not None
    scope = scope_of(signed_in, signed_in.hats[0])
    assert log(world, scope, now=later).adviser_name == "陆知微"
    with pytest.raises(Refused) as refused:
        log(world, scope, now=later, begins_at=at(date(2026, 11, 17), 9), ends_at=at(date(2026, 11, 17), 10))
    assert refused.value.code == "duty.not_appointed"


def test_a_photo_is_shown_to_its_owner_only_while_he_is_an_adviser(world: World) -> None:
    scope = engage(world).scope(world)
    log(world, scope, photo=SimpleUploadedFile("a.png", PNG))
    with inside(scope, read_only=True):
        kept = StoredFile.objects.get(purpose="photo")
        row, opened = open_file(scope=scope, file_id=kept.id)
        with opened:
            assert (row, opened.read()) == (kept, PNG)
        for lost in (without(scope, "duty.own"), world.scope("street2")):
            with pytest.raises(Missing):
                open_file(scope=lost, file_id=kept.id)
