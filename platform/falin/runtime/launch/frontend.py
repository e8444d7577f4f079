"""Place of building the front end: in a copy under $FALIN_HOME, once for each state of its sources."""

import hashlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from falin.runtime.home import Home
from falin.runtime.launch.commands import Failed, run_quietly
from falin.runtime.launch.environment import add_node, alone
from falin.runtime.sentences import CannotStart, both, say

SOURCES = Path("platform/falin/ui/frontend")
NOT_SOURCES = frozenset({"node_modules", "dist", "__pycache__"})
KEPT_BUILDS = 3
OLDEST_NODE = 18


def build_frontend(*, home: Home, checkout: Path, python: Path) -> Path | None:
    """The folder of built assets; None where the checkout has no front end.

    :raises CannotStart: the build failed; says with which words.
    """
    sources = checkout / SOURCES
    if not (sources / "package.json").is_file():
        return None
    assets = home.assets / sources_key(sources)
    if (assets / ".complete").exists():
        return assets
    with alone(home.assets / ".lock"):
        if not (assets / ".complete").exists():
            _build(home=home, checkout=checkout, sources=sources, assets=assets)
            _forget_old_builds(home.assets, keep=assets)
    return assets


def sources_key(sources: Path) -> str:
    state = hashlib.sha256()
    for file in _files(sources):
        state.update(f"{file.relative_to(sources.parent)}\0".encode())
        state.update(hashlib.sha256(file.read_bytes()).digest())
    return state.hexdigest()[:16]


def _files(sources: Path) -> list[Path]:
    """The sources, and what lies beside their folder and is not Python (the icons serve the templates too)."""
    found = [file for file in sorted(sources.parent.iterdir()) if file.is_file() and file.suffix != ".py"]
    for folder, folders, names in os.walk(sources):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        found += [Path(folder) / name for name in sorted(names)]
    return found


def _build(*, home: Home, checkout: Path, sources: Path, assets: Path) -> None:
    began = time.monotonic()
    say("正在构建前端…", "building the front end…")
    copy = home.cache / "ui" / sources.name
    log = home.logs / "setup.log"
    environ = _with_node(home=home, checkout=checkout)
    node_modules = copy / "node_modules"
    _copy_sources(sources, copy)
    shutil.rmtree(assets, ignore_errors=True)
    assets.mkdir(parents=True)
    lock = hashlib.sha256((sources / "package-lock.json").read_bytes()).hexdigest()[:16]
    try:
        if not (node_modules / f".whole-{lock}").exists():
            run_quietly(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], log=log, environ=environ, folder=copy
            )
            (node_modules / f".whole-{lock}").touch()
        run_quietly(["node", "build.mjs", "--out", str(assets)], log=log, environ=environ, folder=copy)
    except Failed as failure:
        raise CannotStart(
            both("前端没有构建成。", "The front end could not be built.") + f"\n{failure.tail}",
            both(f"请检查网络后再运行一次。全部记录：{log}", f"Check the network and run again. Log: {log}"),
        ) from failure
    (assets / ".complete").touch()
    say(f"  好了，{time.monotonic() - began:.0f} 秒", f"done, {time.monotonic() - began:.0f} s")


def _copy_sources(sources: Path, copy: Path) -> None:
    """Fresh sources beside the packages of an earlier build."""
    copy.mkdir(parents=True, exist_ok=True)
    for old in copy.iterdir():
        if old.name != "node_modules":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for file in _files(sources):
        target = copy.parent / file.relative_to(sources.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def find_node(*, home: Home, checkout: Path) -> Path:
    """The machine's Node.js where it is new enough, else the one of the environment, fetched if need be."""
    machines = shutil.which("node")
    return Path(machines) if machines and _machine_has_node() else add_node(home=home, checkout=checkout) / "node"


def _with_node(*, home: Home, checkout: Path) -> dict[str, str]:
    environ = {**os.environ, "npm_config_cache": str(home.cache / "npm")}
    if not _machine_has_node():
        programs = add_node(home=home, checkout=checkout)
        environ["PATH"] = os.pathsep.join(
            (str(_npm_beside(programs, home)), str(programs), environ.get("PATH", os.defpath))
        )
    return environ


def _npm_beside(programs: Path, home: Home) -> Path:
    """The Python package ships npm as a script of Node without its usual name; gives it that name."""
    folder = home.cache / "node-names"
    folder.mkdir(parents=True, exist_ok=True)
    npm = folder / "npm"
    script = programs.parent / "lib/node_modules/npm/bin/npm-cli.js"
    npm.write_text(f'#!/bin/sh\nexec "{programs / "node"}" "{script}" "$@"\n')
    npm.chmod(0o755)
    return folder


def _machine_has_node() -> bool:
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    number = re.match(r"v(\d+)", said)
    return number is not None and int(number[1]) >= OLDEST_NODE


def _forget_old_builds(assets: Path, *, keep: Path) -> None:
    """A running server may still serve the build before this one; older ones go."""
    builds = sorted((b for b in assets.iterdir() if b.is_dir()), key=lambda build: build.stat().st_mtime, reverse=True)
    for build in builds[KEPT_BUILDS:]:
        if build != keep:
            shutil.rmtree(build, ignore_errors=True)
