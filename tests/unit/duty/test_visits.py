"""What a visit may look like."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from falin.kernel.parameters import declared
from falin.kernel.refusals import Invalid
from services.duty.rules import HOURS_A_MONTH, LECTURES_A_QUARTER, check_content, months_of, tidy
from services.duty.types import VisitContent, VisitKind
from tests.app.duty.cast import at

DAY = date(2026, 11, 12)
NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)


def visit(minutes: int = 60, **more: object) -> VisitContent:
    begins_at = at(DAY, 9)
    ends_at = begins_at + timedelta(minutes=minutes)
    return VisitContent(node_id=1, kind=VisitKind.VISIT, begins_at=begins_at, ends_at=ends_at, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("minutes", [5, 60, 720])
def test_from_five_minutes_to_twelve_hours(minutes: int) -> None:
    check_content(visit(minutes), now=NOW)


@pytest.mark.parametrize(("minutes", "code"), [
    (4, "duty.too_short"), (721, "duty.too_long"), (0, "duty.ends_before_it_begins"), (-60, "duty.ends_before_it_begins"),
])  # fmt: skip
def test_not_shorter_not_longer_not_backwards(minutes: int, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_content(visit(minutes), now=NOW)
    assert (refused.value.code, refused.value.field) == (code, "ends_at")


def test_a_visit_may_be_logged_the_moment_it_ends_and_not_before() -> None:
    check_content(visit(60), now=at(DAY, 10))
    with pytest.raises(Invalid) as refused:
        check_content(visit(60), now=at(DAY, 10) - timedelta(seconds=1))
    assert refused.value.code == "duty.in_the_future"


def test_tidying_leaves_out_seconds_spaces_and_heads_of_a_plain_visit() -> None:
    begins_at = datetime(2026, 11, 12, 1, 0, 59, 999, tzinfo=UTC)
    rough = VisitContent(node_id=1, kind=VisitKind.VISIT, begins_at=begins_at, ends_at=begins_at + timedelta(hours=1),
                         topic="  两  个 ", attendees=9, note=" 一 \n")  # fmt: skip
    tidied = tidy(rough)
    assert (tidied.begins_at.second, tidied.ends_at.microsecond) == (0, 0)
    assert (tidied.topic, tidied.attendees, tidied.note) == ("两 个", None, "一")
    assert tidy(tidied) == tidied


def test_the_day_and_the_months_are_those_of_shanghai() -> None:
    late = VisitContent(node_id=1, kind=VisitKind.VISIT, begins_at=datetime(2026, 10, 31, 15, 30, tzinfo=UTC),
                        ends_at=datetime(2026, 10, 31, 16, 30, tzinfo=UTC))  # fmt: skip
    assert late.on_day == date(2026, 10, 31)
    assert [str(month) for month in months_of(late)] == ["2026-10", "2026-11"]


def test_the_figures_of_the_programme_are_declared_with_their_rule() -> None:
    assert HOURS_A_MONTH in declared() and LECTURES_A_QUARTER in declared()
    assert (HOURS_A_MONTH.default, HOURS_A_MONTH.minimum, HOURS_A_MONTH.maximum, HOURS_A_MONTH.rule) == (
        8,
        1,
        40,
        "R2.4",
    )
    assert (LECTURES_A_QUARTER.default, LECTURES_A_QUARTER.rule) == (1, "R2.4")
