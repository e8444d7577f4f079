"""Place of running other programs quietly: their words go to a log, and are shown only when they fail."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

SHOWN_LINES = 12


class Failed(Exception):
    """A program ended with an error; carries the end of what it said."""

    def __init__(self, command: Sequence[str], tail: str) -> None:
        super().__init__(f"{command[0]}: {tail}")
        self.tail = tail


def run_quietly(
    command: Sequence[str], *, log: Path, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> None:
    """Runs it to its end, output appended to `log`.

    :raises Failed: it is missing or ended with an error.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as book:
        book.write(f"\n$ {' '.join(command)}\n".encode())
        book.flush()
        start = book.tell()
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=book, stderr=book, env=environ, cwd=folder, check=False,
                close_fds=False,  # the lock of a launch is inherited on purpose
            )  # fmt: skip
        except OSError as error:
            raise Failed(command, str(error)) from error
    if done.returncode:
        said = log.read_bytes()[start:].decode(errors="replace").strip().splitlines()
        raise Failed(command, "\n".join(said[-SHOWN_LINES:]) or f"exit code {done.returncode}")
