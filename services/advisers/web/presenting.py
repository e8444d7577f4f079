"""The place where what the queries say becomes what the templates show: words, signs and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from falin.kernel import formats
from falin.ui.figures import Pager, State
from falin.ui.tables import turned
from services.advisers.rules import REASON_LABELS, STATE_LABELS
from services.advisers.types import (
    MOST_COUNTED,
    AdviserCounts,
    AdviserRow,
    AdviserState,
    AppointmentLine,
    Candidate,
    Gap,
    Page,
    SquareState,
    StreetSquares,
    View,
)

_SIGNS = {
    AdviserState.BANNED: State.ACT,
    AdviserState.NOT_EXAMINED: State.IDLE,
    AdviserState.ENDING: State.WATCH,
    AdviserState.SERVING: State.OK,
    AdviserState.FREE: State.INFO,
}
_ROW_CSS = {AdviserState.BANNED: "is-act", AdviserState.ENDING: "is-watch", AdviserState.NOT_EXAMINED: "is-off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    name: str
    url: str
    firm: str
    specialties: str
    seats: str
    communities: str
    sign: State
    words: str
    until: str
    css: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStreet:
    name: str
    url: str
    count: str
    label: str
    covered: int
    served: int  # those whose adviser stays
    total: int
    ending: int
    vacant: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """An appointment as a row of a table."""

    id: str
    adviser: str
    adviser_url: str
    firm: str
    community: str
    community_url: str
    begins_on: date
    ends_on: date | None
    sign: State
    words: str
    over: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCandidate:
    name: str
    firm: str
    url: str
    may: bool
    sign: State
    words: str
    reasons: tuple[tuple[str, str, str], ...]


def state_words(state: AdviserState, ends_on: date | None, on: date) -> str:
    """``23 天后到期``, or the state's own word."""
    if state == AdviserState.ENDING and ends_on is not None:
        left = (ends_on - on).days
        return ngettext("%(n)d 天后到期", "%(n)d 天后到期", left) % {"n": left} if left else _("今天到期")
    return str(STATE_LABELS[state])


def sign_of(state: AdviserState) -> State:
    return _SIGNS[state]


def shown_row(row: AdviserRow, on: date) -> ShownRow:
    who = row.adviser
    until = ""
    if row.state == AdviserState.BANNED and who.banned_until:
        until = _("至 %(day)s") % {"day": formats.day(who.banned_until)}
    elif row.ends_on is not None:
        until = _("至 %(day)s") % {"day": formats.day(row.ends_on)}
    return ShownRow(
        name=who.name, url=reverse("advisers:adviser", args=[who.id]), firm=who.firm_name,
        specialties=_("、").join(_(name) for name in who.specialties), seats=f"{who.held} / {who.most}",
        communities=_("、").join(row.communities), sign=_SIGNS[row.state],
        words=state_words(row.state, row.ends_on, on), until=until, css=_ROW_CSS.get(row.state, ""),
    )  # fmt: skip


def shown_streets(streets: Sequence[StreetSquares], *, may_appoint: bool) -> list[ShownStreet]:
    return [_shown_street(street, may_appoint=may_appoint) for street in streets]


def _shown_street(street: StreetSquares, *, may_appoint: bool) -> ShownStreet:
    vacant, ending, total = street.count(SquareState.VACANT), street.count(SquareState.ENDING), len(street.squares)
    count = f"{street.covered} / {total}"
    if vacant:
        count = _("%(count)s，缺 %(n)d") % {"count": count, "n": vacant}
    label = _("%(name)s %(total)d 个社区，%(vacant)d 个没有顾问，%(ending)d 个 30 天内到期") % {
        "name": street.name, "total": total, "vacant": vacant, "ending": ending,
    }  # fmt: skip
    url = f"{reverse('advisers:list')}?{urlencode({'street': street.street_id})}" if street.street_id else ""
    gone = [square for square in street.squares if square.state == SquareState.VACANT]
    return ShownStreet(
        name=street.name, url=url, count=count, label=label, covered=street.covered, served=street.covered - ending,
        total=total, ending=ending,
        vacant=tuple((square.name, _vacant_url(square.node_id, may_appoint=may_appoint)) for square in gone),
    )  # fmt: skip


def _vacant_url(node_id: int, *, may_appoint: bool) -> str:
    if may_appoint:
        return choose_url(node_id)
    return reverse("advisers:community", args=[node_id])


