"""Sums, shares, target and pace: exact, and never a mean of ratios."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falin.kernel.periods import Month
from services.indicators import rules
from services.indicators.types import (
    COUNTS,
    BoardRow,
    Community,
    CountyFacts,
    Line,
    PairHours,
    Ratio,
    Tally,
    TargetState,
)

counts = st.integers(0, 10_000)
tallies = st.builds(Tally, **dict.fromkeys(COUNTS, counts))


@given(st.lists(tallies))
def test_a_sum_of_tallies_adds_every_count(parts: list[Tally]) -> None:
    whole = rules.add(parts)
    for name in COUNTS:
        assert getattr(whole, name) == sum(getattr(part, name) for part in parts)


def test_a_share_of_sums_is_not_the_mean_of_shares() -> None:
    small, large = Tally(communities=1, covered=0), Tally(communities=99, covered=99)
    assert rules.percent((small + large).coverage) == Decimal("99.0")  # the mean would be 50


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (1, 8, "12.5"),
        (1, 16, "6.3"),  # 6.25 goes up
        (3, 16, "18.8"),  # 18.75 goes up, though a float or banker's rounding may not
        (0, 5, "0.0"),
        (5, 5, "100.0"),
        (25_546, 25_547, "100.0"),
        (2, 3, "66.7"),
    ],
)
def test_shares_are_rounded_half_up_once(part: int, whole: int, shown: str) -> None:
    assert rules.percent(Ratio(part, whole)) == Decimal(shown)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 4))
def test_rounding_is_within_half_a_step_of_the_exact_share(part: int, whole: int, places: int) -> None:
    shown = rules.percent(Ratio(part, whole), places)
    assert shown is not None
    off = Fraction(str(shown)) - Fraction(part * 100, whole)
    assert -Fraction(1, 2 * 10**places) < off <= Fraction(1, 2 * 10**places)


def test_without_a_denominator_there_is_no_share() -> None:
    assert rules.percent(Ratio(0, 0)) is None
    assert rules.gap_to(Ratio(0, 0), Fraction(100)) is None
    assert rules.target_state(Ratio(0, 0), aim=Fraction(100), floor=90) == TargetState.NONE


@pytest.mark.parametrize(
    ("month", "due"), [(1, Fraction(545, 6)), (6, Fraction(95)), (10, Fraction(295, 3)), (12, Fraction(100))]
)
def test_the_pace_is_an_even_step_to_december(month: int, due: Fraction) -> None:
    assert rules.pace(start=90, target=100, month=Month(2026, month)) == due


@pytest.mark.parametrize(
    ("part", "state"),
    [
        (9800, TargetState.OK),  # exactly at the aim
        (9799, TargetState.WATCH),
        (9640, TargetState.WATCH),  # a fifth of the way from 90 behind, exactly
        (9639, TargetState.ACT),
        (10_000, TargetState.OK),
    ],
)
def test_the_state_turns_exactly_at_its_thresholds(part: int, state: TargetState) -> None:
    assert rules.target_state(Ratio(part, 10_000), aim=Fraction(98), floor=90) == state


def test_what_rounds_to_the_target_has_not_reached_it() -> None:
    almost = Ratio(25_546, 25_547)
    assert rules.percent(almost) == Decimal("100.0")
    assert rules.target_state(almost, aim=Fraction(100), floor=90) == TargetState.WATCH


def test_coverage_is_counted_on_the_last_day_or_today_while_the_month_runs() -> None:
    assert rules.counted_on(Month(2026, 10), date(2026, 11, 16)) == date(2026, 10, 31)
    assert rules.counted_on(Month(2026, 11), date(2026, 11, 16)) == date(2026, 11, 16)


def test_a_month_is_finished_when_its_last_day_is_over() -> None:
    october = Month(2026, 10)
    assert not rules.finished(october, date(2026, 10, 31), date(2026, 10, 31))
    assert rules.finished(october, date(2026, 10, 31), date(2026, 11, 1))
    assert not rules.finished(october, date(2026, 10, 30), date(2026, 10, 30))


def _line(node_id: int, minutes: int, kind: str = "visit") -> Line:
    return Line(visit_id=uuid.UUID(int=minutes), node_id=node_id, adviser_id=uuid.UUID(int=1), firm_id=uuid.UUID(int=2),
                adviser_name="林知远", kind=kind, on_day=date(2026, 10, 1), minutes=minutes)  # fmt: skip


FACTS = CountyFacts(
    province_id=1, city_id=2, county_id=3, county_level=3, as_of=date(2026, 10, 31),
    communities=(
        Community(node_id=11, street_id=10, urban=True),
        Community(node_id=12, street_id=10, urban=False),
        Community(node_id=21, street_id=20, urban=True),
        Community(node_id=31, street_id=None, urban=True),  # stands directly under the county
    ),
    streets=(10, 20, 40),
    covered=frozenset({11, 31}),
    pairs=(
        PairHours(node_id=11, required_minutes=480, minutes=480),
        PairHours(node_id=11, required_minutes=480, minutes=479),
        PairHours(node_id=31, required_minutes=240, minutes=0),
    ),
    lines=(_line(11, 300), _line(11, 180, "lecture"), _line(12, 479)),
)  # fmt: skip


def _by_node(rows: list[BoardRow]) -> dict[int, BoardRow]:
    return {row.node_id: row for row in rows}


def test_the_cascade_adds_communities_to_streets_and_to_the_county() -> None:
    rows = _by_node(rules.cascade(FACTS))
    assert rows[11].tally == Tally(communities=1, covered=1, urban=1, urban_covered=1, pairs=2, required_minutes=960,
                                   minutes=480, met=1, visits=2, lectures=1)  # fmt: skip
    assert rows[10].tally == rows[11].tally + rows[12].tally
    assert rows[40].tally == Tally()  # a street with nothing in it is there, with nothing
    assert rows[3].tally == rows[10].tally + rows[20].tally + rows[31].tally
    assert (rows[3].level, rows[10].level, rows[11].level) == (3, 4, 5)


def test_a_county_without_streets_is_the_sum_of_its_communities() -> None:
    flat = replace(
        FACTS, streets=(), county_level=2, communities=tuple(replace(one, street_id=None) for one in FACTS.communities)
    )
    rows = rules.cascade(flat)
    assert {row.level for row in rows} == {5, 2}
    assert rules.add(row.tally for row in rows if row.level == 5) == _by_node(rows)[3].tally


def test_rows_come_back_from_a_run_as_they_were() -> None:
    rows = rules.cascade(FACTS)
    assert [rules.row_from_json(rules.row_as_json(row)) for row in rows] == rows


def _digest(facts: CountyFacts) -> str:
    figures = [rules.row_as_json(row) for row in rules.cascade(facts)]
    lines = [rules.line_as_json(line, None) for line in facts.lines]
    return rules.digest(month=Month(2026, 10), facts=facts, figures=figures, lines=lines)


def test_the_digest_is_the_same_for_the_same_facts_only() -> None:
    assert _digest(FACTS) == _digest(FACTS)
    others = [
        replace(FACTS, as_of=date(2026, 10, 30)),
        replace(FACTS, covered=frozenset({11})),
        replace(FACTS, lines=FACTS.lines[:-1]),
        replace(FACTS, city_id=None),
    ]
    assert len({_digest(FACTS), *map(_digest, others)}) == 5


def test_equal_shares_share_a_rank_and_no_share_has_none() -> None:
    shares = [Ratio(1, 2), Ratio(2, 4), Ratio(0, 0), Ratio(3, 3), Ratio(0, 3)]
    assert rules.ranked(shares) == [2, 2, None, 1, 4]
