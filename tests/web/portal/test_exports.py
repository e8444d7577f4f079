"""Lists as files: exactly what is seen, by a job, for him who may still read it, and for some days only."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from openpyxl import load_workbook

from falin.kernel import clock, files, jobs, quotas, retention
from falin.kernel.models import AuditEntry, Job, StoredFile
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.portal import exports
from falin.ui import tables
from services.advisers.api import register_firm
from tenants.identity.api import Role, grant_role, system_of
from tenants.identity.roles import GRANTS, ROLES, Capability
from tenants.registry.api import find_by_schema
from tests.app.duty.cast import GEM, VILLAGE, Adviser, at, engage, log
from tests.app.identity.cast import enter, hold
from tests.app.indicators.books import NOVEMBER, publish
from tests.app.stations.cast import opened
from tests.world import NOW, World

# Each list somebody takes home, its page with something asked of it, and who does.
LISTS = {
    "advisers": ("/advisers/?view=room&q=lu&sort=-name", "county"),
    "vacancies": ("/advisers/vacancies/?sort=-community", "county"),
    "firms": ("/advisers/firms/?q=shi&sort=-name", "county"),
    "behind": ("/duty/behind/?month=2026-11&view=pace&sort=missing", "county"),
    "posts": ("/duty/hours/?sort=-community", "county"),
    "stations": ("/stations/", "county"),
    "visits": ("/duty/visits/?month=2026-11&sort=when", "luzhiwei"),
    "published-visits": ("/figures/visits/?month=2026-11&sort=-time", "luzhiwei"),
    "people": ("/people/?q=he&sort=-username", "county"),
    "audit": ("/audit/?kind=adviser", "auditor3"),
}


@pytest.fixture
def peopled(world: World, monkeypatch: pytest.MonkeyPatch) -> Adviser:
    monkeypatch.setattr(jobs, "_sender", [lambda *_job: None])
    adviser = engage(world)
    engage(world, "郑安", username="zhengan", number=2, places=(("county", VILLAGE),))
    enter("second", "许同观")
    hold(world, "second", Role.COUNTY_TEAM, "330106")
    log(world, adviser.scope(world))
    log(world, adviser.scope(world), node_id=world.node(GEM), begins_at=at(NOW.date(), 8), ends_at=at(NOW.date(), 9),
        written_at=NOW, note="")  # fmt: skip
    opened(world, code=GEM, name="宝石社区工作室")
    publish(world, "330106", NOVEMBER)
    return adviser


def _do(schema: str) -> Job:
    """What a worker does with the job that waits."""
    system = system_of(None if schema == "public" else find_by_schema(schema))
    with inside(system, read_only=True):
        job = Job.objects.get(state="queued")
    jobs.work(system=system, job_id=job.id)
    with inside(system, read_only=True):
        return Job.objects.get(id=job.id)


def _ask(client: Any, name: str, kind: str = "csv", query: str = "", **more: str) -> Any:
    """Asked for, and where the list wants it confirmed by a colleague (``test_second_person``)."""
    table = tables.find(name)
    assert table is not None
    sent = {"format": kind, **({"purpose": "季度核对"} if table.asks_a_second else {}), **more}
    answer = client.post(f"/lists/{name}/export/?{query}", sent)
    assert answer.status_code == 302, answer.content.decode()
    if table.asks_a_second:
        second = World().scope("second")
        with inside(second, read_only=False):
            exports.confirm_export(scope=second, job_id=Job.objects.get(state="held").id, now=clock.now())
    return answer


def _export(client: Any, scope: Scope, name: str, kind: str = "csv", query: str = "") -> list[list[str]]:
    answer = _ask(client, name, kind, query, _hat=scope.hat)
    job = _do(scope.schema)
    assert job.state == "done", job.log
    (address,) = re.findall(r'href="(/files/[^"]+)"', client.get(answer.headers["Location"]).content.decode())
    body = b"".join(client.get(address).streaming_content)
    if kind == "csv":
        assert body.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    return [
        [str(cell or "") for cell in row] for row in load_workbook(io.BytesIO(body)).active.iter_rows(values_only=True)
    ]


def _scope_of(world: World, username: str, adviser: Adviser) -> Scope:
    return adviser.scope(world) if username == adviser.username else world.scope(username)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", text))


def _heads(page: str) -> list[str]:
    """The heads of the page's own list: the last table with a choice of columns below."""
    head = re.findall(r"<thead><tr>(.*?)</tr></thead>", page.split('class="f-tools', maxsplit=1)[0], re.S)[-1]
    return [_plain(one) for one in re.findall(r"<th[^>]*>.*?</th>", head, re.S)]


