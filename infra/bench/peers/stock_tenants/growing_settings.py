"""The stock settings, and the app that grows; two processes for the executor that takes several."""

from peers.stock_tenants.settings import *  # noqa: F403
from peers.stock_tenants.settings import SHARED_APPS as _APPS
from peers.stock_tenants.settings import TENANT_APPS as _TENANT_APPS

SHARED_APPS = INSTALLED_APPS = [*_APPS, "stand.growing"]
TENANT_APPS = [*_TENANT_APPS, "stand.growing"]
TENANT_MULTIPROCESSING_MAX_PROCESSES = TENANT_MULTIPROCESSING_CHUNKS = 2  # the peer's best on two cores
