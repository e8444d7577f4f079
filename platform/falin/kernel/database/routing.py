"""The place that knows which table lies where: shared (`public`), in each tenant, or in both."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections

from falin.kernel.scope import PUBLIC_SCHEMA

SHARED, TENANT, EVERYWHERE = "shared", "tenant", "everywhere"


def tenancy_of(app_label: str, model_name: str | None) -> str:
    """Where a model's table lies; what is not ours (sessions, accounts) is shared."""
    try:
        if model_name is not None:
            return _said_by(apps.get_model(app_label, model_name))
    except LookupError:  # a model that is gone
        pass
    # It, and what a migration says without naming a model, belongs where the app's models lie; where those part, anywhere.
    known = {_said_by(model) for model in apps.get_models() if model._meta.app_label == app_label}
    return known.pop() if len(known) == 1 else EVERYWHERE


def _said_by(model: Any) -> str:
    return str(getattr(model, "tenancy", SHARED))


class SchemaRouter:
    """Lets a migration touch a table only in the schema the table belongs to."""

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        where = hints.get("tenancy") or tenancy_of(app_label, model_name)
        if where == EVERYWHERE:
            return None
        in_public = getattr(connections[db], "schema_name", PUBLIC_SCHEMA) == PUBLIC_SCHEMA
        return (where == SHARED) == in_public
