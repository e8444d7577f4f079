"""Months of the legal calendar, their shares, and money as whole fen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.money import format_fen, parse_yuan
from falin.kernel.periods import Month, months_between, split_by_month


def test_the_legal_day_begins_at_midnight_in_shanghai() -> None:
    assert legal_day(datetime(2026, 10, 31, 15, 59, tzinfo=UTC)) == date(2026, 10, 31)
    assert legal_day(datetime(2026, 10, 31, 16, 0, tzinfo=UTC)) == date(2026, 11, 1)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.integers(1, 60 * 24 * 70))  # noqa: DTZ001 - hypothesis wants naive ends
def test_the_parts_of_a_stretch_add_up_to_it(begin: datetime, minutes: int) -> None:
    start = begin.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
    parts = split_by_month(start, start + timedelta(minutes=minutes))
    assert sum(part for _month, part in parts) == minutes
    assert [month for month, _part in parts] == list(months_between(parts[0][0], parts[-1][0]))


def test_a_visit_over_the_months_end_counts_in_both() -> None:
    begin = datetime(2026, 10, 31, 23, 0, tzinfo=SHANGHAI)
    assert split_by_month(begin, begin + timedelta(hours=3)) == [(Month(2026, 10), 60), (Month(2026, 11), 120)]


@pytest.mark.parametrize(
    ("begin", "end", "share"),
    [
        (date(2026, 11, 1), None, (30, 30)),
        (date(2026, 11, 16), None, (15, 30)),
        (date(2026, 1, 1), date(2026, 11, 10), (10, 30)),
        (date(2026, 12, 1), None, (0, 30)),
        (date(2026, 11, 30), date(2026, 11, 30), (1, 30)),
    ],
)
def test_an_appointment_counts_for_its_days_of_the_month(begin: date, end: date | None, share: tuple[int, int]) -> None:
    assert Month(2026, 11).share(begin, end) == share


def test_a_quarter_has_its_three_months() -> None:
    assert [str(month) for month in Month(2026, 8).quarter] == ["2026-07", "2026-08", "2026-09"]


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-01", "2026/01", "", "二〇二六-01"])
def test_what_is_not_a_month_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError):
        Month.parse(text)


@given(st.integers(-(10**12), 10**12))
def test_money_written_and_read_again_is_the_same(amount_fen: int) -> None:
    assert parse_yuan(format_fen(amount_fen)) == amount_fen


@pytest.mark.parametrize("text", ["1.234", "一百", "", "1e5", "--1", "1,2.3.4"])
def test_what_is_not_an_amount_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError):
        parse_yuan(text)
