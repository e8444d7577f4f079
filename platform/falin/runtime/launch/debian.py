"""Place of Debian's packages: installed for all where we may, unpacked for this user alone where we may not.

Unpacking needs no rights at all: apt keeps its lists in a folder of ours, verifies what it fetches as always, and
`dpkg-deb -x` lays the files out below our own folder. So a bare Debian with nothing but python3 is enough.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from falin.runtime.home import Home
from falin.runtime.launch.commands import run_quietly

STAMP = ".complete"


def _turn_inwards(tree: Path) -> None:
    """Links that name a file by its place on the machine (/etc/…) lead to the one that came along."""
    for link in tree.rglob("*"):
        if link.is_symlink() and link.readlink().is_absolute():
            inside = tree / link.readlink().relative_to("/")
            if inside.exists():
                link.unlink()
                link.symlink_to(inside)


def has_apt() -> bool:
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


def installing_prefix() -> list[str] | None:
    """What to put before apt-get so that it may install for all; None where we may not."""
    if not has_apt():
        return None
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def install_for_all(*, home: Home, packages: Sequence[str], prefix: Sequence[str]) -> None:
    """:raises Failed: apt says no."""
    log = home.logs / "setup.log"
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    run_quietly([*prefix, *quiet, "apt-get", "update", "-q"], log=log)
    run_quietly([*prefix, *quiet, "apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], log=log)


def unpack_for_us(*, home: Home, packages: Sequence[str]) -> Path:
    """The root of a small tree that holds these packages and all they need that the machine lacks.

    :raises Failed: apt cannot fetch them.
    """
    name = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    tree = home.system / name
    if (tree / STAMP).exists():
        return tree
    log = home.logs / "setup.log"
    apt_folder = home.cache / "apt"
    archives = apt_folder / name
    for folder in (apt_folder / "lists" / "partial", archives / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State::Lists": apt_folder / "lists",
        "Dir::Cache": apt_folder,
        "Dir::Cache::archives": archives,
        "Debug::NoLocking": "1",  # the machine's own locks are not ours to take, and we change nothing of its
        "APT::Sandbox::User": "root",  # apt's download user could not enter our folder
    }
    apt = ["apt-get", "-q", *(f"-o{key}={value}" for key, value in options.items())]
    run_quietly([*apt, "update"], log=log)
    run_quietly([*apt, "install", "-y", "--download-only", "--no-install-recommends", *packages], log=log)
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for archive in sorted(archives.glob("*.deb")):
        run_quietly(["dpkg-deb", "-x", str(archive), str(tree)], log=log)
    _turn_inwards(tree)
    (tree / STAMP).touch()
    shutil.rmtree(archives, ignore_errors=True)
    return tree
