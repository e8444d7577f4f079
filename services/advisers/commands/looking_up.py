"""How somebody is found by his identity number or telephone: an act that is booked, without the number."""

from __future__ import annotations

from datetime import datetime

from falin.kernel import crypto
from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.commands.booking import book
from services.advisers.queries.homes import home_of
from services.advisers.queries.register import adviser_info, within_view
from services.advisers.rules.numbers import MOBILE_DIGITS
from services.advisers.types import AdviserInfo


def look_up(*, scope: Scope, number: str, now: datetime) -> AdviserInfo | None:
    """
    The adviser on the scope's own list whose number this is. Booked is that somebody looked, by which of the two, and whom he
    found; many in a day raise an alarm (A1).

    :param number: whole, and already checked (``rules.numbers.read_number``): an identity number, or a telephone of his own.
    """
    policies.check_may_register(scope)
    field = "phone" if len(number) == MOBILE_DIGITS else "id"
    home = home_of(scope)
    index = crypto.blind_index(number, tenant=home.province_schema, purpose=f"adviser.{field}")
    rows = within_view(scope).select_related("firm").filter(erased_at__isnull=True)
    adviser = rows.filter(**{f"{field}_index": index}).first()
    facts = {"fields": ["id_number" if field == "id" else "phone"], "count": int(adviser is not None)}
    subject = ("adviser", str(adviser.id)) if adviser else ("list", "advisers")
    book(scope=scope, act="advisers.number.looked_up", subject=subject, node_id=home.node_id, now=now, after=facts,
         payload={"person": scope.person_id, "found": facts["count"]})  # fmt: skip
    return adviser_info(adviser, scope=scope, held=None, on=legal_day(now)) if adviser else None
