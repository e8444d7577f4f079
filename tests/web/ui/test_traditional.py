"""Traditional Chinese: every sentence of the product, the programme's own terms as decided, nothing that people typed."""

from __future__ import annotations

import re
from typing import Any

from django.utils import translation

from falin.kernel import formats
from falin.portal.terms import TERMS
from falin.runtime import translations
from tests.world import NOW, World

HOLDS = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")


def _pairs() -> list[tuple[str, str]]:
    return [
        (message.id[0], message.string[0]) if isinstance(message.id, tuple) else (str(message.id), str(message.string))
        for message in translations.traditional()
        if message.id
    ]


def test_every_sentence_of_the_product_is_there_and_keeps_its_places_for_names() -> None:
    made = dict(_pairs())
    wanted = {message.id[0] if isinstance(message.id, tuple) else str(message.id) for message in translations.gather()}
    assert {one for one in wanted - {""} if not made.get(one)} == set()
    assert [one for one, other in made.items() if sorted(HOLDS.findall(one)) != sorted(HOLDS.findall(other))] == []


def test_every_term_of_the_programme_is_decided_and_none_is_left_to_chance() -> None:
    decided = translations.terms()
    with translation.override(None):
        words = {str(term.word) for term in TERMS}
    assert words - set(decided) == set()
    assert {word for word in decided.values() if not word} == set()


def test_the_decided_form_stands_wherever_the_term_does() -> None:
    decided = translations.terms()
    longest = re.compile("|".join(map(re.escape, sorted(decided, key=len, reverse=True))))
    found = [(term, one, other) for one, other in _pairs() for term in longest.findall(one)]
    assert len(found) > 300
    assert [(term, other) for term, _one, other in found if decided[term] not in other] == []


def test_a_page_in_traditional_chinese_says_so_and_leaves_names_as_they_were_typed(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    client.cookies["falin_prefs"] = "language=zh-hant"
    page = client.get("/advisers/").content.decode()
    assert '<html lang="zh-Hant"' in page
    assert "法律顧問" in page and "法律顾问</h1>" not in page
    assert "西湖区" in page  # the place's own name, as its list has it
    assert 'value="zh-hans"' in page and 'value="en"' in page and 'value="zh-hant"' not in page
    assert client.get("/advisers/").headers["Content-Language"] == "zh-hant"


def test_the_api_answers_in_it_for_whoever_asks_by_any_of_its_names(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    for asked in ("zh-Hant", "zh-TW", "zh-HK"):
        said = client.get("/api/v1/help/nothing/", headers={"accept-language": asked})
        assert said.status_code == 404 and "沒有這一篇幫助" in said.json()["title"], asked


def test_dates_and_numbers_are_written_as_in_simplified_chinese() -> None:
    with translation.override("zh-hant"):
        assert formats.day(NOW.date()) == f"{NOW.year}年{NOW.month}月{NOW.day}日"
        assert formats.hours(150) == "2 小時 30 分" and formats.yuan(123450) == "¥1,234.50"
