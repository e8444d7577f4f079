"""
`falin drill load`: fifty requests a second for ten minutes, then more than can be served, then fifty again.

Web, worker, relay, beat, database, broker and the people themselves on one machine, two cores of it. Arrivals are open-loop:
they come whether or not the ones before were answered. First the rate that was promised; then the rate rises until it is
not kept up with any more; half as much again as that for a minute, of which part must be turned away with 503 and
Retry-After; then the promised rate again.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

import kill
from loading.people import MIX
from reporting import commit

from falin.runtime.home import Home
from falin.runtime.processes import (
    Supervisor,
    dying_with_parent,
    free_port,
    standard_programs,
    wait_until_listening,
    web_workers,
)
from falin.runtime.sentences import CannotStart, both, say

HOST = "127.0.0.1"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much and how long, in requests a second and seconds."""

    rate: float = 50.0
    seconds: float = 600.0
    warm_up: float = 30.0
    step: float = 10.0  # the rate rises by so much
    step_seconds: float = 20.0
    highest: float = 400.0
    over_seconds: float = 60.0
    again_seconds: float = 60.0
    cores: int = 2
    longest: float = 500.0  # p95, in milliseconds
    durable: bool = True
    seed: str = "2026"


def run(home: Home, size: Size | None = None, out: Path | None = None) -> int:
    """`falin drill load`; 1 if a goal was missed."""
    size = size or Size()
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    began, drilled = datetime.now(UTC), commit(checkout)
    every = os.sched_getaffinity(0)
    cores = sorted(every)[: size.cores]
    os.sched_setaffinity(0, cores)  # children stay there too
    with ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, every)
        found = _whole(home, size)
    goals = _goals(found, size)
    place = out or checkout / "docs" / "measured" / "load.md"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(_report(drilled, began, size, cores, found, goals))
    for claim, met, seen in goals:
        say(f"{'✓' if met else '✗'} {claim}: {seen}")
    say(f"{place}")
    return 0 if all(met for _claim, met, _seen in goals) else 1


def _whole(home: Home, size: Size) -> dict[str, Any]:
    """Everything is started, the drill is done, everything is stopped."""
    with kill.own_place(home) as own, kill.backing(own, kill.Size(durable=size.durable)) as (postgres, broker, environ):
        _make_ground(own.root / "world.json", environ)
        port = free_port(HOST)
        programs = standard_programs(home=own, host=HOST, port=port, environ=environ, workers=web_workers())
        with Supervisor(children=programs, backing=(postgres, broker)) as supervisor:
            wait_until_listening(HOST, port, seconds=60.0, supervisor=supervisor)
            people = _People(own, f"http://{HOST}:{port}", environ, size)
            try:
                parts = {child.name: child.pid or 0 for child in programs}
                parts |= {"database": postgres.pid or 0, "broker": broker.pid or 0}
                return {"workers": web_workers(), **_drill(people, parts, size)}
            finally:
                people.leave()


def _drill(people: _People, parts: dict[str, int], size: Size) -> dict[str, Any]:
    people.stretch(size.rate, size.warm_up)
    before = _cpu(parts)
    steady = people.stretch(size.rate, size.seconds)
    after = _cpu(parts)
    found: dict[str, Any] = {"steady": steady, "steps": []}
    found["cpu"] = {name: (after[name] - before[name]) / size.seconds for name in parts}
    saturation, rate = steady["a_second"], size.rate
    while rate < size.highest:
        rate += size.step
        step = people.stretch(rate, size.step_seconds)
        found["steps"].append({"rate": rate, **step})
        saturation = max(saturation, step["a_second"])
        if step["shed"] or step["a_second"] < 0.9 * rate:
            break
    found["saturation"] = saturation
    found["over"] = people.stretch(1.5 * saturation, size.over_seconds)
    found["again"] = people.stretch(size.rate, size.again_seconds)
    return found


def _goals(found: dict[str, Any], size: Size) -> list[tuple[str, bool, str]]:
    steady, over, again = found["steady"], found["over"], found["again"]
    errors = sum(steady["wrong"].values()) + steady["shed"]
    return [
        (f"{size.rate:.0f} requests a second for {size.seconds:.0f} s: p95 ≤ {size.longest:.0f} ms",
         steady["p95"] <= size.longest, f"{steady['p95']} ms"),
        ("no errors, nobody turned away", errors == 0, f"{errors} of {steady['sent']}: {steady['wrong']}"),
        ("at 1.5 times the saturation part is turned away with 503 and Retry-After",
         over["shed"] > 0 and over["shed_without_word"] == 0, f"{over['shed']} of {over['sent']}"),
        ("and nobody gets anything else", not over["wrong"], f"{over['wrong']}"),
        ("and as much is answered as before, within a fifth", over["a_second"] >= 0.8 * found["saturation"],
         f"{over['a_second']} a second, {found['saturation']} before; p95 {over['p95']} ms"),
        ("then it is as before", again["p95"] <= size.longest and not again["wrong"] and not again["shed"],
         f"p95 {again['p95']} ms, {again['wrong']}, {again['shed']} turned away"),
    ]  # fmt: skip


