"""
How a person's name is spelt: the syllables it is sorted and searched by.

The dictionary of readings is opened when the first name is spelt: it is a tenth of what a program of ours takes to start.
"""

from __future__ import annotations

import unicodedata

# Surnames read otherwise than the same character elsewhere.
_SURNAMES = {
    "单": "shan", "仇": "qiu", "曾": "zeng", "解": "xie", "查": "zha", "盖": "ge", "任": "ren", "华": "hua", "区": "ou",
    "朴": "piao", "覃": "qin", "翟": "zhai", "乐": "yue", "缪": "miao", "尉": "wei", "冼": "xian", "洗": "xian",
    "种": "chong", "宓": "mi", "尹": "yin", "折": "she", "繁": "po", "秘": "bi", "召": "shao", "员": "yun",
    "晁": "chao", "么": "yao", "尉迟": "yu chi",
    "长孙": "zhang sun", "单于": "chan yu", "万俟": "mo qi", "澹台": "tan tai",
}  # fmt: skip


def syllables_of(name: str) -> list[str]:
    """单晓梅 → ``["shan", "xiao", "mei"]``: small letters, ü as v, without tones; what is neither letter nor digit left out."""
    from pypinyin import lazy_pinyin

    name = unicodedata.normalize("NFKC", name).strip()
    surname = next((name[:n] for n in (2, 1) if name[:n] in _SURNAMES), "")
    syllables = _SURNAMES[surname].split() if surname else []
    syllables += [plain(part) for part in lazy_pinyin(name[len(surname) :], v_to_u=False)]
    return [part for part in syllables if part]


def plain(text: str) -> str:
    """What was typed, as it is compared with a spelling: small letters and digits without anything between."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("ü", "v")
    return "".join(char for char in folded if char.isalnum())
