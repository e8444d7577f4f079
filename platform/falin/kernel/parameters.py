"""
The place of the programme's figures: "8 hours", "3 communities" and their like, each declared once.

A parameter is an amount with its unit and range, or a choice of named options. It has the rule it comes from and who may
set it, and is read through one function with the place and the day it is wanted for. Levels inherit; what a level set is
looked up by ``resolver``. A choice is kept as its option's number; people read its label, programs its word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext, gettext_noop

from falin.kernel import formats

Number = int
LEVELS = ("province", "city", "county", "street", "community")


@dataclass(frozen=True, slots=True)
class Option:
    """One of a choice: the number it is kept as, its word for programs, its label for people."""

    value: Number
    word: str
    label: str


YES_NO = (Option(0, "no", gettext_noop("否")), Option(1, "yes", gettext_noop("是")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    One figure of the programme: an amount between ``minimum`` and ``maximum``, or, with ``options``, one of them.

    ``rule`` is where it comes from: a rule of the programme (R2.4), a law, an alarm, or a decision of ours. ``set_by`` are
    words of ``LEVELS``, the highest first; nobody: it is as it is. ``direction`` says which way is tighter: +1 more, -1
    less. ``by_body``: the province may say another figure for one of its bodies alone. ``policy``: it says how one signs
    in, what is granted and reviewed or what leaves, and is the security administrator's (decision 57).
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
    policy: bool = False
    options: tuple[Option, ...] = ()

    def told(self, value: Number) -> str:
        """A value as people read it: the option's label, or the amount with its unit."""
        if self.options:
            return next((gettext(one.label) for one in self.options if one.value == value), str(value))
        return f"{formats.number(value)} {gettext(self.unit)}" if self.unit else formats.number(value)

    def word(self, value: Number) -> Number | str:
        """A value as programs and the log hold it: the option's word, or the number."""
        return next((one.word for one in self.options if one.value == value), value)

    def read(self, said: Number | str) -> Number:
        """
        A value from what somebody wrote: a number, or an option's word.

        :raises ValueError: it is neither.
        """
        number = {one.word: one.value for one in self.options}.get(str(said).strip())
        return int(said) if number is None else number

    def allows(self, value: Number) -> bool:
        """Whether it lies in the range, or is one of the options."""
        return value in {one.value for one in self.options} if self.options else self.minimum <= value <= self.maximum

    @property
    def range_told(self) -> str:
        """What may be said, as people read it."""
        if self.options:
            return gettext("、").join(gettext(one.label) for one in self.options)
        return gettext("%(low)s 到 %(high)s") % {"low": formats.number(self.minimum), "high": self.told(self.maximum)}

    @property
    def cited(self) -> str:
        """Where it comes from as a reader knows it: the rule or law, or that it is the platform's own, with the decision."""
        number = self.rule.removeprefix("decision ")
        return self.rule if number == self.rule else gettext("平台自定（决定 %(number)s）") % {"number": number}


_declared: dict[str, Parameter] = {}
Resolver = Callable[[str, int | None, date], Number | None]
_resolver: list[Resolver] = []


def declare(parameter: Parameter) -> Parameter:
    """
    Declare a figure at import time of the service it belongs to; twice with other content is a mistake.

    :raises ValueError: so it is, or nobody could ever set it.
    """
    assert parameter.minimum <= parameter.default <= parameter.maximum, parameter.key
    if parameter.options:
        values, words = ([getattr(one, name) for one in parameter.options] for name in ("value", "word"))
        if len({*values}) < len(values) or len({*words}) < len(words) or not parameter.allows(parameter.default):
            raise ValueError(f"{parameter.key} is no choice of options that differ")
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
