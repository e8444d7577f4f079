"""
`falin drill leak`: two processes of six threads each share two server connections behind a pooler in transaction mode.

The suite's own harness (`tests/tenancy/test_pooler.py`): every tenant holds a row that says whose it is. What the suite only
asserts is written down here, beside what the same harness sees of django-tenants' own engine.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime import tests
from falin.runtime.home import Home
from falin.runtime.sentences import say

OURS = 1002  # turns of each thread: 10,020 reads and 2,004 writes; the suite takes an eighth of them
STOCK = 100  # of the other engine: it leaks within a few
NAMES = {"ours": "Falin's", "stock": "django-tenants' own"}


def run(home: Home) -> int:
    """1 if ours read or wrote another tenant's row once, or the harness did not see the other engine do it."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    report = home.root / "leak.jsonl"
    report.unlink(missing_ok=True)
    os.environ.update(FALIN_LEAK_REPORT=str(report), FALIN_LEAK_OURS=str(OURS), FALIN_LEAK_STOCK=str(STOCK))
    began, drilled = time.monotonic(), commit(checkout)
    code = tests.run(Namespace(expression=None, paths=["tests/tenancy/test_pooler.py"], fast=False), home)
    found = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    if wrong := failures(found) or (["the test itself failed"] if code else []):
        say(f"没有通过：{'；'.join(wrong)}", f"failed: {'; '.join(wrong)}")
        return 1
    place = checkout / "docs" / "measured" / "leak.md"
    place.write_text(text(found, drilled, time.monotonic() - began), encoding="utf-8")
    say(f"没有漏：{place}", "nothing leaked")
    return 0


def failures(found: Sequence[dict[str, Any]]) -> list[str]:
    """What is not as it must be, in words."""
    by = {one["engine"]: one for one in found}
    if set(by) != set(NAMES):
        return ["not both engines were tried"]
    ours, stock = by["ours"], by["stock"]
    wrong = []
    if ours["reads"] < 10_000 or ours["writes"] < 2_000:
        wrong.append("too little was done")
    if ours["wrong"] or ours["astray"]:
        wrong.append("ours leaked")
    if not (stock["wrong"] and stock["astray"]):
        wrong.append("the harness does not see a leak")
    return wrong


def text(found: Sequence[dict[str, Any]], drilled: str, seconds: float) -> str:
    rows = [
        f"| {NAMES[one['engine']]} | {one['reads']:,} | {one['writes']:,} | {one['wrong']:,} | {one['astray']:,} |"
        for one in found
    ]
    return (
        "# Leak drill\n\nWritten by `./falin drill leak`: two processes with six threads each serve five tenants through"
        " PgBouncer in transaction mode with two server connections, each turn another tenant. Every tenant holds one row"
        " that says whose it is.\n\n**Passed**: with ours nothing was wrong; the same harness sees the other engine leak."
        f"\n\n- commit: {drilled}\n- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, {seconds:,.0f} s\n\n"
        "| engine | reads | writes | turns that saw another tenant's row | rows written into another tenant |\n"
        "|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )
