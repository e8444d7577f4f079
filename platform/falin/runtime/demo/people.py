"""
Place of invented people and firms: always the same ones for the same place, so that an interrupted demo is picked up.

Every name is made up. Identity numbers have a true check character and a birth year of 1901: they are nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

SURNAMES = (
    "叶沈许陆周何秦宋顾范江夏纪林方孟邵潘龚施俞裘竺茅楼应厉鲍傅金章钱孙李吴郑王冯陈褚卫蒋韩杨朱尤张孔曹严华"
    "魏陶姜戚谢邹喻柏水窦云苏葛奚彭郎鲁韦昌马苗凤花任袁柳史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时齐康伍"
)  # fmt: skip
GIVEN_FIRST = "明清文思若望知以行远书景子嘉晓雨一静安怀修立承宛如秋春夏冬青云星月山川江河海石松竹梅兰采芷蕙芸苓"
GIVEN_SECOND = "远和舟微宁叙溪秋简白舒衡之然言谦诺禾珩璋瑜瑾琪琳瑶琛珂岚峰川泽涵清澄渊洲汀淇沐楠桐柏榕杉枫桦梓"
FIRM_WORDS = [
    "青砚",
    "明溪",
    "听澜",
    "桐声",
    "知止",
    "守拙",
    "行简",
    "怀瑾",
    "澄观",
    "望舒",
    "扶光",
    "临川",
    "鹿鸣",
    "采薇",
    "嘉树",
    "云起",
    "松风",
    "竹里",
    "江枫",
    "石渠",
]
SPECIALTIES = [
    "婚姻家庭",
    "劳动争议",
    "土地承包",
    "邻里纠纷",
    "合同债务",
    "物业管理",
    "消费维权",
    "交通事故",
    "老年权益",
    "征收补偿",
]
REGION = "330000"


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedAdviser:
    firm: str
    name: str
    id_number: str
    phone: str
    licence: str
    specialties: tuple[str, ...]
    exam_passed_on: date


def pick(*what: object) -> int:
    """A number that looks random and is always the same for the same words."""
    return int.from_bytes(blake2b("/".join(map(str, what)).encode(), digest_size=6).digest(), "big")


def person_name(*what: object) -> str:
    """Two or three characters."""
    number = pick("name", *what)
    surname = SURNAMES[number % len(SURNAMES)]
    first = GIVEN_FIRST[number // 211 % len(GIVEN_FIRST)]
    second = GIVEN_SECOND[number // 9973 % len(GIVEN_SECOND)]
    return surname + (second if number % 5 == 0 else first + second)


def firm_name(province: str, county: str, index: int) -> str:
    """Sound names of firms of one county."""
    word = FIRM_WORDS[(pick(county) + index) % len(FIRM_WORDS)]
    return f"{province[:2]}{word}（{county}）律师事务所" if index % 4 else f"{county}{word}基层法律服务所"


def adviser(*, province: str, county: str, county_code: str, number: int, serial: int, firms: int) -> InventedAdviser:
    """The ``number``-th adviser of a county; ``serial`` counts through the province, so that no number comes twice."""
    seventeen = f"{REGION}1901{serial // 999 % 12 + 1:02d}{serial // 11988 % 28 + 1:02d}{serial % 999 + 1:03d}"
    first = pick(county_code, number, "specialty")
    return InventedAdviser(
        firm=firm_name(province, county, number % firms),
        name=person_name(county_code, number),
        id_number=seventeen + _check(seventeen),
        phone=f"199{serial:08d}",
        licence=f"1{county_code}2019{serial:06d}"[:17],
        specialties=tuple(dict.fromkeys((SPECIALTIES[first % 10], SPECIALTIES[first // 10 % 10]))),
        exam_passed_on=date(2025, 3 + number % 3, 1 + number % 28),
    )


def _check(seventeen: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(seventeen, weights, strict=True)) % 11]
