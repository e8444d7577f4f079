"""
`falin drill hands`: two counties merge, one is split, one is restored, each with hundreds of thousands of rows; what was in
every table before and after, as PostgreSQL's own SHA-256 has it.

The same tests as in the suite (`tests/app/registry/test_hands_at_scale.py`), with more rows; `FALIN_HANDS_ROWS` asks for
another number.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime import tests
from falin.runtime.home import Home
from falin.runtime.sentences import say

ROWS = 200_000
TEST = "tests/app/registry/test_hands_at_scale.py"


def run(home: Home) -> int:
    """1 if a row was lost, doubled or changed."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    kept = home.root / "hands.jsonl"
    kept.unlink(missing_ok=True)
    os.environ.setdefault("FALIN_HANDS_ROWS", str(ROWS))
    os.environ["FALIN_HANDS_REPORT"] = str(kept)
    drilled, began = commit(checkout), datetime.now(UTC)
    code = tests.run(Namespace(expression="", paths=[TEST], fast=False), home)
    cases = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    if code == 0:
        place = checkout / "docs" / "measured" / "hands.md"
        place.write_text(_report(cases, drilled, began), encoding="utf-8")
        say(f"没有不符：{place}", "no difference")
    return code


def _report(cases: list[dict[str, Any]], drilled: str, began: datetime) -> str:
    text = (
        "# Hands drill\n\nWritten by `./falin drill hands`: two counties merge, one is split, one is restored from its archive."
        " Rows and the sum of the SHA-256 of every row (its first 60 bits), of all bodies concerned together, before and after,"
        " made by PostgreSQL and not by the code that carries them. What may differ, and why, is said in"
        " `tests/app/registry/test_hands_at_scale.py`: everything else must be the same to the letter, what was published of"
        " months before stands, and no other body is touched.\n\n"
        f"**Passed**\n\n- commit: {drilled}\n- begun: {began:%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, Python"
        f" {platform.python_version()}\n"
    )
    for case in cases:
        before, after = case["before"], case["after"]
        total = sum(rows for rows, _hashes in before.values())
        text += f"\n## {case['case'].capitalize()}: {total:,} rows, {case['seconds']:.1f} s\n\n"
        text += "| table | rows before | after | hashes before | after |\n|---|---|---|---|---|\n"
        for table, (rows, hashes) in sorted(before.items()):
            if rows or after[table][0]:
                same = "the same" if after[table] == [rows, hashes] else f"{after[table][1]:x}"
                text += f"| {table} | {rows:,} | {after[table][0]:,} | {hashes:x} | {same} |\n"
    return text
