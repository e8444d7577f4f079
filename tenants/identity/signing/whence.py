"""
The place that says where a request comes from: the network, the device in words, and whether the person has signed in on
this device before.

A device is known by a signed cookie that names people by a mark of their password and epoch: after a new password, a
suspension or a sign-out everywhere it is a stranger again. The cookie opens nothing; it only keeps others' guesses from
slowing its person down.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from tenants.identity.models import Person

COOKIE = "device"
_KEPT = 365 * 24 * 3600
_MOST = 8  # people on one shared machine
_signer = Signer(salt="identity.device")

_SYSTEMS = (("HarmonyOS", "鸿蒙"), ("OpenHarmony", "鸿蒙"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "安卓"),
            ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux"))  # fmt: skip
_BROWSERS = (("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("360", "360"),
             ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip


def network_of(request: HttpRequest) -> str:
    """The neighbourhood an address belongs to: what one office or one line shares (IPv4 /24, IPv6 /48)."""
    try:
        found = get_client_ip(request)
    except ImproperlyConfigured:  # a header with fewer addresses than there are proxies of ours
        found = None
    if not found:
        return ""
    address = ipaddress.ip_address(found)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def place_of(network: str) -> str:
    """A network in words, as far as they are known."""
    if not network:
        return _("不详")
    known = ipaddress.ip_network(network)
    if known.is_loopback:
        return _("本机")
    return _("内部网络 %(network)s") % {"network": network} if known.is_private else network


def device_of(request: HttpRequest) -> str:
    """Browser and system, as far as the browser says."""
    text = request.headers.get("User-Agent", "")
    browser = next((words for sign, words in _BROWSERS if sign in text), "")
    system = next((words for sign, words in _SYSTEMS if re.search(sign, text)), "")
    return " · ".join(filter(None, [browser, system]))


def _kept(request: HttpRequest) -> dict[str, Any]:
    try:
        kept = _signer.unsign_object(request.COOKIES.get(COOKIE, ""))
    except (BadSignature, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _mark(person: Person) -> str:
    return person.get_session_auth_hash()[:16]


def known_device(request: HttpRequest, person: Person | None) -> str:
    """The device's own name, where this person has signed in on it before; else empty."""
    kept = _kept(request)
    if person is None or kept.get("people", {}).get(str(person.pk)) != _mark(person):
        return ""
    return str(kept["id"])


def remember_device(request: HttpRequest, response: HttpResponseBase, person: Person) -> None:
    kept = _kept(request) or {"id": secrets.token_hex(16), "people": {}}
    others = {who: mark for who, mark in kept["people"].items() if who != str(person.pk)}
    kept["people"] = {**dict(list(others.items())[1 - _MOST :]), str(person.pk): _mark(person)}
    response.set_cookie(COOKIE, _signer.sign_object(kept), max_age=_KEPT, httponly=True, samesite="Lax",
                        secure=settings.SESSION_COOKIE_SECURE, path="/accounts/")  # fmt: skip
