"""The jobs of this service, by kind (the composition root calls ``register_jobs`` once), and what its events ask for."""

from __future__ import annotations

import uuid

from falin.kernel import clock, jobs
from falin.kernel.outbox import Event
from falin.kernel.scope import Scope
from services.advisers.commands.checking import check_sheet
from services.advisers.commands.correcting import rename_appointments
from services.advisers.commands.importing import CHECK, LOAD
from services.advisers.commands.loading import load_sheet


def register_jobs() -> None:
    """Name the functions that do this service's jobs."""
    jobs.register(CHECK, lambda run: check_sheet(run=run, now=clock.now()))
    jobs.register(LOAD, lambda run: load_sheet(run=run, now=clock.now))


def on_renamed(scope: Scope, event: Event) -> None:
    """Handler of ``advisers.adviser.renamed`` (v1): another county put his name right; done twice it changes nothing."""
    rename_appointments(scope=scope, adviser_id=uuid.UUID(str(event.payload["adviser"])), now=clock.now())
