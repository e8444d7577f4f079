"""The place where a command's refusal becomes an error of the form that asked for it."""

from __future__ import annotations

from django import forms

from falin.kernel.refusals import Refused


def show_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Put the sentence at the field it names, or above the form."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.message)
