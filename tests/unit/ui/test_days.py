"""What is said under a date: which day it is, and whether offices are open."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
import time_machine

from falin.ui import days


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 11, 23), "2026年11月23日 周一"),
        (date(2026, 11, 22), "2026年11月22日 周日，不上班"),
        ("2026-10-01", "2026年10月1日 周四，国庆节，不上班"),
        ("2025-10-11", "2025年10月11日 周六，调休，上班"),
        ("2099-10-01", "2099年10月1日 周四"),  # nobody has said yet when it is free
    ],
)
def test_a_date_says_what_day_it_is(value: object, words: str) -> None:
    assert days.said(value) == words


@pytest.mark.parametrize("value", ["", None, "明天", "2026-02-30"])
def test_what_is_no_day_says_nothing(value: object) -> None:
    assert days.said(value) == ""


def test_the_script_is_told_what_weekdays_do_not_tell() -> None:
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC)):
        told = json.loads(days.exceptions())
    assert ["2026-10-01", "2026-10-07", "，国庆节，不上班"] in told
    by_script = {first: words for first, _last, words in told}
    assert all(days.said(first).endswith(words) for first, words in by_script.items())
