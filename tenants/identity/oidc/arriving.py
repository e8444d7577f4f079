"""The place where an answer of the issuer becomes a session here, a stronger proof, or a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from django.contrib.auth import SESSION_KEY, login
from django.http import HttpRequest
from django.utils.translation import gettext as _

from falin.kernel import stepup
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Forbidden
from falin.kernel.stepup import Proof
from falin.kernel.transactions import inside, shared
from tenants.identity.commands.account import book_sign_in
from tenants.identity.homes import KEYCLOAK, LASTS_ALONE, takes
from tenants.identity.models import Person
from tenants.identity.oidc.commands import link_account, remember_session
from tenants.identity.oidc.flow import AGAIN, LINK, Answered
from tenants.identity.oidc.queries import find_person_id
from tenants.identity.queries.signing_in import read_signed_in
from tenants.identity.signing.factors import duty_of
from tenants.identity.signing.proving import SECOND_DUE

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def arrive(request: HttpRequest, answered: Answered, *, now: datetime) -> None:
    """
    Do what the way to the issuer was begun for. Who signs in and must have a second factor is still to show it.

    :raises Forbidden: with the sentence for the person: nobody here has this account, or he may not come in with it.
    """
    if answered.begun.purpose == LINK:
        _link(request, answered, now)
    elif answered.begun.purpose == AGAIN:
        _prove_again(request, answered, now)
    else:
        _sign_in(request, answered, now)


def _sign_in(request: HttpRequest, answered: Answered, now: datetime) -> None:
    person_id = _person_of(answered)
    on = legal_day(now)
    signed_in = read_signed_in(person_id=person_id, on=on)
    if signed_in is None:
        raise Forbidden("identity.suspended", _("您的账号已停用。请找给您开通账号的人。"))
    if signed_in.hats and not any(takes(hat.tenant_node, KEYCLOAK, on) for hat in signed_in.hats):
        raise Forbidden("identity.wrong_home", _("您的单位不用统一身份登录。请用平台账号登录。"))
    person = Person.objects.get(id=person_id)
    login(request, person, BACKEND)
    request.session.set_expiry(int(LASTS_ALONE.total_seconds()))
    proof = _proof(answered, now, signed_at=now)
    stepup.keep(request, proof)
    if proof.second_at is None and duty_of(signed_in.hats, told_by=on, on=on):
        request.session[SECOND_DUE] = True
    _remember(request, person_id, answered, now)
    book_sign_in(request=request, person=person, now=now)


def _prove_again(request: HttpRequest, answered: Answered, now: datetime) -> None:
    """Only the person who is signed in here proves himself: another one's account does not raise his session."""
    person_id = _person_of(answered)
    held = stepup.proof_of(request)
    if held is None or held.home != KEYCLOAK or not _is_same(request, answered, person_id):
        raise _somebody_else()
    proof = _proof(answered, now, signed_at=held.signed_at)
    stepup.keep(request, replace(proof, fresh_at=proof.fresh_at or held.fresh_at))
    request.session.pop(SECOND_DUE, None)
    _remember(request, person_id, answered, now)


def _link(request: HttpRequest, answered: Answered, now: datetime) -> None:
    """Proved here before he set out (the door asked), and there a moment ago (the token says so)."""
    scope = getattr(request, "scope", None)
    if scope is None or not _is_same(request, answered, scope.person_id):
        raise _somebody_else()
    with inside(scope, read_only=False):
        link_account(scope=scope, issuer=answered.claims.issuer, subject=answered.claims.subject,
                     person_id=scope.person_id, now=now)  # fmt: skip


def _person_of(answered: Answered) -> int:
    claims = answered.claims
    person_id = find_person_id(issuer=claims.issuer, subject=claims.subject)
    if person_id is None:
        raise Forbidden(
            "identity.not_linked",
            _(
                "这个统一身份账号还没有和平台上的人关联。请先用平台账号登录，在“统一身份”一页关联；或者找给您开通账号的人。"
            ),
        )
    return person_id


def _is_same(request: HttpRequest, answered: Answered, person_id: int) -> bool:
    """Who set out, who is signed in now and whose account it is are one."""
    return answered.begun.person == person_id == int(request.session.get(SESSION_KEY) or 0)


def _somebody_else() -> Forbidden:
    return Forbidden("identity.somebody_else", _("统一身份那边登录的是另一个人，这一步没有做。"))


def _proof(answered: Answered, now: datetime, *, signed_at: datetime) -> Proof:
    """By the issuer's word, never later than now: what it remembers counts from when it was proved there."""
    claims = answered.claims
    proved = now if claims.auth_time is None else min(now, datetime.fromtimestamp(claims.auth_time, UTC))
    second = proved if claims.acr == "2" and claims.auth_time is not None else None
    return Proof(
        level=2 if second else 1, signed_at=signed_at, second_at=second,
        fresh_at=proved if answered.begun.level >= stepup.FRESH else None, home=KEYCLOAK,
    )  # fmt: skip


def _remember(request: HttpRequest, person_id: int, answered: Answered, now: datetime) -> None:
    with shared(read_only=False):
        remember_session(session_key=str(request.session.session_key), person_id=person_id, claims=answered.claims,
                         id_token=answered.id_token, now=now)  # fmt: skip
