"""The supervisor: what dies is started again, what is stopped leaves nobody behind."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from falin.runtime.processes import Child, Supervisor, free_port, is_free, require_free_port, wait_until_listening
from falin.runtime.sentences import CannotStart

SLEEPER = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)
WITH_GRANDCHILD = (
    "import subprocess, sys, time\n"
    f"other = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])\n"
    "print(other.pid, flush=True); time.sleep(600)"
)


def child(tmp_path: Path, program: str, name: str = "one") -> Child:
    return Child(
        name=name, command=[sys.executable, "-c", program], log=tmp_path / f"{name}.log", environ=dict(os.environ)
    )


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def running(pid: int | None) -> bool:
    """A process that is there and not merely waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_what_dies_is_started_again_at_once(tmp_path: Path) -> None:
    one = child(tmp_path, SLEEPER)
    with Supervisor(children=[one]) as supervisor:
        first = one.pid
        os.kill(first or 0, signal.SIGKILL)
        eventually(lambda: not one.alive())
        supervisor.look_after()
        assert one.alive()
        assert one.pid != first
    assert not running(one.pid)


def test_what_keeps_dying_is_tried_after_growing_pauses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = child(tmp_path, "raise SystemExit(1)")
    with Supervisor(children=[one]) as supervisor:
        deadline = time.monotonic() + 2.2
        while time.monotonic() < deadline:
            supervisor.look_after()
            time.sleep(0.02)
    said = capsys.readouterr().err
    assert "one 停了，0.0 秒后重新启动" in said
    assert "one 停了，0.5 秒后重新启动" in said
    assert said.count("one 停了") <= 4


def test_a_deaf_child_is_stopped_all_the_same_and_in_time(tmp_path: Path) -> None:
    one, two = child(tmp_path, STUBBORN), child(tmp_path, SLEEPER, "two")
    began = time.monotonic()
    with Supervisor(children=[one, two], stop_within=1.0):
        eventually(lambda: "deaf" in one.log.read_text())
        began = time.monotonic()
    assert time.monotonic() - began < 2.0
    assert not running(one.pid)
    assert not running(two.pid)


def test_the_children_of_a_child_do_not_stay_behind(tmp_path: Path) -> None:
    one = child(tmp_path, WITH_GRANDCHILD)
    with Supervisor(children=[one]) as supervisor:
        eventually(lambda: one.log.read_text().strip().isdigit())
        grandchild = int(one.log.read_text())
        os.kill(one.pid or 0, signal.SIGKILL)
        eventually(lambda: not one.alive())
        assert running(grandchild)
        supervisor.look_after()
        eventually(lambda: not running(grandchild))


@pytest.mark.parametrize("farewell", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_when_the_supervisor_goes_everybody_goes(tmp_path: Path, farewell: signal.Signals) -> None:
    program = textwrap.dedent(f"""
        import os, sys
        from pathlib import Path
        from falin.runtime.processes import Child, Supervisor
        one = Child(name="one", command=[sys.executable, "-c", {SLEEPER!r}], log=Path({str(tmp_path / "one.log")!r}),
                    environ=dict(os.environ))
        with Supervisor(children=[one]) as supervisor:
            print(one.pid, flush=True)
            supervisor.watch()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as boss:
        assert boss.stdout
        pid = int(boss.stdout.readline())
        assert running(pid)
        boss.send_signal(farewell)
        boss.wait(10)
    eventually(lambda: not running(pid))
    assert boss.returncode == (-signal.SIGKILL if farewell == signal.SIGKILL else 0)


def test_a_taken_port_gets_a_sentence_and_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as refused:
            require_free_port("127.0.0.1", port)
    assert f"端口 {port} 已被别的程序占用" in refused.value.sentence
    other = int(refused.value.way_out.rsplit(" ", 1)[1])
    assert port < other < port + 200
    assert is_free("127.0.0.1", other)


@pytest.mark.parametrize("port", [0, 70000])
def test_a_port_that_is_none_gets_a_sentence(port: int) -> None:
    with pytest.raises(CannotStart, match="不能在"):
        require_free_port("127.0.0.1", port)


def test_a_server_that_never_answers_is_not_waited_for_forever() -> None:
    with pytest.raises(CannotStart, match="没有应答"):
        wait_until_listening("127.0.0.1", free_port(), seconds=0.3)
