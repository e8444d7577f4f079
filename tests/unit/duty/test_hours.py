"""Hours that are due (R2.4), by the day of appointment, in the months of the legal calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falin.kernel.periods import Month, split_by_month
from services.duty.rules import days_left, pace_minutes, required_minutes
from tests.app.duty.cast import at

NOVEMBER, FEBRUARY = Month(2026, 11), Month(2026, 2)


@pytest.mark.parametrize(("month", "spans", "minutes"), [
    (NOVEMBER, [(date(2026, 1, 1), None)], 480),
    (NOVEMBER, [(date(2026, 11, 1), date(2026, 11, 30))], 480),
    (NOVEMBER, [(date(2026, 11, 16), None)], 240),  # 15 of 30 days
    (NOVEMBER, [(date(2026, 11, 30), None)], 16),
    (NOVEMBER, [(date(2026, 1, 1), date(2026, 11, 1))], 16),
    (NOVEMBER, [(date(2026, 12, 1), None)], 0),
    (NOVEMBER, [(date(2026, 1, 1), date(2026, 10, 31))], 0),
    (NOVEMBER, [], 0),
    (FEBRUARY, [(date(2026, 2, 28), None)], 17),  # 480 / 28 = 17.14…, rounded down
    (NOVEMBER, [(date(2026, 11, 1), date(2026, 11, 10)), (date(2026, 11, 21), None)], 320),  # left and came back
])  # fmt: skip
def test_what_is_due_follows_the_days_of_appointment(
    month: Month, spans: list[tuple[date, date | None]], minutes: int
) -> None:
    assert required_minutes(month, spans, hours_a_month=8) == minutes


@pytest.mark.parametrize(("today", "minutes"), [
    (date(2026, 11, 1), 16), (date(2026, 11, 15), 240), (date(2026, 11, 30), 480), (date(2026, 12, 9), 480),
    (date(2026, 10, 31), 0),
])  # fmt: skip
def test_the_pace_spreads_the_hours_over_the_month(today: date, minutes: int) -> None:
    assert pace_minutes(NOVEMBER, [(date(2026, 1, 1), None)], hours_a_month=8, today=today) == minutes


def test_who_begins_in_mid_month_is_not_behind_on_his_first_day() -> None:
    spans = [(date(2026, 11, 16), None)]
    assert pace_minutes(NOVEMBER, spans, hours_a_month=8, today=date(2026, 11, 15)) == 0
    assert pace_minutes(NOVEMBER, spans, hours_a_month=8, today=date(2026, 11, 16)) == 16


def test_days_left_count_today_and_stop_with_the_appointment() -> None:
    today = date(2026, 11, 16)
    assert days_left(NOVEMBER, [(date(2026, 1, 1), None)], today=today) == 15
    assert days_left(NOVEMBER, [(date(2026, 1, 1), date(2026, 11, 20))], today=today) == 5
    assert days_left(NOVEMBER, [(date(2026, 1, 1), date(2026, 11, 10))], today=today) == 0
    assert days_left(NOVEMBER, [(date(2026, 11, 20), None)], today=today) == 11


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(1, 40))
def test_parts_of_a_month_never_ask_for_more_than_the_whole(begin: date, hours: int) -> None:
    month = Month.of(begin)
    before = [(month.first_day, date.fromordinal(begin.toordinal() - 1))] if begin > month.first_day else []
    after = [(begin, None)]
    parts = required_minutes(month, before, hours_a_month=hours) + required_minutes(month, after, hours_a_month=hours)
    assert hours * 60 - 1 <= parts <= hours * 60


@pytest.mark.parametrize(("begins_at", "ends_at", "parts"), [
    (at(date(2026, 10, 31), 22), at(date(2026, 11, 1), 1), [(Month(2026, 10), 120), (NOVEMBER, 60)]),
    (at(date(2026, 10, 31), 22), at(date(2026, 11, 1), 0), [(Month(2026, 10), 120)]),  # midnight ends the month before
    (at(date(2026, 11, 1), 0), at(date(2026, 11, 1), 1), [(NOVEMBER, 60)]),
    (at(date(2026, 12, 31), 23), at(date(2027, 1, 1), 2), [(Month(2026, 12), 60), (Month(2027, 1), 120)]),
    # 16:00 UTC is midnight in Shanghai, in every season
    (datetime(2026, 7, 31, 15, 30, tzinfo=UTC), datetime(2026, 7, 31, 16, 30, tzinfo=UTC),
     [(Month(2026, 7), 30), (Month(2026, 8), 30)]),
])  # fmt: skip
def test_a_visit_is_split_at_midnight_in_shanghai(
    begins_at: datetime, ends_at: datetime, parts: list[tuple[Month, int]]
) -> None:
    assert split_by_month(begins_at, ends_at) == parts
