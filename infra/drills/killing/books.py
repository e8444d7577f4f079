"""
Place of the checks at the end: raw SQL as the database's administrator, beside what the users hold in their ledger.

Imports nothing of Falin's tables, commands or queries.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

DONE_BEFORE = {"duty.nothing_changed": "correct", "duty.voided_already": "void"}  # the answer to an act sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim, how many things it was checked on, and what contradicts it."""

    claim: str
    looked_at: int
    wrong: int
    example: str = ""


@dataclass(slots=True)
class Work:
    """What the users did, from their ledger."""

    visits: dict[str, dict[str, Any]] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)
    voided: set[str] = field(default_factory=set)
    acts: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)  # acts that were carried out
    refused: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    sent_again: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    longest_wait: float = 0.0
    longest_silence: float = 0.0


def read_work(ledger: Path) -> Work:
    work = Work()
    moments: list[datetime] = []
    for text in ledger.read_text().splitlines():
        line = json.loads(text)
        act = line["act"]
        work.acts[act] += 1
        work.sent += line["sent"]
        work.sent_again += line["sent"] - 1
        work.troubles.update(line["troubles"])
        work.longest_wait = max(work.longest_wait, line["waited"])
        moments.append(datetime.fromisoformat(line["at"]))
        if line["status"] >= 400 and DONE_BEFORE.get(line["code"]) != act:
            work.refused[f"{act}: {line['status']} {line['code']}"] += 1
            continue
        work.answered[act] += 1
        if act == "visit":
            work.visits[line["id"]] = line
        elif act == "correct":
            work.corrected.add(line["id"])
            work.visits[line["id"]]["ends_at"] = line["ends_at"]
        elif act == "void":
            work.voided.add(line["id"])
    moments.sort()
    work.longest_silence = max(((after - before).total_seconds() for before, after in pairwise(moments)), default=0.0)
    return work


def still_moving(address: str) -> str:
    """What has not come to rest: the database, jobs, events. Empty when everything has."""
    try:
        return _moving(address)
    except psycopg.OperationalError:
        return "the database"


def _moving(address: str) -> str:
    with psycopg.connect(address, autocommit=True, connect_timeout=5) as admin:
        jobs = events = 0
        for schema in _schemas(admin):
            jobs += _number(admin, schema, "select count(*) from {s}.kernel_job where state in ('queued', 'running')")
            events += _number(
                admin,
                schema,
                "select count(*) from {s}.kernel_outboxevent where delivered_at is null and set_aside_at is null",
            )
    return f"{jobs} jobs, {events} events" if jobs or events else ""


def check(address: str, work: Work) -> tuple[list[Check], dict[str, Any]]:
    """Every claim of the drill, and a few numbers for the report."""
    with psycopg.connect(address, autocommit=True) as admin:
        schemas = _schemas(admin)
        counties = [schema for schema in schemas if schema != "public"]
        checks = [
            *_visits(admin, counties, work), *_traces(admin, counties), *_events(admin, schemas),
            *_board(admin, counties), *_jobs(admin, schemas), *_register(admin, schemas),
            Check(claim="nobody was answered by an error page of the program (500)", looked_at=work.sent,
                  wrong=work.troubles["500"]),
            _unrefused(work),
        ]  # fmt: skip
        return checks, _numbers(admin, schemas)


def _unrefused(work: Work) -> Check:
    """What advisers do cannot be refused here: a refusal would be an act that was half done before."""
    acts = ("visit", "correct", "void")
    wrong = [f"{what} × {count}" for what, count in work.refused.items() if what.split(":")[0] in acts]
    return _claim("no adviser's act was refused", sum(work.acts[act] for act in acts), wrong)


def _schemas(admin: psycopg.Connection) -> list[str]:
    return ["public", *(row[0] for row in admin.execute("select schema_name from registry_tenant order by id"))]


def _rows(
    admin: psycopg.Connection, schemas: Iterable[str], question: str, values: list[Any] | None = None
) -> list[tuple[Any, ...]]:  # fmt: skip
    """The same question in each schema; ``{s}`` stands for its name."""
    found: list[tuple[Any, ...]] = []
    for schema in schemas:
        found += admin.execute(sql.SQL(question).format(s=sql.Identifier(schema)), values).fetchall()  # type: ignore[arg-type]
    return found


