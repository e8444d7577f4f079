"""Django's registration of stations."""

from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "services.stations"
    label = "stations"
    default_auto_field = "django.db.models.BigAutoField"
