"""Place of the reader's own choices: text size, contrast, 关怀版, language, single keys. One cookie carries them all."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

COOKIE = "falin_prefs"
COOKIE_AGE = 365 * 24 * 3600
SIZES = ("16", "20", "24", "30")


@dataclass(frozen=True, slots=True)
class Language:
    """A language the pages speak: how a page in it is marked (`lang`, `dir`), and its name in itself."""

    code: str
    lang: str
    name: str
    dir: str = "ltr"


# The one list of them: the switch, the cookie, <html lang dir> and the reader's account go by it.
LANGUAGES = (
    Language("zh-hans", "zh-CN", "简体"),
    Language("zh-hant", "zh-Hant", "繁體"),
    Language("en", "en", "English"),
)
_ALLOWED = {"size": SIZES, "contrast": ("normal", "high"), "care": ("off", "on"), "keys": ("on", "off"),
            "language": tuple(one.code for one in LANGUAGES)}  # fmt: skip


def language_of(code: str) -> Language:
    """The language of this code; the first one where it is none of ours."""
    return next((one for one in LANGUAGES if one.code == code), LANGUAGES[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the reader chose; the defaults are what somebody gets who never chose. `language` empty: not chosen."""

    size: str = "16"
    contrast: str = "normal"
    care: str = "off"
    keys: str = "on"
    language: str = ""

    @property
    def care_on(self) -> bool:
        return self.care == "on"

    @property
    def contrast_high(self) -> bool:
        return self.contrast == "high"

    def cookie(self) -> str:
        """The value of the cookie, readable by `read`."""
        chosen = {name: getattr(self, name) for name in _ALLOWED}
        return urlencode({name: value for name, value in chosen.items() if value})

    def changed(self, asked: Mapping[str, str]) -> "Preferences":
        """These choices with those of `asked` that name a known value; anything else is passed over."""
        valid = {name: asked[name] for name, allowed in _ALLOWED.items() if asked.get(name) in allowed}
        return replace(self, **valid)


def read(cookie: str) -> Preferences:
    """The choices in a cookie's value. Whatever somebody wrote into it by hand, the result is valid."""
    return Preferences().changed(dict(parse_qsl(cookie[:200])))
