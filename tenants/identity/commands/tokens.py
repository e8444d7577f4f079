"""Tokens: made, used, revoked. Their secret is read once, in the answer that made them."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from ipaddress import ip_network

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from falin.kernel import parameters
from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.rest import BadToken
from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.commands.booking import book
from tenants.identity.models import AccessToken, Person
from tenants.identity.oidc.provider import Unreachable, provider
from tenants.identity.oidc.tokens import Untrusted, check_access_token
from tenants.identity.queries.tokens import (
    find_token,
    fits,
    own_bindings,
    own_tokens,
    scope_of_client,
    scope_of_token,
    scopes_of,
    state_of,
    token_info,
)
from tenants.identity.rules import LONGEST_TOKEN
from tenants.identity.tokens import PREFIX, kept, lookup_of, new_token
from tenants.identity.types import MadeToken, TokenState

MOST = 20  # that work, of one binding
_NOTED_EVERY = timedelta(minutes=1)
_NOTHING = kept("")  # compared with where there is no row, so that no row takes as long as a wrong secret
log = logging.getLogger("falin.tokens")


def make_token(
    *, scope: Scope, binding_id: int, name: str, scopes: Collection[str], expires_on: date, origins: Collection[str],
    now: datetime,
) -> MadeToken:  # fmt: skip
    """
    A token for one of one's own roles, or of a program one answers for. The answer holds the secret; nothing else does.

    :param expires_on: the last day it works.
    :param origins: addresses or networks it may be used from; none: from everywhere.
    :raises Invalid: :raises Missing: :raises Refused: there are enough already.
    """
    scope.require(policies.OWN_TOKENS)
    today = legal_day(now)
    binding = next((one for one in own_bindings(scope=scope, on=today) if one.id == binding_id), None)
    if binding is None:
        raise Missing("identity.no_binding", _("没有这项身份，或者它已经结束。"))
    if not scopes or not set(scopes) <= set(scopes_of(binding.role)):
        raise Invalid(
            "identity.token_scopes", _("请勾选这个令牌能做什么，只能从这个身份能做的里面选。"), field="scopes"
        )
    most = parameters.value(LONGEST_TOKEN, node_id=scope.roots[0] if scope.roots else None, on=today)
    if not today <= expires_on <= today + timedelta(days=most):
        text = _("有效期要从今天起，最长 %(n)s 天。") % {"n": most}
        raise Invalid("identity.token_days", text, field="expires_on")
    working = AccessToken.objects.filter(binding=binding.id, revoked_at__isnull=True, expires_at__gt=now).count()
    if working >= MOST:
        raise Refused(
            "identity.too_many_tokens", _("这个身份已经有 %(n)s 个令牌在用。请先停用不用的。") % {"n": working}
        )
    secret, lookup = new_token()
    row = AccessToken.objects.create(
        lookup=lookup, secret_hash=kept(secret), name=name, binding_id=binding.id, scopes=sorted(scopes),
        origins=_networks(origins), epoch=Person.objects.values_list("session_epoch", flat=True).get(id=binding.person.id),
        made_by=scope.person_id, made_at=now,
        expires_at=datetime.combine(expires_on + timedelta(days=1), time(), SHANGHAI),
    )  # fmt: skip
    _book(scope, "identity.token.made", row, binding.person.id, now)
    found = find_token(lookup)
    assert found is not None
    return MadeToken(token=token_info(found, now=now), secret=secret)


def _networks(origins: Collection[str]) -> list[str]:
    try:
        return [str(ip_network(one, strict=False)) for one in origins]
    except ValueError:
        text = _("看不懂这个网络地址。请写成 10.20.0.7 或 10.20.0.0/16，一行一个。")
        raise Invalid("identity.token_origins", text, field="origins") from None


def revoke_token(*, scope: Scope, token_id: int, now: datetime) -> None:
    """
    Stop one of one's own tokens at once; one that is stopped stays so.

    :raises Missing: there is none of one's own.
    """
    scope.require(policies.OWN_TOKENS)
    row = own_tokens(scope).select_for_update(of=("self",)).select_related("binding").filter(id=token_id).first()
    if row is None:
        raise Missing("identity.no_token", _("没有这个令牌。"))
    if row.revoked_at is None:
        stop(scope, [row], now)


def stop(scope: Scope, rows: Collection[AccessToken], now: datetime) -> None:
    """Revoke these tokens, each booked."""
    for row in rows:
        row.revoked_at, row.revoked_by = now, scope.person_id
        row.save(update_fields=["revoked_at", "revoked_by"])
        _book(scope, "identity.token.revoked", row, row.binding.person_id, now)


def _book(scope: Scope, act: str, row: AccessToken, person_id: int, now: datetime) -> None:
    last_day = legal_day(row.expires_at - timedelta(seconds=1))
    book(scope=scope, act=act, person_id=person_id, node_id=scope.roots[0] if scope.roots else None, now=now,
         after={"token": row.id, "scopes": row.scopes, "ends_on": str(last_day)})  # fmt: skip


def use_token(*, text: str, address: str, request_id: str, now: datetime) -> Scope:
    """
    What a program may that sent this token, from this address.

    Outside any transaction: the row is read as it stands, and the last use is noted once a minute by a statement of its
    own, so that a door that only reads stays one that only reads.

    :raises BadToken: it counts no more, or never did; why is not said to who may have found it in a drawer.
    :raises Forbidden: it counts, but not from there.
    """
    if not text.startswith(PREFIX) and text.count(".") == 2:
        return _use_access_token(text, request_id=request_id, now=now)
    lookup = lookup_of(text)
    row = find_token(lookup) if lookup else None
    right = hmac.compare_digest(bytes(row.secret_hash) if row else _NOTHING, kept(text))
    if row is None or not right:
        log.warning("a token that nobody made, from %s", address)
        raise BadToken
    state = state_of(row, now=now)
    scope = scope_of_token(row, request_id=request_id, on=legal_day(now)) if state == TokenState.WORKS else None
    if scope is None:
        log.warning("token %s refused: %s", row.id, state)
        raise BadToken
    if not fits(row.origins, address):
        log.warning("token %s refused: not from %s", row.id, address)
        raise Forbidden("identity.token_origin", _("这个令牌不能从这个网络地址使用。"))
    if row.last_used_at is None or now - row.last_used_at >= _NOTED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - _NOTED_EVERY)
        AccessToken.objects.filter(stale, id=row.id).update(last_used_at=now)
    return scope


def _use_access_token(text: str, *, request_id: str, now: datetime) -> Scope:
    """
    The other way for a program: a short-lived token that the sign-on home gave its client (client credentials).

    The home says which client it is; what it may is read here at each request, so that it ends here at once.

    :raises BadToken:
    """
    home = provider()
    try:
        client = home and check_access_token(text, key_of=home.key, issuer=home.issuer, client=settings.OIDC_CLIENT,
                                             now=now.timestamp())  # fmt: skip
    except (Untrusted, Unreachable) as wrong:
        log.warning("an access token refused: %s", wrong)
        raise BadToken from None
    scope = scope_of_client(client, request_id=request_id, on=legal_day(now)) if client else None
    if scope is None:
        log.warning("an access token of a client that is no program here")
        raise BadToken
    return scope
