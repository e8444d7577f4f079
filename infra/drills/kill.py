"""
`falin drill kill`: two hundred SIGKILLs of worker, relay, broker, database and web while people work.

A small province of its own in a folder that is thrown away, the product's own processes under its own supervisor, people
who act over HTTP. Afterwards no visit may be lost or doubled, no audit row missing, no job silent.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from killing import books, report
from killing.books import Check
from killing.victims import DATABASE, RELAY, VICTIMS, WEB, WORKER, Kill, Killer, Planned, plan
from reporting import commit

from falin.runtime.broker import Broker, start_broker
from falin.runtime.home import Home
from falin.runtime.postgres import Postgres, start_postgres
from falin.runtime.processes import (
    Supervisor,
    dying_with_parent,
    free_port,
    standard_programs,
    wait_until_listening,
)
from falin.runtime.sentences import CannotStart, both, say

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long and how hard. ``pause`` lies between two kills, in seconds."""

    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VICTIMS, 40))
    inside: dict[str, int] = field(default_factory=lambda: {WEB: 12, WORKER: 12, RELAY: 6, DATABASE: 12})
    least_inside: int = 20  # with fewer the drill has not shown what it should
    pause: tuple[float, float] = (0.3, 2.2)
    warm_up: float = 5.0
    rest: float = 240.0  # so long everything may take to come to rest afterwards
    durable: bool = True
    seed: str = "2026"
    sheet_rows: int = 500  # advisers in one import


def run(home: Home, size: Size | None = None, out: Path | None = None) -> int:
    """`falin drill kill`; 1 if anything contradicts the claims."""
    size = size or Size()
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    began, clock = datetime.now(UTC), time.monotonic()
    seconds: dict[str, float] = {}
    drilled = commit(checkout)

    def lap(name: str) -> None:
        nonlocal clock
        seconds[name], clock = time.monotonic() - clock, time.monotonic()

    with own_place(home) as own, backing(own, size) as (postgres, broker, environ):
        _make_ground(own.root / "people.json", environ)
        lap("ground")
        kills = _drill(own, postgres, broker, environ, size, lap)
        work = books.read_work(own.root / "ledger")
        checks, numbers = books.check(postgres.urls.admin, work)
        checks += _enough(kills, size)
        lap("checks")
        if not report.passed(checks):
            _keep_logs(home, own)
    text = report.write(commit=drilled, seed=size.seed, began=began, seconds=seconds, kills=kills, work=work,
                        checks=checks, numbers=numbers)  # fmt: skip
    place = out or checkout / "docs" / "measured" / "kill.md"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    for check in checks:
        if check.wrong:
            say(f"✗ {check.claim}: {check.wrong} / {check.looked_at}  {check.example[:300]}")
    say(f"{len(kills)} 次强杀，{'全部通过' if report.passed(checks) else '有不符'}：{place}",
        f"{len(kills)} kills, {'passed' if report.passed(checks) else 'FAILED'}")  # fmt: skip
    return 0 if report.passed(checks) else 1


def _enough(kills: list[Kill], size: Size) -> list[Check]:
    """That the drill itself did what it set out to do."""
    within = sum(1 for kill in kills if kill.seen)
    per_victim = Counter(kill.victim for kill in kills)
    short = [victim for victim, many in size.kills.items() if per_victim[victim] < many]
    return [
        Check(claim=f"each was killed at least {min(size.kills.values())} times", looked_at=len(kills),
              wrong=len(short), example=", ".join(short)),
        Check(claim=f"at least {size.least_inside} kills came inside a transaction", looked_at=within,
              wrong=max(0, size.least_inside - within)),
    ]  # fmt: skip


@contextmanager
def own_place(home: Home) -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="drill-", dir=home.root, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as root the database runs as a user of its own
        own = Home(root=Path(folder)).prepare()
        try:
            yield own
        except Exception:
            _keep_logs(home, own)
            raise


@contextmanager
def backing(own: Home, size: Size) -> Iterator[tuple[Postgres, Broker, dict[str, str]]]:
    with ExitStack() as stack:
        postgres = start_postgres(place=own.postgres, log=own.logs / "postgres.log", durable=size.durable)
        stack.callback(postgres.stop)
        broker = start_broker(place=own.broker, log=own.logs / "broker.log")
        stack.callback(broker.stop)
        paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        yield postgres, broker, {
            **os.environ, "FALIN_HOME": str(own.root), "DATABASE_URL": postgres.urls.app,
            "DATABASE_OWNER_URL": postgres.urls.owner, "BROKER_URL": broker.url, "FALIN_DEMO": "",
            "DJANGO_SETTINGS_MODULE": "falin.config.settings", "PYTHONPATH": os.pathsep.join(paths),
        }  # fmt: skip


