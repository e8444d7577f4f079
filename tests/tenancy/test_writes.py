"""
The other side of the refusals: each write door does what it is for when its rightful writer sends the same form.

Without this a refusal could be due to a wrong form. Each act has a world of its own.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.tenancy.doors import OPEN_WRITES, Door, Thing, every_door, knock, things_of, write_of
from tests.tenancy.ground import CAST, Ground, Reader
from tests.tenancy.reference import may_open, may_see

WRITERS = [door for door in every_door() if door.writes and str(door) not in OPEN_WRITES and door.grant]


def _writer(ground: Ground, door: Door) -> tuple[Reader, Thing | None]:
    write, asked = write_of(door), things_of(door)
    for label in CAST:
        reader = ground.readers[label]
        if not may_open(reader, door.grant):
            continue
        if asked is None:
            return reader, None
        for thing in asked.things(ground):
            if asked.may(reader, thing) and write.right(ground, reader, thing):
                return reader, thing
    raise AssertionError(f"{door}: nobody in the cast may send it; the peopled world lacks something")


@pytest.mark.slow
@pytest.mark.parametrize("door", WRITERS, ids=str)
def test_a_rightful_writer_is_let_in(fresh: Any, door: Door) -> None:
    with fresh() as ground:
        reader, thing = _writer(ground, door)
        answer = knock(ground, reader, door, thing)
        assert answer.status in write_of(door).done, (reader.label, answer.status, answer.text[-1500:])
        if answer.status < 400:
            assert any("kernel_auditentry insert" in one for one in answer.touched) or "kernel_job" in str(answer.touched), (
                f"{door} changed {answer.touched} and booked nothing"
            )
            schemas = {one.split(".")[0] for one in answer.touched} - {"public"}
            assert schemas <= {reader.schema}, f"{door} wrote in {schemas}"
        foreign = [fact for fact in answer.seen if not may_see(reader, fact, door.name)]
        assert not foreign, foreign
