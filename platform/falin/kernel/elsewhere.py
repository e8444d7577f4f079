"""The place that knows where a thing is when it is not here; asked only where the answer would be that there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from falin.kernel.refusals import Elsewhere
from falin.kernel.scope import Scope

Finder = Callable[[Mapping[str, Any], Scope | None], Elsewhere | None]
_finder: list[Finder] = []


def find_with(finder: Finder) -> None:
    """Have ``finder(parts of the address, scope)`` say where it is; wired by the composition root."""
    _finder[:] = [finder]


def find(parts: Mapping[str, Any], scope: Scope | None) -> Elsewhere | None:
    """The refusal that names the cell which has it; ``None`` where none does. Outside any transaction."""
    return _finder[0](parts, scope) if _finder else None
