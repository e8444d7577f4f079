"""Working days by the State Council's lists; and by weekends alone for a year nobody has announced."""

from __future__ import annotations

from datetime import date

from falin.kernel import workdays


def test_a_holiday_is_free_and_the_weekend_worked_for_it_is_not() -> None:
    assert [workdays.is_working_day(date(2025, 10, day)) for day in (1, 8, 9, 10, 11)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert workdays.holiday_of(date(2025, 10, 1)) == "国庆节"
    assert workdays.is_made_up(date(2025, 10, 11)) and not workdays.is_made_up(date(2025, 10, 10))


def test_an_ordinary_week_has_five_days() -> None:
    assert [workdays.is_working_day(date(2025, 11, day)) for day in range(10, 17)] == [True] * 5 + [False] * 2
    assert workdays.holiday_of(date(2025, 11, 15)) == ""


def test_the_first_day_offices_are_open_after_a_holiday() -> None:
    assert workdays.next_working_day(date(2025, 10, 1)) == date(2025, 10, 9)
    assert workdays.next_working_day(date(2025, 10, 9)) == date(2025, 10, 9)


def test_a_year_that_is_not_announced_has_its_weekends_and_says_so() -> None:
    assert workdays.is_announced(2025) and not workdays.is_announced(2150)
    assert workdays.is_working_day(date(2150, 10, 1)) and not workdays.is_working_day(
        date(2150, 10, 3)
    )  # Thursday, Saturday
    assert workdays.next_working_day(date(2150, 10, 3)) == date(2150, 10, 5)


def test_every_holiday_of_the_library_has_a_name_in_the_catalogue() -> None:
    from chinese_calendar.constants import holidays

    assert {workdays.holiday_of(day) for day in holidays} == {str(name) for name in workdays._NAMES.values()}
