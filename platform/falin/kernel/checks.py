"""The place that keeps the server from starting with an address that has no door."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags
from django.core.checks import register as register_check
from django.urls import URLPattern, URLResolver, get_resolver


def walk(patterns: Sequence[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every address of the project: its route, its name with namespaces, and the view behind it."""
    yield from _walk(get_resolver().url_patterns if patterns is None else patterns, prefix, "")


def _walk(patterns: Sequence[Any], prefix: str, space: str) -> Iterator[tuple[str, str, Any]]:
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry.url_patterns, route, inner)
        elif isinstance(entry, URLPattern):
            yield route, f"{space}{entry.name or ''}", entry.callback


def door_of(view: Any) -> str | None:
    """The grant a view asks for, ``"open"`` for a door open to all, ``None`` where there is no door."""
    owner = getattr(view, "cls", None) or getattr(view, "view_class", None) or view
    grant = getattr(view, "door_grant", None) or getattr(owner, "door_grant", None)
    if grant:
        return str(grant)
    return "open" if getattr(view, "door_open", None) or getattr(owner, "door_open", None) else None


def doorless(view: Any) -> str | None:
    """The reason a third party's view needs no door of ours (``settings.DOORLESS``), or ``None``."""
    module = getattr(getattr(view, "cls", None) or getattr(view, "view_class", None) or view, "__module__", "")
    for prefix, reason in settings.DOORLESS.items():
        if module == prefix or module.startswith(prefix + "."):
            return str(reason)
    return None


def every_address_has_a_door(**_: Any) -> list[Error]:
    return [
        Error(
            f"The address {route!r} ({getattr(view, '__module__', '?')}.{getattr(view, '__qualname__', view)}) has no door.",
            hint="Decorate the view with falin.kernel.doors.door or open_door.",
            id="falin.E001",
        )
        for route, _name, view in walk()
        if door_of(view) is None and doorless(view) is None
    ]


def register() -> None:
    register_check(every_address_has_a_door, Tags.urls)
