"""A sheet of stations: held beside the register, entered when somebody says so, and no station twice however often it comes."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from openpyxl import load_workbook

from falin.kernel import jobs
from falin.kernel.jobs import Run
from falin.kernel.models import AuditEntry, Job, StoredFile
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import system_scope
from falin.kernel.transactions import inside
from services.stations import policies
from services.stations.commands import enter_sheet, open_station, sheets, take_sheet
from services.stations.queries import get_sheet, list_sheets, rows_to_mend
from services.stations.tasks import register_jobs
from services.stations.types import CheckedSheet
from tests.app.stations.cast import VILLAGE, content, rows, written
from tests.world import NOW, World

HEAD = "名称,设在哪里,地址,开放时间,电话,开放日期"
FIRST = "湖埠村法律工作室,双浦镇/湖埠村,湖埠街 8 号,周一 09:00-11:30；周三 14:00-17:00,0571-87654321,2026-01-05"
SECOND = "宝石社区法律工作室,宝石社区,宝石路 1 号,周一至周五 9:00-12:00,,2026-01-05"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """What would have gone to the broker; the clock stands still."""
    told: list[tuple[str, str]] = []
    register_jobs()
    monkeypatch.setattr(jobs, "_sender", [lambda schema, job_id, _lane: told.append((schema, job_id))])
    with time_machine.travel(NOW, tick=False):
        yield told


def take(world: World, *lines: str, who: str = "county", head: str = HEAD) -> uuid.UUID:
    scope = world.scope(who)
    upload = ContentFile("\r\n".join((head, *lines)).encode(), name="站点.csv")
    with inside(scope, read_only=False):
        return take_sheet(scope=scope, upload=upload, now=NOW)


def look(world: World, sheet: uuid.UUID, who: str = "county", **columns: str) -> CheckedSheet:
    scope = world.scope(who)
    with inside(scope, read_only=True):
        return get_sheet(scope=scope, sheet_id=sheet, columns=columns, now=NOW)


def enter(world: World, sheet: uuid.UUID, who: str = "county", **columns: str) -> uuid.UUID:
    scope = world.scope(who)
    with inside(scope, read_only=False):
        return enter_sheet(scope=scope, sheet_id=sheet, columns=columns, now=NOW)


def work(world: World, job: uuid.UUID) -> str:
    scope = world.scope("county")
    return jobs.work(
        system=system_scope(schema=scope.schema, tenant_id=scope.tenant_id, grants=frozenset()), job_id=job
    )


def names(world: World) -> list[str]:
    return sorted(row[2] for row in rows(world).values())


def test_a_sheet_is_looked_at_and_nothing_is_entered_before_somebody_says_so(world: World) -> None:
    sheet = take(world, FIRST, SECOND, "错的,别处村,一楼,上午,,昨天")
    checked = look(world, sheet)
    assert [(one.row, one.station.name, one.place) for one in checked.ready] == [
        (2, "湖埠村法律工作室", "双浦镇 湖埠村"), (3, "宝石社区法律工作室", "北山街道 宝石社区"),
    ]  # fmt: skip
    assert [(one.row, one.column) for one in checked.findings] == [(4, "设在哪里"), (4, "开放时间"), (4, "开放日期")]
    assert (checked.rows, checked.to_mend, checked.there, checked.examples) == (3, 1, 0, 0)
    assert (rows(world), written(world)) == ({}, (1, 0)), "that it was put there is booked, and nothing else"


def test_the_ready_rows_are_entered_by_a_job_and_each_is_booked(world: World) -> None:
    sheet = take(world, FIRST, SECOND, "错的,别处村,一楼,上午,,昨天")
    job = enter(world, sheet)
    assert names(world) == []
    assert work(world, job) == "done"
    assert names(world) == ["宝石社区法律工作室", "湖埠村法律工作室"]
    entering = look(world, sheet).taken.entering
    assert entering is not None and (entering.state, entering.entered, entering.refused) == ("done", 2, 0)
    with inside(world.scope("county"), read_only=True):
        acts = list(AuditEntry.objects.filter(act__startswith="stations.").order_by("id").values_list("act", flat=True))
    assert acts == ["stations.sheet.taken", "stations.sheet.confirmed", *["stations.station.opened"] * 2]


def test_the_same_sheet_again_enters_nothing_twice(world: World) -> None:
    for _again in range(2):
        sheet = take(world, FIRST, SECOND)
        if look(world, sheet).may_enter:
            work(world, enter(world, sheet))
    assert names(world) == ["宝石社区法律工作室", "湖埠村法律工作室"]
    checked = look(world, sheet)
    assert (checked.there, checked.ready, checked.to_mend) == (2, (), 0)
    with pytest.raises(Refused, match="没有可以登记的行"):
        enter(world, sheet)


def test_a_worker_that_is_killed_between_two_hundreds_enters_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "BATCH", 1)
    job = enter(world, take(world, FIRST, SECOND))
    whole = Run.progress

    def killed(run: Run, done: int, total: int, line: str = "") -> None:
        whole(run, done, total, line)
        if done == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Run, "progress", killed)
        work(world, job)
    assert names(world) == ["湖埠村法律工作室"]
    with inside(world.scope("county"), read_only=False):
        Job.objects.filter(id=job).update(state="queued")
    assert work(world, job) == "done"
    assert names(world) == ["宝石社区法律工作室", "湖埠村法律工作室"]


def test_one_asked_to_stop_keeps_what_was_entered_and_the_rest_can_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "BATCH", 1)
    sheet = take(world, FIRST, SECOND)
    job = enter(world, sheet)
    whole = sheets.open_many

    def asked(**given: Any) -> Any:
        made = whole(**given)
        Job.objects.filter(id=job).update(cancel_asked=True)
        return made

    with monkeypatch.context() as patched:
        patched.setattr(sheets, "open_many", asked)
        assert work(world, job) == "cancelled"
    assert names(world) == ["湖埠村法律工作室"]
    checked = look(world, sheet)
    assert (checked.there, [one.station.name for one in checked.ready]) == (1, ["宝石社区法律工作室"])
    assert work(world, enter(world, sheet)) == "done"
    assert names(world) == ["宝石社区法律工作室", "湖埠村法律工作室"]


def test_a_station_somebody_else_opens_meanwhile_is_left_and_the_others_are_entered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = enter(world, take(world, FIRST, SECOND))
    whole, before = sheets.open_many, list[Any]()

    def late(**given: Any) -> Any:
        if not before:
            said = content(world, VILLAGE, name="湖埠村法律工作室")
            before.append(open_station(scope=given["scope"], content=said, now=NOW))
            raise policies.is_registered()  # as the unique index says it, of the whole hundred
        return whole(**given)

    monkeypatch.setattr(sheets, "open_many", late)
    assert work(world, job) == "done"
    assert names(world) == ["宝石社区法律工作室", "湖埠村法律工作室"]
    with inside(world.scope("county"), read_only=True):
        row = Job.objects.get(id=job)
    assert (row.result["entered"], row.result["refused"]) == (1, 1) and "第 2 行没有登记" in row.log


def test_another_content_of_a_station_that_is_there_is_told_and_changes_nothing(world: World) -> None:
    work(world, enter(world, take(world, FIRST)))
    before = rows(world)
    checked = look(world, take(world, FIRST.replace("湖埠街 8 号", "湖埠街 10 号").replace("87654321", "87654322")))
    (found,) = checked.findings
    assert "地址、电话" in found.sentence and checked.ready == ()
    assert rows(world) == before


def test_the_same_station_in_two_rows_is_ready_in_none(world: World) -> None:
    checked = look(world, take(world, FIRST, SECOND, FIRST))
    assert [(one.row, one.code, "第 4 行" in one.sentence or "第 2 行" in one.sentence) for one in checked.findings] == [
        (2, "twice", True), (4, "twice", True),
    ]  # fmt: skip
    assert [one.row for one in checked.ready] == [3]


def test_a_street_enters_stations_of_its_own_places_alone(world: World) -> None:
    checked = look(world, take(world, FIRST, SECOND, who="street"), "street")
    assert [one.row for one in checked.ready] == [2]
    assert [(one.row, one.column) for one in checked.findings] == [(3, "设在哪里")]


def test_a_sheet_is_read_by_who_put_it_there_and_by_nobody_else(world: World) -> None:
    sheet = take(world, FIRST)
    with pytest.raises(Missing):
        look(world, sheet, "street")
    with pytest.raises(Forbidden):
        look(world, sheet, "liaison")
    with inside(world.scope("street"), read_only=True):
        assert list_sheets(scope=world.scope("street")) == []
    with inside(world.scope("county"), read_only=True):
        assert [one.id for one in list_sheets(scope=world.scope("county"))] == [sheet]


def test_columns_are_said_once_and_known_the_next_time(world: World) -> None:
    head = "门牌上的字,设在哪里,地址,开放时间,电话,开放日期"
    sheet = take(world, FIRST, head=head)
    missing = look(world, sheet)
    assert missing.head is not None and missing.head.missing == ("名称",) and "门牌上的字" in missing.heads
    told = look(world, sheet, name="门牌上的字")
    assert (told.told, len(told.ready)) == ({"name": "门牌上的字"}, 1)
    work(world, enter(world, sheet, name="门牌上的字"))
    again = look(world, take(world, SECOND, head=head))
    assert (again.told, [one.station.name for one in again.ready]) == ({"name": "门牌上的字"}, ["宝石社区法律工作室"])


def test_the_rows_to_mend_go_home_with_their_numbers_and_come_back_mended(world: World) -> None:
    scope = world.scope("county")
    sheet = take(world, FIRST, "宝石社区法律工作室,宝石社区,宝石路 1 号,上午都在,,2026-01-05")
    with inside(scope, read_only=True):
        name, data = rows_to_mend(scope=scope, sheet_id=sheet, now=NOW)
    assert name == "要修改的行-站点.xlsx"
    book = load_workbook(io.BytesIO(data))
    (head, row) = book.active.iter_rows(values_only=True)
    assert (head[-2:], row[0], row[-1]) == (("问题", "原行号"), "宝石社区法律工作室", 3)
    assert "看不懂“上午都在”" in row[-2]
    book.active["D2"] = "周一至周五 9:00-12:00"
    out = io.BytesIO()
    book.save(out)
    with inside(scope, read_only=False):
        mended = take_sheet(scope=scope, upload=ContentFile(out.getvalue(), "改好.xlsx"), now=NOW)
    assert [one.station.name for one in look(world, mended).ready] == ["宝石社区法律工作室"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [((), "表里没有一个站点"), (("示例：某某工作站,某某街道,某某路,周一 9:00-12:00,,2026-01-05",), "表里没有一个站点"),
     ((FIRST,) * 2_001, "超过 2000 行")],
)  # fmt: skip
def test_a_sheet_without_stations_or_with_too_many_says_so(lines: tuple[str, ...], words: str, world: World) -> None:
    assert words in look(world, take(world, *lines)).refusal


@pytest.mark.parametrize(
    ("name", "data"), [("站点.csv", b""), ("站点.csv", b"\x00\x01"), ("照片.png", b"\x89PNG\r\n\x1a\n")]
)
def test_what_is_no_sheet_is_not_taken(name: str, data: bytes, world: World) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False), pytest.raises(Invalid):
        take_sheet(scope=scope, upload=ContentFile(data, name=name), now=NOW)
    with inside(scope, read_only=True):
        assert StoredFile.objects.count() == 0
    assert written(world) == (0, 0)


def test_numbers_of_people_are_said_before_anything_is_entered(world: World) -> None:
    checked = look(world, take(world, FIRST.replace("湖埠街 8 号", "找 13812341234")))
    (found,) = checked.findings
    assert (found.column, "13812341234" in found.found) == ("地址", False) and "手机号" in found.sentence


def test_hours_and_places_are_what_the_register_says_afterwards(world: World) -> None:
    work(world, enter(world, take(world, FIRST)))
    (row,) = rows(world).values()
    said: Mapping[str, Any] = dict(zip(("node_id", "tier", "name", "address", "phone", "opening"), row, strict=False))
    assert said["node_id"] == world.node(VILLAGE) and said["tier"] == "studio"
    assert said["opening"] == [[1, "09:00", "11:30"], [3, "14:00", "17:00"]]
