"""How advisers come to communities and leave them (R2.2, R2.6)."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from falin.kernel import undoing
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Refused, refusal_for
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.commands.access import settle_access
from services.advisers.commands.booking import book
from services.advisers.commands.locking import lock_appointment
from services.advisers.commands.seats import Appointee, list_taken, lock_appointee, take
from services.advisers.models import Adviser, Appointment, Seat, Vacancy
from services.advisers.queries.appointments import appointment_info, touching
from services.advisers.queries.coverage import community_in
from services.advisers.queries.homes import home_of
from services.advisers.queries.register import most_communities
from services.advisers.rules import free_slot, obstacle_to
from services.advisers.types import AppointmentInfo, Obstacle, TakenSeat, VacancyReason

_SEATS = ("a_seat_is_taken_once", "an_adviser_holds_a_community_once")


def appoint_adviser(
    *, scope: Scope, adviser_id: uuid.UUID, node_id: int, begins_on: date, ends_on: date | None, now: datetime,
    replaces: uuid.UUID | None = None,
) -> AppointmentInfo:  # fmt: skip
    """
    Have an adviser serve a community, both days included; without ``ends_on`` until somebody ends it.

    Counties that appoint the same adviser wait for each other at his row of the register, so that the last seat goes to
    one of them; the register's exclusion constraints hold the limit against anything that does not wait.

    :raises Missing: no such adviser in the province, or no such community in the scope.
    :raises Refused: he serves too many communities already, is not examined, is banned, or serves this one.
    """
    policies.check_may_appoint(scope)
    adviser = lock_appointee(scope, adviser_id)
    place = community_in(scope, node_id)
    home = home_of(scope)
    most = most_communities(scope, begins_on)
    seats = list_taken(adviser.id, begins_on, max(begins_on, ends_on) if ends_on else None)
    _check_nothing_speaks_against(adviser, seats, most, home.node_id, node_id, begins_on, ends_on)
    appointment = Appointment(
        node_id=place.id, adviser_id=adviser.id, adviser_name=adviser.name, adviser_pinyin=adviser.pinyin,
        firm_id=adviser.firm_id, firm_name=adviser.firm_name, begins_on=begins_on, ends_on=ends_on, replaces=replaces,
        created_at=now,
    )  # fmt: skip
    take(
        adviser_id=adviser.id, slot=free_slot(seats, begins_on, ends_on, most) or most + 1, most=most, node_id=place.id,
        county_id=home.node_id, appointment_id=appointment.id, begins_on=begins_on, ends_on=ends_on,
    )  # fmt: skip
    appointment.save(force_insert=True)
    if adviser.person_id is not None:
        settle_access(scope=scope, adviser_id=adviser.id, person_id=adviser.person_id, node_id=place.id,
                      why=_("聘任为法律顾问"), now=now)  # fmt: skip
    facts = {"begins_on": str(begins_on), "ends_on": str(ends_on or ""), "firm": adviser.firm_name}
    book(
        scope=scope, act="advisers.adviser.appointed", subject=("adviser", adviser.id), node_id=place.id, now=now,
        after=facts, field="adviser_id", payload=payload_of(appointment),
    )  # fmt: skip
    return appointment_info(appointment)


def end_appointment(
    *, scope: Scope, appointment_id: uuid.UUID, on_day: date, why: str, now: datetime
) -> AppointmentInfo:  # fmt: skip
    """
    End an appointment; ``on_day`` is its last day and frees the seat from the next day on.

    :raises Missing: :raises Refused: the day lies before it begins or after it ends anyway; no reason is given.
    """
    policies.check_may_appoint(scope)
    if not why.strip():
        raise policies.needed("why", _("请写明结束的理由。"))
    appointment = lock_appointment(scope, appointment_id)
    if on_day < appointment.begins_on:
        raise policies.ends_before_it_begins(appointment.begins_on)
    if appointment.ends_on is not None and on_day > appointment.ends_on:
        raise policies.ends_already(appointment.ends_on)
    before = {"ends_on": str(appointment.ends_on or "")}
    appointment.before_end = {**before, "why": appointment.ended_why, "person": scope.person_id, "at": now.isoformat()}
    appointment.ends_on, appointment.ended_why = on_day, why.strip()
    appointment.save(update_fields=["ends_on", "ended_why", "before_end"])
    Seat.objects.filter(appointment_id=appointment.id).update(ends_on=on_day)
    # Before access is settled, which books the same reason: here the person is told what may not stand in it.
    book(
        scope=scope, act="advisers.appointment.ended", subject=("adviser", appointment.adviser_id),
        node_id=appointment.node_id, now=now, why=why.strip(), before=before, after={"ends_on": str(on_day)},
        payload=payload_of(appointment),
    )  # fmt: skip
    person_id = Adviser.objects.filter(id=appointment.adviser_id).values_list("person_id", flat=True).first()
    if person_id is not None:
        settle_access(scope=scope, adviser_id=appointment.adviser_id, person_id=person_id,
                      node_id=appointment.node_id, why=appointment.ended_why, now=now)  # fmt: skip
    return appointment_info(appointment)


def resume_appointment(*, scope: Scope, appointment_id: uuid.UUID, now: datetime) -> AppointmentInfo:
    """
    Take back that one ended an appointment a moment ago: it stands as it stood before.

    :raises Missing: :raises Refused: too late, or not by oneself; somebody follows him, or his seat is taken again.
    """
    policies.check_may_appoint(scope)
    appointment = lock_appointment(scope, appointment_id)
    was = appointment.before_end
    mine = was is not None and was["person"] == scope.person_id
    if was is None or not mine or not undoing.in_time(datetime.fromisoformat(was["at"]), now):
        raise policies.too_late_to_resume()
    if Appointment.objects.in_scope(scope).filter(replaces=appointment.id).exists():
        raise policies.somebody_follows()
    lock_appointee(scope, appointment.adviser_id)  # his seats are counted by nobody else meanwhile
    ended_on, appointment.ends_on = appointment.ends_on, date.fromisoformat(was["ends_on"]) if was["ends_on"] else None
    try:
        with transaction.atomic():
            Seat.objects.filter(appointment_id=appointment.id).update(ends_on=appointment.ends_on)
    except IntegrityError as error:
        refused = refusal_for(error, dict.fromkeys(_SEATS, policies.seat_is_used))
        if refused is None:
            raise
        raise refused from None
    appointment.ended_why, appointment.before_end = was["why"], None
    appointment.save(update_fields=["ends_on", "ended_why", "before_end"])
    book(
        scope=scope, act="advisers.appointment.resumed", subject=("adviser", appointment.adviser_id),
        node_id=appointment.node_id, now=now, before={"ends_on": str(ended_on)}, after={"ends_on": was["ends_on"]},
        payload={**payload_of(appointment), "ended_on": str(ended_on), "ended_at": was["at"]},
    )  # fmt: skip
    person_id = Adviser.objects.filter(id=appointment.adviser_id).values_list("person_id", flat=True).first()
    if person_id is not None:
        settle_access(scope=scope, adviser_id=appointment.adviser_id, person_id=person_id,
                      node_id=appointment.node_id, why=_("撤回结束聘任"), now=now)  # fmt: skip
    return appointment_info(appointment)


def replace_adviser(
    *, scope: Scope, appointment_id: uuid.UUID, new_adviser_id: uuid.UUID, on_day: date, why: str, now: datetime,
    ends_on: date | None = None,
) -> AppointmentInfo:  # fmt: skip
    """
    End an appointment on a day and have somebody else serve from the next day on, in one act.

    :param ends_on: the new contract's last day; without it the old contract's.
    :raises Refused: as for ending and for appointing; then neither happens.
    """
    policies.check_may_appoint(scope)
    with transaction.atomic():  # a form shows the refusal of the second half: the first must not stand alone
        old = lock_appointment(scope, appointment_id)
        if old.adviser_id == new_adviser_id:
            raise policies.same_adviser()
        ends_on = ends_on or old.ends_on
        end_appointment(scope=scope, appointment_id=appointment_id, on_day=on_day, why=why, now=now)
        try:
            return appoint_adviser(
                scope=scope, adviser_id=new_adviser_id, node_id=old.node_id, begins_on=on_day + timedelta(days=1),
                ends_on=ends_on, now=now, replaces=old.id,
            )  # fmt: skip
        except Refused as refused:
            refused.field = {"adviser_id": "new_adviser_id", "begins_on": "on_day"}.get(
                refused.field or "", refused.field
            )
            raise


def explain_vacancy(*, scope: Scope, node_id: int, reason: VacancyReason, note: str, now: datetime) -> None:
    """
    Say why a community has no adviser at present; saying it again replaces what was said.

    :raises Missing: :raises Refused: the community has an adviser.
    """
    policies.check_may_appoint(scope)
    place = community_in(scope, node_id)
    today = legal_day(now)
    serving = Appointment.objects.in_scope(scope).filter(touching(today, today), node_id=place.id)
    names = list(serving.order_by("begins_on", "id").values_list("adviser_name", flat=True))
    if names:
        raise policies.not_vacant(names)
    Vacancy.objects.bulk_create(
        [Vacancy(node_id=place.id, reason=reason, note=note.strip(), said_at=now, person_id=scope.person_id)],
        update_conflicts=True, unique_fields=["node_id"], update_fields=["reason", "note", "said_at", "person_id"],
    )  # fmt: skip
    book(
        scope=scope, act="advisers.vacancy.explained", subject=("division", place.id), node_id=place.id, now=now,
        why=note.strip(), after={"reason": reason.value}, field="note",
        payload={"node": place.id, "reason": reason.value},
    )  # fmt: skip


def _check_nothing_speaks_against(
    adviser: Appointee, seats: list[TakenSeat], most: int, county_id: int, node_id: int, begins_on: date,
    ends_on: date | None,
) -> None:  # fmt: skip
    obstacle = obstacle_to(
        seats=seats, most=most, exam_passed_on=adviser.exam_passed_on, banned_until=adviser.banned_until,
        node_id=node_id, begins_on=begins_on, ends_on=ends_on,
    )  # fmt: skip
    if obstacle is None:
        return
    meant = [seat for seat in seats if seat.node_id == node_id] if obstacle == Obstacle.HELD_ALREADY else seats
    raise policies.refusal_of(
        obstacle, seats=meant, county_id=county_id, most=most, name=adviser.name, begins_on=begins_on,
        exam_passed_on=adviser.exam_passed_on, banned_until=adviser.banned_until, ban_reason=adviser.ban_reason,
    )  # fmt: skip


def payload_of(appointment: Appointment) -> dict[str, object]:
    """What the events about an appointment tell of it."""
    return {
        "appointment": str(appointment.id), "adviser": str(appointment.adviser_id), "firm": str(appointment.firm_id),
        "node": appointment.node_id, "begins_on": str(appointment.begins_on), "ends_on": str(appointment.ends_on or ""),
    }  # fmt: skip
