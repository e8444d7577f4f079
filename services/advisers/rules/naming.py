"""How a person's name is read and searched, and how a telephone number is shown."""

from __future__ import annotations

from falin.kernel.spelling import plain, syllables_of


def pinyin_of(name: str) -> str:
    """
    The key a name is sorted and searched by: 许望舒 → ``xuwangshu xws``.

    Whole reading first, so that it sorts; initials behind a blank, so that one column answers both.
    """
    syllables = syllables_of(name)
    return f"{''.join(syllables)} {''.join(part[0] for part in syllables)}"


def typed(text: str) -> str:
    """What a person typed, as it is compared with that key; empty where it is not Latin letters or digits."""
    letters = plain(text)
    return letters if letters.isascii() else ""


def masked_phone(phone: str) -> str:
    """``13812341234`` → ``138****1234``."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else masked_tail(phone[-4:])


def masked_tail(tail: str) -> str:
    """The last four digits, for lists: nothing is decrypted to show them."""
    return f"*******{tail}" if tail else ""