def _drill(
    own: Home, postgres: Postgres, broker: Broker, environ: dict[str, str], size: Size, lap: Any
) -> list[Kill]:  # fmt: skip
    """Starts everything, kills as planned, lets everything come to rest, and stops it."""
    port = free_port(HOST)
    children = standard_programs(home=own, host=HOST, port=port, environ=environ)
    chance = random.Random(size.seed)  # noqa: S311 (a drill is repeatable)
    supervisor = Supervisor(children=children, backing=(postgres, broker), steady_seconds=1.0)
    with supervisor:
        wait_until_listening(HOST, port, seconds=60.0, supervisor=supervisor)
        users = _users(own, f"http://{HOST}:{port}", environ, size)
        killer = Killer(children={child.name: child for child in children}, postgres=postgres, broker=broker,
                        chance=chance, keep_going=supervisor.look_after)  # fmt: skip
        try:
            _wait_for_work(killer, own)
            killer.wait(size.warm_up)
            lap("start")
            kills = _kill_all(killer, plan(kills=size.kills, inside=size.inside, chance=chance), size, supervisor,
                              own.root / "ledger")  # fmt: skip
            lap("kills")
            _finish(users, killer, postgres, size)
            lap("rest")
        finally:
            if users.poll() is None:
                users.kill()
            if users.stdin:
                users.stdin.close()
            users.wait()
            killer.close()
    # The supervisor has stopped everything; the books are read from the database alone.
    postgres.start()
    return kills


def _kill_all(
    killer: Killer, planned: list[Planned], size: Size, supervisor: Supervisor, ledger: Path
) -> list[Kill]:  # fmt: skip
    """One kill after another; before each somebody has been answered since the last one."""
    kills: list[Kill] = []
    left = list(planned)
    while left and not supervisor.stopping:
        answered = ledger.stat().st_size
        killer.wait(killer.chance.uniform(*size.pause))
        ready = _next(killer, left, lambda answered=answered: ledger.stat().st_size > answered)  # type: ignore[misc]
        left.remove(ready)
        kills.append(killer.kill(ready))
        if len(kills) % 20 == 0:
            say(f"  {len(kills)} / {len(planned)}")
    if supervisor.stopping:
        raise KeyboardInterrupt
    return kills


def _next(killer: Killer, left: list[Planned], people_go_on: Callable[[], bool]) -> Planned:
    """Whoever has most kills before him and works again; inside a transaction only while he is busy, if that ever comes."""
    many = Counter(one.victim for one in left)
    began = time.monotonic()
    while (waited := time.monotonic() - began) < 90:
        if people_go_on():
            working = {victim for victim in VICTIMS if killer.works(victim)}
            up = sorted((one for one in left if one.victim in working), key=lambda one: -many[one.victim])
            busy = next((one for one in up if killer.busy(one)), None)
            if busy or (up and waited > 10):
                return busy or up[0]
        killer.wait(0.1)
    raise CannotStart(both("一分半钟内没有恢复。", "Work did not go on within ninety seconds."))


def _users(own: Home, address: str, environ: dict[str, str], size: Size) -> subprocess.Popen[bytes]:
    with (own.logs / "users.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "killing.users", address, str(own.root / "people.json"), str(own.root / "ledger"),
             size.seed, str(size.sheet_rows)],
            stdin=subprocess.PIPE, stdout=log, stderr=log, env=environ, start_new_session=True,
            preexec_fn=dying_with_parent(9),  # type: ignore[arg-type]  # noqa: PLW1509
        )  # fmt: skip


def _wait_for_work(killer: Killer, own: Home) -> None:
    """People are signed in and have begun, and every process does something."""
    deadline = time.monotonic() + 60
    ledger = own.root / "ledger"
    while not (ledger.exists() and all(killer.works(victim) for victim in VICTIMS)):
        if time.monotonic() > deadline:
            raise CannotStart(both("演练没有动起来。", "The drill did not get going."), str(own.logs))
        killer.wait(0.2)


def _finish(users: subprocess.Popen[bytes], killer: Killer, postgres: Postgres, size: Size) -> None:
    """People finish what they began; then jobs and events come to rest."""
    assert users.stdin
    users.stdin.close()
    deadline = time.monotonic() + size.rest
    while users.poll() is None and time.monotonic() < deadline:
        killer.wait(0.2)
    if users.poll() != 0:
        raise CannotStart(both("演练里的人没有收工。", "The people of the drill did not finish."), f"{users.poll()}")
    moving = "?"
    while moving and time.monotonic() < deadline:
        killer.wait(0.5)
        moving = books.still_moving(postgres.urls.admin)
    if moving:
        say(f"没有静下来：{moving}", "did not come to rest")


def _make_ground(out: Path, environ: dict[str, str]) -> None:
    """In a process of its own: this one never sets Django up, so that nothing of it can mend what it checks."""
    program = "import sys, django; django.setup(); from killing.ground import make; make(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", program, str(out)], env=environ, check=False)
    if done.returncode:
        raise CannotStart(both("演练的小省没有建成。", "The drill's province could not be made."))


def _keep_logs(home: Home, own: Home) -> None:
    """After a failure the logs and the ledger are wanted; the rest vanishes with the folder."""
    kept = home.logs / "drill-kill"
    kept.mkdir(parents=True, exist_ok=True)
    for file in (*own.logs.iterdir(), own.root / "ledger"):
        with suppress(OSError):
            file.replace(kept / file.name)
    say(f"记录留在 {kept}", f"logs are kept in {kept}")
