"""The import through the API: the same three steps, every refusal a problem with a code."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from falin.kernel import jobs
from falin.kernel.scope import system_scope
from services.advisers.tasks import register_jobs
from tests.fixtures.adviser_sheets import WITH_ERRORS
from tests.world import World

IMPORTS = "/api/v1/advisers/imports/"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    register_jobs()
    monkeypatch.setattr(jobs, "_sender", [lambda schema, job_id, _lane: told.append((schema, job_id))])
    return told


def post(client: Any, data: bytes = b"", **headers: str) -> Any:
    file = SimpleUploadedFile("名册.xlsx", data or WITH_ERRORS.read_bytes())
    return client.post(IMPORTS, {"file": file}, headers=headers)


def work(sent: list[tuple[str, str]]) -> None:
    schema, job_id = sent.pop(0)
    jobs.work(system=system_scope(schema=schema, tenant_id=0, grants=frozenset()), job_id=UUID(job_id))


def test_three_steps(world: World, sign_in: Any, sent: list[tuple[str, str]]) -> None:
    client = sign_in("county")
    taken = post(client)
    assert (taken.status_code, taken.json()["state"]) == (202, "checking")
    where = taken.headers["Location"]
    work(sent)
    found = client.get(where).json()
    assert (found["state"], found["counts"]) == (
        "checked", {"rows": 28, "ready": 8, "to_mend": 20, "examples": 0, "blank": 1},
    )  # fmt: skip
    assert found["findings"][1] == {
        "row": 9, "column": "身份证号", "code": "id_fifteen", "found": "330**********01",
        "sentence": "这是 15 位的旧号码，已经停用。请按现在的身份证填 18 位；系统不代为换算，免得换错人。",
    }  # fmt: skip
    assert client.get(f"{where}errors.xlsx").status_code == 200
    assert client.post(f"{where}confirm/").status_code == 202
    work(sent)
    done = client.get(where).json()
    assert (done["state"], done["loaded"]["advisers"], done["may_confirm"]) == ("done", 8, False)
    assert [row["id"] for row in client.get(IMPORTS).json()] == [done["id"]]


def test_refusals_are_problems(world: World, sign_in: Any, sent: list[tuple[str, str]]) -> None:
    client = sign_in("county")
    wrong = post(client, b"name,phone")
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "advisers.sheet_not_xlsx", "file")
    where = post(client).headers["Location"]
    early = client.post(f"{where}confirm/")
    assert (early.status_code, early.json()["code"]) == (409, "advisers.nothing_to_load")
    assert sign_in("county2").get(where).status_code == 404
    assert sign_in("street").get(where).status_code == 403
    assert client.post(f"{where}stop/").json()["state"] == "stopped"


def test_the_same_key_takes_a_sheet_once(world: World, sign_in: Any, sent: list[tuple[str, str]]) -> None:
    client = sign_in("county")
    first, second = (post(client, **{"Idempotency-Key": "one"}) for _time in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert len(sent) == 1
    assert len(client.get(IMPORTS).json()) == 1
