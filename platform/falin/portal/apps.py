"""Django's registration of the portal."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "falin.portal"
    label = "portal"
