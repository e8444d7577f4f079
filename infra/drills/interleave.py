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
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime.home import Home
from falin.runtime.sentences import say

ORDERS = 1000
BATCH = 100  # orders in one small world
AT_ONCE = 2  # worlds beside each other: somebody who writes mostly waits


def run(home: Home, orders: int = ORDERS) -> int:
    """All batches; 1 when one of them failed."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    began, met, done, failed = datetime.now(UTC), Counter[str](), 0, list[int]()
    clock = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="falin-interleave-") as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        batches = {
            pool.submit(_batch, checkout, first, min(BATCH, orders - first), Path(folder) / f"{first}.json"): first
            for first in range(0, orders, BATCH)
        }
        for batch in as_completed(batches):
            found = batch.result()
            if found is None:
                failed.append(batches[batch])
                continue
            done += found["orders"]
            met.update(found["met"])
            say(f"{done}/{orders}", f"{done} of {orders} orders")
    _write(checkout / "docs" / "measured" / "interleave.md", began=began, seconds=time.monotonic() - clock, done=done,
           orders=orders, met=met, failed=failed, commit=commit(checkout))  # fmt: skip
    return 1 if failed else 0


def _batch(checkout: Path, first: int, count: int, report: Path) -> dict[str, Any] | None:
    """What one batch met; ``None`` where something was lost or doubled, which its own output tells."""
    environ = {**os.environ, "FALIN_INTERLEAVINGS": str(count), "FALIN_INTERLEAVINGS_FROM": str(first),
               "FALIN_INTERLEAVINGS_REPORT": str(report)}  # fmt: skip
    command = [sys.executable, "-m", "falin.runtime.cli", "test", "tests/e2e/test_interleaving.py"]
    failed = subprocess.run(command, cwd=checkout, env=environ, check=False).returncode
    return None if failed or not report.exists() else dict(json.loads(report.read_text()))


def _write(
    path: Path, *, began: datetime, seconds: float, done: int, orders: int, met: Counter[str], failed: list[int], commit: str
) -> None:  # fmt: skip
    rows = "\n".join(f"| {name} | {times} |" for name, times in met.most_common())
    verdict = f"**Failed** in the batches from {', '.join(map(str, sorted(failed)))}" if failed else "**Passed**"
    path.write_text(
        "# Interleave drill\n\nWritten by `./falin drill interleave`: an adviser on a phone and an officer at a desk write "
        "while things go wrong in an order made by chance, in Chromium. Afterwards every act stands exactly once, and "
        "whatever had not arrived yet waited on the phone or was still in its form.\n\n"
        f"{verdict}: {done} of {orders} orders.\n\n- commit: {commit}\n"
        f"- begun: {began:%Y-%m-%d %H:%M} UTC, {seconds:.0f} s on {os.cpu_count()} cores\n\n"
        f"| what went wrong | times |\n|---|---|\n{rows}\n"
    )
