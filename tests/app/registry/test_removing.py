"""A tenant is destroyed: two people, a waiting time, an export first, and a signed receipt afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from falin.config.tasks import remove_due
from falin.kernel import files, jobs
from falin.kernel.audit import canonical
from falin.kernel.models import AuditEntry, AuditKey, Job
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside
from services.advisers.models import Adviser, Seat
from tenants.identity.models import Binding, Person
from tenants.registry import commands, schemas
from tenants.registry.commands import removing
from tenants.registry.models import Archive, Deed, Receipt, Tenant
from tenants.registry.types import Act
from tests.app.advisers.office import Office
from tests.app.registry.archives import keys, rows_in
from tests.app.registry.cast import second_operator, tenant_of
from tests.app.registry.test_archives import PNG, _schemas_like
from tests.world import NOW, World

SYSTEM = system_scope(schema="public", tenant_id=0, grants=frozenset())


@pytest.fixture
def west(world: World) -> Iterator[int]:
    """西湖区, with an adviser and a photograph; the clock stands at the world's."""
    sender = list(jobs._sender)
    jobs.send_with(lambda *_job: None)
    office = Office(world)
    office.appoint(office.adviser(), "330106002001")
    scope = world.scope("county")
    with inside(scope, read_only=False):
        files.take_in(scope=scope, upload=SimpleUploadedFile("p.png", PNG), purpose=files.PHOTO, now=NOW,
                      node_id=world.node("330106002001"))  # fmt: skip
    second_operator(world)
    with time_machine.travel(NOW, tick=False):
        yield tenant_of(world, "330106")
    jobs._sender[:] = sender


def _do(scope: Scope, command: Any, at: timedelta = timedelta(), **given: Any) -> Any:
    with inside(scope, read_only=False):
        return command(scope=scope, now=NOW + at, **given)


def _close(world: World, west: int) -> None:
    deed = _do(world.scope("operator"), commands.ask_deed, tenant_id=west, act=Act.CLOSE, why="撤销县级机构")
    _do(world.scope("operator2"), commands.confirm_deed, deed_id=deed)


def _export(world: World, west: int) -> None:
    operator = world.scope("operator")
    number = _do(operator, commands.ask_archive, tenant_id=west, recipient=keys("省档案馆")[0])
    assert jobs.work(system=SYSTEM, job_id=number) == "done"
    Archive.objects.update(at=NOW + timedelta(minutes=1))  # the snapshot's own clock is the database's


def _confirmed(world: World, west: int) -> int:
    _close(world, west)
    _export(world, west)
    deed = _do(world.scope("operator"), commands.ask_deed, tenant_id=west, act=Act.REMOVE, why="浙司〔2026〕9号")
    _do(world.scope("operator2"), commands.confirm_deed, deed_id=deed)
    return int(deed)


def _code(scope: Scope, command: Any, **given: Any) -> str:
    with pytest.raises(Refused) as refused:
        _do(scope, command, **given)
    return refused.value.code


def test_what_is_open_or_was_not_exported_since_it_closed_is_not_removed(world: World, west: int) -> None:
    operator = world.scope("operator")
    ask: dict[str, Any] = {"tenant_id": west, "act": Act.REMOVE, "why": "撤销"}
    assert _code(operator, commands.ask_deed, **ask) == "registry.not_closed"
    _export(world, west)
    Archive.objects.update(at=NOW - timedelta(days=1))  # before it was closed: later work is not in it
    _close(world, west)
    assert _code(operator, commands.ask_deed, **ask) == "registry.not_archived"
    _export(world, west)
    _do(operator, commands.ask_deed, **ask)


def test_nothing_happens_before_its_day_and_a_removal_can_be_taken_back_until_then(world: World, west: int) -> None:
    deed, operator = _confirmed(world, west), world.scope("operator")
    assert Deed.objects.get(id=deed).due_at == NOW + timedelta(days=30)
    assert _code(operator, commands.remove_tenant, deed_id=deed, at=timedelta(days=29)) == "registry.not_due"
    assert _code(operator, commands.reopen_tenant, tenant_id=west, why="不删了") == "registry.being_removed"
    assert remove_due() == 0
    _do(operator, commands.refuse_deed, deed_id=deed, why="机构恢复")
    assert _code(operator, commands.remove_tenant, deed_id=deed, at=timedelta(days=31)) == "registry.not_due"
    _do(operator, commands.reopen_tenant, tenant_id=west, why="机构恢复")


