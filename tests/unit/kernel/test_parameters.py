"""A figure that is declared is one that somebody can set, or nobody by intent."""

from __future__ import annotations

from typing import Any

import pytest

from falin.kernel.parameters import LEVELS, Parameter, declare, declared


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
