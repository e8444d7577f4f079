"""
The place of the way to the issuer and back: authorisation code with PKCE, bound to the browser that began it.

What was begun is kept in the session under its ``state`` and taken out at the first answer: an answer nobody asked for,
a second one, or one from another issuer finds nothing there (RFC 6749 10.12, RFC 7636, RFC 9207, RFC 9700).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from falin.kernel import stepup
from tenants.identity.oidc.provider import TIMEOUT, Provider, Unreachable
from tenants.identity.oidc.tokens import SKEW, Claims, Untrusted, check_id_token

BEGUN = "oidc"  # the session's key
MOST = 5  # begun at one time in one browser: a tab each
HOLDS = 1800  # seconds until the answer must be here
SIGN_IN, AGAIN, LINK = "sign_in", "again", "link"


# What an issuer says when the person gave up, or it cannot serve him now; anything else is wrong with what we asked, or
# with what became of it on the way (a challenge taken out, another scope).
_ORDINARY = frozenset({"access_denied", "login_required", "temporarily_unavailable"})


class Declined(Exception):
    """The issuer said no, in so many words: the person gave up, or it could not serve him now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was asked for: to sign in, to prove oneself again, or to link an account; and where to go on afterwards."""

    purpose: str
    level: int
    wanted: str
    person: int  # who was signed in when it was asked; 0: nobody
    asked: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was asked for, what the issuer said, and the token it said it with."""

    begun: Begun
    claims: Claims
    id_token: str


def safe(request: HttpRequest, wanted: str) -> str:
    """An address of ours to go on to; anything else is the first page."""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") else "/"


def begin(
    request: HttpRequest, provider: Provider, *, purpose: str, level: int, wanted: str, now: datetime
) -> str:  # fmt: skip
    """
    The address to send the browser to.

    Level 2 asks for the second factor. Level 3 asks for everything anew, with the second factor: who stands before the
    screen now is to be the one who signed in this morning. So does linking.

    :raises Unreachable:
    """
    state, nonce, verifier = (secrets.token_urlsafe(32) for _one in range(3))
    more: dict[str, Any] = {"nonce": nonce, "ui_locales": "en" if get_language() == "en" else "zh-CN"}
    if level >= stepup.SECOND:
        more["acr_values"] = "2"
    if level >= stepup.FRESH or purpose == LINK:
        more |= {"prompt": "login", "max_age": int(stepup.FRESH_HOLDS.total_seconds())}
    address, _state = _client(request).create_authorization_url(
        provider.address("authorization_endpoint"), state=state, code_verifier=verifier, **more
    )
    person = request.session.get("_auth_user_id")
    begun = dict(list(request.session.get(BEGUN, {}).items())[1 - MOST :])
    begun[state] = {"nonce": nonce, "verifier": verifier, "purpose": purpose, "level": level,
                    "wanted": safe(request, wanted), "person": int(person or 0), "asked": now.timestamp()}  # fmt: skip
    request.session[BEGUN] = begun
    return str(address)


def finish(request: HttpRequest, provider: Provider, *, now: datetime) -> Answered:
    """
    Take the issuer's answer: everything is checked before anything is believed.

    :raises Untrusted: :raises Unreachable: :raises Declined:
    """
    answer = request.GET
    begun = request.session.get(BEGUN, {})
    kept = begun.pop(answer.get("state", ""), None)
    if kept is None:
        raise Untrusted("bad_state")
    request.session.modified = True
    if not 0 <= now.timestamp() - kept["asked"] < HOLDS:
        raise Untrusted("expired")
    if answer.get("iss", "" if provider.names_itself() else provider.issuer) != provider.issuer:
        raise Untrusted("bad_iss")
    if answer.get("error") in _ORDINARY:
        raise Declined
    if "error" in answer:
        raise Untrusted("issuer_error")
    if not answer.get("code"):
        raise Untrusted("no_code")
    got = _exchanged(request, provider, answer["code"], kept["verifier"])
    id_token, access_token = got.get("id_token"), got.get("access_token", "")
    if not isinstance(id_token, str) or not isinstance(access_token, str):
        raise Untrusted("no_token")
    claims = check_id_token(
        id_token, key_of=provider.key, issuer=provider.issuer, client=settings.OIDC_CLIENT, nonce=kept["nonce"],
        access_token=access_token, now=now.timestamp(),
    )  # fmt: skip
    asked = Begun(**{name: kept[name] for name in Begun.__slots__})
    _check_strength(asked, claims)
    return Answered(begun=asked, claims=claims, id_token=id_token)


def _check_strength(asked: Begun, claims: Claims) -> None:
    """What was asked for is not what was done until the token says so."""
    if asked.level >= stepup.SECOND and claims.acr != "2":
        raise Untrusted("bad_acr")
    anew = asked.level >= stepup.FRESH or asked.purpose == LINK
    if (anew or asked.level >= stepup.SECOND) and claims.auth_time is None:
        raise Untrusted("bad_auth_time")
    if anew and (claims.auth_time or 0) < asked.asked - SKEW:
        raise Untrusted("bad_auth_time")


def _exchanged(request: HttpRequest, provider: Provider, code: str, verifier: str) -> Mapping[str, Any]:
    try:
        got = _client(request).fetch_token(
            provider.address("token_endpoint"), code=code, code_verifier=verifier, timeout=TIMEOUT,
            grant_type="authorization_code", allow_redirects=False,
        )  # fmt: skip
    except (requests.RequestException, ValueError) as error:
        raise Unreachable(type(error).__name__) from None
    except AuthlibBaseError:
        raise Untrusted("bad_code") from None
    if not isinstance(got, dict):
        raise Unreachable("no token")
    return got


def _client(request: HttpRequest) -> OAuth2Session:
    return OAuth2Session(
        settings.OIDC_CLIENT, settings.OIDC_SECRET, scope="openid", code_challenge_method="S256",
        redirect_uri=request.build_absolute_uri(reverse("portal:oidc-callback")),
    )  # fmt: skip
