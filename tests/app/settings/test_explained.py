"""`falin settings explain KEY --at CODE`: the value at a place on a day, and all that was said on the way down."""

from __future__ import annotations

import json
from argparse import Namespace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from falin.kernel.transactions import inside
from falin.runtime.home import Home
from falin.runtime.levels import settings as explain
from falin.runtime.sentences import CannotStart
from services.duty.rules import HOURS_A_MONTH
from tenants.settings import api as levels
from tests.world import NOW, TODAY, World

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def said(world: World) -> World:
    """The province asks for nine hours from tomorrow on, 西湖区 for ten; from the tenth day on the province for twelve."""
    for who, code, value, day in (
        ("leader", "33", 9, TOMORROW), ("county", "330106", 10, TOMORROW), ("leader", "33", 12, TODAY + timedelta(days=10)),
    ):  # fmt: skip
        with inside(world.scope(who), read_only=False):
            levels.make_statement(scope=world.scope(who), key=HOURS_A_MONTH.key, node_id=world.node(code), value=value,
                                  locked=False, valid_from=day, why="按省里的通知", now=NOW)  # fmt: skip
    return world


@pytest.fixture
def ask(said: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def asked(at: str, on: date | str = TOMORROW, *, as_json: bool = True) -> Any:
        given = Namespace(key=HOURS_A_MONTH.key, at=at, on=str(on), json=as_json)
        assert explain(given, Home(root=tmp_path)) == 0
        told = capsys.readouterr().out
        return json.loads(told) if as_json else told

    return asked


def test_the_value_is_told_with_where_it_comes_from_on_the_day(ask: Any) -> None:
    told = ask("330106002001")
    assert (told["key"], told["place"], told["code"], told["on"]) == (
        HOURS_A_MONTH.key, "宝石社区", "330106002001", str(TOMORROW),
    )  # fmt: skip
    assert (told["value"], told["default"], told["origin"], told["locked_by"]) == (10, 8, "西湖区", None)
    assert told["steps"] == [
        {"place": "浙江省", "value": 9, "words": "9 小时", "locked": False, "from": str(TOMORROW),
         "person": told["steps"][0]["person"],
         "why": "按省里的通知", "outcome": "taken"},
        {"place": "西湖区", "value": 10, "words": "10 小时", "locked": False, "from": str(TOMORROW),
         "person": "叶明远",
         "why": "按省里的通知", "outcome": "taken"},
    ]  # fmt: skip
    later = ask("330106", TODAY + timedelta(days=10))
    assert (later["value"], later["origin"]) == (12, "浙江省")
    assert [step["outcome"] for step in later["steps"]] == ["taken", "looser"]
    assert (ask("330106", TODAY)["value"], ask("330106", TODAY)["steps"]) == (8, [])


@pytest.mark.parametrize(
    ("short", "whole", "value"),
    [("33", "330000000000", 9), ("3301", "330100000000", 9), ("330106", "330106000000", 10)],
)
def test_a_code_in_all_its_twelve_digits_means_the_same_place(ask: Any, short: str, whole: str, value: int) -> None:
    assert ask(whole) == ask(short)
    assert ask(whole)["value"] == value


def test_without_json_it_is_told_in_lines(ask: Any) -> None:
    lines = ask("330106", as_json=False).splitlines()
    assert lines[0].startswith(f"{HOURS_A_MONTH.key} · 西湖区 · {TOMORROW}: 10 小时")
    assert "西湖区: 10 小时 · 叶明远 · 按省里的通知 · 算数 taken" in lines[-1]


@pytest.mark.parametrize(
    ("at", "on", "words"), [("330199", TOMORROW, "没有代码是 330199 的地方"), ("西湖", TOMORROW, "没有代码是"),
                            ("330106", "2001-01-01", "没有代码是"), ("330106", "明天", "看不懂日期")]
)  # fmt: skip
def test_what_cannot_be_explained_is_a_sentence(ask: Any, at: str, on: Any, words: str) -> None:
    with pytest.raises(CannotStart, match=words):
        ask(at, on)
