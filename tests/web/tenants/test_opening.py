"""Bodies of every kind are provisioned, and their checklist says what is still to be done before they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from falin.config import tasks
from falin.kernel import jobs
from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside, shared
from services.indicators.models import Figure
from tenants.divisions.api import import_divisions
from tenants.divisions.types import Level, ListedRow
from tenants.identity.api import Role, create_person, grant_role
from tenants.registry import hosts
from tenants.registry.api import list_working
from tenants.registry.models import Tenant
from tenants.registry.types import State
from tests.app.divisions.test_import import AS_OF, GUANGDONG
from tests.app.indicators.books import OCTOBER, night, publish
from tests.app.registry.cast import tenant_of
from tests.world import NOW, World

ZONE = (
    ListedRow(Level.CITY, "4401", "广州市", "44"),
    ListedRow(Level.COUNTY, "440171", "某经济技术开发区", "4401"),
    ListedRow(Level.STREET, "440171001", "某街道", "440171"),
    ListedRow(Level.COMMUNITY, "440171001001", "某社区", "440171001"),
)


@pytest.fixture
def south(world: World) -> World:
    """A second province: a city without counties, and a development zone that the list has as a county."""
    with shared(read_only=False):
        import_divisions(rows=[*GUANGDONG, *ZONE], province="44", as_of=AS_OF, source="tests", now=NOW)
    return world


def told(*words: str) -> str:
    out = StringIO()
    call_command("tenants", *words, "--as", "operator", stdout=out)
    return out.getvalue()


def test_the_set_up_page_tells_bodies_of_one_name_and_of_every_kind_apart(south: World, sign_in: Any) -> None:
    page = sign_in("operator").get("/setup/").content.decode()
    assert "东莞市（不设区县的市）" in page
    assert "广州市 某经济技术开发区（开发区）" in page
    assert "市级办公室" in page
    assert "市级专员 1 人" in page


@pytest.mark.parametrize(("code", "level"), [("4419", Level.CITY), ("440171", Level.COUNTY)])
def test_a_city_without_counties_and_a_zone_are_provisioned_and_publish(south: World, code: str, level: Level) -> None:
    told("provision", code)
    tenant = Tenant.objects.get(node_id=south.node(code))
    assert tenant.kind == "county"
    publish(south, code, OCTOBER)
    above = replace(night(south, code), roots=(south.node(code),))
    with inside(above, read_only=True):
        own = Figure.objects.get(node_id=south.node(code))
    assert (own.level, own.county_id) == (level, south.node(code))
    assert own.communities == (2 if code == "4419" else 1)


def test_what_is_no_county_body_is_not_provisioned(south: World) -> None:
    before = Tenant.objects.count()
    for code, words in (
        ("4401", "不是县级单位"),
        ("440171001", "不是县级单位"),
        ("999999", "没有这个代码"),
        ("12345", "没有这个代码"),
    ):
        with pytest.raises(CommandError, match=words):
            told("provision", code)
    assert Tenant.objects.count() == before


def test_the_checklist_says_what_stands_and_what_is_to_be_done(world: World, sign_in: Any) -> None:
    operator, west = sign_in("operator"), tenant_of(world, "330106")
    page = operator.get(f"/tenants/{west}/checklist/").content.decode()
    assert "必须办的都办好了" in page
    assert "工作专班 1 人" in page
    steps = {step["words"]: step for step in operator.get(f"/api/v1/tenants/{west}/checklist/").json()}
    assert steps["区划"]["told"] == "2 个乡镇（街道），5 个村（社区）"
    assert not steps["地图边界"]["done"]
    assert not steps["地图边界"]["needed"]
    empty = tenant_of(world, "330205")
    assert "还有 1 项必须办" in operator.get(f"/tenants/{empty}/checklist/").content.decode()
    assert "✗ 工作专班" in told("checklist", "330205")
    assert "还缺：" in told("checklist", "33")


def _prepared(world: World) -> tuple[int, str]:
    """The county of the world with nobody in it, as it was when it was provisioned; its number and its word."""
    empty = tenant_of(world, "330205")
    Tenant.objects.filter(id=empty).update(state=State.PREPARING)
    hosts.forget()
    return empty, "330205"


def test_a_body_that_is_prepared_works_inside_and_is_seen_by_nobody_outside(world: World, sign_in: Any) -> None:
    empty, word = _prepared(world)
    enrol(world, "330205")
    county = world.scope("preparing")
    assert county.may("advisers.appoint")
    page = sign_in("preparing").get("/").content.decode()
    assert "江北区还在准备" in page
    assert "还在准备" not in sign_in("county").get("/").content.decode()
    assert empty in [one.id for one in list_working()]  # its jobs are worked on
    with monkeypatched_delay() as sent:
        tasks.roll_up_all()
    assert world.schema("330106") in sent
    assert world.schema(word) not in sent
    tasks.roll_up(world.schema(word))
    assert not Figure.objects.filter(node_id=world.node(word)).exists()
    assert Client().get(f"/public/{word}/").status_code == 404
    assert Client().get("/public/330106/").status_code == 200


def test_it_opens_when_the_needed_steps_are_done_and_by_the_operator_alone(world: World, sign_in: Any) -> None:
    empty, word = _prepared(world)
    booked = AuditEntry.objects.filter(act="registry.tenant.opened", subject_id=world.schema(word))
    before = booked.count()
    refused = sign_in("operator").post(f"/api/v1/tenants/{empty}/opening/")
    assert (refused.status_code, refused.json()["code"]) == (409, "registry.steps_left")
    assert "工作专班" in refused.content.decode()
    with pytest.raises(CommandError, match="工作专班"):
        told("open", word)
    assert "disabled" in sign_in("operator").get(f"/tenants/{empty}/checklist/").content.decode()
    assert (Tenant.objects.get(id=empty).state, booked.count()) == (State.PREPARING, before)
    enrol(world, word)
    assert sign_in("preparing").post(f"/tenants/{empty}/checklist/").status_code == 403
    assert sign_in("operator", proved=False).post(f"/tenants/{empty}/checklist/").status_code == 302  # to his proof
    assert Tenant.objects.get(id=empty).state == State.PREPARING
    assert sign_in("operator").post(f"/tenants/{empty}/checklist/").status_code == 302
    assert (Tenant.objects.get(id=empty).state, booked.count()) == (State.OPEN, before + 1)
    hosts.forget()
    assert Client().get(f"/public/{word}/").status_code == 200
    again = sign_in("operator").post(f"/api/v1/tenants/{empty}/opening/")
    assert (again.status_code, again.json()["code"]) == (409, "registry.not_preparing")
    Tenant.objects.filter(id=empty).update(state=State.PREPARING)
    assert sign_in("operator").post(f"/api/v1/tenants/{empty}/opening/").status_code == 204
    assert (Tenant.objects.get(id=empty).state, booked.count()) == (State.OPEN, before + 2)


def test_what_was_just_provisioned_is_being_prepared_and_may_be_closed_but_not_suspended(
    south: World, sign_in: Any
) -> None:
    told("provision", "440171")
    tenant = Tenant.objects.get(node_id=south.node("440171"))
    assert tenant.state == State.PREPARING
    assert "准备中" in sign_in("operator").get("/setup/").content.decode()
    for act in ("suspend", "reopen"):
        with pytest.raises(CommandError):
            told(act, "440171", "--why", "试试")
    assert Tenant.objects.get(id=tenant.id).state == State.PREPARING
    assert told("close", "440171", "--why", "开错了").strip().isdecimal()


def enrol(world: World, code: str) -> None:
    with shared(read_only=False) as system:
        person = create_person(scope=system, username="preparing", name="沈开源", password=None, encoded="!",
                               must_change_password=False, now=NOW)  # fmt: skip
        grant_role(
            scope=system, person_id=person.id, role=Role.COUNTY_TEAM, node_id=world.node(code), reason="测试", now=NOW
        )


@contextmanager
def monkeypatched_delay() -> Iterator[list[str]]:
    """The schemas the night's round sends a task for."""
    sent: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.roll_up, "delay", sent.append)
        yield sent


def test_who_runs_no_platform_sees_no_checklist(world: World, sign_in: Any) -> None:
    assert sign_in("county").get(f"/tenants/{tenant_of(world, '330106')}/checklist/").status_code == 403
    assert sign_in("operator").get("/tenants/999999/checklist/").status_code == 404


@pytest.fixture(autouse=True)
def _nobody_is_told() -> Any:
    """The command does its job in its own process; no broker is asked."""
    before = list(jobs._sender)
    jobs.send_with(lambda *_job: None)
    yield
    jobs._sender[:] = before
