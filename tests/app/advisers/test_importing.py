"""A sheet comes in in three steps; nothing is saved before it is confirmed, and nobody twice however it is killed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import File
from openpyxl import load_workbook

from falin.kernel import jobs
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Invalid, Refused
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside
from services.advisers.commands import loading
from services.advisers.commands.importing import confirm_import, stop_import, take_sheet
from services.advisers.commands.loading import register_many
from services.advisers.models import Adviser, Appointment, Firm, ImportSheet
from services.advisers.queries.imports import get_import, list_imports, rows_to_mend
from services.advisers.rules.imports import ImportInfo, ImportState
from services.advisers.rules.sheet import Entry
from services.advisers.tasks import register_jobs
from tests.fixtures.adviser_sheets import FIRMS, WITH_ERRORS, identity, mixed, person, phone, write
from tests.world import NOW, World


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What would have gone to the broker."""
    told: list[tuple[str, str]] = []
    register_jobs()
    monkeypatch.setattr(jobs, "_sender", [lambda schema, job_id, _lane: told.append((schema, job_id))])
    return told


def take(scope: Scope, path: Path) -> ImportInfo:
    with path.open("rb") as source, inside(scope, read_only=False):
        return take_sheet(scope=scope, upload=File(source, name=path.name), now=NOW)


def work(scope: Scope, info: ImportInfo) -> ImportInfo:
    """A worker does the job the import waits for."""
    assert info.job_id
    jobs.work(
        system=system_scope(schema=scope.schema, tenant_id=scope.tenant_id, grants=frozenset()), job_id=info.job_id
    )
    return look(scope, info.id)


def look(scope: Scope, import_id: UUID) -> ImportInfo:
    with inside(scope, read_only=True):
        return get_import(scope=scope, import_id=import_id)


def check(scope: Scope, path: Path) -> ImportInfo:
    return work(scope, take(scope, path))


def confirm(scope: Scope, info: ImportInfo) -> ImportInfo:
    with inside(scope, read_only=False):
        return confirm_import(scope=scope, import_id=info.id, now=NOW)


def booked(scope: Scope, act: str) -> tuple[int, int]:
    """Audit rows and events of an act."""
    with inside(scope, read_only=True):
        return AuditEntry.objects.filter(act=act).count(), OutboxEvent.objects.filter(event=act).count()


def test_a_sheet_with_errors_is_read_row_by_row(world: World) -> None:
    scope = world.scope("county")
    info = check(scope, WITH_ERRORS)
    assert info.state is ImportState.CHECKED
    assert (info.sheet, info.others, info.head_row, info.unknown) == ("报名汇总", 1, 3, ("序号", "性别", "备注"))
    assert (info.counts.rows, info.counts.ready, info.counts.to_mend, info.counts.blank) == (28, 8, 20, 1)
    assert [(one.row, one.code) for one in info.findings] == [
        (4, "twice_id"), (9, "id_fifteen"), (10, "digits_lost"), (11, "id_checksum"), (13, "phone_landline"),
        (14, "twice_phone"), (15, "twice_phone"), (16, "twice_id"), (17, "missing"), (18, "community_unknown"),
        (20, "begin_missing"), (21, "formula"), (22, "day_impossible"), (23, "exam_later"), (25, "name_odd"),
        (27, "merged"), (28, "merged"), (29, "community_is_street"), (30, "ends_before"), (31, "credit_checksum"),
    ]  # fmt: skip
    assert "另见第 15 行" in info.findings[5].sentence


def test_no_finding_tells_a_whole_number(world: World) -> None:
    scope = world.scope("county")
    info = check(scope, WITH_ERRORS)
    with inside(scope, read_only=True):
        kept = str(ImportSheet.objects.get(id=info.id).findings)
    for number in range(40):
        assert identity(number) not in kept
        assert phone(number) not in kept


def test_nothing_is_saved_before_confirm(world: World) -> None:
    scope = world.scope("county")
    check(scope, WITH_ERRORS)
    with inside(scope, read_only=True):
        assert (Adviser.objects.count(), Firm.objects.count()) == (0, 0)
    assert booked(scope, "advisers.adviser.registered") == (0, 0)


