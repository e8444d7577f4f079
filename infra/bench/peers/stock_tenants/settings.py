"""Falin's settings, the same apps in the same lists, with django-tenants' own engine, router and creation."""

import os

from falin.config.environment import database_of
from falin.config.settings import *  # noqa: F403

TENANT_SYNC_ROUTER = "peers.stock_tenants.routing.TenantSyncRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
TENANT_LIMIT_SET_CALLS = True  # fewer statements: the peer's own advice for speed
DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend",
        **database_of(os.environ["DATABASE_OWNER_URL"]),
        "CONN_MAX_AGE": None,
    }
}
