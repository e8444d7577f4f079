"""A request whose answer was lost is sent again under its key: the same answer, whole, and no second act."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from falin.kernel.models import Job
from falin.kernel.transactions import inside
from services.advisers.models import ImportSheet
from tests.fixtures.adviser_sheets import person, write
from tests.world import World


def test_an_answer_that_names_a_place_is_repeated_with_its_body(world: World, sign_in: Any, tmp_path: Path) -> None:
    sheet = write(tmp_path / "顾问.xlsx", [person(1)])
    client = sign_in("county")

    def send() -> Any:
        with sheet.open("rb") as upload:
            return client.post(
                "/api/v1/advisers/imports/", {"file": upload}, headers={"Idempotency-Key": "the same sheet"}
            )

    first, again = send(), send()
    assert first.status_code == again.status_code == 202
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json() == first.json()
    with inside(world.scope("county"), read_only=True):
        assert (ImportSheet.objects.count(), Job.objects.count()) == (1, 1)
