"""
The examples of the API's description are true: each operation is asked once in the peopled world, and answers as recorded.

An answer that changed fails until it is recorded anew: ``FALIN_RECORD=1 ./falin test tests/tenancy/test_examples.py``.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from falin.kernel.rest.describing import description
from falin.portal.rest import examples
from tests import peopled
from tests.tenancy import exchanges
from tests.tenancy.conftest import own_copy
from tests.tenancy.doors import DONE_ELSEWHERE
from tests.world import PEOPLE, PLACES

# Operations without an example, and why.
WITHOUT = {
    "people_decline_correction": "for what somebody asked for and a colleague has not settled: nobody in the peopled world has",
    "tenants_again": "for a deed that failed half-way in another cell: the peopled world has one cell",
    "tenants_open": "for a body that lacks nothing but its opening: the peopled world has none",
}


@pytest.fixture
def asked(_read_copy: Any, opened_copy: Any, peopled_template: str, fresh: Any) -> dict[str, Any]:
    """Each operation's exchange: reads in the world as it is, writes one after the other in a copy of it."""
    found: dict[str, Any] = {}
    named = {door: name for name, door in exchanges.operations().items()}

    def take(ground: Any, answers: Any) -> None:
        for door, answer in answers.items():
            name = named[door]
            found[name] = exchanges.Neutral(ground).exchange(answer, exchanges.takes(name))

    with opened_copy(_read_copy) as ground:
        for door in named:
            if not door.writes:
                take(ground, exchanges.reads(ground, door))
    with own_copy(peopled_template) as copy:
        stood_in_the_way = []
        with opened_copy((copy, {})) as ground:
            for door in sorted((door for door in named if door.writes and str(door) not in DONE_ELSEWHERE), key=str):
                answers = exchanges.writes(ground, door)
                if exchanges.done(answers):
                    take(ground, answers)
                else:
                    stood_in_the_way.append(door)
            ground.close()
    for door in stood_in_the_way:  # another door's act did; in a world of its own nothing does
        with fresh() as ground:
            take(ground, exchanges.writes(ground, door))
    return dict(sorted(found.items()))


def test_every_operation_shows_what_it_was_asked_and_answered(asked: dict[str, Any]) -> None:
    assert {
        name: (one["asked"], one["status"], one["answer"]) for name, one in asked.items() if one["status"] >= 300
    } == {}
    assert set(exchanges.operations()) - set(asked) == set(WITHOUT)
    if os.environ.get("FALIN_RECORD"):
        examples.PLACE.write_text(json.dumps(asked, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        examples.examples.cache_clear()
    recorded = examples.examples()
    assert sorted(recorded) == sorted(asked)
    for name, one in asked.items():
        assert one == recorded[name], f"{name} answers otherwise than recorded (see the head of this file)"


def test_every_example_fits_the_description() -> None:
    document = description()
    assert '"format": "time"' not in json.dumps(
        document
    )  # RFC 3339's has seconds and a zone: what is answered is HH:MM
    shown = {one["operationId"]: one for methods in document["paths"].values() for one in methods.values()}
    for name, example in examples.examples().items():
        answer = shown[name]["responses"][str(example["status"])]
        for part, one in ((shown[name].get("requestBody", {}), example["sent"]), (answer, example["answer"])):
            media = part.get("content", {}).get("application/json", {})
            assert media.get("example") == one, name
            if one is not None:
                Draft202012Validator({**media["schema"], "components": document["components"]}).validate(one)


def test_nothing_secret_and_no_test_worlds_name_is_in_an_example() -> None:
    """Beside the matrix, where nobody at all reads the description: words it does not know as facts."""
    told = examples.PLACE.read_text(encoding="utf-8")
    names = [*PLACES.values(), *(name for name, *_ in {**PEOPLE, **peopled.PEOPLE}.values())]
    assert [
        name for name in [*names, *(one.name for one in peopled.ADVISERS), *peopled.FIRMS.values()] if name in told
    ] == []
    assert re.findall(r"PRIVATE KEY-----\\n\w|flk_\w|[0-9a-f]{40}|33\d{15}[\dX]", told) == []
