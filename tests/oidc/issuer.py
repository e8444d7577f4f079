"""
An issuer that says whatever a test wants it to say: the answers no certified provider gives.

It keeps to the protocol where a test does not bend it: discovery, keys, and a token endpoint that asks for the client's
secret, the code (once) and its PKCE verifier.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
CURVE = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
SECRET = "the-client's-own-secret-of-forty-letters-"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Issuer:
    address: str = ""
    up: bool = True
    names_itself: bool = True
    keys: list[Any] = field(default_factory=lambda: [KEY, CURVE])
    asked: dict[str, str] = field(default_factory=dict)  # what the browser brought to the authorisation endpoint
    tokens: dict[str, Any] = field(default_factory=dict)  # what the token endpoint answers
    spent: set[str] = field(default_factory=set)
    fetched: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.address, "authorization_endpoint": f"{self.address}/auth",
            "token_endpoint": f"{self.address}/token", "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/end",
            "authorization_response_iss_parameter_supported": self.names_itself,
        }  # fmt: skip

    def exchange(self, sent: Mapping[str, str], secret: str) -> tuple[int, dict[str, Any]]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(
            b"="
        )
        right = sent["code"] not in self.spent and challenge.decode() == self.asked.get("code_challenge")
        if not right or secret != SECRET:
            return 400, {"error": "invalid_grant"}
        self.spent.add(sent["code"])
        return 200, self.tokens


def claims(issuer: Issuer, **more: Any) -> dict[str, Any]:
    """A right ID token's claims; ``None`` takes one away."""
    now = int(time.time())
    right = {"iss": issuer.address, "aud": "falin", "azp": "falin", "sub": "s-1", "sid": "theirs-1", "iat": now,
             "exp": now + 60, "auth_time": now, "acr": "1", "nonce": issuer.asked.get("nonce", ""), "typ": "ID"}  # fmt: skip
    return {name: value for name, value in {**right, **more}.items() if value is not None}


def logout_claims(issuer: Issuer, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    right = {"iss": issuer.address, "aud": "falin", "sub": "s-1", "sid": "theirs-1", "iat": now, "exp": now + 120,
             "jti": f"j-{time.monotonic_ns()}", "events": {LOGOUT: {}}}  # fmt: skip
    return {name: value for name, value in {**right, **more}.items() if value is not None}


def signed(said: Mapping[str, Any], key: Any = KEY, **header: Any) -> str:
    algorithm = header.get("alg", "ES256" if key is CURVE else "RS256")
    made = {"alg": algorithm, "kid": key.kid if key.kid else "one", "typ": "JWT", **header}
    made = {name: value for name, value in made.items() if value is not None}
    return jws.serialize_compact(made, json.dumps(said).encode(), key, algorithms=[algorithm])


def unsigned(said: Mapping[str, Any], alg: str = "none") -> str:
    parts = ({"alg": alg, "kid": "one", "typ": "JWT"}, said)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def with_public_key_as_secret(said: Mapping[str, Any]) -> str:
    """Made by hand: no library signs so any more."""
    text = unsigned(said, "HS256").rstrip(".")
    signature = hmac.new(KEY.as_pem(private=False), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def at_hash(access_token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()[:16]).rstrip(b"=").decode()


def answer(issuer: Issuer, **more: str | None) -> str:
    """The address the browser comes back to."""
    right = {"state": issuer.asked["state"], "code": f"c-{time.monotonic_ns()}", "iss": issuer.address, **more}
    return "/accounts/oidc/callback/?" + urlencode({name: value for name, value in right.items() if value is not None})


@contextmanager
def running() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.fetched.append(self.path)
            if not issuer.up:
                self._say(503, {})
            elif self.path == "/.well-known/openid-configuration":
                self._say(200, issuer.described())
            elif self.path == "/keys":
                self._say(200, {"keys": [key.as_dict(private=False) for key in issuer.keys]})
            else:
                self._say(404, {})

        def do_POST(self) -> None:
            sent = {
                name: values[0]
                for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
            }
            basic = base64.b64decode(self.headers.get("Authorization", "Basic Og==").partition(" ")[2]).decode()
            self._say(*(issuer.exchange(sent, basic.partition(":")[2]) if issuer.up else (503, {})))

        def _say(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
