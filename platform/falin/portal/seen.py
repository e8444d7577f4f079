"""
The place of the third question about access: who could have seen a thing on a day.

Three lists, from the widest to what is certain: the roles in force that day that read such things there, the emergencies
then open, and who really saw it in clear. Where a thing lies is what its own log says, as far as the asker reads that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from falin.portal import acts, booked
from tenants.divisions.api import Division, list_divisions
from tenants.identity.queries import Readers, list_open_on, list_readers
from tenants.identity.roles import EMERGENCY
from tenants.identity.types import EmergencyInfo

# Which grants let their holder read a thing, by its kind. Of every thing there is a history, and who reads that. What is
# empty is read by the person whose own it is and nobody else.
_LOG = frozenset({"history.read", "audit.read"})
READS: Mapping[str, frozenset[str]] = {
    "adviser": frozenset({"advisers.read", "advisers.clear", "firm.read", "duty.read", "visits.published"}),
    "firm": frozenset({"advisers.read", "firm.read"}), "appointment": frozenset({"advisers.read", "firm.read"}),
    "news": frozenset({"news.write"}),  # a draft; what was published is everybody's
    "station": frozenset({"stations.read"}),  # what is open is everybody's
    "import": frozenset({"advisers.import"}),
    "visit": frozenset({"duty.read", "duty.own", "visits.published"}),
    "reminder": frozenset({"duty.read", "duty.own"}),
    "file": frozenset({"duty.read", "duty.own", "advisers.import", "stations.keep"}),
    "month": frozenset({"figures.read"}), "run": frozenset({"figures.read"}),
    "person": frozenset({"people.read"}), "binding": frozenset({"people.read"}),
    "emergency": frozenset({"emergency.ask", "emergency.decide"}),
    "division": frozenset({"places.read"}), "area": frozenset({"places.read"}), "places": frozenset({"places.read"}),
    "province": frozenset({"places.read"}), "update": frozenset({"places.review"}),
    "setting": frozenset({"settings.read"}), "feedback": frozenset({"feedback.answer"}),
    "webhook": frozenset({"webhooks.manage"}), "event": frozenset({"events.manage"}),
    "tenant": frozenset({"tenants.manage"}), "installation": frozenset({"tenants.manage"}),
    "log": frozenset({"audit.export"}), "alarm": frozenset(),
    "notice": frozenset(), "view": frozenset(), "list": frozenset(), "sign-in": frozenset(), "sign_on": frozenset(),
}  # fmt: skip
# Acts that are a look and nothing else: what was masked was shown.
CLEAR_VIEWS = ("advisers.numbers.shown",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Who could have seen a thing on a day, and who did."""

    kind: str
    kind_words: str
    subject_id: str
    on: date
    places: tuple[Division, ...]  # where it lay, as its log says; none: it is the body's as a whole
    readers: Readers
    emergencies: tuple[EmergencyInfo, ...]
    clear: tuple[booked.Act, ...]

    @property
    def place_ids(self) -> tuple[int, ...]:
        return tuple(place.id for place in self.places)


def who_could_see(*, scope: Scope, kind: str, subject_id: str, on: date, now: datetime) -> Seen:
    """
    Who could have seen a thing on a day; for who reads the log there.

    :raises Missing: nothing was booked about such a thing within the scope's places.
    :raises Invalid: the day is to come, or before anything was booked of it.
    """
    scope.require(booked.READ)
    asked = booked.Asked(kind=kind, subject_id=subject_id)
    if not booked.is_known(scope=scope, asked=asked):
        raise Missing("audit.no_thing", _("这里没有它的操作记录，或者它不归您看。"))
    if on > legal_day(now):
        raise Invalid("audit.day_to_come", _("这一天还没有到。"), field="on")
    then = replace(asked, until=on)
    if not booked.is_known(scope=scope, asked=then):
        raise Invalid("audit.not_there_yet", _("这一天还没有它的操作记录，请写晚一些的日期。"), field="on")
    grants = READS.get(kind, frozenset()) | _LOG
    places = list_divisions(booked.places_named(scope=scope, asked=then), on=on)
    of_the_day = replace(then, since=on)
    return Seen(
        kind=kind, kind_words=str(acts.KINDS.get(kind, kind)), subject_id=subject_id, on=on, places=tuple(places),
        readers=list_readers(scope=scope, places=places, kind=kind, subject_id=subject_id, grants=grants, on=on),
        emergencies=tuple(list_open_on(scope=scope, on=on, now=now)) if grants & EMERGENCY else (),
        clear=tuple(act for name in CLEAR_VIEWS
                    for act in booked.log(scope=scope, asked=replace(of_the_day, act=name), size=500).acts),
    )  # fmt: skip
