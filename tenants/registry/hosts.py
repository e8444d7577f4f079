"""
The place that knows under which names Falin is asked for, and whose face each name shows.

Served are the names given at start (``FALIN_HOSTS``), this machine's own numbers, the province's domain
(``FALIN_DOMAIN``) and what operators entered in the directory: whole host names of a body, and single words, which are
a path under the province's name and, where it has a domain, a sub-domain of it.

Every process keeps the directory and reads it again once a minute: an ordinary request costs one look into a dictionary.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tenants.divisions.api import Level, list_divisions
from tenants.registry.models import Domain, Tenant
from tenants.registry.types import Kind, State

FRESH = 60.0  # seconds a process goes on with what it read
SOON = 5.0  # for a name it does not know, and while the database is away
MOST_SEEN = 1_000
_DIGITS = {Level.PROVINCE: 2, Level.CITY: 4}
_HEADER = re.compile(r"(?P<name>[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE)


class NotServed(Exception):
    """Nobody here has this name. ``name`` is empty where the header is no name at all."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """
    A body as it shows itself: ``word`` names it in public addresses, where only open ones are, and so does ``code``, the
    official one as far as its level reaches.
    """

    tenant_id: int
    node_id: int
    kind: Kind
    name: str
    word: str
    code: str


@dataclass(slots=True, kw_only=True)
class Directory:
    """
    What a process knows, read at one moment: the bodies by host name, closed ones left out, and the open ones by word.

    ``seen`` are headers that were judged and found good, port and all.
    """

    fixed: frozenset[str]
    hosts: Mapping[str, Face]
    words: Mapping[str, Face]
    read_at: float
    until: float
    seen: dict[str, Face | None] = field(default_factory=dict)

    def judge(self, header: str) -> Face | None:
        """
        Whose face a Host header asks for; ``None`` for the one that all share.

        :raises NotServed: it is no name, or nobody's here.
        """
        found = _HEADER.fullmatch(header)
        if found is None or len(header) > 260 or not 0 < int(found["port"] or 80) < 65536:
            raise NotServed("")
        name = found["name"].lower()
        if name not in self.hosts and not self._shared(name):
            raise NotServed(name)
        face = self.hosts.get(name)
        if len(self.seen) < MOST_SEEN:
            self.seen[header] = face
        return face

    def _shared(self, name: str) -> bool:
        if name in self.fixed or "*" in self.fixed:
            return True
        return any(one[0] == "." and name.endswith(one) for one in self.fixed) or is_own_number(name)


def is_own_number(name: str) -> bool:
    """Whether it is an address of this very machine, in numbers: no name of anybody's leads a browser to that."""
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    kind = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with suppress(OSError), socket.socket(kind, socket.SOCK_DGRAM) as probe:
        probe.bind((str(address), 0))  # the system lets only an address of its own be taken
        return not address.is_unspecified and not address.is_multicast
    return False


_lock = threading.Lock()
_kept: list[Directory] = []


def directory(*, newest: bool = False) -> Directory:
    """The directory as this process knows it; ``newest`` asks for one read within the last seconds."""
    moment = time.monotonic()
    known = _kept[0] if _kept else None
    if known is not None and moment < (known.read_at + SOON if newest else known.until):
        return known
    if known is not None and not _lock.acquire(blocking=False):
        return known  # another thread reads it at this moment
    if known is None:
        _lock.acquire()
    try:
        try:
            _kept[:] = [_read(moment)]
        except (OperationalError, InterfaceError):
            if known is None:
                return Directory(fixed=_fixed(), hosts={}, words={}, read_at=moment, until=moment)
            known.read_at, known.until = moment, moment + SOON
        return _kept[0]
    finally:
        _lock.release()


def forget() -> None:
    """Have this process read the directory again at its next request; the others do within a minute."""
    _kept.clear()


def _fixed() -> frozenset[str]:
    """``FALIN_HOSTS``, the province's domain, and what a test runner adds to Django's own list."""
    given = (*settings.HOSTS, settings.DOMAIN, *(one for one in settings.ALLOWED_HOSTS if one != "*"))
    return frozenset(one.lower() for one in given if one)


