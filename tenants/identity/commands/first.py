"""How the first operator comes in: by a one-time link that only the machine's own terminal shows."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from falin.kernel import audit, clock
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from tenants.identity.commands.people import create_person
from tenants.identity.models import Binding, FirstOperator
from tenants.identity.passwords import hash_of
from tenants.identity.types import PersonInfo, Role


def make_first_link(*, now: datetime, valid: timedelta = timedelta(hours=24)) -> str | None:
    """The token of a one-time link for the first operator; ``None`` where an operator is there already."""
    if Binding.objects.filter(role=Role.OPERATOR, ended_at__isnull=True).exists():
        return None
    token = secrets.token_urlsafe(32)
    FirstOperator.objects.filter(used_at__isnull=True).delete()
    FirstOperator.objects.create(token_hash=hash_of(token), made_at=now, expires_at=now + valid)
    return token


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
