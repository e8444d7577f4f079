"""The place where a command's refusal becomes a sentence on the page that asked for it: at a field, or above."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from falin.kernel.refusals import Missing, Refused

ABSENT: Final[tuple[type[Refused], ...]] = (Missing,)  # the thing itself is not there; no field can mend that


class Shown:
    """
    Do the act, or show why not: ``with refusals_in(form): …``, with what follows the act at its end. After the block stands
    what the page says where nothing was done.
    """

    def __init__(self, show: Callable[[Refused], object], past: tuple[type[Refused], ...] = ABSENT) -> None:
        """:param past: refusals that go past, to be a page of their own."""
        self._show, self._past = show, past

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> bool:
        if not isinstance(error, Refused) or isinstance(error, self._past):
            return False
        self._show(error)
        return True


def refusals_in(form: forms.BaseForm, *, past: tuple[type[Refused], ...] = ABSENT) -> Shown:
    """What is refused stands at the field it names, or above the form."""
    return Shown(lambda refused: show_refusal(form, refused), past)


def refusals_said(request: HttpRequest, level: int = messages.WARNING) -> Shown:
    """What is refused is said above the page one is led to."""
    return Shown(lambda refused: messages.add_message(request, level, refused.message))


def carried_out(form: forms.BaseForm, command: Callable[..., Any], **given: Any) -> bool:
    """
    Have a command do what a form says, with what was filled in; whether it was done. What was refused stands in the form.

    :raises Missing: the thing itself is not there; no field can mend that.
    """
    if not form.is_valid():
        return False
    with refusals_in(form):
        command(**given, **form.cleaned_data)
        return True
    return False


def show_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Put the sentence at the field it names, or above the form."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.message)
