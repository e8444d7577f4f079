"""What is kept of the second home: who is who, whose session came from which of theirs, and the end of both."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Refused, refusal_for
from falin.kernel.scope import Scope
from tenants.identity.commands.booking import book
from tenants.identity.commands.tokens import stop
from tenants.identity.models import AccessToken, Session
from tenants.identity.oidc.models import ForeignSession, Link, Refusals, UsedToken
from tenants.identity.oidc.tokens import LOGOUT_AGE, SKEW, Claims, Logout
from tenants.identity.sessions import kept_as

KEPT = timedelta(days=2)  # a session lasts a day at most
LED_ELSEWHERE = "foreign_address"  # how a link that was to lead on to another host is booked
BOOKED_SINGLY = 20  # answers of one network in one minute that were not believed


def link_account(*, scope: Scope, issuer: str, subject: str, person_id: int, now: datetime) -> None:
    """
    Note that a subject of an issuer is this person.

    Called where both are proved: by the person, signed in here with a fresh proof and there a moment ago; or by
    provisioning, which made the account itself.

    :raises Refused: the account is somebody else's, or the person has another one.
    """
    if Link.objects.filter(issuer=issuer, subject=subject, person_id=person_id).exists():
        return
    try:
        with transaction.atomic():
            Link.objects.create(
                issuer=issuer, subject=subject, person_id=person_id, made_at=now, made_by=scope.person_id
            )
    except IntegrityError as error:
        taken = Refused("identity.account_taken", _("这个统一身份账号已经属于另一个人，没有关联。"))
        second = Refused("identity.second_account", _("您已经关联了另一个统一身份账号。请先解除，再关联这一个。"))
        raise (
            refusal_for(error, {"a_subject_is_one_person": lambda: taken, "a_person_has_one_account": lambda: second})
            or error
        ) from None
    act = "identity.account.linked" if scope.person_id == person_id else "identity.account.opened"
    book(scope=scope, act=act, person_id=person_id, node_id=None, now=now)


def unlink_account(*, scope: Scope, person_id: int, now: datetime) -> None:
    """
    Part a person from the account he linked himself; sessions that came from it are over.

    :raises Refused: he has none, or his office opened it for him.
    """
    rows = Link.objects.filter(person_id=person_id)
    if not rows.exists():
        raise Refused("identity.not_linked", _("您没有关联统一身份账号。"))
    if not rows.filter(made_by=person_id).delete()[0]:
        raise Refused("identity.account_of_office", _("这个统一身份账号由单位开通，不能自己解除。"))
    _end(list(ForeignSession.objects.filter(person_id=person_id).values_list("session_key", flat=True)))
    book(scope=scope, act="identity.account.unlinked", person_id=person_id, node_id=None, now=now)


def remember_session(*, session_key: str, person_id: int, claims: Claims, id_token: str, now: datetime) -> None:
    """Note from which of their sessions this one came."""
    ForeignSession.objects.update_or_create(
        session_key=kept_as(session_key),
        defaults={"issuer": claims.issuer, "subject": claims.subject, "sid": claims.sid, "person_id": person_id,
                  "id_token": id_token, "begun_at": now},
    )  # fmt: skip


def forget_session(*, session_key: str) -> str:
    """Forget where a session came from, because it ends or gets another key; the ID token it was begun with."""
    row = ForeignSession.objects.filter(session_key=kept_as(session_key)).first()
    if row is None:
        return ""
    row.delete()
    return row.id_token


def end_sessions(*, scope: Scope, logout: Logout, now: datetime) -> int:
    """
    End what came from a session over there, or all of a person's; every process reads sessions anew at each request.

    His own API tokens are over with it (decision 46); those of programs he answers for are not his session's.

    :raises Refused: the token has been here before.
    """
    try:
        with transaction.atomic():
            UsedToken.objects.create(
                token_hash=hashlib.sha256(f"{logout.issuer}\n{logout.jti}".encode()).hexdigest(),
                expires_at=now + timedelta(seconds=LOGOUT_AGE + 2 * SKEW),
            )
    except IntegrityError:
        raise Refused("identity.replayed", _("这个退出通知已经处理过。")) from None
    rows = ForeignSession.objects.filter(issuer=logout.issuer, over_at__isnull=True)
    if logout.subject:
        rows = rows.filter(subject=logout.subject)
    if logout.sid:
        rows = rows.filter(sid=logout.sid)
    found = list(rows.values_list("session_key", "person_id"))
    _end([key for key, _person in found])
    people = {person_id for _key, person_id in found}
    for person_id in sorted(people):
        audit.record(scope=scope, act="identity.session.ended_by_issuer", subject=("person", person_id), node_id=None,
                     now=now)  # fmt: skip
    if not logout.sid:  # all of him, also where no session of his is open here
        people |= set(
            Link.objects.filter(issuer=logout.issuer, subject=logout.subject).values_list("person_id", flat=True)
        )
    his = AccessToken.objects.select_related("binding").filter(binding__person__in=people, revoked_at__isnull=True)
    stop(scope, list(his.order_by("id")), now)
    return len(found)


def _end(keys: list[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    ForeignSession.objects.filter(session_key__in=keys).delete()


def note_refusal(*, scope: Scope, code: str, network: str, now: datetime) -> None:
    """
    A security event: something that called itself our issuer was not believed, or a link was to lead whoever signs in on
    to another host. What it said is not kept.

    The first ones of a network in a minute are booked one by one; anybody can send more, and those are counted.
    """
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into public.identity_refusals as r (network, minute, count) values (%s, %s, 1)"
            " on conflict (network, minute) do update set count = r.count + 1 returning count", [network, minute]
        )  # fmt: skip
        (count,) = cursor.fetchone()
    if count <= BOOKED_SINGLY:
        audit.record(scope=scope, act="identity.sign_on.refused", subject=("sign_on", "oidc"), node_id=None, now=now,
                     after={"why": code})  # fmt: skip


def sum_up_refusals(*, scope: Scope, now: datetime) -> int:
    """One row for each network and minute that is over and in which more came than were booked singly; how many rows."""
    over = Refusals.objects.filter(minute__lt=now - timedelta(minutes=1)).order_by("id")
    many = list(over.select_for_update(of=("self",), skip_locked=True))
    for row in many:
        if row.count > BOOKED_SINGLY:
            after = {"network": row.network, "count": row.count, "minute": row.minute.isoformat()}
            audit.record(scope=scope, act="identity.sign_on.refused_often", subject=("sign_on", "oidc"), node_id=None,
                         now=now, after=after)  # fmt: skip
    Refusals.objects.filter(id__in=[row.id for row in many]).delete()
    return sum(row.count > BOOKED_SINGLY for row in many)


def forget_old(*, now: datetime) -> None:
    """Used tokens that are too old to come again, and whence sessions came that are over long since."""
    UsedToken.objects.filter(expires_at__lt=now).delete()
    ForeignSession.objects.filter(begun_at__lt=now - KEPT).delete()
