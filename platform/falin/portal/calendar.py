"""
The place of the calendar: what has a day, for the role one wears, as a month on a page and as a feed for other calendars.

Days, places and numbers, never a name: the feed lies on telephones and at other companies (decision 37). It is
opened by a token of one role that opens nothing else; the same token ends it wherever tokens are ended.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import Calendar, Event

from falin.kernel import formats, workdays
from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.periods import Month, months_between
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from services.advisers.api import count_ending, list_appointments
from services.duty.api import closed_months, list_my_visits, list_own_posted, list_posted, place_names
from services.duty.types import VisitKind
from tenants.identity.api import GRANTS, Role, count_due, count_ending_roles

READ = "calendar.read"
BEFORE, AFTER = 1, 3  # months around this one that the feed holds
# With what a calendar counts. A feed's token opens the calendar alone; these never leave this module.
_COUNTS_WITH = frozenset({"duty.own", "duty.post", "duty.close", "duty.read", "advisers.read", "people.read", "people.grant",
                          "people.confirm"})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing on one day; ``key`` stays the same while the thing does. With times where it has some."""

    day: date
    key: str
    words: str
    sign: str  # plan, done, due, ends
    url: str
    begins_at: time | None = None
    ends_at: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One square of the month."""

    day: date
    inside: bool
    today: bool
    works: bool
    made_up: bool
    holiday: str
    entries: tuple[Entry, ...]

    @property
    def weekday(self) -> list[int]:
        return [self.day.isoweekday()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A month in whole weeks from Monday on; ``announced``: its holidays are known."""

    month: Month
    days: tuple[Day, ...]
    count: int
    announced: bool


def month_page(*, scope: Scope, month: Month, now: datetime) -> Page:
    """The month with what falls into it."""
    scope.require(READ)
    first = month.first_day - timedelta(days=month.first_day.weekday())
    last = month.last_day + timedelta(days=6 - month.last_day.weekday())
    found = list_entries(scope=scope, months=(month, month), now=now)
    today, days = legal_day(now), [first + timedelta(days=step) for step in range((last - first).days + 1)]
    return Page(
        month=month, count=len(found), announced=workdays.is_announced(month.year),
        days=tuple(
            Day(day=day, inside=Month.of(day) == month, today=day == today, works=workdays.is_working_day(day),
                made_up=workdays.is_made_up(day), holiday=workdays.holiday_of(day),
                entries=tuple(entry for entry in found if entry.day == day))
            for day in days
        ),
    )  # fmt: skip


def list_entries(*, scope: Scope, months: tuple[Month, Month], now: datetime) -> list[Entry]:
    """What has a day in the months, both included, for the scope's role; by day and hour."""
    scope.require(READ)
    scope = replace(scope, grants=scope.grants | (GRANTS[Role(scope.role)] & _COUNTS_WITH))
    found: list[Entry] = []
    if "duty.own" in scope.grants:
        found += _of_an_adviser(scope, months)
    if "duty.post" in scope.grants:
        found += _posted(scope, months)
    if "advisers.read" in scope.grants:
        found += _ending_appointments(scope, months)
    if "duty.close" in scope.grants and scope.whole:
        found += _closing(scope, months)
    found += _roles(scope, months, now)
    inside = (entry for entry in found if months[0] <= Month.of(entry.day) <= months[1])
    return sorted(inside, key=lambda entry: (entry.day, entry.begins_at or time.min, entry.key))


def feed_of(*, scope: Scope, now: datetime, host: str) -> bytes:
    """
    The months around this one as an iCalendar file (RFC 5545).

    :raises Missing: by a token that opens more than the calendar: what stands in an address is read by others.
    """
    if not scope.grants <= {READ}:
        raise Missing("calendar.no_feed", _("没有这个日历地址，或者它已经停用。"))
    this = Month.of(now)
    book = Calendar()
    book.add("prodid", "-//Falin//Falin//ZH")
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", _("法邻日历"))
    book.add("x-wr-timezone", SHANGHAI.key)
    book.add("x-published-ttl", "PT6H")
    # The same answer all day, while nothing changes: who asks again and again is told that it is what he has.
    stamp = datetime.combine(legal_day(now), time(), SHANGHAI)
    for entry in list_entries(scope=scope, months=(this.plus(-BEFORE), this.plus(AFTER)), now=now):
        event = Event()
        event.add("uid", f"{entry.key}.{scope.schema}@{host}")
        event.add("dtstamp", stamp)
        event.add("summary", entry.words)
        for name, at in (("dtstart", entry.begins_at), ("dtend", entry.ends_at)):
            if at is not None:
                event.add(name, datetime.combine(entry.day, at, SHANGHAI).astimezone(UTC))
        if entry.begins_at is None:
            event.add("dtstart", entry.day)
            event.add("dtend", entry.day + timedelta(days=1))
            event.add("transp", "TRANSPARENT")
        book.add_component(event)
    return bytes(book.to_ical())


