"""Every way people and their roles change."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pypinyin import lazy_pinyin

from falin.kernel import audit, clock
from falin.kernel.refusals import Invalid, Refused, refusal_for
from falin.kernel.scope import Scope
from tenants.divisions.api import get_division
from tenants.identity.models import Binding, FirstOperator, Person
from tenants.identity.roles import LEVELS, OF_A_SUBJECT, PLATFORM
from tenants.identity.types import PersonInfo, Role
from tenants.registry.api import find_tenant_of


def create_person(
    *, scope: Scope, username: str, name: str, password: str | None, now: datetime, email: str = "",
    must_change_password: bool = True, encoded: str = "",
) -> PersonInfo:  # fmt: skip
    """
    Enter somebody into the register.

    :param password: the first one, to be changed at first sign-in; ``None`` for somebody who cannot sign in yet.
    :param encoded: a password that is hashed already (a batch hashes one text once).
    :raises Refused: when the sign-in name is taken.
    """
    person = Person(
        username=username, name=name, pinyin=" ".join(lazy_pinyin(name)), email=email,
        password=encoded or make_password(password), must_change_password=must_change_password, created_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        taken = Refused("identity.username_taken", _("这个登录名已经有人用了。"), field="username")
        raise refusal_for(error, {"identity_person_username": lambda: taken}) or error from None
    audit.record(scope=scope, act="identity.person.created", subject=("person", person.id), node_id=None, now=now)
    return PersonInfo(id=person.id, username=username, name=name)


def grant_role(
    *, scope: Scope, person_id: int, role: Role, node_id: int, reason: str, now: datetime, subject_id: str = "",
    valid_from: date | None = None, valid_to: date | None = None,
) -> int:  # fmt: skip
    """
    Give a role at a place; one that is open there already takes the new end. The binding's id.

    :raises Invalid: the role is not given at places of this level, or its place has no tenant.
    """
    division = get_division(node_id)
    if division.level not in LEVELS[role] or (role == Role.COUNTY_TEAM and not division.is_county_body):
        raise Invalid("identity.wrong_level", _("这个身份不能设在这一级。"), field="node_id")
    if bool(subject_id) != (role in OF_A_SUBJECT):
        raise Invalid("identity.subject", _("这个身份要写明是哪位顾问或哪家律所。"), field="subject_id")
    body = division.county_id if role not in {Role.PROVINCE_LEADER, Role.CITY_OFFICER, Role.FIRM_MANAGER} else None
    if role == Role.AUDITOR and division.level == 2 and not division.is_county_body:
        body = None  # a city's auditor reads the notice board; a city has no schema of its own
    tenant = None if role in PLATFORM else find_tenant_of(body or division.province_id or node_id)
    if tenant is None and role not in PLATFORM:
        raise Invalid("identity.no_tenant", _("这个地方还没有开通。"), field="node_id")
    binding, made = Binding.objects.get_or_create(
        person_id=person_id, role=role, node_id=node_id, subject_id=subject_id, ended_at=None,
        defaults={
            "tenant_id": tenant.id if tenant else None, "valid_from": valid_from or clock.legal_day(now),
            "valid_to": valid_to, "granted_by": scope.person_id, "reason": reason, "created_at": now,
        },
    )  # fmt: skip
    begins_on = min(binding.valid_from, valid_from or clock.legal_day(now))
    moved = (binding.valid_from, binding.valid_to) != (begins_on, valid_to)
    if moved:
        binding.valid_from, binding.valid_to = begins_on, valid_to
        binding.save(update_fields=["valid_from", "valid_to"])
    if made or moved:
        audit.record(scope=scope, act="identity.role.granted", subject=("binding", binding.id), node_id=node_id,
                     why=reason, after={"person": person_id, "role": role, "valid_to": str(valid_to or "")},
                     now=now)  # fmt: skip
    return int(binding.id)


def end_role(
    *, scope: Scope, person_id: int, role: Role, node_id: int, subject_id: str, why: str, now: datetime
) -> None:
    """End a binding; ending what is not there changes nothing."""
    ended = Binding.objects.filter(
        person_id=person_id, role=role, node_id=node_id, subject_id=subject_id, ended_at__isnull=True
    ).update(ended_at=now)
    if ended:
        audit.record(scope=scope, act="identity.role.ended", subject=("person", person_id), node_id=node_id, why=why,
                     before={"role": role}, now=now)  # fmt: skip


def password_was_changed(*, person_id: int) -> None:
    """The first, given password is gone: the person may go on."""
    Person.objects.filter(id=person_id).update(must_change_password=False)


def make_first_link(*, now: datetime, valid: timedelta = timedelta(hours=24)) -> str | None:
    """The token of a one-time link for the first operator; ``None`` where an operator is there already."""
    if Binding.objects.filter(role=Role.OPERATOR, ended_at__isnull=True).exists():
        return None
    token = secrets.token_urlsafe(32)
    FirstOperator.objects.filter(used_at__isnull=True).delete()
    FirstOperator.objects.create(token_hash=hash_of(token), made_at=now, expires_at=now + valid)
    return token


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def use_first_link(*, scope: Scope, token: str, username: str, name: str, password: str, now: datetime) -> PersonInfo:
    """
    Become the first operator.

    :raises Refused: the link is unknown, used or too old.
    """
    used = FirstOperator.objects.filter(
        token_hash=hash_of(token), used_at__isnull=True, expires_at__gt=now
    ).update(used_at=now)  # fmt: skip
    if not used:
        raise Refused(
            "identity.link_over", _("这个链接已经用过或过期了。请在服务器上重新运行 ./falin serve 取得新链接。")
        )
    person = create_person(scope=scope, username=username, name=name, password=password, now=now,
                           must_change_password=False)  # fmt: skip
    Binding.objects.create(
        person_id=person.id, role=Role.OPERATOR, node_id=0, tenant=None, valid_from=clock.legal_day(now),
        granted_by=0, reason=_("首位运维人员"), created_at=now,
    )  # fmt: skip
    audit.record(scope=scope, act="identity.role.granted", subject=("person", person.id), node_id=None,
                 after={"role": Role.OPERATOR}, now=now)  # fmt: skip
    return person


def forget_old_sessions(*, now: datetime) -> int:
    return Session.objects.filter(expire_date__lt=now).delete()[0]
