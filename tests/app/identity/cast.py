"""Who gives roles to whom in these tests: the three administrators, two officers of one city, and people without a role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from tenants.identity import commands
from tenants.identity.models import Binding
from tenants.identity.queries import find_person, read_signed_in, scope_of
from tenants.identity.types import BindingInfo, Role
from tests.world import NOW, TODAY, World, encoded

YEAR_END = date(2026, 12, 31)
OFFICE = {
    "system": ("梅承安", Role.SYSTEM_ADMINISTRATOR, "33"),
    "security": ("席怀真", Role.SECURITY_ADMINISTRATOR, "33"),
    "auditing": ("路清源", Role.AUDIT_ADMINISTRATOR, "33"),
    "cityb": ("任舒和", Role.CITY_OFFICER, "3301"),
}


def enter(username: str, name: str = "新来者") -> int:
    """Somebody without a role."""
    with shared(read_only=False) as system:
        return commands.create_person(scope=system, username=username, name=name, password=None, encoded=encoded(),
                                      must_change_password=False, now=NOW).id  # fmt: skip


def hold(world: World, username: str, role: Role, code: str, **more: Any) -> int:
    """Give a role at set-up; the binding."""
    with shared(read_only=False) as system:
        return commands.grant_role(scope=system, person_id=number(username), role=role, node_id=world.node(code),
                                   reason="测试", now=NOW, **more)  # fmt: skip


def people_the_office(world: World) -> None:
    for username, (name, role, code) in OFFICE.items():
        enter(username, name)
        hold(world, username, role, code)


def number(username: str) -> int:
    found = find_person(username)
    assert found is not None, username
    return found.id


def scope(username: str, role: str = "", on: date = TODAY) -> Scope:
    signed_in = read_signed_in(person_id=number(username), on=on)
    assert signed_in is not None
    return scope_of(signed_in, next(hat for hat in signed_in.hats if not role or hat.role == role))


def act(username: str, command: Any, /, now: datetime = NOW, **given: Any) -> Any:
    """One command by a person, in the transaction his door would open."""
    own = scope(username, on=now.date())
    with inside(own, read_only=False):
        return command(scope=own, now=now, **given)


def ask(username: str, query: Any, /, **given: Any) -> Any:
    own = scope(username)
    with inside(own, read_only=True):
        return query(scope=own, **given)


def propose(world: World, by: str, to: str, role: Role, code: str, **more: Any) -> BindingInfo:
    given: dict[str, Any] = {"begins_on": TODAY, "ends_on": YEAR_END, "reason": "任命文件", **more}
    return act(by, commands.propose_role, person_id=number(to), role=role, node_id=world.node(code), **given)  # type: ignore[no-any-return]


def roles_of(username: str, on: date = TODAY) -> set[str]:
    signed_in = read_signed_in(person_id=number(username), on=on)
    return {str(hat.role) for hat in signed_in.hats} if signed_in else set()


@contextmanager
def nothing_changes(code: str, by: str, now_role: str = "") -> Iterator[None]:
    """A refusal with this code, no change of any grant or person, no act and no event."""
    own = scope(by, now_role)

    def state() -> Any:
        with inside(own, read_only=True):
            return (list(Binding.objects.order_by("id").values()), AuditEntry.objects.count(),
                    OutboxEvent.objects.count())  # fmt: skip

    before = state()
    with pytest.raises(Refused) as refused:
        yield
    assert refused.value.code == f"identity.{code}"
    assert state() == before
