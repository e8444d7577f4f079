"""
`falin drill move`: a county of 200,000 rows moves to another cell while its people go on writing.

A cluster of its own that is thrown away, with a database for each cell, each with keys and files of its own; the receiver is a
process of the other cell. Everything that was acknowledged must be there once, every table must have the rows and hashes it
had, and nobody may have been refused for longer than five seconds.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime.home import Home
from falin.runtime.postgres import Postgres, start_postgres
from falin.runtime.sentences import say

LONGEST = 5.0  # seconds of refusal
FILL = """
insert into {s}.duty_visit (id, node_id, adviser_id, adviser_name, firm_id, kind, begins_at, ends_at, topic, attendees,
    note, void_why, revision, person_id, written_at, recorded_at)
select gen_random_uuid(), (%(nodes)s::bigint[])[1 + n %% cardinality(%(nodes)s::bigint[])], gen_random_uuid(),
    '顾问' || n %% 500, gen_random_uuid(), 'visit', t, t + '1 hour', '劳动争议', n %% 40,
    '到社区服务中心接待来访，解答三件，登记一件。', '', 1, 1, t, t
from (select n, timestamptz '2020-01-05' + n * interval '3 minutes' as t from generate_series(1, %(visits)s) n) x
"""
BOOK = """
insert into {s}.kernel_auditentry (at, act, person_id, role, subject_kind, subject_id, why, before, after, request_id, digest)
select timestamptz '2020-01-05' + n * interval '1 minute', 'duty.visit.logged', 1, 'adviser', 'visit', n::text, '',
    '{{}}', '{{"kind": "visit"}}', '', sha256(n::text::bytea) from generate_series(1, %(acts)s) n
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Rows of the county, people who write, and how long before the move begins, in seconds."""

    rows: int = 200_000
    writers: int = 2
    before: float = 3.0


@dataclass
class Writer:
    """Somebody of the county's team who writes as the pages do, until it is elsewhere."""

    person: int
    node: int
    written: list[str] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    over: bool = False

    def __call__(self) -> None:
        from django.db import connection

        try:
            while not self.over:
                self._write()
        except Exception as error:
            self.wrong.append(f"{type(error).__name__}: {error}"[:200])
        finally:
            connection.close()

    def _write(self) -> None:
        from django.db import ProgrammingError, connection

        from falin.kernel import audit
        from falin.kernel.clock import legal_day, now
        from falin.kernel.refusals import Moving
        from falin.kernel.transactions import inside
        from services.duty.models import Visit
        from tenants.identity.api import read_signed_in, scope_of

        signed_in = read_signed_in(person_id=self.person, on=legal_day(now()))
        if signed_in is None or not signed_in.hats:
            self.over = True
            return
        scope, visit, moment = scope_of(signed_in, signed_in.hats[0]), uuid.uuid4(), now()
        try:
            scope.check_may_write()
            with inside(scope, read_only=False):
                Visit.objects.create(
                    id=visit, node_id=self.node, adviser_id=visit, adviser_name="演练", firm_id=visit, kind="visit",
                    begins_at=moment - timedelta(hours=1), ends_at=moment, person_id=1, written_at=moment, recorded_at=moment,
                )  # fmt: skip
                audit.record(
                    scope=scope, act="duty.visit.logged", subject=("visit", visit), node_id=self.node, now=moment
                )
            self.written.append(str(visit))
        except Moving:
            self.refused.append(time.monotonic())
            time.sleep(0.02)
        except ProgrammingError:  # it went in the middle: the door says where it is now, and nothing was saved
            connection.close()
            self.refused.append(time.monotonic())


def run(home: Home, size: Size | None = None, out: Path | None = None) -> int:
    """1 when a row or an act was lost, doubled or changed, or somebody was refused for too long."""
    size = size or Size()
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    drilled, began = commit(checkout), datetime.now(UTC)
    with _ground(home) as (postgres, own):
        found = _drill(postgres, own, size)
    wrong = _wrong(found)
    place = out or checkout / "docs" / "measured" / "move.md"
    place.write_text(_report(found, wrong, size, drilled, began), encoding="utf-8")
    say(f"{'有不符' if wrong else '全部通过'}：{place}", "; ".join(wrong) or "passed")
    return 1 if wrong else 0


