"""The arithmetic of the figures: sums, shares, target and pace, and the digest of a run. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext_noop

from falin.kernel.parameters import Parameter, declare
from falin.kernel.periods import Month
from services.indicators.types import (
    COUNTS,
    BoardRow,
    Community,
    CountyFacts,
    Line,
    Ratio,
    Tally,
    TargetState,
)

COVERAGE_TARGET: Final = declare(
    Parameter(key="indicators.coverage_target", label=gettext_noop("顾问配备率年底目标"), unit="%", default=100,
              minimum=50, maximum=100, rule="R4.2", set_by=("province", "city", "county"), direction=1)
)  # fmt: skip
# The sources name the goal and its date, not the way there. 90 % is what goal set 1 asks of the weakest places (R4.1).
COVERAGE_START: Final = declare(
    Parameter(key="indicators.coverage_start", label=gettext_noop("顾问配备率年初起点"), unit="%", default=90,
              minimum=0, maximum=100, rule="R4.1", set_by=("province",), direction=1)
)  # fmt: skip
HOURS_TARGET: Final = declare(
    Parameter(key="indicators.hours_target", label=gettext_noop("到点时长达标率目标"), unit="%", default=100,
              minimum=50, maximum=100, rule="R2.4", set_by=("province", "city", "county"), direction=1)
)  # fmt: skip


def add(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def percent(ratio: Ratio, places: int = 1) -> Decimal | None:
    """The share in per cent, rounded half up once, from whole numbers; ``None`` without a denominator."""
    if not ratio.exists:
        return None
    scaled = ratio.part * 100 * 10**places
    return Decimal((2 * scaled + ratio.whole) // (2 * ratio.whole)).scaleb(-places)


def rounded(value: Fraction, places: int = 1) -> Decimal:
    """Half up, away from zero, once."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def pace(*, start: int, target: int, month: Month) -> Fraction:
    """The per cent due at the month's end to reach ``target`` by December at an even step from ``start``."""
    return start + Fraction(target - start) * month.month / 12


def target_state(ratio: Ratio, *, aim: Fraction, floor: int) -> TargetState:
    """
    Exactly at the aim is reached. Further behind than a fifth of the way from ``floor`` to the aim calls for action.

    Judged on the exact share: what rounds to 100.0 is not yet 100.
    """
    if not ratio.exists:
        return TargetState.NONE
    gap = aim - Fraction(ratio.part * 100, ratio.whole)
    if gap <= 0:
        return TargetState.OK
    return TargetState.ACT if gap > (aim - floor) / 5 else TargetState.WATCH


def gap_to(ratio: Ratio, aim: Fraction) -> Fraction | None:
    """Points behind the aim; negative: ahead of it."""
    return aim - Fraction(ratio.part * 100, ratio.whole) if ratio.exists else None


def months_of_quarter_so_far(month: Month) -> tuple[Month, ...]:
    return tuple(each for each in month.quarter if each <= month)


def counted_on(month: Month, today: date) -> date:
    """The day coverage is counted on: the month's last, or today while it runs."""
    return min(month.last_day, today)


def finished(month: Month, as_of: date, computed_on: date) -> bool:
    """Whether a run saw the whole month: it counted on the last day, after that day was over."""
    return as_of == month.last_day and computed_on > month.last_day


def cascade(facts: CountyFacts) -> list[BoardRow]:
    """
    The figures of every community, street and of the county body, each level the sum of the one below.

    A county without streets, and communities that stand under no street, go straight into the county.
    """
    counted = {one.node_id: _community(one, facts) for one in facts.communities}
    for pair in facts.pairs:
        if (here := counted.get(pair.node_id)) is not None:
            here["pairs"] += 1
            here["required_minutes"] += pair.required_minutes
            here["met"] += int(pair.minutes >= pair.required_minutes)
    for line in facts.lines:
        if (here := counted.get(line.node_id)) is not None:
            here["minutes"] += line.minutes
            here["visits"] += 1
            here["lectures"] += int(line.kind == "lecture")
    streets: dict[int, list[Tally]] = {node: [] for node in facts.streets}
    rows: list[BoardRow] = []
    for one in facts.communities:
        tally = Tally(**counted[one.node_id])
        rows.append(BoardRow(level=5, node_id=one.node_id, street_id=one.street_id, tally=tally))
        if one.street_id is not None:
            streets.setdefault(one.street_id, []).append(tally)
    whole = add(row.tally for row in rows)
    rows += [BoardRow(level=4, node_id=node, street_id=node, tally=add(found)) for node, found in streets.items()]
    rows.append(BoardRow(level=facts.county_level, node_id=facts.county_id, street_id=None, tally=whole))
    return rows


def _community(one: Community, facts: CountyFacts) -> dict[str, int]:
    if not one.stands:
        return dict.fromkeys(COUNTS, 0)
    covered = one.node_id in facts.covered
    return dict.fromkeys(COUNTS, 0) | {
        "communities": 1, "covered": int(covered), "urban": int(one.urban), "urban_covered": int(one.urban and covered)
    }  # fmt: skip


def row_as_json(row: BoardRow) -> list[Any]:
    """Short, because every run keeps its rows: level, place, street, then the counts in their order."""
    return [row.level, row.node_id, row.street_id, *(getattr(row.tally, name) for name in COUNTS)]


def row_from_json(kept: list[Any]) -> BoardRow:
    level, node_id, street_id, *counts = kept
    tally = Tally(**dict(zip(COUNTS, counts, strict=True)))
    return BoardRow(level=level, node_id=node_id, street_id=street_id, tally=tally)


def line_as_json(line: Line, street_id: int | None) -> list[Any]:
    return [str(line.visit_id), line.node_id, street_id, str(line.adviser_id), str(line.firm_id), line.adviser_name,
            line.kind, line.on_day.isoformat(), line.minutes]  # fmt: skip


def digest(*, month: Month, facts: CountyFacts, figures: list[list[Any]], lines: list[list[Any]]) -> str:
    """The same figures, lines, places and day give the same digest; anything else gives another."""
    whole: Mapping[str, Any] = {
        "month": str(month), "as_of": facts.as_of.isoformat(), "province": facts.province_id, "city": facts.city_id,
        "county": facts.county_id, "figures": figures, "lines": lines,
    }  # fmt: skip
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def apportioned(count: int, shares: Mapping[int, Fraction]) -> dict[int, int]:
    """
    A count divided into whole numbers that add up to it: what is left over goes where most was cut off, of equals to the
    place that is older. Shares make one.
    """
    exact = {place: count * share for place, share in shares.items()}
    whole = {place: int(part) for place, part in exact.items()}
    left = count - sum(whole.values())
    for place in sorted(exact, key=lambda place: (whole[place] - exact[place], place))[:left]:
        whole[place] += 1
    return whole


def ranked(shares: list[Ratio]) -> list[int | None]:
    """The rank of each share, 1 the highest; equal shares share a rank, those without a value have none."""
    exact = [Fraction(share.part, share.whole) if share.exists else None for share in shares]
    first: dict[Fraction, int] = {}
    for position, value in enumerate(sorted((value for value in exact if value is not None), reverse=True), start=1):
        first.setdefault(value, position)
    return [None if value is None else first[value] for value in exact]
