"""
A county moves to another cell while its people work (must-show 5): everything is there, under that cell's keys, nothing is lost
or doubled, who wrote meanwhile was asked to try again for some seconds, and whoever is killed leaves one home.
"""

from __future__ import annotations

import io
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError, connection

from falin.kernel import audit, crypto, files, jobs
from falin.kernel.audit import exporting
from falin.kernel.models import AuditEntry, Job
from falin.kernel.refusals import Moving
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside, shared
from falin.portal import elsewhere
from falin.runtime import verify
from services.advisers.models import Adviser, Vacancy
from services.advisers.queries.sealed import ID_NUMBER
from services.duty.models import Visit
from tenants.identity.api import read_signed_in, scope_of
from tenants.identity.models import Person
from tenants.registry import commands, holding
from tenants.registry.commands import changing
from tenants.registry.models import Deed, Tenant
from tenants.registry.moving import sending
from tenants.registry.types import Act, CellInfo
from tests.app.advisers.office import Office
from tests.app.audit.logs import settled
from tests.app.registry.archives import Cell, other_cell, rows_in
from tests.app.registry.cast import second_operator, tenant_of
from tests.world import NOW, TODAY, World

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
ID = "330106198501010001"
ADDRESS = "https://b.falin.example"
# What goes on by itself in a cell: the log is closed there, and told of.
LIVES = {"kernel_auditentry", "kernel_auditbatch", "kernel_outboxevent", "django_migrations"}


@dataclass
class Moves:
    world: World
    cell: Cell
    second: Scope
    adviser: uuid.UUID
    tenant: int
    schema: str

    def confirmed(self, tenant: int | None = None) -> uuid.UUID:
        operator = self.world.scope("operator")
        with inside(operator, read_only=False):
            deed = commands.ask_deed(scope=operator, tenant_id=tenant or self.tenant, act=Act.MOVE, target="b",
                                     why="换到新机房", now=NOW)  # fmt: skip
        with inside(self.second, read_only=False):
            commands.confirm_deed(scope=self.second, deed_id=deed, now=NOW)
        return uuid.UUID(str(Job.objects.filter(kind=changing.CARRY_OUT).latest("created_at").id))

    def work(self, number: uuid.UUID) -> Job:
        Job.objects.filter(id=number, state="running").update(state="queued")
        jobs.work(system=_system(), job_id=number)
        return Job.objects.get(id=number)

    def states(self) -> tuple[str, str]:
        """What the directory says of the tenant here and there; "" where it has no line."""
        here = Tenant.objects.get(id=self.tenant).state
        with self.cell.within():
            row = Tenant.objects.filter(id=self.tenant).first()
            return here, row.state if row else ""


def _system() -> Scope:
    return system_scope(schema="public", tenant_id=0, grants=frozenset())


@pytest.fixture
def moves(world: World, tmp_path: Path) -> Iterator[Moves]:
    """西湖区 with an adviser, an appointment, a vacancy, a photograph and a sealed log; and a cell it can go to."""
    sender, kept = list(jobs._sender), (settings.CELL, settings.CELL_RECEIVERS)
    jobs.send_with(lambda *_job: None)
    office = Office(world)
    adviser = office.adviser()
    office.appoint(adviser, "330106002001")
    scope = world.scope("county")
    with inside(scope, read_only=False):
        files.take_in(scope=scope, upload=SimpleUploadedFile("p.png", PNG), purpose=files.PHOTO, now=NOW,
                      node_id=world.node("330106002001"))  # fmt: skip
        Vacancy.objects.create(node_id=world.node("330106109001"), reason="x", said_at=NOW, person_id=1)
    settled(scope)
    with other_cell(tmp_path / "cell") as cell:
        settings.CELL, settings.CELL_RECEIVERS = "a", {"b": cell.receiver}
        operator = world.scope("operator")
        with inside(operator, read_only=False):
            commands.replace_cells(scope=operator, now=NOW, cells=[
                CellInfo(code="a", name="省平台一", address="https://a.falin.example", places=("33",)),
                CellInfo(code="b", name="省平台二", address=ADDRESS, places=()),
            ])  # fmt: skip
        yield Moves(world, cell, second_operator(world), adviser.id, tenant_of(world, "330106"), world.schema("330106"))
    settings.CELL, settings.CELL_RECEIVERS = kept
    jobs._sender[:] = sender