def _read(moment: float) -> Directory:
    """Three statements, in the shared schema."""
    tenants: list[Tenant] = list(Tenant.objects.exclude(state=State.CLOSED))
    places = list_divisions([tenant.node_id for tenant in tenants])
    codes = {place.id: place.code[: _DIGITS.get(place.level, 6)] for place in places}
    said: dict[int, list[str]] = {}
    for tenant_id, address in Domain.objects.order_by("-is_primary", "id").values_list("tenant_id", "domain"):
        said.setdefault(tenant_id, []).append(address)
    hosts: dict[str, Face] = {}
    words: dict[str, Face] = {}
    for tenant in tenants:
        addresses = said.get(tenant.id, [])
        code = codes.get(tenant.node_id, "")
        named = [one for one in addresses if "." not in one]
        face = Face(tenant_id=tenant.id, node_id=tenant.node_id, kind=Kind(tenant.kind), name=tenant.name,
                    word=named[0] if named else code, code=code)  # fmt: skip
        if tenant.state == State.OPEN:  # the people of one that is suspended come in and read; the public sees nothing
            words |= dict.fromkeys((*named, *([code] if code else ())), face)
        hosts |= dict.fromkeys((one for one in addresses if "." in one), face)
        if settings.DOMAIN:
            hosts |= {f"{word}.{settings.DOMAIN}": face for word in named}
    return Directory(fixed=_fixed(), hosts=hosts, words=words, read_at=moment, until=moment + FRESH)


def find_face(word: str) -> Face | None:
    """The body of a word or code in an address; ``None`` where there is none or it is not open."""
    return directory().words.get(word.lower())


def list_faces() -> list[Face]:
    """Every open body, once, in the order of their words."""
    return sorted(set(directory().words.values()), key=lambda face: face.word)


class HostMiddleware:
    """
    Sets ``request.face``: the body whose address was asked for, or ``None`` at the one that all share.

    What nobody here is called gets a page that says so. ``X-Forwarded-Host`` is never read. An absolute address in the
    request line must name the host that the header names.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        header = request.META.get("HTTP_HOST")
        if header is None:  # HTTP/1.0, which has none: the server's own name for itself
            header = request.META["SERVER_NAME"]
        try:
            if request.META.get("RAW_URI", "/")[:1] != "/":
                _check_absolute(request.META["RAW_URI"], header)
            face = request.face = _face(header)  # type: ignore[attr-defined]
        except NotServed as wrong:
            return _told(request, wrong.name)
        if face is not None and request.path_info == "/" and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return HttpResponseRedirect(f"/public/{face.code}/")  # who is not at work here comes for the county's pages
        return self.get_response(request)


def _face(header: str) -> Face | None:
    known = directory()
    try:
        return known.seen[header]
    except KeyError:
        pass
    try:
        return known.judge(header)
    except NotServed as wrong:
        newest = directory(newest=True) if wrong.name else known
        if newest is known:
            raise
        return newest.judge(header)


def _check_absolute(line: str, header: str) -> None:
    if line == "*":
        return
    try:
        named = urlsplit(line).netloc
    except ValueError:
        named = ""
    if named.lower() != header.lower():
        raise NotServed("")


def _told(request: HttpRequest, name: str) -> HttpResponse:
    """404 for a name that is nobody's here, 400 for what is no name. Nothing of it leads anywhere."""
    status = 404 if name else 400
    if request.path_info.startswith("/api/"):
        words = _("这里没有这个网址。请核对您打开的地址。")
        body = {"type": "urn:falin:problem:kernel.host", "title": words, "status": status, "code": "kernel.host"}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    request.scope = None  # type: ignore[attr-defined]
    context = {"host": name, "main": f"https://{settings.DOMAIN}/" if settings.DOMAIN else ""}
    return render(request, "wrong_host.html", context, status=status)