def test_confirmed_rows_are_registered_and_appointed_each_with_its_own_rows(world: World) -> None:
    scope = world.scope("county")
    info = check(scope, WITH_ERRORS)
    info = work(scope, confirm(scope, info))
    assert info.state is ImportState.DONE
    assert info.loaded is not None
    assert (info.loaded.advisers, info.loaded.firms, info.loaded.appointed, info.loaded.refused) == (8, 5, 2, 0)
    assert booked(scope, "advisers.adviser.registered") == (8, 8)
    assert booked(scope, "advisers.firm.registered") == (5, 5)
    assert booked(scope, "advisers.adviser.appointed") == (2, 2)
    with inside(scope, read_only=True):
        assert set(Appointment.objects.in_scope(scope).values_list("adviser_name", flat=True)) == {"伍知行"}


def test_a_second_confirm_is_refused(world: World) -> None:
    scope = world.scope("county")
    info = check(scope, WITH_ERRORS)
    info = work(scope, confirm(scope, info))
    with pytest.raises(Refused) as refused:
        confirm(scope, info)
    assert refused.value.code == "advisers.nothing_to_load"
    assert booked(scope, "advisers.adviser.registered") == (8, 8)


def test_a_refused_appointment_is_told_and_the_adviser_stays(world: World, tmp_path: Path) -> None:
    scope = world.scope("county")
    rows = [person(1, 考试通过日期=None, 服务社区="湖埠村", 聘期起="2026-01-05"), person(2)]
    info = work(scope, confirm(scope, check(scope, write(tmp_path / "a.xlsx", rows))))
    assert info.loaded is not None
    assert (info.loaded.advisers, info.loaded.appointed, info.loaded.not_appointed) == (2, 0, 1)
    assert [(one.row, one.code) for one in info.loaded.findings] == [(2, "not_appointed")]
    assert "统一考试" in info.loaded.findings[0].sentence


def test_who_is_registered_already_is_reported(world: World, tmp_path: Path) -> None:
    scope = world.scope("county")
    work(scope, confirm(scope, check(scope, write(tmp_path / "a.xlsx", [person(1), person(2)]))))
    info = check(scope, write(tmp_path / "b.xlsx", [person(1, 手机号=phone(9)), person(3, 手机号=phone(2)), person(4)]))
    assert [(one.row, one.column, one.code) for one in info.findings] == [
        (2, "身份证号", "registered_id"), (3, "手机号", "registered_phone"),
    ]  # fmt: skip
    assert info.counts.ready == 1


def test_what_another_county_registered_meanwhile_is_not_doubled(world: World, tmp_path: Path) -> None:
    scope, other = world.scope("county"), world.scope("county2")
    info = check(scope, write(tmp_path / "a.xlsx", [person(1), person(2), person(3)]))
    work(other, confirm(other, check(other, write(tmp_path / "b.xlsx", [person(1), person(7, 手机号=phone(2))]))))
    info = work(scope, confirm(scope, info))
    assert info.loaded is not None
    assert (info.loaded.advisers, info.loaded.there, info.loaded.refused) == (1, 1, 1)
    assert [(one.row, one.code) for one in info.loaded.findings] == [(3, "refused")]
    with inside(scope, read_only=True):
        assert Adviser.objects.count() == 3


