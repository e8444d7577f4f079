"""How an adviser's name or identity number is put right, and who follows: his account and the appointments that go on."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from falin.kernel import crypto
from falin.kernel.clock import legal_day
from falin.kernel.refusals import refusal_for
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.commands.booking import book
from services.advisers.commands.locking import lock_adviser
from services.advisers.commands.registering import UNIQUE
from services.advisers.models import Adviser, Appointment, Seat
from services.advisers.queries.homes import Home, home_of
from services.advisers.queries.register import adviser_info
from services.advisers.queries.sealed import ID_NUMBER
from services.advisers.rules import pinyin_of
from services.advisers.types import AdviserInfo
from tenants.identity.api import rename_account
from tenants.registry.api import tell_body

RENAMED = "advisers.adviser.renamed"


def correct_identity(
    *, scope: Scope, adviser_id: uuid.UUID, why: str, now: datetime, name: str = "", id_number: str = ""
) -> AdviserInfo:  # fmt: skip
    """
    Put an adviser's name or identity number right, after his papers; what is empty stays.

    Booked is which of the two changed, never what they were. His account is called as he is; appointments that go on,
    or are to come, too, in every county. What is over keeps the name of its day: past visits and ended appointments.

    :param id_number: eighteen characters, already checked (``rules.numbers``).
    :raises Missing: he is not on the scope's own list. :raises Invalid: no reason, a name that can be none, or nothing that
        changes. :raises Refused: the number is another adviser's; his numbers were erased; a county of his is being moved.
    """
    policies.check_may_register(scope)
    if not (why := why.strip()):
        raise policies.needed("why", _("请写明为什么更正。"))
    home = home_of(scope)
    adviser = lock_adviser(scope, adviser_id)
    changed = _new_name(adviser, name) + _new_number(adviser, id_number, home)
    if not changed:
        raise policies.nothing_to_correct()
    try:
        with transaction.atomic():
            adviser.save(update_fields=changed)
    except IntegrityError as error:
        raise refusal_for(error, UNIQUE) or error from None
    facts = [fact for fact, field in (("id_number", "id_sealed"), ("name", "name")) if field in changed]
    book(scope=scope, act="advisers.adviser.corrected", subject=("adviser", adviser.id), node_id=home.node_id, now=now,
         why=why, after={"changed": facts}, payload={"adviser": str(adviser.id), "changed": facts})  # fmt: skip
    if "name" in changed:
        _rename_elsewhere(scope, adviser, home, why, now)
    return adviser_info(adviser, scope=scope, held=None, on=legal_day(now))


def rename_appointments(*, scope: Scope, adviser_id: uuid.UUID, now: datetime) -> None:
    """The scope's appointments of an adviser that go on or are to come are called as the register calls him by now."""
    adviser = Adviser.objects.get(id=adviser_id)
    going = Q(ends_on__isnull=True) | Q(ends_on__gte=legal_day(now))
    rows = Appointment.objects.in_scope(scope).filter(going, adviser_id=adviser_id).exclude(adviser_name=adviser.name)
    rows.update(adviser_name=adviser.name, adviser_pinyin=adviser.pinyin)


def _new_name(adviser: Adviser, name: str) -> list[str]:
    name = " ".join(name.split())
    if name in ("", adviser.name):
        return []
    if not 2 <= len(name) <= 40:
        raise policies.no_name()
    adviser.name, adviser.pinyin = name, pinyin_of(name)[:120]
    return ["name", "pinyin"]


def _new_number(adviser: Adviser, id_number: str, home: Home) -> list[str]:
    tenant = home.province_schema
    index = crypto.blind_index(id_number, tenant=tenant, purpose="adviser.id") if id_number else b""
    if index in (b"", bytes(adviser.id_index)):
        return []
    adviser.id_index = index
    adviser.id_sealed = crypto.encrypt(id_number, ID_NUMBER.place(tenant, adviser.id))
    return ["id_index", "id_sealed"]


def _rename_elsewhere(scope: Scope, adviser: Adviser, home: Home, why: str, now: datetime) -> None:
    """Here at once, in other counties by an event of theirs: no county's rows are in another's reach."""
    rename_appointments(scope=scope, adviser_id=adviser.id, now=now)
    going = Q(ends_on__isnull=True) | Q(ends_on__gte=legal_day(now))
    counties = Seat.objects.filter(going, adviser=adviser).exclude(county_id=home.node_id)
    for county in sorted(set(counties.values_list("county_id", flat=True))):
        tell_body(node_id=county, event=RENAMED, key=str(adviser.id), payload={"adviser": str(adviser.id)}, now=now)
    if adviser.person_id is not None:
        rename_account(scope=scope, person_id=adviser.person_id, name=adviser.name, why=why, now=now)
