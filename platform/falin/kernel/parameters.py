"""
The place of the programme's figures: "8 hours", "3 communities" and their like, each declared once.

A parameter has a type, a unit, a range, the rule it comes from and who may set it, and is read through one function
with the place and the day it is wanted for. Levels inherit; what a level set is looked up by ``resolver``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

Number = int
LEVELS = ("province", "city", "county", "street", "community")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    One figure of the programme.

    ``set_by`` are words of ``LEVELS``, the highest first; nobody: it is as it is. ``direction`` says which way is
    tighter: +1 more, -1 less. ``by_body``: the province may say another figure for one of its bodies alone.
    """

    key: str
    label: str
    unit: str
    default: Number
    minimum: Number
    maximum: Number
    rule: str
    set_by: tuple[str, ...]
    direction: int = 0
    by_body: bool = False

    @property
    def cited(self) -> str:
        """The rule or law as a reader knows it (R2.4); empty where the figure comes from a sheet of ours."""
        return "" if self.rule.islower() else self.rule


_declared: dict[str, Parameter] = {}
Resolver = Callable[[str, int | None, date], Number | None]
_resolver: list[Resolver] = []


def declare(parameter: Parameter) -> Parameter:
    """
    Declare a figure at import time of the service it belongs to; twice with other content is a mistake.

    :raises ValueError: so it is, or nobody could ever set it.
    """
    assert parameter.minimum <= parameter.default <= parameter.maximum, parameter.key
    if strange := set(parameter.set_by) - set(LEVELS):
        raise ValueError(f"{parameter.key} is set by no level: {', '.join(sorted(strange))}")
    if parameter.by_body and (parameter.set_by != LEVELS[:1] or parameter.direction):
        raise ValueError(f"{parameter.key} is not the province's alone to say for one body")
    if _declared.setdefault(parameter.key, parameter) != parameter:
        raise ValueError(f"declared twice: {parameter.key}")
    return parameter


def resolve_with(resolver: Resolver) -> None:
    """Have set values looked up by ``resolver`` (key, place, day); wired by the composition root."""
    _resolver[:] = [resolver]


def value(parameter: Parameter, *, node_id: int | None, on: date) -> Number:
    """The figure in force at a place on a day: what a level set, else the default of the rules."""
    if _resolver:
        found = _resolver[0](parameter.key, node_id, on)
        if found is not None:
            return found
    return parameter.default


def declared() -> tuple[Parameter, ...]:
    return tuple(sorted(_declared.values(), key=lambda parameter: parameter.key))
