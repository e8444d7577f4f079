"""A figure that is declared is one that somebody can set, or nobody by intent."""

from __future__ import annotations

from typing import Any

import pytest

from falin.kernel.parameters import LEVELS, YES_NO, Option, Parameter, declare, declared


def _figure(**more: Any) -> Parameter:
    return Parameter(**{"key": "t.declared", "label": "", "unit": "", "default": 1, "minimum": 1, "maximum": 2, "rule": "",
                        "set_by": ("province",), **more})  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"set_by": ("province_leader",)},  # a role: no place says it
        {"set_by": ("province", "operator")},
        {"set_by": ("province", "county"), "by_body": True},  # a county would give itself more
        {"by_body": True, "direction": 1},  # below, the tighter one would win
    ],
)
def test_a_figure_that_no_level_could_set_is_not_declared(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"t\.declared"):
        declare(_figure(**more))
    assert "t.declared" not in {one.key for one in declared()}


@pytest.mark.parametrize("more", [{}, {"set_by": ()}, {"set_by": LEVELS}, {"by_body": True}])
def test_any_of_the_levels_may_or_none(more: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("falin.kernel.parameters._declared", {})
    assert declare(_figure(**more)) in declared()


@pytest.mark.parametrize(
    "more",
    [
        {"options": (Option(1, "one", "一"), Option(1, "two", "二"))},
        {"options": (Option(1, "one", "一"), Option(2, "one", "二"))},
        {"options": (Option(2, "two", "二"), Option(3, "three", "三"))},  # the default is none of them
    ],
)
def test_a_choice_whose_options_cannot_be_told_apart_is_not_declared(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"t\.declared"):
        declare(_figure(**more))


def test_a_choice_is_said_by_its_word_and_told_by_its_label() -> None:
    yes = _figure(minimum=0, options=YES_NO)
    assert [yes.read(said) for said in ("yes", " no ", 1, "0")] == [1, 0, 1, 0]
    assert (yes.told(1), yes.word(0), yes.range_told) == ("是", "no", "否、是")
    assert [yes.allows(value) for value in (0, 1, 2)] == [True, True, False]
    apart = _figure(options=(Option(1, "one", "一"), Option(4, "four", "四")), maximum=4)
    assert not apart.allows(2)  # though it lies between them
    with pytest.raises(ValueError, match="maybe"):
        yes.read("maybe")


def test_an_amount_is_told_with_its_unit() -> None:
    days = _figure(unit="天", maximum=20_000)
    assert (days.told(20_000), days.word(3), days.read("3"), days.range_told) == ("20,000 天", 3, 3, "1 到 20,000 天")
    assert _figure().told(1) == "1"


@pytest.mark.parametrize(
    ("rule", "cited"), [("R2.4", "R2.4"), ("PIPL 47", "PIPL 47"), ("decision 63", "平台自定（决定 63）")]
)
def test_a_reader_is_told_whether_a_figure_is_a_rules_or_the_platforms_own(rule: str, cited: str) -> None:
    assert _figure(rule=rule).cited == cited
