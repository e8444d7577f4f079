"""Django's registration of the kernel."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "falin.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from falin.kernel import checks

        checks.register()
