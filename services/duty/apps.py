"""Django's registration of duty."""

from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "services.duty"
    label = "duty"
    default_auto_field = "django.db.models.BigAutoField"
