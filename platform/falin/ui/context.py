"""Place of what every template may rely on."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from falin.ui import preferences as choices

_HTML_LANG = {"zh-hans": "zh-CN", "en": "en"}


def preferences(request: HttpRequest) -> dict[str, object]:
    """`prefs` (size, contrast, care, language), `html_lang`, and `demo` (are these invented data)."""
    prefs = getattr(request, "prefs", None) or choices.read(request.COOKIES.get(choices.COOKIE, ""))
    language = get_language() or "zh-hans"
    return {
        "prefs": prefs,
        "html_lang": _HTML_LANG.get(language, language),
        "demo": bool(getattr(settings, "DEMO", False)),
    }
