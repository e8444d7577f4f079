"""How an adviser gets his sign-in."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.commands.access import settle_access
from services.advisers.commands.booking import book
from services.advisers.commands.locking import lock_adviser
from services.advisers.models import Seat
from services.advisers.queries.homes import home_of
from services.advisers.types import Account
from tenants.identity.api import create_person, find_person

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are mistaken for another on paper
_TRIES = 20


def open_account(
    *, scope: Scope, adviser_id: uuid.UUID, now: datetime, username: str = "", encoded: str = ""
) -> Account:  # fmt: skip
    """
    Make an adviser's sign-in, with the role for every community he serves or will serve, in every county.

    The answer carries the first password, which nothing keeps; he has to change it when he first signs in.

    :param username: for a batch that chose one; otherwise ``a`` and seven digits.
    :param encoded: for a batch: a password that is hashed already; the answer then carries none.
    :raises Missing: :raises Refused: he has an account.
    """
    policies.check_may_register(scope)
    adviser = lock_adviser(scope, adviser_id)
    if adviser.person_id is not None:
        raise policies.has_account()
    password = "" if encoded else _password()
    person = create_person(
        scope=scope, username=username or _free_username(), name=adviser.name, password=password or None,
        encoded=encoded, must_change_password=True, now=now,
    )  # fmt: skip
    adviser.person_id = person.id
    adviser.save(update_fields=["person_id"])
    today = legal_day(now)
    seats = Seat.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), adviser=adviser)
    for node_id in sorted(set(seats.values_list("node_id", flat=True))):
        settle_access(scope=scope, adviser_id=adviser.id, person_id=person.id, node_id=node_id,
                      why=_("聘任为法律顾问"), now=now)  # fmt: skip
    book(
        scope=scope, act="advisers.account.opened", subject=("adviser", adviser.id), node_id=home_of(scope).node_id,
        now=now, after={"person": person.id}, payload={"adviser": str(adviser.id), "person": person.id},
    )  # fmt: skip
    return Account(adviser_id=adviser.id, person_id=person.id, username=person.username, password=password)


def _free_username() -> str:
    for _try in range(_TRIES):
        username = f"a{secrets.randbelow(9_000_000) + 1_000_000}"
        if find_person(username) is None:
            return username
    raise AssertionError("no free sign-in name in twenty tries")


def _password() -> str:
    """Three groups of four letters: 59 bits, and can be read out over the telephone."""
    return "-".join("".join(secrets.choice(_LETTERS) for _letter in range(4)) for _group in range(3))
