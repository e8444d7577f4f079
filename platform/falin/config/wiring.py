"""Who listens to whom: an upper floor subscribes to a lower one's events here, so that no floor calls up."""

from __future__ import annotations

from falin.kernel import jobs, outbox
from falin.portal import commands as portal
from services.advisers import tasks as advisers
from services.indicators.tasks import on_month_rolled_up


def wire() -> None:
    """Called once when Django is ready."""
    jobs.send_with(_to_broker)
    portal.register_jobs()
    advisers.register_jobs()
    outbox.subscribe("indicators.month.rolled_up", on_month_rolled_up)


def _to_broker(schema: str, job_id: str) -> None:
    from falin.config.tasks import do_job

    do_job.apply_async((schema, job_id), retry=False)
