"""An adviser's own visits and reminders."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from falin.kernel import sorting
from falin.kernel.clock import legal_day
from falin.kernel.periods import Month
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from services.advisers.api import list_appointments
from services.duty import policies
from services.duty.models import Reminder, Visit
from services.duty.rules import LONGEST
from services.duty.types import ReminderInfo, VisitContent, VisitInfo, VisitKind
from tenants.divisions.api import list_divisions
from tenants.divisions.rules import sound_of

VISIT_ORDERS: Final = ("community", "when", "time")  # what the list of one's own stands by; else latest first


def content_of(row: Visit) -> VisitContent:
    return VisitContent(node_id=row.node_id, kind=VisitKind(row.kind), begins_at=row.begins_at, ends_at=row.ends_at,
                        topic=row.topic, attendees=row.attendees, note=row.note)  # fmt: skip


def info_of(row: Visit) -> VisitInfo:
    return VisitInfo(
        id=row.id, adviser_id=row.adviser_id, adviser_name=row.adviser_name, firm_id=row.firm_id,
        content=content_of(row), photo_id=row.photo_id, revision=row.revision, voided_at=row.voided_at,
        void_why=row.void_why, written_at=row.written_at, recorded_at=row.recorded_at,
    )  # fmt: skip


def get_my_visit(*, scope: Scope, visit_id: uuid.UUID) -> VisitInfo:
    """:raises Missing: not there, of another adviser, or of a place outside the scope."""
    adviser_id = policies.check_may_read_own(scope)
    row = Visit.objects.in_scope(scope).filter(id=visit_id, adviser_id=adviser_id).first()
    if row is None:
        raise Missing("duty.no_such_visit", _("没有这条到访记录。"))
    return info_of(row)


def get_visit(*, scope: Scope, visit_id: uuid.UUID) -> VisitInfo:
    """
    One visit for who may know of it: its adviser, and the officials of its place. What he wrote of it stays with him.

    :raises Missing:
    """
    adviser_id = policies.own_or_published(scope)
    rows = Visit.objects.in_scope(scope).filter(id=visit_id)
    row = (rows if adviser_id is None else rows.filter(adviser_id=adviser_id)).first()
    if row is None:
        raise Missing("duty.no_such_visit", _("没有这条到访记录。"))
    return info_of(row) if adviser_id else _as_published(info_of(row))


def _as_published(visit: VisitInfo) -> VisitInfo:
    """Without what the adviser wrote of it."""
    return replace(visit, content=replace(visit.content, topic="", note=""), photo_id=None)


def search_visits(
    *, scope: Scope, text: str, node_ids: Collection[int], adviser_ids: Collection[uuid.UUID] = (), size: int
) -> list[VisitInfo]:  # fmt: skip
    """
    Visits at any of these communities or by any of these advisers, or by one who is called so; latest first.

    An adviser finds his own alone, by their topic and note as well. What he wrote of them stays with him: nobody else
    finds a visit by it, or reads it here.
    """
    adviser_id = policies.own_or_published(scope)
    rows, found = Visit.objects.in_scope(scope), Q(node_id__in=node_ids)
    if adviser_id is not None:
        mine = rows.filter(found | Q(topic__icontains=text) | Q(note__icontains=text), adviser_id=adviser_id)
        return [info_of(row) for row in mine.order_by("-begins_at", "id")[:size]]
    found |= Q(adviser_id__in=adviser_ids) | Q(adviser_name__contains=text)
    others = rows.filter(found, voided_at__isnull=True).order_by("-begins_at", "id")
    return [_as_published(info_of(row)) for row in others[:size]]


def list_my_places(*, scope: Scope, now: datetime) -> list[tuple[int, str]]:
    """Communities a visit may be logged for: those served this month or last, with the street before the name."""
    adviser_id = policies.check_may_read_own(scope)
    month, today = Month.of(now).plus(-1), legal_day(now)
    served = {
        appointment.node_id: None  # a dict, to keep the order of places
        for appointment in list_appointments(scope=scope, between=(month.first_day, today), adviser_id=adviser_id)
    }
    names = place_names(set(served))
    return [(node_id, " ".join(reversed(names[node_id])).strip()) for node_id in served if node_id in names]


def place_names(nodes: set[int]) -> dict[int, tuple[str, str]]:
    """Names of communities and of their streets."""
    places = list_divisions(nodes) if nodes else []
    streets = {place.street_id for place in places if place.street_id}
    named = {street.id: street.name for street in list_divisions(streets)} if streets else {}
    return {place.id: (place.name, named.get(place.street_id or 0, "")) for place in places}


def list_my_visits(*, scope: Scope, month: Month | None = None, sort: str = "") -> list[VisitInfo]:
    """
    The adviser's own visits with a part in the month, or all, latest first, voided ones among them.

    :param sort: one of ``VISIT_ORDERS``, with - before it the other way round.
    """
    adviser_id = policies.check_may_read_own(scope)
    rows = Visit.objects.in_scope(scope).filter(adviser_id=adviser_id)
    if month is not None:
        rows = rows.filter(begins_at__gte=month.starts_at - LONGEST, begins_at__lt=month.ends_at)
        rows = rows.filter(ends_at__gt=month.starts_at)
    found = [info_of(row) for row in rows.order_by("-begins_at", "id")]
    if not sorting.named(sort, VISIT_ORDERS):
        return found
    names = place_names({visit.content.node_id for visit in found})
    sounds = {node_id: (sound_of(name).pinyin, name) for node_id, (name, _street) in names.items()}
    return sorting.in_order(found, sort, {
        "community": lambda visit: sounds.get(visit.content.node_id, ("", "")),
        "when": lambda visit: visit.content.begins_at, "time": lambda visit: visit.content.minutes,
    })  # fmt: skip


def list_my_reminders(*, scope: Scope, unread_only: bool = True) -> list[ReminderInfo]:
    """Words to the adviser, latest first."""
    adviser_id = policies.check_may_read_own(scope)
    rows = Reminder.objects.in_scope(scope).filter(adviser_id=adviser_id).order_by("-at", "-id")
    if unread_only:
        rows = rows.filter(read_at__isnull=True)
    found = list(rows[:50])
    names = place_names({row.node_id for row in found})
    return [
        ReminderInfo(id=row.id, node_id=row.node_id, node_name=names.get(row.node_id, ("", ""))[0],
                     month=Month.parse(row.month), minutes_missing=row.minutes_missing, at=row.at, read_at=row.read_at)
        for row in found
    ]  # fmt: skip
