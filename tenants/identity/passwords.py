"""
The rule for passwords in the reader's words (NIST SP 800-63B-4): long, not known to attackers, not about the person.

15 characters where the password is all there is, 8 beside a second factor; up to 256, in any script, spaces too; no
rules of composition, no change without evidence. And what nothing keeps in clear: one-time passwords, secrets of links.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import secrets
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ALONE, WITH_SECOND, LONGEST = 15, 8, 256
_OWN_LIST = Path(__file__).with_name("common_passwords.txt")  # pinyin and telephone keys, as leaked lists rank them
_STOCK_LIST = Path(password_validation.__file__).with_name("common-passwords.txt.gz")
_SEPARATORS = re.compile(r"[\s\-_.,·@#!！。，]+")


def normal(password: Any) -> Any:
    """One form for what is typed in several ways (full-width letters, composed accents): NFKC."""
    return unicodedata.normalize("NFKC", password) if isinstance(password, str) else password


def encode(password: str | None) -> str:
    """A password as it is kept; ``None``: nobody comes in by one."""
    return make_password(normal(password))


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    with gzip.open(_STOCK_LIST, "rt", encoding="utf-8") as file:
        stock = {line.strip() for line in file}
    return frozenset(stock | set(_OWN_LIST.read_text(encoding="utf-8").split()))


def is_common(password: str) -> bool:
    """Whether attackers try it early: on a list, one such word again and again, or a plain row of keys."""
    text = _SEPARATORS.sub("", normal(password).lower())
    if text in _common() or len(set(text)) < 5:
        return True
    return any(
        text == (text[:size] * len(text))[: len(text)] and text[:size] in _common() for size in range(4, len(text))
    ) or any(text in row + row for row in ("01234567890", "qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz"))


def words_about(user: Any) -> set[str]:
    """What an attacker who knows the person would try: name, its pinyin, sign-in name, mail, and the programme's own."""
    from tenants.identity.queries.account import offices_of

    pinyin = str(user.pinyin).lower()
    given = {str(user.name), pinyin.replace(" ", ""), str(user.username).lower(), str(user.email).split("@")[0].lower()}
    return {word for word in given | offices_of(user.pk) | {"falin", "法邻"} if len(word) >= 2}


class LongEnough:
    """15 characters alone, 8 beside a second factor, 256 at most."""

    def validate(self, password: str, user: Any = None) -> None:
        from tenants.identity.signing.factors import has_second

        least = WITH_SECOND if user is not None and user.pk and has_second(user.pk) else ALONE
        length = len(normal(password))
        if length < least:
            sentence = _("密码太短，至少 %(n)s 个字符。一句自己记得住的话最好，可以用汉字和空格。") % {"n": least}
            raise ValidationError(sentence, code="password_too_short")
        if length > LONGEST:
            raise ValidationError(_("密码太长，最多 %(n)s 个字符。") % {"n": LONGEST}, code="password_too_long")

    def get_help_text(self) -> str:
        return _("至少 %(n)s 个字符。") % {"n": ALONE}


class NotCommon:
    """Not on the lists that attackers begin with."""

    def validate(self, password: str, user: Any = None) -> None:
        if is_common(password):
            raise ValidationError(
                _("这个密码太常见，别人一猜就中。换一句只有您自己会这么说的话。"), code="password_too_common"
            )

    def get_help_text(self) -> str:
        return ""


class NotAboutOneself:
    """Not made of the person's name, telephone or office: what is left without them must be long enough to count."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or not user.pk:
            return
        from tenants.identity.queries.account import is_phone_of

        text = _SEPARATORS.sub("", normal(password).lower())
        rest = text
        for word in sorted(words_about(user), key=len, reverse=True):
            rest = rest.replace(_SEPARATORS.sub("", normal(word).lower()), "")
        for number in re.findall(r"1[3-9]\d{9}", text):
            if is_phone_of(user.pk, number):
                rest = rest.replace(number, "")
        if rest != text and len(rest) < WITH_SECOND:
            raise ValidationError(
                _("密码里主要是您的姓名、手机号、登录名或单位名，认识您的人会先试这些。"), code="password_about_oneself"
            )

    def get_help_text(self) -> str:
        return ""


_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are mistaken for another on paper


def one_time_password() -> str:
    """Four groups of four letters: 79 bits, long enough for either home, and can be read out over the telephone."""
    return "-".join("".join(secrets.choice(_LETTERS) for _letter in range(4)) for _group in range(4))


def hash_of(token: str) -> str:
    """Under which the secret of a link is kept."""
    return hashlib.sha256(token.encode()).hexdigest()