def test_a_county_moves_with_everything_that_is_its(moves: Moves) -> None:
    world, schema = moves.world, moves.schema
    before, others = rows_in(schema), {code: rows_in(world.schema(code)) for code in ("33", "330102", "330203")}
    token = bytes(Adviser.objects.get().id_sealed)
    job = moves.work(moves.confirmed())
    assert job.state == "done", job.log
    assert job.result["rows"] > 40
    assert {code: rows_in(world.schema(code)) for code in others} == others
    assert moves.states() == ("elsewhere", "open")
    with moves.cell.within():
        after = rows_in(schema)
        assert {name: rows for name, rows in after.items() if name not in LIVES} == {
            name: rows for name, rows in before.items() if name not in LIVES
        }
        assert set(before["kernel_auditentry"]) <= set(after["kernel_auditentry"])
        _log_verifies(schema)
        # Sealed again under that cell's key, in the province's register, whose pointer came along.
        adviser = Adviser.objects.get()
        assert bytes(adviser.id_sealed) != token
        province = Tenant.objects.get(kind="province")
        assert (province.state, province.cell) == ("elsewhere", "a")
        assert crypto.decrypt(adviser.id_sealed, ID_NUMBER.place(province.schema_name, adviser.id)) == ID
        scope = _scope_of("county")
        assert scope is not None
        assert scope.schema == schema
        with inside(scope, read_only=False):  # open work is there, and its people go on
            assert Vacancy.objects.in_scope(scope).count() == 1
            _row, content = files.open_file(scope=scope, file_id=files.StoredFile.objects.get().id)
            with content:
                assert content.read() == PNG
            audit.record(scope=scope, act="a.b.done", subject=("thing", 1), node_id=None, now=NOW)
    assert _scope_of("county") is None  # here nobody comes in any more
    assert _scope_of("county2") is not None


def _scope_of(username: str) -> Scope | None:
    signed_in = read_signed_in(person_id=Person.objects.get(username=username).id, on=TODAY)
    return scope_of(signed_in, signed_in.hats[0]) if signed_in and signed_in.hats else None


def _log_verifies(schema: str) -> None:
    tenant = Tenant.objects.get(schema_name=schema)
    scope = system_scope(schema=schema, tenant_id=tenant.id, grants=frozenset(), roots=(tenant.node_id,))
    text = io.BytesIO()
    with inside(scope, read_only=True):
        exporting.write(scope=scope, to=text, now=NOW)
    check = verify.Check(set())
    for line in text.getvalue().decode().splitlines():
        check.take(json.loads(line))
    verdict = check.finish(None, None)
    assert verdict.findings == []
    assert verdict.unsealed == 0


# ---- people at work ----------------------------------------------------------------------------------------------------
@dataclass
class Writer:
    """Somebody of the county who writes and writes, as the pages do it, until it is elsewhere."""

    person: int
    node: int
    written: list[uuid.UUID] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    away: bool = False

    def __call__(self) -> None:
        number = 0
        try:
            while not self.away and number < 100_000:
                number += 1
                self.write(uuid.uuid4(), NOW - timedelta(minutes=number))
        except Exception as error:
            self.wrong.append(repr(error))
        finally:
            connection.close()

    def write(self, visit: uuid.UUID, begins: Any) -> None:
        while True:
            try:
                signed_in = read_signed_in(person_id=self.person, on=TODAY)
                assert signed_in is not None
                if not signed_in.hats:
                    self.away = True
                    return
                scope = scope_of(signed_in, signed_in.hats[0])
                scope.check_may_write()
                with inside(scope, read_only=False):
                    Visit.objects.create(
                        id=visit, node_id=self.node, adviser_id=uuid.UUID(int=1), adviser_name="周以宁",
                        firm_id=uuid.UUID(int=2), kind="visit", begins_at=begins, ends_at=begins + timedelta(minutes=1),
                        person_id=1, written_at=NOW, recorded_at=NOW,
                    )  # fmt: skip
                    audit.record(
                        scope=scope, act="duty.visit.logged", subject=("visit", visit), node_id=self.node, now=NOW
                    )
                self.written.append(visit)
                return
            except Moving as moving:
                assert moving.retry_after == 3
                self.held.append(time.monotonic())
                time.sleep(0.05)
            except ProgrammingError:  # in its transaction when the tenant went: the door says where it is now
                connection.close()
                away = elsewhere.find({}, scope)
                assert away is not None
                assert away.address == ADDRESS
                self.away = True


