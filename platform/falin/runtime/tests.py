"""Place of `falin test`: every check and every test in one run, with a database and a broker of its own.

Each tool counts as one test. The last line is `N passed, N failed`, over everything.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from falin.runtime.broker import start_broker
from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.keycloak import Keycloak
from falin.runtime.launch.programs import find_browser
from falin.runtime.postgres import start_postgres
from falin.runtime.processes import dying_with_parent
from falin.runtime.sentences import CannotStart, say

WORKERS = "3"  # on two cores: each waits for a browser, a database or a child now and then
NO_TESTS_COLLECTED = 5
MEMORY_WANTED = 4 * 1024**3
# The tools read the settings, which want an address; nobody listens there.
NO_DATABASE = "postgresql://falin_app@127.0.0.1:1/none"
CLOSED_NETWORK = ("--disable-socket", "--allow-hosts=127.0.0.1,localhost,::1", "--allow-unix-socket")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a part of the run came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )


PASSED, FAILED = Tally(passed=1), Tally(failed=1)


def run(arguments: Arguments, home: Home) -> int:
    """`falin test`. With -k or paths only pytest runs, on what they choose."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    chosen = bool(arguments.expression or arguments.paths)
    total = Tally()
    # `falin test` may be told to stop by a signal; what it started must then be stopped too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    with _own_services(home, keycloak=not arguments.fast and not chosen) as environ:
        if not chosen:
            for name, command in checks(home):
                total += _check(name, command, checkout)
            total += _browser_present(fast=arguments.fast)
        total += _pytest(arguments, checkout=checkout, environ=environ)
    if total.skipped:
        print(f"\n跳过 {total.skipped} 项 · {total.skipped} skipped")
    print(f"\n{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed or not total.passed else 0


def checks(home: Home) -> list[tuple[str, list[str]]]:
    """The tools, quickest first. They run in both modes: `--fast` leaves out tests, not rules."""
    python = sys.executable
    cache = home.cache
    return [
        ("ruff check", [python, "-m", "ruff", "check", "--quiet", "--cache-dir", str(cache / "ruff"), "."]),
        (
            "ruff format",
            [python, "-m", "ruff", "format", "--check", "--quiet", "--cache-dir", str(cache / "ruff"), "."],
        ),
        ("lint-imports", [str(Path(python).parent / "lint-imports"), "--cache-dir", str(cache / "imports")]),
        ("mypy", [python, "-m", "mypy", "--cache-dir", str(cache / "mypy"), "--no-error-summary"]),
    ]


def _check(name: str, command: Sequence[str], checkout: Path) -> Tally:
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=checkout, env=_tool_environ(checkout), capture_output=True, text=True, check=False,
        preexec_fn=dying_with_parent(signal.SIGKILL),
    )  # fmt: skip
    seconds = time.monotonic() - began
    if done.returncode:
        print(f"{name}: FAILED ({seconds:.1f} s)\n{done.stdout}{done.stderr}", flush=True)
        return FAILED
    print(f"{name}: ok ({seconds:.1f} s)", flush=True)
    return PASSED


def _tool_environ(checkout: Path) -> dict[str, str]:
    paths = os.pathsep.join((str(checkout / "platform"), str(checkout)))
    return {**_without_services(), "DATABASE_URL": NO_DATABASE, "MYPYPATH": paths}


def _browser_present(*, fast: bool) -> Tally:
    """Without a browser the journeys cannot run: that is a failure with a sentence, never a silent skip."""
    if fast:
        return Tally()
    browser = find_browser()
    if browser and browser.exists():
        return PASSED
    print(
        "没有 chromium，浏览器测试跑不了；./falin doctor 会说怎么补 · chromium is missing; see ./falin doctor",
        flush=True,
    )
    return FAILED


@contextmanager
def _own_services(home: Home, *, keycloak: bool) -> Iterator[dict[str, str]]:
    """One cluster, one broker and one Keycloak for the run, in a folder that vanishes; the real state is never touched.

    Keycloak takes its time to start; it does so while the checks run. Chosen tests start one when they need it.

    Downloads (`cache`) are the only thing shared with the real home.
    """
    with ExitStack() as stack:
        place = tempfile.TemporaryDirectory(prefix="falin-test-", dir=_memory(), ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(place))
        folder.chmod(0o711)  # as root the database runs as a user of its own
        own = Home(root=folder).prepare()
        own.cache.rmdir()
        own.cache.symlink_to(home.cache)
        postgres = start_postgres(place=own.postgres, log=own.logs / "postgres.log", durable=False)
        stack.callback(postgres.stop)
        broker = start_broker(place=own.broker, log=own.logs / "broker.log")
        stack.callback(broker.stop)
        more: dict[str, str] = {}
        if keycloak:
            server = Keycloak(place=own.root / "keycloak", cache=home.cache, log=own.logs / "keycloak.log", memory=True)
            stack.callback(server.stop)
            try:
                server.begin_start()
                more = {"FALIN_TEST_KEYCLOAK": str(server.place)}
            except CannotStart as trouble:  # its tests say so again, and fail
                print(trouble, flush=True)
        yield {
            **more,
            **_without_services(),
            "FALIN_HOME": str(own.root),
            "DATABASE_URL": postgres.urls.app,
            "DATABASE_OWNER_URL": postgres.urls.owner,
            "FALIN_TEST_ADMIN_URL": postgres.urls.admin,
            "BROKER_URL": broker.url,
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        }


def _memory() -> str | None:
    """
    Where files cost no disk, if there is room; else ``None`` for the usual place.

    Each test copies a database of some 2,000 small files: 0.1 s in memory, up to 4 s on a busy disk.
    """
    memory = Path("/dev/shm")  # noqa: S108 -- a fresh folder in it, with a name nobody knows
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= MEMORY_WANTED
    return str(memory) if roomy else None


def _without_services() -> dict[str, str]:
    services = {"DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL"}
    return {name: value for name, value in os.environ.items() if name not in services}


def _pytest(arguments: Arguments, *, checkout: Path, environ: dict[str, str]) -> Tally:
    report = Path(environ["FALIN_HOME"]) / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder", "-q",
               "--basetemp", str(report.with_name("tests")), "-o", "tmp_path_retention_policy=failed",
               "--junitxml", str(report), *CLOSED_NETWORK]  # fmt: skip
    if arguments.fast:
        command += ["-m", "not slow and not e2e"]
    if arguments.expression:
        command += ["-k", arguments.expression]
    say("正在跑 pytest…", "running pytest…")
    done = subprocess.run(
        [*command, *arguments.paths], cwd=checkout, env=environ, check=False,
        preexec_fn=dying_with_parent(signal.SIGTERM),
    )  # fmt: skip
    tally = read_report(report)
    if done.returncode == NO_TESTS_COLLECTED or not (tally.passed or tally.failed):
        print("没有一个测试被运行 · no test ran", flush=True)
        return tally + FAILED
    if done.returncode and not tally.failed:
        print(f"pytest 以 {done.returncode} 结束 · pytest ended with {done.returncode}", flush=True)
        return tally + FAILED
    return tally


def read_report(report: Path) -> Tally:
    """The counts of pytest's own report; nothing if it never wrote one."""
    if not report.exists():
        return Tally()
    total = Tally()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314 (we have just written it)
        count = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
        failed = count["failures"] + count["errors"]
        total += Tally(
            passed=max(0, count["tests"] - failed - count["skipped"]), failed=failed, skipped=count["skipped"]
        )
    return total
