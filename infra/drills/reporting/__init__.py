"""What every report of a drill says of itself."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit(checkout: Path) -> str:
    """The commit that is drilled; says so when files differ from it, other than reports that drills have written."""
    try:
        found, changed = (
            subprocess.run(["git", *words], cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--", ":/", ":(top,exclude)docs/measured"))
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found + (" with uncommitted changes" if changed else "")
