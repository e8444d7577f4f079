"""How an adviser's numbers are erased, by hand or when their days are over; his account's too, and what the archive keeps."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day
from falin.kernel.clock import now as this_moment
from falin.kernel.retention import RowRule
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from services.advisers import policies
from services.advisers.commands.booking import book
from services.advisers.commands.locking import lock_adviser
from services.advisers.models import Adviser, Seat
from services.advisers.queries.homes import home_of
from services.advisers.rules.parameters import NUMBERS_KEPT
from tenants.identity.api import erase_contacts_of_account


def erase_numbers(*, scope: Scope, adviser_id: uuid.UUID, why: str, now: datetime) -> None:
    """
    Erase the identity number and telephone of somebody who serves nowhere any more (PIPL 47), with the hashes by which
    they were found; and the telephone and mail address of the account he had as an adviser. His name, his appointments
    and his visits stay: they are records of the programme, kept by the archive law. The entry is closed; who serves again
    is registered again.

    :raises Missing: :raises Refused: he serves somewhere now or later, in whatever county; he is banned: under a new entry
        he would not be; he is erased already.
    """
    policies.check_may_register(scope)
    if not why.strip():
        raise policies.needed("why", _("请写明删除的理由。"))
    adviser = lock_adviser(scope, adviser_id)
    today = legal_day(now)
    held = Seat.objects.filter(_goes_on(today), adviser=adviser).count()
    if held:
        raise policies.still_serves(held)
    if adviser.banned_until is not None and adviser.banned_until >= today:
        raise policies.still_banned(adviser.banned_until)
    _erase(scope, adviser, why.strip(), now)


def _erase(scope: Scope, adviser: Adviser, why: str, now: datetime) -> None:
    adviser.id_sealed, adviser.phone_sealed, adviser.phone_tail, adviser.erased_at = b"", b"", "", now
    # The columns are unique and never empty: what stands in them now was made of no number.
    adviser.id_index, adviser.phone_index = secrets.token_bytes(32), secrets.token_bytes(32)
    adviser.save(update_fields=["id_sealed", "phone_sealed", "phone_tail", "erased_at", "id_index", "phone_index"])
    book(scope=scope, act="advisers.numbers.erased", subject=("adviser", adviser.id), node_id=home_of(scope).node_id,
         now=now, why=why, payload={"adviser": str(adviser.id)})  # fmt: skip
    if adviser.person_id is not None:
        erase_contacts_of_account(scope=scope, person_id=adviser.person_id, why=why, now=now)


def _goes_on(today: date) -> Q:
    return Q(ends_on__isnull=True) | Q(ends_on__gte=today)


def _who_left(scope: Scope) -> QuerySet[Adviser] | None:
    """
    Who served in the scope's county last of all and serves nowhere now or later, in whatever county; ``left`` is his last
    day. Who is banned stays until the ban is over: by his number he is known again.
    """
    if scope.schema == PUBLIC_SCHEMA or (home := home_of(scope)).node_id == home.province_id:
        return None
    today = legal_day(this_moment())
    seats = Seat.objects.filter(adviser=OuterRef("pk"))
    last = seats.order_by("-ends_on", "-id")
    found: QuerySet[Adviser] = (
        Adviser.objects.filter(pk__in=Seat.objects.filter(county_id=home.node_id).values("adviser_id"))
        .filter(~Exists(seats.filter(_goes_on(today))), Q(banned_until__isnull=True) | Q(banned_until__lt=today))
        .annotate(county=Subquery(last.values("county_id")[:1]),
                  left=Subquery(last.annotate(at=Cast("ends_on", DateTimeField())).values("at")[:1]))
        .filter(erased_at__isnull=True, county=home.node_id)
    )  # fmt: skip
    return found


_WHY = "保存期满（民法典第一百八十八条、个人信息保护法第四十七条）"


def _erase_in_time(scope: Scope, advisers: Sequence[uuid.UUID], now: datetime) -> None:
    """Of these, locked: who was appointed while the lock was waited for keeps his numbers."""
    serve = Seat.objects.filter(_goes_on(legal_day(now)), adviser__in=advisers).values("adviser_id")
    for adviser in Adviser.objects.filter(id__in=advisers).exclude(id__in=serve).order_by("id"):
        _erase(scope, adviser, _WHY, now)


# By name and with his appointments and visits he stays: the archive law keeps who did what.
NUMBERS = RowRule(purpose="adviser-numbers", label=gettext_lazy("离任顾问的身份证号和手机号"), days=NUMBERS_KEPT,
                  rows=_who_left, over="left", end=_erase_in_time)  # fmt: skip
