"""The pages of the design system: choices, style page, frames that stand without a shell."""

import json
from typing import Any

import pytest
from django.http import HttpRequest
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from falin.ui import preferences, views
from falin.ui.language import LanguageMiddleware

ERRORS = ["400.html", "403.html", "404.html", "500.html", "503.html", "refused.html"]


@pytest.fixture
def asked() -> HttpRequest:
    request = RequestFactory().get("/somewhere/?a=1")
    request.prefs = preferences.Preferences(size="24", contrast="high")  # type: ignore[attr-defined]
    return request


def choose(data: dict[str, str], cookie: str = "") -> Any:
    request = RequestFactory().post("/prefs/", data)
    request.COOKIES[preferences.COOKIE] = cookie
    return views.choose(request)


def test_a_choice_goes_into_the_cookie_and_back_to_the_page() -> None:
    answer = choose({"size": "24", "next": "/advisers/?street=3"}, cookie="contrast=high")
    assert answer.status_code == 302
    assert answer["Location"] == "/advisers/?street=3"
    kept = answer.cookies[preferences.COOKIE]
    assert preferences.read(kept.value) == preferences.Preferences(size="24", contrast="high")
    assert kept["httponly"]
    assert kept["samesite"] == "Lax"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "advisers", ""]
)
def test_nobody_is_led_to_a_strange_place(target: str) -> None:
    assert choose({"size": "20", "next": target})["Location"] == "/"


def test_a_choice_is_not_made_by_reading() -> None:
    assert views.choose(RequestFactory().get("/prefs/?size=30")).status_code == 405


@pytest.mark.parametrize(("path", "header", "language"), [("/", "en", "zh-hans"), ("/api/v1/", "en", "en")])
def test_pages_are_chinese_first_and_the_api_goes_by_its_header(path: str, header: str, language: str) -> None:
    from django.http import HttpResponse
    from django.utils.translation import get_language

    middleware = LanguageMiddleware(lambda _request: HttpResponse(get_language() or ""))
    answer = middleware(RequestFactory().get(path, headers={"Accept-Language": header}))
    assert answer.content.decode() == language  # type: ignore[attr-defined]
    assert answer["Content-Language"] == language


def test_the_chosen_language_holds() -> None:
    from django.http import HttpResponse
    from django.utils.translation import get_language

    request = RequestFactory().get("/")
    request.COOKIES[preferences.COOKIE] = "language=en"
    answer = LanguageMiddleware(lambda _request: HttpResponse(get_language() or ""))(request)
    assert answer.content == b"en"  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ERRORS)
def test_a_page_about_an_error_stands_with_nothing_given(name: str) -> None:
    page = get_template(name).render()
    assert page.count("<h1") == 1
    assert "12348" in page
    assert "falin.css" in page


def test_the_frame_stands_without_a_shell_and_with_the_readers_choices(asked: HttpRequest) -> None:
    page = render_to_string("ui/base.html", {"shell": None, "prefs": asked.prefs, "request": asked})  # type: ignore[attr-defined]
    assert 'data-size="24"' in page
    assert 'data-contrast="high"' in page
    assert 'value="/somewhere/?a=1"' in page
    assert 'class="f-nav"' not in page


def test_a_demo_says_so_on_every_page() -> None:
    for name in ["ui/base.html", "ui/plain.html", *ERRORS]:
        assert "演示数据" in get_template(name).render({"demo": True})
        assert "演示数据" not in get_template(name).render({"demo": False})


def test_the_manifest_names_the_application() -> None:
    answer = views.manifest(RequestFactory().get("/manifest.webmanifest"))
    body = json.loads(answer.content)
    assert body["short_name"] == "法邻"
    assert [icon["sizes"] for icon in body["icons"]] == ["192x192", "512x512"]
