"""
The port of sign-on: two homes that prove who somebody is, and which of them a tenant takes.

The built-in one needs no server; the other is an issuer of OpenID Connect, Keycloak as a rule (decision 16). A tenant
chooses; whoever came in by the wrong door does not get that tenant's roles. Operators may always use the built-in one:
somebody must be able to come in when the issuer is down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_noop

from falin.kernel import stepup
from falin.kernel.clock import legal_day
from falin.kernel.parameters import Option, Parameter, declare, value
from tenants.identity.models import Session
from tenants.identity.oidc.provider import provider
from tenants.identity.queries.signing_in import SignedIn, read_signed_in
from tenants.identity.sessions import kept_as
from tenants.identity.types import Hat
from tenants.registry.api import list_tenants

KEYCLOAK = "keycloak"
LASTS = timedelta(hours=12)  # a sign-on, as the built-in one
LASTS_ALONE = timedelta(hours=24)  # while the issuer is away and nobody could sign on again
BYE = "identity.bye"

_BITS = {stepup.BUILTIN: 1, KEYCLOAK: 2}
SIGN_ON = declare(
    Parameter(
        key="identity.sign_on",
        label=gettext_noop("登录方式"),
        unit="",
        default=3,
        minimum=1,
        maximum=3,
        rule="decision 16",
        set_by=("province", "county"),
        policy=True,
        options=(
            Option(1, "builtin", gettext_noop("平台账号")),
            Option(2, "keycloak", gettext_noop("统一身份")),
            Option(3, "both", gettext_noop("两种都可以")),
        ),
    )
)


class IdentityProvider(Protocol):
    """What a home of sign-on can do. How it proves who somebody is remains its own affair."""

    @property
    def name(self) -> str:
        """As the session's proof names it."""

    def serves(self) -> bool:
        """Whether this installation has it."""

    def answers(self) -> bool:
        """Whether somebody could sign on there now."""

    def lasts(self) -> timedelta:
        """How long a sign-on there holds at this moment."""

    def where(self, request: HttpRequest, level: int) -> str:
        """The address at which it asks again for a level of proof."""

    def after_sign_out(self, request: HttpRequest) -> str:
        """Where to go when the session here is over; asked while it still stands."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """Accounts of our own: passwords and second factors by allauth."""

    name: str = stepup.BUILTIN

    def serves(self) -> bool:
        return True

    def answers(self) -> bool:
        return True

    def lasts(self) -> timedelta:
        return LASTS

    def where(self, request: HttpRequest, level: int) -> str:
        from tenants.identity.signing import proving

        return proving.where(request, level)

    def after_sign_out(self, request: HttpRequest) -> str:
        return reverse("account_login")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Accounts at an issuer of OpenID Connect."""

    name: str = KEYCLOAK

    def serves(self) -> bool:
        return bool(settings.OIDC_ISSUER)

    def answers(self) -> bool:
        found = provider()
        return found is not None and found.answers()

    def lasts(self) -> timedelta:
        return LASTS if self.answers() else LASTS_ALONE

    def where(self, request: HttpRequest, level: int) -> str:
        return reverse("portal:oidc-again", args=[level])

    def after_sign_out(self, request: HttpRequest) -> str:
        """To the page that takes the person to the issuer's own sign-out; the key of a session that is over opens nothing."""
        key = signing.dumps(request.session.session_key, salt=BYE)
        return f"{reverse('portal:oidc-logout')}?{urlencode({'of': key})}"


HOMES: dict[str, IdentityProvider] = {home.name: home for home in (BuiltIn(), Issuer())}


def home_of(request: HttpRequest) -> IdentityProvider:
    """Where the person of this session signed on."""
    proof = stepup.proof_of(request)
    return HOMES[proof.home if proof else stepup.BUILTIN]


def takes(tenant_node: int, home: str, on: date) -> bool:
    """Whether a tenant lets people in who signed on there. Outside any tenant (operators) both are good."""
    if not settings.OIDC_ISSUER or not tenant_node:
        return True
    return bool(value(SIGN_ON, node_id=tenant_node, on=on) & _BITS[home])


def runs_out_at(request: HttpRequest) -> datetime:
    """When the session of a request is over by itself."""
    proof, home = stepup.proof_of(request), home_of(request)
    key = kept_as(str(request.session.session_key))
    kept: datetime = Session.objects.values_list("expire_date", flat=True).get(session_key=key)
    return min(kept, proof.signed_at + home.lasts()) if proof and home.name == KEYCLOAK else kept


def serves(person_id: int, home: str, on: date) -> bool:
    """Whether a home lets a person in anywhere: some tenant of his takes it, or he has none yet."""
    signed_in = read_signed_in(person_id=person_id, on=on)
    hats = signed_in.hats if signed_in else ()
    return not hats or any(takes(hat.tenant_node, home, on) for hat in hats)


def in_use(on: date) -> frozenset[str]:
    """The homes that some tenant takes: what the sign-in page offers."""
    if not settings.OIDC_ISSUER:
        return frozenset({stepup.BUILTIN})
    tenants = list_tenants()
    return frozenset(
        home for home in HOMES if not tenants or any(takes(tenant.node_id, home, on) for tenant in tenants)
    )


def admitted(request: HttpRequest, signed_in: SignedIn, now: datetime) -> SignedIn | None:
    """
    What is left of who signed on, by where he did: the roles of tenants that take that home; ``None`` when it is over.

    Asked at every request where there is a second home at all.
    """
    proof = stepup.proof_of(request)
    home = HOMES[proof.home if proof else stepup.BUILTIN]
    if home.name == KEYCLOAK:
        age = now - proof.signed_at if proof else timedelta(0)
        if age >= LASTS_ALONE or (age >= LASTS and age >= home.lasts()):
            return None
        signed_in.person.must_change_password = False  # the password of ours is not the one he came in with
    on = legal_day(now)
    hats: tuple[Hat, ...] = tuple(hat for hat in signed_in.hats if takes(hat.tenant_node, home.name, on))
    return replace(signed_in, hats=hats)


def connect() -> None:
    """Have both homes asked for proof; called when Django is ready."""
    for home in HOMES.values():
        stepup.register_home(home.name, home.where)