def _number(admin: psycopg.Connection, schema: str, question: str) -> int:
    return int(_rows(admin, [schema], question)[0][0])


def _claim(claim: str, looked_at: int, wrong: Iterable[object]) -> Check:
    found = list(wrong)
    return Check(claim=claim, looked_at=looked_at, wrong=len(found), example=str(found[0]) if found else "")


def _visits(admin: psycopg.Connection, counties: list[str], work: Work) -> Iterable[Check]:
    rows = _rows(
        admin,
        counties,
        "select id::text, node_id, begins_at, ends_at, voided_at is not null, revision from {s}.duty_visit",
    )
    booked = Counter(row[0] for row in rows)
    yield _claim("every acknowledged visit is in the book exactly once", len(work.visits),
                 (visit for visit in work.visits if booked[visit] != 1))  # fmt: skip
    yield _claim("no visit is in the book that nobody was told of", len(rows),
                 (visit for visit in booked if visit not in work.visits))  # fmt: skip
    different = []
    for visit, node, begins, ends, voided, revision in rows:
        known = work.visits.get(visit)
        if known is None:
            continue
        expected = (known["node"], datetime.fromisoformat(known["begins_at"]), datetime.fromisoformat(known["ends_at"]),
                    visit in work.voided, 1 + (visit in work.corrected) + (visit in work.voided))  # fmt: skip
        if (node, begins, ends, voided, revision) != expected:
            different.append((visit, (node, begins, ends, voided, revision), expected))
    yield _claim("each reads as it was last answered: place, times, corrected and voided once", len(rows), different)
    doubled = _rows(
        admin, counties, "select adviser_id, begins_at from {s}.duty_visit group by 1, 2 having count(*) > 1"
    )
    yield _claim("no visit is doubled under another number", len(rows), doubled)
    busy = {row[0] for row in admin.execute("select id::text from public.duty_busytime")}
    in_force = {row[0] for row in rows if not row[4]}
    yield _claim("the advisers' time in the province fits the counties' books", len(in_force), busy ^ in_force)


_DUE = {
    "logged": "select id::text from {s}.duty_visit",
    "corrected": "select id::text from {s}.duty_visit where revision - (voided_at is not null)::int > 1",
    "voided": "select id::text from {s}.duty_visit where voided_at is not null",
}
_AUDITED = "select subject_id from {s}.kernel_auditentry where act = %s"
_TOLD = "select payload ->> 'visit_id' from {s}.kernel_outboxevent where event = %s"


def _traces(admin: psycopg.Connection, counties: list[str]) -> Iterable[Check]:
    for word, question in _DUE.items():
        due = _counted(_rows(admin, counties, question))
        audits = _counted(_rows(admin, counties, _AUDITED, [f"duty.visit.{word}"]))
        events = _counted(_rows(admin, counties, _TOLD, [f"duty.visit.{word}"]))
        yield _claim(f"visits {word}: one audit row each, and none without its visit", len(due), _unlike(due, audits))
        yield _claim(f"visits {word}: one event each, and none without its visit", len(due), _unlike(due, events))
    everywhere = ["public", *counties]
    audited, told = Counter[str](), Counter[str]()
    for name, count in _rows(admin, everywhere, "select act, count(*) from {s}.kernel_auditentry group by 1"):
        audited[name] += count
    for name, count in _rows(admin, everywhere, "select event, count(*) from {s}.kernel_outboxevent group by 1"):
        told[name] += count
    both = [name for name in told if name in audited]
    yield _claim("every other act with an event has as many audit rows as events", sum(told[name] for name in both),
                 (f"{name}: {audited[name]} ≠ {told[name]}" for name in both if audited[name] != told[name]))  # fmt: skip


def _counted(rows: Iterable[tuple[Any, ...]]) -> Counter[str]:
    return Counter(row[0] for row in rows)


def _unlike(one: Counter[str], other: Counter[str]) -> list[str]:
    return [key for key in one.keys() | other.keys() if one[key] != other[key]]


