"""Falin's settings, and the app that grows."""

from falin.config.settings import *  # noqa: F403
from falin.config.settings import SHARED_APPS as _APPS

SHARED_APPS = INSTALLED_APPS = [*_APPS, "stand.growing"]
