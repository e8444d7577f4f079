"""Place of the processes of one running instance: started, watched, restarted when they die, stopped without orphans.

Each process leads a group of its own. Ctrl-C therefore reaches only the supervisor, which stops the others in order;
and if the supervisor itself is killed, the kernel tells each process (PR_SET_PDEATHSIG).
"""

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self

from falin.runtime.home import Home
from falin.runtime.sentences import CannotStart, both, say

STEADY_SECONDS = 30.0  # one that ran this long counts as well again
LONGEST_PAUSE = 20.0
LOOK_EVERY = 0.2
LARGEST_LOG = 20 * 1024 * 1024
PR_SET_PDEATHSIG = 1


class Kept(Protocol):
    """Something the supervisor keeps running: a child process, the database, the broker."""

    @property
    def name(self) -> str: ...

    @property
    def log(self) -> Path: ...

    def start(self) -> None:
        """Starts it, or starts it again. :raises CannotStart: it cannot."""

    def alive(self) -> bool: ...

    def begin_stop(self) -> None:
        """Asks it to stop and returns at once."""

    def finish_stop(self, seconds: float) -> None:
        """Waits so long, then forces it."""


def dying_with_parent(farewell: signal.Signals) -> Callable[[], None]:
    """To be run in the child between fork and exec: the kernel sends `farewell` when the parent dies."""
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(farewell))
        if os.getppid() != parent:  # it died before we asked
            os.kill(os.getpid(), farewell)

    return arrange


def open_log(path: Path) -> int:
    """A descriptor to append to; a log that has grown too long starts anew, the last one is kept beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".old.log"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)


class Child:
    """
    A program of ours as a child process, with its words in a log of its own.

    :param scratch: its folder for what it writes for a moment (half a list of people, say). It begins with an empty one,
        whoever was killed before.
    """

    def __init__(
        self, *, name: str, command: Sequence[str], log: Path, environ: Mapping[str, str], folder: Path | None = None,
        scratch: Path | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.command = list(command)
        self.log = log
        self.environ = dict(environ)
        self.folder = folder
        self.scratch = scratch
        if scratch:
            self.environ["TMPDIR"] = str(scratch)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        self._sweep()
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        book = open_log(self.log)
        try:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=book,
                stderr=book,
                env=self.environ,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 (no threads here)
            )
        except OSError as error:
            raise CannotStart(
                both(f"{self.name} 启动不了：{error.strerror}", f"{self.name} does not start: {error.strerror}")
            ) from error
        finally:
            os.close(book)

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def begin_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def finish_stop(self, seconds: float) -> None:
        if self.process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
            self._sweep()
            self.process.wait()

    def _sweep(self) -> None:
        """What is left of its group: pool processes of a killed worker, helpers of a killed server."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Keeps things running until it is told to stop. `backing` (database, broker) starts first and stops last.

    Use as a context manager: leaving it stops everything. Things of `backing` may be running already.
    """

    def __init__(
        self, *, children: Sequence[Kept], backing: Sequence[Kept] = (), stop_within: float = 10.0,
        steady_seconds: float = STEADY_SECONDS,
    ) -> None:  # fmt: skip
        self.steady_seconds = steady_seconds
        self.children = list(children)
        self.backing = list(backing)
        self.stop_within = stop_within
        self._stopping = False
        self._failures: dict[str, int] = {}
        self._started_at: dict[str, float] = {}
        self._next_try: dict[str, float] = {}
        self._former: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._former[number] = signal.signal(number, self._told_to_stop)
        try:
            for kept in (*self.backing, *self.children):
                if not kept.alive():
                    kept.start()
                self._started_at[kept.name] = time.monotonic()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self.stop_all()
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def watch(self) -> None:
        """Blocks until Ctrl-C or SIGTERM; meanwhile starts again whatever dies."""
        while not self._stopping:
            self.look_after()
            time.sleep(LOOK_EVERY)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def look_after(self) -> None:
        """One round: what died is started again, at once the first time, then after growing pauses."""
        for kept in (*self.backing, *self.children):
            if self._stopping:
                return
            if kept.alive():
                if time.monotonic() - self._started_at[kept.name] > self.steady_seconds:
                    self._failures.pop(kept.name, None)
            else:
                self._start_again(kept)

    def _start_again(self, kept: Kept) -> None:
        now = time.monotonic()
        if kept.name not in self._next_try:
            failures = self._failures.get(kept.name, 0)
            pause = 0.0 if failures == 0 else min(0.5 * 2 ** (failures - 1), LONGEST_PAUSE)
            self._failures[kept.name] = failures + 1
            self._next_try[kept.name] = now + pause
            say(f"{kept.name} 停了，{pause:.1f} 秒后重新启动（{kept.log}）", f"{kept.name} died, starting again")
        if now < self._next_try[kept.name]:
            return
        del self._next_try[kept.name]
        self._started_at[kept.name] = now
        try:
            kept.start()
        except CannotStart as trouble:
            say(trouble.sentence)

    def stop_all(self) -> None:
        """Children together, then what they lean on, together within `stop_within` seconds."""
        self._stopping = True
        deadline = time.monotonic() + self.stop_within
        for group, share in ((self.children, 0.6), (list(reversed(self.backing)), 1.0)):
            for kept in group:
                kept.begin_stop()
            until = deadline - self.stop_within * (1 - share)
            for kept in group:
                kept.finish_stop(max(0.1, until - time.monotonic()))

    def _told_to_stop(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:  # told twice: no more patience
            self.stop_within = 0.5
            return
        self._stopping = True
        say("正在停止…", "stopping…")


def require_free_port(host: str, port: int) -> None:
    """:raises CannotStart: somebody listens there (names the next free one), or we may not, or the host is not ours."""
    problem = _binding_problem(host, port)
    if problem is None:
        return
    if problem == errno.EADDRINUSE:
        other = next((number for number in range(port + 1, min(port + 200, 65536)) if is_free(host, number)), None)
        raise CannotStart(
            both(f"端口 {port} 已被别的程序占用。", f"Port {port} is taken by another program."),
            both(f"请换一个：--port {other}", f"Take another: --port {other}") if other else "",
        )
    if problem == errno.EACCES:
        raise CannotStart(
            both(f"普通用户不能用端口 {port}。", f"A plain user may not use port {port}."),
            both("请用 1024 以上的端口，如 --port 8000。", "Use one above 1023, such as --port 8000."),
        )
    raise CannotStart(
        both(f"不能在 {host} 端口 {port} 上监听。", f"Cannot listen on {host}, port {port}.")
        + f"\n{os.strerror(problem)}",
        both("请检查 --host 和 --port。", "Check --host and --port."),
    )


def is_free(host: str, port: int) -> bool:
    return _binding_problem(host, port) is None


def _binding_problem(host: str, port: int) -> int | None:
    if not 0 < port < 65536:
        return errno.EINVAL
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            return errno.EADDRNOTAVAIL
        except OSError as error:
            return error.errno
    return None


def free_port(host: str = "127.0.0.1") -> int:
    """
    A port nobody listens at, below those the kernel hands out for outgoing connections.

    Among these, a client that keeps knocking at a server that died is one day given that very port, is then connected to
    itself, and keeps the server from coming back.
    """
    for _try in range(50):
        number = 20_000 + secrets.randbelow(12_000)
        if is_free(host, number):
            return number
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait_until_listening(host: str, port: int, *, seconds: float, supervisor: Supervisor | None = None) -> None:
    """:raises CannotStart: nobody answers there in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not (supervisor and supervisor.stopping):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        if supervisor:
            supervisor.look_after()
        time.sleep(0.1)
    raise CannotStart(
        both(f"网页服务 {seconds:.0f} 秒内没有应答。", f"The web server did not answer within {seconds:.0f} seconds."),
        both("请看 log/web.log。", "See log/web.log."),
    )


