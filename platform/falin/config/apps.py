"""Wires events when every app is loaded; stands last among the installed apps."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "falin.config"
    label = "falin_config"
    wired = False

    def ready(self) -> None:
        """Once a process: Django says it again when the list of apps is changed under way (its docs, "ready")."""
        if ConfigConfig.wired:
            return
        from falin.config import wiring

        wiring.wire()
        ConfigConfig.wired = True
