"""A station is opened, corrected, closed; many at once where a list of them comes in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from falin.kernel import audit, outbox, undoing
from falin.kernel.clock import legal_day
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Invalid, Refused, refusal_for
from falin.kernel.scope import Scope
from services.stations import policies
from services.stations.models import Station
from services.stations.queries.register import content_of, info_of, stations_in
from services.stations.rules import check_content, tidy, tier_of
from services.stations.types import Outcome, StationContent, StationInfo, Tier
from tenants.divisions.api import Division, list_divisions
from tenants.divisions.rules.pinyin import sound_of

OPENED, CORRECTED, CLOSED = "stations.station.opened", "stations.station.corrected", "stations.station.closed"
REOPENED = "stations.station.reopened"
_ONCE = {"an_open_station_is_registered_once": policies.is_registered}


def open_station(*, scope: Scope, content: StationContent, now: datetime) -> StationInfo:
    """
    Enter a station into the register, where everybody reads it from then on. Its tier follows from its place (R1.6).

    :raises Invalid: at the field that cannot be right, or a place that is not the scope's.
    :raises Refused: the place has an open station of that name.
    """
    policies.check_may_keep(scope)
    row = _row(scope, content, _places_of(scope, [content.node_id]), now)
    _saved(row)
    _book(scope, OPENED, row, before={}, after=facts_of(row), now=now)
    return info_of(row)


def open_many(*, scope: Scope, contents: Sequence[StationContent], now: datetime) -> list[Outcome]:
    """
    Enter several; one that is refused stops no other. Each has its own audit row and event.

    :param contents: at most a few hundred: they share the open transaction.
    """
    policies.check_may_keep(scope)
    places = _places_of(scope, {one.node_id for one in contents})
    taken = set(stations_in(scope).filter(closed_on__isnull=True, node_id__in=places).values_list("node_id", "name"))
    fates: list[tuple[Station, AuditEntry] | Outcome] = []
    for content in contents:
        try:
            row = _row(scope, content, places, now)
            entry = _entry(scope, OPENED, row, before={}, after=facts_of(row), now=now)
            if (row.node_id, row.name) in taken:
                raise policies.is_registered()
        except Refused as refused:
            fates.append(Outcome(code=refused.code, field=refused.field or "", refused=refused.message))
        else:
            taken.add((row.node_id, row.name))
            fates.append((row, entry))
    made = [fate for fate in fates if isinstance(fate, tuple)]
    try:
        with transaction.atomic():
            Station.objects.bulk_create(row for row, _booked in made)
    except (
        IntegrityError
    ) as error:  # somebody else enters the same at this moment: nothing of it was written, ask again
        raise refusal_for(error, _ONCE) or error from None
    audit.record_many(entry for _made, entry in made)
    payloads = [(f"station:{row.id}", payload_of(row)) for row, _booked in made]
    outbox.put_many(scope=scope, event=OPENED, version=1, payloads=payloads, now=now)
    return [Outcome(station=info_of(fate[0])) if isinstance(fate, tuple) else fate for fate in fates]


def correct_station(*, scope: Scope, station_id: uuid.UUID, content: StationContent, now: datetime) -> StationInfo:
    """
    Put right what the register says of a station; what it said stands in the audit.

    :raises Missing: no such station in the scope. :raises Refused: it is closed, nothing changed, or as for a new one.
    """
    policies.check_may_keep(scope)
    row = _locked_open(scope, station_id)
    before, facts = content_of(row), facts_of(row)
    place = _places_of(scope, [content.node_id]).get(content.node_id)
    if place or content.node_id != before.node_id:  # its own place may have ended, and is still its own
        _place(row, place)
    checked = _checked(content, now)
    if checked == before:
        raise policies.nothing_to_correct()
    _fill(row, checked)
    _saved(row)
    after = facts_of(row)
    changed = [name for name in after if after[name] != facts[name]]
    _book(scope, CORRECTED, row, before={name: facts[name] for name in changed},
          after={name: after[name] for name in changed}, now=now)  # fmt: skip
    return info_of(row)


def close_station(*, scope: Scope, station_id: uuid.UUID, on_day: date, why: str, now: datetime) -> StationInfo:
    """
    Take a station off the public pages for good, with the reason; the row and its history stay.

    :param on_day: the first day it is no longer open: today or earlier.
    :raises Missing: no such station in the scope. :raises Refused: closed already, no reason, or a day that cannot be.
    """
    policies.check_may_keep(scope)
    reason = " ".join(why.split())
    if len(reason) < 2:
        raise Invalid("stations.why_missing", _("请写明为什么关闭。"), field="why")
    if len(reason) > 200:
        raise Invalid("stations.why_too_long", _("最多 %(n)d 个字。") % {"n": 200}, field="why")
    row = _locked_open(scope, station_id)
    if on_day > legal_day(now):
        raise Invalid("stations.in_the_future", _("关闭日期不能晚于今天。到了那天再办。"), field="on_day")
    if on_day < row.opened_on:
        raise Invalid("stations.closes_before", _("关闭日期不能早于开放日期。"), field="on_day")
    row.closed_on, row.closed_why = on_day, reason
    row.save(update_fields=["closed_on", "closed_why"])
    _book(scope, CLOSED, row, before={}, after={"closed_on": on_day.isoformat()}, now=now, why=reason)
    return info_of(row)


def reopen_station(*, scope: Scope, station_id: uuid.UUID, now: datetime) -> StationInfo:
    """
    Take back that one closed a station a moment ago: it is open as it was.

    :raises Missing: no such station in the scope. :raises Refused: it is not closed, too late, not by oneself, or the place
        has another open station of that name by now.
    """
    policies.check_may_keep(scope)
    row = _locked(scope, station_id)
    closed = undoing.just_done(scope=scope, act=CLOSED, subject=("station", row.id), now=now)
    if row.closed_on is None or closed is None:
        raise policies.too_late_to_reopen()
    before = {"closed_on": row.closed_on.isoformat()}
    row.closed_on, row.closed_why = None, ""
    _saved(row)
    _book(scope, REOPENED, row, before=before, after={}, now=now)
    return info_of(row)


# ---- steps ---------------------------------------------------------------------------------------------------------
def _places_of(scope: Scope, nodes: Iterable[int]) -> dict[int, Division]:
    """Those of the places that are the scope's."""
    roots = set(scope.roots)
    return {
        place.id: place for place in list_divisions(list(nodes))
        if {place.province_id, place.city_id, place.county_id, place.street_id, place.id} & roots
    }  # fmt: skip


