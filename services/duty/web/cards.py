"""How hours are shown: as bars and words, counted here so that templates only place them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.ui.figures import State
from services.duty.types import Behind, MonthHours, MyMonth


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Hours against what is due, for ``{% bullet %}``."""

    value: float
    target: float
    pace: float
    high: float


def bar_of(hours: MonthHours, pace: int) -> Bar:
    return Bar(
        value=_in_hours(hours.minutes), target=_in_hours(hours.required_minutes), pace=_in_hours(pace),
        high=max(_in_hours(hours.minutes), _in_hours(hours.required_minutes), 1.0),
    )  # fmt: skip


def _in_hours(minutes: int) -> float:
    return round(minutes / 60, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One of the adviser's communities."""

    own: MyMonth
    bar: Bar
    state: State
    words: str
    lecture_state: State
    lecture_words: str


def card_of(own: MyMonth) -> Card:
    hours = own.hours
    if hours.met:
        state, words = State.OK, _("本月已够")
    elif hours.minutes < own.pace:
        state, words = State.WATCH, _("还差 %(time)s") % {"time": formats.hours(hours.missing)}
    else:
        state, words = State.INFO, _("按进度，还差 %(time)s") % {"time": formats.hours(hours.missing)}
    held = own.quarter_lectures >= own.quarter_lectures_required
    return Card(
        own=own, bar=bar_of(hours, own.pace), state=state, words=words,
        lecture_state=State.OK if held else State.WATCH,
        lecture_words=_("本季度讲座 %(done)s 场，要求 %(due)s 场")
        % {"done": own.quarter_lectures, "due": own.quarter_lectures_required},
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of who is behind."""

    behind: Behind
    bar: Bar
    css: str
    state: State
    words: str


def row_of(behind: Behind) -> Row:
    hours = behind.hours
    if not hours.minutes and behind.off_pace:
        state, css, words = State.ACT, "is-act", _("一次没来")
    elif behind.off_pace:
        state, css, words = State.WATCH, "is-watch", _("落后进度 %(time)s") % {"time": formats.hours(behind.off_pace)}
    else:
        state, css, words = State.INFO, "", _("按进度")
    return Row(behind=behind, bar=bar_of(hours, behind.pace), css=css, state=state, words=words)