def test_a_killed_load_goes_on_behind_its_last_batch(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = world.scope("county")
    monkeypatch.setattr(loading, "BATCH", 5)
    info = check(scope, write(tmp_path / "a.xlsx", [person(number) for number in range(12)]))
    info = confirm(scope, info)
    real, calls = loading.register_many, []

    def dies(**given: Any) -> Any:
        outcomes = real(**given)
        calls.append(len(given["entries"]))
        if len(calls) == 2:
            raise SystemExit  # in the middle of the second batch's transaction
        return outcomes

    monkeypatch.setattr(loading, "register_many", dies)
    with pytest.raises(SystemExit):
        work(scope, info)
    with inside(scope, read_only=True):
        assert Adviser.objects.count() == 5
    with inside(scope, read_only=False):
        jobs.sweep(scope=scope, now=NOW.replace(year=2027))  # its heartbeat stopped: it is queued again
    info = work(scope, info)
    assert info.state is ImportState.DONE
    assert info.loaded is not None
    assert (info.loaded.advisers, info.loaded.there, info.loaded.rows) == (12, 0, 12)
    assert calls == [5, 5, 5, 2]
    assert booked(scope, "advisers.adviser.registered") == (12, 12)


def test_a_stopped_load_keeps_whole_batches_and_may_go_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = world.scope("county")
    monkeypatch.setattr(loading, "BATCH", 5)
    info = confirm(scope, check(scope, write(tmp_path / "a.xlsx", [person(number) for number in range(12)])))
    real = loading.register_many

    def then_stop(**given: Any) -> Any:
        monkeypatch.setattr(loading, "register_many", real)
        stopping.append(info.id)
        return real(**given)

    stopping: list[UUID] = []
    monkeypatch.setattr(loading, "register_many", then_stop)
    progress = jobs.Run.progress

    def stops(run: jobs.Run, done: int, total: int, line: str = "") -> None:
        if stopping:
            with inside(scope, read_only=False):
                stop_import(scope=scope, import_id=stopping.pop(), now=NOW)
        progress(run, done, total, line)

    monkeypatch.setattr(jobs.Run, "progress", stops)
    info = work(scope, info)
    assert info.state is ImportState.STOPPED
    assert info.may_confirm
    assert info.loaded is not None
    assert info.loaded.advisers == 5
    info = work(scope, confirm(scope, info))
    assert info.state is ImportState.DONE
    assert info.loaded is not None
    assert info.loaded.advisers == 12


def test_a_check_that_has_not_begun_stops_at_once(world: World) -> None:
    scope = world.scope("county")
    info = take(scope, WITH_ERRORS)
    with inside(scope, read_only=False):
        stopped = stop_import(scope=scope, import_id=info.id, now=NOW)
    assert stopped.state is ImportState.STOPPED
    assert not stopped.may_confirm


def test_a_job_that_failed_without_a_word_shows_as_interrupted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    scope = world.scope("county")
    info = take(scope, WITH_ERRORS)

    def breaks(_run: jobs.Run) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(jobs._runners, "advisers.check_sheet", breaks)
    assert work(scope, info).state is ImportState.FAILED


def test_rows_to_mend_come_back_with_their_own_numbers_and_may_be_mended_there(world: World, tmp_path: Path) -> None:
    scope = world.scope("county")
    rows = [person(1), person(2, 手机号="+8613800"), person(3, 专长="=1+1"), person(4, 姓名="@康若谷")]
    info = check(scope, write(tmp_path / "a.xlsx", rows))
    with inside(scope, read_only=True):
        name, data = rows_to_mend(scope=scope, import_id=info.id)
    assert name == "要修改的行-a.xlsx"
    sheet: Any = load_workbook(io.BytesIO(data)).active
    written = list(sheet.iter_rows(values_only=True))
    assert written[0][-2:] == ("问题", "原行号")
    assert [row[-1] for row in written[1:]] == [3, 4, 5]
    assert written[1][2] == "'+8613800"
    assert written[2][5] == "'=1+1"
    assert written[3][0] == "'@康若谷"
    assert written[1][1] == identity(2)
    assert "手机号应当是 11 位" in written[1][-2]
    sheet["C2"], sheet["F3"], sheet["A4"] = phone(2), "劳动争议", "康若谷"
    again = io.BytesIO()
    sheet.parent.save(again)
    mended = tmp_path / "mended.xlsx"
    mended.write_bytes(again.getvalue())
    info = check(scope, mended)
    assert (info.counts.rows, info.counts.ready, info.unknown) == (3, 3, ())


def test_wrong_columns_are_named(world: World, tmp_path: Path) -> None:
    scope = world.scope("county")
    info = check(scope, write(tmp_path / "a.xlsx", [{"名字": "沈知行"}], head=["名字", "手机号", "性别"]))
    assert info.state is ImportState.WRONG_COLUMNS
    assert info.head is not None
    assert (info.head.missing, info.head.found) == (("姓名", "身份证号", "执业机构"), ("名字", "手机号", "性别"))


def test_an_empty_sheet_is_refused_plainly(world: World, tmp_path: Path) -> None:
    info = check(world.scope("county"), write(tmp_path / "a.xlsx", []))
    assert (info.state, info.refusal) == (ImportState.UNUSABLE, "表里没有一行人员。请填好以后再上传；可以先下载模板。")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"name,phone\n", "advisers.sheet_not_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "advisers.sheet_old_excel"),
        (b"PK\x03\x04 torn", "advisers.sheet_not_xlsx"),
        (b"", "files.empty"),
    ],
)
def test_what_is_no_sheet_is_refused_at_the_field(world: World, tmp_path: Path, data: bytes, code: str) -> None:
    scope = world.scope("county")
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(Invalid) as refused:
        take(scope, tmp_path / "a.xlsx")
    assert (refused.value.code, refused.value.field) == (code, "file")
    with inside(scope, read_only=True):
        assert ImportSheet.objects.count() == 0
        assert AuditEntry.objects.filter(act="advisers.import.taken").count() == 0


