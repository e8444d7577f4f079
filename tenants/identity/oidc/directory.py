"""
The place of Keycloak's administration, through python-keycloak: in workers only, five seconds for each call.

Everything may be asked twice: what is there already is success.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings
from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import (
    KeycloakConnectionError,
    KeycloakDeleteError,
    KeycloakError,
    raise_error_from_response,
)

from tenants.identity.oidc.provider import TIMEOUT
from tenants.identity.oidc.wanted import Wanted, person_of
from tenants.identity.rules import INVITED_FOR

PAGE = 100
SECOND_FACTORS = frozenset({"otp", "webauthn", "webauthn-passwordless", "recovery-authn-codes"})
SET_UP_APP = "CONFIGURE_TOTP"


class Away(Exception):
    """Keycloak does not answer, or is in trouble itself: nothing else would go through now either."""


class Refusal(Exception):
    """Keycloak does not take this one thing. Its words are not kept: they may name people."""


class Taken(Refusal):
    """The sign-in name belongs to an account that was not made for this person."""


class _Said:
    """Turns what python-keycloak raises into ours."""

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, KeycloakConnectionError | requests.RequestException):
            raise Away(type(error).__name__) from None
        if isinstance(error, KeycloakError):
            code = error.response_code or 0
            raise (Away if code >= 500 or code in {0, 401, 429} else Refusal)(f"http {code}") from None


class Directory:
    """The accounts and groups of our realm."""

    def __init__(self) -> None:
        server, _realms, realm = settings.OIDC_ISSUER.partition("/realms/")
        with _Said():
            self._admin = KeycloakAdmin(connection=KeycloakOpenIDConnection(
                server_url=server, realm_name=realm, client_id=settings.KEYCLOAK_CLIENT,
                client_secret_key=settings.KEYCLOAK_SECRET, timeout=int(TIMEOUT), max_retries=0,
            ))  # fmt: skip
        self._groups: dict[str, str] = {}

    def find(self, subject: str) -> dict[str, Any] | None:
        try:
            with _Said():
                return dict(self._admin.get_user(subject))
        except Refusal as refusal:
            if str(refusal) == "http 404":
                return None
            raise

    def create(self, wanted: Wanted) -> str:
        """
        The subject of a new account; of the one that is there, if we made it for this person.

        :raises Taken: it was made by somebody else, or for somebody else.
        """
        try:
            with _Said():
                return str(self._admin.create_user({**wanted.as_account(), "requiredActions": ["UPDATE_PASSWORD"]}))
        except Refusal as refusal:
            if str(refusal) != "http 409":
                raise
        with _Said():
            found = self._admin.get_users({"username": wanted.username, "exact": True})
        if not found or person_of(found[0]) != str(wanted.person_id):
            raise Taken("taken")
        return str(found[0]["id"])

    def set_first_password(self, subject: str, password: str) -> None:
        """One that opens the account once: whoever comes in by it must choose his own."""
        with _Said():
            self._admin.set_user_password(subject, password, temporary=True)

    def take_factors(self, subject: str, *, before: datetime) -> None:
        """
        Take away the second factors an account had at a moment, and what stands in for them. Where the realm has everybody
        set up an app, he is asked to at once; elsewhere the flow asks when a second factor is first needed.
        """
        with _Said():
            for held in self._admin.get_credentials(subject):
                if held["type"] in SECOND_FACTORS and held.get("createdDate", 0) <= before.timestamp() * 1000:
                    self._admin.delete_credential(subject, held["id"])
            asked = {
                one["alias"] for one in self._admin.get_required_actions() if one["enabled"] and one["defaultAction"]
            }
            if SET_UP_APP in asked:
                account = self._admin.get_user(subject)
                due = sorted({*account.get("requiredActions", []), SET_UP_APP})
                self._admin.update_user(subject, {**account, "requiredActions": due})

    def mail_first_password(self, subject: str) -> None:
        """Have the issuer mail a link by which he chooses his first password; it works once, for three days."""
        with _Said():
            self._admin.send_update_account(subject, ["UPDATE_PASSWORD"], lifespan=int(INVITED_FOR.total_seconds()))

    def change(self, account: dict[str, Any], wanted: Wanted) -> None:
        """:raises Taken: the sign-in name he has now is another account's over there."""
        said = wanted.as_account() if wanted.made(account) else {**account, "enabled": wanted.enabled}
        try:
            with _Said():
                self._admin.update_user(account["id"], said)
        except Refusal as refusal:
            raise (Taken("taken") if str(refusal) == "http 409" else refusal) from None

    def shut(self, account: dict[str, Any]) -> None:
        """Disable an account and end its sessions."""
        with _Said():
            self._admin.update_user(account["id"], {**account, "enabled": False})
        self.sign_out(account["id"])

    def sign_out(self, subject: str) -> None:
        """End all sessions of an account; the issuer tells everybody who relies on it."""
        with _Said():
            self._admin.user_logout(subject)

    def end(self, sid: str) -> None:
        """End one session; one that is over already is."""
        connection = self._admin.connection
        try:
            with _Said():
                answer = connection.raw_delete(f"admin/realms/{connection.realm_name}/sessions/{quote(sid, safe='')}")
                raise_error_from_response(answer, KeycloakDeleteError)
        except Refusal as refusal:
            if str(refusal) != "http 404":
                raise

    def accounts(self) -> Iterator[dict[str, Any]]:
        """Every account of the realm, page by page; service accounts are none."""
        first = 0
        while True:
            with _Said():
                page = self._admin.get_users({"first": first, "max": PAGE})
            yield from page
            if len(page) < PAGE:
                return
            first += PAGE

    def groups_of(self, subject: str) -> frozenset[str]:
        with _Said():
            found = self._admin.get_user_groups(subject)
        self._groups |= {group["path"]: group["id"] for group in found}
        return frozenset(group["path"] for group in found)

    def put_into(self, subject: str, wanted: frozenset[str]) -> None:
        """Have an account in these groups and no others."""
        held = self.groups_of(subject)
        for path in sorted(wanted - held):
            with _Said():
                self._admin.group_user_add(subject, self._group(path))
        for path in sorted(held - wanted):
            with _Said():
                self._admin.group_user_remove(subject, self._groups[path])

    def _group(self, path: str) -> str:
        """The id of a group, made with those above it where it is not there."""
        if path not in self._groups:
            above, _slash, name = path.rpartition("/")
            parent = self._group(above) if above else None
            made = self._admin.create_group({"name": name}, parent=parent, skip_exists=True)
            self._groups[path] = made or str(self._admin.get_group_by_path(path)["id"])
        return self._groups[path]
