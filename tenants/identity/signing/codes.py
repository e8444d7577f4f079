"""
The place of one-time codes by SMS or mail: for a forgotten password, and to prove that a number or address is one's own.

The request that asks for a code only writes an event; the relay makes the code, keeps its keyed hash and sends it. So the
code lies nowhere in clear, a gateway that is slow keeps nobody waiting, and asking for somebody who does not exist takes
as long as asking for somebody who does.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from falin.kernel import audit, clock, crypto, outbox
from falin.kernel.outbox import Event
from falin.kernel.refusals import Refused
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from tenants.identity.models import Code, Person
from tenants.identity.queries.account import CODE_ADDRESS
from tenants.identity.signing.sending import phone_of, send_email, send_sms
from tenants.identity.types import Purpose

WANTED = "identity.code.wanted"
LASTS = timedelta(minutes=10)
TRIES = 5
A_DAY = 10  # codes to one person, and to one number or address, in 24 hours


def ask_for_code(*, scope: Scope, username: str, now: datetime) -> None:
    """Have a code sent to whoever signs in by this name, if there is such a person with a number or an address."""
    person = Person.objects.filter(username__iexact=username, is_active=True).first()
    outbox.put(scope=scope, event=WANTED, version=1, key=f"code:{person.pk if person else 0}", now=now,
               payload={"person": person.pk if person else 0, "code": 0})  # fmt: skip


def ask_to_prove(*, scope: Scope, person_id: int, purpose: Purpose, address: str, now: datetime) -> None:
    """Have a code sent to a new number or address of one's own; it is taken over by ``use_code``."""
    code = Code(person_id=person_id, purpose=purpose, address_index=index_of(address), code_hash=b"", made_at=now,
                expires_at=now + LASTS)  # fmt: skip
    code.save()
    code.address_sealed = crypto.encrypt(address, CODE_ADDRESS.place(PUBLIC_SCHEMA, code.pk))
    code.save(update_fields=["address_sealed"])
    audit.record(scope=scope, act="identity.code.asked", subject=("person", person_id), node_id=None, now=now)
    outbox.put(scope=scope, event=WANTED, version=1, key=f"code:{person_id}", now=now,
               payload={"person": person_id, "code": code.pk})  # fmt: skip


def index_of(address: str) -> bytes:
    return crypto.blind_index(address, tenant=PUBLIC_SCHEMA, purpose="code.address")


def on_wanted(scope: Scope, event: Event) -> None:
    """
    Make the code and send it; delivered twice, the second code takes the first one's place.

    :raises NotSent: it is tried again by the relay, ever more slowly.
    """
    now = clock.now()
    person = Person.objects.filter(id=event.payload["person"], is_active=True).first()
    if person is None or now - event.at > LASTS:
        return
    code = Code.objects.filter(id=event.payload["code"]).first() if event.payload["code"] else None
    if code is None:
        address = phone_of(person) or person.email
        code = Code(person=person, purpose=Purpose.PASSWORD, address_index=index_of(address), code_hash=b"",
                    made_at=now, expires_at=now + LASTS)  # fmt: skip
    else:
        address = crypto.decrypt(code.address_sealed, CODE_ADDRESS.place(PUBLIC_SCHEMA, code.pk))
    if not address or _too_many(person, bytes(code.address_index), now):
        return
    digits = f"{secrets.randbelow(1_000_000):06}"
    Code.objects.filter(person=person, purpose=code.purpose, used_at__isnull=True).exclude(pk=code.pk).update(
        used_at=now
    )
    code.save()
    code.code_hash = _hash(code.pk, digits)
    code.save(update_fields=["code_hash"])
    with translation.override(person.reads_in):
        text = _("验证码 %(code)s，10 分钟内有效。不要告诉任何人，法邻的工作人员不会问您要。") % {"code": digits}
        if "@" in address:
            send_email(address, _("法邻验证码"), text)
        else:
            send_sms(address, text)


def use_code(*, person_id: int, purpose: Purpose, digits: str, now: datetime) -> Code | None:
    """
    Take a code once; ``None`` where it is wrong, used, too old or was tried too often.

    The try is counted before the code is looked at, five however many come at once, and has to be committed even if it
    was wrong: whoever calls this does not raise inside the transaction.
    """
    code = Code.objects.filter(person_id=person_id, purpose=purpose, used_at__isnull=True).order_by("-id").first()
    if code is None or not Code.objects.filter(
        pk=code.pk, used_at__isnull=True, expires_at__gt=now, tries__lt=TRIES
    ).update(tries=F("tries") + 1):  # fmt: skip
        return None
    if not hmac.compare_digest(bytes(code.code_hash), _hash(code.pk, "".join(digits.split()))):
        return None
    return code if Code.objects.filter(pk=code.pk, used_at__isnull=True).update(used_at=now) else None


def wrong_code() -> Refused:
    return Refused("identity.wrong_code", _("验证码不对，或者已经过期。可以重新要一个。"), field="code")


def forget_old(*, now: datetime) -> int:
    return Code.objects.filter(made_at__lt=now - timedelta(days=2)).delete()[0]


def _hash(code_id: int, digits: str) -> bytes:
    return crypto.blind_index(f"{code_id}:{digits}", tenant=PUBLIC_SCHEMA, purpose="code")


def _too_many(person: Person, index: bytes, now: datetime) -> bool:
    lately = Code.objects.filter(made_at__gt=now - timedelta(days=1)).exclude(code_hash=b"")
    return lately.filter(person=person).count() >= A_DAY or lately.filter(address_index=index).count() >= A_DAY
