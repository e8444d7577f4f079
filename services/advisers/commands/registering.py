"""How firms and advisers come onto the province's register, and what is noted of an adviser there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from falin.kernel import crypto
from falin.kernel.clock import legal_day
from falin.kernel.refusals import refusal_for
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.commands.booking import book
from services.advisers.commands.locking import lock_adviser
from services.advisers.models import Adviser, Firm
from services.advisers.queries.homes import Home, home_of
from services.advisers.queries.register import adviser_info, firm_info
from services.advisers.queries.sealed import ID_NUMBER, PHONE
from services.advisers.rules import pinyin_of
from services.advisers.types import AdviserInfo, FirmInfo

REGISTERED = "advisers.adviser.registered"
UNIQUE = {
    "an_identity_number_is_registered_once": policies.identity_is_registered,
    "a_telephone_is_registered_once": policies.phone_is_registered,
}


def register_firm(
    *, scope: Scope, name: str, now: datetime, credit_code: str = "", phone: str = ""
) -> FirmInfo:  # fmt: skip
    """
    Enter a firm into the province's register.

    :param phone: the office's, which is public.
    :raises Refused: the province has a firm of this name.
    """
    policies.check_may_register(scope)
    home = home_of(scope)
    firm = Firm(province_id=home.province_id, name=name.strip(), pinyin=pinyin_of(name)[:200],
                credit_code=credit_code, phone=phone, created_at=now)  # fmt: skip
    try:
        with transaction.atomic():
            firm.save(force_insert=True)
    except IntegrityError as error:
        raise refusal_for(error, {"a_firm_is_registered_once": policies.firm_is_registered}) or error from None
    book(scope=scope, act="advisers.firm.registered", subject=("firm", firm.id), node_id=home.node_id, now=now,
         after={"name": firm.name}, payload={"firm": str(firm.id), "name": firm.name}, field="name")  # fmt: skip
    return firm_info(firm)


def register_adviser(
    *, scope: Scope, firm_id: uuid.UUID, name: str, id_number: str, phone: str, now: datetime, licence: str = "",
    specialties: Sequence[str] = (), exam_passed_on: date | None = None,
) -> AdviserInfo:  # fmt: skip
    """
    Enter an adviser into the province's register. Identity number and telephone are encrypted at once.

    :param id_number: eighteen characters, already checked (``rules.numbers``).
    :param phone: eleven digits of his own mobile telephone.
    :raises Refused: the number or the telephone is registered already; the firm is not on the register.
    """
    policies.check_may_register(scope)
    home = home_of(scope)
    if exam_passed_on is not None and exam_passed_on > legal_day(now):
        raise policies.in_the_future("exam_passed_on")
    firm = Firm.objects.filter(id=firm_id, province_id=home.province_id).first()
    if firm is None:
        raise policies.no_firm()
    adviser = adviser_row(
        home=home, firm=firm, name=name, id_number=id_number, phone=phone, licence=licence, specialties=specialties,
        exam_passed_on=exam_passed_on, now=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            adviser.save(force_insert=True)
    except IntegrityError as error:
        raise refusal_for(error, UNIQUE) or error from None
    after, payload = registered_facts(adviser)
    book(scope=scope, act=REGISTERED, subject=("adviser", adviser.id), node_id=home.node_id, now=now, after=after,
         field="name", payload=payload)  # fmt: skip
    return adviser_info(adviser, scope=scope, held=0, on=legal_day(now))


def adviser_row(
    *, home: Home, firm: Firm, name: str, id_number: str, phone: str, licence: str, specialties: Sequence[str],
    exam_passed_on: date | None, now: datetime,
) -> Adviser:  # fmt: skip
    """A row of the register, not written yet, its numbers encrypted for this row alone."""
    row, tenant = uuid.uuid4(), home.province_schema
    return Adviser(
        id=row, province_id=home.province_id, firm=firm, name=name.strip(), pinyin=pinyin_of(name)[:120],
        licence=licence, specialties=list(specialties), exam_passed_on=exam_passed_on, registered_by=home.node_id,
        created_at=now, phone_tail=phone[-4:],
        id_sealed=crypto.encrypt(id_number, ID_NUMBER.place(tenant, row)),
        id_index=crypto.blind_index(id_number, tenant=tenant, purpose="adviser.id"),
        phone_sealed=crypto.encrypt(phone, PHONE.place(tenant, row)),
        phone_index=crypto.blind_index(phone, tenant=tenant, purpose="adviser.phone"),
    )  # fmt: skip


def registered_facts(adviser: Adviser) -> tuple[dict[str, object], dict[str, object]]:
    """What is booked and what is told when an adviser comes onto the register."""
    return (
        {"firm": adviser.firm.name, "examined": str(adviser.exam_passed_on or "")},
        {"adviser": str(adviser.id), "firm": str(adviser.firm_id), "county": adviser.registered_by},
    )


def update_adviser(
    *, scope: Scope, adviser_id: uuid.UUID, now: datetime, firm_id: uuid.UUID | None = None, phone: str | None = None,
    licence: str | None = None, specialties: Sequence[str] | None = None,
) -> AdviserInfo:  # fmt: skip
    """
    Correct what the register says of an adviser; what is ``None`` stays.

    :raises Refused: the telephone is another adviser's; the firm is not on the register.
    """
    policies.check_may_register(scope)
    home = home_of(scope)
    adviser = lock_adviser(scope, adviser_id)
    changed: list[str] = []
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    if firm_id is not None and firm_id != adviser.firm_id:
        firm = Firm.objects.filter(id=firm_id, province_id=home.province_id).first()
        if firm is None:
            raise policies.no_firm()
        before["firm"], after["firm"] = adviser.firm.name, firm.name
        adviser.firm = firm
        changed.append("firm")
    if phone is not None:
        changed += _new_phone(adviser, phone, home)
    if licence is not None and licence != adviser.licence:
        adviser.licence = licence
        changed.append("licence")
    if specialties is not None and list(specialties) != adviser.specialties:
        before["specialties"], after["specialties"] = adviser.specialties, list(specialties)
        adviser.specialties = list(specialties)
        changed.append("specialties")
    if changed:
        try:
            with transaction.atomic():
                adviser.save(update_fields=changed)
        except IntegrityError as error:
            raise refusal_for(error, UNIQUE) or error from None
        after["changed"] = sorted({name.split("_")[0] for name in changed})
        book(scope=scope, act="advisers.adviser.corrected", subject=("adviser", adviser.id), node_id=home.node_id,
             now=now, before=before, after=after, field="specialties",
             payload={"adviser": str(adviser.id), "changed": after["changed"]})  # fmt: skip
    return adviser_info(adviser, scope=scope, held=None, on=legal_day(now))


def _new_phone(adviser: Adviser, phone: str, home: Home) -> list[str]:
    tenant = home.province_schema
    index = crypto.blind_index(phone, tenant=tenant, purpose="adviser.phone")
    if index == bytes(adviser.phone_index):
        return []
    adviser.phone_index, adviser.phone_tail = index, phone[-4:]
    adviser.phone_sealed = crypto.encrypt(phone, PHONE.place(tenant, adviser.id))
    return ["phone_index", "phone_tail", "phone_sealed"]


def record_examination(*, scope: Scope, adviser_id: uuid.UUID, passed_on: date, now: datetime) -> AdviserInfo:
    """
    Note that the adviser passed the unified examination (R2.6).

    :raises Invalid: the day is still to come.
    """
    policies.check_may_register(scope)
    if passed_on > legal_day(now):
        raise policies.in_the_future("passed_on")
    adviser = lock_adviser(scope, adviser_id)
    before = adviser.exam_passed_on
    if before != passed_on:
        adviser.exam_passed_on = passed_on
        adviser.save(update_fields=["exam_passed_on"])
        book(scope=scope, act="advisers.adviser.examined", subject=("adviser", adviser.id),
             node_id=home_of(scope).node_id, now=now, before={"passed_on": str(before or "")},
             after={"passed_on": str(passed_on)},
             payload={"adviser": str(adviser.id), "passed_on": str(passed_on)})  # fmt: skip
    return adviser_info(adviser, scope=scope, held=None, on=legal_day(now))


def ban_adviser(*, scope: Scope, adviser_id: uuid.UUID, until: date, reason: str, now: datetime) -> AdviserInfo:
    """
    Bar an adviser from new appointments up to and including a day (R2.6). Ends nothing that holds.

    :raises Invalid: the day is not in the future, or no reason is given.
    """
    policies.check_may_register(scope)
    if until <= legal_day(now):
        raise policies.ban_is_over("until")
    reason = reason.strip().rstrip("。.")
    if not reason:
        raise policies.needed("reason", _("请写明禁止聘任的理由。"))
    adviser = lock_adviser(scope, adviser_id)
    before = {"until": str(adviser.banned_until or "")}
    adviser.banned_until, adviser.ban_reason = until, reason
    adviser.save(update_fields=["banned_until", "ban_reason"])
    book(scope=scope, act="advisers.adviser.banned", subject=("adviser", adviser.id), node_id=home_of(scope).node_id,
         now=now, why=reason, before=before, after={"until": str(until)}, field="reason",
         payload={"adviser": str(adviser.id), "until": str(until)})  # fmt: skip
    return adviser_info(adviser, scope=scope, held=None, on=legal_day(now))


def lift_ban(*, scope: Scope, adviser_id: uuid.UUID, why: str, now: datetime) -> AdviserInfo:
    """Allow new appointments again before the ban runs out; lifting what is not there changes nothing."""
    policies.check_may_register(scope)
    if not why.strip():
        raise policies.needed("why", _("请写明解除的理由。"))
    adviser = lock_adviser(scope, adviser_id)
    if adviser.banned_until is not None:
        before = {"until": str(adviser.banned_until)}
        adviser.banned_until, adviser.ban_reason = None, ""
        adviser.save(update_fields=["banned_until", "ban_reason"])
        book(scope=scope, act="advisers.adviser.allowed", subject=("adviser", adviser.id),
             node_id=home_of(scope).node_id, now=now, why=why.strip(), before=before,
             payload={"adviser": str(adviser.id)})  # fmt: skip
    return adviser_info(adviser, scope=scope, held=None, on=legal_day(now))
