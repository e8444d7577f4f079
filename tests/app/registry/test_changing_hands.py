"""
Counties merge and are split after a change of places (must-show 5): nothing is lost or doubled, what was begun goes on in the
hands of who has the place now, what was published stands, and nobody else is touched.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from psycopg import sql

from falin.config import tasks
from falin.kernel import audit, files, jobs, relay
from falin.kernel.audit import exporting
from falin.kernel.models import AuditEntry, Job, StoredFile
from falin.kernel.periods import Month
from falin.kernel.refusals import Moving, Refused
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside, shared
from falin.runtime import verify
from services.advisers.models import Seat, Vacancy
from services.duty.models import BusyTime, ClosedMonth, Reminder, Visit
from services.indicators.models import Figure, VisitLine
from tenants.registry import commands, folding, hands, holding, queries, schemas
from tenants.registry.commands import changing
from tenants.registry.folding import Plan
from tenants.registry.models import Deed, Tenant
from tenants.registry.types import Act, State
from tests.app.advisers.office import Office
from tests.app.audit.logs import settled
from tests.app.indicators import books
from tests.app.registry.archives import rows_in
from tests.app.registry.cast import second_operator, tenant_of
from tests.app.registry.changed_places import merge_into_west, split_off_river
from tests.tenancy.test_background import _everything  # noqa: F401
from tests.world import NOW, PLACES, World

pytestmark = pytest.mark.one_node("bodies on nodes are not merged or split: docs/explanation/known-limits.md")
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
UPPER, WEST = "330102", "330106"  # 上城区, 西湖区


@dataclass
class Counties:
    """Two neighbours at work, their October closed and published."""

    world: World
    second: Scope
    adviser: uuid.UUID
    node: dict[str, int]  # of the places as they were called before they changed hands
    tenant: dict[str, int]
    schema: dict[str, str]

    def ask(self, act: Act, code: str, target: int | str) -> int:
        operator = self.world.scope("operator")
        with inside(operator, read_only=False):
            return commands.ask_deed(scope=operator, tenant_id=self.tenant[code], act=act, target=str(target),
                                     why="区划调整，浙政函〔2026〕1号", now=NOW)  # fmt: skip

    def confirm(self, deed: int) -> uuid.UUID:
        with inside(self.second, read_only=False):
            commands.confirm_deed(scope=self.second, deed_id=deed, now=NOW)
        return uuid.UUID(str(Job.objects.filter(kind=changing.CARRY_OUT).latest("created_at").id))

    def carry_out(self, act: Act, code: str, target: int | str) -> Job:
        return self.work(self.confirm(self.ask(act, code, target)))

    def work(self, number: uuid.UUID) -> Job:
        jobs.work(system=_system(), job_id=number)
        return Job.objects.get(id=number)


def _system() -> Scope:
    return system_scope(schema="public", tenant_id=0, grants=frozenset())


@pytest.fixture
def counties(world: World) -> Iterator[Counties]:
    sender = list(jobs._sender)
    jobs.send_with(lambda *_job: None)
    office = Office(world)
    adviser = office.adviser()
    office.appoint(adviser, "330106109200", begins_on=date(2026, 11, 1))
    office.appoint(adviser, "330102001001", by="county2", begins_on=date(2026, 11, 1))
    for code, hour in (("330106109200", 9), ("330106002001", 11), ("330102001001", 14), ("330102002001", 16)):
        books.appoint(world, code)
        for day in (date(2026, 10, 8), date(2026, 11, 3)):
            visit = books.visit(world, code, day, 60, hour=hour)
            with inside(books.night(world, code[:6]), read_only=False):
                BusyTime.objects.create(id=visit, adviser_id=visit, begins_at=NOW, ends_at=NOW.replace(hour=3))
    for code, by in ((WEST, "county"), (UPPER, "county2")):
        _more(world, code, by)
        with inside(books.night(world, code), read_only=False):
            ClosedMonth.objects.create(month="2026-10", closed_at=NOW, person_id=1)
        for month in (OCTOBER, NOVEMBER):
            books.publish(world, code, month)
        settled(world.scope(by))
    _deliver_all()
    bodies = ("33", UPPER, WEST, "330203")
    yield Counties(
        world, second_operator(world), adviser.id, node={code: world.node(code) for code in PLACES},
        tenant={code: tenant_of(world, code) for code in bodies}, schema={code: world.schema(code) for code in bodies},
    )  # fmt: skip
    jobs._sender[:] = sender


def _more(world: World, code: str, by: str) -> None:
    """What else hangs on places: a vacancy, reminders that PostgreSQL counts from 1 in each county, a photograph."""
    places = ["330106109001", "330106002002"] if code == WEST else ["330102001002", "330102002002"]
    with inside(books.night(world, code), read_only=False):
        for place in places:
            node = world.node(place)
            Vacancy.objects.create(node_id=node, reason="no_candidate", said_at=NOW, person_id=1)
            Reminder.objects.create(node_id=node, adviser_id=uuid.UUID(int=5), month="2026-11", on_day=date(2026, 11, 12),
                                    minutes_missing=60, person_id=1, at=NOW)  # fmt: skip
    scope = world.scope(by)
    with inside(scope, read_only=False):
        photo = SimpleUploadedFile("p.png", PNG + code.encode())
        files.take_in(scope=scope, upload=photo, purpose=files.PHOTO, now=NOW, node_id=world.node(places[0]))


def _deliver_all() -> None:
    relay.drain({scope.schema: scope for scope in tasks.systems()}, clock=lambda: NOW)


def _count(model: Any, scope: Scope) -> int:
    with inside(scope, read_only=True):
        return int(
            model.objects.unscoped(reason="a test counts").count()
            if hasattr(model, "node_id")
            else model.objects.count()
        )


def _board(before: str) -> list[Any]:
    """What stands on the board of the months before one, whole."""
    with psycopg.connect(settings.DATABASE_OWNER_URL) as own:
        own.execute("set app.roots = '{1}'")
        return [
            own.execute(sql.SQL("select * from {t} where month < %s order by id").format(t=sql.Identifier(table)), [before])
            .fetchall()
            for table in ("indicators_figure", "indicators_visitline")
        ]  # fmt: skip


def _sums(month: str) -> tuple[Any, ...]:
    """The province's sums as its page reads them: over county bodies."""
    with psycopg.connect(settings.DATABASE_OWNER_URL) as own:
        own.execute("set app.roots = '{1}'")
        row = own.execute("select sum(communities), sum(covered), sum(minutes) from indicators_figure"
                          " where month = %s and node_id = county_id", [month]).fetchone()  # fmt: skip
        assert row
        return row


