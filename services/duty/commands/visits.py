"""An adviser logs, corrects and voids his own visits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from falin.kernel import audit, outbox, undoing
from falin.kernel.files import PHOTO, take_in
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid, Missing, Refused, refusal_for
from falin.kernel.scope import Scope
from services.advisers.api import find_appointment_on
from services.advisers.types import AppointmentInfo
from services.duty import policies
from services.duty.commands.book import check_open, hold_open, mark_dirty
from services.duty.models import BusyTime, Visit
from services.duty.queries.visits import content_of, info_of
from services.duty.rules import check_content, months_of, tidy
from services.duty.types import VisitContent, VisitInfo, VisitKind


def log_visit(
    *, scope: Scope, visit_id: uuid.UUID, node_id: int, kind: VisitKind, begins_at: datetime, ends_at: datetime,
    written_at: datetime, now: datetime, topic: str = "", attendees: int | None = None, note: str = "",
    photo: UploadedFile[bytes] | None = None,
) -> VisitInfo:  # fmt: skip
    """
    Book a visit or a lecture of the scope's own adviser.

    The id is made where the visit was written down. The same visit sent again is answered with what stands in the book
    and writes nothing, whatever may have changed since (the month closed, the appointment over): it was taken once.

    :param written_at: by the phone's clock; kept, never relied on.
    :raises Refused: at the field: no appointment there on that day, another visit at that time (anywhere in the
        province), in the future, month closed, times that cannot be, or the id used for another visit.
    """
    adviser_id = policies.check_may_log(scope)
    content = tidy(VisitContent(node_id=node_id, kind=kind, begins_at=begins_at, ends_at=ends_at, topic=topic,
                                attendees=attendees, note=note))  # fmt: skip
    try:
        return _book(scope, adviser_id, visit_id, content, photo=photo, written_at=written_at, now=now)
    except Refused:
        earlier = Visit.objects.in_scope(scope).filter(id=visit_id, adviser_id=adviser_id).first()
        if earlier is None:
            raise
        # Corrected since, it no longer reads as it was sent; the moment of writing tells that it is the same.
        corrected = earlier.revision > 1 and earlier.written_at == written_at
        if not corrected and content_of(earlier) != content:
            raise Refused("duty.sent_before", _("这条记录已经交过，内容不一样。要改请到“我的记录”里更正。")) from None
        return info_of(earlier)


def _book(
    scope: Scope, adviser_id: uuid.UUID, visit_id: uuid.UUID, content: VisitContent, *,
    photo: UploadedFile[bytes] | None, written_at: datetime, now: datetime,
) -> VisitInfo:  # fmt: skip
    check_content(content, now=now)
    _check_words(content)
    months = months_of(content)
    hold_open(scope)
    check_open(months, field="begins_at")
    appointment = _appointment(scope, adviser_id, content)
    _take_time(visit_id, adviser_id, content)
    photo_id = _keep_photo(scope, photo, node_id=content.node_id, now=now)
    row = Visit.objects.create(
        id=visit_id, adviser_id=adviser_id, adviser_name=appointment.adviser_name, firm_id=appointment.firm_id,
        photo_id=photo_id, person_id=scope.person_id, written_at=written_at, recorded_at=now, **_columns(content),
    )  # fmt: skip
    mark_dirty(months, now=now)
    audit.record(scope=scope, act="duty.visit.logged", subject=("visit", visit_id), node_id=content.node_id, now=now,
                 after=_facts(content))  # fmt: skip
    _tell(scope, "duty.visit.logged", row, months, now)
    return info_of(row)


def correct_visit(
    *, scope: Scope, visit_id: uuid.UUID, node_id: int, kind: VisitKind, begins_at: datetime, ends_at: datetime,
    why: str, now: datetime, topic: str = "", attendees: int | None = None, note: str = "",
    photo: UploadedFile[bytes] | None = None,
) -> VisitInfo:  # fmt: skip
    """
    Mend one's own visit, with the reason, until its month is closed. A photo replaces the earlier one; none leaves it.

    :raises Refused: at the field, as for logging; voided already; nothing changed.
    """
    adviser_id = policies.check_may_log(scope)
    reason = _reason(why)
    content = tidy(VisitContent(node_id=node_id, kind=kind, begins_at=begins_at, ends_at=ends_at, topic=topic,
                                attendees=attendees, note=note))  # fmt: skip
    check_content(content, now=now)
    _check_words(content)
    row, before = _mine_open(scope, adviser_id, visit_id)
    if content == before and photo is None:
        raise Invalid("duty.nothing_changed", _("内容没有变，不用更正。"))
    months = months_of(content)
    check_open(months, field="begins_at")
    appointment = _appointment(scope, adviser_id, content)
    _move_time(visit_id, content)
    photo_id = _keep_photo(scope, photo, node_id=content.node_id, now=now)
    for name, value in _columns(content).items():
        setattr(row, name, value)
    row.adviser_name, row.firm_id = appointment.adviser_name, appointment.firm_id
    row.photo_id, row.revision = photo_id or row.photo_id, row.revision + 1
    row.save(force_update=True)
    touched = sorted({*months_of(before), *months})
    mark_dirty(touched, now=now)
    changed = [name for name in ("topic", "note") if getattr(before, name) != getattr(content, name)]
    changed += ["photo"] if photo_id else []
    _book_act(scope, "duty.visit.corrected", row, why=reason, now=now, before=_facts(before),
              after={**_facts(content), "rewritten": changed})  # fmt: skip
    _tell(scope, "duty.visit.corrected", row, touched, now)
    return info_of(row)


def void_visit(*, scope: Scope, visit_id: uuid.UUID, why: str, now: datetime) -> VisitInfo:
    """
    Take one's own visit out of the count, with the reason, until its month is closed. The record stays, marked.

    :raises Refused: voided already, month closed, no reason.
    """
    adviser_id = policies.check_may_log(scope)
    reason = _reason(why)
    row, content = _mine_open(scope, adviser_id, visit_id)
    months = months_of(content)
    row.voided_at, row.void_why, row.revision = now, reason, row.revision + 1
    row.save(force_update=True)
    BusyTime.objects.filter(id=visit_id).delete()
    mark_dirty(months, now=now)
    _book_act(scope, "duty.visit.voided", row, why=reason, now=now, before=_facts(content), after={"voided": True})
    _tell(scope, "duty.visit.voided", row, months, now)
    return info_of(row)


def restore_visit(*, scope: Scope, visit_id: uuid.UUID, now: datetime) -> VisitInfo:
    """
    Take back that one voided a visit a moment ago: it counts again as it stood.

    :raises Missing: :raises Refused: not voided, too late, month closed, no longer appointed on that day, or somewhere
        else at that time by now.
    """
    adviser_id = policies.check_may_log(scope)
    row = _mine(scope, adviser_id, visit_id)
    if row.voided_at is None or not undoing.in_time(row.voided_at, now):
        raise Refused("duty.too_late_to_restore", _("作废只能在 10 分钟内撤回。现在请重新记一次。"))
    content = content_of(row)
    months = months_of(content)
    check_open(months)
    _appointment(scope, adviser_id, content)
    _take_time(visit_id, adviser_id, content)
    row.voided_at, row.void_why, row.revision = None, "", row.revision + 1
    row.save(force_update=True)
    mark_dirty(months, now=now)
    _book_act(scope, "duty.visit.restored", row, why="", now=now, before={"voided": True}, after=_facts(content))
    _tell(scope, "duty.visit.restored", row, months, now)
    return info_of(row)


# ---- steps ---------------------------------------------------------------------------------------------------------
def _mine(scope: Scope, adviser_id: uuid.UUID, visit_id: uuid.UUID) -> Visit:
    """The adviser's own visit, locked, with the book held as open as it is."""
    hold_open(scope)
    locked = Visit.objects.in_scope(scope).select_for_update(of=("self",))
    row: Visit | None = locked.filter(id=visit_id, adviser_id=adviser_id).first()
    if row is None:
        raise Missing("duty.no_such_visit", _("没有这条到访记录。"))
    return row