def web_workers() -> int:
    """How many processes serve pages: one for each core at hand, four at most (further ones belong on further machines)."""
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def standard_programs(
    *, home: Home, host: str, port: int, environ: Mapping[str, str], workers: int = 1, certificate: Path | None = None
) -> list[Child]:
    """
    The six programs of an instance: web, worker, short, clicks, relay, beat. With a certificate (and its key) web speaks TLS
    itself.

    What somebody waits for has workers of its own: two counties' long imports take both places of the first.
    """
    python = sys.executable
    celery = (python, "-m", "celery", "-A", "falin.config.celery")
    worker = (*celery, "worker", "--loglevel", "INFO", "--without-mingle", "--without-gossip")
    web = (
        python, "-m", "gunicorn", "falin.config.wsgi:application", "--worker-class", "falin.runtime.shedding.SheddingWorker",
        "--workers", str(workers), "--threads", "4", "--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "--graceful-timeout", "5",
        "--no-control-socket",
        *(("--certfile", str(certificate), "--keyfile", str(certificate)) if certificate else ()),
    )  # fmt: skip
    commands = {
        "web": web,
        "worker": (*worker, "--queues", "bulk", "--concurrency", "2", "--hostname", "worker@%h"),
        "short": (*worker, "--queues", "short", "--pool", "threads", "--concurrency", "2", "--hostname", "short@%h"),
        "clicks": (*worker, "--queues", "click", "--pool", "solo", "--hostname", "clicks@%h"),
        "relay": (python, "-m", "falin.runtime.cli", "manage", "relay"),
        "beat": (
            *celery,
            "beat",
            "--loglevel",
            "INFO",
            "--schedule",
            str(home.root / "beat-schedule"),
            "--pidfile",
            "",
        ),
    }
    return [
        Child(
            name=name, command=command, log=home.logs / f"{name}.log", folder=home.root,
            environ={**environ, "PGAPPNAME": f"falin-{name}"}, scratch=home.root / "tmp" / name,
        )
        for name, command in commands.items()
    ]  # fmt: skip
