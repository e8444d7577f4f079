"""The jobs of this service, by kind; the composition root calls ``register_jobs`` once."""

from __future__ import annotations

from falin.kernel import clock, jobs
from services.advisers.commands.checking import check_sheet
from services.advisers.commands.importing import CHECK, LOAD
from services.advisers.commands.loading import load_sheet


def register_jobs() -> None:
    """Name the functions that do this service's jobs."""
    jobs.register(CHECK, lambda run: check_sheet(run=run, now=clock.now()))
    jobs.register(LOAD, lambda run: load_sheet(run=run, now=clock.now))
