"""
Place of the children: two Djangos with different settings cannot live in one process, so each has its own.

A child reads one JSON order a line and answers with one JSON line; only one of them works at a time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from falin.runtime.processes import dying_with_parent
from falin.runtime.sentences import CannotStart, both

BENCH = Path(__file__).resolve().parents[1]


class Child:
    """A process of the bench that does what it is told, in turns with another."""

    def __init__(self, module: str, *, settings: str, environ: Mapping[str, str]) -> None:
        self.module = module
        # The bench's folder last: it has a file that is called like a package of the product.
        paths = [*filter(None, [os.environ.get("PYTHONPATH", "")]), str(BENCH)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "DJANGO_SETTINGS_MODULE": settings,
                "FALIN_DEMO": "",
                **environ,
            },
            preexec_fn=dying_with_parent(9),  # noqa: PLW1509 (no threads here)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __call__(self, order: str, **arguments: Any) -> Any:
        """:raises CannotStart: the child is gone; it has said why on standard error."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"order": order, **arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            line = ""
        else:
            line = self._process.stdout.readline()
        if not line:
            raise CannotStart(both(f"测速的子进程 {self.module} 停了。", f"The bench's child {self.module} stopped."))
        return json.loads(line)


def obey(orders: Mapping[str, Callable[..., Any]]) -> None:
    """The child's side: one order at a time until the parent hangs up. What is printed by others goes to stderr."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        wanted = json.loads(line)
        answer = orders[wanted.pop("order")](**wanted)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
