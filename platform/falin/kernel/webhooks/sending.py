"""
The place where a message leaves the house: one POST, to a public address, without following anybody anywhere.

The address in the form is typed by a person of a tenant; the server stands in a network where much listens that nobody
outside should reach. So the name is resolved here, every address it stands for must be a public one (or lie in a network
the operator named), and the connection goes to that very address: a name that changes its answer meanwhile gains
nothing. Redirects are not followed. The whole exchange has one deadline, however slowly the receiver drips.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

DEADLINE = 10.0  # seconds, for the whole exchange
_NAT64 = IPv6Network("64:ff9b::/96")  # an IPv4 address in its last four bytes, behind a gateway

OK, REFUSED, GONE, REDIRECT = "ok", "refused", "gone", "redirect"
UNREACHABLE, TOO_SLOW, INNER, BAD_TLS, NOT_HTTP = "unreachable", "too_slow", "inner", "bad_tls", "not_http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one try. ``status`` is 0 where nobody answered."""

    outcome: str
    status: int = 0
    milliseconds: int = 0
    asked_wait: timedelta | None = None


class InnerAddress(Exception):
    """The name stands for an address inside."""


class TooSlow(Exception):
    """The deadline of the whole exchange is over."""


def post(
    address: str, body: bytes, headers: Mapping[str, str], *, tls: ssl.SSLContext | None = None
) -> Answer:  # fmt: skip
    """Send one message. What goes wrong is an outcome, never an error: a hostile receiver must not stop the sender."""
    began = time.monotonic()
    backend = _Guarded(until=began + DEADLINE, encrypted=urlsplit(address).scheme == "https")
    sent = {"content-type": "application/json", "user-agent": "Falin-Webhooks/1", "accept": "*/*", **headers}

    def took() -> int:
        return int((time.monotonic() - began) * 1000)

    try:
        with (
            httpcore.ConnectionPool(ssl_context=tls or _tls(), network_backend=backend, http2=False) as pool,
            pool.stream("POST", address, headers=list(sent.items()), content=body) as response,
        ):
            asked = dict(response.headers).get(b"retry-after") or dict(response.headers).get(b"Retry-After")
            return Answer(outcome=_outcome(response.status), status=response.status, milliseconds=took(),
                          asked_wait=_seconds(asked))  # fmt: skip
    except InnerAddress:
        outcome = INNER
    except (TooSlow, httpcore.TimeoutException):
        outcome = TOO_SLOW
    except (httpcore.ConnectError, httpcore.ReadError, httpcore.WriteError, OSError) as error:
        outcome = BAD_TLS if isinstance(error.__context__, ssl.SSLError) or "SSL" in str(error) else UNREACHABLE
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError):
        outcome = NOT_HTTP
    return Answer(outcome=outcome, milliseconds=took())


def _outcome(status: int) -> str:
    if 200 <= status < 300:
        return OK
    if 300 <= status < 400:
        return REDIRECT
    return GONE if status == 410 else REFUSED


def _seconds(asked: bytes | None) -> timedelta | None:
    return timedelta(seconds=int(asked)) if asked and asked.isdigit() and len(asked) < 8 else None


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is everybody's; an IPv4 address inside an IPv6 one is judged by itself too."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _named(address: IPv4Address | IPv6Address) -> bool:
    """Whether the operator opened the network of an address for receivers."""
    return any(address in ip_network(network) for network in settings.WEBHOOK_NETWORKS)


class _Guarded(httpcore.NetworkBackend):
    """Connects to addresses that may be connected to, within the time that is left."""

    def __init__(self, *, until: float, encrypted: bool) -> None:
        self._until, self._encrypted, self._inner = until, encrypted, httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        try:
            found = [ip_address(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        # One inner address among them is enough to refuse; without TLS only networks the operator named are reached.
        if not all(_named(one) or (self._encrypted and is_public(one)) for one in found):
            raise InnerAddress(host)
        stream = self._inner.connect_tcp(str(found[0]), port, timeout=_left(self._until), local_address=local_address)
        return _Hurried(stream, self._until)


class _Hurried(httpcore.NetworkStream):
    """A stream whose every step ends with the deadline of the whole."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(self._until))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        made = self._stream.start_tls(ssl_context, server_hostname=server_hostname, timeout=_left(self._until))
        return _Hurried(made, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float, clock: Callable[[], float] = time.monotonic) -> float:
    left = until - clock()
    if left <= 0:
        raise TooSlow
    return left
