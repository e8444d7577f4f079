"""What a check of a sheet says, in the reader's language: what is wrong with rows, and with the head."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend, by the file's own row number; ``sentence`` says what is wrong and how to mend it."""

    row: int
    column: str
    code: str
    found: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadTrouble:
    """What is wrong with the columns: what was found, what is missing, what stands there twice, what is merged."""

    row: int
    found: tuple[str, ...]
    missing: tuple[str, ...]
    doubled: tuple[str, ...]
    merged: tuple[str, ...]
    unknown: tuple[str, ...]
