"""
How operators come in: the first by a one-time link that only the machine's own terminal shows, others by name, there too.

Every office ends by its days, the highest ones as well (decision 74): whoever goes on is entered anew.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from falin.kernel import clock, parameters
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.commands.booking import book, facts_of
from tenants.identity.commands.correcting import check_names
from tenants.identity.commands.people import create_person
from tenants.identity.models import Binding, FirstOperator, Person
from tenants.identity.oidc.handing import send_along
from tenants.identity.passwords import hash_of, one_time_password
from tenants.identity.queries.register import has_operator
from tenants.identity.rules import LONGEST_GRANT
from tenants.identity.types import PersonInfo, Role


def last_day(*, now: datetime, node_id: int | None = None) -> date:
    """The last day of an office that is given today and not within anybody's own term."""
    today = clock.legal_day(now)
    return today + timedelta(days=parameters.value(LONGEST_GRANT, node_id=node_id, on=today))


def make_first_link(*, now: datetime, valid: timedelta = timedelta(hours=24)) -> str | None:
    """The token of a one-time link for the first operator; ``None`` where an operator is in office."""
    if has_operator(on=clock.legal_day(now)):
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
    _appoint(scope, person.id, _("首位运维人员"), now)
    return person


def enter_operator(
    *, scope: Scope, username: str, name: str, reason: str, now: datetime
) -> tuple[PersonInfo, date, str]:  # fmt: skip
    """
    Another operator, with his last day and a one-time password; or one who goes on, with a new last day and none.

    By the system alone: whoever holds the machine's terminal holds the database. No operator makes another, for what two
    of them decide would be one's own then.

    :raises Invalid: a name that can be none. :raises Refused: the sign-in name is taken by somebody who is no operator, or
        by another one.
    """
    assert policies.is_system(scope), "operators come from the machine's own terminal"
    given = check_names(name, username)
    person = Person.objects.select_for_update(of=("self",)).filter(username=given["username"]).first()
    held = person and Binding.objects.filter(person=person, role=Role.OPERATOR, ended_at__isnull=True).first()
    if person is None or held is None:
        password = one_time_password()
        made = create_person(scope=scope, username=given["username"], name=given["name"], password=password, now=now)
        send_along(person_id=made.id, password=password, now=now)
        return made, _appoint(scope, made.id, reason, now), password
    if person.name != given["name"]:
        raise somebody_elses()
    before, held.valid_to = facts_of(held), last_day(now=now)
    held.save(update_fields=["valid_to"])
    book(scope=scope, act="identity.role.granted", person_id=person.pk, node_id=None, why=reason, before=before,
         after=facts_of(held), now=now)  # fmt: skip
    return PersonInfo(id=person.pk, username=person.username, name=person.name), held.valid_to, ""


def somebody_elses() -> Refused:
    return Refused("identity.somebody_elses", _("这个登录名是另一个人的：姓名对不上，请核对。"), field="name")


def _appoint(scope: Scope, person_id: int, reason: str, now: datetime) -> date:
    ends_on = last_day(now=now)
    held = Binding.objects.create(
        person_id=person_id, role=Role.OPERATOR, node_id=0, tenant=None, valid_from=clock.legal_day(now), valid_to=ends_on,
        granted_by=0, reason=reason, created_at=now,
    )  # fmt: skip
    book(scope=scope, act="identity.role.granted", person_id=person_id, node_id=None, why=reason, after=facts_of(held),
         now=now)  # fmt: skip
    return ends_on
