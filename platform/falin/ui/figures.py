"""Place of what the figure components are told: numbers already made, words already chosen. Presenters fill it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The five states of anything. Each has a shape and a colour; the words are the caller's."""

    OK = "ok"
    WATCH = "watch"
    ACT = "act"
    INFO = "info"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """
    A value against its target and the pace it should have by now, drawn from 0 to `high`.

    `low` is where the way to the target began: how far behind is judged from there, unless `state` says it. With a `floor`
    the scale begins there and the value is a point on it, for a bar that does not begin at 0 would lie by its length;
    whoever shows it says so.
    """

    value: float
    target: float | None = None
    pace: float | None = None
    low: float = 0.0
    high: float = 100.0
    floor: float = 0.0
    unit: str = "%"
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line under a figure."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One of the big numbers of a page. `value` empty: there is none, and `none` says so in words (never 0)."""

    name: str
    value: str = ""
    unit: str = ""
    none: str = ""
    url: str = ""
    state: State | None = None
    state_text: str = ""
    bullet: Bullet | None = None
    facts: tuple[Fact, ...] = ()
    origin: str = ""
    origin_level: int = 0
    trend: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Turning pages by key. Empty addresses: there is no such page. `shown` is the sentence at the left."""

    shown: str = ""
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """A place on the map and in its table. `shade`: d1 (far behind) … d4 (at target) … d7; empty, no value."""

    code: str
    name: str
    value: str
    shade: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """Something at a spot of a map, ``at`` in the drawing's units; its ``number`` stands in the list it leads to by ``url``."""

    number: int
    name: str
    url: str
    at: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """One line of a map's legend."""

    shade: str
    text: str
    count: int | None = None
