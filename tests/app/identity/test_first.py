"""The highest offices: how operators come in and go on, and that none of these offices is for good."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from falin.kernel.models import AuditEntry
from falin.kernel.scope import PUBLIC_SCHEMA, system_scope
from falin.kernel.transactions import shared
from falin.portal.commands import enter_administrator
from tenants.identity.commands import make_first_link, use_first_link
from tenants.identity.models import Binding, Person
from tenants.identity.types import Role
from tests.world import NOW, TODAY, World

YEAR = timedelta(days=366)  # identity.longest_grant, as long as the province says nothing


@pytest.fixture(autouse=True)
def _today() -> Iterator[Any]:
    with time_machine.travel(NOW):
        yield


def access(*words: str) -> str:
    said = io.StringIO()
    call_command("access", *words, stdout=said)
    return said.getvalue()


def enter(username: str = "second", name: str = "第二位") -> str:
    return access("operator", username, "--name", name, "--why", "浙数〔2026〕3号")


def held(username: str, role: Role = Role.OPERATOR) -> Binding:
    row: Binding = Binding.objects.get(person__username=username, role=role, ended_at__isnull=True)
    return row


def test_another_operator_is_entered_at_the_terminal_and_comes_in_once_with_a_password_to_be_changed(
    world: World,
) -> None:
    said = enter()
    assert "任期到 2027年11月17日" in said
    browser = Client()
    browser.post("/accounts/login/", {"login": "second", "password": said.split()[-1]})
    assert browser.get("/setup/").headers["Location"] == "/accounts/password/change/"
    with shared(read_only=True):
        row = AuditEntry.objects.filter(act="identity.role.granted").latest("id")
    assert (row.person_id, row.why, row.after["role"]) == (0, "浙数〔2026〕3号", "operator")
    assert row.after["valid_to"] == str(TODAY + YEAR)


def test_what_takes_two_operators_is_done_with_one_who_came_in_so(world: World, sign_in: Any) -> None:
    """A body is closed: one asks, the other says yes."""
    enter()
    Person.objects.filter(username="second").update(must_change_password=False)
    number = world.schema("330102").lstrip("t")
    sign_in("operator").post(f"/tenants/{number}/close/", {"why": "撤销县级机构"})
    second = sign_in("second")
    deed = second.get("/api/v1/tenants/deeds/").json()[0]["id"]
    second.post(f"/tenants/deeds/{deed}/confirm/")
    assert second.get(f"/api/v1/tenants/{number}/").json()["state"] == "closed"


def test_an_operator_goes_on_with_the_password_he_has(world: World) -> None:
    enter()
    kept = Person.objects.get(username="second").password
    with time_machine.travel(NOW + timedelta(days=300)):
        said = enter()
    assert "密码" not in said
    assert held("second").valid_to == TODAY + timedelta(days=300) + YEAR
    assert Person.objects.get(username="second").password == kept


@pytest.mark.parametrize(
    ("username", "name", "told"),
    [
        ("operator", "另一位", "姓名对不上"),
        ("county", "叶明远", "已经有人用了"),
        ("has space", "第二位", "登录名只能用"),
        ("second", "一", "姓名要"),
    ],
)
def test_a_name_that_is_somebody_elses_or_none_makes_no_operator(
    world: World, username: str, name: str, told: str
) -> None:
    before = Binding.objects.count()
    with pytest.raises(CommandError, match=told):
        enter(username, name)
    assert Binding.objects.count() == before


def test_no_reason_with_a_telephone_in_it_is_booked(world: World) -> None:
    with pytest.raises(CommandError, match="不要写"):
        access("operator", "second", "--name", "第二位", "--why", "13800138000 说的")
    assert not Person.objects.filter(username="second").exists()


def test_nobody_who_is_signed_in_makes_an_operator(world: World, sign_in: Any) -> None:
    form = {"username": "second", "name": "第二位", "role": "operator", "reason": "浙数〔2026〕3号"}
    assert sign_in("operator").post("/setup/people/", form).status_code == 422
    assert not Person.objects.filter(username="second").exists()


def test_the_first_operators_office_ends_and_then_a_link_is_given_again(world: World) -> None:
    Binding.objects.filter(role=Role.OPERATOR).update(ended_at=NOW)
    link = make_first_link(now=NOW)
    assert link is not None
    with shared(read_only=False) as system:
        use_first_link(scope=system, token=link, username="first", name="头一位", password="five-geese-over-the-lake",
                       now=NOW)  # fmt: skip
    assert held("first").valid_to == TODAY + YEAR
    assert "头一位 (first)" in access("explain", "--person", "first")
    assert make_first_link(now=NOW) is None
    assert make_first_link(now=NOW + YEAR) is None
    assert make_first_link(now=NOW + YEAR + timedelta(days=1)) is not None


def test_an_operator_who_leaves_is_ended_at_the_terminal_and_his_sessions_with_him(world: World) -> None:
    enter()
    browser, secret = Client(), access("reset", "second").split()[-1]
    browser.post("/accounts/login/", {"login": "second", "password": secret})
    assert browser.get("/setup/").headers["Location"] == "/accounts/password/change/"
    access("end", str(held("second").pk), "--why", "离职")
    assert browser.get("/setup/").headers["Location"].startswith("/accounts/login/")
    assert not Binding.objects.filter(person__username="second", ended_at__isnull=True).exists()


def test_the_three_administrators_hold_office_for_a_year_and_go_on_under_their_own_name(
    world: World, sign_in: Any
) -> None:
    form = {"username": "auditing", "name": "秋审言", "role": "audit_administrator", "reason": "浙司〔2026〕1号"}
    first = sign_in("operator").post("/setup/people/", form).content.decode()
    assert "任期到 2027年11月17日" in first
    assert "一次性密码" in first
    kept = Person.objects.get(username="auditing").password
    with time_machine.travel(NOW + timedelta(days=340)):
        assert "名管理员" in sign_in("operator").get("/").content.decode()
        other = sign_in("operator").post("/setup/people/", {**form, "name": "别的人"})
        assert (other.status_code, "姓名对不上" in other.content.decode()) == (422, True)
        again = sign_in("operator").post("/setup/people/", form).content.decode()
        assert "还用原来的密码" in again
        assert "名管理员" not in sign_in("operator").get("/").content.decode()
    row = held("auditing", Role.AUDIT_ADMINISTRATOR)
    assert (row.valid_from, row.valid_to) == (TODAY, TODAY + timedelta(days=340) + YEAR)
    assert Person.objects.get(username="auditing").password == kept
    assert Binding.objects.filter(role=Role.AUDIT_ADMINISTRATOR).count() == 1


def test_no_office_of_the_product_is_for_good(world: World) -> None:
    """What gives the highest ones names a last day, whatever way it comes."""
    Binding.objects.all().update(ended_at=NOW)
    operator = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({"tenants.manage"}))
    enter()
    with shared(read_only=False):
        for role in ("system_administrator", "security_administrator", "audit_administrator"):
            enter_administrator(scope=operator, username=role, name="某某某", role=role, reason="文", now=NOW)
    assert not Binding.objects.filter(ended_at__isnull=True, valid_to__isnull=True).exists()
