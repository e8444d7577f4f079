"""
Every refusal a page can bring about, in a browser: the sentence stands at its field and in the summary that leads there,
what was entered is still there, nothing has changed in the whole database, and the page is as accessible as before.

Each is brought about once and looked at on a desk and on a phone. ``tests/arch/test_refusals_are_shown.py`` holds this file
to the source: a refusal that is neither here nor among those of ``ELSEWHERE`` there fails.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from playwright.sync_api import Browser, Locator, Page, expect
from psycopg import sql

from falin.kernel import jobs
from falin.kernel.clock import legal_day, now
from falin.kernel.periods import Month
from falin.kernel.transactions import inside
from services.advisers.commands import end_appointment
from services.advisers.commands.importing import confirm_import
from services.duty.commands import close_month, log_visit, remind
from services.duty.types import VisitKind
from tenants.identity.sessions import SessionStore
from tests.app.duty.cast import GEM, SINCE, VILLAGE, at
from tests.conftest import ADMIN, small_world, with_name
from tests.e2e.conftest import SCREENS, Site, a_screen, looks_right, open_site, press, says, through_the_door
from tests.e2e.ground import FIRM, HAMLET, YUANPU, Ground, stage
from tests.fixtures.adviser_sheets import identity, parts_of, person, phone, write, zipped
from tests.world import World

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def ground(template: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One world for the file, since a refusal changes nothing."""
    folder = tmp_path_factory.mktemp("refusals")
    with small_world(template, django_db_blocker, folder):
        before = list(jobs._sender)
        made = stage(World(now=now(), today=legal_day(now())), folder)
        jobs.send_with(lambda *_job: None)  # what is confirmed in another tab stays on its way
        yield made
        jobs._sender[:] = before


@pytest.fixture(scope="module")
def site(ground: Ground, assets: Path) -> Iterator[Site]:
    with open_site(assets) as running:
        yield running


@pytest.fixture(scope="module")
def sessions() -> dict[str, Any]:
    """Username → what his browser keeps once he has signed in; each case begins with a memory of its own."""
    return {}