def by_street(rows: Iterable[dict[str, Any]]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """Vacancies in the order they come, under the name of their street and how many of them lack a reason."""
    found = [(street, list(gaps)) for street, gaps in groupby(rows, lambda row: str(row["gap"].street))]
    return [(street, sum(not row["reason"] for row in gaps), gaps) for street, gaps in found]


def choose_url(node_id: int) -> str:
    return f"{reverse('advisers:choose')}?{urlencode({'community': node_id})}"


def squares_summary(streets: Sequence[StreetSquares]) -> str:
    """``一格是一个社区。216 个已配备（97.3%），6 个空缺，9 个在 30 天内到期。``"""
    counts = squares_counts(streets)
    return _("一格是一个社区。%(counts)s。") % {"counts": counts} if counts else _("这里没有社区。")


def squares_counts(streets: Sequence[StreetSquares]) -> str:
    """``216 个已配备（97.3%），6 个空缺，9 个在 30 天内到期``; nothing where there are no communities."""
    total = sum(len(street.squares) for street in streets)
    covered = sum(street.covered for street in streets)
    if not total:
        return ""
    return _("%(covered)s 个已配备（%(share)s），%(vacant)s 个空缺，%(ending)s 个在 30 天内到期") % {
        "covered": formats.number(covered),
        "share": formats.percent(covered * 100 / total),
        "vacant": formats.number(total - covered),
        "ending": formats.number(sum(street.count(SquareState.ENDING) for street in streets)),
    }


def squares_origin(streets: Sequence[StreetSquares], home: str, today: date) -> str:
    """Place, day, figures and source: what must stand with a picture of the squares wherever it goes."""
    return _("%(place)s，%(day)s。%(summary)s来源：法邻，聘任记录。") % {
        "place": home, "day": formats.day(today), "summary": squares_summary(streets),
    }  # fmt: skip


def number_of(count: int, *, more: bool) -> str:
    """A number as it was counted, or what it is more than."""
    return _("超过 %(n)s") % {"n": formats.number(count)} if more else formats.number(count)


def at_least(count: int, *, more: bool) -> str:
    """What was counted among the first of a long list."""
    return _("至少 %(n)s") % {"n": formats.number(count)} if more else formats.number(count)


VIEW_LABELS = {
    View.ALL: gettext_lazy("全部"), View.ENDING: gettext_lazy("30 天内到期"), View.ROOM: gettext_lazy("还可以接社区"),
    View.NOT_EXAMINED: gettext_lazy("待统一考试"), View.BANNED: gettext_lazy("禁止聘任"),
}  # fmt: skip


def tabs_of(counts: AdviserCounts, current: str, query: QueryDict) -> list[dict[str, Any]]:
    """The ready-made cuts; each keeps the other filters and goes back to the first page."""
    named = [
        (View.ALL, counts.all, ""),
        (View.ENDING, counts.ending, ""),
        (View.ROOM, counts.room, ""),
        (View.NOT_EXAMINED, counts.not_examined, ""),
        (View.BANNED, counts.banned, "act"),
    ]
    return [
        {
            "label": VIEW_LABELS[view],
            "count": count,
            "shown": _tab_number(counts, view, count),
            "url": turned(query, view=view.value),
            "current": view.value == current,
            "css": css,
        }
        for view, count, css in named
    ]


def _tab_number(counts: AdviserCounts, view: View, count: int) -> str:
    if view == View.ALL or not counts.more:
        return number_of(min(count, MOST_COUNTED), more=counts.more)
    return at_least(count, more=True) if count else ""


def pager_of(page: Page[Any], query: QueryDict, unit: str, far: str) -> Pager:
    """
    :param unit: the whole sentence with ``%(first)s``, ``%(last)s`` and ``%(total)s``. :param far: the one with
        ``%(total)s`` alone, for pages so far in that nobody counts what lies before them.
    """
    words = {"first": page.first, "last": page.last, "total": number_of(page.total, more=page.more)}
    return Pager(
        shown=(unit if page.first else far) % words if page.rows else "",
        previous_url=turned(query, before=page.before) if page.before else "",
        next_url=turned(query, after=page.after) if page.after else "",
    )


def shown_line(line: AppointmentLine, on: date) -> ShownLine:
    item = line.appointment
    sign, words = _standing(line, on)
    return ShownLine(
        id=str(item.id), adviser=item.adviser_name, adviser_url=reverse("advisers:adviser", args=[item.adviser_id]),
        firm=item.firm_name, community=f"{line.street}{line.community}",
        community_url=reverse("advisers:community", args=[item.node_id]), begins_on=item.begins_on,
        ends_on=item.ends_on, sign=sign, words=words, over=line.over, why=item.ended_why,
    )  # fmt: skip


def _standing(line: AppointmentLine, on: date) -> tuple[State, str]:
    item = line.appointment
    if line.over:
        return State.IDLE, _("已结束")
    if item.begins_on > on:
        return State.INFO, _("还没有开始")
    if line.state == SquareState.ENDING:
        return State.WATCH, state_words(AdviserState.ENDING, item.ends_on, on)
    return State.OK, _("在任")


def shown_candidate(candidate: Candidate, node_id: int, *, first: bool) -> ShownCandidate:
    who = candidate.adviser
    if not candidate.may:
        sign, words = State.ACT, _("不能聘任")
    elif first:
        sign, words = State.OK, _("最合适")
    else:
        sign, words = State.INFO, _("合适")
    reasons: list[tuple[str, str, str]] = []
    for reason in candidate.reasons:
        reasons.append(("y", "check", reason.text) if reason.good else ("n", "x", reason.text))
        if reason.help:
            reasons.append(("m", "warn", reason.help))
    return ShownCandidate(
        name=who.name, firm=who.firm_name, may=candidate.may, sign=sign, words=words, reasons=tuple(reasons),
        url=reverse("advisers:appoint", args=[node_id, who.id]) if candidate.may else "",
    )  # fmt: skip


def gap_since(since: date | None, on: date) -> str:
    """``52 天（9月30日起）``, or that there never was anybody."""
    if since is None:
        return _("还没有配过顾问")
    days = (on - since).days + 1
    count = ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days}
    return _("%(count)s（%(day)s起）") % {"count": count, "day": formats.short_day(since)}


def gap_reason(gap: Gap) -> str:
    return str(REASON_LABELS[gap.reason]) if gap.reason else ""
