"""What a drill in small needs: its module, a checkout that takes its report, an empty cell in place of a cluster of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import pytest

from falin.runtime import measuring, tests
from falin.runtime.home import Home
from tests.app.registry.archives import other_cell
from tests.conftest import ADMIN, ROOT, with_name


def drill(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[Any, Path]:
    """The drill's module, and where its report will lie."""
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    module = measuring._module("drills", name)
    (folder / "docs" / "measured").mkdir(parents=True)
    monkeypatch.setenv("FALIN_CHECKOUT", str(folder))
    return module, folder / "docs" / "measured" / f"{name}.md"


def with_the_suites_own_services(module: Any, monkeypatch: pytest.MonkeyPatch, *, only: str = "") -> None:
    """
    Have a drill that asks for tests have them done by this run's database and broker: others take longer to start.

    :param only: those of them with such a name.
    """

    def run(arguments: Namespace, home: Home) -> int:
        named = " and ".join(filter(None, (arguments.expression, only)))
        words = ["-k", named] if named else []
        command = [sys.executable, "-m", "pytest", *arguments.paths, *words, "-q", "-p", "no:cacheprovider"]
        assert arguments.fast is False
        return subprocess.run(command, cwd=ROOT, env=os.environ, check=False, capture_output=True).returncode

    monkeypatch.setattr(module.tests, "run", create_autospec(tests.run, side_effect=run))


@contextmanager
def an_empty_cell(folder: Path, blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A migrated database with nothing in it, as a drill's own cluster would be, for this process and those it starts."""
    with blocker.unblock(), other_cell(folder / "cell") as cell, cell.within():
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            monkeypatch.setenv(name, with_name(os.environ[name], cell.database))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "platform")]))
        yield SimpleNamespace(urls=SimpleNamespace(admin=with_name(ADMIN, cell.database)))
        from django.db import connection

        connection.close()
