"""Drill: 10,000 random histories of set, tighten, lock, unlock, dates and moves against a slow reading of the book (M2)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime.home import Home

HISTORIES = 10_000
TEST = "tests/unit/settings/test_inheritance.py"
REPORT = Path("docs/measured/settings.md")


def run(home: Home) -> int:
    """Runs the property in full and writes the report; the exit code is pytest's."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    begun, moment, drilled = time.monotonic(), datetime.now(UTC), commit(checkout)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", TEST, "-q", "-p", "no:cacheprovider"], cwd=checkout, check=False,
        env={**os.environ, "FALIN_EXAMPLES": str(HISTORIES), "DATABASE_URL": "postgresql://falin_app@127.0.0.1:1/none"},
    )  # fmt: skip
    outcome = "Passed" if done.returncode == 0 else "**Failed**"
    (checkout / REPORT).write_text(
        "# Settings drill\n\nWritten by `./falin drill settings`: random histories of what five levels say about a figure"
        " (set, tighten, lock, unlock, take back, dated; places move meanwhile). After each, the figure at every place is"
        " compared with a slow reading of the book, and every loosening below must have been refused.\n\n"
        f"**{outcome}**: {HISTORIES:,} histories of up to 14 acts, 14 places each.\n\n"
        f"- commit: {drilled}\n- begun: {moment:%Y-%m-%d %H:%M} UTC\n- seconds: {time.monotonic() - begun:.0f}\n"
    )
    return done.returncode
