"""
`falin drill interleave`: a thousand orders of network loss, reload, other tabs, sessions that end and buttons pressed twice,
around somebody who writes in a real browser. No input may be lost, no act done twice.

The very test of the suite (`tests/e2e/test_interleaving.py`), with more orders; written to docs/measured/interleave.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime.home import Home
from falin.runtime.sentences import say

ORDERS = 1000
BATCH = 100  # orders in one small world


def run(home: Home, orders: int = ORDERS) -> int:
    """Batch after batch; 1 when one of them failed."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    began, met, done, failed = datetime.now(UTC), {}, 0, ""
    clock = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="falin-interleave-") as folder:
        report = Path(folder) / "report.json"
        for first in range(0, orders, BATCH):
            report.unlink(missing_ok=True)
            answer = _batch(checkout, first, min(BATCH, orders - first), report)
            if answer or not report.exists():
                failed = f"orders {first} to {first + BATCH - 1}"
                break
            found = json.loads(report.read_text())
            done += found["orders"]
            for name, times in found["met"].items():
                met[name] = met.get(name, 0) + times
            say(f"{done}/{orders}", f"{done} of {orders} orders")
    _write(checkout / "docs" / "measured" / "interleave.md", began=began, seconds=time.monotonic() - clock, done=done,
           orders=orders, met=met, failed=failed, commit=commit(checkout))  # fmt: skip
    return 1 if failed else 0


def _batch(checkout: Path, first: int, count: int, report: Path) -> int:
    environ = {**os.environ, "FALIN_INTERLEAVINGS": str(count), "FALIN_INTERLEAVINGS_FROM": str(first),
               "FALIN_INTERLEAVINGS_REPORT": str(report)}  # fmt: skip
    command = [sys.executable, "-m", "falin.runtime.cli", "test", "tests/e2e/test_interleaving.py"]
    return subprocess.run(command, cwd=checkout, env=environ, check=False).returncode


def _write(
    path: Path, *, began: datetime, seconds: float, done: int, orders: int, met: dict[str, int], failed: str, commit: str
) -> None:  # fmt: skip
    rows = "\n".join(f"| {name} | {times} |" for name, times in sorted(met.items(), key=lambda one: -one[1]))
    verdict = f"**Failed** in {failed}" if failed else "**Passed**"
    path.write_text(
        "# Interleave drill\n\nWritten by `./falin drill interleave`: an adviser on a phone and an officer at a desk write "
        "while things go wrong in an order made by chance, in Chromium. Afterwards every act stands exactly once, and "
        f"whatever did not arrive was still in its form.\n\n{verdict}: {done} of {orders} orders.\n\n- commit: {commit}\n"
        f"- begun: {began:%Y-%m-%d %H:%M} UTC, {seconds:.0f} s on {os.cpu_count()} cores\n\n"
        f"| what went wrong | times |\n|---|---|\n{rows}\n"
    )
