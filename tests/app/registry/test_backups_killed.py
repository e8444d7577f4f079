"""
Nightly backups whose worker is killed for real, or whose disk is full: what is listed is whole and can be restored, nothing
of a try is left, and the newest good one stays.
"""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from falin.config import tasks
from falin.kernel import clock, jobs
from falin.kernel.models import Job
from falin.kernel.transactions import inside
from tenants.registry import belongings, commands
from tenants.registry.archives.restoring import restore_archive
from tenants.registry.commands import archiving
from tenants.registry.models import Archive, Backup
from tests import conftest
from tests.app.registry.archives import keys, reader
from tests.app.registry.cast import tenant_of
from tests.app.registry.test_archives import _schemas_like
from tests.app.registry.test_backups import NIGHT, TENANTS, _night, _numbers, backed_up, three_kept  # noqa: F401
from tests.app.registry.test_removing import SYSTEM
from tests.fixtures.programs import kill, programs, until
from tests.world import World

WAITING = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name like %s and datname = %s"


@pytest.fixture(autouse=True)
def _a_home_of_its_own(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests look at what lies in the archives' folder of the run, and travel in time past its days."""
    if "by_the_broker" not in request.fixturenames:
        monkeypatch.setattr(settings, "HOME", tmp_path / "home")


@contextmanager
def locked(schema: str, table: str) -> Iterator[Any]:
    """Nobody gets past a table meanwhile. What it gives says whether the worker waits there."""
    name = str(connection.settings_dict["NAME"])
    with psycopg.connect(conftest.with_name(conftest.ADMIN, name)) as own:
        own.execute(f'lock table "{schema}".{table} in access exclusive mode')
        with psycopg.connect(conftest.ADMIN, autocommit=True) as other:
            yield lambda: other.execute(WAITING, ["falin%", name]).fetchone()
        own.rollback()


def _whole(archive: Archive) -> bool:
    with default_storage.open(archive.path) as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != archive.sha256:
            return False
        file.seek(0)
        return zipfile.ZipFile(file).testzip() is None


def _given_up_for_dead() -> None:
    with inside(SYSTEM, read_only=False):
        Job.objects.filter(state="running").update(heartbeat_at=None)
    assert tasks.sweep_jobs() == 1


def _done() -> bool:
    return not Job.objects.filter(state__in=["queued", "running"]).exists()


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """The environment of a cell with a recipient, and whose key it has itself."""
    names = {"FALIN_BACKUP_CERTIFICATE": tmp_path / "cert.pem", "FALIN_BACKUP_KEY": tmp_path / "key.pem"}
    for path, data in zip(names.values(), keys("省档案馆"), strict=True):
        path.write_bytes(data)
    return {name: str(path) for name, path in names.items()}


@pytest.fixture
def by_the_broker(world: World, certificate: dict[str, str]) -> Iterator[World]:
    kept = settings.BACKUP_CERTIFICATE, settings.BACKUP_KEY
    settings.BACKUP_CERTIFICATE, settings.BACKUP_KEY = (Path(path) for path in certificate.values())
    yield world
    settings.BACKUP_CERTIFICATE, settings.BACKUP_KEY = kept


def test_a_worker_killed_while_it_writes_and_while_it_restores_leaves_what_is_whole_alone(
    by_the_broker: World, certificate: dict[str, str], tmp_path: Path
) -> None:
    west, folder = by_the_broker.schema("330106"), tmp_path / "home" / "archives"
    with programs(tmp_path, **certificate) as running:
        with inside(SYSTEM, read_only=False):
            commands.ask_backups(scope=SYSTEM, now=clock.now())
        with locked(west, _last_table(west)) as somebody_waits:
            running["worker"].start()
            until(somebody_waits)
            kill(running["worker"])
        (half,) = folder.glob("*.part")
        assert half.stat().st_size > 0
        assert not Archive.objects.filter(schema=west).exists()
        assert all(map(_whole, Archive.objects.all()))
        _given_up_for_dead()
        running["worker"].start()
        until(_done)
        assert sorted(Archive.objects.values_list("number", flat=True)) == [1] * TENANTS
        assert all(map(_whole, Archive.objects.all()))

        schemas = sorted(_schemas_like(""))
        kill(running["worker"])
        with inside(SYSTEM, read_only=False):
            commands.ask_trial(scope=SYSTEM, now=clock.now())
        with locked("public", belongings.declared()[-1].table) as somebody_waits:
            running["worker"].start()
            until(somebody_waits)
            kill(running["worker"])
        until(lambda: not _backends())
        assert sorted(_schemas_like("")) == schemas
        assert [path for path in folder.parent.glob("tmp*") if path.is_file()] == []
        _given_up_for_dead()
        running["worker"].start()
        until(_done)
        assert sorted(_schemas_like("")) == schemas
        (tried,) = Backup.objects.filter(trial_at__isnull=False)
        assert (tried.verified_at, tried.trial_error) == (tried.trial_at, "")
        assert len(list(folder.glob("*.part"))) == 2, "what the killed left goes after a day"


def _last_table(schema: str) -> str:
    with psycopg.connect(conftest.with_name(conftest.ADMIN, str(connection.settings_dict["NAME"]))) as own:
        row = own.execute("select max(relname::text collate \"C\") from pg_class where relkind = 'r'"
                          " and relnamespace = %s::text::regnamespace", [schema]).fetchone()  # fmt: skip
    assert row
    return str(row[0])


def _backends() -> Any:
    with psycopg.connect(conftest.ADMIN, autocommit=True) as admin:
        return admin.execute("select 1 from pg_stat_activity where application_name = 'falin-worker' and datname = %s",
                             [connection.settings_dict["NAME"]]).fetchone()  # fmt: skip


def test_a_try_that_was_given_up_for_dead_and_goes_on_spoils_no_archive(
    backed_up: World, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    operator, west = backed_up.scope("operator"), tenant_of(backed_up, "330106")
    with inside(operator, read_only=False):
        number = commands.ask_archive(scope=operator, tenant_id=west, recipient=keys("省档案馆")[0], now=NIGHT)
    real, ended, first = archiving.write_archive, [], []

    def stands_still(tenant: Any, recipient: Any, out: Any, *, tell: Any) -> Any:
        monkeypatch.setattr(archiving, "write_archive", meanwhile)
        first.append(out)
        with inside(SYSTEM, read_only=False):
            Job.objects.filter(id=number).update(heartbeat_at=None)
            assert [job.id for job in jobs.sweep(scope=SYSTEM, now=NIGHT)] == [number]
        ended.append(jobs.work(system=SYSTEM, job_id=number))
        return real(tenant, recipient, out, tell=tell)

    def meanwhile(tenant: Any, recipient: Any, out: Any, *, tell: Any) -> Any:
        written = real(tenant, recipient, out, tell=tell)
        first[0].write(b"what the other one has still to write" * 100)
        first[0].flush()
        return written

    monkeypatch.setattr(archiving, "write_archive", stands_still)
    assert jobs.work(system=SYSTEM, job_id=number) == "not mine"
    assert ended == ["done"]
    assert _whole(Archive.objects.get())


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)],
                          capture_output=True, check=False)  # fmt: skip
    if done.returncode:
        pytest.skip("only an administrator of the machine makes a disk that fills up")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("full", ["archives", "store"])
