"""The reader's choices in a cookie."""

import pytest
from django.conf import settings

from falin.ui.preferences import LANGUAGES, Preferences, language_of, read


def test_who_never_chose_gets_the_ordinary_page() -> None:
    assert read("") == Preferences(size="16", contrast="normal", care="off", language="")


def test_a_cookie_reads_back_as_it_was_written() -> None:
    chosen = Preferences(size="24", contrast="high", care="on", language="en")
    assert read(chosen.cookie()) == chosen


@pytest.mark.parametrize(
    "cookie", ["size=17", "size=", 'size="><script>', "contrast=1", "care=yes", "language=de", "&&&=", "x" * 10_000]
)
def test_a_forged_cookie_changes_nothing(cookie: str) -> None:
    assert read(cookie) == Preferences()


def test_one_choice_leaves_the_others() -> None:
    before = Preferences(size="20", contrast="high")
    assert before.changed({"care": "on"}) == Preferences(size="20", contrast="high", care="on")


def test_every_language_of_the_product_says_how_it_runs() -> None:
    assert [one.code for one in LANGUAGES] == [code for code, _name in settings.LANGUAGES]
    assert {one.dir for one in LANGUAGES} <= {"ltr", "rtl"}
    assert [language_of(one.code) for one in LANGUAGES] == list(LANGUAGES)
    assert language_of("de").lang == "zh-CN"
