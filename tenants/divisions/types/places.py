"""The tree of places as others may see it: levels, kinds, one division and its versions, the result of an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Level(IntEnum):
    """R1.1–R1.5, from the top."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    STREET = 4
    COMMUNITY = 5


class Kind(StrEnum):
    """Part of the administration, or an area drawn for statistics (development zones, state farms)."""

    ADMINISTRATIVE = "administrative"
    STATISTICAL = "statistical"


class Committee(StrEnum):
    """Which committee a community elects; an area like a community has none."""

    NONE = ""
    RESIDENTS = "residents"
    VILLAGERS = "villagers"


class Status(StrEnum):
    """A nominal place stands on the list and has nothing below it: no body works there."""

    IN_USE = "in_use"
    NOMINAL = "nominal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """
    One place as it was, or is, on some day.

    ``id`` is the place's identity (its node), which survives renames and changes of code. ``province_id`` to
    ``street_id`` name its ancestors and, at its own level, itself; they are ``None`` at a collapsed level and below its
    own. ``county_id`` is the county-grade body in whose tenant the place lies: for a city without counties, and all
    that lies in it, the city.
    """

    id: int
    level: Level
    code: str
    name: str
    parent_id: int | None
    province_id: int
    city_id: int | None
    county_id: int | None
    street_id: int | None
    kind: Kind
    status: Status
    is_county_body: bool
    committee: Committee
    urban: bool | None
    urban_derived: bool
    pinyin: str
    initials: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A place during one period of its life: from a day to the day before another, or until now."""

    begins: date
    ends: date | None
    place: Division


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A place that was searched for: as it is now, or as it last was; the former name by which it was found."""

    place: Division
    former_name: str = ""
    ended_on: date | None = None


class RefusalReason(StrEnum):
    """Why a row of a list is not a place of its own."""

    PLACEHOLDER = "placeholder"  # "市辖区" and the like: the level is collapsed
    STANDS_FOR_CITY = "stands_for_city"  # a county row that repeats a city without counties
    STANDS_FOR_PARENT = "stands_for_parent"  # digits 000: the row only repeats what is above it
    BAD_CODE = "bad_code"
    BAD_NAME = "bad_name"
    ORPHAN = "orphan"
    DOUBLE = "double"


PLACEHOLDER_REASONS = frozenset(
    {RefusalReason.PLACEHOLDER, RefusalReason.STANDS_FOR_CITY, RefusalReason.STANDS_FOR_PARENT}
)


class ListedRow(NamedTuple):
    """A row as the list has it: codes unpadded, the parent's code beside it (empty at the top)."""

    level: Level
    code: str
    name: str
    parent_code: str


class RefusedRow(NamedTuple):
    level: Level
    code: str
    name: str
    reason: RefusalReason


class Placed(NamedTuple):
    """
    What a list says of a place, in terms that outlive the list: of its parent the node, or the code of a new one.

    ``is_county_body`` and ``status`` follow from what lies below; the list said so.
    """

    level: Level
    code: str
    name: str
    parent: int | None
    parent_code: str
    parent_level: int
    kind: Kind
    status: Status
    is_county_body: bool
    committee: Committee
    urban: bool | None


class Standing(NamedTuple):
    """
    A place with its ancestors, in the order in which versions are compared and written.

    ``node`` is its identity and ``parent`` to ``street`` are those of its ancestors. Of a list that the database does not
    know yet these are positions in the list's own sequence of places, until ``renumbered``.
    """

    node: int
    level: Level
    code: str
    name: str
    parent: int | None
    province: int
    city: int | None
    county: int | None
    street: int | None
    kind: Kind
    status: Status
    is_county_body: bool
    committee: Committee
    urban: bool | None

    def renumbered(self, nodes: Sequence[int]) -> Standing:
        """The place with identities in place of positions."""
        node, level, code, name, parent, province, city, county, street, kind, status, body, committee, urban = self
        return Standing(
            nodes[node], level, code, name, None if parent is None else nodes[parent], nodes[province],
            None if city is None else nodes[city], None if county is None else nodes[county],
            None if street is None else nodes[street], kind, status, body, committee, urban,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What a list comes to: its places, ancestors first, and each row that is none, with the reason."""

    places: tuple[Standing, ...]
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """
    What an import did.

    ``import_id`` is ``None`` when there was nothing to write and the list had been recorded before.
    """

    import_id: int | None
    created: int
    unchanged: int
    counts: Mapping[Level, int] = field(default_factory=dict)
    refused: tuple[RefusedRow, ...] = ()
