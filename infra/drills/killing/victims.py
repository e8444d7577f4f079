"""
Place of the killing: who is killed when and how, and the proof that a transaction was open at that moment.

For a kill inside a transaction the victim is first stopped (SIGSTOP) and PostgreSQL is asked. A stopped client can send
nothing: a transaction seen open then is still open when the SIGKILL comes. If none is open, the victim goes on and another
moment is tried.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from falin.runtime.broker import Broker
from falin.runtime.postgres import Postgres
from falin.runtime.processes import Child

WORKER, RELAY, BROKER, DATABASE, WEB = "worker", "relay", "broker", "database", "web"
VICTIMS = (WORKER, RELAY, BROKER, DATABASE, WEB)
TRIES_SECONDS = 4.0  # so long a moment inside a transaction is looked for
BUSY = """
select 1 from pg_stat_activity
 where application_name = any (%s) and state_change > clock_timestamp() - interval '0.3 s' limit 1
"""
OPEN = """
select pid, application_name, state, extract(epoch from clock_timestamp() - xact_start) * 1000 as age_ms,
       left(regexp_replace(query, '\\s+', ' ', 'g'), 60) as statement
  from pg_stat_activity
 where application_name = any (%s) and xact_start is not null and state in ('active', 'idle in transaction')
   and query !~* '^(commit|rollback|begin)\\M'
 order by xact_start limit 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One kill of the plan."""

    victim: str
    inside: bool
    how: str  # whole: everything at once; main: its first process alone; one: one of its processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill that happened. ``seen`` is what PostgreSQL said of the open transaction, or nothing."""

    at: datetime
    victim: str
    how: str
    seen: dict[str, Any] | None


def plan(*, kills: dict[str, int], inside: dict[str, int], chance: random.Random) -> list[Planned]:
    """So many kills of each victim, shuffled; of some of them a share inside a transaction."""
    made = []
    for victim, many in kills.items():
        for number in range(many):
            within = number < inside.get(victim, 0)
            ways = ["whole"] if within and victim != DATABASE else _WAYS[victim]
            made.append(Planned(victim=victim, inside=within, how=ways[number % len(ways)]))
    chance.shuffle(made)
    return made


_WAYS = {
    WORKER: ["whole", "main", "one"], WEB: ["whole", "main", "one"], RELAY: ["whole"], BROKER: ["whole"],
    DATABASE: ["main", "one", "main"],
}  # fmt: skip


class Killer:
    """Holds the processes and kills them as planned. ``keep_going`` is called while waiting: it restarts what died."""

    def __init__(
        self, *, children: dict[str, Child], postgres: Postgres, broker: Broker, chance: random.Random,
        keep_going: Callable[[], None],
    ) -> None:  # fmt: skip
        self.children, self.postgres, self.broker = children, postgres, broker
        self.chance, self.keep_going = chance, keep_going
        self._watch: psycopg.Connection[dict[str, Any]] | None = None
        self._log_seen: dict[str, int] = {}

    def works(self, victim: str) -> bool:
        """Whether it is up and has done something since it was last killed."""
        if victim == BROKER:
            return self.broker.alive()
        if victim == DATABASE:
            return self.postgres.alive() and self._asked("select 1 as one") is not None
        child = self.children[victim]
        if not child.alive():
            return False
        if victim == WORKER:
            return b" ready." in child.log.read_bytes()[self._log_seen.get(victim, 0) :]
        return bool(self._asked("select 1 from pg_stat_activity where application_name = %s", [f"falin-{victim}"]))

    def busy(self, planned: Planned) -> bool:
        """Whether a moment inside a transaction is likely soon, for a kill that wants one."""
        names = [f"falin-{name}" for name in _clients_of(planned.victim)]
        return not planned.inside or bool(self._asked(BUSY, [names]))

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()

    def kill(self, planned: Planned) -> Kill:
        """Kills now, or at the first moment within some seconds at which a transaction is open."""
        seen = None
        if planned.inside:
            deadline = time.monotonic() + TRIES_SECONDS
            while seen is None and time.monotonic() < deadline:
                self.wait(self.chance.uniform(0.005, 0.12))
                seen = self._kill_inside(planned)
        if seen is None:
            self._strike(planned, None)
        if planned.victim == WORKER and planned.how != "one":
            self._log_seen[WORKER] = self.children[WORKER].log.stat().st_size
        return Kill(at=datetime.now(UTC), victim=planned.victim, how=planned.how, seen=seen)

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            self.keep_going()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(0.1, left))

    def _kill_inside(self, planned: Planned) -> dict[str, Any] | None:
        names = _clients_of(planned.victim)
        with self._stopped(names):
            found = self._asked(OPEN, [[f"falin-{name}" for name in names]])
            if not found:
                return None
            self._strike(planned, found[0])
            return found[0]

    @contextlib.contextmanager
    def _stopped(self, names: list[str]) -> Iterator[None]:
        groups = [pid for name in names if (pid := self.children[name].pid) and self.children[name].alive()]
        for group in groups:
            _signal_group(group, signal.SIGSTOP)
        try:
            yield
        finally:
            for group in groups:
                _signal_group(group, signal.SIGCONT)

    def _strike(self, planned: Planned, seen: dict[str, Any] | None) -> None:
        if planned.victim == BROKER:
            self.broker.kill()
        elif planned.victim == DATABASE:
            self._strike_database(planned, seen)
        else:
            self._strike_child(self.children[planned.victim], planned.how)

    def _strike_database(self, planned: Planned, seen: dict[str, Any] | None) -> None:
        if planned.how == "main":
            self.postgres.kill()
            return
        one = (
            [seen]
            if seen
            else self._asked("select pid from pg_stat_activity where application_name ~ '^falin-' limit 1")
        )
        if one:  # one back end: the server itself then throws everybody out and recovers
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(one[0]["pid"]), signal.SIGKILL)
        else:
            self.postgres.kill()

    def _strike_child(self, child: Child, how: str) -> None:
        pid = child.pid
        if pid is None:
            return
        below = _children_of(pid)
        if how == "whole":
            _signal_group(pid, signal.SIGKILL)
        elif how == "one" and below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.chance.choice(below), signal.SIGKILL)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _asked(self, question: str, values: list[Any] | None = None) -> list[dict[str, Any]] | None:
        """The answer of the database's administrator; nothing while it is away."""
        try:
            if self._watch is None:
                self._watch = psycopg.connect(
                    self.postgres.urls.admin, autocommit=True, connect_timeout=2, row_factory=dict_row,
                    application_name="drill",
                )  # fmt: skip
            return self._watch.execute(question.encode(), values).fetchall()
        except psycopg.Error:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
            return None


def _clients_of(victim: str) -> list[str]:
    """Whose transactions a kill of the victim ends."""
    return [WEB, WORKER, RELAY] if victim == DATABASE else [victim]


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _children_of(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in thread.read_text().split()]
    return found
