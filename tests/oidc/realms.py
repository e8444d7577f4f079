"""A realm as its administrator sees it, and a browser that fills in Keycloak's own pages without drawing them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
from django.test import Client

from falin.runtime.keycloak import Keycloak

PASSWORD = "ten-green-bottles-on-the-wall"
OTP_KEY = "falin-tests-one-time-password"  # as Keycloak keeps it; apps are shown it in base32


def credentials(*, otp: bool) -> list[dict[str, Any]]:
    """A password, and a one-time password where asked, as Keycloak takes them with an account."""
    found: list[dict[str, Any]] = [{"type": "password", "value": PASSWORD, "temporary": False}]
    if otp:
        found.append({
            "type": "otp", "secretData": f'{{"value":"{OTP_KEY}"}}', "userLabel": "test",
            "credentialData": '{"subType":"totp","digits":6,"period":30,"algorithm":"HmacSHA1","counter":0}',
        })  # fmt: skip
    return found


@dataclass
class Realm:
    """What tests do in a realm over its administration."""

    keycloak: Keycloak
    name: str
    _token: str = ""
    _until: float = 0.0

    @property
    def issuer(self) -> str:
        return f"{self.keycloak.address}/realms/{self.name}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        if time.monotonic() > self._until:
            self._token, self._until = self.keycloak._token(), time.monotonic() + 30
        answer = requests.request(
            method, f"{self.keycloak.address}/admin/realms/{self.name}{path}", json=body, timeout=20,
            headers={"Authorization": f"Bearer {self._token}"},
        )  # fmt: skip
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else answer.headers.get("Location", "")

    def empty(self) -> None:
        for user in self.ask("GET", "/users?max=500"):
            self.ask("DELETE", f"/users/{user['id']}")
        for group in self.ask("GET", "/groups?max=500"):
            self.ask("DELETE", f"/groups/{group['id']}")

    def enter(self, username: str, *, otp: bool = False, **more: Any) -> str:
        """Somebody with a password, and a one-time password where asked; his subject."""
        given = {"username": username, "enabled": True, "credentials": credentials(otp=otp), **more}
        where = self.ask("POST", "/users", given)
        return str(where).rsplit("/", 1)[-1]

    def user(self, username: str) -> dict[str, Any] | None:
        found = self.ask("GET", f"/users?username={username}&exact=true")
        return found[0] if found else None


def one_time(at: float | None = None) -> str:
    """The six figures an app would show (RFC 6238)."""
    step = struct.pack(">Q", int((time.time() if at is None else at) // 30))
    digest = hmac.new(OTP_KEY.encode(), step, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


assert base64.b32encode(OTP_KEY.encode())


@dataclass
class Browser:
    """One browser at both: Falin through Django's test client, Keycloak through HTTP."""

    falin: Client = field(default_factory=Client)
    there: requests.Session = field(default_factory=requests.Session)
    password: str = PASSWORD
    new_password: str = "five-red-lanterns-over-the-gate"  # where Keycloak asks for one's own
    username: str = ""
    via: str = ""  # the platform he signs in through, where Keycloak offers it
    page: str = ""  # the last page of Keycloak, where it asks for something we were not told

    def open(self, address: str) -> Any:
        """Falin's answer in the end, having gone wherever the two sent us."""
        answer = self.falin.get(address)
        return self.follow(answer)

    def follow(self, answer: Any) -> Any:
        for _step in range(12):
            onward = self._onward(answer)
            if onward is None:
                return answer
            parts = urlsplit(onward)
            if parts.netloc in {"", "testserver"}:
                answer = self.falin.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
                continue
            back = self.visit(onward)
            if back is None:
                return answer
            parts = urlsplit(back)
            answer = self.falin.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        raise AssertionError("sent to and fro")

    @staticmethod
    def _onward(answer: Any) -> str | None:
        if 300 <= answer.status_code < 400:
            return str(answer.headers["Location"])
        refresh = answer.headers.get("Refresh", "")
        return refresh.partition("url=")[2] or None

    def visit(self, address: str, *, home: str = "http://testserver") -> str | None:
        """At Keycloak, filling in what it asks, until it sends us home: that address; ``None`` where it does not."""
        answer = self._ask("GET", address)
        for _step in range(12):
            if 300 <= answer.status_code < 400:
                onward = urljoin(answer.url, answer.headers["Location"])
                if onward.startswith(f"{home}/"):
                    return onward
                answer = self._ask("GET", onward)
                continue
            self.page = answer.text
            offered = re.search(rf"href=\"([^\"]+/broker/{self.via}/login[^\"]*)\"", answer.text) if self.via else None
            if offered:
                answer = self._ask("GET", urljoin(answer.url, unescape(offered[1])))
                continue
            filled = self._filled(answer.text)
            if filled is None:
                return None
            action, sent = filled
            answer = self._ask("POST", urljoin(answer.url, action), sent)
        return None

    def _ask(self, method: str, address: str, sent: dict[str, str] | None = None) -> requests.Response:
        """As browsers do on the machine itself: cookies meant for secure connections go to 127.0.0.1, too."""
        for cookie in self.there.cookies:
            cookie.secure = False
        return self.there.request(method, address, data=sent, allow_redirects=False, timeout=20)

    def _filled(self, page: str) -> tuple[str, dict[str, str]] | None:
        """The form of a page of Keycloak's with our answers; ``None`` where we have none, or were told no."""
        found = re.search(r"<form[^>]*action=\"([^\"]+)\"", page)
        names = set(re.findall(r"name=\"([\w-]+)\"", page))
        if found is None or re.search(r"id=\"input-error-(?!container)|pf-m-danger", page):
            return None
        if "password-new" in names:
            self.password = self.new_password
            return unescape(found[1]), {"password-new": self.password, "password-confirm": self.password}
        if "otp" in names:
            return unescape(found[1]), {"otp": one_time(), "login": "1"}
        if "password" in names:
            return unescape(found[1]), {"username": self.username, "password": self.password, "credentialId": ""}
        return None


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))
