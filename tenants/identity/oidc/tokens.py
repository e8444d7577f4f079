"""
What is believed of a token: pure, without clock, network or tables.

Exactly our issuer and ourselves, an algorithm of the list, the key the header names, 30 seconds of skew, and no token of
one kind in place of another (RFC 8725; OpenID Connect Core 3.1.3.7, Back-Channel Logout 2.6).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "PS256", "ES256")  # what public keys verify; nothing that a public key could be a secret for
SKEW = 30
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_AGE = 300  # seconds a logout token may be on its way
LONGEST = 16 * 1024
KeyOf = Callable[[str], KeySet | None]


class Untrusted(Exception):
    """Something is not as our issuer would say it to us. ``code`` says what, without a word of what was sent."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an ID token says that we go by: who, how strongly, when, and in which session over there."""

    issuer: str
    subject: str
    sid: str
    acr: str
    auth_time: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout:
    """Whose sessions are over: one of theirs, or all of a person's."""

    issuer: str
    subject: str
    sid: str
    jti: str


def check_id_token(
    value: str, *, key_of: KeyOf, issuer: str, client: str, nonce: str, access_token: str, now: float
) -> Claims:
    """:raises Untrusted:"""
    header, claims = _opened(value, key_of)
    if str(header.get("typ", "JWT")).upper() != "JWT" or claims.get("typ", "ID") != "ID" or "events" in claims:
        raise Untrusted("bad_typ")
    _check_parties(claims, issuer, client)
    _check_time(claims, now)
    if not _same(claims.get("nonce"), nonce):
        raise Untrusted("bad_nonce")
    if "at_hash" in claims and not _same(claims["at_hash"], _half_hash(access_token, str(header["alg"]))):
        raise Untrusted("bad_at_hash")
    auth_time = claims.get("auth_time")
    if auth_time is not None and (not _is_time(auth_time) or auth_time > now + SKEW):
        raise Untrusted("bad_auth_time")
    acr = claims.get("acr", "")
    return Claims(issuer=issuer, subject=_named(claims, "sub"), sid=_text(claims.get("sid", "")),
                  acr=acr if isinstance(acr, str) else "", auth_time=None if auth_time is None else int(auth_time))  # fmt: skip


def check_access_token(value: str, *, key_of: KeyOf, issuer: str, client: str, now: float) -> str:
    """
    Which program got this access token for itself (client credentials).

    A person's token is none of ours to take, whichever client he got it through: it has a session, and its client does
    not stand for itself.

    :raises Untrusted:
    """
    header, claims = _opened(value, key_of)
    if str(header.get("typ", "JWT")).lower() not in {"jwt", "at+jwt"} or claims.get("typ", "Bearer") != "Bearer":
        raise Untrusted("bad_typ")
    meant = claims.get("aud")
    if claims.get("iss") != issuer:
        raise Untrusted("bad_iss")
    if client not in ([meant] if isinstance(meant, str) else meant if isinstance(meant, list) else []):
        raise Untrusted("bad_aud")
    _check_time(claims, now)
    if {"sid", "session_state", "nonce", "events"} & set(claims):
        raise Untrusted("bad_sub")
    named = _named(claims, "azp")
    if _text(claims.get("client_id", "")) != named or named == client:
        raise Untrusted("bad_azp")
    return named


def check_logout_token(value: str, *, key_of: KeyOf, issuer: str, client: str, now: float) -> Logout:
    """:raises Untrusted:"""
    header, claims = _opened(value, key_of)
    # Keycloak writes the type into the header, as the standard recommends; what it means stands in ``events``.
    if str(header.get("typ", "")).lower() != "logout+jwt":
        raise Untrusted("bad_typ")
    _check_parties(claims, issuer, client)
    _check_time(claims, now)
    if claims["iat"] < now - LOGOUT_AGE - SKEW:
        raise Untrusted("expired")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT), dict):
        raise Untrusted("bad_events")
    if "nonce" in claims:
        raise Untrusted("bad_nonce")
    subject, sid = _text(claims.get("sub", "")), _text(claims.get("sid", ""))
    if not (subject or sid):
        raise Untrusted("bad_sub")
    return Logout(issuer=issuer, subject=subject, sid=sid, jti=_named(claims, "jti"))


def _opened(value: str, key_of: KeyOf) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of a token whose signature stands."""
    if not 0 < len(value) <= LONGEST:
        raise Untrusted("malformed")
    try:
        header = jws.extract_compact(value.encode()).headers()
    except (JoseError, ValueError, TypeError, KeyError):
        raise Untrusted("malformed") from None
    if header.get("alg") not in ALGORITHMS:
        raise Untrusted("bad_alg")
    if "crit" in header or not isinstance(header.get("kid"), str):
        raise Untrusted("bad_kid")
    keys = key_of(header["kid"])
    if keys is None:
        raise Untrusted("bad_kid")
    try:
        token = jwt.decode(value, keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, TypeError, KeyError):
        raise Untrusted("bad_signature") from None
    if not isinstance(token.claims, dict):
        raise Untrusted("malformed")
    return token.header, token.claims


def _check_parties(claims: Mapping[str, Any], issuer: str, client: str) -> None:
    if claims.get("iss") != issuer:
        raise Untrusted("bad_iss")
    meant = claims.get("aud")
    audience = [meant] if isinstance(meant, str) else meant
    if not isinstance(audience, list) or client not in audience:
        raise Untrusted("bad_aud")
    if claims.get("azp", None if len(audience) > 1 else client) != client:
        raise Untrusted("bad_azp")


def _check_time(claims: Mapping[str, Any], now: float) -> None:
    if not (_is_time(claims.get("exp")) and _is_time(claims.get("iat")) and _is_time(claims.get("nbf", 0))):
        raise Untrusted("malformed")
    if claims["exp"] <= now - SKEW:
        raise Untrusted("expired")
    if max(claims["iat"], claims.get("nbf", 0)) > now + SKEW:
        raise Untrusted("not_yet")


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**40


def _same(one: Any, other: str) -> bool:
    return isinstance(one, str) and hmac.compare_digest(one.encode(), other.encode())


def _named(claims: Mapping[str, Any], name: str) -> str:
    found = _text(claims.get(name, ""))
    if not found:
        raise Untrusted(f"bad_{name}")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 255 or not value.isprintable():
        raise Untrusted("malformed")
    return value


def _half_hash(value: str, algorithm: str) -> str:
    digest = hashlib.new(f"sha{algorithm[2:]}", value.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
