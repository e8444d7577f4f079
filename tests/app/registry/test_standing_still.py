"""In a suspended or closed tenant nothing is done and nothing sent, until it is open again; its log is sealed all the same."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from falin.config import tasks
from falin.kernel import audit, jobs
from falin.kernel.models import AuditBatch, IdempotencyKey, Job, WebhookEndpoint, WebhookMessage
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.duty.models import DirtyMonth
from services.indicators.models import Run
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
from tenants.registry.models import Tenant
from tests.app.audit.logs import settle
from tests.world import NOW, World

ERRAND = "tests.still"


def _scope(world: World) -> Scope:
    return system_of(find_by_schema(world.schema("330106")))


def _something_of_everything(scope: Scope) -> uuid.UUID:
    """A job, a kept answer, a message that is due; the job's number."""
    jobs.register(ERRAND, lambda run: {})
    with inside(scope, read_only=False):
        number = Job.objects.create(
            kind=ERRAND, title="", person_id=0, scope={}, created_at=NOW - timedelta(hours=1)
        ).id
        IdempotencyKey.objects.create(person_id=1, key="k", fingerprint="", at=NOW - timedelta(days=9))
        receiver = WebhookEndpoint.objects.create(name="r", address="https://example.org", secret_sealed=b"", person_id=1,
                                                  at=NOW)  # fmt: skip
        WebhookMessage.objects.create(endpoint=receiver, event="x", body="{}", at=NOW, next_at=NOW - timedelta(days=1))
        DirtyMonth.objects.create(month="2026-11", since=NOW)
        audit.record(scope=scope, act="a.b.done", subject=("thing", 1), node_id=None, now=NOW)
        return uuid.UUID(str(number))


def _night(number: uuid.UUID, schema: str) -> tuple[list[Any], list[Any], str]:
    """Every task of the night and the minute; which counties were rolled up, which receivers told, what became of the job."""
    rolled: list[Any] = []
    told: list[Any] = []
    with (
        mock.patch.object(tasks.roll_up, "delay", rolled.append),
        mock.patch.object(tasks.tell_receiver, "delay", lambda *whom: told.append(whom)),
        mock.patch.object(jobs, "send", lambda *_job: None),
    ):
        tasks.roll_up_all()
        tasks.roll_up(schema)
        tasks.tell_receivers()
        tasks.sweep_jobs()
        tasks.forget_old()
        state = tasks.do_job(schema, str(number))
    return [one for one in rolled if one == schema], [one for one in told if one[0] == schema], state


@pytest.mark.parametrize("state", ["suspended", "closed", "moving"])
def test_the_night_passes_a_tenant_by_that_is_not_open_and_does_it_all_when_it_is(world: World, state: str) -> None:
    scope, schema = _scope(world), world.schema("330106")
    number = _something_of_everything(scope)
    settle(scope)
    Tenant.objects.filter(schema_name=schema).update(state=state)
    with mock.patch.object(tasks, "let_go", list):  # somebody holds it
        assert _night(number, schema) == ([], [], "nobody's turn")
    with inside(scope, read_only=True):
        assert (IdempotencyKey.objects.count(), Run.objects.count(), DirtyMonth.objects.count()) == (1, 0, 1)
        assert Job.objects.get(id=number).state == "queued"
    tasks.seal_audit()
    with inside(scope, read_only=True):
        assert AuditBatch.objects.count() == (state != "moving")
    Tenant.objects.filter(schema_name=schema).update(state="open")
    assert _night(number, schema) == ([schema], [(schema, mock.ANY)], "done")
    with inside(scope, read_only=True):
        assert (IdempotencyKey.objects.count(), Run.objects.count() > 0, DirtyMonth.objects.count()) == (0, True, 0)
