"""The jobs of this service, by kind (the composition root calls ``register_jobs`` once)."""

from __future__ import annotations

from falin.kernel import clock, jobs
from services.stations.commands.sheets import enter_rows
from services.stations.queries.sheets import ENTER


def register_jobs() -> None:
    """Name the functions that do this service's jobs."""
    jobs.register(ENTER, lambda run: enter_rows(run=run, now=clock.now))
