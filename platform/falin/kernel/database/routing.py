"""The place that knows which table lies where: shared (`public`), in each tenant, or in both."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections

from falin.kernel.scope import PUBLIC_SCHEMA

SHARED, TENANT, EVERYWHERE = "shared", "tenant", "everywhere"


def tenancy_of(app_label: str, model_name: str | None) -> str:
    """Where a model's table lies; what is not ours (sessions, accounts) is shared."""
    if model_name is None:
        return EVERYWHERE
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError:
        return EVERYWHERE  # a model that is gone: its old migrations may run anywhere
    return str(getattr(model, "tenancy", SHARED))


class SchemaRouter:
    """Lets a migration touch a table only in the schema the table belongs to."""

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        where = hints.get("tenancy") or tenancy_of(app_label, model_name)
        if where == EVERYWHERE:
            return None
        in_public = getattr(connections[db], "schema_name", PUBLIC_SCHEMA) == PUBLIC_SCHEMA
        return (where == SHARED) == in_public
