"""The telephone and mail address of an account are erased when their person works here no more (PIPL 47)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import DateTimeField, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Least
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day
from falin.kernel.clock import now as this_moment
from falin.kernel.retention import RowRule
from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.commands.booking import book
from tenants.identity.models import Binding, Code, Person
from tenants.identity.queries.leaving import was_charge
from tenants.identity.queries.register import get_record, open_on
from tenants.identity.rules import CONTACTS_KEPT, NOT_TO_ONESELF


def erase_contacts(*, scope: Scope, person_id: int, why: str, now: datetime) -> None:
    """
    Erase what somebody who left could be reached by, with every code that went there; at the other home, too.

    He stays in the register by name, with the roles he held: records of the programme, kept by the archive law.

    :raises Missing: :raises Forbidden: he never was the scope's charge. :raises Refused: he holds a role, now or later;
        there is nothing to erase.
    """
    today = legal_day(now)
    get_record(scope=scope, person_id=person_id, on=today)
    if person_id == scope.person_id:
        raise policies.parted(NOT_TO_ONESELF)
    if not was_charge(scope, person_id, today):
        raise policies.not_yours()
    if Binding.objects.filter(open_on(today), person=person_id).exists():
        raise policies.still_holds()
    if not _erase(scope, person_id, why, now):
        raise policies.nothing_to_erase()


def erase_contacts_of_account(*, scope: Scope, person_id: int, why: str, now: datetime) -> None:
    """
    The same for who erases an adviser's numbers and was asked there whether he may. An account that holds another role
    is still worked with: its contacts stay until that has ended, too.
    """
    merged = Person.objects.values_list("merged_into", flat=True).get(id=person_id)
    himself = merged or person_id
    if not Binding.objects.filter(open_on(legal_day(now)), person=himself).exists():
        _erase(scope, himself, why, now)


def _erase(scope: Scope, person_id: int, why: str, now: datetime) -> bool:
    """Of a person and of every record that turned out to be him; whether there was anything."""
    records = list(Person.objects.select_for_update(of=("self",)).filter(Q(id=person_id) | Q(merged_into=person_id)))
    codes = Code.objects.filter(person__in=records).delete()[0]
    reached = [one for one in records if one.email or one.phone_sealed]
    for one in reached:
        one.email, one.phone_sealed, one.phone_index, one.language = "", b"", b"", ""
        one.save(update_fields=["email", "phone_sealed", "phone_index", "language"])
    if reached or codes:
        book(scope=scope, act="identity.contacts.erased", person_id=person_id, why=why, now=now,
             node_id=scope.roots[0] if scope.roots else None)  # fmt: skip
    return bool(reached or codes)


def _who_left(scope: Scope) -> QuerySet[Person]:
    """Who held a role and holds none, now or later, and can still be reached; ``left`` is when the last one ended."""
    held = Binding.objects.filter(person=OuterRef("pk"))
    same = Person.objects.filter(Q(id=OuterRef("pk")) | Q(merged_into=OuterRef("pk")))
    last = held.order_by().values("person").annotate(left=Max(Least("ended_at", Cast("valid_to", DateTimeField()))))
    found: QuerySet[Person] = (
        Person.objects.filter(~Exists(held.filter(open_on(legal_day(this_moment())))), merged_into__isnull=True)
        .filter(Exists(same.exclude(email="", phone_index=b"")))
        .annotate(left=Subquery(last.values("left")))
    )
    return found


_WHY = "保存期满（个人信息保护法第四十七条）"


def _erase_in_time(scope: Scope, people: Sequence[int], now: datetime) -> None:
    for person_id in people:
        _erase(scope, person_id, _WHY, now)


# By name and with the roles they held they stay in the register: the log's names are read from there.
CONTACTS = RowRule(purpose="contacts", label=gettext_lazy("离开的人的电话和邮箱"), days=CONTACTS_KEPT, shared=True,
                   rows=_who_left, over="left", end=_erase_in_time)  # fmt: skip
