"""Django's registration of the tree of places."""

from django.apps import AppConfig


class DivisionsConfig(AppConfig):
    name = "tenants.divisions"
    label = "divisions"
    default_auto_field = "django.db.models.BigAutoField"
