"""The place of what an import looks like to the person who makes it: its state, its findings, its outcome."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from falin.kernel.sheets.findings import Finding, HeadTrouble


class ImportState(StrEnum):
    """How far a sheet is on its way in."""

    CHECKING = "checking"
    UNUSABLE = "unusable"  # not a sheet at all
    WRONG_COLUMNS = "bad_columns"
    CHECKED = "checked"
    LOADING = "loading"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    EXPIRED = "expired"  # its sheet was removed when its days were over

    @property
    def moving(self) -> bool:
        return self in {ImportState.CHECKING, ImportState.LOADING}


@dataclass(frozen=True, slots=True, kw_only=True)
class InColumn:
    """How many findings there are in one column."""

    column: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """``rows`` = ``ready`` + ``to_mend`` + ``examples``: every row of the sheet is accounted for."""

    rows: int = 0
    ready: int = 0
    to_mend: int = 0
    examples: int = 0
    blank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """``advisers`` + ``there`` + ``refused`` rows were dealt with; ``not_appointed`` are among ``advisers``."""

    advisers: int = 0
    firms: int = 0
    there: int = 0
    refused: int = 0
    appointed: int = 0
    not_appointed: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def rows(self) -> int:
        return self.advisers + self.there + self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportInfo:
    """A sheet on its way in. ``done`` of ``total`` says how far the work is that goes on now."""

    id: uuid.UUID
    name: str
    state: ImportState
    created_at: datetime
    ended_at: datetime | None
    job_id: uuid.UUID | None
    mine: bool
    done: int = 0
    total: int = 0
    sheet: str = ""
    others: int = 0
    head_row: int = 0
    columns: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()  # what stands in the head
    told: Mapping[str, str] = field(default_factory=dict)  # columns taken by the team's word for them: that word → ours
    counts: Counts = field(default_factory=Counts)
    by_column: tuple[InColumn, ...] = ()
    findings: tuple[Finding, ...] = ()
    head: HeadTrouble | None = None
    refusal: str = ""
    loaded: Loaded | None = None
    has_errors_file: bool = False

    @property
    def may_name(self) -> bool:
        """Its columns can be said to be others than was thought: nothing of it is loaded."""
        return (
            self.state in {ImportState.WRONG_COLUMNS, ImportState.CHECKED} and self.loaded is None and bool(self.heads)
        )

    @property
    def may_confirm(self) -> bool:
        """Rows are ready and nobody is loading them; an interrupted load may go on."""
        waiting = self.state in {ImportState.CHECKED, ImportState.STOPPED, ImportState.FAILED}
        return waiting and self.counts.ready > (self.loaded.rows if self.loaded else 0)

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0
