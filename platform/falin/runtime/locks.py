"""Place of making the locks anew: `falin lock`. They carry versions and hashes, and no addresses."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from argparse import Namespace as Arguments
from pathlib import Path

from falin.runtime.home import Home
from falin.runtime.sentences import CannotStart, both, say

HEADER = "# Made by `./falin lock` from pyproject.toml. Versions and hashes, no addresses.\n"


def make_locks(*, checkout: Path, upgrade: bool) -> None:
    """Writes runtime.txt, test.txt and node.txt under infra/lock; takes the addresses out of npm's own locks.

    :raises CannotStart: uv is missing or finds no solution.
    """
    project = checkout / "pyproject.toml"
    folder = checkout / "infra" / "lock"
    extras = tomllib.loads(project.read_text())["project"]["optional-dependencies"]
    _compile(project, folder / "runtime.txt", upgrade=upgrade)
    _compile(
        project, folder / "test.txt", upgrade=upgrade, options=("--extra", "test", "-c", str(folder / "runtime.txt"))
    )
    with tempfile.NamedTemporaryFile("w", suffix=".in") as node:
        node.write("\n".join(extras["node"]))
        node.flush()
        _compile(Path(node.name), folder / "node.txt", upgrade=upgrade)
    for lock in _npm_locks(checkout):
        _strip(lock)


def _npm_locks(checkout: Path) -> list[Path]:
    return [lock for lock in sorted(checkout.glob("**/package-lock.json")) if "node_modules" not in lock.parts]


def _strip(lock: Path) -> None:
    """npm writes whence it took a package, and where its authors ask for money, into the lock."""
    body = json.loads(lock.read_text())
    for package in body["packages"].values():
        for address in ("resolved", "funding"):
            package.pop(address, None)
    lock.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    say(f"{lock.parent.name}/{lock.name}: {len(body['packages'])}")


def _compile(source: Path, target: Path, *, upgrade: bool, options: tuple[str, ...] = ()) -> None:
    uv = shutil.which("uv")
    if not uv:
        raise CannotStart(both("没有 uv。", "uv is missing."), "pip install uv")
    said = subprocess.run(
        [uv, "pip", "compile", str(source), "--generate-hashes", "--universal", "--python-version", "3.11",
         "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "--quiet",
         *(("--upgrade",) if upgrade else ()), *options, "--output-file", str(target)],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    if said.returncode:
        raise CannotStart(both("锁没有算成。", "The lock could not be made.") + f"\n{said.stderr.strip()}")
    body = target.read_text()
    if re.search(r"https?://|^-", body, re.MULTILINE):
        raise CannotStart(both(f"{target.name} 里有地址。", f"{target.name} holds an address."))
    target.write_text(HEADER + body.removeprefix(HEADER))
    say(f"{target.name}: {sum(line[:1].isalnum() for line in body.splitlines())}")


def run(arguments: Arguments, home: Home) -> int:
    """`falin lock`."""
    make_locks(checkout=Path(os.environ.get("FALIN_CHECKOUT", Path.cwd())), upgrade=arguments.upgrade)
    return 0