def _verifies(world: World, code_or_schema: str) -> int:
    """That a body's log verifies; how many entries it holds."""
    tenant = Tenant.objects.get(schema_name=code_or_schema)
    scope = system_scope(schema=tenant.schema_name, tenant_id=tenant.id, grants=frozenset(), roots=(tenant.node_id,))
    text = io.BytesIO()
    with inside(scope, read_only=True):
        exporting.write(scope=scope, to=text, now=NOW)
        entries = AuditEntry.objects.count()
    check = verify.Check(set())
    for line in text.getvalue().decode().splitlines():
        check.take(json.loads(line))
    assert check.finish(None, None).findings == []
    return entries


# ---- merge ------------------------------------------------------------------------------------------------------------
def test_two_counties_merge_and_nothing_is_lost_doubled_or_changed(counties: Counties) -> None:
    world, upper, west = counties.world, counties.schema[UPPER], counties.schema[WEST]
    board, october = _board("2026-11"), _sums("2026-10")
    merge_into_west(world)
    was = {one: rows_in(one) for one in (upper, west)}
    others = {one: rows_in(counties.schema[one]) for one in ("33", "330203")}
    job = counties.carry_out(Act.MERGE, UPPER, counties.node[WEST])
    assert job.state == "done", job.log
    # Rows and hashes, before and after, on both sides: what went is what came.
    result = job.result["tables"]
    assert {name: one["went"].partition(":")[0] for name, one in result.items() if not one["went"].startswith("0:")} == {
        "advisers_appointment": "3", "advisers_vacancy": "2", "duty_visit": "4", "duty_reminder": "2", "kernel_storedfile": "1",
    }  # fmt: skip
    for name, one in result.items():
        rows = {key: int(text.partition(":")[0]) for key, text in one.items()}
        sums = {key: int(text.partition(":")[2].replace("-", ""), 16) for key, text in one.items()}
        for numbers in (rows, sums):
            assert (numbers["to before"] + numbers["went"] - numbers["to after"]) % 2**128 == 0, name
            assert (numbers["from before"] - numbers["went"] - numbers["from after"]) % 2**128 == 0, name
    now = {one: rows_in(one) for one in (upper, west)}
    for table in ("advisers_appointment", "duty_visit"):  # not a letter of them changed
        assert now[west][table] == sorted([*was[west][table], *was[upper][table]])
        assert now[upper][table] == []
    # Numbers that PostgreSQL counts were both 1 and 2: here they are four.
    with inside(world.scope("county"), read_only=True):
        assert len(set(Reminder.objects.in_scope(world.scope("county")).values_list("id", flat=True))) == 4
    # Nobody else was touched, and what was published of the months before stands to the letter.
    assert {one: rows_in(counties.schema[one]) for one in others} == others
    assert (_board("2026-11"), _sums("2026-10")) == (board, october)


