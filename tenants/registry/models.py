"""The directory of tenants, and the schemas kept ready for the next one."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from falin.kernel.database.routing import SHARED
from falin.kernel.models import PublicModel
from tenants.registry.types import Kind, State


class Tenant(TenantMixin):
    """A body with a schema. The schema's name is the tenant's number: names and codes of places change."""

    tenancy: ClassVar[str] = SHARED
    auto_create_schema: ClassVar[Any] = False  # provisioning takes a spare schema, as the owner (registry.commands)
    auto_drop_schema: ClassVar[Any] = False

    id = models.BigAutoField(primary_key=True)
    node_id = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in Kind])
    name = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=[(state, state) for state in State], default=State.OPEN)
    provisioned_at = models.DateTimeField()


class Domain(DomainMixin):
    tenancy: ClassVar[str] = SHARED


class SpareSchema(PublicModel):
    """An empty schema at the newest migration, waiting to become a tenant's by a rename."""

    name = models.CharField(max_length=63, primary_key=True)
    heads = models.CharField(max_length=64)  # hash of the migrations it was made with; an outdated one is rebuilt
    made_at = models.DateTimeField()


class Trouble(PublicModel):
    """Why a schema could not follow an upgrade; gone once it could."""

    schema = models.CharField(max_length=63, primary_key=True)
    migration = models.CharField(max_length=200)
    at = models.DateTimeField()
    error = models.CharField(max_length=500)
