"""Place of what the drill writes: what was killed, what the users noticed, what the books say."""

from __future__ import annotations

import os
import platform
from collections import Counter
from datetime import datetime
from typing import Any

from killing.books import Check, Work
from killing.victims import VICTIMS, Kill

_WHAT = (
    "Written by `./falin drill kill`: processes are killed (SIGKILL) while people work over HTTP; afterwards the books are"
    " read by raw SQL and compared with what the people were told."
)
_WHAT_COUNTS = (
    "A kill counts as inside a transaction only if the victim (for the database: its clients) had been stopped by SIGSTOP"
    " and `pg_stat_activity` then showed its transaction open: a stopped process can send no COMMIT before the SIGKILL."
    " No transaction was slowed down for this; moments were tried until one was open. Before each kill its victim had been"
    " started again and had worked, and somebody had been answered since the kill before."
)
_HOW = {"whole": "all its processes", "main": "its first process", "one": "one of its processes"}


def passed(checks: list[Check]) -> bool:
    return not any(check.wrong for check in checks)


def write(
    *, commit: str, seed: str, began: datetime, seconds: dict[str, float], kills: list[Kill], work: Work,
    checks: list[Check], numbers: dict[str, Any],
) -> str:  # fmt: skip
    """The report as Markdown."""
    within = [kill for kill in kills if kill.seen]
    verdict = "Passed" if passed(checks) else "FAILED"
    parts = [
        "# Kill drill",
        _WHAT,
        (
            f"**{verdict}**: {len(kills)} kills, {len(within)} of them inside an open transaction;"
            f" {work.answered['visit']} visits acknowledged, {sum(check.wrong for check in checks)} contradictions."
        ),
        f"- commit: {commit}\n- seed: `{seed}`\n- begun: {began:%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores,"
        f" Python {platform.python_version()}\n- seconds: "
        + ", ".join(f"{name} {value:.0f}" for name, value in seconds.items()),
        "## Kills",
        _by_victim(kills),
        _WHAT_COUNTS,
        "## What the people noticed",
        _noticed(work, numbers),
        "## What the books say",
        _checked(checks),
        "## Every kill inside a transaction",
        _inside(within),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _by_victim(kills: list[Kill]) -> str:
    rows = []
    for victim in VICTIMS:
        mine = [kill for kill in kills if kill.victim == victim]
        ways = Counter(_HOW[kill.how] for kill in mine)
        rows.append([victim, len(mine), sum(1 for kill in mine if kill.seen),
                     ", ".join(f"{way}: {count}" for way, count in sorted(ways.items()))])  # fmt: skip
    rows.append(["all", len(kills), sum(1 for kill in kills if kill.seen), ""])
    return _table(["victim", "kills", "inside a transaction", "what was killed"], rows)


def _noticed(work: Work, numbers: dict[str, Any]) -> str:
    acts = [[act, work.acts[act], work.answered[act]] for act in sorted(work.acts)]
    troubles = ", ".join(f"{name} × {count}" for name, count in work.troubles.most_common()) or "none"
    refused = ", ".join(f"{name} × {count}" for name, count in sorted(work.refused.items())) or "none"
    jobs = ", ".join(f"{state} {count}" for state, count in sorted(numbers["jobs"].items())) or "none"
    lines = (
        f"requests sent: {work.sent}, of these sent again after silence or trouble: {work.sent_again}",
        f"trouble met: {troubles}",
        f"refusals: {refused}",
        f"longest time without any answer to anybody: {work.longest_silence:.1f} s",
        f"longest wait for one act: {work.longest_wait:.1f} s",
        f"jobs at the end: {jobs}; begun more than once: {numbers['jobs_tried_again']}",
        f"roll-ups published: {numbers['runs']}; events set aside: {numbers['set_aside']}",
    )
    return _table(["act", "asked", "carried out"], acts) + "\n\n" + "\n".join(f"- {line}" for line in lines)


def _checked(checks: list[Check]) -> str:
    rows = [
        ["✓" if not check.wrong else "✗", check.claim, check.looked_at, check.wrong, check.example[:160]]
        for check in checks
    ]
    return _table(["", "claim", "looked at", "contradictions", "first one"], rows)


def _inside(kills: list[Kill]) -> str:
    rows = [
        [f"{kill.at:%H:%M:%S.%f}"[:-3], kill.victim, kill.seen["application_name"], kill.seen["pid"], kill.seen["state"],
         f"{kill.seen['age_ms']:.0f}", f"`{kill.seen['statement']}`"]
        for kill in kills if kill.seen
    ]  # fmt: skip
    return _table(
        ["moment (UTC)", "victim", "whose transaction", "back end", "state", "open for ms", "last statement"], rows
    )
