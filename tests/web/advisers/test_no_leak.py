"""
One day of work with numbers, good and bad: registering, mistyping, importing, correcting, seeing, failing. Afterwards no
log line, job log, booked act, event, kept answer, session, error page or export holds an identity or telephone number.
"""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from openpyxl import load_workbook

from falin.kernel import jobs
from falin.kernel.formats import grouped
from falin.kernel.transactions import inside
from services.advisers.commands import registering
from services.advisers.queries import register as reading
from services.advisers.tasks import register_jobs
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
from tests import leaks
from tests.app.advisers.office import Office
from tests.conftest import ADMIN, with_name
from tests.fixtures.adviser_sheets import identity, person, phone, write
from tests.world import NOW, PASSWORD, World

HUBU = "330106109200"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> Any:
    register_jobs()
    monkeypatch.setattr(jobs, "_sender", [lambda *_job: None])
    with time_machine.travel(NOW, tick=True):
        yield


def numbers_in(response: Any) -> list[str]:
    return leaks.numbers_in(response.content.decode(errors="replace"))


def form(number: int, **other: str) -> dict[str, str]:
    return {
        "name": "许望舒",
        "id_number": identity(number),
        "phone": phone(number),
        "firm_id": "浙江湖畔律师事务所",
        **other,
    }


def boom(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("no number here")


def test_a_day_of_work_leaves_no_number_behind(
    world: World, office: Office, sign_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = leaks.Listener()
    logging.getLogger().addHandler(listener)
    client = sign_in("county", proved=False)
    client.raise_request_exception = False
    firm = office.firm()
    shown: list[str] = []  # numbers on pages that are not one's own form coming back

    # Registering, twice the same person, and with an error of the program in the middle of it.
    assert client.post("/advisers/new/", form(1)).status_code == 302
    assert client.post("/advisers/new/", form(1)).status_code == 422
    monkeypatch.setattr(registering, "pinyin_of", boom)
    broken = client.post("/advisers/new/", form(2))
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "_sender", [lambda *_job: None])
    assert broken.status_code == 500
    shown += numbers_in(broken)
    api = client.post("/api/v1/advisers/", {**form(3), "firm_id": str(firm.id), "name": "顾听澜"}, "application/json")
    assert api.status_code == 201
    again = client.post("/api/v1/advisers/", {**form(3), "firm_id": str(firm.id)}, "application/json",
                        headers={"Idempotency-Key": "k3"})  # fmt: skip
    assert again.status_code == 409
    shown += numbers_in(api) + numbers_in(again)

    # A correction, a reason with a number in it, a number in the address.
    who = api.json()["id"]
    assert client.post(f"/advisers/{who}/correct/", {"firm_id": firm.name, "phone": phone(4)}).status_code == 302
    assert client.post(f"/advisers/{who}/ban/", {"until": "2027-11-16", "reason": f"见 {phone(4)}"}).status_code == 422
    assert client.get(f"/advisers/{phone(4)}/").status_code == 404

    # Numbers in clear, after the password; what was typed waits in the session meanwhile.
    asked = client.post(f"/advisers/{who}/numbers/", {"reason": "核对聘任合同"})
    assert grouped(phone(4)) in client.post(asked.headers["Location"], {"password": PASSWORD}).content.decode()

    # A sheet with good and bad rows, checked and loaded; its rows to mend are an export with numbers by intent.
    rows = [person(number) for number in range(10, 14)]
    rows[-1]["身份证号"] = identity(13)[:-1] + ("1" if identity(13)[-1] != "1" else "2")
    with write(tmp_path / "名册.xlsx", rows).open("rb") as sheet:
        sheet_page = client.post("/advisers/import/", {"file": sheet}).headers["Location"]
    for act in ("", "confirm/"):
        if act:
            client.post(sheet_page + act)
        _work(world)
        shown += numbers_in(client.get(sheet_page))
    mend = load_workbook(io.BytesIO(client.get(sheet_page + "errors.xlsx").content))
    assert any(identity(13)[:-1] in str(cell.value) for row in mend.active.iter_rows() for cell in row)

    # Everything that is read, and a page that breaks while it holds an adviser.
    monkeypatch.setattr(reading, "state_of", boom)
    failed = client.get(f"/advisers/{who}/")
    monkeypatch.undo()
    assert failed.status_code == 500
    shown += numbers_in(failed)
    for address in ("/", "/advisers/", f"/advisers/{who}/", "/advisers/firms/", "/history/", "/jobs/", "/api/v1/advisers/",
                    f"/api/v1/advisers/{who}/", "/api/v1/advisers/imports/"):  # fmt: skip
        shown += numbers_in(client.get(address))

    logging.getLogger().removeHandler(listener)
    assert shown == []
    assert listener.heard == []
    assert listener.lines > 0  # the two errors above were logged, with their tracebacks
    name = str(connection.settings_dict["NAME"])
    assert leaks.numbers_in_books(with_name(ADMIN, name)) == []
    kept = [identity(number) for number in range(1, 14)] + [phone(number) for number in range(1, 14)]
    found = {where for where, text in leaks.every_value(with_name(ADMIN, name)) if any(one in text for one in kept)}
    assert found == set()


def _work(world: World) -> None:
    """A worker does what waits in the county."""
    from falin.kernel.models import Job

    system = system_of(find_by_schema(world.schema("330106")))
    with inside(system, read_only=True):
        waiting = list(Job.objects.filter(state="queued").values_list("id", flat=True))
    for job_id in waiting:
        assert jobs.work(system=system, job_id=job_id) == "done"
