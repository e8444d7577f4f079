"""How dates, durations and numbers are written."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from falin.kernel import formats


@pytest.mark.parametrize(
    ("minutes", "written"), [(150, "2 小时 30 分"), (480, "8 小时"), (45, "45 分"), (0, "0 小时"), (-30, "−30 分")]
)
def test_hours_from_minutes(minutes: int, written: str) -> None:
    with translation.override("zh-hans"):
        assert formats.hours(minutes) == written


def test_days_are_written_as_people_write_them() -> None:
    with translation.override("zh-hans"):
        assert formats.day(date(2026, 11, 2)) == "2026年11月2日"
        assert formats.month(date(2026, 11, 2)) == "2026年11月"
        assert formats.short_day(date(2026, 1, 9)) == "1月9日"
    with translation.override("en"):
        assert formats.day(date(2026, 11, 2)) == "2 November 2026"
        assert formats.month(date(2026, 11, 2)) == "November 2026"


def test_a_moment_is_told_in_local_time() -> None:
    with translation.override("zh-hans"):
        assert formats.moment(datetime(2026, 10, 31, 16, 5, tzinfo=UTC)) == "2026年11月1日 00:05"


@pytest.mark.parametrize(
    ("fen", "written"), [(123450, "¥1,234.50"), (1, "¥0.01"), (0, "¥0.00"), (-123456789, "−¥1,234,567.89")]
)
def test_yuan_from_fen(fen: int, written: str) -> None:
    assert formats.yuan(fen) == written


def test_numbers_round_as_on_paper() -> None:
    assert formats.number(25547) == "25,547"
    assert formats.number(Decimal("0.5")) == "1"
    assert formats.number(2.25, 1) == "2.3"
    assert formats.percent(98.44) == "98.4%"
    assert formats.number(-3) == "−3"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("13800138000", "138 0013 8000"), ("330106199001011234", "330106 19900101 1234"),
        ("33010619900101123X", "330106 19900101 123X"), ("138****8000", "138****8000"), ("0571-87654321", "0571-87654321"),
        ("12345678901", "12345678901"), ("1380013800", "1380013800"), ("", ""),
    ],
)  # fmt: skip
def test_a_number_of_somebody_is_written_in_groups_and_what_is_none_as_it_is(number: str, written: str) -> None:
    assert formats.grouped(number) == written
    assert formats.grouped(written) == written
