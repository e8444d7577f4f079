"""Statistical areas as others may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tenants.divisions.types.places import Division


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A place in an area: from a day to the day before another, or until now; who said so."""

    id: int
    place: Division
    begins: date
    ends: date | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    id: int
    name: str
    home: Division  # whose it is
    listed: Division | None  # the place of the national list that stands for the same zone
    members: tuple[Member, ...] = ()
