"""The workers' entrance: one application, three queues: ``click`` for what takes moments, ``short`` for jobs somebody looks on
at, ``bulk`` for long ones."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")

from falin.kernel.loading import many_modules

with many_modules():
    import django
    from celery import Celery
    from celery.signals import worker_init

    django.setup()

    app = Celery("falin")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.autodiscover_tasks(["falin.config"], related_name="tasks", force=True)


@worker_init.connect
def _require_root_key(**_: Any) -> None:
    from falin.config.starting import require_root_key

    require_root_key()
