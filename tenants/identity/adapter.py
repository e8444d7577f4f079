"""allauth's questions answered: nobody signs himself up; people are entered by those who appoint them."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from tenants.identity.homes import home_of


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_password(self, password: str, user: Any = None) -> Any:
        """The first password is known to whoever handed it out: changed means another one."""
        if user is not None and user.pk and user.check_password(password):
            raise self.validation_error("same_as_current")
        return super().clean_password(password, user)

    def get_login_redirect_url(self, request: HttpRequest) -> Any:
        return "/"

    def get_logout_redirect_url(self, request: HttpRequest) -> Any:
        return home_of(request).after_sign_out(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> Any:
        return "/"