def test_a_removed_tenant_leaves_nothing_but_a_receipt_and_no_other_is_touched(world: World, west: int) -> None:
    deed, schema = _confirmed(world, west), world.schema("330106")
    others = {code: rows_in(world.schema(code)) for code in ("33", "330102", "330203")}
    assert default_storage.listdir(schema)[0]
    with schemas.owner() as own:
        for copy, rows in (("replaced", 3), ("moved", 2)):
            own.execute(f"create schema {copy}_{schema}_20261101000000".encode())
            own.execute(
                f"create table {copy}_{schema}_20261101000000.duty_visit as select generate_series(1, {rows})".encode()
            )
        neighbours = f"moved_{world.schema('330102')}_20261101000000"
        own.execute(f"create schema {neighbours}".encode())
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert remove_due() == 1
        job = Job.objects.get(kind=removing.REMOVE)
        assert jobs.work(system=SYSTEM, job_id=job.id) == "done"
        assert remove_due() == 0
    assert not Tenant.objects.filter(id=west).exists()
    assert _schemas_like(schema) == _schemas_like("replaced_") == []
    assert _schemas_like("moved_") == [(neighbours,)]
    assert list(removing._files(schema)) == []
    assert not Seat.objects.exists()
    assert not Binding.objects.filter(tenant_id=west).exists()
    assert Adviser.objects.count() == 1  # he is the province's
    assert Person.objects.filter(username="county").exists()
    assert {code: rows_in(world.schema(code)) for code in others} == others
    receipt = Receipt.objects.get()
    assert receipt.body["rows"]["advisers_appointment"] == receipt.body["rows"]["advisers_seat"] == 1
    assert receipt.body["copies"] == {
        f"moved_{schema}_20261101000000": {"duty_visit": 2}, f"replaced_{schema}_20261101000000": {"duty_visit": 3}
    }  # fmt: skip
    assert receipt.body["files"] == 1
    assert receipt.body["archive"]["sha256"] == Archive.objects.get().sha256
    assert {receipt.body["asked_by"], receipt.body["confirmed_by"]} == {
        world.scope("operator").person_id, world.scope("operator2").person_id
    }  # fmt: skip
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(AuditKey.objects.get(key=receipt.key).public))
    public.verify(bytes.fromhex(receipt.signature), canonical(receipt.body))
    with pytest.raises(InvalidSignature):
        public.verify(bytes.fromhex(receipt.signature), canonical({**receipt.body, "files": 0}))
    booked = AuditEntry.objects.get(act="registry.tenant.removed")
    assert (booked.subject_id, booked.after["files"]) == (schema, 1)
    assert Deed.objects.get(id=deed).outcome == "done"


@pytest.mark.parametrize("where", ["_rows", "_destroy_rows", "_book"])
def test_a_destruction_that_is_killed_goes_on_and_is_booked_once(
    world: World, west: int, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    deed = _confirmed(world, west)
    real = getattr(removing, where)

    def dies(*given: Any) -> Any:
        if where == "_destroy_rows":
            given[0].execute("begin")
        raise SystemExit

    with time_machine.travel(NOW + timedelta(days=31), tick=False):
        number = _do(world.scope("operator"), commands.remove_tenant, deed_id=deed, at=timedelta(days=31))
        monkeypatch.setattr(removing, where, dies)
        with pytest.raises(SystemExit):
            jobs.work(system=SYSTEM, job_id=number)
        monkeypatch.setattr(removing, where, real)
        with inside(SYSTEM, read_only=False):
            Job.objects.filter(id=number).update(heartbeat_at=None)
            assert [job.id for job in jobs.sweep(scope=SYSTEM, now=NOW + timedelta(days=31))] == [number]
        assert jobs.work(system=SYSTEM, job_id=number) == "done"
    assert not Tenant.objects.filter(id=west).exists()
    assert AuditEntry.objects.filter(act="registry.tenant.removed").count() == Receipt.objects.count() == 1
    assert Receipt.objects.get().body["files"] == 1, "what the killed try destroyed is told too"


def test_the_province_goes_last(world: World, west: int) -> None:
    province = tenant_of(world, "33")
    Tenant.objects.filter(id=province).update(state="closed", state_at=NOW)
    ask: dict[str, Any] = {"tenant_id": province, "act": Act.REMOVE, "why": "撤销"}
    assert _code(world.scope("operator"), commands.ask_deed, **ask) == "registry.has_counties"


def test_a_receipt_cannot_be_changed_by_the_application(world: World) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select has_table_privilege('registry_receipt', 'update'),"
                       " has_table_privilege('registry_receipt', 'delete')")  # fmt: skip
        assert cursor.fetchone() == (False, False)


def test_the_terminal_destroys_and_shows_the_receipt(world: World, west: int) -> None:
    deed, out = _confirmed(world, west), StringIO()
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        call_command("tenants", "destroy", deed, username="operator", stdout=out)
    receipt = json.loads(out.getvalue())
    assert (receipt["name"], receipt["files"]) == ("西湖区", 1)
