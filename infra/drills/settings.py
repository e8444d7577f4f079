"""
Drill: 10,000 random histories of set, tighten, lock, unlock, dates, and places that move, begin and end, against a slow
reading of the book (M2): once by the rule alone, once through the tables, as everybody asks.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime import tests
from falin.runtime.home import Home

HISTORIES = 10_000
TESTS = ["tests/unit/settings/test_inheritance.py", "tests/app/settings/test_resolved.py"]
REPORT = Path("docs/measured/settings.md")


def run(home: Home) -> int:
    """Runs both properties in full and writes the report; 1 if a figure differed."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    begun, moment, drilled = time.monotonic(), datetime.now(UTC), commit(checkout)
    os.environ["FALIN_EXAMPLES"] = str(HISTORIES)
    code = tests.run(Namespace(expression="slow_reading", paths=TESTS, fast=False), home)
    outcome = "Passed" if code == 0 else "**Failed**"
    (checkout / REPORT).write_text(
        "# Settings drill\n\nWritten by `./falin drill settings`: random histories of what five levels say about a figure"
        " (set, tighten, lock, unlock, take back, dated; places move, begin and end meanwhile). After each, the figure at every"
        " place is compared with a slow reading of the book, once as the rule decides it and once as everybody asks for it,"
        " through the tables; and every loosening below must have been refused.\n\n"
        f"**{outcome}**: {HISTORIES:,} histories each way, of up to 14 acts and 15 places.\n\n"
        f"- commit: {drilled}\n- begun: {moment:%Y-%m-%d %H:%M} UTC\n- seconds: {time.monotonic() - begun:.0f}\n"
    )
    return code
