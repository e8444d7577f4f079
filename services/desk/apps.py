"""Django's registration of the desk."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "services.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
