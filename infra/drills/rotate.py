"""
`falin drill rotate`: the data key of a province is replaced while processes read and write 100,000 advisers.

A cluster of its own that is thrown away. The worker that re-encrypts is killed (SIGKILL) in the middle and another one
goes on. Nobody may get an error, and afterwards every value must open under the new key and be the number it was.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime.home import Home
from falin.runtime.postgres import start_postgres
from falin.runtime.processes import dying_with_parent
from falin.runtime.sentences import CannotStart, both, say

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much. ``kill_at`` is the share of values that are done when the first worker is killed."""

    rows: int = 100_000
    readers: int = 2
    writers: int = 2
    kill_at: float = 0.3
    durable: bool = True


def run(home: Home, size: Size | None = None, out: Path | None = None) -> int:
    """`falin drill rotate`; 1 if anybody got an error or a value is not what it was."""
    size = size or Size()
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    drilled = commit(checkout)
    with _ground(home, size) as (environ, admin):
        say("正在建登记册…", "making the register…")
        made = _ask(environ, "make", size.rows)
        people = [_start(environ, "read", size.rows, f"{n}") for n in range(size.readers)]
        people += [_start(environ, "write", size.rows, f"{n + 1}", made["firm"]) for n in range(size.writers)]
        time.sleep(3)
        say("正在更换数据密钥…", "replacing the data key…")
        began = time.monotonic()
        job = _ask(environ, "ask")["job"]
        killed_at = _kill_in_the_middle(environ, admin, made["schema"], job, size)
        state = _ask(environ, "work", job)["state"]
        seconds = time.monotonic() - began
        noticed = [_answer(person) for person in people]
        found = _ask(environ, "check")
        with psycopg.connect(admin) as book:
            tries = book.execute(_job("attempts", made["schema"]), [job]).fetchone()
    wrong = sum((Counter(one["wrong"]) for one in noticed), Counter[str]())
    failures = sum(wrong.values()) + found["old"] + found["unreadable"] + found["wrong"]
    passed = failures == 0 and state == "done" and tries == (2,)
    text = _report(drilled, size, seconds, killed_at, noticed, wrong, found, passed=passed)
    place = out or checkout / "docs" / "measured" / "rotate.md"
    place.write_text(text)
    say(
        f"{'通过' if passed else '有不符'}：{place}", "passed" if passed else f"FAILED: {state} {tries} {wrong} {found}"
    )
    return 0 if passed else 1


@contextmanager
def _ground(home: Home, size: Size) -> Iterator[tuple[dict[str, str], str]]:
    with tempfile.TemporaryDirectory(prefix="drill-", dir=home.root, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as root the database runs as a user of its own
        own = Home(root=Path(folder)).prepare()
        postgres = start_postgres(place=own.postgres, log=own.logs / "postgres.log", durable=size.durable)
        paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        try:
            yield {
                **os.environ, "FALIN_HOME": str(own.root), "DATABASE_URL": postgres.urls.app,
                "DATABASE_OWNER_URL": postgres.urls.owner, "FALIN_DEMO": "",
                "DJANGO_SETTINGS_MODULE": "falin.config.settings", "PYTHONPATH": os.pathsep.join(paths),
            }, postgres.urls.admin  # fmt: skip
        finally:
            postgres.stop()


def _start(environ: dict[str, str], *words: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rotating.workers", *map(str, words)], env=environ, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, preexec_fn=dying_with_parent(9),  # type: ignore[arg-type]  # noqa: PLW1509
    )  # fmt: skip


def _answer(child: subprocess.Popen[str]) -> dict[str, Any]:
    said, _none = child.communicate()
    if child.returncode:
        raise CannotStart(both("演练的子进程停了。", "A process of the drill stopped."), f"{child.args}")
    found: dict[str, Any] = json.loads(said)
    return found


def _ask(environ: dict[str, str], *words: Any) -> dict[str, Any]:
    return _answer(_start(environ, *words))


def _kill_in_the_middle(environ: dict[str, str], admin: str, schema: str, job: str, size: Size) -> int:
    """How many values were done when the worker was killed."""
    worker = _start(environ, "work", job)
    with psycopg.connect(admin, autocommit=True) as book:
        while worker.poll() is None:
            row = book.execute(_job("done, total", schema), [job]).fetchone()
            if row and row[1] and row[0] >= size.kill_at * row[1]:
                worker.kill()
                worker.communicate()
                return int(row[0])
            time.sleep(0.01)
    raise CannotStart(both("没来得及强杀。", "The worker was done before it could be killed."))


def _job(columns: str, schema: str) -> bytes:
    return f"select {columns} from {schema}.kernel_job where id = %s".encode()  # noqa: S608 (words of our own)


def _report(
    drilled: str, size: Size, seconds: float, killed_at: int, noticed: list[dict[str, Any]], wrong: Counter[str],
    found: dict[str, int], *, passed: bool,
) -> str:  # fmt: skip
    done = sum((Counter(one["done"]) for one in noticed), Counter[str]())
    acts = ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
    lines = [
        "# Rotation drill",
        "",
        (
            "Written by `./falin drill rotate`: a province's data key is replaced while processes read and write; the"
            " worker that re-encrypts is killed (SIGKILL) once and another goes on. Afterwards every value is decrypted"
            " and compared with its blind index, which rotation does not touch."
        ),
        "",
        (
            f"**{'Passed' if passed else 'FAILED'}**: {found['values']} values in {size.rows} rows and newcomers,"
            f" {sum(wrong.values())} errors, {found['unreadable']} unreadable, {found['wrong']} changed,"
            f" {found['old']} left under the old key."
        ),
        "",
        f"- commit: {drilled}",
        f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, Python {platform.python_version()}",
        f"- from the request to the end, with the kill: {seconds:.0f} s; killed after {killed_at} values",
        f"- meanwhile {size.readers} readers and {size.writers} writers: {acts}",
        f"- longest wait of a reader or writer: {max(one['longest'] for one in noticed):.2f} s",
        f"- errors: {dict(wrong) or 'none'}",
    ]
    return "\n".join(lines) + "\n"
