"""The place of receivers: who is told what, under which secret, and what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.webhooks import offers, signing
from falin.kernel.webhooks.delivering import envelope
from falin.kernel.webhooks.sealed import EARLIER, SECRET, seal, unseal

MANAGE = "webhooks.manage"
MOST = 20  # receivers of a tenant
OLD_SECRET_HOLDS = timedelta(hours=24)
PAGE = 50
WAITING, TOLD, GIVEN_UP = "waiting", "told", "given_up"


class NoMessage(Missing):
    """The receiver was told no such message."""

    def __init__(self) -> None:
        super().__init__("webhooks.no_message", _("没有这条消息。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A receiver as its tenant sees it; never its secret."""

    id: uuid.UUID
    name: str
    address: str
    events: tuple[str, ...]
    stopped: str  # "" while it is told; asked, gone, failing
    failing_since: datetime | None
    earlier_until: datetime | None  # till then the secret before the last change signs too
    at: datetime
    waiting: int
    given_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    at: datetime
    outcome: str
    status: int
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message and its tries, the newest first."""

    id: uuid.UUID
    event: str
    at: datetime
    state: str
    attempts: int
    next_at: datetime | None
    tries: tuple[Try, ...]

    @property
    def message_id(self) -> str:
        return f"msg_{self.id.hex}"


# ---- reading ---------------------------------------------------------------------------------------------------------
def list_endpoints(*, scope: Scope) -> list[Endpoint]:
    scope.require(MANAGE)
    return [_shown(row) for row in _counted().order_by("name", "id")]


def get_endpoint(*, scope: Scope, endpoint_id: uuid.UUID) -> Endpoint:
    """:raises Missing: there is none in this tenant."""
    scope.require(MANAGE)
    row = _counted().filter(id=endpoint_id).first()
    if row is None:
        raise _missing()
    return _shown(row)


def list_told(
    *, scope: Scope, endpoint_id: uuid.UUID, state: str = "", before: uuid.UUID | None = None, size: int = PAGE
) -> list[Told]:
    """
    Up to ``size`` messages to a receiver, the newest first; ``before`` is the last one seen.

    :raises NoMessage: the receiver was told no such message.
    """
    scope.require(MANAGE)
    rows = WebhookMessage.objects.filter(endpoint_id=endpoint_id)
    if state:
        rows = rows.filter(_STATES.get(state, Q(pk=None)))
    if before:
        seen = WebhookMessage.objects.filter(endpoint_id=endpoint_id, id=before).first()
        if seen is None:
            raise NoMessage
        rows = rows.filter(Q(at__lt=seen.at) | Q(at=seen.at, id__lt=seen.id))
    page = list(rows.order_by("-at", "-id")[:size])
    tries: dict[uuid.UUID, list[Try]] = {}
    for one in WebhookAttempt.objects.filter(message__in=page).order_by("-id"):
        tries.setdefault(one.message_id, []).append(
            Try(at=one.at, outcome=one.outcome, status=one.status, milliseconds=one.milliseconds)
        )
    return [
        Told(id=row.id, event=row.event, at=row.at, state=_state(row), attempts=row.attempts, next_at=row.next_at,
             tries=tuple(tries.get(row.id, ())))
        for row in page
    ]  # fmt: skip


_STATES = {
    WAITING: Q(next_at__isnull=False),
    TOLD: Q(told_at__isnull=False),
    GIVEN_UP: Q(next_at__isnull=True, told_at__isnull=True),
}


def _state(row: WebhookMessage) -> str:
    if row.next_at is not None:
        return WAITING
    return TOLD if row.told_at is not None else GIVEN_UP


def _counted() -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.annotate(
        waiting=Count("messages", filter=Q(messages__next_at__isnull=False)),
        given_up=Count("messages", filter=Q(messages__next_at__isnull=True, messages__told_at__isnull=True)),
    )


def _shown(row: WebhookEndpoint) -> Endpoint:
    return Endpoint(
        id=row.id, name=row.name, address=row.address, events=tuple(row.events), stopped=row.stopped,
        failing_since=row.failing_since, earlier_until=row.earlier_until, at=row.at,
        waiting=row.waiting, given_up=row.given_up,  # type: ignore[attr-defined]
    )  # fmt: skip


# ---- acts ------------------------------------------------------------------------------------------------------------
def register_endpoint(
    *, scope: Scope, name: str, address: str, events: Iterable[str], now: datetime
) -> tuple[uuid.UUID, str]:
    """
    Add a receiver; its id and its secret, which is shown this once.

    :raises Invalid: the address cannot be one, no event was chosen, or one that is not offered.
    :raises Refused: the tenant has as many as it may.
    """
    scope.require(MANAGE)
    if WebhookEndpoint.objects.count() >= MOST:
        raise Refused("webhooks.too_many", _("最多登记 %(most)s 个接收地址。请先删掉不用的。") % {"most": MOST})
    row = WebhookEndpoint(name=_name(name), address=_address(address), events=_events(events),
                          person_id=scope.person_id, at=now)  # fmt: skip
    secret = signing.new_secret()
    row.secret_sealed = seal(SECRET, secret, tenant=scope.schema, row=row.id)
    row.save(force_insert=True)
    _book(scope, "webhooks.endpoint.registered", row, now, after=_facts(row))
    return row.id, secret


def change_endpoint(
    *, scope: Scope, endpoint_id: uuid.UUID, name: str, address: str, events: Iterable[str], now: datetime
) -> None:
    """
    Change where and of what a receiver is told.

    :raises Missing: there is none. :raises Invalid: as for ``register_endpoint``.
    """
    row = _locked(scope, endpoint_id)
    before = _facts(row)
    row.name, row.address, row.events = _name(name), _address(address), _events(events)
    row.save(update_fields=["name", "address", "events"])
    if _facts(row) != before:
        _book(scope, "webhooks.endpoint.changed", row, now, before=before, after=_facts(row))


def rotate_secret(*, scope: Scope, endpoint_id: uuid.UUID, now: datetime) -> str:
    """A new secret, shown this once; the one before signs beside it for a day."""
    row = _locked(scope, endpoint_id)
    secret = signing.new_secret()
    earlier = unseal(SECRET, row.secret_sealed, tenant=scope.schema, row=row.id)
    row.earlier_sealed = seal(EARLIER, earlier, tenant=scope.schema, row=row.id)
    row.earlier_until = now + OLD_SECRET_HOLDS
    row.secret_sealed = seal(SECRET, secret, tenant=scope.schema, row=row.id)
    row.save(update_fields=["secret_sealed", "earlier_sealed", "earlier_until"])
    _book(scope, "webhooks.secret.changed", row, now)
    return secret


def stop_endpoint(*, scope: Scope, endpoint_id: uuid.UUID, now: datetime) -> None:
    """Send nothing for a while; what happens meanwhile waits."""
    row = _locked(scope, endpoint_id)
    if not row.stopped:
        row.stopped = "asked"
        row.save(update_fields=["stopped"])
        _book(scope, "webhooks.endpoint.stopped", row, now, after={"stopped": "asked"})


def resume_endpoint(*, scope: Scope, endpoint_id: uuid.UUID, now: datetime) -> None:
    """Tell a receiver again that was stopped; what waited is sent now."""
    row = _locked(scope, endpoint_id)
    if row.stopped:
        row.stopped, row.failing_since, row.busy_until = "", None, None
        row.save(update_fields=["stopped", "failing_since", "busy_until"])
        row.messages.filter(next_at__isnull=False).update(next_at=now)
        _book(scope, "webhooks.endpoint.resumed", row, now)


def remove_endpoint(*, scope: Scope, endpoint_id: uuid.UUID, now: datetime) -> None:
    """Remove a receiver with all that was noted of what it was told."""
    row = _locked(scope, endpoint_id)
    _book(scope, "webhooks.endpoint.removed", row, now, before=_facts(row))
    row.delete()


def try_endpoint(*, scope: Scope, endpoint_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Send a message that says nothing, to see whether somebody listens."""
    row = _locked(scope, endpoint_id)
    body = envelope(offers.PING, 1, now, {"endpoint": str(row.id)})
    made = WebhookMessage.objects.create(endpoint=row, event_id=None, event=offers.PING, body=body, at=now, next_at=now)
    _book(scope, "webhooks.endpoint.tried", row, now)
    return made.id


