"""Place where the reader's choices reach the request, before any page is made."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from falin.ui import preferences

_ACCOUNTS: list[tuple[Callable[[HttpRequest], str], Callable[[HttpRequest, str], None]]] = []


def remember_with(read: Callable[[HttpRequest], str], keep: Callable[[HttpRequest, str], None]) -> None:
    """Have the language of who is signed in read and kept by those who know people."""
    _ACCOUNTS[:] = [(read, keep)]


def keep(request: HttpRequest, language: str) -> None:
    """A language was chosen on a page: whoever is signed in has it from now on, wherever he signs in."""
    for _read, keep_it in _ACCOUNTS:
        keep_it(request, language)


class LanguageMiddleware:
    """Puts `request.prefs` in place and answers in the reader's language.

    Pages: the language chosen in the strip on this browser, else the one its person chose on another, else Simplified
    Chinese, whatever the browser says. The API has no strip and goes by Accept-Language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        prefs = preferences.read(request.COOKIES.get(preferences.COOKIE, ""))
        if not prefs.language:
            prefs = next((prefs.changed({"language": read(request)}) for read, _keep in _ACCOUNTS), prefs)
        request.prefs = prefs  # type: ignore[attr-defined]
        by_header = request.path_info.startswith("/api/")
        language = prefs.language or (translation.get_language_from_request(request) if by_header else "zh-hans")
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"] if by_header else ["Cookie"])
        return response
