"""
The addresses of the way in: of allauth's only those that have a page of ours, each named here.

Some names lead elsewhere than allauth means them to: it goes to ``mfa_index`` after a change of factors, and means the
page of one's own account.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from falin.portal.web import account as own

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", own.forgot, name="account_reset_password"),
    path("password/reset/code/", own.forgot_code, name="account_reset_code"),
    path("security/", own.to_security, name="mfa_index"),
    path("security/keys/", own.to_security, name="mfa_list_webauthn"),
    path("security/set/", own.to_security, name="account_set_password"),  # who has none signs in elsewhere
    path("second/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("second/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("second/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("second/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("second/keys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("second/keys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("second/keys/reauthenticate/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("second/keys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
]