def test_on_a_full_disk_nothing_half_is_listed_or_left_and_the_next_try_makes_it(
    backed_up: World, tmp_path: Path, full: str  # noqa: F811
) -> None:  # fmt: skip
    _night(NIGHT)
    smallest = min(one.size for one in Archive.objects.all())
    folder = tmp_path / "home" / "archives" if full == "archives" else Path(default_storage.path("public/2026"))
    if full == "store":
        kept = [(one.path, Path(default_storage.path(one.path)).read_bytes()) for one in Archive.objects.all()]
    with small_disk(folder, max(4, smallest // 2048)):
        assert _night(NIGHT + timedelta(days=1)) == ["done"]
        assert Archive.objects.filter(number=2).count() == 0
        assert Backup.objects.filter(error__contains="OSError").count() == TENANTS
        assert [one for one in folder.rglob("*") if one.is_file()] == [], "what was cut short keeps the disk full"
    if full == "store":
        for path, data in kept:
            if not default_storage.exists(path):
                default_storage.save(path, ContentFile(data))
    assert all(map(_whole, Archive.objects.all()))
    assert _night(NIGHT + timedelta(days=1, hours=2)) == ["done"]
    assert Archive.objects.filter(number=2).count() == TENANTS
    assert all(map(_whole, Archive.objects.all()))


@pytest.mark.usefixtures("three_kept")
def test_while_the_newest_cannot_be_restored_no_older_one_goes(backed_up: World) -> None:  # noqa: F811
    """The disk began to spoil what is written to it: a week later the last good backup would have been dropped."""
    west = tenant_of(backed_up, "330106")
    _night(NIGHT)
    good = Path(default_storage.path(Archive.objects.get(tenant_id=west).path))
    _night(NIGHT + timedelta(days=1))
    settings.BACKUP_KEY = settings.BACKUP_CERTIFICATE.with_name("key.pem")
    Backup.objects.exclude(tenant_id=west).update(trial_at=NIGHT - timedelta(days=30))
    _spoil(west)
    assert _night(NIGHT + timedelta(days=1, hours=5)) == ["failed"]
    for night in range(2, 8):
        _night(NIGHT + timedelta(days=night))
        _spoil(west)
    assert _numbers(west) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert restore_archive(good, reader("省档案馆"), check=True, now=NIGHT, tell=lambda *given: None).rows
    assert _night(NIGHT + timedelta(days=8, hours=6)) == ["done", "done"]  # whose trial failed is tried first
    assert Backup.objects.get(tenant_id=west).trial_error == ""
    _night(NIGHT + timedelta(days=9))
    assert _numbers(west) == [8, 9, 10]


def _spoil(tenant_id: int) -> None:
    newest = Archive.objects.filter(tenant_id=tenant_id).latest("number")
    default_storage.delete(newest.path)
    default_storage.save(newest.path, ContentFile(b"what the disk made of it"))
