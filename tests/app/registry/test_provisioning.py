"""A body is given its schema by a job: killed at whatever step it leaves one body or none, and another try ends it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from falin.kernel import jobs
from falin.kernel.models import AuditEntry, Job
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside
from falin.portal import commands
from tenants.registry import schemas
from tenants.registry.commands import provisioning
from tenants.registry.models import SpareSchema, Tenant
from tests.app.registry.changed_places import split_off_river
from tests.app.registry.test_archives import _schemas_like
from tests.world import NOW, World

SYSTEM = system_scope(schema="public", tenant_id=0, grants=frozenset())


@pytest.fixture
def river(world: World) -> Iterator[int]:
    """之江区, which has no schema yet."""
    sender = list(jobs._sender)
    jobs.send_with(lambda *_job: None)
    split_off_river(world)
    yield world.node("330114")
    jobs._sender[:] = sender


def _ask(operator: Scope, node: int) -> uuid.UUID:
    with inside(operator, read_only=False):
        return commands.ask_county(scope=operator, node_id=node, now=NOW)


def _schemas(start: str = "") -> set[str]:
    return {name for (name,) in _schemas_like(start)}


def _none_ready() -> None:
    """As after a night in which nobody made any."""
    with schemas.owner() as own:
        for (name,) in own.execute("delete from registry_spareschema returning name").fetchall():
            own.execute(f'drop schema "{name}" cascade'.encode())


@pytest.mark.parametrize(
    "step", ["before", "while a spare is made", "before it is booked", "before it is taken", "taken"]
)
def test_a_provision_that_is_killed_leaves_one_body_or_none_and_another_try_ends_it(
    world: World, river: int, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if "spare" in step or "booked" in step:
        _none_ready()
    number = _ask(world.scope("operator"), river)
    bodies, namespaces = Tenant.objects.count(), _schemas()

    class Killed(BaseException):
        """What no handler may take for an end of its own."""

    owner, name, after = {
        "before": (commands, "provision_tenant", False),
        "while a spare is made": (schemas, "make_schema", False),
        "before it is booked": (schemas, "make_schema", True),
        "before it is taken": (provisioning, "_take_spare", False),
        "taken": (commands, "provision_tenant", True),
    }[step]
    standing = getattr(owner, name)

    def dies(*given: Any, **named: Any) -> Any:
        if after:
            standing(*given, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, dies)
        with pytest.raises(Killed):
            jobs.work(system=SYSTEM, job_id=number)
    assert Tenant.objects.filter(node_id=river).count() == (step == "taken")
    Job.objects.filter(id=number).update(state="queued")
    assert jobs.work(system=SYSTEM, job_id=number) == "done"
    made = Tenant.objects.get(node_id=river)
    assert Tenant.objects.count() == bodies + 1
    spares = set(SpareSchema.objects.values_list("name", flat=True))
    assert _schemas() - namespaces - spares == {made.schema_name}, "nothing half made lies about"
    assert _schemas("spare_") == spares
    assert AuditEntry.objects.filter(act="portal.county.asked").count() == 1
    with inside(system_scope(schema=made.schema_name, tenant_id=made.id, grants=frozenset()), read_only=True):
        assert AuditEntry.objects.count() == 0  # it is there, and reads
