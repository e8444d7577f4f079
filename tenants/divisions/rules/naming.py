"""
The place that compares names of places: what of a name tells it from others, and how alike two of them are.

Lists write the same community as 北村, 北村村委会, 北村社区居委会 from one year to the next: those words say what kind
of place it is, and the stem says which one.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

# Words for the committee of a community. Of 620,000 names each of the common ones ends thousands: search goes by what
# stands before them, and a piece of them alone is found without an index.
_COMMON: Final = (
    "社区居民委员会", "社区居委会", "村民委员会", "居民委员会", "村村委会", "村委会", "居委会", "社区", "村",
)  # fmt: skip
_RARE: Final = (
    "社区村委会", "社区村民委员会", "社区管理委员会", "社区管委会", "社区工作站", "社区筹备组", "社区委员会", "家委会",
    "村居委会", "村民小组", "生活区", "虚拟社区", "虚拟村",
)  # fmt: skip
COMMON_TAIL: Final = re.compile(f"(?:{'|'.join(_COMMON)})$")
_TAIL: Final = re.compile(f"(?:{'|'.join((*_COMMON, *_RARE))})$")
_STANDING: Final = re.compile(
    r"(?:自治县|自治州|自治旗|林区|特区|新区|地区|街道办事处|街道办|街道|办事处|民族乡|苏木|镇|乡|县|市|区|旗|盟)$"
)
_PEOPLES: Final = re.compile(
    r"(?:土家族|苗族|回族|满族|侗族|壮族|彝族|藏族|畲族|瑶族|白族|傣族|蒙古族|布依族|哈尼族|朝鲜族|各族|仡佬族|羌族)+$"
)
_NUMBERED: Final = re.compile(r"(?:第?[一二三四五六七八九十0-9]+|[东西南北中上下前后左右新老大小里外内]|[A-Za-z])")


@lru_cache(maxsize=200_000)
def stem(name: str) -> str:
    """What tells the place from others: 湖埠村委会 → 湖埠, 瓯海县 → 瓯海; a name of such words alone stays whole."""
    bare = unicodedata.normalize("NFKC", name)
    bare = re.sub(r"[()（）\s·\-—]", "", bare)
    for _turn in range(3):
        cut = _TAIL.sub("", bare)
        if cut == bare:
            cut = _STANDING.sub("", bare)
            if cut != bare:
                cut = _PEOPLES.sub("", cut) or cut
        if len(cut) < 2 or cut == bare:
            break
        bare = cut
    return bare


def ends_many(text: str) -> bool:
    """Whether a text is a piece of the common words for a committee, which thousands of names end with."""
    return any(text in tail for tail in _COMMON)


def likeness(one: str, other: str) -> float:
    """How alike the stems of two names are, 0 to 1; 1 when they are the same."""
    first, second = stem(one), stem(other)
    if first == second:
        return 1.0
    common = set(first) & set(second)
    if not common:
        return 0.0
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def is_numbered(name: str, of: str) -> bool:
    """Whether a name is another one with a number or a side put to it: 上塘 → 上塘第二, 北上塘."""
    new, old = stem(name), stem(of)
    if len(new) <= len(old) or old not in new:
        return False
    before, _old, after = new.partition(old)
    return all(not rest or _NUMBERED.fullmatch(rest) for rest in (before, after))