# ---- what falls on which day -------------------------------------------------------------------------------------------
def _of_an_adviser(scope: Scope, months: tuple[Month, Month]) -> Iterator[Entry]:
    """His visits, when he can be met as it is posted, and the last days of his appointments."""
    names = place_names(set(scope.nodes))
    for month in months_between(*months):
        for visit in list_my_visits(scope=scope, month=month):
            if not visit.in_force or Month.of(visit.content.begins_at) != month:
                continue
            begins_at, ends_at = (
                moment.astimezone(SHANGHAI) for moment in (visit.content.begins_at, visit.content.ends_at)
            )
            words = _("讲座：%(place)s") if visit.content.kind == VisitKind.LECTURE else _("到访：%(place)s")
            yield Entry(
                day=begins_at.date(), key=f"visit-{visit.id}", sign="done", url=f"{reverse('duty:visits')}?month={month}",
                words=words % {"place": names.get(visit.content.node_id, ("", ""))[0]}, begins_at=begins_at.time(),
                ends_at=ends_at.time() if ends_at.date() == begins_at.date() else time(23, 59),
            )  # fmt: skip
    first, last = months[0].first_day, months[1].last_day
    own = list_appointments(scope=scope, between=(first, last), adviser_id=uuid.UUID(scope.subject_id))
    posted = list_own_posted(scope=scope)
    for item in own:
        if item.ends_on is not None and first <= item.ends_on <= last:
            yield Entry(day=item.ends_on, key=f"appointment-{item.id}", sign="ends", url=reverse("duty:mine"),
                        words=_("聘任到期：%(place)s") % {"place": names.get(item.node_id, ("", ""))[0]})  # fmt: skip
        hours = posted.get(item.node_id)
        for day in _days(max(first, item.begins_on), min(last, item.ends_on or last)) if hours else ():
            if hours and day.isoweekday() in hours.weekdays and not workdays.holiday_of(day):
                yield Entry(
                    day=day, key=f"posted-{item.node_id}-{day}", sign="plan", url=reverse("duty:mine"),
                    words=_("值班：%(place)s") % {"place": names.get(item.node_id, ("", ""))[0]}, begins_at=hours.begins_at,
                    ends_at=hours.ends_at,
                )  # fmt: skip


def _posted(scope: Scope, months: tuple[Month, Month]) -> Iterator[Entry]:
    """In how many of the scope's communities an adviser can be met; on holidays nobody is there."""
    posted = list_posted(scope=scope).values()
    for day in _days(months[0].first_day, months[1].last_day):
        count = sum(1 for one in posted if day.isoweekday() in one.weekdays)
        if count and not workdays.holiday_of(day):
            words = ngettext("%(n)s 个社区有顾问值班", "%(n)s 个社区有顾问值班", count) % {"n": count}
            yield Entry(day=day, key=f"posted-{day}", sign="plan", words=words, url=reverse("duty:posts"))


def _ending_appointments(scope: Scope, months: tuple[Month, Month]) -> Iterator[Entry]:
    counted = count_ending(
        scope=scope, after=months[0].first_day - timedelta(days=1), until=months[1].last_day
    )  # fmt: skip
    for day, count in counted.items():
        words = ngettext("%(n)s 份聘任到期", "%(n)s 份聘任到期", count) % {"n": count}
        yield Entry(day=day, key=f"ending-{day}", sign="ends", words=words,
                    url=f"{reverse('advisers:list')}?view=ending")  # fmt: skip


def _closing(scope: Scope, months: tuple[Month, Month]) -> Iterator[Entry]:
    """A month can be closed from the first working day after it on, until it is."""
    closed = closed_months(scope=scope)
    for month in months_between(months[0].plus(-1), months[1].plus(-1)):
        if not closed or month > closed[-1]:
            yield Entry(
                day=workdays.next_working_day(month.plus(1).first_day), key=f"close-{month}", sign="due",
                words=_("%(month)s可以结账") % {"month": formats.month(month.first_day)}, url=reverse("duty:months"),
            )  # fmt: skip


def _roles(scope: Scope, months: tuple[Month, Month], now: datetime) -> Iterator[Entry]:
    """Roles that end or are to be reviewed, and one's own."""
    due = count_due(scope=scope, now_day=legal_day(now))
    if due.to_review:
        words = ngettext("%(n)s 项身份最晚今天复核", "%(n)s 项身份最晚今天复核", due.to_review) % {"n": due.to_review}
        yield Entry(
            day=due.review_ends, key=f"review-{due.review_ends}", sign="due", words=words, url=reverse("portal:review")
        )
    if due.own_end:
        yield Entry(day=due.own_end, key=f"own-role-{due.own_end}", sign="ends", words=_("您的身份到期"),
                    url=reverse("portal:home"))  # fmt: skip
    if scope.may("people.read") and scope.grants & {"people.grant", "people.confirm"}:
        counted = count_ending_roles(scope=scope, after=legal_day(now) - timedelta(days=1), until=months[1].last_day)
        for day, count in counted.items():
            words = ngettext("%(n)s 项身份到期", "%(n)s 项身份到期", count) % {"n": count}
            yield Entry(day=day, key=f"roles-{day}", sign="ends", words=words,
                        url=f"{reverse('portal:people')}?view=soon")  # fmt: skip


# ---- steps -------------------------------------------------------------------------------------------------------------
def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
