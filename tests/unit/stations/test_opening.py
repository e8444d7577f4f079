"""Opening hours: read as people write them, said as people read them, and the same again when said and read."""

from __future__ import annotations

import time as clock
from datetime import time

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from falin.kernel.refusals import Invalid
from services.stations.rules import check_opening, opening_words, read_opening
from services.stations.types import Opening


def _week(days: range | list[int], *spans: tuple[int, int]) -> set[Opening]:
    return {Opening(weekday=day, begins_at=time(begin), ends_at=time(end)) for day in days for begin, end in spans}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("周一至周五 9:00-12:00 14:00-17:00", _week(range(1, 6), (9, 12), (14, 17))),
        ("周一到周五：09：00—12：00，14：00～17：00", _week(range(1, 6), (9, 12), (14, 17))),
        ("星期六、日 9:00-12:00", _week([6, 7], (9, 12))),
        ("周二、周四 9:00-12:00\n周六 14:00-16:00", _week([2, 4], (9, 12)) | _week([6], (14, 16))),
        ("每天 8:00-18:00。", _week(range(1, 8), (8, 18))),
        ("周六至周一 9:00-12:00", _week([6, 7, 1], (9, 12))),
        ("Monday to Friday 09:00–12:00, 14:00–17:00", _week(range(1, 6), (9, 12), (14, 17))),
        ("Mon, Wed 9:00-12:00; Every day 14:00-15:00", _week([1, 3], (9, 12)) | _week(range(1, 8), (14, 15))),
        ("週一至週五 9:00-12:00", _week(range(1, 6), (9, 12))),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, meant: set[Opening]) -> None:
    assert read_opening(text) == tuple(sorted(meant))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "stations.opening_missing"), ("  \n ", "stations.opening_missing"),
        ("上午九点到十二点", "stations.opening_unread"), ("周一至周五", "stations.opening_unread"),
        ("9:00-12:00", "stations.opening_unread"), ("周一 25:00-26:00", "stations.opening_unread"),
        ("周一 12:00-9:00", "stations.opening_backwards"), ("周一 9:00-9:00", "stations.opening_backwards"),
        ("周一 9:00-12:00 11:00-14:00", "stations.opening_overlaps"),
        ("周一 9:00-12:00\n周一至周三 11:00-13:00", "stations.opening_overlaps"),
        ("周一 8:00-9:00 10:00-11:00 12:00-13:00 14:00-15:00", "stations.opening_too_many"),
        ("周一 9:00-12:00\n" * 60, "stations.opening_too_long"),
    ],
)  # fmt: skip
def test_hours_that_cannot_be_read_or_cannot_be_are_refused_at_their_field(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_opening(text)
    assert (refused.value.code, refused.value.field) == (code, "opening")


@pytest.mark.parametrize(
    "line", ["mon" * 22 + "!", "周一至" * 130, "mon, " * 70 + "9", "周一 " + "9:00-10:00 " * 30 + "!"]
)
def test_no_line_takes_long_to_read(line: str) -> None:
    """Who reads holds up the whole process: "monmonmon…" could once be taken apart in four million ways."""
    began = clock.perf_counter()
    with pytest.raises(Invalid, match="opening_unread"):
        read_opening(line)
    assert clock.perf_counter() - began < 1


def test_the_refusal_names_the_line_that_was_not_understood() -> None:
    with pytest.raises(Invalid, match="看不懂“下午看情况”"):
        read_opening("周一 9:00-12:00\n下午看情况")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("周一至周五 9:00-12:00 14:00-17:30", ["周一至周五 09:00–12:00、14:00–17:30"]),
        ("周六 9:00-12:00\n周一、周三 9:00-12:00", ["周一、周三、周六 09:00–12:00"]),
        ("周一至周五 9:00-17:00\n周六、周日 9:00-12:00", ["周一至周五 09:00–17:00", "周六、周日 09:00–12:00"]),
        ("每天 9:00-17:00", ["每天 09:00–17:00"]),
    ],
)
def test_days_with_the_same_hours_are_said_together(text: str, said: list[str]) -> None:
    assert opening_words(read_opening(text)) == said


_HOURS = st.lists(st.tuples(st.integers(1, 7), st.integers(0, 22), st.integers(1, 59)), min_size=1, max_size=10)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@given(_HOURS)
def test_what_is_said_reads_back_as_what_was_meant(language: str, hours: list[tuple[int, int, int]]) -> None:
    """A form shows the hours and takes them back: nothing may be lost on the way, in whatever language."""
    week = {(day, hour): Opening(weekday=day, begins_at=time(hour), ends_at=time(hour, minute))
            for day, hour, minute in hours}  # fmt: skip
    few = [one for one in week.values() if sum(other.weekday == one.weekday for other in week.values()) <= 3]
    if not few:
        return
    meant = check_opening(few)
    with translation.override(language):
        assert read_opening("\n".join(opening_words(meant))) == meant
