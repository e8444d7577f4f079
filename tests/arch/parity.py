"""
What the doors of the pages and of the API call, read from their code: every command and query behind an address.

A door's function is followed through the functions of its own floor (web, rest, portal) until it reaches a command or a
query; ``kernel.jobs``, ``kernel.files`` and ``kernel.webhooks`` are commands and queries of the kernel.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from falin.kernel.checks import door_of, walk
from falin.kernel.rest import DoorView
from falin.portal.rest.public import PublicView

_BEHIND = re.compile(
    r"(services|tenants)\.\w+\.(\w+\.)?(commands|queries)(\.|$)|tenants\.divisions\.queries|tenants\.registry\.directory$"
    r"|falin\.kernel\.(jobs|files|quotas|retention|webhooks\.\w+)$|falin\.portal\.(commands|queries|booked|sums|search|places|account|own_data|help)$"
)
_DOORS = re.compile(r"services\.\w+\.(web|rest)(\.|$)|falin\.portal\.|falin\.ui\.views$")


def _target(node: ast.expr, names: dict[str, Any]) -> Any:
    """What a name or a chain of attributes means where it stands, or ``None``."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _target(node.value, names)
        if isinstance(owner, ModuleType | type):
            return getattr(owner, node.attr, None)
    return None


@cache
def _named_in(function: FunctionType) -> tuple[FunctionType, ...]:
    """The functions a function's text names, called or handed on."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = {**function.__globals__, **_cells(function)}
    meant = [_target(node, names) for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)]
    found = [inspect.unwrap(one) for one in meant if isinstance(one, FunctionType)]
    return tuple(one for one in dict.fromkeys(found) if isinstance(one, FunctionType))


def _cells(function: FunctionType) -> dict[str, Any]:
    try:
        return dict(inspect.getclosurevars(function).nonlocals)
    except ValueError:
        return {}


def reached(function: Callable[..., Any]) -> frozenset[str]:
    """The commands and queries a door's function leads to, as ``module.name``."""
    found: set[str] = set()
    seen: set[FunctionType] = set()
    stack = [inspect.unwrap(function)]
    while stack:
        here = stack.pop()
        if here in seen or not isinstance(here, FunctionType):
            continue
        seen.add(here)
        for one in _named_in(here):
            if one.__name__.startswith(("check_", "may_")):
                continue
            if _BEHIND.match(one.__module__) and not one.__name__.startswith("_"):
                found.add(f"{one.__module__}.{one.__name__}")
            elif _DOORS.match(one.__module__) or one.__module__ == here.__module__:
                stack.append(one)
    return frozenset(found)


def _api_methods() -> Iterator[tuple[str, Any]]:
    for route, _name, view in walk():
        owner = getattr(view, "cls", None)
        if isinstance(owner, type) and issubclass(owner, DoorView):
            for method in owner.door_grants:
                yield f"{method} /{route}", getattr(owner, method.lower())
        elif isinstance(owner, type) and issubclass(owner, PublicView):
            yield from (
                (f"{one.upper()} /{route}", getattr(owner, one)) for one in ("get", "post") if hasattr(owner, one)
            )


def behind_api() -> dict[str, frozenset[str]]:
    """Each method of each address of the API → what it calls."""
    return {where: reached(method) for where, method in _api_methods()}


def behind_pages() -> dict[str, set[str]]:
    """Each command and query that a page calls → the pages that do."""
    found: dict[str, set[str]] = defaultdict(set)
    for route, _name, view in walk():
        owner = getattr(view, "cls", None)
        if isinstance(owner, type) or door_of(view) is None:
            continue
        for one in reached(view):
            found[one].add("/" + route)
    return found


# ---- what is asked for in the address ----------------------------------------------------------------------------------
def _is_get(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "GET"


def asked_by(function: Callable[..., Any]) -> frozenset[str]:
    """The names a page reads from its address: by itself, by a function it hands its request to, or by a form."""
    found: set[str] = set()
    seen: set[FunctionType] = set()
    stack = [inspect.unwrap(function)]
    while stack:
        here = stack.pop()
        if here in seen or not isinstance(here, FunctionType):
            continue
        seen.add(here)
        names = {**here.__globals__, **_cells(here)}
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(here)))):
            if not isinstance(node, ast.Call):
                continue
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            first = arguments[0] if arguments else None
            if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and _is_get(node.func.value):
                found |= {str(first.value)} if isinstance(first, ast.Constant) else set()
            meant = _target(node.func, names)
            if isinstance(meant, type) and hasattr(meant, "base_fields") and any(map(_is_get, arguments)):
                found |= set(meant.base_fields)
            handed = any(isinstance(one, ast.Name) and one.id in {"request", "http"} for one in arguments)
            if isinstance(meant, FunctionType) and _DOORS.match(meant.__module__) and handed:
                second = arguments[1] if len(arguments) > 1 else None
                if isinstance(second, ast.Constant) and isinstance(second.value, str) and second.value.isidentifier():
                    found.add(second.value)  # key(request, "before")
                stack.append(inspect.unwrap(meant))
    return frozenset(found)


def pages_asking() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Each page that is read → the names it reads from its address, and the commands and queries behind it."""
    return {
        "/" + route: (asked_by(view), reached(view))
        for route, _name, view in walk()
        if not isinstance(getattr(view, "cls", None), type) and door_of(view) is not None
    }
