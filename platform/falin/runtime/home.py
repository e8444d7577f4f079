"""Place of where Falin keeps its state on a machine.

Standard library only: the launcher uses it before anything is installed.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from falin.runtime.sentences import CannotStart, both

# Below this an embedded database of one province does not fit, and PostgreSQL stops in mid-write.
LEAST_FREE_BYTES = 600 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The folders under $FALIN_HOME. Everything of one installation lies below `root`."""

    root: Path

    @property
    def environments(self) -> Path:
        return self.root / "env"

    @property
    def assets(self) -> Path:
        return self.root / "assets"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def cache(self) -> Path:
        """Downloads and tool caches: may be deleted at any time, and is shared with test runs."""
        return self.root / "cache"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def system(self) -> Path:
        """System packages unpacked for this user alone, where nobody could install them for all."""
        return self.root / "system"

    @property
    def running_mark(self) -> Path:
        return self.root / "running"

    def inside(self, name: str) -> "Home":
        """A home of its own within this one: a demo's database and files never mix with the real ones."""
        return Home(root=self.root / name).prepare()

    def prepare(self) -> "Home":
        """Creates the root and proves that it can be written."""
        try:
            for folder in (self.root, self.logs, self.cache):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".probe-{os.getpid()}"
            probe.write_text("1")
            probe.unlink()
        except OSError as error:
            raise CannotStart(
                both(
                    f"不能在 {self.root} 写文件（{error.strerror}）。",
                    f"Cannot write in {self.root} ({error.strerror}).",
                ),
                both("请把 FALIN_HOME 设为可写的目录。", "Set FALIN_HOME to a folder you may write in."),
            ) from error
        return self

    def free_bytes(self) -> int:
        existing = next(place for place in (self.root, *self.root.parents) if place.exists())
        return shutil.disk_usage(existing).free

    def require_space(self, least: int = LEAST_FREE_BYTES) -> None:
        """:raises CannotStart: less than `least` bytes are free."""
        free = self.free_bytes()
        if free < least:
            raise CannotStart(
                both(
                    f"磁盘快满了：{self.root} 只剩 {free // 2**20} MB，至少需要 {least // 2**20} MB。",
                    f"The disk is nearly full: {free // 2**20} MB left for {self.root}, {least // 2**20} MB needed.",
                ),
                both(
                    f"请腾出空间（{self.cache} 可以随时删除），或把 FALIN_HOME 设到另一块磁盘。",
                    f"Free some space ({self.cache} may be deleted at any time) or set FALIN_HOME to another disk.",
                ),
            )


def find_home(environ: Mapping[str, str]) -> Home:
    """$FALIN_HOME, else `falin` in the user's data directory."""
    given = environ.get("FALIN_HOME")
    if given:
        return Home(root=Path(given).expanduser().absolute())
    data = environ.get("XDG_DATA_HOME")
    base = Path(data) if data and Path(data).is_absolute() else Path("~/.local/share").expanduser()
    return Home(root=base / "falin")


@contextmanager
def only_one(mark: Path, *, what: str = "") -> Iterator[None]:
    """Holds `mark` locked while inside; the kernel frees it when the process dies, however it dies.

    :raises CannotStart: another process holds it.
    """
    mark.parent.mkdir(parents=True, exist_ok=True)
    with mark.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.seek(0)
            note = handle.read().strip() or "?"
            raise CannotStart(
                both(f"已有一个法邻在用 {mark.parent}（{note}）。", f"Another Falin is using {mark.parent} ({note})."),
                both(
                    "请先停下那一个（Ctrl-C），或为这一个另设 FALIN_HOME。",
                    "Stop that one first (Ctrl-C), or give this one a FALIN_HOME of its own.",
                ),
            ) from error
        handle.truncate(0)
        handle.write(f"pid {os.getpid()} {what}".strip())
        handle.flush()
        yield
        handle.truncate(0)