@contextmanager
def at_work(*writers: Writer) -> Iterator[None]:
    threads = [threading.Thread(target=writer) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for writer in writers:
            writer.away = True
        for thread in threads:
            thread.join()


def test_nothing_written_meanwhile_is_lost_or_doubled_and_nobody_waits_five_seconds(moves: Moves) -> None:
    person, node = Person.objects.get(username="county").id, moves.world.node("330106002001")
    writers = [Writer(person, node) for _number in range(2)]
    number = moves.confirmed()
    with at_work(*writers):
        time.sleep(0.5)
        job = moves.work(number)
        time.sleep(0.2)
    assert job.state == "done", job.log
    assert [writer.wrong for writer in writers] == [[], []]
    written = {visit for writer in writers for visit in writer.written}
    assert len(written) > 20
    held = [moment for writer in writers for moment in writer.held]
    assert max(held, default=0.0) - min(held, default=0.0) <= 5
    assert job.result["held_seconds"] <= 5
    with moves.cell.within():
        scope = _scope_of("county")
        assert scope is not None
        with inside(scope, read_only=True):
            assert set(Visit.objects.in_scope(scope).values_list("id", flat=True)) == written
            entries = AuditEntry.objects.filter(act="duty.visit.logged").values_list("subject_id", flat=True)
            assert sorted(entries) == sorted(map(str, written))
        _log_verifies(moves.schema)


# ---- one home ----------------------------------------------------------------------------------------------------------
class Killed(BaseException):
    """What no handler may take for an end of its own."""


SAID = ("hello", "begin", "commit", "settle", "files", "ready", "open")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "who"),
    [
        *((step, "this end") for step in (*SAID, "opened")),
        *((step, "the other end") for step in ("settle", "ready", "open")),
    ],
)
def test_whoever_is_killed_at_whatever_step_leaves_one_home_and_another_try_ends_it(
    moves: Moves, monkeypatch: pytest.MonkeyPatch, step: str, who: str
) -> None:
    before = {name: rows for name, rows in rows_in(moves.schema).items() if name not in LIVES}
    number, call = moves.confirmed(), sending.There.call

    def broken(there: sending.There, name: str, /, **words: Any) -> Any:
        if name == {"opened": "open"}.get(step, step):
            if step == "opened":
                call(there, name, **words)
            if who == "the other end":
                there.process.kill()
                there.process.wait()
                return call(there, name, **words)
            raise Killed
        return call(there, name, **words)

    monkeypatch.setattr(sending.There, "call", broken)
    if who == "this end":
        monkeypatch.setattr(holding, "release", lambda own, tenant: None)  # the dead clean nothing up
        with pytest.raises(Killed):
            jobs.work(system=_system(), job_id=number)
    else:
        assert moves.work(number).state == "failed"
    monkeypatch.undo()
    holding.let_go()
    here, there = moves.states()
    given_up = step in {"open", "opened"}
    assert (here == "elsewhere") == given_up
    assert here in {"open", "elsewhere"}
    assert there in ({"open"} if step == "opened" else {"", "elsewhere"})
    if who == "the other end":
        with inside(moves.second, read_only=False):
            number = changing.ask_carrying_out(moves.second, Deed.objects.get(), NOW)
    job = moves.work(number)
    assert job.state == "done", job.log
    assert moves.states() == ("elsewhere", "open")
    with moves.cell.within():
        assert {name: rows for name, rows in rows_in(moves.schema).items() if name not in LIVES} == before
        _log_verifies(moves.schema)
        scope = system_scope(schema=moves.schema, tenant_id=moves.tenant, grants=frozenset())
        with inside(scope, read_only=True):
            assert AuditEntry.objects.filter(act="registry.tenant.arrived").count() == 1
    with shared(read_only=True):
        assert AuditEntry.objects.filter(act="registry.tenant.moved").count() == 1
