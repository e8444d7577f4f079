"""How names of places are read."""

from __future__ import annotations

import pytest

from tenants.divisions.rules import sound_of, typed_pinyin


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("杭州市", "hangzhoushi", "hzs"),
        ("重庆市", "chongqingshi", "cqs"),
        ("台州市", "taizhoushi", "tzs"),
        ("丽水市", "lishuishi", "lss"),
        ("六安市", "luanshi", "las"),
        ("六合区", "luhequ", "lhq"),
        ("厦门市", "xiamenshi", "xms"),
        ("佛山市", "foshanshi", "fss"),
        ("长沙市", "changshashi", "css"),
        ("长子县", "zhangzixian", "zzx"),
        ("成都市", "chengdushi", "cds"),
        ("蚌埠市", "bengbushi", "bbs"),
        ("亳州市", "bozhoushi", "bzs"),
        ("东莞市", "dongguanshi", "dgs"),
        ("喀什地区", "kashidiqu", "ksdq"),
        ("西藏自治区", "xizangzizhiqu", "xzzzq"),
        ("乐清市乐成街道", "yueqingshiyuechengjiedao", "yqsycjd"),
        ("乐山市", "leshanshi", "lss"),
        ("吕梁市", "lvliangshi", "lls"),
        ("朝阳区", "chaoyangqu", "cyq"),
        ("冯河村委会", "fenghecunweihui", "fhcwh"),
        ("十里堡社区", "shilipushequ", "slpsq"),
    ],
)
def test_names_are_read_as_people_there_say_them(name: str, pinyin: str, initials: str) -> None:
    assert sound_of(name) == (pinyin, initials)


def test_digits_and_letters_stand_for_themselves_and_brackets_for_nothing() -> None:
    assert sound_of("复兴路20号（Ａ）社区") == ("fuxinglu20haoashequ", "fxl20hasq")
    assert sound_of("高\ue170村") == ("gaocun", "gc")


@pytest.mark.parametrize(
    ("typed", "compared"),
    [("Hang Zhou", "hangzhou"), ("lüliang", "lvliang"), ("Lǚliáng", "lvliang"), ("xi'an", "xian"), ("ＨＺ", "hz")],
)
def test_what_is_typed_is_brought_to_the_same_form(typed: str, compared: str) -> None:
    assert typed_pinyin(typed) == compared
