"""
The place of sums over the log, the province leader's Σ: how much was done in one's own body, month by month, and never
who did it (decision 48).

A line stands alone only where enough different people stand behind it. The others go into one rest, which takes up further
lines until enough stand behind it too, so that no figure, nor the difference of two, is one person's. Only months that are
over have figures: between two looks at them nothing is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from falin.kernel import parameters
from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.periods import Month, months_between
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.portal import acts, booked

READ = booked.SUMS
MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How often something was done in a role, and by whom; it does not leave this module. Nobody: the system did it."""

    act: str
    role: str
    acts: int
    people: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How often something was done in a role. Without an act it is the rest; without a figure too few people did it."""

    act: str
    words: str
    role: str
    role_words: str
    acts: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfMonth:
    """How much was done in a month; without a figure too few people did it."""

    month: Month
    acts: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A month's sums by what was done in which role; the months around it, newest first."""

    least: int  # so many people stand behind each figure, or nobody: the system
    whole: OfMonth
    lines: tuple[Line, ...]
    months: tuple[OfMonth, ...]


def sum_up(*, scope: Scope, month: Month | None, now: datetime) -> Sums:
    """
    The sums of one of the last twelve months that are over; of the newest, where none is named.

    :raises Missing: of another month there are none.
    """
    scope.require(READ)
    this = Month.of(now)
    every = tuple(months_between(this.plus(-MONTHS), this.plus(-1)))[::-1]
    chosen = month or every[0]
    if chosen not in every:
        raise _no_month()
    least = parameters.value(booked.LEAST, node_id=scope.roots[0] if scope.roots else None, on=legal_day(now))
    found = _count(scope, every[-1], every[0])
    months = tuple(_of_month(one, found.get(one, []), least) for one in every)
    return Sums(
        least=least, whole=next(one for one in months if one.month == chosen), months=months,
        lines=_lines(found.get(chosen, []), least),
    )  # fmt: skip


def month_of(text: str) -> Month | None:
    """
    The month an address names; none, where it names none.

    :raises Missing: it is no month.
    """
    try:
        return Month.parse(text) if text else None
    except ValueError:
        raise _no_month() from None


def part(lines: Iterable[Counted], least: int) -> tuple[list[Counted], Counted]:
    """
    The lines that may stand alone, the largest first, and the rest, behind which nobody stands or enough people do.

    Where all people together are too few, they all are in the rest.
    """
    alone: list[Counted] = []
    rest = _join([])
    for line in sorted(lines, key=lambda line: (-line.acts, line.act, line.role)):
        if line.people and len(line.people) < least:
            rest = _join([rest, line])
        else:
            alone.append(line)
    while rest.people and len(rest.people) < least and (some := [line for line in alone if line.people]):
        alone.remove(some[-1])
        rest = _join([rest, some[-1]])
    return alone, rest


def _no_month() -> Missing:
    return Missing("audit.no_such_month", _("只有最近 12 个过完的月份有统计。"))


def _count(scope: Scope, first: Month, last: Month) -> dict[Month, list[Counted]]:
    """
    By month, what was done in which role; one statement. Each person has a row of his own: to gather people into one in the
    database would sort the whole log.
    """
    rows = (
        booked.visible(scope).filter(at__gte=first.starts_at, at__lt=last.ends_at)
        .annotate(month=TruncMonth("at", tzinfo=SHANGHAI)).values("month", "act", "role", "person_id")
        .annotate(times=Count("id")).order_by()
    )  # fmt: skip
    gathered: dict[tuple[datetime, str, str], list[Any]] = {}
    for row in rows:
        gathered.setdefault((row["month"], row["act"], row["role"]), []).append(row)
    found: dict[Month, list[Counted]] = {}
    for (month, act, role), each in sorted(gathered.items()):
        people, acts_done = frozenset(row["person_id"] for row in each) - {0}, sum(row["times"] for row in each)
        found.setdefault(Month.of(month), []).append(Counted(act=act, role=role, acts=acts_done, people=people))
    return found


def _join(lines: Iterable[Counted]) -> Counted:
    found = list(lines)
    people = frozenset[int]().union(*(line.people for line in found))
    return Counted(act="", role="", acts=sum(line.acts for line in found), people=people)


def _figure(one: Counted, least: int) -> int | None:
    return None if one.people and len(one.people) < least else one.acts


def _of_month(month: Month, lines: list[Counted], least: int) -> OfMonth:
    return OfMonth(month=month, acts=_figure(_join(lines), least))


def _lines(counted: Iterable[Counted], least: int) -> tuple[Line, ...]:
    alone, rest = part(counted, least)
    lines = [
        Line(act=one.act, words=acts.words_of(one.act), role=one.role, role_words=str(acts.ROLES.get(one.role, one.role)),
             acts=one.acts)
        for one in alone
    ]  # fmt: skip
    if rest.people:
        lines.append(Line(act="", words=_("其余"), role="", role_words="", acts=_figure(rest, least)))
    return tuple(lines)
