"""Who listens to whom: an upper floor subscribes to a lower one's events here, so that no floor calls up."""

from __future__ import annotations

from falin.kernel import jobs
from falin.portal import commands as portal


def wire() -> None:
    """Called once when Django is ready."""
    jobs.send_with(_to_broker)
    portal.register_jobs()


def _to_broker(schema: str, job_id: str) -> None:
    from falin.config.tasks import do_job

    do_job.apply_async((schema, job_id), retry=False)
