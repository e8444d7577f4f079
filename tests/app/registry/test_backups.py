"""Each tenant is backed up at night: one after the other, whoever is killed, whatever the clock says; and told if not."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command

from falin.config.tasks import back_up as beat
from falin.kernel import jobs, relay
from falin.kernel.models import AuditEntry, Job, StoredFile
from falin.kernel.refusals import Forbidden, Refused
from falin.kernel.transactions import inside
from services.desk.models import Notice
from tenants.identity.api import system_of
from tenants.registry import commands, policies, queries
from tenants.registry.archives import writing
from tenants.registry.commands import archiving, backing_up
from tenants.registry.models import Archive, Backup, Tenant
from tests.app.registry.archives import keys
from tests.app.registry.cast import second_operator, tenant_of
from tests.app.registry.test_archives import _schemas_like
from tests.app.registry.test_removing import SYSTEM, _confirmed
from tests.world import World

NIGHT = datetime(2026, 11, 17, 19, 30, tzinfo=UTC)  # half past three in the morning of the 18th
TENANTS = 5


class Killed(BaseException):
    """What no handler may take for an end of its own."""


@pytest.fixture
def backed_up(world: World, tmp_path: Path) -> Iterator[World]:
    """A cell with a recipient, whose jobs are done when a test says so."""
    sender, kept = list(jobs._sender), (settings.BACKUP_CERTIFICATE, settings.BACKUP_KEY)
    jobs.send_with(lambda *_job: None)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(keys("省档案馆")[0])
    key.write_bytes(keys("省档案馆")[1])
    settings.BACKUP_CERTIFICATE, settings.BACKUP_KEY = certificate, None
    yield world
    settings.BACKUP_CERTIFICATE, settings.BACKUP_KEY = kept
    jobs._sender[:] = sender


def _work() -> list[str]:
    """Whatever is queued, until nothing is."""
    ended = []
    while (job := Job.objects.filter(state="queued").order_by("created_at").first()) is not None:
        ended.append(jobs.work(system=SYSTEM, job_id=job.id))
    return ended


def _night(at: datetime) -> list[str]:
    with time_machine.travel(at, tick=False):
        beat()
        return _work()


def _numbers(tenant_id: int) -> list[int | None]:
    return list(Archive.objects.filter(tenant_id=tenant_id).order_by("number").values_list("number", flat=True))


def _row(world: World, code: str) -> Backup:
    return Backup.objects.get(tenant_id=tenant_of(world, code))


def _fails_for(monkeypatch: pytest.MonkeyPatch, schema: str, error: type[BaseException]) -> None:
    real = archiving.write_archive

    def write(tenant: Any, *given: Any, **named: Any) -> Any:
        if tenant.schema == schema:
            raise error
        return real(tenant, *given, **named)

    monkeypatch.setattr(archiving, "write_archive", write)


def test_without_a_recipient_nothing_is_backed_up_and_the_operator_is_told_so(backed_up: World, sign_in: Any) -> None:
    settings.BACKUP_CERTIFICATE = None
    assert _night(NIGHT) == []
    assert not Backup.objects.exists()
    operator = sign_in("operator")
    assert "夜间备份没有在做" in operator.get("/tenants/").content.decode()
    assert operator.get("/api/v1/tenants/backups/").json()["run"] is False
    said, out = StringIO(), StringIO()
    call_command("tenants", "backups", "--json", "--as", "operator", stderr=said, stdout=out)
    assert "FALIN_BACKUP_CERTIFICATE" in said.getvalue()
    assert [json.loads(line)["made_at"] for line in out.getvalue().splitlines()] == [None] * TENANTS


def test_a_certificate_that_cannot_be_used_is_said_and_told_nobody_it_would_do(backed_up: World, sign_in: Any) -> None:
    settings.BACKUP_CERTIFICATE.write_text("nonsense")
    page = sign_in("operator").get("/tenants/").content.decode()
    assert "接收人的证书用不了" in page
    assert _night(NIGHT) == ["failed"]
    assert not Archive.objects.exists()


def test_every_body_is_backed_up_once_a_night_and_seen_on_its_page(backed_up: World, sign_in: Any) -> None:
    assert _night(NIGHT) == ["done"]
    assert Archive.objects.filter(number=1).count() == Backup.objects.filter(count=1).count() == TENANTS
    assert _night(NIGHT + timedelta(hours=5)) == []  # the same night
    assert _night(NIGHT + timedelta(hours=23)) == []  # half past two: it has not begun
    assert _night(NIGHT + timedelta(hours=24)) == ["done"]
    assert _numbers(tenant_of(backed_up, "330106")) == [1, 2]
    west, operator = tenant_of(backed_up, "330106"), sign_in("operator")
    row = operator.get(f"/api/v1/tenants/{west}/").json()
    assert row["archived_at"] is None  # nobody asked for one
    assert row["backup"]["made_at"]
    assert row["backup"]["size"] == Archive.objects.get(tenant_id=west, number=2).size
    page = operator.get(f"/tenants/{west}/").content.decode()
    assert "夜间备份" in page and "还没有试恢复过" in page
    assert "夜间备份没有在做" not in page
    assert AuditEntry.objects.filter(act="registry.backup.made").count() == 2 * TENANTS


def test_what_was_missed_is_made_up_by_day(backed_up: World) -> None:
    assert _night(NIGHT + timedelta(hours=9)) == ["done"]
    assert _row(backed_up, "330106").night == date(2026, 11, 18)


@pytest.fixture
def three_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backing_up, "KEPT", replace(backing_up.KEPT, default=3))


@pytest.mark.usefixtures("three_kept")
def test_old_ones_go_with_their_files_and_what_somebody_asked_for_stays(backed_up: World) -> None:
    operator, west = backed_up.scope("operator"), tenant_of(backed_up, "330106")
    with inside(operator, read_only=False):
        commands.ask_archive(scope=operator, tenant_id=west, recipient=keys("省档案馆")[0], now=NIGHT)
    _work()
    for night in range(5):
        _night(NIGHT + timedelta(days=night))
    assert _numbers(west) == [3, 4, 5, None]
    paths = set(StoredFile.objects.values_list("path", flat=True))
    lying = {f"public/{year}/{month}/{name}" for year in default_storage.listdir("public")[0]
             for month in default_storage.listdir(f"public/{year}")[0]
             for name in default_storage.listdir(f"public/{year}/{month}")[1]}  # fmt: skip
    assert lying == paths == set(Archive.objects.values_list("path", flat=True))
    assert AuditEntry.objects.filter(act="kernel.file.removed").count() == 2 * TENANTS


@pytest.mark.parametrize("step", ["writing", "keeping"])
def test_a_worker_that_is_killed_goes_on_with_the_body_it_was_at(
    backed_up: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    schema = backed_up.schema("330106")
    if step == "writing":
        _fails_for(monkeypatch, schema, Killed)
    else:
        real = backing_up.keep_archive

        def keep(scope: Any, tenant: Any, *given: Any, **named: Any) -> Any:
            kept = real(scope, tenant, *given, **named)
            if tenant.schema == schema:
                raise Killed
            return kept

        monkeypatch.setattr(backing_up, "keep_archive", keep)
    with time_machine.travel(NIGHT, tick=False):
        beat()
        number = Job.objects.get().id
        with pytest.raises(Killed):
            jobs.work(system=SYSTEM, job_id=number)
        before = set(Archive.objects.values_list("schema", flat=True))
        assert schema not in before
        assert 0 < len(before) < TENANTS
        monkeypatch.undo()
        beat()
        assert Job.objects.count() == 1  # somebody may still be at it
        with inside(SYSTEM, read_only=False):
            Job.objects.update(heartbeat_at=None)
            assert [job.id for job in jobs.sweep(scope=SYSTEM, now=NIGHT)] == [number]
        assert _work() == ["done"]
    assert sorted(Archive.objects.values_list("number", flat=True)) == [1] * TENANTS
    assert _row(backed_up, "330106").tries == 2
    assert list((Path(settings.HOME) / "archives").iterdir()) == []


def test_a_body_that_kills_its_worker_each_time_keeps_nobody_waiting_and_is_told(
    backed_up: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fails_for(monkeypatch, backed_up.schema("33"), Killed)  # the first in turn
    with time_machine.travel(NIGHT, tick=False) as a_clock:
        for _try in range(4):
            beat()
            for job in Job.objects.filter(state="queued"):
                with pytest.raises(Killed):
                    jobs.work(system=SYSTEM, job_id=job.id)
            Job.objects.filter(state="running").update(state="failed")
            a_clock.shift(timedelta(seconds=1))
        assert Archive.objects.count() == TENANTS - 1
        assert _row(backed_up, "33").tries == 3
        assert "中断" in _row(backed_up, "33").error
        a_clock.shift(timedelta(hours=1))
        beat()
        with pytest.raises(Killed):
            jobs.work(system=SYSTEM, job_id=Job.objects.get(state="queued").id)
        relay.drain({"public": system_of(None)}, clock=lambda: NIGHT + timedelta(days=1))
    assert Notice.objects.filter(kind="backup_failed").count() == 1


def test_who_fails_is_told_once_a_night_and_tried_again_after_an_hour(
    backed_up: World, monkeypatch: pytest.MonkeyPatch, sign_in: Any
) -> None:
    second_operator(backed_up)
    _fails_for(monkeypatch, backed_up.schema("330106"), OSError)
    assert _night(NIGHT) == ["done"]
    assert Archive.objects.count() == TENANTS - 1
    assert _night(NIGHT + timedelta(minutes=50)) == []
    assert _night(NIGHT + timedelta(minutes=70)) == ["done"]
    assert _row(backed_up, "330106").tries == 2
    relay.drain({"public": system_of(None)}, clock=lambda: NIGHT + timedelta(days=1))
    told = Notice.objects.filter(kind="backup_failed")
    assert {one.person_id for one in told} == {backed_up.scope(who).person_id for who in ("operator", "operator2")}
    assert told.count() == 2
    operator = sign_in("operator")
    assert "西湖区 2026年11月18日夜里的备份没有做成" in operator.get("/desk/notices/").content.decode()
    assert "没有做成" in operator.get("/tenants/").content.decode()
    assert "OSError" in operator.get(f"/tenants/{tenant_of(backed_up, '330106')}/").content.decode()
    monkeypatch.undo()
    assert _night(NIGHT + timedelta(minutes=140)) == ["done"]
    assert _row(backed_up, "330106").error == ""
    assert Archive.objects.count() == TENANTS


@pytest.mark.usefixtures("three_kept")
def test_a_clock_that_was_wrong_loses_no_night_and_no_backup(backed_up: World) -> None:
    west = tenant_of(backed_up, "330106")
    ahead = NIGHT + timedelta(days=400)
    for night in range(2):
        _night(ahead + timedelta(days=night))
    Archive.objects.update(at=ahead)  # the database's own clock was wrong with it
    for night in range(2):  # put right again
        assert _night(NIGHT + timedelta(days=night)) == ["done"]
    assert _numbers(west) == [2, 3, 4]  # the oldest are those that were made first
    assert _night(NIGHT - timedelta(days=30)) == ["done"]  # and now it is late
    assert _row(backed_up, "330106").count == 5


def test_a_try_in_the_future_keeps_nobody_from_trying_now(backed_up: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _fails_for(monkeypatch, backed_up.schema("330106"), OSError)
    _night(NIGHT + timedelta(hours=10))
    monkeypatch.undo()
    assert _night(NIGHT + timedelta(hours=1)) == ["done"]  # the same night, by a clock that was put back
    assert _row(backed_up, "330106").count == 1


def test_two_that_ask_at_once_queue_one_job_and_a_long_round_makes_room(
    backed_up: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "SLICE", -1.0)
    with time_machine.travel(NIGHT, tick=False):
        beat()
        beat()
        assert Job.objects.count() == 1
        assert _work() == ["done"] * TENANTS  # each asks for the next
    assert Archive.objects.count() == TENANTS


def test_a_backup_is_tried_each_week_while_people_work_and_nothing_is_left_of_it(
    backed_up: World, sign_in: Any
) -> None:
    _night(NIGHT)
    settings.BACKUP_KEY = settings.BACKUP_CERTIFICATE.with_name("key.pem")
    before = _schemas_like("")
    assert _night(NIGHT + timedelta(hours=1)) == ["done"]
    (tried,) = Backup.objects.filter(verified_at__isnull=False)
    assert tried.verified_at == tried.trial_at
    assert tried.trial_error == ""
    assert Tenant.objects.get(id=tried.tenant_id).state == "open"
    assert len(_schemas_like("")) == len(before)
    page = sign_in("operator").get(f"/tenants/{tried.tenant_id}/").content.decode()
    assert "试恢复过，各表的指纹都一样" in page
    _night(NIGHT + timedelta(days=6))
    assert Backup.objects.filter(verified_at__isnull=False).count() == 1
    _night(NIGHT + timedelta(days=7, hours=2))
    assert Backup.objects.filter(verified_at__isnull=False).count() == 2  # another one
    Backup.objects.filter(trial_at__isnull=False).update(trial_at=NIGHT + timedelta(days=900))
    _night(NIGHT + timedelta(days=7, hours=3))
    assert Backup.objects.filter(verified_at__isnull=False).count() == 3  # what is in the future was a wrong clock's


def test_a_backup_that_cannot_be_restored_is_said(backed_up: World, sign_in: Any) -> None:
    _night(NIGHT)
    settings.BACKUP_KEY = settings.BACKUP_CERTIFICATE.with_name("key.pem")
    for archive in Archive.objects.all():
        default_storage.delete(archive.path)
        default_storage.save(archive.path, ContentFile(b"what the disk made of it"))
    assert _night(NIGHT + timedelta(hours=1)) == ["failed"]
    (tried,) = Backup.objects.filter(trial_at__isnull=False)
    assert tried.verified_at is None
    assert "不是法邻的单位档案" in tried.trial_error
    assert "试恢复不成功" in sign_in("operator").get("/tenants/").content.decode()
    relay.drain({"public": system_of(None)}, clock=lambda: NIGHT + timedelta(days=1))
    assert Notice.objects.filter(kind="backup_failed").count() == 1


def test_an_operator_who_tries_one_by_hand_is_remembered(backed_up: World) -> None:
    _night(NIGHT)
    operator, archive = backed_up.scope("operator"), Archive.objects.get(tenant_id=tenant_of(backed_up, "330106"))
    certificate, key = keys("省档案馆")
    with inside(operator, read_only=False):
        opener = commands.Opener(certificate=certificate, key=key)
        commands.ask_restore(scope=operator, archive=archive.id, opener=opener, check=True, now=NIGHT)
    assert _work() == ["done"]
    assert _row(backed_up, "330106").verified_at is not None


def test_a_backup_is_no_handing_over_and_goes_with_its_body(backed_up: World) -> None:
    second_operator(backed_up)
    west = tenant_of(backed_up, "330106")
    Tenant.objects.filter(id=west).update(state="closed", state_at=NIGHT - timedelta(days=400))
    _night(NIGHT)
    with pytest.raises(Refused, match="not_archived"):
        policies.check_may_remove(Tenant.objects.get(id=west))
    Tenant.objects.filter(id=west).update(state="open")
    path = Archive.objects.get(tenant_id=west).path
    with time_machine.travel(NIGHT, tick=False):
        deed = _confirmed(backed_up, west)
    with (
        time_machine.travel(NIGHT + timedelta(days=31), tick=False),
        inside(backed_up.scope("operator"), read_only=False),
    ):
        commands.remove_tenant(scope=backed_up.scope("operator"), deed_id=deed, now=NIGHT + timedelta(days=31))
    with time_machine.travel(NIGHT + timedelta(days=31), tick=False):
        assert _work()[-1] == "done"
    assert not default_storage.exists(path)
    assert not Backup.objects.filter(tenant_id=west).exists()
    assert [one.number for one in Archive.objects.filter(tenant_id=west)] == [None]  # what was handed over


def test_a_file_that_a_killed_worker_left_is_gone_after_a_day(
    backed_up: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    folder = tmp_path / "archives"
    folder.mkdir(exist_ok=True)
    left, fresh = folder / f"{uuid.uuid4()}.part", folder / f"{uuid.uuid4()}.part"
    for file in (left, fresh):
        file.write_bytes(b"x")
    os.utime(left, (time.time() - 2 * 86400,) * 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "_stored", lambda own: [])
        beat()
        _work()
    assert (left.exists(), fresh.exists()) == (False, True)


def test_only_an_operator_reads_how_backups_stand(backed_up: World) -> None:
    for username in ("leader", "county"):
        scope = backed_up.scope(username)
        with pytest.raises(Forbidden), inside(scope, read_only=True):
            queries.get_backups(scope=scope)