def test_after_a_merge_its_people_find_their_open_work_in_the_new_body(counties: Counties) -> None:
    world = counties.world
    merge_into_west(world)
    assert counties.carry_out(Act.MERGE, UPPER, counties.node[WEST]).state == "done"
    team = world.scope("county2")  # it was 上城区's
    assert (team.schema, team.whole, team.suspended) == (counties.schema[WEST], True, False)
    for scope in (team, world.scope("county")):
        with inside(scope, read_only=True):
            vacancies = set(Vacancy.objects.in_scope(scope).values_list("node_id", flat=True))
            assert {counties.node["330106109001"]} < vacancies
            assert len(vacancies) == 4
    seats = Seat.objects.filter(node_id=counties.node["330102001001"]).values_list("county_id", flat=True)
    assert list(seats) == [counties.node[WEST]]
    with inside(team, read_only=False):
        photo = StoredFile.objects.get(node_id=counties.node["330102001002"])
        _row, content = files.open_file(scope=team, file_id=photo.id)
        with content:
            assert content.read() == PNG + UPPER.encode()
        assert photo.path.startswith(team.schema)
    # The current month is counted anew, in one body: no community twice, no visit twice.
    _deliver_all()
    with inside(world.scope("leader"), read_only=True):
        assert VisitLine.objects.filter(month="2026-11").count() == 4
        west = Figure.objects.get(month="2026-11", node_id=counties.node[WEST])
        assert (west.communities, west.minutes) == (10, 240)
        assert not Figure.objects.filter(month="2026-11", county_id=counties.node[UPPER]).exists()


def test_the_body_that_merged_is_closed_points_on_and_its_log_stays_its_own(counties: Counties) -> None:
    world, upper = counties.world, counties.schema[UPPER]
    merge_into_west(world)
    _deliver_all()  # it counts its month anew, as every county that an update concerns
    before = _verifies(world, upper)
    assert counties.carry_out(Act.MERGE, UPPER, counties.node[WEST]).state == "done"
    row = Tenant.objects.get(schema_name=upper)
    assert (row.state, row.into_id, row.state_why) == ("closed", counties.tenant[WEST], "区划调整，浙政函〔2026〕1号")
    assert _verifies(world, upper) == before
    with shared(read_only=True):
        assert AuditEntry.objects.filter(act="registry.tenant.merged", subject_id=upper).count() == 1
    with inside(world.scope("county"), read_only=True):
        assert AuditEntry.objects.filter(act="registry.tenant.merged", subject_id=upper).count() == 1
    operator = world.scope("operator")
    with pytest.raises(Refused, match="merged_away"), inside(operator, read_only=False):
        commands.reopen_tenant(scope=operator, tenant_id=row.id, why="重开", now=NOW)