def test_who_may_not_import_can_neither_take_nor_read(world: World) -> None:
    scope, street = world.scope("county"), world.scope("street")
    info = take(scope, WITH_ERRORS)
    with pytest.raises(Forbidden), inside(street, read_only=True):
        get_import(scope=street, import_id=info.id)
    with pytest.raises(Forbidden):
        take(street, WITH_ERRORS)
    with pytest.raises(Forbidden):
        confirm(street, info)


def test_another_county_does_not_see_the_import(world: World) -> None:
    scope, other = world.scope("county"), world.scope("county2")
    info = take(scope, WITH_ERRORS)
    with inside(other, read_only=True):
        assert list_imports(scope=other) == []
    with pytest.raises(Refused), inside(other, read_only=True):
        get_import(scope=other, import_id=info.id)


def test_every_row_is_accounted_for(world: World, tmp_path: Path) -> None:
    info = check(world.scope("county"), write(tmp_path / "a.xlsx", list(mixed(300))))
    assert (info.counts.rows, info.counts.ready, info.counts.to_mend) == (300, 270, 30)


def test_a_batch_counts_who_is_there_and_registers_a_new_firm_once(world: World) -> None:
    scope = world.scope("county")
    entries = [
        Entry(name="沈知行", id_number=identity(number), phone=phone(number), firm=FIRMS[0]) for number in range(3)
    ]
    with inside(scope, read_only=False):
        first = register_many(scope=scope, entries=entries[:2], now=NOW)
        again = register_many(scope=scope, entries=entries, now=NOW)
    assert [one.new_firm for one in first] == [True, False]
    assert [one.there for one in again] == [True, True, False]


def test_a_batch_that_collides_falls_back_to_one_by_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another county enters one of them after the look at the register and before the batch is written."""
    scope = world.scope("county")
    entries = [
        Entry(name="沈知行", id_number=identity(number), phone=phone(number), firm=FIRMS[0]) for number in range(3)
    ]
    with inside(scope, read_only=False):
        register_many(scope=scope, entries=entries[1:2], now=NOW)
    monkeypatch.setattr(loading, "registered", lambda _home, _entries: ({}, {}))
    with inside(scope, read_only=False):
        outcomes = register_many(scope=scope, entries=entries, now=NOW)
    assert [bool(one.adviser_id) for one in outcomes] == [True, False, True]
    assert "已经登记过" in outcomes[1].refused
    assert booked(scope, "advisers.adviser.registered") == (3, 3)
    assert booked(scope, "advisers.firm.registered") == (1, 1)
