"""
The place that says how the name of a place is read.

No PostgreSQL we ship has Chinese collation, so each name carries its pinyin as sort and search key. Dictionaries
misread places (冯河 as pinghe, 马尾 as mayi), and segmenting 600,000 names takes minutes. So: the first reading of each
character, a table of characters that are read otherwise in names of places, and a table of names that break both.
Without tones; ü is written v, as people type it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

# Characters whose first reading in the dictionary is not the one heard in names of places.
_READINGS: Final = {
    char: reading
    for reading, chars in {
        "beng": "蚌", "chang": "长", "chong": "重", "du": "都", "fo": "佛", "guan": "莞", "le": "乐勒", "mu": "牟",
        "qin": "覃", "qiu": "仇", "shi": "什", "xia": "厦", "zang": "藏", "zeng": "曾", "zhai": "翟", "ling": "〇",
    }.items()
    for char in chars
}  # fmt: skip

# Names that break the rule above; the longest that fits is taken.
_NAMES: Final = {
    "东阿": "dong e", "阿胶": "e jiao", "乐亭": "lao ting", "乐清": "yue qing", "乐成": "yue cheng",
    "单县": "shan xian", "单城": "shan cheng", "单家": "shan jia", "六安": "lu an", "六合": "lu he", "涡阳": "guo yang",
    "枞阳": "zong yang", "铅山": "yan shan", "浚县": "xun xian", "番禺": "pan yu", "大埔": "da bu",
    "黄陂": "huang pi", "筠连": "jun lian", "犍为": "qian wei", "荥经": "ying jing", "泌阳": "bi yang",
    "洪洞": "hong tong", "解州": "hai zhou", "解家": "xie jia", "长子县": "zhang zi xian", "莘庄": "xin zhuang",
    "会稽": "kuai ji",  "尉犁": "yu li", "尉迟": "yu chi", "蔚县": "yu xian", "蔚州": "yu zhou",
    "大栅栏": "da shi lan", "浒墅": "xu shu", "浒关": "xu guan", "宝坻": "bao di", "珲春": "hun chun",
    "什邡": "shi fang", "伽师": "jia shi", "龟兹": "qiu ci",
    "大城县": "dai cheng xian", "柞水": "zha shui", "莎车": "sha che", "查家": "zha jia", "吴堡": "wu bu",
    "柴沟堡": "chai gou bu", "瓦窑堡": "wa yao bu", "里堡": "li pu", "繁峙": "fan shi", "太行": "tai hang",
    "银行": "yin hang", "畜牧": "xu mu", "校场": "jiao chang", "卡子": "qia zi", "茄子": "qie zi", "音乐": "yin yue",
    "礼乐": "li yue", "马圈": "ma juan", "羊圈": "yang juan", "牛圈": "niu juan", "藏龙": "cang long",
    "藏书": "cang shu", "重点": "zhong dian", "重型": "zhong xing", "重工": "zhong gong",
    "乡长": "xiang zhang", "莘塍": "xin cheng",
    "鸭绿": "ya lu", "星宿": "xing xiu", "兰若": "lan re", "蛤蜊": "ge li",
}  # fmt: skip
_DIAERESIS: Final = "\u0308"
_EXCEPTION: Final = re.compile("|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True)))


class Sound(NamedTuple):
    """杭州市 → ``hangzhoushi`` and ``hzs``."""

    pinyin: str
    initials: str


def sound_of(name: str) -> Sound:
    """
    How a name is read, and the first letters of its syllables; digits and Latin letters stand for themselves.

    What has no reading (brackets, private characters) is left out.
    """
    if _EXCEPTION.search(name) is None:  # two passes by a table of characters: of 665,000 names nearly all
        return Sound(name.translate(_SOUNDS), name.translate(_FIRSTS))
    parts: list[str] = []
    end = 0
    for match in _EXCEPTION.finditer(name):
        parts += map(_reading, name[end : match.start()])
        parts += _NAMES[match[0]].split(" ")
        end = match.end()
    parts += map(_reading, name[end:])
    return Sound("".join(parts), "".join(part[:1] for part in parts))


def typed_pinyin(text: str) -> str:
    """What a person typed, as it is compared with a pinyin key: small letters, ü as v, no spaces, marks or tones."""
    return "".join(_plain(char) for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum())


@cache
def _dictionary() -> dict[int, str]:
    """Character → its readings; opened when the first name is read, for it takes a while (``falin.kernel.spelling``)."""
    from pypinyin.constants import PINYIN_DICT

    return dict(PINYIN_DICT)


@cache
def _reading(char: str) -> str:
    if char in _READINGS:
        return _READINGS[char]
    if readings := _dictionary().get(ord(char)):
        return _plain(readings.split(",")[0])
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if folded.isascii() and folded.isalnum() else ""


class _Table(dict[int, str]):
    """What stands for each character, found when it is first met."""

    def __init__(self, found: Callable[[str], str]) -> None:
        self.found = found

    def __missing__(self, code: int) -> str:
        self[code] = self.found(chr(code))
        return self[code]


_SOUNDS: Final = _Table(_reading)
_FIRSTS: Final = _Table(lambda char: _reading(char)[:1])


@cache
def _plain(reading: str) -> str:
    apart = unicodedata.normalize("NFD", reading.replace("ü", "v").replace("ê", "e"))
    bare = "".join(char for char in apart if char.isascii() or char == _DIAERESIS)
    return re.sub(f"u{_DIAERESIS}", "v", bare).replace(_DIAERESIS, "")
