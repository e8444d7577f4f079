"""
The make of tokens: ``flk_``, twelve letters by which the row is found, 256 bits that nobody keeps, a checksum.

The beginning and the checksum let a scanner of source code tell a token from any other text, without asking us.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from string import ascii_letters, digits

PREFIX = "flk_"
_LETTERS = digits + ascii_letters
_LOOKUP, _SECRET, _SUM = 12, 43, 6  # 62 ** 43 > 2 ** 256
_SHAPE = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_LOOKUP}}})[0-9A-Za-z]{{{_SECRET}}}([0-9A-Za-z]{{{_SUM}}})")


def new_token() -> tuple[str, str]:
    """A token and the part of it that finds its row."""
    lookup = "".join(secrets.choice(_LETTERS) for _ in range(_LOOKUP))
    body = PREFIX + lookup + _letters(int.from_bytes(secrets.token_bytes(32)), _SECRET)
    return body + _checksum(body), lookup


def lookup_of(text: str) -> str:
    """The part that finds the row; ``""`` where the text is no token, or a mistyped one."""
    found = _SHAPE.fullmatch(text)
    return found[1] if found and hmac.compare_digest(found[2], _checksum(text[:-_SUM])) else ""


def kept(text: str) -> bytes:
    """What is kept of a token. It has 256 bits of its own: no salt and no slow hash would add to them."""
    return hashlib.sha256(text.encode()).digest()


def _checksum(body: str) -> str:
    return _letters(zlib.crc32(body.encode()), _SUM)


def _letters(number: int, length: int) -> str:
    out = ""
    for _place in range(length):
        number, rest = divmod(number, len(_LETTERS))
        out = _LETTERS[rest] + out
    return out
