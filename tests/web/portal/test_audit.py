"""The auditor's page: filters that live in the address, pages by key, words instead of codes, the file to take home."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from falin.kernel import audit, jobs
from falin.kernel.clock import SHANGHAI, legal_day, now
from falin.kernel.files import open_file
from falin.kernel.models import AuditEntry, Delivery, Job
from falin.kernel.transactions import inside, shared
from falin.portal import acts, booked
from falin.runtime import verify
from tenants.settings.api import make_statement
from tests.app.audit.logs import deliver, settled
from tests.world import NOW, World

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def log(world: World) -> World:
    """In one county: a team that registers and appoints at two places, on two days."""
    team, street = world.scope("county"), world.scope("street")
    lines: list[Any] = [
        (team, "advisers.firm.registered", "firm", "330106", 0, {"name": "浙江鹤鸣律师事务所"}),
        (team, "advisers.adviser.appointed", "adviser", "330106002001", 1, {"begins_on": "2026-01-01", "ends_on": ""}),
        (team, "advisers.adviser.appointed", "adviser", "330106109200", 2, {"begins_on": "2026-01-01", "ends_on": ""}),
        (street, "duty.reminder.sent", "reminder", "330106109200", 3, {"month": "2026-11", "minutes_missing": 300}),
    ]
    with inside(team, read_only=False):
        for scope, act, kind, code, days, after in lines:
            audit.record(scope=scope, act=act, subject=(kind, f"{kind}-{days}"), node_id=world.node(code), after=after,
                         why=f"第{days}天", now=NOW + timedelta(days=days))  # fmt: skip
    return world


def shown(client: Any, **query: Any) -> list[str]:
    """The reasons of the acts on the page: which lines are there."""
    answer = client.get("/audit/", query)
    assert answer.status_code == 200
    return re.findall(r"第(\d)天", answer.content.decode())


def test_every_filter_cuts_the_log_down(log: World, sign_in: Any) -> None:
    auditor = sign_in("auditor3")
    assert shown(auditor) == ["3", "2", "1", "0"]
    assert shown(auditor, since="2026-11-17", until="2026-11-18") == ["2", "1"]
    assert shown(auditor, person="叶明远") == ["2", "1", "0"]
    assert shown(auditor, person="street") == ["3"]
    assert shown(auditor, person="nobody") == []
    assert shown(auditor, act="duty.reminder.sent") == ["3"]
    assert shown(auditor, place=log.node("330106109")) == ["3", "2"]
    assert shown(auditor, kind="firm") == ["0"]
    assert shown(auditor, subject="adviser-2") == ["2"]
    assert shown(auditor, person="叶明远", act="advisers.adviser.appointed", until="2026-11-17") == ["1"]


def test_a_day_begins_and_ends_in_shanghai(log: World, sign_in: Any) -> None:
    scope = log.scope("county")
    late = NOW.astimezone(SHANGHAI).replace(hour=23, minute=59)
    with inside(scope, read_only=False):
        audit.record(scope=scope, act="duty.month.closed", subject=("month", "m"), node_id=None, why="第9天", now=late)
    assert shown(sign_in("auditor3"), until="2026-11-16") == ["9", "0"]


def test_a_wrong_day_is_said_at_its_field_and_the_rest_still_counts(log: World, sign_in: Any) -> None:
    answer = sign_in("auditor3").get("/audit/", {"since": "昨天", "act": "duty.reminder.sent"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "看不懂这个日期" in text
    assert re.findall(r"第(\d)天", text) == ["3"]
    answer = sign_in("auditor3").get("/audit/", {"since": "2026-11-18", "until": "2026-11-17"})
    assert "结束的日子不能早于开始的日子" in answer.content.decode()


def test_pages_turn_both_ways_by_key_and_miss_nothing(log: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booked, "PAGE", 3)
    scope = log.scope("auditor3")
    with inside(log.scope("county"), read_only=False):
        for number in range(6):
            audit.record(
                scope=log.scope("county"), act="duty.visit.logged", subject=("visit", number), node_id=None, now=NOW
            )
    with inside(scope, read_only=True):
        everything = list(AuditEntry.objects.order_by("-id").values_list("id", flat=True))
        pages = [booked.log(scope=scope, asked=booked.Asked())]
        while pages[-1].older:
            pages.append(booked.log(scope=scope, asked=booked.Asked(), before=pages[-1].older))
        back = [pages[-1]]
        while back[-1].newer:
            back.append(booked.log(scope=scope, asked=booked.Asked(), after=back[-1].newer))
    assert [act.id for page in pages for act in page.acts] == everything
    assert [page.acts for page in back[::-1]] == [page.acts for page in pages]
    assert (back[-1].newer, len(pages)) == (None, 4)


def test_the_filters_stay_while_pages_are_turned(log: World, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booked, "PAGE", 1)
    auditor = sign_in("auditor3")
    text = auditor.get("/audit/", {"act": "advisers.adviser.appointed", "person": "叶明远"}).content.decode()
    (onward,) = re.findall(r'rel="next" href="([^"]+)"', text)
    text = auditor.get("/audit/" + onward.replace("&amp;", "&")).content.decode()
    assert re.findall(r"第(\d)天", text) == ["1"]
    assert 'rel="prev"' in text


def test_what_lies_outside_the_places_is_left_out_by_the_query(log: World) -> None:
    narrow = replace(log.scope("auditor3"), whole=False, nodes=frozenset({log.node("330106002001")}))
    with inside(narrow, read_only=True):
        assert [act.why for act in booked.log(scope=narrow, asked=booked.Asked()).acts] == ["第1天"]


def test_codes_are_shown_in_words_of_the_readers_language(log: World, sign_in: Any) -> None:
    auditor = sign_in("auditor3")
    text = auditor.get("/audit/").content.decode()
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    for words in ("聘任顾问", "县（区）工作专班", "开始日期：2026年1月1日", "还差（分钟）：300", "月份：2026年11月"):
        assert words in table
    assert not re.search(r"[a-z]+\.[a-z]+\.[a-z]+|begins_on|minutes_missing", table)


def test_a_reader_of_english_gets_english_words(log: World, sign_in: Any) -> None:
    query = {"act": "advisers.adviser.appointed"}
    found = sign_in("auditor3").get("/api/v1/audit/", query, headers={"accept-language": "en"}).json()
    act = found["acts"][0]
    assert (act["words"], act["role"]) == ("Appoint adviser", "County team")
    assert {"name": "Begins on", "was": "", "became": "1 January 2026"} in act["changes"]


def test_the_operators_page_of_events_speaks_the_same_words(world: World, sign_in: Any) -> None:
    aside = {"id": 7, "event": "duty.visit.logged", "key": "visit:1", "attempts": 8, "error": "ValueError"}
    with shared(read_only=False):
        Delivery.objects.create(schema=world.schema("330106"), set_aside=[aside], measured_at=NOW)
    text = sign_in("operator").get("/events/").content.decode()
    assert "记录到访 · ValueError" in text
    assert "duty.visit.logged" not in text


def test_an_event_of_a_schema_that_cannot_be_one_is_not_there(world: World, sign_in: Any) -> None:
    for event in ("\0:7", "t1\0", "drop table:7", ":", "t1:9" + "9" * 40):
        assert sign_in("operator").post("/events/", {"event": event}).status_code == 404


def _strings(pattern: str) -> set[str]:
    found = set()
    for folder in ("platform/falin", "tenants", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" in path.parts or path.name == "acts.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(pattern, node.value):
                    found.add(node.value)
    return found


def test_every_act_and_event_in_the_code_has_words() -> None:
    rooms = "|".join(acts.GROUPS)
    assert _strings(rf"({rooms})\.[a-z_]+\.[a-z_]+") - set(acts.WORDS) == set()
    assert {act.split(".")[0] for act in acts.WORDS} == set(acts.GROUPS)


def test_every_kind_of_thing_and_every_fact_in_the_code_has_words() -> None:
    booked_acts, kinds, facts = set(), set(), set()
    for folder in ("platform/falin", "tenants", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            words = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.keyword)]
            for word in words:
                if word.arg == "act" and isinstance(word.value, ast.Constant):
                    booked_acts.add(str(word.value.value))
                if word.arg == "subject" and isinstance(word.value, ast.Tuple):
                    kinds |= {one.value for one in word.value.elts[:1] if isinstance(one, ast.Constant)}
                if word.arg in {"before", "after"} and isinstance(word.value, ast.Dict):
                    facts |= {one.value for one in word.value.keys if isinstance(one, ast.Constant)}
    assert {act for act in booked_acts if "." in act} - set(acts.WORDS) == set()
    assert len(kinds) > 8
    assert len(facts) > 8
    assert kinds - set(acts.KINDS) == set()
    assert facts - set(acts.FACTS) == set()


def test_the_state_of_sealing_is_said(log: World, sign_in: Any) -> None:
    auditor = sign_in("auditor3")
    assert "还没有封存过" in auditor.get("/audit/").content.decode()
    settled(log.scope("county"))
    text = auditor.get("/audit/").content.decode()
    assert "封存到 2026年11月16日 10:01，共 1 批" in text
    assert "抄送上级到第 0 批" in text
    deliver(log.scope("county"))
    with inside(log.scope("county"), read_only=False):
        audit.record(scope=log.scope("county"), act="duty.visit.logged", subject=("visit", 1), node_id=None, now=NOW)
    text = auditor.get("/audit/").content.decode()
    assert "已抄送上级" in text
    assert "还有 1 条没有封存" in text
    state = auditor.get("/api/v1/audit/sealing/").json()
    assert (state["number"], state["waiting"], state["anchored"]) == (1, 1, 1)


def test_only_auditors_read_the_log(log: World, sign_in: Any) -> None:
    for username in ("county", "leader", "street", "operator"):
        assert sign_in(username).get("/audit/").status_code == 403
        assert sign_in(username).post("/audit/export/").status_code == 403


def test_an_auditor_takes_the_whole_log_home_and_that_is_booked(
    log: World, sign_in: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(jobs, "_sender", [lambda *job: sent.append(job)])
    scope = log.scope("auditor3")
    settled(log.scope("county"))
    deliver(log.scope("county"))
    auditor = sign_in("auditor3")
    answer = auditor.post("/audit/export/", {"_hat": scope.hat, "_once": "one"})
    again = auditor.post("/audit/export/", {"_hat": scope.hat, "_once": "one"})
    assert answer.headers["Location"] == again.headers["Location"]
    with inside(scope, read_only=True):
        job = Job.objects.get()
        assert AuditEntry.objects.get(act="audit.log.exported").person_id == scope.person_id
    from tenants.identity.api import system_of
    from tenants.registry.api import find_by_schema

    assert jobs.work(system=system_of(find_by_schema(scope.schema)), job_id=job.id) == "done"
    page = auditor.get(answer.headers["Location"]).content.decode()
    (address,) = re.findall(r'href="(/files/[^"]+)"', page)
    got = auditor.get(address)
    assert got.headers["Content-Disposition"].startswith(f'attachment; filename="audit-{scope.schema}-')
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(got.streaming_content))
    public = tmp_path / "keys"
    public.write_bytes(auditor.get("/audit/keys/").content)
    verdict = verify.verify(file, anchors=settings.ANCHOR_FILE, key=public)
    assert (verdict.findings, verdict.rows, verdict.unsealed) == ([], 4, 1)
    other = log.scope("county")
    with inside(other, read_only=True), pytest.raises(Exception, match=r"files\.missing"):
        open_file(scope=other, file_id=address.split("/")[2])  # type: ignore[arg-type]


def test_the_api_has_the_filters_of_the_page(log: World, sign_in: Any) -> None:
    auditor = sign_in("auditor3")
    found = auditor.get("/api/v1/audit/", {"person": "叶明远", "act": "advisers.adviser.appointed"}).json()
    assert [act["why"] for act in found["acts"]] == ["第2天", "第1天"]
    assert found["acts"][0]["changes"][0] == {"name": "开始日期", "was": "", "became": "2026年1月1日"}
    wrong = auditor.get("/api/v1/audit/", {"since": "x"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "since")


def test_the_history_of_a_thing_speaks_the_same_words(log: World, sign_in: Any) -> None:
    text = sign_in("county").get("/history/adviser/adviser-1/").content.decode()
    assert "聘任顾问" in text
    assert "开始日期：2026年1月1日" in text


def test_the_province_reads_what_is_booked_beside_every_tenant_and_a_county_does_not(log: World, sign_in: Any) -> None:
    with shared(read_only=False) as system:
        audit.record(scope=system, act="portal.county.asked", subject=("division", 1), node_id=log.node("330106"),
                     why="第7天", now=NOW)  # fmt: skip
    leader = sign_in("auditor")
    page = leader.get("/audit/shared/")
    assert re.findall(r"第(\d)天", page.content.decode()) == ["7"]
    assert "下载全部记录" not in page.content.decode()
    assert "/audit/shared/" in leader.get("/audit/").content.decode()
    assert [one["why"] for one in leader.get("/api/v1/audit/shared/?act=portal.county.asked").json()["acts"]] == [
        "第7天"
    ]
    assert "第7天" not in leader.get("/audit/").content.decode()
    county = sign_in("auditor3")
    assert (county.get("/audit/shared/").status_code, county.get("/api/v1/audit/shared/").status_code) == (404, 404)
    assert "/audit/shared/" not in county.get("/audit/").content.decode()
    assert sign_in("county").get("/audit/shared/").status_code == 403


def test_each_word_about_a_setting_leads_to_who_said_it_and_only_that_of_ones_own_places(
    world: World, sign_in: Any
) -> None:
    said, before = {}, now() - timedelta(days=3)
    for who, code, value in (("city", "3301", 9), ("county", "330106", 10)):
        scope = world.scope(who)
        with inside(scope, read_only=False):
            said[who] = make_statement(scope=scope, key="duty.hours_a_month", node_id=world.node(code), value=value,
                                       locked=False, valid_from=legal_day(before) + timedelta(days=1), why="杭司〔2026〕8 号",
                                       now=before)  # fmt: skip
    county = sign_in("county")
    page = county.get("/settings/duty.hours_a_month/", {"place": world.node("330106")}).content.decode()
    assert re.findall(r"/history/setting/(\d+)/", page) == [str(said["county"].id)]
    assert "设定指标" in county.get(f"/history/setting/{said['county'].id}/").content.decode()
