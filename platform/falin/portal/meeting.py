"""
The place of who can be met: at this moment, or next, as the hours were posted for each community.

On a day on which offices are closed for a holiday nobody is said to be there: hours are posted by weekday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from falin.kernel import formats
from falin.kernel.clock import SHANGHAI
from falin.kernel.workdays import is_day_off
from falin.portal.public import Face, Spot, slug_of
from services.advisers.api import list_serving
from services.duty.api import list_posted
from services.duty.types import HoursPosted
from tenants.divisions.api import list_divisions

_AHEAD = 15  # days looked at; no holiday is longer
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Advisers who can be met in one community, from when to when. ``begins_at`` may be past: they are there now."""

    place: str
    slug: str
    names: tuple[str, ...]
    firm: str
    room: str
    begins_at: datetime
    ends_at: datetime

    @property
    def when(self) -> str:
        """11月24日 周二 09:00–11:00."""
        day = f"{formats.short_day(self.begins_at)} {formats.weekdays([self.begins_at.isoweekday()])}"
        return f"{day} {self.begins_at:%H:%M}–{self.ends_at:%H:%M}"

    @property
    def until(self) -> str:
        return f"{self.ends_at:%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meetings:
    """Who is there now (``now``), or who comes next; the first few of them, and how many there are in all."""

    now: bool
    first: tuple[Meeting, ...]
    count: int


def span(hours: HoursPosted, moment: datetime) -> tuple[datetime, datetime] | None:
    """When somebody is there by these hours: the time that runs at the moment, or the next one; ``None`` within two weeks."""
    local = moment.astimezone(SHANGHAI)
    for day in (local.date() + timedelta(days=ahead) for ahead in range(_AHEAD)):
        if day.isoweekday() not in hours.weekdays or is_day_off(day):
            continue
        begin, end = (datetime.combine(day, at, SHANGHAI) for at in (hours.begins_at, hours.ends_at))
        if end > local:
            return begin, end
    return None


def meetings_in(face: Face, moment: datetime) -> Meetings | None:
    """Who can be met in the county now; where nobody can, who comes next. ``None`` where no hours are posted."""
    local = moment.astimezone(SHANGHAI)
    serving = list_serving(scope=face.scope, on=local.date())
    spans = {
        node: (*found, hours)
        for node, hours in list_posted(scope=face.scope).items()
        if serving.get(node) and (found := span(hours, local))
    }
    if not spans:
        return None
    begin = min(found[0] for found in spans.values())
    there = {node: found for node, found in spans.items() if found[0] <= max(begin, local)}
    chosen = sorted(there, key=lambda node: (there[node][0], node))[:_SHOWN]
    places = {place.id: place for place in list_divisions(chosen)}
    return Meetings(now=begin <= local, count=len(there), first=tuple(
        Meeting(place=places[node].name, slug=slug_of(places[node]), names=tuple(one.name for one in serving[node]),
                firm=serving[node][0].firm_name, room=there[node][2].room, begins_at=there[node][0],
                ends_at=there[node][1])
        for node in chosen
    ))  # fmt: skip


def meeting_at(spot: Spot, moment: datetime) -> Meeting | None:
    """When the advisers of a community can be met next; ``None`` where nobody serves or no hours are posted."""
    found = span(spot.hours, moment) if spot.hours and spot.serving else None
    if not found or not spot.hours:
        return None
    return Meeting(place=spot.place.name, slug=spot.slug, names=tuple(one.name for one in spot.serving),
                   firm=spot.serving[0].firm_name, room=spot.hours.room, begins_at=found[0], ends_at=found[1])  # fmt: skip


def is_now(meeting: Meeting | None, moment: datetime) -> bool:
    return meeting is not None and meeting.begins_at <= moment
