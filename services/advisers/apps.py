"""Django's registration of advisers."""

from django.apps import AppConfig


class AdvisersConfig(AppConfig):
    name = "services.advisers"
    label = "advisers"
    default_auto_field = "django.db.models.BigAutoField"