def _place(row: Station, place: Division | None) -> None:
    """:raises Invalid: it is not the scope's, or of a level that has no stations."""
    if place is None:
        raise policies.no_place()
    tier = tier_of(place.level, is_county_body=place.is_county_body)
    if tier is None or place.county_id is None:
        raise policies.no_tier()
    row.node_id, row.tier = place.id, tier
    row.province_id, row.city_id, row.county_id = place.province_id, place.city_id, place.county_id
    row.street_id = place.street_id


def _checked(content: StationContent, now: datetime) -> StationContent:
    return check_content(tidy(content), today=legal_day(now))


def _row(scope: Scope, content: StationContent, places: Mapping[int, Division], now: datetime) -> Station:
    """A station as it is to be written, not written yet."""
    row = Station(person_id=scope.person_id, recorded_at=now)
    _place(row, places.get(content.node_id))
    _fill(row, _checked(content, now))
    return row


def _fill(row: Station, content: StationContent) -> None:
    sound = sound_of(content.name)
    row.name, row.pinyin, row.initials = content.name, sound.pinyin[:240], sound.initials[:60]
    row.address, row.phone, row.wheelchair = content.address, content.phone, content.wheelchair
    row.opening = [[one.weekday, f"{one.begins_at:%H:%M}", f"{one.ends_at:%H:%M}"] for one in content.opening]
    row.longitude = content.position.longitude if content.position else None
    row.latitude = content.position.latitude if content.position else None
    row.opened_on = content.opened_on


def _saved(row: Station) -> None:
    """:raises Refused: the place has an open station of that name."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise refusal_for(error, _ONCE) or error from None


def _locked(scope: Scope, station_id: uuid.UUID) -> Station:
    row = stations_in(scope).select_for_update(of=("self",)).filter(id=station_id).first()
    if row is None:
        raise policies.no_station()
    return row


def _locked_open(scope: Scope, station_id: uuid.UUID) -> Station:
    row = _locked(scope, station_id)
    if row.closed_on is not None:
        raise policies.is_closed()
    return row


def facts_of(row: Station) -> dict[str, Any]:
    """What the register says, as it is booked."""
    return {
        "node_id": row.node_id, "tier": str(Tier(row.tier)), "name": row.name, "address": row.address, "phone": row.phone,
        "opening": [f"{day} {begin}-{end}" for day, begin, end in row.opening], "wheelchair": row.wheelchair,
        "position": f"{row.longitude}, {row.latitude}" if row.longitude is not None else "",
        "opened_on": row.opened_on.isoformat(),
    }  # fmt: skip


def payload_of(row: Station) -> dict[str, Any]:
    return {"station": str(row.id), "node_id": row.node_id, "tier": str(Tier(row.tier)), "name": row.name}


def _entry(
    scope: Scope, act: str, row: Station, *, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime,
    why: str = "",
) -> AuditEntry:  # fmt: skip
    """:raises Invalid: what was typed goes into the audit, and holds somebody's number."""
    try:
        return audit.entry(scope=scope, act=act, subject=("station", row.id), node_id=row.node_id, now=now, before=before,
                           after=after, why=why)  # fmt: skip
    except audit.PersonalDataInAudit:
        raise policies.personal_data() from None


def _book(
    scope: Scope, act: str, row: Station, *, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime,
    why: str = "",
) -> None:  # fmt: skip
    audit.record_many([_entry(scope, act, row, before=before, after=after, now=now, why=why)])
    outbox.put(scope=scope, event=act, version=1, key=f"station:{row.id}", now=now, payload=payload_of(row))
