"""A tenant is suspended, opened again, closed: who may, what is booked, what two people are needed for."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.registry import commands, queries
from tenants.registry.models import Deed, Tenant
from tenants.registry.types import Act, State
from tests.app.registry.cast import second_operator, tenant_of
from tests.world import World


def _do(scope: Scope, command: Callable[..., Any], world: World, **given: Any) -> Any:
    with inside(scope, read_only=False):
        return command(scope=scope, now=world.now, **given)


def _refused(
    scope: Scope, command: Callable[..., Any], world: World, kind: type[Refused] = Refused, **given: Any
) -> str:
    before = list(Tenant.objects.order_by("id").values()), list(Deed.objects.values()), AuditEntry.objects.count()
    with pytest.raises(kind) as refused:
        _do(scope, command, world, **given)
    assert (
        list(Tenant.objects.order_by("id").values()),
        list(Deed.objects.values()),
        AuditEntry.objects.count(),
    ) == before
    return refused.value.code


def _state(tenant_id: int) -> str:
    return str(Tenant.objects.get(id=tenant_id).state)


def test_a_suspended_tenant_reads_and_writes_nothing_and_one_opened_again_writes(world: World) -> None:
    operator, west = world.scope("operator"), tenant_of(world, "330106")
    _do(operator, commands.suspend_tenant, world, tenant_id=west, why="迁移机房")
    county = world.scope("county")
    assert county.suspended
    assert county.may("advisers.read")
    assert not county.may("advisers.appoint")
    assert not world.scope("county2").suspended  # the neighbour goes on
    _do(operator, commands.reopen_tenant, world, tenant_id=west, why="迁好了")
    assert not world.scope("county").suspended
    assert world.scope("county").may("advisers.appoint")
    booked = [
        (row.act, row.why, row.before, row.after)
        for row in AuditEntry.objects.filter(act__startswith="registry")
        .exclude(act="registry.tenant.opened")
        .order_by("id")
    ]
    assert booked == [
        ("registry.tenant.suspended", "迁移机房", {"state": "open"}, {"state": "suspended"}),
        ("registry.tenant.reopened", "迁好了", {"state": "suspended"}, {"state": "open"}),
    ]


def test_only_an_operator_changes_a_tenants_state_and_only_with_a_reason(world: World) -> None:
    west = tenant_of(world, "330106")
    for username in ("leader", "county", "auditor"):
        with pytest.raises(Forbidden):
            _do(world.scope(username), commands.suspend_tenant, world, tenant_id=west, why="不行")
    operator = world.scope("operator")
    assert _refused(operator, commands.suspend_tenant, world, tenant_id=west, why=" ") == "registry.no_reason"
    assert _refused(operator, commands.reopen_tenant, world, tenant_id=west, why="开") == "registry.is_open"
    assert (
        _refused(operator, commands.suspend_tenant, world, Missing, tenant_id=999, why="没有") == "registry.no_tenant"
    )
    assert _state(west) == State.OPEN


def test_who_is_suspended_twice_is_told_so(world: World) -> None:
    operator, west = world.scope("operator"), tenant_of(world, "330106")
    _do(operator, commands.suspend_tenant, world, tenant_id=west, why="欠费")
    assert _refused(operator, commands.suspend_tenant, world, tenant_id=west, why="再来") == "registry.not_open"


def test_closing_takes_two_and_then_nobody_comes_in(world: World) -> None:
    operator, other, west = world.scope("operator"), second_operator(world), tenant_of(world, "330106")
    deed = _do(operator, commands.ask_deed, world, tenant_id=west, act=Act.CLOSE, why="撤销县级机构")
    assert _state(west) == State.OPEN
    again = {"tenant_id": west, "act": Act.CLOSE, "why": "再提"}
    assert _refused(other, commands.ask_deed, world, **again) == "registry.asked_already"
    assert _refused(operator, commands.confirm_deed, world, deed_id=deed) == "registry.own_deed"
    _do(other, commands.confirm_deed, world, deed_id=deed)
    assert _state(west) == State.CLOSED
    assert _refused(other, commands.confirm_deed, world, deed_id=deed) == "registry.decided"
    assert _refused(operator, commands.ask_deed, world, **again) == "registry.is_closed"
    with pytest.raises(StopIteration):  # no hat is left
        world.scope("county")
    _do(operator, commands.reopen_tenant, world, tenant_id=west, why="恢复机构")
    assert world.scope("county").may("advisers.appoint")


def test_a_deed_is_refused_by_another_or_taken_back_by_its_asker_and_can_be_asked_again(world: World) -> None:
    operator, other, west = world.scope("operator"), second_operator(world), tenant_of(world, "330106")
    for scope in (other, operator):
        deed = _do(operator, commands.ask_deed, world, tenant_id=west, act=Act.CLOSE, why="撤销")
        _do(scope, commands.refuse_deed, world, deed_id=deed, why="不对")
        assert _refused(other, commands.confirm_deed, world, deed_id=deed) == "registry.decided"
    assert _state(west) == State.OPEN
    with inside(operator, read_only=True):
        assert queries.list_deeds(scope=operator) == []


def test_the_database_itself_holds_that_another_one_confirms(world: World) -> None:
    operator, west = world.scope("operator"), tenant_of(world, "330106")
    deed = _do(operator, commands.ask_deed, world, tenant_id=west, act=Act.CLOSE, why="撤销")
    with pytest.raises(IntegrityError, match="another_one_confirms_a_deed"), transaction.atomic():
        Deed.objects.filter(id=deed).update(decided_by=operator.person_id, outcome="confirmed")


def test_the_overview_tells_state_release_and_size_of_every_tenant(world: World) -> None:
    operator = world.scope("operator")
    with inside(operator, read_only=True):
        rows = queries.list_overview(scope=operator)
    assert [row.tenant.name for row in rows] == ["浙江省", "上城区", "西湖区", "海曙区", "江北区"]
    assert {(row.behind, row.trouble, row.archived_at) for row in rows} == {(0, "", None)}
    assert all(row.size > 100_000 for row in rows)


def test_the_terminal_does_the_same_under_an_operators_name(world: World) -> None:
    second_operator(world)
    call_command("tenants", "suspend", "330106", why="迁移机房", username="operator")
    assert _state(tenant_of(world, "330106")) == State.SUSPENDED
    out = StringIO()
    call_command("tenants", "close", world.schema("330106"), why="撤销", username="operator", stdout=out)
    number = int(out.getvalue())
    with pytest.raises(CommandError, match="另一名运维人员"):
        call_command("tenants", "confirm", number, username="operator")
    listed = StringIO()
    call_command("tenants", "deeds", "--json", stdout=listed)
    assert json.loads(listed.getvalue())["id"] == number
    call_command("tenants", "confirm", number, username="operator2")
    assert _state(tenant_of(world, "330106")) == State.CLOSED
    with pytest.raises(CommandError):
        call_command("tenants", "reopen", "330106", why="不行", username="county")


def test_the_terminal_refuses_and_takes_back_with_the_reason_as_the_page_does(world: World) -> None:
    second_operator(world)
    for number, who in enumerate(("operator2", "operator"), start=1):
        asked, said = StringIO(), StringIO()
        call_command("tenants", "close", "330106", why="撤销", username="operator", stdout=asked)
        deed = asked.getvalue().strip()
        words = ["tenants", "refuse", deed, "--as", who]
        with pytest.raises(CommandError, match="请写明原因"):
            call_command(*words, "--why", " ")
        with pytest.raises(CommandError, match="没有这名运维人员"):
            call_command("tenants", "refuse", deed, "--why", "不对", "--as", "county")
        assert Deed.objects.get(id=deed).outcome == "waiting"
        call_command(*words, "--why", "文号不对", "--json", stdout=said)
        line = json.loads(said.getvalue())
        assert (line["id"], line["by"], line["outcome"]) == (int(deed), "邓运维", "refused")
        assert Deed.objects.get(id=deed).decided_why == "文号不对"
        assert AuditEntry.objects.filter(act="registry.deed.refused", why="文号不对").count() == number
        with pytest.raises(CommandError, match="有人处理过"):
            call_command(*words, "--why", "再来")
    with pytest.raises(CommandError, match="没有这件待办"):
        call_command("tenants", "refuse", "999999", "--why", "没有", "--as", "operator")
    assert _state(tenant_of(world, "330106")) == State.OPEN
