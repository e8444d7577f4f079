"""Drafts by construction: which forms keep one is said at each form that keeps none, and a number is sealed wherever asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.urls import get_resolver

from falin.ui.widgets import SEALED

ROOT = Path(__file__).resolve().parents[3]
# Templates whose forms keep none, and why. All of them ask before one leaves with something typed.
_WAY_IN, _ONE, _FILE, _SECRET = (
    "a way in",
    "one thing to say or choose",
    "a file makes it, which no draft keeps",
    "its answer is a secret",
)
WITHOUT = {
    **dict.fromkeys(
        ("account/login", "account/password_change", "account/password_reset", "account/password_reset_code",
         "account/reauthenticate", "mfa/authenticate", "mfa/reauthenticate", "mfa/totp/activate_form",
         "portal/people/invitation", "portal/first", "portal/security_address", "portal/security_code"), _WAY_IN),
    **dict.fromkeys(
        ("portal/calendar_subscribe", "portal/emergency_refuse", "portal/export_ask", "portal/people/pair",
         "portal/places/area_end", "portal/places/decide", "portal/setup", "portal/tenants/room", "portal/webhook",
         "advisers/look_up", "advisers/numbers", "advisers/import_parts/naming", "desk/news_one", "desk/views", "desk/ways",
         "duty/void", "stations/close"), _ONE),
    **dict.fromkeys(
        ("portal/people/sheet", "portal/places/describe", "portal/places/prepare", "portal/tenants/archive",
         "portal/tenants/restore", "portal/tenants/cells_change", "advisers/import", "stations/sheets"), _FILE),
    **dict.fromkeys(("portal/people", "portal/token_new"), _SECRET),
    "ui/style": "specimens of mistakes",
}  # fmt: skip


def _forms() -> Iterator[tuple[str, str]]:
    for place in (*ROOT.glob("services/*/templates/**/*.html"), *ROOT.glob("platform/falin/*/templates/**/*.html")):
        name = str(place.relative_to(next(one for one in place.parents if one.name == "templates"))).removesuffix(
            ".html"
        )
        for form in re.findall(r'<form[^>]*?method="post".*?</form>', place.read_text(encoding="utf-8"), re.DOTALL):
            if "{% field" in form:
                yield name, form


def test_every_form_keeps_a_draft_or_a_reason_is_given() -> None:
    bare = {name for name, form in _forms() if "{% draft " not in form}
    assert bare == set(WITHOUT)


def _classes(of: type[forms.BaseForm] = forms.Form) -> Iterator[type[forms.BaseForm]]:
    for one in of.__subclasses__():
        yield one
        yield from _classes(one)


@pytest.mark.parametrize("words", ["身份证号", "本人手机号"])
def test_a_field_for_somebodys_number_is_sealed(words: str) -> None:
    assert get_resolver().url_patterns  # every form is there
    asked = [
        (form.__name__, name, field) for form in _classes() for name, field in form.base_fields.items()  # type: ignore[attr-defined]
        if words in str(field.label)
    ]  # fmt: skip
    assert len(asked) > 1
    assert [(form, name) for form, name, field in asked if not SEALED.items() <= field.widget.attrs.items()] == []
