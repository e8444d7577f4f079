"""The launcher runs on a bare Python: nothing but the standard library, names that follow what they were made from."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from falin.runtime import launch
from falin.runtime.home import Home
from falin.runtime.launch import commands, environment, frontend
from falin.runtime.sentences import CannotStart

CHECKOUT = Path(__file__).parents[3]
RUNTIME = CHECKOUT / "platform/falin/runtime"
BEFORE_ANYTHING_IS_INSTALLED = (
    CHECKOUT / "falin",
    CHECKOUT / "platform/falin/__init__.py",
    RUNTIME / "__init__.py",
    RUNTIME / "home.py",
    RUNTIME / "sentences.py",
    RUNTIME / "cli.py",
    RUNTIME / "verify.py",
    *sorted((RUNTIME / "launch").glob("*.py")),
)
OURS_AND_BARE = {f"falin.runtime.{name}" for name in ("home", "sentences", "cli", "launch", "verify")}


@pytest.mark.parametrize("file", BEFORE_ANYTHING_IS_INSTALLED, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_what_runs_before_anything_is_installed_imports_the_standard_library_only(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            bare = any(name == own or name.startswith(f"{own}.") for own in OURS_AND_BARE)
            assert bare or name.split(".")[0] in sys.stdlib_module_names, f"{name} in {file}"


def test_help_needs_nothing_installed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(CHECKOUT / "falin"), "--help"],
        capture_output=True, text=True, check=False, env={"HOME": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for word in ("demo", "serve", "test", "doctor", "drill", "bench", "用一个真实省份的区划运行演示"):
        assert word in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_locks_carry_hashes_and_no_addresses() -> None:
    for name in ("runtime", "test", "node"):
        text = (CHECKOUT / f"infra/lock/{name}.txt").read_text()
        assert "://" not in text
        wanted = [line for line in text.splitlines() if line[:1].isalnum()]
        assert wanted
        assert all("==" in line and line.endswith("\\") for line in wanted)


def test_the_test_lock_agrees_with_the_runtime_lock() -> None:
    pinned = {}
    for name in ("runtime", "test"):
        text = (CHECKOUT / f"infra/lock/{name}.txt").read_text()
        pinned[name] = {line.rstrip(" \\") for line in text.splitlines() if line[:1].isalnum()}
    assert pinned["runtime"] - pinned["test"] == set()


def test_an_environment_is_named_by_its_lock(tmp_path: Path) -> None:
    (tmp_path / "infra/lock").mkdir(parents=True)
    lock = tmp_path / "infra/lock/runtime.txt"
    lock.write_text("a==1 \\\n")
    first = environment.environment_key(tmp_path)
    assert environment.environment_key(tmp_path) == first
    lock.write_text("a==2 \\\n")
    assert environment.environment_key(tmp_path) != first


def test_a_whole_environment_is_found_without_running_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "run_quietly", lambda *_, **__: pytest.fail("something ran"))
    home = Home(root=tmp_path)
    folder = home.environments / environment.environment_key(CHECKOUT)
    folder.mkdir(parents=True)
    layer = environment._layer(CHECKOUT, folder, "runtime")
    layer.stamp.touch()
    assert environment.make_environment(home=home, checkout=CHECKOUT, for_tests=False) == folder / "bin/python"


def test_an_interrupted_environment_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(root=tmp_path)
    home.prepare()
    folder = home.environments / environment.environment_key(CHECKOUT)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").touch()
    (folder / "busy").touch()
    (folder / "half a package").touch()
    ran: list[list[str]] = []

    def pretend(command: list[str], **_: object) -> None:
        ran.append(command)
        if "venv" in command:
            (folder / "lib/python3.11/site-packages/pip").mkdir(parents=True)
            (folder / "bin").mkdir()
            (folder / "bin/python").touch()

    monkeypatch.setattr(environment, "run_quietly", pretend)
    environment.make_environment(home=home, checkout=CHECKOUT, for_tests=False)
    assert not (folder / "half a package").exists()
    assert not (folder / "busy").exists()
    assert "venv" in ran[0]
    install = next(command for command in ran if "install" in command)
    assert {"--require-hashes", "--no-deps", ":all:"} <= set(install)


def test_a_failed_install_says_so_and_leaves_no_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **_: object) -> None:
        raise commands.Failed(command, "Could not find a version")

    monkeypatch.setattr(environment, "run_quietly", fail)
    home = Home(root=tmp_path).prepare()
    with pytest.raises(CannotStart, match="Could not find a version") as refused:
        environment.make_environment(home=home, checkout=CHECKOUT, for_tests=False)
    assert "PIP_INDEX_URL" in refused.value.way_out
    assert list(home.environments.glob("*/whole-*")) == []


def test_the_front_end_is_named_by_its_sources(tmp_path: Path) -> None:
    sources = tmp_path / "ui/frontend"
    (sources / "node_modules/x").mkdir(parents=True)
    (sources / "package.json").write_text("{}")
    (tmp_path / "ui/icons.svg").write_text("<svg/>")
    first = frontend.sources_key(sources)
    (sources / "node_modules/x/y.js").write_text("not ours")
    (tmp_path / "ui/views.py").write_text("not a source")
    assert frontend.sources_key(sources) == first
    (tmp_path / "ui/icons.svg").write_text("<svg></svg>")
    assert frontend.sources_key(sources) != first


def test_what_a_failed_program_said_is_kept(tmp_path: Path) -> None:
    with pytest.raises(commands.Failed) as failed:
        commands.run_quietly([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], log=tmp_path / "log")
    assert failed.value.tail == "the reason"


def test_without_arguments_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert launch.launch(str(CHECKOUT), []) == 0
    assert "命令 commands" in capsys.readouterr().out


def test_an_installer_left_by_a_killed_launcher_is_waited_for(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, threading; from pathlib import Path\n"
        "from falin.runtime.launch.commands import run_quietly; from falin.runtime.launch.environment import alone\n"
        f"here = Path({str(tmp_path)!r})\n"
        "threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()\n"
        "installer = 'import pathlib, sys, time; time.sleep(1); pathlib.Path(sys.argv[1]).touch()'\n"
        "with alone(here / 'lock'):\n"
        "    run_quietly([sys.executable, '-c', installer, str(here / 'done')], log=here / 'log')\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -9
    assert not (tmp_path / "done").exists()
    with environment.alone(tmp_path / "lock"):
        assert (tmp_path / "done").exists()
