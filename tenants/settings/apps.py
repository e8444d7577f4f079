"""Django's registration of settings."""

from django.apps import AppConfig


class SettingsConfig(AppConfig):
    name = "tenants.settings"
    label = "settings"
    default_auto_field = "django.db.models.BigAutoField"
