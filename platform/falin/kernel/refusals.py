"""The place of refusals: what a command says when it will not do a thing. Never an error page, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

_NAMED = re.compile(r'"([^"]+)"')


class Refused(Exception):
    """
    The act was not done, and nothing changed.

    :param code: stable, for programs: ``advisers.too_many_communities``.
    :param message: the sentence the person reads.
    :param field: the form field it belongs to, if one.
    """

    status = 409
    retry_after = 0  # seconds, where trying again is all there is to do

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field

    def __reduce__(self) -> tuple[Any, ...]:
        """A refusal comes back whole from another process, whatever its class asks for when it is made."""
        return _restored, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def _restored(kind: type[Refused], args: tuple[Any, ...], state: dict[str, Any]) -> Refused:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class OtherHat(Refused):
    """The page was opened in one role and sent in another: the session changed hats in between, in another tab."""

    def __init__(self, meant: str) -> None:
        super().__init__(
            "kernel.other_hat",
            _("您打开这个页面之后换了身份，所以没有提交。您填的内容都还在下面，换回原来的身份就能提交。"),
        )
        self.meant = meant


class Forbidden(Refused):
    """The person is known but may not do this here."""

    status = 403


class Suspended(Refused):
    """The tenant is suspended: everything may be read and nothing written."""

    status = 423


class Moving(Refused):
    """The tenant's rows change hands at this moment: what was sent is not done, and is to be sent again in seconds."""

    status = 503
    retry_after = 3

    def __init__(self) -> None:
        super().__init__(
            "kernel.moving",
            _("您的单位正在换库，几秒钟就好。刚才的内容没有保存，也没有丢：等几秒再提交一次。"),
        )


class Elsewhere(Refused):
    """What was asked for is in another cell, which is reached at ``address``. Nothing is sent on by itself."""

    status = 421

    def __init__(self, name: str, address: str) -> None:
        super().__init__(
            "kernel.elsewhere", _("这里的数据不在这台服务器上，在%(name)s。请到那里登录办理。") % {"name": name}
        )
        self.address = address


class Missing(Refused):
    """There is no such thing within the person's scope; whether there is one elsewhere is not said."""

    status = 404


class Invalid(Refused):
    """What was entered cannot be right."""

    status = 422


def refusal_for(error: IntegrityError, known: dict[str, Callable[[], Refused]]) -> Refused | None:
    """
    The refusal that a named constraint stands for.

    Constraint names are matched as prefixes: distributed PostgreSQL appends a number to them. What another node of the
    cell refused comes back with the name in its sentence alone.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    names = [name] if name else _NAMED.findall(getattr(diagnosis, "message_primary", None) or "")
    for prefix, make in known.items():
        if any(one.startswith(prefix) for one in names):
            return make()
    return None
