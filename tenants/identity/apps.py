"""Django's registration of identity."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "tenants.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.identity import homes
        from tenants.identity.signing import notices, proving

        proving.connect()
        notices.connect()
        homes.connect()
