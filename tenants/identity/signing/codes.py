"""
The place of one-time codes by SMS or mail: for a forgotten password, and to prove that a number or address is one's own.

The request that asks for a code only writes an event; the relay makes the code, keeps its keyed hash and sends it. So the
code lies nowhere in clear, a gateway that is slow keeps nobody waiting, and asking for somebody who does not exist takes
as long as asking for somebody who does.

Nobody takes another's codes away: one for a forgotten password belongs to the browser that asked for it, and is replaced,
tried and burnt from there alone. They are counted by where they were asked for: each device on which the person has signed
in for itself, each network he has signed in from for itself, strangers all together, and apart from all of them what
somebody who is signed in has proved. Browser and whence stand as halves of the two keyed hashes a code has anyway.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from falin.kernel import audit, clock, crypto, outbox
from falin.kernel.models import AuditEntry
from falin.kernel.outbox import Event
from falin.kernel.refusals import Refused
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from tenants.identity.models import Code, Person
from tenants.identity.queries.account import CODE_ADDRESS
from tenants.identity.signing.sending import phone_of, send_email, send_sms
from tenants.identity.types import Purpose

WANTED = "identity.code.wanted"
LASTS = timedelta(minutes=10)
APART = timedelta(
    minutes=1
)  # so far the clocks of two servers may differ; what is younger, a clock that was wrong made
TRIES = 5
A_DAY = 10  # codes in 24 hours: out of each allowance of a person, and to one number or address that is to be proved
A_DAY_FROM_ONE = 5  # of the strangers' allowance: to one network of theirs
SIGNED_IN = "identity.session.opened"
KNOWN_FOR = timedelta(days=90)  # a network, since its person last signed in from it
KNOWN, STRANGERS = "code.address.known", "code.address.strangers"  # the allowances, as an address is kept under each
_HALF = 16


def ask_for_code(
    *, scope: Scope, person: Person | None, browser: str, device: str, network: str, now: datetime
) -> None:
    """
    Have a code sent to somebody who forgot his password, if there is such a person with a number or an address.

    :param browser: secret of the browser that asks; only with it the code can be tried. :param device: its name where the
    person has signed in on it before, else empty.
    """
    number, mark = person.pk if person else 0, _half("code.browser", browser)
    whence = {"device": _half("code.device", device).hex() if device else "", "network": network}
    # A key for each browser: one whose code cannot be sent holds up nobody else's.
    outbox.put(scope=scope, event=WANTED, version=1, key=f"code:{number}:{mark.hex()}", now=now,
               payload={"person": number, "code": 0, "browser": mark.hex(), **whence})  # fmt: skip


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
    Make the code and send it; asked for or delivered twice, the second takes the place of the same browser's first.

    :raises NotSent: it is tried again by the relay, ever more slowly.
    """
    now = clock.now()
    person = Person.objects.filter(id=event.payload["person"], is_active=True).first()
    if person is None or now - event.at > LASTS:
        return
    code = Code.objects.filter(id=event.payload["code"]).first() if event.payload["code"] else None
    if code is None:
        address = phone_of(person) or person.email
        allowance, whence = _whence(person, event.payload, now)
        code = Code(person=person, purpose=Purpose.PASSWORD, address_index=_half(allowance, address) + whence,
                    code_hash=b"", made_at=now, expires_at=now + LASTS)  # fmt: skip
        too_many = _too_many_from(person, bytes(code.address_index), allowance, now)
    else:
        address = crypto.decrypt(code.address_sealed, CODE_ADDRESS.place(PUBLIC_SCHEMA, code.pk))
        too_many = _too_many_to_prove(person, bytes(code.address_index), now)
    if not address or too_many:
        return
    digits = f"{secrets.randbelow(1_000_000):06}"
    browser = bytes.fromhex(event.payload.get("browser", "")) or _half("code.browser", "")
    Code.objects.filter(
        _begins("code_hash", browser), person=person, purpose=code.purpose, used_at__isnull=True
    ).exclude(pk=code.pk).update(used_at=now)  # fmt: skip
    code.save()
    code.code_hash = browser + _hash(code.pk, digits)
    code.save(update_fields=["code_hash"])
    with translation.override(person.reads_in):
        text = _("验证码 %(code)s，10 分钟内有效。不要告诉任何人，法邻的工作人员不会问您要。") % {"code": digits}
        if "@" in address:
            send_email(address, _("法邻验证码"), text)
        else:
            send_sms(address, text)