def _mine_open(scope: Scope, adviser_id: uuid.UUID, visit_id: uuid.UUID) -> tuple[Visit, VisitContent]:
    """The adviser's own visit, locked, in force, and in a month that is held open."""
    row = _mine(scope, adviser_id, visit_id)
    if row.voided_at is not None:
        raise Refused("duty.voided_already", _("这条记录已经作废了。"))
    content = content_of(row)
    check_open(months_of(content))
    return row, content


def _appointment(scope: Scope, adviser_id: uuid.UUID, content: VisitContent) -> AppointmentInfo:
    """:raises Invalid: with one sentence for "not there", "not yours" and "not yet": which it is tells nothing."""
    found = None
    if scope.sees(content.node_id):
        found = find_appointment_on(scope=scope, adviser_id=adviser_id, node_id=content.node_id, on=content.on_day)
    if found is None:
        raise Invalid("duty.not_appointed", _("那一天您不是这个社区的顾问。请检查社区和日期。"), field="node_id")
    return found


def _overlap() -> Refused:
    return Refused(
        "duty.overlap", _("这段时间您已经有另一条到访记录，同一时间只能在一处。请检查起止时间。"), field="begins_at"
    )


def _take_time(visit_id: uuid.UUID, adviser_id: uuid.UUID, content: VisitContent) -> None:
    """
    Take the adviser's time across all counties. A twin being sent at the same moment is waited for.

    :raises Refused: he is somewhere else then; where is not said.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into public.duty_busytime (id, adviser_id, begins_at, ends_at)"
            " values (%s, %s, %s, %s) on conflict do nothing",
            [visit_id, adviser_id, content.begins_at, content.ends_at],
        )
        if cursor.rowcount == 1:
            return
    if BusyTime.objects.filter(id=visit_id).exclude(adviser_id=adviser_id).exists():
        raise Refused("duty.id_taken", _("这条记录的编号已经用过了，请重新填一条。"))
    raise _overlap()


def _move_time(visit_id: uuid.UUID, content: VisitContent) -> None:
    try:
        with transaction.atomic():
            BusyTime.objects.filter(id=visit_id).update(begins_at=content.begins_at, ends_at=content.ends_at)
    except IntegrityError as error:
        refused = refusal_for(error, {"an_adviser_is_in_one_place_at_a_time": _overlap})
        if refused is None:
            raise
        raise refused from None


def _keep_photo(scope: Scope, photo: UploadedFile[bytes] | None, *, node_id: int, now: datetime) -> uuid.UUID | None:
    if photo is None:
        return None
    try:
        return take_in(scope=scope, upload=photo, purpose=PHOTO, node_id=node_id, now=now).id
    except Invalid as refused:
        raise Invalid(refused.code, refused.message, field="photo") from None


def _reason(why: str) -> str:
    text = " ".join(why.split())
    if len(text) < 2:
        raise Invalid("duty.why_missing", _("请写明原因。"), field="why")
    if len(text) > 200:
        raise Invalid("duty.why_too_long", _("原因最多 200 个字。"), field="why")
    return text


def _book_act(scope: Scope, act: str, row: Visit, *, why: str, now: datetime, before: Mapping[str, Any],
              after: Mapping[str, Any]) -> None:  # fmt: skip
    """The reason is typed by a person and goes into the audit, which takes no personal data."""
    try:
        audit.record(scope=scope, act=act, subject=("visit", row.id), node_id=row.node_id, now=now, why=why,
                     before=before, after=after)  # fmt: skip
    except audit.PersonalDataInAudit:
        raise Invalid("duty.personal_data_in_reason", _("原因里不要写身份证号、手机号。"), field="why") from None


def _check_words(content: VisitContent) -> None:
    """What was done is written for oneself and lies in clear: nobody's papers or telephone belong into it."""
    for name in ("topic", "note"):
        if audit.looks_personal(getattr(content, name)):
            raise Invalid("duty.numbers", _("请不要写身份证号、手机号，删掉再交。"), field=name)


def _columns(content: VisitContent) -> dict[str, Any]:
    return {field.name: getattr(content, field.name) for field in fields(content)}


def _facts(content: VisitContent) -> dict[str, Any]:
    """What is booked of a visit: no topic, no note."""
    return {"node_id": content.node_id, "kind": str(content.kind), "begins_at": content.begins_at.isoformat(),
            "ends_at": content.ends_at.isoformat(), "attendees": content.attendees}  # fmt: skip


def _tell(scope: Scope, event: str, row: Visit, months: tuple[Month, ...] | list[Month], now: datetime) -> None:
    payload = {"visit_id": str(row.id), "node_id": row.node_id, "adviser_id": str(row.adviser_id),
               "kind": str(row.kind), "months": [str(month) for month in months], "revision": row.revision}  # fmt: skip
    outbox.put(scope=scope, event=event, version=1, key=f"visit:{row.id}", payload=payload, now=now)