@contextmanager
def _ground(home: Home) -> Iterator[tuple[Postgres, Home]]:
    with tempfile.TemporaryDirectory(prefix="drill-", dir=home.root, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as root the database runs as a user of its own
        own = Home(root=Path(folder)).prepare()
        postgres = start_postgres(place=own.postgres, log=own.logs / "postgres.log")
        os.environ.update(FALIN_HOME=str(own.root), DATABASE_URL=postgres.urls.app, DATABASE_OWNER_URL=postgres.urls.owner,
                          FALIN_DEMO="", FALIN_CELL="a", DJANGO_SETTINGS_MODULE="falin.config.settings")  # fmt: skip
        try:
            import django

            django.setup()
            yield postgres, own
        finally:
            from django.db import connection

            connection.close()
            postgres.stop()


def _other_cell(postgres: Postgres, own: Home) -> str:
    """A second database with keys and files of its own; the command that takes a tenant in there."""
    import subprocess

    (own.root / "b").mkdir()
    with psycopg.connect(postgres.urls.admin, autocommit=True) as admin:
        admin.execute("create database cell_b owner falin_owner")
    with psycopg.connect(_named(postgres.urls.admin, "cell_b"), autocommit=True) as other:
        other.execute("create extension pg_trgm")
        other.execute("create extension btree_gist")
        other.execute("alter schema public owner to falin_owner")
    environ = {
        "FALIN_HOME": str(own.root / "b"), "FALIN_CELL": "b", "DJANGO_SETTINGS_MODULE": "falin.config.settings",
        "DATABASE_URL": _named(postgres.urls.app, "cell_b"), "DATABASE_OWNER_URL": _named(postgres.urls.owner, "cell_b"),
    }  # fmt: skip
    django = [sys.executable, "-m", "django"]
    subprocess.run([*django, "migrate_cell", "--spares", "1"], env={**os.environ, **environ}, check=True,
                   capture_output=True)  # fmt: skip
    return shlex.join(["env", *(f"{name}={value}" for name, value in environ.items()), *django, "tenants", "receive"])


def _named(url: str, name: str) -> str:
    head, _slash, tail = url.rpartition("/")
    return f"{head}/{name}" + ("?" + tail.partition("?")[2] if "?" in tail else "")


def _drill(postgres: Postgres, own: Home, size: Size) -> dict[str, Any]:
    from django.conf import settings

    say("正在造两个库…", "making two cells…")
    team, schema, tenant, nodes = _people(own)
    settings.CELL, settings.CELL_RECEIVERS = "a", {"b": _other_cell(postgres, own)}
    acts = size.rows * 2 // 5
    with psycopg.connect(postgres.urls.owner, autocommit=True) as owner:
        words = {"s": sql.Identifier(schema)}
        owner.execute("set app.whole = 'on'")
        owner.execute(sql.SQL(FILL).format(**words), {"visits": size.rows - acts, "nodes": nodes})
        owner.execute(sql.SQL(BOOK).format(**words), {"acts": acts})
        owner.execute("analyze")
    number = _confirmed(tenant)
    writers = [Writer(team, nodes[0]) for _number in range(size.writers)]
    threads = [threading.Thread(target=writer) for writer in writers]
    say("有人在写，正在搬…", "moving while people write…")
    for thread in threads:
        thread.start()
    time.sleep(size.before)
    began = time.monotonic()
    result, log = _carried_out(number)
    ended = time.monotonic()
    for writer, thread in zip(writers, threads, strict=True):
        writer.over = True
        thread.join()
    refused = [moment for writer in writers for moment in writer.refused]
    written = [visit for writer in writers for visit in writer.written]
    with psycopg.connect(_named(postgres.urls.admin, "cell_b")) as other:
        lines = other.execute(sql.SQL("select id::text from {s}.duty_visit where person_id = 1 and adviser_name = '演练'")
                              .format(s=sql.Identifier(schema))).fetchall()  # fmt: skip
        booked = other.execute(sql.SQL("select subject_id from {s}.kernel_auditentry where role <> 'adviser' and act ="
                                       " 'duty.visit.logged'").format(s=sql.Identifier(schema))).fetchall()  # fmt: skip
        state = other.execute("select state from registry_tenant where id = %s", [tenant]).fetchone()
    return {
        "log": log, "result": result, "written": sorted(written), "there": sorted(one for (one,) in lines),
        "booked": sorted(one for (one,) in booked), "wrong": [text for writer in writers for text in writer.wrong],
        "refused": (max(refused) - min(refused)) if refused else 0.0, "refusals": len(refused), "seconds": ended - began,
        "state": state[0] if state else "",
    }  # fmt: skip


def _people(own: Home) -> tuple[int, str, int, list[int]]:
    """A small province; a county's team, its schema, its number, its communities."""
    from killing import ground

    from tenants.divisions.api import Level, find_by_code, list_communities
    from tenants.identity.api import find_person
    from tenants.registry.api import find_tenant_of

    ground.make(str(own.root / "people.json"))
    place = find_by_code(Level.COUNTY, ground.COUNTIES[0])
    assert place
    tenant, team = find_tenant_of(place.id), find_person(f"team-{ground.COUNTIES[0]}")
    assert tenant
    assert team
    return team.id, tenant.schema, tenant.id, [one.id for one in list_communities(place.id)]


def _operator() -> Any:
    from dataclasses import replace

    from tenants.identity.api import system_of
    from tenants.registry.policies import MANAGE

    system = system_of(None)
    return replace(system, grants=system.grants | {MANAGE})


def _confirmed(tenant: int) -> uuid.UUID:
    """The move is asked for by one operator and confirmed by another; the job's number."""
    from dataclasses import replace

    from falin.kernel import jobs
    from falin.kernel.clock import now
    from falin.kernel.models import Job
    from falin.kernel.transactions import inside
    from tenants.registry import commands
    from tenants.registry.types import Act, CellInfo

    jobs.send_with(lambda *_job: None)
    first, second = _operator(), replace(_operator(), person_id=2_000_000)
    cells = [CellInfo(code=code, name=f"cell {code}", address=f"https://{code}.example", places=()) for code in "ab"]
    with inside(first, read_only=False):
        commands.replace_cells(scope=first, cells=cells, now=now())
        deed = commands.ask_deed(scope=first, tenant_id=tenant, act=Act.MOVE, target="b", why="drill", now=now())
    with inside(second, read_only=False):
        commands.confirm_deed(scope=second, deed_id=deed, now=now())
    Job.objects.update(person_id=0)  # the drill's operators are nobody's accounts
    return uuid.UUID(str(Job.objects.get().id))


def _carried_out(number: uuid.UUID) -> tuple[dict[str, Any], str]:
    from falin.kernel import jobs
    from falin.kernel.models import Job

    jobs.work(system=_operator(), job_id=number)
    job = Job.objects.get(id=number)
    return dict(job.result) if job.state == "done" else {}, job.log


def _wrong(found: dict[str, Any]) -> list[str]:
    wrong = list(found["wrong"])
    if not found["result"]:
        return [*wrong, f"the move was not done: {found['log']}"]
    if found["written"] != found["there"] or found["written"] != found["booked"]:
        wrong.append("what was acknowledged is not what is there, once")
    if not found["written"] or not found["refusals"]:
        wrong.append("nobody wrote, or nobody was refused: the drill has not shown what it should")
    if found["refused"] > LONGEST or found["result"]["held_seconds"] > LONGEST:
        wrong.append(f"refused for more than {LONGEST} s")
    if found["state"] != "open":
        wrong.append(f"the tenant is {found['state']!r} in the other cell")
    return wrong


def _report(found: dict[str, Any], wrong: list[str], size: Size, drilled: str, began: datetime) -> str:
    result = found["result"]
    rows = [f"| {name} | {int(shown.partition(':')[0]):,} | {shown.partition(':')[2]} | {sealed[:16]} |"
            for name, (shown, sealed) in sorted(result.get("tables", {}).items()) if not shown.startswith("0:")]  # fmt: skip
    return (
        "# Move drill\n\nWritten by `./falin drill move`: a county moves to another cell (another database, with keys and files"
        " of its own) while people write. Hashes are made in both cells when nobody writes any more and must be the same:"
        " sums over readable columns, SHA-256 over what is sealed.\n\n"
        f"**{'Failed: ' + '; '.join(wrong) if wrong else 'Passed'}**\n\n"
        f"- commit: {drilled}\n- begun: {began:%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end\n"
        f"- rows: {result.get('rows', 0):,}; the whole move took {found['seconds']:.1f} s\n"
        f"- refused: {found['refused']:.2f} s as the writers saw it ({found['refusals']} tries); tables locked and directory"
        f" switched after {result.get('held_seconds', 0)} s; goal ≤ {LONGEST} s\n"
        f"- {size.writers} writers: {len(found['written']):,} visits acknowledged, {len(found['there']):,} in the other cell,"
        f" {len(found['booked']):,} booked there\n\n"
        "| table | rows | sum of hashes, here and there | sealed |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )
