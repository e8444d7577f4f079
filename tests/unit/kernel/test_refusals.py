"""A refusal is a sentence wherever it arrives."""

from __future__ import annotations

import pickle

import pytest

from falin.kernel.refusals import Forbidden, Invalid, Missing, OtherHat, Refused


@pytest.mark.parametrize(
    "refused",
    [Refused("a.b", "说明", field="why"), Forbidden("a.b", "说明"), Missing("a.b", "说明"), Invalid("a.b", "说明"),
     OtherHat("county_team@1")],
)  # fmt: skip
def test_it_comes_back_whole_from_another_process(refused: Refused) -> None:
    again = pickle.loads(pickle.dumps(refused))
    assert (type(again), str(again), again.__dict__) == (type(refused), str(refused), refused.__dict__)
