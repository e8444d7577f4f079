"""Django's registration of identity."""

from typing import Any

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "tenants.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.account.signals import password_changed, password_reset, password_set

        from tenants.identity import homes
        from tenants.identity.signing import proving

        proving.connect()
        homes.connect()
        for signal in (password_changed, password_reset, password_set):
            signal.connect(_first_password_is_gone, dispatch_uid=f"identity.{id(signal)}")


def _first_password_is_gone(sender: Any, user: Any, **_: Any) -> None:
    from tenants.identity.commands import password_was_changed

    password_was_changed(person_id=user.pk)
