"""The place where the built-in home writes down what was proved, and says where it asks again (``kernel.stepup``)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.urls import reverse

from falin.kernel import stepup
from falin.kernel.clock import now
from falin.kernel.stepup import Proof
from tenants.identity.models import Person
from tenants.identity.sessions import WHENCE
from tenants.identity.signing.factors import PASSKEY, RECOVERY, TOTP, has_second
from tenants.identity.signing.whence import device_of, network_of

SECOND_DUE = "second_due"  # in the session of somebody who must set up a second factor before he does anything else


def connect() -> None:
    """Listen to every sign-in and every proof given anew; called when Django is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="identity signed in")
    authentication_step_completed.connect(_proved_again, dispatch_uid="identity proved again")


def where(request: HttpRequest, level: int) -> str:
    """The page that asks: for the second factor of whoever has one, else for the password."""
    kinds = set(Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True))
    if TOTP in kinds or (PASSKEY in kinds and RECOVERY in kinds):
        return reverse("mfa_reauthenticate")
    if PASSKEY in kinds:
        return reverse("mfa_reauthenticate_webauthn")
    return reverse("account_reauthenticate")


def _signed_in(sender: Any, request: HttpRequest, user: Person, **_: Any) -> None:
    """Another home that signs somebody in writes its own proof over this one."""
    moment = now()
    second = any(step.get("method") == "mfa" for step in get_authentication_records(request, user))
    request.session.pop(stepup.KEY, None)  # Django has changed the session's key a moment ago
    request.session.pop(SECOND_DUE, None)
    request.session[WHENCE] = {
        "device": device_of(request),
        "network": network_of(request),
        "began_at": moment.isoformat(),
    }
    stepup.keep(request, Proof(level=2 if second else 1, signed_at=moment, second_at=moment if second else None))


def _proved_again(sender: Any, request: HttpRequest, user: Person, method: str, **told: Any) -> None:
    """
    A step of a sign-in that goes on is no proof yet; what was asked again is, if it is the strongest he has. What another
    home proved it alone raises: a password of ours leaves such a session as strong as it was.
    """
    if not told.get("reauthenticated"):
        return
    moment = now()
    # Hashed anew, where the price of hashing rose since: the same password, and the same session.
    request.session[HASH_SESSION_KEY] = Person.objects.get(pk=user.pk).get_session_auth_hash()
    proof = stepup.proof_of(request) or Proof(level=1, signed_at=moment)
    if proof.home != stepup.BUILTIN:
        stepup.keep(request, proof)
        return
    if method == "mfa":
        stepup.keep(request, replace(proof, level=2, second_at=moment, fresh_at=moment))
    elif not has_second(user.pk):
        stepup.keep(request, replace(proof, fresh_at=moment))
    stepup.take_up(request)
