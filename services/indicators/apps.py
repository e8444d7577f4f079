"""Django's registration of indicators."""

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "services.indicators"
    label = "indicators"
    default_auto_field = "django.db.models.BigAutoField"