def test_a_merge_takes_two_operators_and_a_tree_that_says_so(counties: Counties) -> None:
    with pytest.raises(Refused, match="no_places"):
        counties.ask(Act.MERGE, UPPER, counties.node[WEST])
    merge_into_west(counties.world)
    for target in (counties.node["330203"], counties.node[UPPER], 99_999_999, "x"):
        with pytest.raises(Refused):
            counties.ask(Act.MERGE, UPPER, target)
    deed, operator = counties.ask(Act.MERGE, UPPER, counties.node[WEST]), counties.world.scope("operator")
    with pytest.raises(Refused, match="own_deed"), inside(operator, read_only=False):
        commands.confirm_deed(scope=operator, deed_id=deed, now=NOW)
    with pytest.raises(Refused, match="asked_already"):
        counties.ask(Act.MERGE, UPPER, counties.node[WEST])
    assert Tenant.objects.get(id=counties.tenant[UPPER]).state == "open"
    assert not Job.objects.filter(kind=changing.CARRY_OUT).exists()


def test_a_county_some_of_whose_places_went_elsewhere_is_not_merged_whole(counties: Counties) -> None:
    split_off_river(counties.world)
    with inside(_system(), read_only=False):
        from tenants.registry.commands import provision_tenant
        from tenants.registry.types import Kind

    provision_tenant(node_id=counties.world.node("330114"), kind=Kind.COUNTY, name="之江区", now=NOW)
    commands.open_all(now=NOW)
    with pytest.raises(Refused, match="places_left"):
        counties.ask(Act.MERGE, WEST, counties.world.node("330114"))


def test_an_open_book_an_open_job_or_an_event_that_waits_holds_a_merge_up_and_nothing_changes(
    counties: Counties,
) -> None:
    merge_into_west(counties.world)
    number = counties.confirm(counties.ask(Act.MERGE, UPPER, counties.node[WEST]))
    upper = books.night_of(counties.schema[UPPER])
    before = rows_in(counties.schema[WEST])
    with inside(upper, read_only=False):
        ClosedMonth.objects.all().delete()
    job = counties.work(number)
    assert (job.state, job.result["code"]) == ("failed", "duty.book_open")
    with inside(upper, read_only=False):
        ClosedMonth.objects.create(month="2026-10", closed_at=NOW, person_id=1)
        waiting = Job.objects.create(kind="tests.errand", title="导入", person_id=1, scope={}, created_at=NOW)
    job = counties.work(_again(counties))
    assert (job.state, job.result["code"]) == ("failed", "registry.jobs_open")
    with inside(upper, read_only=False):
        waiting.delete()
        audit.record(scope=upper, act="a.b.done", subject=("thing", 1), node_id=None, now=NOW)
        from falin.kernel.models import OutboxEvent

        OutboxEvent.objects.create(at=NOW, event="x.y.z", version=1, key="k", set_aside_at=NOW)
    job = counties.work(_again(counties))
    assert (job.state, job.result["code"]) == ("failed", "registry.events_waiting")
    assert rows_in(counties.schema[WEST]) == before
    assert Tenant.objects.get(id=counties.tenant[UPPER]).state == "open"


def _again(counties: Counties) -> uuid.UUID:
    deed = Deed.objects.latest("id")
    with inside(counties.second, read_only=False):
        return commands.carry_out_again(scope=counties.second, deed_id=deed.id, now=NOW)


class Killed(BaseException):
    """What no handler may take for an end of its own."""


STEPS = ["held", "one table", "all tables", "done", "booked"]


