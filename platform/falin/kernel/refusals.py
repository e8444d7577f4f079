"""The place of refusals: what a command says when it will not do a thing. Never an error page, never a traceback."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError


class Refused(Exception):
    """
    The act was not done, and nothing changed.

    :param code: stable, for programs: ``advisers.too_many_communities``.
    :param message: the sentence the person reads.
    :param field: the form field it belongs to, if one.
    """

    status = 409

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Forbidden(Refused):
    """The person is known but may not do this here."""

    status = 403


class Missing(Refused):
    """There is no such thing within the person's scope; whether there is one elsewhere is not said."""

    status = 404


class Invalid(Refused):
    """What was entered cannot be right."""

    status = 422


def refusal_for(error: IntegrityError, known: dict[str, Callable[[], Refused]]) -> Refused | None:
    """
    The refusal that a named constraint stands for.

    Constraint names are matched as prefixes: distributed PostgreSQL appends a number to them.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    for prefix, make in known.items():
        if name.startswith(prefix):
            return make()
    return None
