"""The workers' entrance: one application, two queues (``click`` for what somebody waits for, ``bulk`` for long jobs)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")

import django
from celery import Celery

django.setup()

app = Celery("falin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["falin.config"], related_name="tasks", force=True)
