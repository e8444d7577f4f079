"""
The place of messages to a person's telephone or mail box: a small port with drivers, chosen in the environment.

A driver raises ``NotSent`` when the message did not go out; whoever sends decides whether to try again. No driver writes
a number or an address in clear anywhere.
"""

from __future__ import annotations

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Protocol

from django.conf import settings
from django.core.mail import send_mail
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from falin.kernel import crypto
from falin.kernel.scope import PUBLIC_SCHEMA
from tenants.identity.models import Person
from tenants.identity.queries.account import PHONE

log = logging.getLogger("falin.messages")


class NotSent(Exception):
    """The message did not go out; nothing of it is in the words of this error."""


class SmsDriver(Protocol):
    """Something that sends a text to a mobile number."""

    def send(self, number: str, text: str) -> None:
        """:raises NotSent:"""


class LogSms:
    """For development: the text goes to the log, the number does not."""

    def send(self, number: str, text: str) -> None:
        log.info("SMS to …%s: %s", number[-2:], text)


class GatewaySms:
    """
    An HTTP gateway that takes JSON ``{"to", "text"}`` with a bearer secret and answers 2xx, as most carriers' gateways
    can be set up to do; for another one, write a class like this and name it in ``FALIN_SMS``.

    Three tries, ten seconds together. What the gateway refuses for good (4xx) is not tried again.
    """

    tries, seconds, waits = 3, 3.0, (0.2, 0.4)

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sleep = sleep

    def send(self, number: str, text: str) -> None:
        asked = urllib.request.Request(  # noqa: S310 -- the installation's own address
            settings.SMS_ADDRESS, data=json.dumps({"to": number, "text": text}).encode(), method="POST",
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.SMS_SECRET}"},
        )  # fmt: skip
        why = ""
        for number_of_try in range(self.tries):
            if number_of_try:
                self.sleep(self.waits[number_of_try - 1])
            try:
                with urllib.request.urlopen(asked, timeout=self.seconds):  # noqa: S310
                    return
            except urllib.error.HTTPError as error:
                error.close()
                why = f"HTTP {error.code}"
                if error.code < 500 and error.code != 429:
                    break
            except (OSError, ValueError) as error:
                why = type(error).__name__
        raise NotSent(f"SMS gateway: {why}")


def send_sms(number: str, text: str) -> None:
    """:raises NotSent:"""
    driver: SmsDriver = import_string(settings.SMS)()
    driver.send(number, text)


def send_email(address: str, subject: str, text: str) -> None:
    """:raises NotSent:"""
    try:
        send_mail(subject, text, None, [address])
    except OSError as error:  # SMTP errors are among them
        raise NotSent(f"mail: {type(error).__name__}") from None


def phone_of(person: Person) -> str:
    return crypto.decrypt(person.phone_sealed, PHONE.place(PUBLIC_SCHEMA, person.pk))


def tell(person: Person, text: str) -> None:
    """
    A notice to somebody, by whatever he has; by mail first, which costs nothing. In the language in force: the caller's
    words are in his (``Person.reads_in``).

    :raises NotSent:
    """
    number = phone_of(person)
    if person.email:
        send_email(person.email, _("法邻：您的账号"), text)
    elif number:
        send_sms(number, text)


def tell_by(*, person_id: int, sms: bool, subject: str, text: str) -> None:
    """
    A message by the way its reader chose; who has no number or address, or may not come in, gets none.

    :raises NotSent:
    """
    person = Person.objects.filter(id=person_id, is_active=True).first()
    if person is None:
        return
    if sms:
        if number := phone_of(person):
            send_sms(number, text)
    elif person.email:
        send_email(person.email, subject, text)
