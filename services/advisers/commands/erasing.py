"""How an adviser's numbers are erased, his account's too, and what the archive keeps."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.commands.booking import book
from services.advisers.commands.locking import lock_adviser
from services.advisers.models import Seat
from services.advisers.queries.homes import home_of
from tenants.identity.api import erase_contacts_of_account


def erase_numbers(*, scope: Scope, adviser_id: uuid.UUID, why: str, now: datetime) -> None:
    """
    Erase the identity number and telephone of somebody who serves nowhere any more (PIPL 47), with the hashes by which
    they were found; and the telephone and mail address of the account he had as an adviser. His name, his appointments
    and his visits stay: they are records of the programme, kept by the archive law. The entry is closed; who serves again
    is registered again.

    :raises Missing: :raises Refused: he serves somewhere now or later, in whatever county; he is erased already.
    """
    policies.check_may_register(scope)
    if not why.strip():
        raise policies.needed("why", _("请写明删除的理由。"))
    adviser = lock_adviser(scope, adviser_id)
    held = Seat.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=legal_day(now)), adviser=adviser).count()
    if held:
        raise policies.still_serves(held)
    adviser.id_sealed, adviser.phone_sealed, adviser.phone_tail, adviser.erased_at = b"", b"", "", now
    # The columns are unique and never empty: what stands in them now was made of no number.
    adviser.id_index, adviser.phone_index = secrets.token_bytes(32), secrets.token_bytes(32)
    adviser.save(update_fields=["id_sealed", "phone_sealed", "phone_tail", "erased_at", "id_index", "phone_index"])
    book(scope=scope, act="advisers.numbers.erased", subject=("adviser", adviser.id), node_id=home_of(scope).node_id,
         now=now, why=why.strip(), payload={"adviser": str(adviser.id)})  # fmt: skip
    if adviser.person_id is not None:
        erase_contacts_of_account(scope=scope, person_id=adviser.person_id, why=why.strip(), now=now)
