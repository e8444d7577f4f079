"""The place where a command's refusal becomes an error of the form that asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from falin.kernel.refusals import Missing, Refused


def carried_out(form: forms.BaseForm, command: Callable[..., Any], **given: Any) -> bool:
    """
    Have a command do what a form says, with what was filled in; whether it was done. What was refused stands in the form.

    :raises Missing: the thing itself is not there; no field can mend that.
    """
    if not form.is_valid():
        return False
    try:
        command(**given, **form.cleaned_data)
    except Missing:
        raise
    except Refused as refused:
        show_refusal(form, refused)
        return False
    return True


def show_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Put the sentence at the field it names, or above the form."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.message)
