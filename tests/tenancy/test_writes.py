"""
The other side of the refusals: each write door does what it is for when its rightful writer sends the same form.

Without this a refusal could be due to a wrong form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.tenancy.conftest import own_copy
from tests.tenancy.doors import DONE_ELSEWHERE, OPEN_WRITES, Door, every_door, knock, write_of
from tests.tenancy.ground import Ground
from tests.tenancy.matrix import rightful_writer
from tests.tenancy.reference import may_see

WRITERS = [
    door for door in every_door() if door.writes and str(door) not in {*OPEN_WRITES, *DONE_ELSEWHERE} and door.grant
]


@pytest.fixture(scope="module")
def _written_copy(peopled_template: str) -> Iterator[tuple[str, dict[str, Any]]]:
    with own_copy(peopled_template) as name:
        kept: dict[str, Any] = {}
        yield name, kept
        if "ground" in kept:
            kept["ground"].close()


@pytest.mark.slow
@pytest.mark.parametrize("door", WRITERS, ids=str)
def test_a_rightful_writer_is_let_in(_written_copy: Any, opened_copy: Any, fresh: Any, door: Door) -> None:
    with opened_copy(_written_copy) as ground:
        ground.touched()
        if not (wrong := _write(ground, door)):
            return
    with fresh() as ground:  # perhaps another door's act stood in the way; in a world of its own nothing does
        again = _write(ground, door)
        assert not again, (wrong, again)


def _write(ground: Ground, door: Door) -> list[str]:
    reader, thing = rightful_writer(ground, door)
    answer = knock(ground, reader, door, thing)
    if answer.status not in write_of(door).done:
        return [f"{reader.label}: {answer.status} {answer.text[-1500:]}"]
    wrong = []
    if write_of(door).tries:
        wrong += [f"changed {answer.touched}"] if answer.touched else []
    elif not {"kernel_auditentry insert", "kernel_job update"} & {one.split(".")[1] for one in answer.touched}:
        wrong.append(f"changed {answer.touched} and booked nothing")
    if schemas := {one.split(".")[0] for one in answer.touched} - {"public", reader.schema}:
        wrong.append(f"wrote in {schemas}")
    may = {fact.word for fact in answer.seen if may_see(reader, fact, door.name)}  # one word can stand in two tables
    wrong += [f"shows {fact}" for fact in answer.seen if fact.word not in may]
    return wrong