# ---- the cases ------------------------------------------------------------------------------------------------------
Meanwhile = Callable[[Ground, Page], object]
ABOVE, NOTE = "", "note"  # above the form; told on the page one is led back to


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Who opens which page, what he enters and presses; at which field which sentence answers him."""

    code: str
    by: str
    page: Callable[[Ground], str]
    enter: Callable[[Ground], Mapping[str, Any]] = lambda g: {}
    press: str
    at: str
    says: str
    meanwhile: Meanwhile | None = None  # what happens elsewhere after the page was opened
    scripts: bool = True


def _visit(**other: Callable[[Ground], Any] | str) -> Callable[[Ground], Mapping[str, Any]]:
    def entered(g: Ground) -> Mapping[str, Any]:
        plain = {"node_id": g.node(VILLAGE), "on_day": g.yesterday, "begins_at": "11:00", "ends_at": "12:00",
                 "note": "帮三户看了协议"}  # fmt: skip
        return plain | {name: value(g) if callable(value) else value for name, value in other.items()}

    return entered


def _log(code: str, field_name: str, sentence: str, **entered: Any) -> Case:
    return Case(code=code, by="logger", page=lambda g: "/duty/log/", enter=_visit(**entered), press="记下", at=field_name,
                says=sentence)  # fmt: skip


def _appoint(code: str, who: str, field_name: str, sentence: str, where: str = VILLAGE, **entered: Any) -> Case:
    return Case(
        code=code, by="county", page=lambda g: f"/advisers/appoint/{g.node(where)}/{g.adviser(who)}/",
        enter=lambda g: {name: value(g) for name, value in ({"begins_on": lambda g: g.today} | entered).items()},
        press="聘任", at=field_name, says=sentence,
    )  # fmt: skip


def _sheet(code: str, data: Callable[[], bytes], sentence: str) -> Case:
    return Case(code=code, by="county", page=lambda g: "/advisers/import/", enter=lambda g: {"file": data()},
                press="上传并检查", at="file", says=sentence)  # fmt: skip


def _workbook(**changed: bytes) -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        parts = parts_of(write(Path(folder) / "a.xlsx", [person(1)]).read_bytes())
    return zipped(parts | {name.replace("__", "/").replace("_", "."): data for name, data in changed.items()})


def _new(**other: str) -> Callable[[Ground], Mapping[str, Any]]:
    plain = {
        "name": "郑知行",
        "id_number": identity(40),
        "phone": phone(40),
        "firm_id": FIRM,
        "licence": "13301201510000001",
    }
    return lambda g: plain | other


def _tomorrow(g: Ground) -> date:
    return g.today + timedelta(days=1)


def _end(code: str, field_name: str, sentence: str, **entered: Any) -> Case:
    return Case(
        code=code, by="county", page=lambda g: f"/advisers/appointments/{g.appointment('steady', HAMLET)}/end/",
        enter=lambda g: {"on_day": g.today, "why": "工作调动"}
        | {name: value(g) if callable(value) else value for name, value in entered.items()},
        press="结束聘任", at=field_name, says=sentence,
    )  # fmt: skip


def _remind(code: str, who: str, sentence: str, meanwhile: Meanwhile) -> Case:
    return Case(code=code, by="street", page=lambda g: "/duty/behind/", press=f"{who}，袁浦社区", at=NOTE, says=sentence,
                meanwhile=meanwhile)  # fmt: skip


CASES = (
    # appointing, at the name or the day that is wrong (R2.2, R2.6)
    _appoint("advisers.full", "full", "adviser_id", "宋书遥已服务 3 个社区（本县 2 个，外县 1 个），一名顾问最多服务 3 个"),
    _appoint("advisers.not_examined", "unexamined", "adviser_id", "卢思齐还没有通过统一考试，上岗前须先通过"),
    _appoint("advisers.examined_later", "late", "begins_on", "聘任不能早于这一天", begins_on=lambda g: g.first(1)),
    _appoint("advisers.banned", "banned", "adviser_id", "（含当日）不得聘任：收受礼品。"),
    _appoint("advisers.held_already", "steady", "begins_on", "梁望舒在这个社区已有聘任", where=HAMLET),
    _appoint("advisers.ends_before", "free", "ends_on", "结束日期早于开始日期", ends_on=lambda g: g.yesterday),
    # ending and replacing
    _end("advisers.ends_before", "on_day", "这项聘任从2026年1月1日开始，结束日期不能更早。",
         on_day=lambda g: SINCE - timedelta(days=1)),
    _end("advisers.personal_data", "why", "这里不要写身份证号或手机号", why="打 13812345678 说的"),
    Case(
        code="advisers.ends_already", by="county", page=lambda g: f"/advisers/appointments/{g.appointment('left')}/end/",
        enter=lambda g: {"on_day": g.today, "why": "期满"}, press="结束聘任", at="on_day", says="已经结束，不能再往后改",
        meanwhile=lambda g, page: _leave(g, "left"),
    ),
    Case(
        code="advisers.examined_later", by="county",
        page=lambda g: f"/advisers/appointments/{g.appointment('steady', HAMLET)}/replace/",
        enter=lambda g: {"new_adviser_id": g.adviser("late"), "on_day": g.first(1), "why": "本人申请"}, press="更换",
        at="on_day", says="聘任不能早于这一天",
    ),
    Case(
        code="advisers.not_vacant", by="county", page=lambda g: f"/advisers/vacancies/{g.node(HAMLET)}/",
        enter=lambda g: {"reason": "remote", "note": "等结对"}, press="保存", at="reason",
        says="这个社区有顾问（梁望舒），不是空缺",
    ),
    # the register
    Case(code="advisers.firm_unknown", by="county", page=lambda g: "/advisers/new/", enter=_new(firm_id="浙江青山律所"),
         press="登记", at="firm_id", says="登记册上没有“浙江青山律所”"),
    Case(code="advisers.identity_registered", by="county", page=lambda g: "/advisers/new/", press="登记",
         enter=_new(id_number=identity(12)), at="id_number", says="这个身份证号已经登记过一位顾问"),
    Case(code="advisers.phone_registered", by="county", page=lambda g: "/advisers/new/", press="登记",
         enter=_new(phone=phone(12)), at="phone", says="这个手机号已经登记给另一位顾问"),
    Case(code="advisers.firm_registered", by="county", page=lambda g: "/advisers/firms/new/", press="登记",
         enter=lambda g: {"name": FIRM}, at="name", says="本省登记册上已经有同名的律所"),
    Case(code="advisers.in_the_future", by="county", page=lambda g: f"/advisers/{g.adviser('unexamined')}/examination/",
         enter=lambda g: {"passed_on": _tomorrow(g)}, press="登记", at="passed_on", says="日期不能晚于今天。"),
    Case(code="advisers.ban_is_over", by="county", page=lambda g: f"/advisers/{g.adviser('free')}/ban/", press="禁止聘任",
         enter=lambda g: {"until": g.today, "reason": "收受礼品"}, at="until", says="截止日期要晚于今天。"),
    Case(code="advisers.no_name", by="county", page=lambda g: f"/advisers/{g.adviser('free')}/identity/", press="更正",
         enter=lambda g: {"name": "何", "why": "核对身份证"}, at="name", says="姓名要 2 到 40 个字。"),
    Case(code="advisers.nothing_to_correct", by="county", page=lambda g: f"/advisers/{g.adviser('free')}/identity/",
         enter=lambda g: {"why": "核对身份证"}, press="更正", at="name", says="和现在的一样，没有要改的。"),
    Case(code="advisers.has_account", by="county", page=lambda g: f"/advisers/{g.adviser('steady')}/account/",
         press="开通", at=ABOVE, says="这位顾问已经有账号。"),
    # sheets that are refused at once; what stands in their rows is in test_bad_sheets.py
    _sheet("advisers.sheet_not_xlsx", lambda: "姓名,手机号\n".encode(), "这个文件不是 XLSX 表格"),
    _sheet("advisers.sheet_old_excel", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "这是旧版 .xls 表格"),
    _sheet("advisers.sheet_too_large_unpacked", lambda: _workbook(xl__media__image1_bin=bytes(60 << 20)), "大得不正常"),
    _sheet("advisers.sheet_broken", lambda: _workbook(xl__sharedStrings_xml=b"<?xml version='1.0'?><!DOCTYPE sst><sst/>"),
           "这个文件已经损坏"),
    Case(code="advisers.nothing_to_load", by="county", page=lambda g: f"/advisers/import/{g.sheet}/", press="确认导入 1 行",
         at=NOTE, says="这次导入没有等着确认的行",
         meanwhile=lambda g, page: g.act("county", confirm_import, import_id=uuid.UUID(g.sheet))),
    # visits
    _log("duty.topic_missing", "topic", "讲座要写题目。", kind="lecture", attendees="30"),
    _log("duty.attendees_missing", "attendees", "讲座要写到场人数，至少 1 人。", kind="lecture", topic="反诈"),
    _log("duty.ends_before_it_begins", "ends_at", "结束时间要晚于开始时间", ends_at="10:30"),
    _log("duty.in_the_future", "begins_at", "开始时间还没有到", on_day=_tomorrow),
    _log("duty.too_short", "ends_at", "不到 5 分钟的不算一次到访", ends_at="11:04"),
    _log("duty.too_long", "ends_at", "一次到访最长 12 小时", ends_at="23:30"),
    _log("duty.numbers", "note", "请不要写身份证号、手机号", note="张大妈问遗产，138 1234 5678"),
    _log("duty.overlap", "begins_at", "同一时间只能在一处", begins_at="09:30"),
    _log("duty.not_appointed", "node_id", "那一天您不是这个社区的顾问", on_day=lambda g: g.first(4)),
    _log("duty.month_closed", "on_day", "及以前的账已经结了", on_day=lambda g: g.first(5)),
    Case(
        code="duty.sent_before", by="logger", page=lambda g: "/duty/log/", enter=_visit(node_id=lambda g: g.node(GEM)),
        press="记下", at=ABOVE, says="这条记录已经交过，内容不一样", scripts=False,
        meanwhile=lambda g, page: _send_as_it_stands(g, page),
    ),
    Case(code="duty.nothing_changed", by="logger", page=lambda g: f"/duty/visits/{g.visits['held']}/correct/",
         enter=lambda g: {"why": "看错了"}, press="更正", at=ABOVE, says="内容没有变，不用更正。"),
    Case(code="duty.why_missing", by="logger", page=lambda g: f"/duty/visits/{g.visits['held']}/correct/",
         enter=lambda g: {"ends_at": "09:40", "why": "错"}, press="更正", at="why", says="请写明原因。"),
    Case(code="duty.month_closed", by="logger", page=lambda g: f"/duty/visits/{g.visits['held']}/correct/",
         enter=lambda g: {"on_day": g.first(5), "why": "记错了一天"}, press="更正", at="on_day", says="及以前的账已经结了"),
    Case(code="duty.personal_data_in_reason", by="logger", page=lambda g: f"/duty/visits/{g.visits['held']}/void/",
         enter=lambda g: {"why": "是 13812345678 的事"}, press="作废", at="why", says="原因里不要写身份证号、手机号。"),
    Case(code="duty.voided_already", by="logger", page=lambda g: f"/duty/visits/{g.visits['voided']}/void/",
         enter=lambda g: {"why": "再作废一次"}, press="作废", at=ABOVE, says="这条记录已经作废了。"),
    # one tap, and it is too late for it
    _remind("duty.reminded_today", "顾云舒", "今天已经提醒过这位顾问了", lambda g, page: g.act(
        "county", remind, node_id=g.node(YUANPU), adviser_id=g.adviser("reminded"), month=Month.of(g.today))),
    _remind("duty.nothing_missing", "顾若谷", "这个月的时长已经够了", lambda g, page: _spend_the_hours(g)),
    _remind("duty.no_such_pair", "顾听澜", "这个月不在这个社区任职", lambda g, page: _leave(g, "gone")),
    Case(
        code="duty.month_closed", by="county2", page=lambda g: f"/duty/behind/?month={Month.of(g.first(1))}",
        press="许清和，定安路社区", at=NOTE, says="这个月的账已经结了，提醒也补不上了",
        meanwhile=lambda g, page: g.act("county2", close_month, month=Month.of(g.first(1))),
    ),
    # the book of months
    Case(code="duty.month_not_over", by="county", page=lambda g: f"/duty/months/?close={Month.of(g.today)}", press="结账",
         at=ABOVE, says="这个月还没有过完"),
    Case(code="duty.month_closed", by="county", page=lambda g: f"/duty/months/?close={Month.of(g.first(5))}", press="结账",
         at=ABOVE, says="的账已经结过了。"),
    Case(code="duty.earlier_month_open", by="county", page=lambda g: f"/duty/months/?close={Month.of(g.first(3))}",
         press="结账", at=ABOVE, says="请先结"),
)  # fmt: skip


# ---- what happens elsewhere meanwhile -------------------------------------------------------------------------------
def _leave(g: Ground, who: str) -> None:
    """He left 袁浦社区 before this month began."""
    g.act("county", end_appointment, appointment_id=g.appointment(who), on_day=g.first(2), why="工作调动")


def _spend_the_hours(g: Ground) -> None:
    day = g.first(0)
    scope = g.cast["enough"].scope(g.world)
    with inside(scope, read_only=False):
        log_visit(scope=scope, visit_id=uuid.uuid4(), node_id=g.node(YUANPU), kind=VisitKind.VISIT, written_at=now(),
                  begins_at=at(day, 8), ends_at=at(day, 19), now=at(day + timedelta(days=1), 0))  # fmt: skip


def _send_as_it_stands(g: Ground, page: Page) -> None:
    """The same form was sent before, went back to and changed: no script gives it a new number."""
    number = uuid.UUID(page.locator("[name=visit_id]").input_value())
    g.act("logger", log_visit, visit_id=number, node_id=g.node(VILLAGE), kind=VisitKind.VISIT, written_at=now(),
          begins_at=at(g.yesterday, 17), ends_at=at(g.yesterday, 18))  # fmt: skip


# ---- steps ----------------------------------------------------------------------------------------------------------
def everything() -> dict[str, str]:
    """Every table of every schema as a digest, but for sessions and the keys against double sending."""
    with psycopg.connect(with_name(ADMIN, connection.settings_dict["NAME"])) as own:
        tables = own.execute(
            "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
            " and tablename !~ 'session|idempotency' order by 1, 2"
        ).fetchall()
        read = sql.SQL(" union all ").join(
            sql.SQL(
                "select {name}, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} t"
            ).format(name=sql.Literal(f"{schema}.{table}"), table=sql.Identifier(schema, table))
            for schema, table in tables
        )
        return dict(own.execute(read).fetchall())


def enter(page: Page, name: str, value: Any) -> None:
    control = page.locator(f'[name="{name}"]').first
    if isinstance(value, bytes):
        control.set_input_files({"name": "名册.xlsx", "mimeType": "application/octet-stream", "buffer": value})
    elif control.get_attribute("type") == "radio":
        page.check(f'[name="{name}"][value="{value}"]', force=True)
    elif control.evaluate("one => one.tagName") == "SELECT":
        control.select_option(str(value))
    else:
        control.fill(str(value))


GROUPED = {"id_number", "phone"}  # come back in groups, as people read them


def entered(page: Page, name: str) -> str:
    control = page.locator(f'[name="{name}"]').first
    if control.get_attribute("type") == "radio":
        return page.locator(f'[name="{name}"]:checked').get_attribute("value") or ""
    value = control.input_value()
    return value.replace(" ", "") if name in GROUPED else value


def stands_at(page: Page, control: Locator, sentence: str) -> None:
    """The field is tied to the sentence, and the reader is led there: by the summary, or by the focus."""
    tied = control.evaluate(
        "one => ((one.type === 'radio' ? one.closest('fieldset') : one).getAttribute('aria-describedby') || '')"
    )
    assert any(sentence in page.locator(f"[id='{one}']").inner_text() for one in tied.split()), (tied, sentence)
    if control.get_attribute("type") != "radio":
        assert control.get_attribute("aria-invalid") == "true"
    summary = page.locator(".f-errsum")
    if summary.count():
        expect(summary.locator(f"a[href='#{control.get_attribute('id')}']")).to_contain_text(sentence)
    else:
        assert page.evaluate("document.activeElement.name") == control.get_attribute("name")


def opened(page: Page, address: str) -> None:
    page.goto(address)
    if page.locator("[data-duty]").count() and page.evaluate("'serviceWorker' in navigator"):
        page.wait_for_selector("[data-duty][data-ready]")


def prove_anew(kept: Any) -> None:
    """As if the person had given his password a moment ago: cases take longer together than a proof lasts."""
    key = next(cookie["value"] for cookie in kept["cookies"] if cookie["name"] == "sessionid")
    session = SessionStore(key)
    session["proof"] = {**session["proof"], "fresh_at": now().timestamp()}
    session.save()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.at or 'above'}")
def test_a_refusal_stands_where_it_belongs_and_nothing_is_lost(
    case: Case, ground: Ground, site: Site, browser: Browser, sessions: dict[str, Any]
) -> None:
    if case.by not in sessions:
        with a_screen(browser, site, "desk") as screen:
            through_the_door(page := screen.new_page(), case.by)
            sessions[case.by] = page.context.storage_state()
    prove_anew(sessions[case.by])
    more = {"storage_state": sessions[case.by], "java_script_enabled": case.scripts}
    with a_screen(browser, site, "desk", **more) as screen:
        page = screen.new_page()
        if case.scripts:
            opened(page, case.page(ground))
        else:
            page.goto(case.page(ground))
        given = case.enter(ground)
        for name, value in given.items():
            enter(page, name, value)
        if case.meanwhile:
            case.meanwhile(ground, page)
        before = everything()
        press(page, case.press)
        says(page, case.says)
        for size in SCREENS.values():
            page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
            expect(page.locator("main").get_by_text(case.says).first).to_be_visible()
            if case.scripts:  # axe is a script itself
                looks_right(page)
        if case.at not in {ABOVE, NOTE}:
            stands_at(page, page.locator(f'[name="{case.at}"]').first, case.says)
        elif case.at == ABOVE:
            expect(page.locator(".f-errsum")).to_contain_text(case.says)
        for name, value in given.items():
            if not isinstance(value, bytes):  # no browser gives a file back
                assert entered(page, name) == str(value), name
    assert everything() == before
