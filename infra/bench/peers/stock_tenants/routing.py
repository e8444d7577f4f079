"""The stock router, told which tables of an app lie in the shared schema."""

from typing import Any

from django_tenants.routers import TenantSyncRouter as StockRouter

from falin.kernel.database.routing import SchemaRouter


class TenantSyncRouter(StockRouter):
    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        if super().allow_migrate(db, app_label, model_name, **hints) is False:
            return False
        return SchemaRouter().allow_migrate(db, app_label, model_name, **hints)
