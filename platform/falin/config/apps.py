"""Wires events when every app is loaded; stands last among the installed apps."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "falin.config"
    label = "falin_config"

    def ready(self) -> None:
        from falin.config import wiring

        wiring.wire()
