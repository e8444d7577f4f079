"""A refusal is a sentence wherever it arrives."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import pytest
from django.db import IntegrityError

from falin.kernel.refusals import Forbidden, Invalid, Missing, OtherHat, Refused, refusal_for


@pytest.mark.parametrize(
    "refused",
    [Refused("a.b", "说明", field="why"), Forbidden("a.b", "说明"), Missing("a.b", "说明"), Invalid("a.b", "说明"),
     OtherHat("county_team@1")],
)  # fmt: skip
def test_it_comes_back_whole_from_another_process(refused: Refused) -> None:
    again = pickle.loads(pickle.dumps(refused))
    assert (type(again), str(again), again.__dict__) == (type(refused), str(refused), refused.__dict__)


@pytest.mark.parametrize(
    ("constraint", "sentence"),
    [("a_seat_is_taken_once", "…"), ("a_seat_is_taken_once_102010", "…"),
     # of another node of the cell, in whatever language it speaks: the name is said in the sentence alone
     (None, 'conflicting key value violates exclusion constraint "a_seat_is_taken_once_102010"'),
     (None, '"advisers_seat_102010"关系的新列违反了检查约束"a_seat_is_taken_once_102010"')],
)  # fmt: skip
def test_a_constraint_is_its_refusal_on_whichever_node_it_stands(constraint: str | None, sentence: str) -> None:
    class Violation(Exception):
        diag = SimpleNamespace(constraint_name=constraint, message_primary=sentence)

    error = IntegrityError()
    error.__cause__ = Violation()
    known = {"another": lambda: Refused("a.c", ""), "a_seat_is_taken_once": lambda: Refused("a.b", "说明")}
    assert str(refusal_for(error, known)) == "a.b: 说明"
    assert refusal_for(error, {"another": known["another"]}) is None