def tell_again(*, scope: Scope, endpoint_id: uuid.UUID, messages: Sequence[uuid.UUID], now: datetime) -> int:
    """Send messages once more under their own ids, delivered ones too; how many."""
    row = _locked(scope, endpoint_id)
    again = row.messages.filter(id__in=messages).update(next_at=now, told_at=None, attempts=0)
    if again:
        _book(scope, "webhooks.messages.sent_again", row, now, after={"messages": again})
    return again


def tell_again_since(*, scope: Scope, endpoint_id: uuid.UUID, since: datetime, now: datetime) -> int:
    """
    Send once more everything since a moment, how many: for a receiver that lost what it had.

    :raises Invalid: the moment is to come.
    """
    row = _locked(scope, endpoint_id)
    if since > now:
        raise Invalid("webhooks.since_to_come", _("这个时间还没有到。"), field="since")
    again = row.messages.filter(at__gte=since).update(next_at=now, told_at=None, attempts=0)
    _book(scope, "webhooks.messages.sent_again", row, now, after={"messages": again, "since": since.isoformat()})
    return again


def _locked(scope: Scope, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    scope.require(MANAGE)
    row = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(id=endpoint_id).first()
    if row is None:
        raise _missing()
    return row


def _missing() -> Missing:
    return Missing("webhooks.missing", _("没有这个接收地址。"))


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 2 <= len(name) <= 80:
        raise Invalid("webhooks.bad_name", _("请写明这是哪个系统，2 到 80 个字。"), field="name")
    return name


def _address(text: str) -> str:
    """
    An address a message can be sent to. Whether it lies inside is judged when it is sent: names change their answers.

    :raises Invalid: it is none.
    """
    address = text.strip()
    refusal = Invalid("webhooks.bad_address", _("请填以 https:// 开头的完整地址，不含账号和 #。"), field="address")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise refusal from None
    plain = address.isascii() and address.isprintable() and " " not in address and len(address) <= 500
    if not plain or parts.scheme not in {"https", "http"} or not parts.hostname or port == 0:
        raise refusal
    if parts.username or parts.password or parts.fragment:
        raise refusal
    return address


def _events(events: Iterable[str]) -> list[str]:
    chosen = sorted(set(events))
    if not chosen:
        raise Invalid("webhooks.no_event", _("请至少选一种事件。"), field="events")
    if set(chosen) - {offer.event for offer in offers.offers()}:
        raise Invalid("webhooks.unknown_event", _("有一种事件是没有的。"), field="events")
    return chosen


def _facts(row: WebhookEndpoint) -> dict[str, object]:
    """What is booked: the address without what may be a password in its path or query."""
    return {"name": row.name, "host": urlsplit(row.address).hostname or "", "events": list(row.events)}


def _book(
    scope: Scope, act: str, row: WebhookEndpoint, now: datetime, *, before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:  # fmt: skip
    node_id = scope.roots[0] if scope.roots else None
    audit.record(
        scope=scope, act=act, subject=("webhook", row.id), node_id=node_id, now=now, before=before, after=after
    )
