"""Place where the reader's choices reach the request, before any page is made."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from falin.ui import preferences


class LanguageMiddleware:
    """Puts `request.prefs` in place and answers in the reader's language.

    Pages: the language chosen in the strip, else Simplified Chinese, whatever the browser says. The API has no
    strip and goes by Accept-Language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        prefs = preferences.read(request.COOKIES.get(preferences.COOKIE, ""))
        request.prefs = prefs  # type: ignore[attr-defined]
        by_header = request.path_info.startswith("/api/")
        language = prefs.language or (translation.get_language_from_request(request) if by_header else "zh-hans")
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"] if by_header else ["Cookie"])
        return response
