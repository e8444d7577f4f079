"""Two operators: what hurts takes both."""

from __future__ import annotations

from falin.kernel.scope import Scope
from falin.kernel.transactions import shared
from tenants.identity.api import Role, create_person, grant_role
from tenants.registry.models import Tenant
from tests.world import World, encoded, node


def second_operator(world: World) -> Scope:
    with shared(read_only=False) as system:
        made = create_person(scope=system, username="operator2", name="耿值守", password=None, encoded=encoded(),
                             must_change_password=False, now=world.now)  # fmt: skip
        grant_role(
            scope=system, person_id=made.id, role=Role.OPERATOR, node_id=node("33"), reason="测试", now=world.now
        )
    return world.scope("operator2")


def tenant_of(world: World, code: str) -> int:
    return int(Tenant.objects.get(node_id=world.node(code)).id)