def _firsts(page: str) -> list[str]:
    body = re.findall(r"<tbody>(.*?)</tbody>", page.split('class="f-tools', maxsplit=1)[0], re.S)[-1]
    cells = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', body, re.S)
    return [_plain(re.sub(r"<small>.*?</small>", "", one, flags=re.S)) for one in cells]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_holds_the_rows_and_columns_the_page_shows_in_its_order(
    world: World, peopled: Adviser, sign_in: Any, name: str, kind: str
) -> None:
    address, username = LISTS[name]
    client, query = sign_in(username), urlsplit(address).query
    page = client.get(address).content.decode()
    sheet = _export(client, _scope_of(world, username, peopled), name, kind, query)
    table = tables.find(name)
    assert table is not None
    assert sheet[0] == [column.head for column in table.columns]
    acts = {"behind": {"", "提醒"}, "vacancies": {"办理"}, "posts": {"办理"}}.get(
        name, set()
    )  # columns of buttons are no part of a file
    assert [head for head in _heads(page) if head not in acts] == [
        str(column.label) for column in table.columns if not column.small
    ]
    shown = _firsts(page)
    assert shown
    if name == "published-visits":
        assert len(sheet) - 1 == len(shown) == 2
    else:
        assert [_plain(row[0]) for row in sheet[1:]] == shown


def test_every_list_is_tried(world: World) -> None:
    assert {table.name for table in tables.every()} == set(LISTS) | {"tenants"}  # the operator reads, and takes nothing


# The cell *export* of each role in the matrix, and the lists that come to it. Figures and the whole log have doors of
# their own (``tests/tenancy/cells.py``).
TAKES: dict[Role, tuple[str, set[str]]] = {
    Role.PROVINCE_LEADER: ("Σ", set()),
    Role.CITY_OFFICER: ("Σ", set()),
    Role.COUNTY_TEAM: ("+2, capped", {"advisers", "vacancies", "firms", "behind", "posts", "stations", "people"}),
    Role.COUNTY_FINANCE: ("books", set()),
    Role.STREET_OFFICER: ("–", set()),
    Role.LIAISON: ("–", set()),
    Role.ADVISER: ("A", {"visits", "published-visits"}),
    Role.FIRM_MANAGER: ("A", {"published-visits"}),
    Role.INSPECTOR: ("+2", set()),
    Role.AUDITOR: ("logs", {"audit"}),
    Role.EVALUATOR: ("Σ", set()),
    Role.DATA_STEWARD: ("own corrections", set()),
    Role.RESIDENT: ("self", set()),
    Role.SYSTEM_ADMINISTRATOR: ("–", set()),
    Role.SECURITY_ADMINISTRATOR: ("–", set()),
    Role.AUDIT_ADMINISTRATOR: ("logs", {"audit"}),
    Role.OPERATOR: ("–", set()),
}


@pytest.mark.parametrize("role", Role, ids=lambda role: f"{role}-export")
def test_a_role_takes_home_the_lists_its_cell_names_and_no_others(world: World, peopled: Adviser, role: Role) -> None:
    words, takes = TAKES[role]
    assert ROLES[role].cells[Capability.EXPORT].words == words
    scope = replace(world.scope("county"), role=role, grants=ROLES[role].grants)
    taken = set()
    for table in tables.every():
        with inside(scope, read_only=False):
            try:
                exports.ask_export(
                    scope=scope, name=table.name, query="", file_format="csv", purpose="季度核对", now=NOW
                )
            except Forbidden as refused:
                reads = "portal.not_to_take" if scope.may(table.grant) else "kernel.not_granted"
                assert refused.code == reads
            else:
                taken.add(table.name)
    assert taken == takes
    with inside(scope, read_only=True):
        assert set(AuditEntry.objects.values_list("subject_id", flat=True)) >= taken
        assert AuditEntry.objects.filter(act="portal.list.asked").count() == Job.objects.count() == len(takes)


def test_who_reads_a_list_and_may_not_take_it_home_is_shown_no_button_and_told_why(
    world: World, peopled: Adviser, sign_in: Any
) -> None:
    for username, address, name in (
        ("street", "/duty/behind/?month=2026-11", "behind"),
        ("liaison", "/advisers/", "advisers"),
        ("auditor3", "/people/", "people"),
        ("operator", "/tenants/", "tenants"),
    ):
        client = sign_in(username)
        page = client.get(address).content.decode()
        assert "选要看的列" in page
        assert f"/lists/{name}/export/" not in page
        refused = client.post(f"/lists/{name}/export/", {"format": "csv"})
        assert (refused.status_code, "不能导出成文件" in refused.content.decode()) == (403, True), username
        with inside(world.scope(username), read_only=True):
            assert not Job.objects.exists()
    assert "/lists/behind/export/" in sign_in("county").get("/duty/behind/?month=2026-11").content.decode()