def use_code(*, person_id: int, purpose: Purpose, digits: str, now: datetime, browser: str = "") -> Code | None:
    """
    Take a code once; ``None`` where it is wrong, used, too old, another browser's or was tried too often.

    The try is counted before the code is looked at, five however many come at once, and has to be committed even if it
    was wrong: whoever calls this does not raise inside the transaction.
    """
    mark = _half("code.browser", browser)
    own = Code.objects.filter(_begins("code_hash", mark), person_id=person_id, purpose=purpose, used_at__isnull=True)
    code = own.order_by("-id").first()
    if code is None or not Code.objects.filter(
        pk=code.pk, used_at__isnull=True, made_at__lt=now + APART, expires_at__gt=now, tries__lt=TRIES
    ).update(tries=F("tries") + 1):  # fmt: skip
        return None
    if not hmac.compare_digest(bytes(code.code_hash), mark + _hash(code.pk, "".join(digits.split()))):
        return None
    return code if Code.objects.filter(pk=code.pk, used_at__isnull=True).update(used_at=now) else None


def wrong_code() -> Refused:
    return Refused("identity.wrong_code", _("验证码不对，或者已经过期。可以重新要一个。"), field="code")


def forget_old(*, now: datetime) -> int:
    return Code.objects.filter(made_at__lt=now - timedelta(days=2)).delete()[0]


def _half(purpose: str, text: str) -> bytes:
    return crypto.blind_index(text, tenant=PUBLIC_SCHEMA, purpose=purpose)[:_HALF]


def _hash(code_id: int, digits: str) -> bytes:
    return _half("code", f"{code_id}:{digits}")


def _begins(field: str, half: bytes) -> Q:
    return Q(**{f"{field}__gte": half, f"{field}__lte": half + b"\xff" * _HALF})


def _whence(person: Person, payload: Mapping[str, Any], now: datetime) -> tuple[str, bytes]:
    """Whose allowance a code comes out of, and the mark of the device or network it was asked for from."""
    if payload.get("device"):
        return KNOWN, bytes.fromhex(payload["device"])
    network = payload.get("network", "")
    # Looked up here and not when it was asked for: there it would take longer for somebody who exists.
    known = bool(network) and AuditEntry.objects.filter(
        subject_kind="person", subject_id=str(person.pk), act=SIGNED_IN, at__gt=now - KNOWN_FOR, after__network=network
    ).exists()  # fmt: skip
    return KNOWN if known else STRANGERS, _half("code.network", network)


def _sent(now: datetime) -> QuerySet[Code]:
    return Code.objects.filter(made_at__range=(now - timedelta(days=1), now + APART)).exclude(code_hash=b"")


def _too_many_from(person: Person, index: bytes, allowance: str, now: datetime) -> bool:
    """Whether a device, a network or the strangers have had their codes for a forgotten password."""
    from_there = _sent(now).filter(person=person, address_index=index).count()
    if allowance == KNOWN:
        return from_there >= A_DAY
    by_strangers = _sent(now).filter(_begins("address_index", index[:_HALF])).count()
    return from_there >= A_DAY_FROM_ONE or by_strangers >= A_DAY


def _too_many_to_prove(person: Person, index: bytes, now: datetime) -> bool:
    by_him = _sent(now).filter(person=person).exclude(purpose=Purpose.PASSWORD)
    return by_him.count() >= A_DAY or _sent(now).filter(address_index=index).count() >= A_DAY
