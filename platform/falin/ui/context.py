"""Place of what every template may rely on."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from falin.ui import preferences as choices


def preferences(request: HttpRequest) -> dict[str, object]:
    """`prefs` (what the reader chose), `html_lang`, `html_dir`, the other `languages`, and `demo` (are these invented data)."""
    prefs = getattr(request, "prefs", None) or choices.read(request.COOKIES.get(choices.COOKIE, ""))
    language = choices.language_of(get_language() or "")
    return {
        "prefs": prefs,
        "html_lang": language.lang,
        "html_dir": language.dir,
        "languages": [one for one in choices.LANGUAGES if one != language],
        "demo": bool(getattr(settings, "DEMO", False)),
    }
