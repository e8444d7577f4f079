"""Place of what every template may rely on."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from falin.ui import preferences as choices

_HTML_LANG = {"zh-hans": "zh-CN", "zh-hant": "zh-Hant", "en": "en"}
# What the switch offers: the code, how pages in it are marked, its name in itself.
_LANGUAGES = (("zh-hans", "zh-CN", "简体"), ("zh-hant", "zh-Hant", "繁體"), ("en", "en", "English"))


def preferences(request: HttpRequest) -> dict[str, object]:
    """`prefs` (what the reader chose), `html_lang`, the other `languages`, and `demo` (are these invented data)."""
    prefs = getattr(request, "prefs", None) or choices.read(request.COOKIES.get(choices.COOKIE, ""))
    language = get_language() or "zh-hans"
    return {
        "prefs": prefs,
        "html_lang": _HTML_LANG.get(language, language),
        "languages": [one for one in _LANGUAGES if one[0] != language],
        "demo": bool(getattr(settings, "DEMO", False)),
    }
