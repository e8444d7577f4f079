"""The place of numbers people write by hand: identity numbers, mobile numbers, credit codes. Pure functions."""

from __future__ import annotations

import re
from datetime import date

from falin.kernel.sheets.written import DASHES, Wrong, compact

MOBILE_DIGITS = 11
_MOBILE = re.compile(r"1[3-9]\d{9}")

# GB 11643: seventeen weights, and the check character for each remainder of eleven.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
# First two digits of GB/T 2260 provinces, and of the residence permits for Hong Kong, Macao and Taiwan people.
_REGIONS = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
# GB 32100: thirty-one characters, without the easily confused I, O, S, V, Z.
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_character(first_seventeen: str) -> str:
    """The eighteenth character of an identity number (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True)) % 11]


def read_identity(text: str, *, today: date) -> str:
    """
    An identity number of eighteen characters, capital X.

    A number of fifteen digits is not converted: the century and the check character would be our guess.

    :raises Wrong: ``id_fifteen``, ``id_length``, ``id_characters``, ``id_region``, ``id_birth``, ``id_checksum``.
    """
    number = DASHES.sub("", compact(text)).upper()
    if len(number) == 15 and number.isdecimal():
        raise Wrong("id_fifteen")
    if len(number) != 18:
        raise Wrong("id_length")
    if not (number.isascii() and number[:17].isdecimal() and number[17] in "0123456789X"):
        raise Wrong("id_characters")
    if number[:2] not in _REGIONS and number[0] != "9":
        raise Wrong("id_region")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Wrong("id_birth") from None
    if not date(1900, 1, 1) <= born <= today:
        raise Wrong("id_birth")
    if check_character(number[:17]) != number[17]:
        raise Wrong("id_checksum")
    return number


def read_mobile(text: str) -> str:
    """
    A mobile number of eleven digits; ``+86``, spaces and dashes are taken out.

    :raises Wrong: ``phone_landline``, ``phone_length``, ``phone_characters``, ``phone_shape``.
    """
    number = DASHES.sub("", compact(text)).translate({ord("("): None, ord(")"): None})
    for prefix in ("+86", "0086"):
        number = number.removeprefix(prefix)
    if len(number) == 13 and number.startswith("861"):
        number = number[2:]
    if not (number.isascii() and number.isdecimal()):
        raise Wrong("phone_characters")
    if number.startswith("0"):
        raise Wrong("phone_landline")
    if len(number) != 11:
        raise Wrong("phone_length")
    if not _MOBILE.fullmatch(number):
        raise Wrong("phone_shape")
    return number


def read_credit_code(text: str) -> str:
    """
    A unified social credit code (GB 32100): eighteen characters with a check character.

    :raises Wrong: ``credit_length``, ``credit_characters``, ``credit_checksum``.
    """
    code = compact(text).upper()
    if len(code) != 18:
        raise Wrong("credit_length")
    if any(sign not in _CREDIT for sign in code):
        raise Wrong("credit_characters")
    total = sum(_CREDIT.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    if _CREDIT[(31 - total % 31) % 31] != code[17]:
        raise Wrong("credit_checksum")
    return code


def read_number(text: str, *, today: date) -> str:
    """
    An identity number or a mobile number, told apart by how many figures there are.

    :raises Wrong: as the reader of the one it is nearer to.
    """
    figures = sum(sign.isdecimal() for sign in text)
    return read_mobile(text) if figures <= MOBILE_DIGITS + len("86") else read_identity(text, today=today)
