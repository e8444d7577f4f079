"""A tenant leaves as one archive and comes back from it: what is in it, who can read it, what another cell makes of it."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import subprocess
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from falin.kernel import crypto, files, jobs
from falin.kernel.audit import exporting
from falin.kernel.models import AuditEntry, AuditKey, DataKey, StoredFile
from falin.kernel.refusals import Forbidden, Invalid, Refused
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside, shared
from falin.runtime import verify
from services.advisers.models import Adviser, Seat
from services.advisers.queries.sealed import ID_NUMBER
from tenants.divisions.api import search
from tenants.identity.models import Binding, Person
from tenants.registry import commands
from tenants.registry.archives.restoring import restore_archive
from tenants.registry.models import Archive, Tenant
from tests.app.advisers.office import Office
from tests.app.audit.logs import settled
from tests.app.registry.archives import another_cell, keys, reader, rows_in
from tests.app.registry.cast import tenant_of
from tests.world import NOW, World

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
OFFICE = "省档案馆"
ID = "330106198501010001"


@dataclass
class Peopled:
    world: World
    adviser: uuid.UUID

    def archive(self, code: str = "330106") -> Path:
        """Have the job done; where the archive lies."""
        return Path(default_storage.path(StoredFile.objects.get(id=self.job(code).result["file"]).path))

    def job(self, code: str = "330106") -> Any:
        operator = self.world.scope("operator")
        with inside(operator, read_only=False):
            number = commands.ask_archive(
                scope=operator, tenant_id=tenant_of(self.world, code), recipient=keys(OFFICE)[0], now=NOW
            )
        assert jobs.work(system=_system(), job_id=number) == "done"
        with inside(operator, read_only=True):
            return jobs.find(scope=operator, job_id=number)


def _system() -> Any:
    return system_scope(schema="public", tenant_id=0, grants=frozenset())


@pytest.fixture
def county(world: World) -> Iterator[Peopled]:
    """西湖区 with an adviser, an appointment, a photograph, a sealed log."""
    sender = list(jobs._sender)
    jobs.send_with(lambda *_job: None)
    office = Office(world)
    adviser = office.adviser()
    office.appoint(adviser, "330106002001")
    scope = world.scope("county")
    with inside(scope, read_only=False):
        files.take_in(scope=scope, upload=SimpleUploadedFile("p.png", PNG), purpose=files.PHOTO, now=NOW,
                      node_id=world.node("330106002001"))  # fmt: skip
    settled(scope)
    yield Peopled(world, adviser.id)
    jobs._sender[:] = sender


def _restore(path: Path, *, check: bool = False, by: str = OFFICE) -> Any:
    return restore_archive(path, reader(by), check=check, tell=lambda done, total, name: None, now=NOW)


def _manifest(path: Path) -> Any:
    with zipfile.ZipFile(path) as file:
        return json.loads(file.read("manifest.json"))


# ---- what is in it ---------------------------------------------------------------------------------------------------
def test_an_archive_is_read_without_falin(county: Peopled, tmp_path: Path) -> None:
    path = county.archive()
    with zipfile.ZipFile(path) as file:
        file.extractall(tmp_path / "out")
    out, manifest = tmp_path / "out", _manifest(path)
    held = {table["name"]: table for table in manifest["tables"]}
    for table in held.values():
        rows = _rows(out / table["path"])
        schema = json.loads((out / f"schemas/{table['name']}.json").read_text())
        assert len(rows) == table["rows"], table["name"]
        assert set(schema["properties"]) == {name for name, _kind, _null in table["columns"]}
        assert all(set(row) == set(schema["properties"]) for row in rows)
    assert (
        held["advisers_appointment"]["rows"] == held["advisers_seat"]["rows"] == held["advisers_adviser"]["rows"] == 1
    )
    names = [row["username"] for row in _rows(out / "shared/identity_person.csv")]
    assert {"county", "street", "liaison"} <= set(names)
    assert not {"county2", "leader", "operator"} & set(names)


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_what_is_encrypted_opens_with_openssl_and_the_recipients_key_alone(county: Peopled, tmp_path: Path) -> None:
    path = county.archive()
    with zipfile.ZipFile(path) as file:
        whole = b"".join(file.read(name) for name in file.namelist())
        (tmp_path / "sealed.cms").write_bytes(file.read("sealed.cms"))
        photo = next(name for name in file.namelist() if name.endswith(".png.cms"))
        (tmp_path / "photo.cms").write_bytes(file.read(photo))
    assert ID.encode() not in whole
    assert b"13812340001" not in whole
    assert PNG not in whole
    (tmp_path / "key.pem").write_bytes(keys(OFFICE)[1])
    plain = _openssl(tmp_path, "sealed.cms")
    lines = list(csv.reader(io.StringIO(plain.decode())))
    assert ["advisers_adviser", str(county.adviser), "id_sealed", ID] in lines
    assert ["advisers_adviser", str(county.adviser), "phone_sealed", "13812340001"] in lines
    assert _openssl(tmp_path, "photo.cms") == PNG
    (tmp_path / "key.pem").write_bytes(keys("别人")[1])
    with pytest.raises(subprocess.CalledProcessError):
        _openssl(tmp_path, "sealed.cms")
    with pytest.raises(Invalid, match="not_for_you"):
        _restore(path, by="别人")


def _openssl(folder: Path, name: str) -> bytes:
    program = os.environ.get("FALIN_OPENSSL", "openssl")
    words = [program, "cms", "-decrypt", "-inform", "DER", "-binary", "-in", name, "-inkey", "key.pem"]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True).stdout


def test_nothing_of_another_tenant_is_in_it(county: Peopled) -> None:
    office = Office(county.world)
    office._number = iter([7])
    other = office.adviser("陆远", by="county2")
    office.appoint(other, "330102001001", by="county2")
    with zipfile.ZipFile(county.archive()) as file:
        text = b"".join(file.read(name) for name in file.namelist() if name.endswith(".csv")).decode()
    assert str(county.adviser) in text
    assert str(other.id) not in text
    assert "陆远" not in text


def test_two_archives_of_one_state_say_the_same_and_their_hashes_tell_nothing(county: Peopled) -> None:
    first, second = (zipfile.ZipFile(county.archive()) for _twice in range(2))
    with first, second:
        names = [name for name in first.namelist() if name.startswith("tables/") and "kernel" not in name]
        assert len(names) > 5
        assert [first.read(name) for name in names] == [second.read(name) for name in names]
        hashes = [{table["name"]: table["hash"] for table in json.loads(file.read("manifest.json"))["tables"]}
                  for file in (first, second)]  # fmt: skip
    assert not set(hashes[0].values()) & set(hashes[1].values())  # keyed anew each time: nobody compares guesses


def test_the_archive_is_one_moment_whatever_is_written_meanwhile(
    county: Peopled, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenants.registry.archives import writing

    whole, office = writing._write_table, Office(county.world)
    office._number = iter([9])

    def write(own: Any, body: Any, table: Any, tenant: Any) -> Any:
        if (
            table.name == "advisers_appointment"
        ):  # before it, others after: an appointment in one and no seat in the other
            office.appoint(office.adviser("后来者"), "330106109001")
        return whole(own, body, table, tenant)

    monkeypatch.setattr(writing, "_write_table", write)
    rows = {table["name"]: table["rows"] for table in _manifest(county.archive())["tables"]}
    assert (rows["advisers_appointment"], rows["advisers_seat"], rows["advisers_adviser"]) == (1, 1, 1)


# ---- the job ---------------------------------------------------------------------------------------------------------
def test_the_archive_is_booked_and_only_its_operator_downloads_it(county: Peopled, sign_in: Any) -> None:
    job = county.job()
    archive = Archive.objects.get()
    assert (archive.rows, archive.sha256) == (job.result["rows"], job.result["sha256"])
    assert job.done > 10
    answer = sign_in("operator").get(f"/files/{job.result['file']}/")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert sign_in("county").get(f"/files/{job.result['file']}/").status_code == 404


def test_only_an_operator_asks_and_only_with_a_usable_certificate(county: Peopled) -> None:
    number = tenant_of(county.world, "330106")
    for username, recipient, error in (("county", keys(OFFICE)[0], Forbidden), ("operator", b"nonsense", Invalid)):
        scope = county.world.scope(username)
        with pytest.raises(error), inside(scope, read_only=False):
            commands.ask_archive(scope=scope, tenant_id=number, recipient=recipient, now=NOW)


def test_a_job_that_is_killed_or_stopped_leaves_no_archive_and_another_try_makes_it(
    county: Peopled, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenants.registry.archives import writing

    operator = county.world.scope("operator")
    with inside(operator, read_only=False):
        number = commands.ask_archive(
            scope=operator, tenant_id=tenant_of(county.world, "330106"), recipient=keys(OFFICE)[0], now=NOW
        )
    real = writing._stored

    def dies(own: Any) -> Any:
        raise SystemExit  # what no handler of the job may take for an end of its own

    monkeypatch.setattr(writing, "_stored", dies)
    with pytest.raises(SystemExit):
        jobs.work(system=_system(), job_id=number)
    assert not Archive.objects.exists()
    assert not default_storage.exists("public") or default_storage.listdir("public")[0] == []
    monkeypatch.setattr(writing, "_stored", real)
    with inside(_system(), read_only=False):
        from falin.kernel.models import Job

        Job.objects.filter(id=number).update(heartbeat_at=None)
        assert [job.id for job in jobs.sweep(scope=_system(), now=NOW)] == [number]
    assert jobs.work(system=_system(), job_id=number) == "done"
    assert Archive.objects.count() == 1
    assert list((Path(settings.HOME) / "archives").iterdir()) == []


def test_the_terminal_writes_and_restores_archives(county: Peopled, tmp_path: Path) -> None:
    for name, data in zip(("cert.pem", "key.pem"), keys(OFFICE), strict=True):
        (tmp_path / name).write_bytes(data)
    out, said = tmp_path / "west.zip", StringIO()
    call_command("tenants", "export", "330106", to=tmp_path / "cert.pem", out=out, username="operator")
    assert _manifest(out)["tenant"]["name"] == "西湖区"
    pair = {"cert": tmp_path / "cert.pem", "key": tmp_path / "key.pem", "username": "operator"}
    with pytest.raises(CommandError, match="正在使用"):
        call_command("tenants", "restore", out, **pair)
    call_command("tenants", "suspend", "330106000000", why="恢复", username="operator")
    call_command("tenants", "restore", out, check=True, stdout=said, **pair)
    assert "西湖区" in said.getvalue()
    assert _schemas_like("replaced_") == []
    call_command("tenants", "restore", out, **pair)
    assert len(_schemas_like("replaced_t00003")) == 1
    (tmp_path / "text.zip").write_text("nothing")
    with pytest.raises(CommandError, match="不是法邻的单位档案"):
        call_command("tenants", "restore", tmp_path / "text.zip", **pair)
    operator = county.world.scope("operator")
    with inside(operator, read_only=True):
        booked = AuditEntry.objects.filter(act="registry.restore.asked").order_by("id")
        assert [(one.person_id, one.after) for one in booked] == [
            (operator.person_id, {"checked": checked}) for checked in (False, True, False, False)
        ]
        asked = [job for job in jobs.list_jobs(scope=operator) if job.kind == "registry.restore"]
        assert [job.state for job in asked] == ["failed", "done", "done", "failed"]
        assert not StoredFile.objects.filter(purpose="restore").exists()  # neither the archive nor the key


def test_a_restore_from_the_terminal_has_a_name_but_where_nobody_could_have_one(
    county: Peopled, tmp_path: Path
) -> None:
    """In a new cell nobody is an operator yet: who has the machine restores into it."""
    for name, data in zip(("cert.pem", "key.pem"), keys(OFFICE), strict=True):
        (tmp_path / name).write_bytes(data)
    out, said, pair = tmp_path / "west.zip", StringIO(), {"cert": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    call_command("tenants", "export", "330106", to=tmp_path / "cert.pem", out=out, username="operator")
    call_command("tenants", "suspend", "330106", why="恢复", username="operator")
    with pytest.raises(CommandError, match="--as"):
        call_command("tenants", "restore", out, **pair)
    with pytest.raises(CommandError, match="没有这名运维人员"):
        call_command("tenants", "restore", out, username="county", **pair)
    assert _schemas_like("replaced_") == []
    with inside(_system(), read_only=False):
        Binding.objects.filter(role="operator").update(ended_at=NOW)
    call_command("tenants", "restore", out, stdout=said, **pair)
    assert "西湖区：已恢复" in said.getvalue()
    assert len(_schemas_like("replaced_t00003")) == 1


def test_a_worker_that_is_quicker_than_the_terminal_does_its_job(
    county: Peopled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cert.pem").write_bytes(keys(OFFICE)[0])
    real, said = jobs.work, StringIO()

    def late(*, system: Scope, job_id: Any) -> str:
        real(system=system, job_id=job_id)  # the worker
        return real(system=system, job_id=job_id)  # the terminal, for whom nothing is left

    monkeypatch.setattr(jobs, "work", late)
    call_command("tenants", "export", "330106", to=tmp_path / "cert.pem", username="operator", stdout=said)
    assert said.getvalue().startswith("西湖区  ")


# ---- back again ------------------------------------------------------------------------------------------------------
def test_a_tenant_comes_back_to_what_it_was_and_no_other_is_touched(county: Peopled) -> None:
    world, schema = county.world, county.world.schema("330106")
    path = county.archive()
    before, others = rows_in(schema), {code: rows_in(world.schema(code)) for code in ("33", "330102", "330203")}
    scope = world.scope("county")
    with inside(scope, read_only=False):
        StoredFile.objects.all().delete()
        from services.advisers.models import Appointment

        Appointment.objects.in_scope(scope).delete()
    operator = world.scope("operator")
    for state in ("preparing", "open"):  # people work there
        Tenant.objects.filter(schema_name=schema).update(state=state)
        with pytest.raises(Refused, match="still_open"):
            _restore(path)
    with inside(operator, read_only=False):
        commands.suspend_tenant(scope=operator, tenant_id=tenant_of(world, "330106"), why="恢复数据", now=NOW)
    found = _restore(path)
    after = rows_in(schema)
    assert found.missing == ()
    for table in before:
        if table not in {"kernel_auditentry", "kernel_auditbatch", "kernel_outboxevent", "django_migrations"}:
            assert after[table] == before[table], table
    assert len(after["kernel_auditentry"]) == len(before["kernel_auditentry"]) + 1  # that it was restored is booked
    assert {code: rows_in(world.schema(code)) for code in others} == others
    assert Tenant.objects.get(schema_name=schema).state == "suspended"
    _log_verifies(world, "330106")


def _log_verifies(world: World, code: str) -> None:
    schema = world.schema(code)
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
    assert verdict.batches >= 2
    assert verdict.unsealed == 0


def test_a_check_tries_everything_and_leaves_nothing(county: Peopled) -> None:
    path, schema = county.archive(), county.world.schema("330106")
    operator = county.world.scope("operator")
    with inside(operator, read_only=False):
        commands.suspend_tenant(scope=operator, tenant_id=tenant_of(county.world, "330106"), why="试恢复", now=NOW)
    before = rows_in("public"), rows_in(schema)
    assert _restore(path, check=True).rows > 40
    assert (rows_in("public"), rows_in(schema)) == before
    assert _schemas_like("restore_") == []


def _schemas_like(start: str) -> list[Any]:
    with psycopg.connect(settings.DATABASE_OWNER_URL) as own:
        return own.execute("select nspname from pg_namespace where starts_with(nspname, %s)", [start]).fetchall()


@pytest.mark.parametrize("name", ["tables/advisers_appointment.csv", "shared/advisers_seat.csv", "manifest.json"])
def test_an_archive_that_was_changed_restores_nothing(county: Peopled, tmp_path: Path, name: str) -> None:
    path, bad = county.archive(), tmp_path / "bad.zip"
    operator = county.world.scope("operator")
    with inside(operator, read_only=False):
        commands.suspend_tenant(scope=operator, tenant_id=tenant_of(county.world, "330106"), why="恢复", now=NOW)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bad, "w") as new:
        for one in old.namelist():
            data = old.read(one)
            new.writestr(one, data.replace(b"2026", b"2025") if one == name else data)
    before = rows_in("public"), rows_in(county.world.schema("330106"))
    with pytest.raises(Invalid, match="damaged"):
        _restore(bad)
    assert (rows_in("public"), rows_in(county.world.schema("330106"))) == before
    assert _schemas_like("restore_") == []


def test_in_another_cell_everything_is_the_same_under_other_keys(county: Peopled, tmp_path: Path) -> None:
    world = county.world
    # The register is the province's: it goes first, and with it the key its numbers are under.
    province, west = county.archive("33"), county.archive("330106")
    schema = world.schema("330106")
    before = rows_in(schema)
    token = bytes(Adviser.objects.get().id_sealed)
    index = bytes(Adviser.objects.get().id_index)
    seats, people = Seat.objects.count(), set(Person.objects.values_list("username", flat=True))
    kept = _contents(schema)
    key = AuditKey.objects.get().key
    with another_cell(tmp_path / "cell"):
        _restore(province)
        found = _restore(west)
        after = rows_in(schema)
        for table in before:
            if table not in {"kernel_auditentry", "kernel_auditbatch", "kernel_outboxevent", "django_migrations"}:
                assert after[table] == before[table], table
        assert set(before["kernel_auditentry"]) <= set(after["kernel_auditentry"])
        adviser = Adviser.objects.get()
        assert bytes(adviser.id_sealed) != token
        assert bytes(adviser.id_index) != index
        assert crypto.decrypt(adviser.id_sealed, ID_NUMBER.place(world.schema("33"), adviser.id)) == ID
        assert bytes(adviser.id_index) == crypto.blind_index(ID, tenant=world.schema("33"), purpose="adviser.id")
        assert Seat.objects.count() == seats
        with shared(read_only=True):
            assert [place.name for place in search("宝石")] == ["宝石社区"]  # names are found there too
        assert set(Person.objects.values_list("username", flat=True)) <= people
        assert Person.objects.get(username="county").check_password("green-bamboo-by-the-lake")
        assert Binding.objects.filter(tenant__schema_name=schema).count() == 5
        assert _contents(schema) == kept == [PNG]
        assert found.kept["divisions_node"] > 0  # brought along by the province already
        assert DataKey.objects.filter(tenant=world.schema("33")).exists()
        vouched = AuditKey.objects.get(key=key)
        assert AuditKey.objects.get(key=vouched.introduced_by).version == 1
        _log_verifies(world, "330106")
        operator_free = Tenant.objects.get(schema_name=schema)
        assert operator_free.state == "suspended"
        Tenant.objects.update(state="open")
        office = Office(world)
        office._number = itertools.count(50)
        office.appoint(office.adviser("新来的"), "330106109001")  # numbers go on, nothing collides


def _contents(schema: str) -> list[bytes]:
    scope = system_scope(schema=schema, tenant_id=1, grants=frozenset())
    found = []
    with inside(scope, read_only=True):
        for row in StoredFile.objects.order_by("path"):
            with default_storage.open(row.path) as file:
                found.append(file.read())
    return found


def test_a_cell_where_the_number_means_somebody_else_refuses(county: Peopled, tmp_path: Path) -> None:
    west = county.archive("330106")
    with another_cell(tmp_path / "cell"):
        with shared(read_only=False):
            first = Person.objects.create(username="stranger", name="别人", created_at=NOW)
            Person.objects.filter(id=first.id).update(id=_id_of_county(west))
        with pytest.raises(Refused, match="not_the_same"):
            _restore(west)
        assert not Tenant.objects.exists()
        assert _schemas_like("restore_") == []


def _id_of_county(path: Path) -> int:
    with zipfile.ZipFile(path) as file:
        rows = csv.DictReader(io.StringIO(file.read("shared/identity_person.csv").decode()))
        return next(int(row["id"]) for row in rows if row["username"] == "county")


def test_a_cell_without_the_province_has_no_key_for_its_register(county: Peopled, tmp_path: Path) -> None:
    west = county.archive("330106")
    with another_cell(tmp_path / "cell"), pytest.raises(Refused, match="no_province"):
        _restore(west)


@pytest.mark.parametrize("step", ["loading", "in its place", "closing its log"])
def test_a_restore_that_is_killed_leaves_no_schema_and_another_try_goes_on(
    county: Peopled, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from falin.kernel.models import Job
    from tenants.registry.archives import arriving, restoring

    class Killed(BaseException):
        """What no handler may take for an end of its own."""

    def dies(*given: Any, **named: Any) -> Any:
        raise Killed

    world, schema = county.world, county.world.schema("330106")
    county.archive()
    operator, archive, before = world.scope("operator"), Archive.objects.get(), rows_in(schema)
    certificate, key = keys(OFFICE)
    with inside(operator, read_only=False):
        commands.suspend_tenant(scope=operator, tenant_id=tenant_of(world, "330106"), why="恢复", now=NOW)
        opener = commands.Opener(certificate=certificate, key=key)
        number = commands.ask_restore(scope=operator, archive=archive.id, opener=opener, check=False, now=NOW)
    schemas = _schemas_like("")
    module, name = {
        "loading": (restoring, "_merge"), "in its place": (arriving, "take_place"), "closing its log": (arriving, "carry_on"),
    }[step]  # fmt: skip
    monkeypatch.setattr(module, name, dies)
    with pytest.raises(Killed):
        jobs.work(system=_system(), job_id=number)
    monkeypatch.undo()
    if step == "closing its log":  # it stands, closed, under this restore's mark; what was replaced lies aside
        assert Tenant.objects.get(schema_name=schema).state == "closed"
        assert len(_schemas_like("replaced_")) == 1
    else:
        assert (sorted(_schemas_like("")), rows_in(schema)) == (sorted(schemas), before)
    assert StoredFile.objects.filter(purpose="restore").count() == 1  # the key, for the next try
    with inside(_system(), read_only=False):
        Job.objects.filter(id=number).update(heartbeat_at=None)
        assert [job.id for job in jobs.sweep(scope=_system(), now=NOW)] == [number]
    assert jobs.work(system=_system(), job_id=number) == "done"
    assert len(_schemas_like("replaced_")) == 1
    after = rows_in(schema)
    for table in before:
        if table not in {"kernel_auditentry", "kernel_auditbatch", "kernel_outboxevent", "django_migrations"}:
            assert after[table] == before[table], table
    assert Tenant.objects.get(schema_name=schema).state == "suspended"
    assert not StoredFile.objects.filter(purpose="restore").exists()
    _log_verifies(world, "330106")
