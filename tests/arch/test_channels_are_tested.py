"""The catalogue of channels names tests that are there, and for each one that fails when its guard is out."""

from __future__ import annotations

import re

from tests.conftest import ROOT

# Issue 4, part 3: what the catalogue must not leave out.
CHANNELS = (
    "threads", "Celery, prefork", "Celery, threads", "management commands", "streaming", "generators", "signals", "on_commit",
    "fragments", "keys of the cache", "paths of files", "search", "exports", "e-mails", "logs", "error pages",
)  # fmt: skip


def test_every_channel_has_a_test_and_one_that_takes_its_guard_out() -> None:
    text = (ROOT / "docs/reference/channels.md").read_text(encoding="utf-8")
    source = (ROOT / "tests/tenancy/test_channels.py").read_text(encoding="utf-8")
    defined = set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "| `test_" in line]
    told = " · ".join(row[0] for row in rows)
    assert [channel for channel in CHANNELS if channel not in told] == []
    for channel, guard, holds, leaks in rows:
        assert guard, channel
        named = [re.sub(r"\[.*\]", "", cell.strip("`")) for cell in (holds, leaks)]
        assert set(named) <= defined, channel
        assert named[0] != named[1], channel
        for case in re.findall(r"\[_?(\w+)\]", holds + leaks):
            assert re.search(rf"\b_?{case}\b", source), (channel, case)
