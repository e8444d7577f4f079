"""The place that says which day's tree is the one that was known at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from tenants.divisions.types import Applied


def known_day(day: date, *, at: datetime, applied: Iterable[Applied]) -> date:
    """
    The day on which today's books show the tree of ``day`` as it was known at a moment.

    A yearly list counts from 1 January and is applied in autumn: what was published in between was counted without it.
    Updates follow each other by their days, so the eve of the first that was applied later is what was known.
    """
    return eve(day, [one for one in applied if one.at > at])


def eve(day: date, unseen: Iterable[Applied]) -> date:
    """The day, or an earlier one on which none of the updates counted yet."""
    return min([day, *(one.day - timedelta(days=1) for one in unseen)])
