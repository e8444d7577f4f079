"""
The place of what is known about the issuer: its addresses and its public keys, kept by each process.

Both are fresh for ten minutes. An issuer that does not answer is believed by what it last said for 24 hours, and nobody
can make us ask for keys more than once a minute by sending names of keys that do not exist. While it is asked, one thread
waits for it; where nothing is known and it did not answer a moment ago, nobody does: strangers could hold all threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import requests
from django.conf import settings
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

FRESH, STALE, AGAIN, TIMEOUT = 600.0, 24 * 3600.0, 60.0, 5.0
PAUSE, PATIENCE = 5.0, 1.0  # after an answer that did not come; with somebody else's question, since it was asked
_DISCOVERY = "/.well-known/openid-configuration"
Fetch = Callable[[str], Mapping[str, Any]]


class Unreachable(Exception):
    """The issuer does not answer, or not as an issuer would."""


def fetch(url: str) -> Mapping[str, Any]:
    """:raises Unreachable: no answer within five seconds, an error, or no JSON object."""
    try:
        answer = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise Unreachable(type(error).__name__) from None
    if answer.status_code != 200 or not isinstance(found, dict):
        raise Unreachable("not a description")
    return found


class _Kept:
    """One thing fetched from the issuer: fresh, then stale, then gone."""

    def __init__(self, read: Callable[[], Any], clock: Callable[[], float]) -> None:
        self._read, self._clock = read, clock
        self._value: Any = None
        self._at = self._tried = self._failed = float("-inf")
        self._lock = threading.Lock()

    def get(self, *, again: bool = False) -> Any:
        """
        :param again: what is fresh may be too old all the same; asked for once a minute at most.
        :raises Unreachable: the issuer is away, and what it last said is older than a day.
        """
        now = self._clock()
        known = self._value is not None and now - self._at < STALE
        if not known and now - self._failed < PAUSE:
            raise Unreachable("away a moment ago")
        if not self._lock.acquire(timeout=max(0.0, PATIENCE - (now - self._tried)) if again or not known else 0):
            if not known:
                raise Unreachable("does not answer yet")
            return self._value
        try:
            now = self._clock()
            if now - self._at >= FRESH or (again and now - self._tried >= AGAIN):
                self._refresh(now)
            return self._value
        finally:
            self._lock.release()

    def _refresh(self, now: float) -> None:
        if self._value is not None and now - self._tried < AGAIN:
            return  # it was away a moment ago
        if self._value is None and now - self._failed < PAUSE:
            raise Unreachable("away a moment ago")  # to whoever waited for the thread that asked
        self._tried = now
        try:
            self._value, self._at = self._read(), now
        except Unreachable:
            self._failed = self._clock()
            if self._value is None or now - self._at >= STALE:
                self._value = None
                raise


class Provider:
    """The issuer ``issuer``, as it describes itself."""

    def __init__(self, issuer: str, *, read: Fetch = fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._description = _Kept(lambda: self._described(read), clock)
        self._keys = _Kept(lambda: self._key_set(read), clock)
        self._clock, self._looked, self._answered = clock, float("-inf"), False
        self._read = read

    def address(self, name: str) -> str:
        """An endpoint by its name in the description. :raises Unreachable:"""
        found = self._description.get().get(name)
        if not isinstance(found, str):
            raise Unreachable(f"no {name}")
        return found

    def names_itself(self) -> bool:
        """Whether its answers must carry ``iss`` (RFC 9207)."""
        return bool(self._description.get().get("authorization_response_iss_parameter_supported"))

    def key(self, name: str) -> KeySet | None:
        """The public key of that name, in a set of its own; ``None`` where the issuer has none. :raises Unreachable:"""
        return _one(self._keys.get(), name) or _one(self._keys.get(again=True), name)

    def answers(self) -> bool:
        """Whether the issuer answers now, asked at most twice a minute: for the page that says so."""
        now = self._clock()
        if now - self._looked >= AGAIN / 2:
            self._looked = now
            try:
                self._described(self._read)
                self._answered = True
            except Unreachable:
                self._answered = False
        return self._answered

    def _described(self, read: Fetch) -> Mapping[str, Any]:
        found = read(self.issuer + _DISCOVERY)
        if found.get("issuer") != self.issuer:
            raise Unreachable("names itself otherwise")
        return found

    def _key_set(self, read: Fetch) -> KeySet:
        try:
            return KeySet.import_key_set(dict(read(self.address("jwks_uri"))))  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError):
            raise Unreachable("no keys") from None


def _one(keys: KeySet, name: str) -> KeySet | None:
    found = [key for key in keys.keys if key.kid == name and key.get("use", "sig") == "sig"]
    return KeySet(found[:1]) if found else None


@lru_cache(maxsize=4)
def provider_of(issuer: str) -> Provider:
    return Provider(issuer)


def provider() -> Provider | None:
    """The issuer this installation trusts; ``None`` where people sign in here only."""
    return provider_of(settings.OIDC_ISSUER) if settings.OIDC_ISSUER else None