class _People:
    """The process of the people: told what to do a line at a time."""

    def __init__(self, own: Home, address: str, environ: dict[str, str], size: Size) -> None:
        with (own.logs / "people.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "loading.people", address, str(own.root / "world.json"), size.seed],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environ, text=True,
                start_new_session=True, preexec_fn=dying_with_parent(9),  # type: ignore[arg-type]  # noqa: PLW1509
            )  # fmt: skip
        if self._line() != "ready":
            raise CannotStart(both("演练里的人没有上班。", "The people of the drill did not come."), str(own.logs))

    def stretch(self, rate: float, seconds: float) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"rate": rate, "seconds": seconds}) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self._line() or "{}")
        if not found:
            raise CannotStart(both("演练里的人走了。", "The people of the drill left."))
        say(f"  {rate:.0f}/s, {seconds:.0f} s: {found['a_second']}/s, p95 {found['p95']} ms, {found['shed']} × 503,"
            f" {sum(found['wrong'].values())} wrong")  # fmt: skip
        return found

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        with suppress(OSError):
            self.process.kill()
        self.process.wait()
        for line in (self.process.stdin, self.process.stdout):
            if line:
                with suppress(OSError):
                    line.close()


def _make_ground(out: Path, environ: dict[str, str]) -> None:
    program = "import sys, django; django.setup(); from loading.ground import make; make(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", program, str(out)], env=environ, check=False)
    if done.returncode:
        raise CannotStart(both("演练的小省没有建成。", "The drill's province could not be made."))


def _cpu(parts: dict[str, int]) -> dict[str, float]:
    """Seconds of processor that each program and its children have used."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
                used[int(entry.name)] = sum(int(one) for one in fields[11:15]) / TICK  # its dead children's too
    return {name: sum(used.get(one, 0.0) for one in _family(pid, children)) for name, pid in parts.items()}


def _family(pid: int, children: dict[int, list[int]]) -> Iterable[int]:
    yield pid
    for child in children.get(pid, ()):
        yield from _family(child, children)


def _report(
    commit: str, began: datetime, size: Size, cores: list[int], found: dict[str, Any], goals: list[tuple[str, bool, str]]
) -> str:  # fmt: skip
    steady = found["steady"]
    lines = "".join(f"| {claim} | {'yes' if met else '**no**'} | {seen} |\n" for claim, met, seen in goals)
    mix = "".join(
        f"| {name} | {weight} % | {count:,} | {middle} | {high} |\n"
        for name, weight in MIX.items() for count, middle, high in [steady["by_kind"].get(name, [0, 0.0, 0.0])]
    )  # fmt: skip
    cpu = "".join(f"| {name} | {100 * value:.0f} % |\n" for name, value in found["cpu"].items())
    stretches = [(f"{one['rate']:.0f}", one) for one in found["steps"]]
    stretches += [
        (f"{1.5 * found['saturation']:.0f} (over)", found["over"]),
        (f"{size.rate:.0f} (again)", found["again"]),
    ]
    rows = "".join(
        f"| {rate} | {one['sent']:,} | {one['a_second']} | {one['p50']} | {one['p95']} | {one['p99']} | {one['shed']:,} |"
        f" {sum(one['wrong'].values())} | {100 * one['generator_cpu']:.0f} % |\n"
        for rate, one in [(f"{size.rate:.0f}", steady), *stretches]
    )
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    return (
        "# Load\n\nWritten by `./falin drill load`: open-loop arrivals at random moments; latency is counted from the moment"
        " of arrival. Web, worker, relay, beat, database, broker and the people on the same cores.\n\n"
        f"Commit {commit}, {began:%Y-%m-%d %H:%M} UTC; {model}, cores {', '.join(map(str, cores))} of"
        f" {os.cpu_count()}; {found['workers']} web processes of 4 threads; the database syncs to disk:"
        f" {'yes' if size.durable else 'no'}.\n\n"
        f"| goal | met | seen |\n|---|---|---|\n{lines}\n"
        f"## The mix, and its {size.seconds:.0f} s at {size.rate:.0f} a second\n\n"
        f"| request | share | answered | p50 ms | p95 ms |\n|---|---|---|---|---|\n{mix}\n"
        "## Processor at that rate\n\n| program | of one core |\n|---|---|\n"
        f"{cpu}| the people themselves | {100 * steady['generator_cpu']:.0f} % |\n\n"
        "## Stretches\n\n| rate | sent | answered a second | p50 ms | p95 ms | p99 ms | 503 | wrong | generator |\n"
        f"|---|---|---|---|---|---|---|---|---|\n{rows}"
    )
