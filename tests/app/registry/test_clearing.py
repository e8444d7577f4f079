"""
What a body left behind here when it moved away or was restored is destroyed as a body is: two people, a waiting time, a signed
receipt; and the body itself, wherever it works, is not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command

from falin.config.tasks import remove_due
from falin.kernel import files, jobs
from falin.kernel.audit import canonical
from falin.kernel.models import AuditEntry, AuditKey, DataKey, Job
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.registry import commands, queries, schemas
from tenants.registry.commands import removing
from tenants.registry.models import Deed, Receipt, Tenant
from tenants.registry.types import Act
from tests.app.registry.archives import rows_in
from tests.app.registry.cast import second_operator, tenant_of
from tests.app.registry.test_archives import _schemas_like
from tests.app.registry.test_moving import PNG, Moves, _scope_of, _system, moves  # noqa: F401  a fixture
from tests.world import NOW, World

DUE = timedelta(days=30)


@pytest.fixture
def moved(moves: Moves) -> Iterator[Moves]:  # noqa: F811
    """西湖区 works in the other cell, and its copy lies here."""
    job = moves.work(moves.confirmed())
    assert job.state == "done", job.log
    with time_machine.travel(NOW, tick=False):
        yield moves


def _do(scope: Scope, command: Any, at: timedelta = timedelta(), **given: Any) -> Any:
    with inside(scope, read_only=False):
        return command(scope=scope, now=NOW + at, **given)


def _confirmed(world: World, tenant: int) -> int:
    given = {"tenant_id": tenant, "act": Act.CLEAR, "why": "搬库满一个月"}
    deed = _do(world.scope("operator"), commands.ask_deed, **given)
    _do(world.scope("operator2"), commands.confirm_deed, deed_id=deed)
    return int(deed)


def _code(scope: Scope, command: Any, **given: Any) -> str:
    with pytest.raises(Refused) as refused:
        _do(scope, command, **given)
    return refused.value.code


def _cleared(deed: int) -> Receipt:
    """Its day has come."""
    with time_machine.travel(NOW + DUE, tick=False):
        assert remove_due() == 1
        job = Job.objects.get(kind=removing.REMOVE)
        assert jobs.work(system=_system(), job_id=job.id) == "done", Job.objects.get(id=job.id).log
        assert remove_due() == 0
    return next(one for one in Receipt.objects.all() if one.body["deed"] == deed)


def test_the_copy_of_a_body_that_moved_away_is_destroyed_with_a_receipt_and_the_body_is_not_touched(
    moved: Moves,
) -> None:
    world, schema = moved.world, moved.schema
    ((copy,),) = _schemas_like(f"moved_{schema}")
    rows = {table: len(found) for table, found in rows_in(copy).items() if found and table != "django_migrations"}
    assert rows["advisers_appointment"] == 1
    with inside(world.scope("operator"), read_only=True):
        (shown,) = queries.list_overview(scope=world.scope("operator"), tenant_id=moved.tenant)
    assert [(one.schema, one.size > 0) for one in shown.left] == [(copy, True)]
    with moved.cell.within():
        there = rows_in(schema)
    neighbour = rows_in(world.schema("330102"))
    receipt = _cleared(_confirmed(world, moved.tenant))
    assert _schemas_like(f"moved_{schema}") == []
    assert list(removing._files(schema)) == []
    assert not DataKey.objects.filter(tenant=schema).exists()
    assert (receipt.body["what"], receipt.body["copies"], receipt.body["rows"]) == ("copies", {copy: rows}, {})
    assert (receipt.body["files"], receipt.body["keys"].split()[2]) == (1, "destroyed:")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(AuditKey.objects.get(key=receipt.key).public))
    public.verify(bytes.fromhex(receipt.signature), canonical(receipt.body))
    assert AuditEntry.objects.get(act="registry.tenant.cleared").after["rows"] == sum(rows.values())
    assert moved.states() == ("elsewhere", "open"), "its people still read here where it is"
    assert rows_in(world.schema("330102")) == neighbour
    with moved.cell.within():
        assert rows_in(schema) == there
        scope = _scope_of("county")
        assert scope is not None
        with inside(scope, read_only=True):
            _row, content = files.open_file(scope=scope, file_id=files.StoredFile.objects.get().id)
            with content:
                assert content.read() == PNG
    assert _code(world.scope("operator"), commands.ask_deed, tenant_id=moved.tenant, act=Act.CLEAR, why="再来") == (
        "registry.nothing_left"
    )


def test_it_takes_two_and_its_day_and_is_taken_back_until_then(moved: Moves) -> None:
    world = moved.world
    operator = world.scope("operator")
    given: dict[str, Any] = {"tenant_id": moved.tenant, "act": Act.CLEAR, "why": "搬库满一个月"}
    deed = _do(operator, commands.ask_deed, **given)
    assert _code(operator, commands.confirm_deed, deed_id=deed) == "registry.own_deed"
    assert _code(operator, commands.remove_tenant, deed_id=deed, at=DUE) == "registry.not_due"
    _do(world.scope("operator2"), commands.confirm_deed, deed_id=deed)
    assert _code(operator, commands.remove_tenant, deed_id=deed, at=timedelta(days=29)) == "registry.not_due"
    _do(operator, commands.refuse_deed, deed_id=deed, why="还要核对")
    assert _code(operator, commands.remove_tenant, deed_id=deed, at=DUE) == "registry.not_due"
    assert len(_schemas_like("moved_")) == 1


def test_a_body_on_its_way_back_keeps_everything(moved: Moves) -> None:
    deed = _confirmed(moved.world, moved.tenant)
    with schemas.owner() as own:
        own.execute(f"create schema coming_{moved.schema}".encode())
    with time_machine.travel(NOW + DUE, tick=False):
        number = _do(moved.world.scope("operator"), commands.remove_tenant, deed_id=deed, at=DUE)
        jobs.work(system=_system(), job_id=number)
    assert "正在换库" in Job.objects.get(id=number).log
    assert len(_schemas_like("moved_")) == len(list(removing._files(moved.schema))) == 1
    assert not Receipt.objects.exists()


def test_of_a_body_that_works_here_only_the_copies_go(world: World) -> None:
    west, schema = tenant_of(world, "330106"), world.schema("330106")
    second_operator(world)
    ask = {"tenant_id": west, "act": Act.CLEAR, "why": "恢复后核对无误"}
    assert _code(world.scope("operator"), commands.ask_deed, **ask) == "registry.nothing_left"
    copy = f"replaced_{schema}_20261101000000"
    with schemas.owner() as own:
        own.execute(f"create schema {copy}".encode())
        own.execute(f"create table {copy}.duty_visit as select generate_series(1, 4)".encode())
    before = rows_in(schema)
    default_storage.save(f"{schema}/kept.txt", ContentFile(b"kept"))
    sender = list(jobs._sender)
    jobs.send_with(lambda *_job: None)
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("tenants", "clear", "330106", why="恢复后核对无误", username="operator", stdout=out)
        _do(world.scope("operator2"), commands.confirm_deed, deed_id=int(out.getvalue()))
        receipt = _cleared(int(out.getvalue()))
    jobs._sender[:] = sender
    assert (receipt.body["copies"], receipt.body["files"]) == ({copy: {"duty_visit": 4}}, 0)
    assert receipt.body["keys"].startswith("data keys stay")
    assert (rows_in(schema), Tenant.objects.get(id=west).state) == (before, "open")
    assert default_storage.exists(f"{schema}/kept.txt")
    assert _schemas_like("replaced_") == []
    assert Deed.objects.get().outcome == "done"
