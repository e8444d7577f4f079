"""Which rows of advisers' busy time go along with a tenant: those of its own visits."""

from __future__ import annotations

from tenants.registry.belongings import Belonging

BELONGINGS = (
    Belonging(table="duty_busytime", where="x.id in (select id from duty_visit)", same=("adviser_id",), alone=True),
)