def _events(admin: psycopg.Connection, schemas: list[str]) -> Iterable[Check]:
    total = sum(_number(admin, schema, "select count(*) from {s}.kernel_outboxevent") for schema in schemas)
    waiting = _rows(
        admin,
        schemas,
        "select id, event from {s}.kernel_outboxevent where delivered_at is null and set_aside_at is null",
    )
    yield _claim("every event is delivered or set aside", total, waiting)
    overtaken = _rows(
        admin,
        schemas,
        "select id, key from (select id, key, delivered_at, max(delivered_at) over (partition by key order by id rows"
        " between unbounded preceding and 1 preceding) as before from {s}.kernel_outboxevent) e where delivered_at < before",
    )
    yield _claim("no event overtook an earlier one of the same thing", total, overtaken)


_RECOUNT = """
select to_char(begins_at at time zone 'Asia/Shanghai', 'YYYY-MM'), node_id, count(*),
       sum(extract(epoch from ends_at - begins_at) / 60)::int
  from {s}.duty_visit where voided_at is null group by 1, 2
"""
_LINES_DUE = """
select id::text, to_char(begins_at at time zone 'Asia/Shanghai', 'YYYY-MM'),
       (extract(epoch from ends_at - begins_at) / 60)::int
  from {s}.duty_visit where voided_at is null
"""
_SHOWN = "select month, node_id, visits, minutes from public.indicators_figure where level = 5 and visits > 0"
_LINES_SHOWN = "select visit_id::text, month, minutes from public.indicators_visitline"


def _board(admin: psycopg.Connection, counties: list[str]) -> Iterable[Check]:
    counted = {row[:2]: row[2:] for row in _rows(admin, counties, _RECOUNT)}
    shown = {row[:2]: row[2:] for row in admin.execute(_SHOWN)}
    keys = counted.keys() | shown.keys()
    differ = (f"{key}: {shown.get(key)} ≠ {counted.get(key)}" for key in keys if shown.get(key) != counted.get(key))
    yield _claim("the notice board's figures equal a recount of the books", len(keys), differ)
    due, lines = Counter(_rows(admin, counties, _LINES_DUE)), Counter(admin.execute(_LINES_SHOWN).fetchall())
    yield _claim("the published lines are the visits in force, each once", sum(due.values()),
                 [key for key in due.keys() | lines.keys() if due[key] != lines[key]])  # fmt: skip


def _jobs(admin: psycopg.Connection, schemas: list[str]) -> Iterable[Check]:
    rows = _rows(admin, schemas, "select id, kind, state, log, ended_at, attempts from {s}.kernel_job")
    yield _claim("no job is silent: none is queued or running at the end", len(rows),
                 (row for row in rows if row[2] in {"queued", "running"}))  # fmt: skip
    yield _claim("every job ended with a line in its log", len(rows),
                 (row for row in rows if row[4] is None or not row[3].strip()))  # fmt: skip


def _register(admin: psycopg.Connection, schemas: list[str]) -> Iterable[Check]:
    advisers = Counter(row[0] for row in admin.execute("select id::text from public.advisers_adviser"))
    audits = _counted(_rows(admin, schemas, _AUDITED, ["advisers.adviser.registered"]))
    yield _claim("every adviser of an import is registered and audited once", len(advisers), _unlike(advisers, audits))
    short = []
    for row, counts, ready in _rows(
        admin,
        schemas[1:],
        "select id, findings -> 'load', (findings -> 'counts' ->> 'ready')::int from {s}.advisers_importsheet"
        " where state = 'done'",
    ):
        if counts["advisers"] + counts["there"] + counts["refused"] != ready or counts["there"] or counts["refused"]:
            short.append((row, counts, ready))
    finished = _rows(admin, schemas[1:], "select 1 from {s}.advisers_importsheet where state = 'done'")
    yield _claim("every import that says it is done has loaded each of its rows once", len(finished), short)


def _numbers(admin: psycopg.Connection, schemas: list[str]) -> dict[str, Any]:
    states = Counter[str]()
    tried_again = 0
    for state, attempts, count in _rows(
        admin, schemas, "select state, attempts, count(*) from {s}.kernel_job group by 1, 2"
    ):
        states[state] += count
        tried_again += count if attempts > 1 else 0
    aside = sum(
        _number(admin, schema, "select count(*) from {s}.kernel_outboxevent where set_aside_at is not null")
        for schema in schemas
    )
    runs = sum(_number(admin, schema, "select count(*) from {s}.indicators_run") for schema in schemas[1:])
    return {"jobs": dict(states), "jobs_tried_again": tried_again, "set_aside": aside, "runs": runs}
