"""Who gave a role, or looks after it, hears that it opens nothing since two of somebody's roles do not go together; once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from falin.kernel.transactions import inside
from services.desk import queries
from services.desk.models import Notice
from services.desk.tasks import look_ahead
from services.desk.types import NoticeKind
from tenants.identity import commands
from tenants.identity.api import system_of
from tenants.identity.models import Binding, Person
from tenants.identity.types import Role
from tenants.registry.api import find_by_schema
from tests.app.identity.cast import act, enter, hold, number, people_the_office
from tests.world import NOW, TODAY, World

STREET, VILLAGE = "330106109", "330106109200"
SAID = "新来者的身份互相冲突，现在都打不开：巡查员不能巡查自己任职的社区和律所。请结束其中一项。"


@pytest.fixture
def office(world: World) -> World:
    people_the_office(world)
    enter("newcomer")
    return world


def past(world: World, role: Role, code: str, by: str = "", body: str = "330106", **more: Any) -> int:
    """A role that came past the commands, as when a place moved under another one."""
    return Binding.objects.create(
        person_id=number("newcomer"), role=role, node_id=world.node(code), tenant_id=int(world.schema(body).lstrip("t")),
        valid_from=TODAY, granted_by=number(by) if by else 0, reason="任命", created_at=NOW, **more,
    ).pk  # fmt: skip


def night(world: World) -> dict[str, list[str]]:
    """Who reads what of it as not read, over all bodies, after a night."""
    found: dict[str, list[str]] = {}
    names = dict(Person.objects.values_list("id", "username"))
    for code in ("330106", "330102", "33"):
        system = system_of(find_by_schema(world.schema(code)))
        with inside(system, read_only=False):
            look_ahead(system, NOW)
        with inside(system, read_only=True):
            for one in Notice.objects.filter(kind=NoticeKind.ROLES_PARTED, read_at__isnull=True).order_by("id"):
                found.setdefault(names[one.person_id], []).append(queries.sentences_of([one])[one.id])
    return found


def test_whoever_looks_after_the_roles_hears_of_it_once_and_it_goes_when_one_has_ended(office: World) -> None:
    hold(office, "newcomer", Role.LIAISON, VILLAGE)
    assert night(office) == {}
    second = past(office, Role.INSPECTOR, STREET)
    assert night(office) == {"county": [SAID]}
    assert night(office) == {"county": [SAID]}
    act("county", commands.end_binding, binding_id=second, why="冲突")
    assert night(office) == {}


def test_what_was_read_is_not_told_again(office: World) -> None:
    hold(office, "newcomer", Role.LIAISON, VILLAGE)
    past(office, Role.INSPECTOR, STREET)
    night(office)
    with inside(system_of(find_by_schema(office.schema("330106"))), read_only=False):
        Notice.objects.update(read_at=NOW)
    assert night(office) == {}


def test_who_gave_it_hears_of_it_before_his_colleagues_and_in_another_body_too(office: World) -> None:
    enter("team2", "同事")
    hold(office, "team2", Role.COUNTY_TEAM, "330106")
    hold(office, "newcomer", Role.LIAISON, VILLAGE)
    given = past(office, Role.INSPECTOR, STREET, by="county")
    assert night(office) == {"county": [SAID], "team2": [SAID]}  # one gave it; the liaison's is the charge of both
    Notice.objects.all().delete()
    Binding.objects.filter(id=given).update(granted_by=number("city"))
    liaison = Binding.objects.get(person=number("newcomer"), role=Role.LIAISON)
    Binding.objects.filter(id=liaison.pk).update(granted_by=number("team2"))
    assert night(office) == {"team2": [SAID], "city": [SAID]}


def test_where_nobody_is_left_who_looks_after_it_in_its_body_the_level_above_hears(office: World) -> None:
    Binding.objects.filter(person=number("county")).update(ended_at=NOW)
    hold(office, "newcomer", Role.LIAISON, VILLAGE)
    past(office, Role.INSPECTOR, STREET)
    assert night(office) == {"city": [SAID], "cityb": [SAID]}


def test_nobody_hears_of_himself_of_who_is_shut_out_or_of_what_is_to_come(office: World) -> None:
    hold(office, "newcomer", Role.LIAISON, VILLAGE)
    second = past(office, Role.INSPECTOR, STREET)
    Binding.objects.filter(id=second).update(valid_from=TODAY + timedelta(days=1))
    assert night(office) == {}
    Binding.objects.filter(id=second).update(valid_from=TODAY)
    Person.objects.filter(id=number("newcomer")).update(is_active=False)
    assert night(office) == {}
