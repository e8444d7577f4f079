"""How a person's name is read and searched, and how a telephone number is shown."""

from __future__ import annotations

import unicodedata

from pypinyin import lazy_pinyin

# Surnames read otherwise than the same character elsewhere.
_SURNAMES = {
    "单": "shan", "仇": "qiu", "曾": "zeng", "解": "xie", "查": "zha", "盖": "ge", "任": "ren", "华": "hua", "区": "ou",
    "朴": "piao", "覃": "qin", "翟": "zhai", "乐": "yue", "缪": "miao", "尉": "wei", "冼": "xian", "洗": "xian",
    "种": "chong", "宓": "mi", "尹": "yin", "折": "she", "繁": "po", "秘": "bi", "召": "shao", "员": "yun",
    "晁": "chao", "么": "yao", "尉迟": "yu chi",
    "长孙": "zhang sun", "单于": "chan yu", "万俟": "mo qi", "澹台": "tan tai",
}  # fmt: skip


def pinyin_of(name: str) -> str:
    """
    The key a name is sorted and searched by: 许望舒 → ``xuwangshu xws``.

    Whole reading first, so that it sorts; initials behind a blank, so that one column answers both.
    """
    name = unicodedata.normalize("NFKC", name).strip()
    surname = next((name[:n] for n in (2, 1) if name[:n] in _SURNAMES), "")
    syllables = _SURNAMES[surname].split() if surname else []
    syllables += [_plain(part) for part in lazy_pinyin(name[len(surname) :], v_to_u=False)]
    syllables = [part for part in syllables if part]
    return f"{''.join(syllables)} {''.join(part[0] for part in syllables)}"


def typed(text: str) -> str:
    """What a person typed, as it is compared with that key; empty where it is not Latin letters or digits."""
    plain = _plain(text)
    return plain if plain.isascii() else ""


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower().replace("ü", "v")
    return "".join(char for char in folded if char.isalnum())


def masked_phone(phone: str) -> str:
    """``13812341234`` → ``138****1234``."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else masked_tail(phone[-4:])


def masked_tail(tail: str) -> str:
    """The last four digits, for lists: nothing is decrypted to show them."""
    return f"*******{tail}" if tail else ""