def test_who_lost_the_right_while_the_job_waited_gets_no_file_and_opens_none_made_before(
    world: World, peopled: Adviser, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, scope = sign_in("luzhiwei"), peopled.scope(world)
    _export(client, scope, "visits")
    with inside(scope, read_only=True):
        made = StoredFile.objects.get(purpose="list duty.own")
    _ask(client, "visits")
    less = {**GRANTS, Role.ADVISER: GRANTS[Role.ADVISER] - {"own.export"}}
    monkeypatch.setattr("tenants.identity.queries.signing_in.GRANTS", less)
    job = _do(scope.schema)
    assert (job.state, "不能导出成文件" in job.log) == ("failed", True)
    assert client.get(f"/files/{made.id}/").status_code == 404
    with inside(scope, read_only=True):
        assert StoredFile.objects.filter(purpose="list duty.own").count() == 1


def test_the_columns_one_chose_stay_in_the_address_and_are_those_of_the_file(
    world: World, peopled: Adviser, sign_in: Any
) -> None:
    client, scope = sign_in("county"), world.scope("county")
    page = client.get("/advisers/?col=state&col=firm&view=room").content.decode()
    assert _heads(page) == ["顾问", "状态"]
    assert "<small>示例律师事务所1</small>" in page
    assert 'data-label="专长"' not in page
    assert "col=state" in re.findall(r'<a href="([^"]+)"[^>]*>待统一考试', page)[0]
    assert '<input type="hidden" name="col" value="state">' in page  # in the form of the filters
    sheet = _export(client, scope, "advisers", query="col=state&col=firm&view=room")
    assert sheet[0] == ["顾问", "律所", "状态"]
    assert [row[0] for row in sheet[1:]] == ["陆知微", "郑安"]


def test_a_column_that_is_none_is_passed_over(world: World, peopled: Adviser, sign_in: Any) -> None:
    whole = _heads(sign_in("county").get("/advisers/").content.decode())
    assert _heads(sign_in("county").get("/advisers/?col=password&col=").content.decode()) == whole


def test_a_saved_view_keeps_the_columns(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    client.post("/desk/views/firms/?col=phone&q=shi&after=x", {"title": "只看电话"})
    (kept,) = re.findall(r'href="([^"]+)">只看电话', client.get("/desk/views/firms/").content.decode())
    assert dict(parse_qsl(urlsplit(kept.replace("&amp;", "&")).query)) == {"col": "phone", "q": "shi"}


def test_no_cell_becomes_a_formula(world: World, peopled: Adviser, sign_in: Any) -> None:
    with inside(world.scope("county"), read_only=False):
        register_firm(scope=world.scope("county"), name='=HYPERLINK("http://x")', now=NOW)
    client, scope = sign_in("county"), world.scope("county")
    assert '\'=HYPERLINK("http://x")' in {row[0] for row in _export(client, scope, "firms")}
    _export(client, scope, "firms", "xlsx")
    with inside(scope, read_only=True):
        row = StoredFile.objects.get(name__endswith=".xlsx")
        _row, content = files.open_file(scope=scope, file_id=row.id)
        with content:
            cells = [cell for (cell,) in load_workbook(content).active.iter_rows(max_col=1)]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}


def test_the_names_of_columns_are_in_the_language_of_the_asker(world: World, peopled: Adviser, sign_in: Any) -> None:
    client = sign_in("county")
    client.cookies["falin_prefs"] = "language=en"
    page = client.get("/advisers/firms/").content.decode()
    assert '<html lang="en"' in page
    assert [_plain(head) for head in _export(client, world.scope("county"), "firms")[0]] == _heads(page)


def test_a_file_is_booked_and_his_alone(world: World, peopled: Adviser, sign_in: Any) -> None:
    scope, other = world.scope("county"), world.scope("street")
    rows = _export(sign_in("county"), scope, "advisers")
    with inside(scope, read_only=True):
        entry = AuditEntry.objects.get(act="portal.list.exported")
        assert (entry.person_id, entry.subject_id, entry.after) == (
            scope.person_id, "advisers", {"format": "csv", "rows": len(rows) - 1})  # fmt: skip
        made = StoredFile.objects.get()
    assert sign_in("street").get(f"/files/{made.id}/").status_code == 404
    with inside(other, read_only=True), pytest.raises(Missing):
        files.open_file(scope=other, file_id=made.id)


def test_who_reads_the_list_no_more_or_fewer_places_of_it_does_not_open_its_file(
    world: World, peopled: Adviser, sign_in: Any
) -> None:
    scope = world.scope("county")
    _export(sign_in("county"), scope, "advisers")
    with inside(scope, read_only=False):
        made = StoredFile.objects.get()
        grant_role(scope=system_of(None), person_id=scope.person_id, role=Role.STREET_OFFICER,
                   node_id=world.node("330106109"), reason="兼任", now=NOW)  # fmt: skip
    narrower = world.scope("county", "street_officer")
    assert narrower.person_id == scope.person_id and narrower.may("advisers.read")
    for less in (narrower, replace(scope, grants=scope.grants - {"advisers.read"})):
        with inside(less, read_only=True), pytest.raises(Missing):
            files.open_file(scope=less, file_id=made.id)


def test_a_list_one_does_not_read_is_refused_and_one_that_is_none_is_not_there(world: World, sign_in: Any) -> None:
    scope = world.scope("street")
    assert sign_in("street").post("/lists/audit/export/", {"format": "csv"}).status_code == 403
    assert sign_in("street").post("/lists/secrets/export/", {"format": "csv"}).status_code == 404
    assert sign_in("county").post("/lists/advisers/export/", {"format": "pdf"}).status_code == 422
    for one in (scope, world.scope("county")):
        with inside(one, read_only=True):
            assert not Job.objects.exists()


def test_without_a_fresh_proof_nothing_is_exported(world: World, sign_in: Any) -> None:
    answer = sign_in("county", proved=False).post("/lists/advisers/export/", {"format": "csv"})
    assert "/accounts/" in answer.headers["Location"]
    with inside(world.scope("county"), read_only=True):
        assert not Job.objects.exists()


def test_who_looks_in_during_an_emergency_takes_nothing_along(world: World) -> None:
    scope = replace(world.scope("county"), emergency="7")
    with inside(scope, read_only=False), pytest.raises(Refused) as caught:
        exports.ask_export(scope=scope, name="advisers", query="", file_format="csv", now=NOW)
    assert caught.value.code == "portal.no_export_in_an_emergency"
    with inside(scope, read_only=True):
        assert not Job.objects.exists()


def test_a_file_ends_after_its_days_and_the_page_says_so(world: World, peopled: Adviser, sign_in: Any) -> None:
    client, scope = sign_in("county"), world.scope("county")
    _export(client, scope, "advisers")
    assert "下载" in client.get("/jobs/").content.decode()
    system = system_of(find_by_schema(scope.schema))
    with inside(system, read_only=False):
        assert retention.remove(scope=system, now=clock.now() + timedelta(days=6)) == 0
        assert retention.remove(scope=system, now=clock.now() + timedelta(days=8)) == 1
        job = Job.objects.get()
    assert client.get(f"/files/{job.result['file']}/").status_code == 404
    assert "已到期删除" in client.get("/jobs/").content.decode()
    assert "文件过了保存期限" in client.get(f"/jobs/{job.id}/").content.decode()


def test_more_rows_than_one_export_may_have_are_refused_with_a_sentence(
    world: World, peopled: Adviser, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "limit", lambda parameter, scope, now: 1 if parameter == quotas.EXPORT_ROWS else 1_000)
    client, scope = sign_in("county"), world.scope("county")
    _ask(client, "advisers")
    job = _do(scope.schema)
    assert (job.state, "一次最多 1 行" in job.log) == ("failed", True)
    with inside(scope, read_only=True):
        assert not StoredFile.objects.exists()
        assert not AuditEntry.objects.filter(act="portal.list.exported").exists()


def test_a_long_export_goes_step_by_step_says_how_far_it_is_and_stops_when_told(
    world: World, peopled: Adviser, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two advisers, one a step: the whole of it in two; told to stop after the first, nothing is left."""
    monkeypatch.setattr("services.advisers.web.tables.STEP", 1)
    client, scope = sign_in("county"), world.scope("county")
    told: list[tuple[int, int]] = []
    progress = jobs.Run.progress

    def noted(run: jobs.Run, done: int, total: int, line: str = "") -> None:
        told.append((done, total))
        progress(run, done, total, line)

    monkeypatch.setattr(jobs.Run, "progress", noted)
    assert [row[0] for row in _export(client, scope, "advisers")] == ["顾问", "陆知微", "郑安"]
    assert told == [(1, 2), (2, 2)]

    def stopped(run: jobs.Run, done: int, total: int, line: str = "") -> None:
        with inside(run.scope, read_only=False):
            jobs.cancel(scope=run.scope, job_id=run.job_id, now=NOW)
        progress(run, done, total, line)

    monkeypatch.setattr(jobs.Run, "progress", stopped)
    _ask(client, "advisers")
    assert _do(scope.schema).state == "cancelled"
    with inside(scope, read_only=True):
        assert StoredFile.objects.count() == 1