def _killed_at(step: str, number: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job's worker dies there, and cleans nothing up."""
    module, name, after = {
        "begun": (changing, "fold", 0), "held": (folding, "lock", 0), "one table": (folding, "_carry", 3),
        "all tables": (hands, "rewritten", 0), "done": (changing, "_book", 0), "booked": (changing, "_book", 1),
    }[step]  # fmt: skip
    calls, standing = iter(range(100)), getattr(module, name)

    def dies(*given: Any, **named: Any) -> Any:
        if next(calls) >= after:
            raise Killed
        return standing(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, dies)
        patched.setattr(holding, "release", lambda own, tenant: None)
        with pytest.raises(Killed):
            jobs.work(system=_system(), job_id=number)
    Job.objects.filter(id=number).update(state="queued")


@pytest.mark.parametrize("step", STEPS)
def test_a_merge_that_is_killed_is_done_whole_or_not_at_all_and_another_try_ends_it(
    counties: Counties, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    merge_into_west(counties.world)
    _deliver_all()
    number = counties.confirm(counties.ask(Act.MERGE, UPPER, counties.node[WEST]))
    before = {code: rows_in(counties.schema[code]) for code in (UPPER, WEST)}
    _killed_at(step, number, monkeypatch)
    state = Tenant.objects.get(id=counties.tenant[UPPER]).state
    if step in {"done", "booked"}:
        assert state == "closed"
    else:
        assert {code: rows_in(counties.schema[code]) for code in before} == before
        assert state == "moving"
        assert holding.let_go() == [counties.schema[UPPER]]  # its people work again within seconds
        assert Tenant.objects.get(id=counties.tenant[UPPER]).state == "open"
    job = counties.work(number)
    assert job.state == "done", job.log
    with inside(counties.world.scope("county"), read_only=True):
        assert Visit.objects.in_scope(counties.world.scope("county")).count() == 8
        assert AuditEntry.objects.filter(act="registry.tenant.merged").count() == 1
    with shared(read_only=True):
        assert AuditEntry.objects.filter(act="registry.tenant.merged").count() == 1


# ---- split ------------------------------------------------------------------------------------------------------------
def test_a_county_is_split_and_what_lies_in_the_new_one_is_its(counties: Counties) -> None:
    world, west = counties.world, counties.schema[WEST]
    board, october = _board("2026-11"), _sums("2026-10")
    split_off_river(world)
    river = world.node("330114")
    was, others = rows_in(west), {code: rows_in(counties.schema[code]) for code in ("33", UPPER, "330203")}
    job = counties.carry_out(Act.SPLIT, WEST, river)
    assert job.state == "done", job.log
    new = queries.find_tenant_of(river)
    assert new is not None
    now = {"old": rows_in(west), "new": rows_in(new.schema)}
    for table in ("advisers_appointment", "duty_visit"):
        assert sorted([*now["old"][table], *now["new"][table]]) == was[table]
    for table, count in (("duty_visit", 2), ("advisers_vacancy", 1), ("duty_reminder", 1), ("kernel_storedfile", 1)):
        assert (len(now["new"][table]), len(was[table]) - len(now["old"][table])) == (count, count), table
    assert now["new"]["duty_closedmonth"] == now["old"]["duty_closedmonth"] == was["duty_closedmonth"]
    assert {code: rows_in(counties.schema[code]) for code in others} == others
    assert (_board("2026-11"), _sums("2026-10")) == (board, october)
    for person in ("street", "liaison"):  # of 双浦镇 and 湖埠村
        scope = world.scope(person)
        assert scope.schema == new.schema
        with inside(scope, read_only=True):
            assert Visit.objects.in_scope(scope).count() == 2
    assert world.scope("county").schema == west
    assert world.scope("street2").schema == west
    assert Seat.objects.get(node_id=counties.node["330106109200"]).county_id == river
    _deliver_all()
    with inside(world.scope("leader"), read_only=True):
        minutes = dict(Figure.objects.filter(month="2026-11", level=3).values_list("node_id", "minutes"))
        assert minutes == {counties.node[UPPER]: 120, counties.node[WEST]: 60, river: 60}
        assert VisitLine.objects.filter(month="2026-11").count() == 4


@pytest.mark.parametrize("step", ["begun", *STEPS])
def test_a_split_that_is_killed_is_done_whole_or_not_at_all_and_another_try_ends_it(
    counties: Counties, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    world, west = counties.world, counties.schema[WEST]
    split_off_river(world)
    _deliver_all()  # else the deed does it first, and the county counts its month anew by the changed tree
    river = world.node("330114")
    number, before = counties.confirm(counties.ask(Act.SPLIT, WEST, river)), rows_in(west)
    _killed_at(step, number, monkeypatch)
    new = queries.find_tenant_of(river)
    assert new is not None, "the new body's schema is taken before anything is held"
    if step in {"done", "booked"}:
        assert (new.state, Tenant.objects.get(id=counties.tenant[WEST]).state) == ("open", "open")
        assert len(rows_in(new.schema)["duty_visit"]) == 2
    else:
        assert rows_in(west) == before
        assert (new.state, rows_in(new.schema).get("duty_visit", [])) == ("preparing", []), "nobody comes in half way"
        assert holding.let_go() == ([] if step == "begun" else [west])
        assert Tenant.objects.get(id=counties.tenant[WEST]).state == "open"
    job = counties.work(number)
    assert job.state == "done", job.log
    assert queries.find_tenant_of(river) == Tenant.objects.get(id=new.id).info()
    now = {one: rows_in(one)["duty_visit"] for one in (west, new.schema)}
    assert sorted([*now[west], *now[new.schema]]) == before["duty_visit"]
    assert len(now[new.schema]) == 2
    for schema in (west, new.schema):
        tenant = Tenant.objects.get(schema_name=schema)
        with inside(system_scope(schema=schema, tenant_id=tenant.id, grants=frozenset()), read_only=True):
            assert AuditEntry.objects.filter(act="registry.tenant.split").count() == 1
    with shared(read_only=True):
        assert AuditEntry.objects.filter(act="registry.tenant.split").count() == 1


# ---- held meanwhile -----------------------------------------------------------------------------------------------------
def test_who_writes_meanwhile_is_asked_to_try_again_and_reads_as_always(counties: Counties, sign_in: Any) -> None:
    Tenant.objects.filter(id=counties.tenant[WEST]).update(state=State.MOVING)
    county = sign_in("county")
    assert county.get("/advisers/").status_code == 200
    answer = county.post("/advisers/firms/new/", {"name": "新所", "_once": "k1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    page = answer.content.decode()
    assert "您的单位正在换库，几秒钟就好" in page
    assert 'name="name" value="新所"' in page  # nothing that was typed is lost
    assert 'name="_once" value="k1"' in page  # and sent again it is the same act
    scope = counties.world.scope("county")
    with pytest.raises(Moving):
        scope.check_may_write()
    assert Tenant.objects.get(id=counties.tenant[WEST]).state == "moving"
    tasks.sweep_jobs()
    assert Tenant.objects.get(id=counties.tenant[WEST]).state == "open"  # nobody held it
    assert county.post("/advisers/firms/new/", {"name": "新所", "_once": "k1"}).status_code in {200, 302, 422}


def test_every_table_of_a_tenant_was_decided(world: World) -> None:
    """A new table without a place says in its services' HANDS what becomes of it; one with a place goes with it."""
    west, upper = (queries.find_by_schema(world.schema(code)) for code in (WEST, UPPER))
    assert west and upper
    from falin.kernel import crypto

    sealed = {one.table for one in crypto.declared()}
    with schemas.owner() as own:
        for whole in (True, False):
            change = folding.Change(source=upper, target=west, nodes=frozenset({1}), day=NOW.date(), whole=whole)
            plan = Plan(own, change)
            assert set(hands.ways()) <= set(plan.columns), "a table is declared that is not there"
            going = list(plan.going())
            assert "duty_visit" in going
            assert not sealed & set(going), "what is sealed under one body's key cannot go to another as it is"
    assert all(way.why for way in hands.ways().values())
