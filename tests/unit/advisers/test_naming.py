"""How names are read and telephone numbers shown."""

from __future__ import annotations

import pytest

from services.advisers.rules import masked_phone, masked_tail, pinyin_of, typed


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("许望舒", "xuwangshu xws"),
        ("曾思远", "zengsiyuan zsy"),
        ("单雨", "shanyu sy"),
        ("尉迟恭", "yuchigong ycg"),
        ("吕明", "lvming lm"),
        ("阿依古丽·买买提", "ayigulimaimaiti ayglmmt"),
    ],
)
def test_a_name_is_kept_as_it_is_read_and_by_its_initials(name: str, key: str) -> None:
    assert pinyin_of(name) == key


@pytest.mark.parametrize(("text", "key"), [("Xu Wang", "xuwang"), (" ｘｗｓ ", "xws"), ("Lü", "lv"), ("许", "")])
def test_what_is_typed_is_compared_without_spaces_and_marks(text: str, key: str) -> None:
    assert typed(text) == key


def test_a_telephone_number_shows_three_and_four_digits() -> None:
    assert masked_phone("13812341234") == "138****1234"
    assert masked_tail("1234") == "*******1234"
    assert masked_tail("") == ""
