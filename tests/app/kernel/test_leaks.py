"""What looks for numbers and names of people finds them, wherever they are put (seen red before it is believed green)."""

from __future__ import annotations

import io
import logging
import zipfile
from typing import Any

import psycopg
import pytest
from django.db import connection

from falin.kernel import audit
from falin.kernel.models import AuditEntry, Job
from falin.kernel.transactions import inside
from tests import leaks
from tests.app.advisers.office import Office
from tests.app.advisers.office import office as office  # noqa: PLC0414 -- a fixture
from tests.conftest import ADMIN, with_name
from tests.fixtures.adviser_sheets import identity, phone
from tests.world import NOW, World


def packed(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", text)
    return out.getvalue()


@pytest.mark.parametrize("number", [identity(1), phone(1)])
@pytest.mark.parametrize(
    ("path", "status", "kind", "wrap"),
    [
        ("/advisers/x/", 500, "", str.encode), ("/advisers/x/", 404, "", str.encode), ("/api/v1/x/", 409, "", str.encode),
        ("/figures/5/export.csv", 200, "attachment; filename=a.csv", str.encode),
        ("/figures/5/export.xlsx", 200, "attachment; filename=a.xlsx", packed),
    ],
)  # fmt: skip
def test_a_number_on_an_error_page_or_in_a_file_is_found(
    number: str, path: str, status: int, kind: str, wrap: Any
) -> None:
    assert leaks.numbers_in_answer(path, status, kind, wrap(f"<td>{number}</td>")) == [f"{path} ({status}): {number}"]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [("/advisers/new/", 422, ""), ("/me/data/", 200, "attachment; filename=a.zip"), ("/advisers/x/numbers/", 200, "")],
)
def test_what_is_meant_is_not(path: str, status: int, kind: str) -> None:
    assert leaks.numbers_in_answer(path, status, kind, identity(1).encode()) == []


@pytest.mark.parametrize("said", [identity(1), phone(1), "叶明远"])
def test_a_number_or_a_name_in_the_log_is_heard(said: str) -> None:
    listener = leaks.Listener()
    log = logging.getLogger("tests.apart")
    log.propagate = False  # the run's own listener would fail it
    log.addHandler(listener)
    log.warning("about %s", said)
    try:
        raise RuntimeError(said)
    except RuntimeError:
        log.exception("trouble")
    assert len(listener.heard) >= 2
    log.warning("about person 7")
    assert len([one for one in listener.heard if "7" in one and said not in one]) == 0


def test_a_number_or_a_name_in_the_books_is_found(world: World) -> None:
    """Written past the guard of the kernel, which would refuse the number; and taken out again before the run looks."""
    url, scope = with_name(ADMIN, str(connection.settings_dict["NAME"])), world.scope("county")
    assert leaks.numbers_in_books(url) + leaks.names_in_books(url) == []
    with inside(scope, read_only=False):
        audit.record(
            scope=scope, act="tests.named", subject=("tests", 1), node_id=None, now=NOW, after={"by": "叶明远"}
        )
    assert leaks.names_in_books(url) == [f"{scope.schema}.kernel_auditentry.after: 叶明远"]
    with pytest.raises(audit.PersonalDataInAudit), inside(scope, read_only=False):
        audit.record(
            scope=scope, act="tests.number", subject=("tests", 1), node_id=None, now=NOW, after={"n": phone(1)}
        )
    with inside(scope, read_only=True):
        assert AuditEntry.objects.filter(act__startswith="tests.").count() == 1
    with inside(scope, read_only=False):
        Job.objects.create(kind="x", title="x", person_id=1, scope={}, log=phone(1), state="done", created_at=NOW)
    assert leaks.numbers_in_books(url) == [f"{scope.schema}.kernel_job: {phone(1)}"]
    with psycopg.connect(url) as own:
        own.execute(f'delete from "{scope.schema}".kernel_job')
        own.execute(f"delete from \"{scope.schema}\".kernel_auditentry where act = 'tests.named'")


FORMS = [
    "13812345678", "+8613812345678", "+86 13812345678", "8613812345678", "008613812345678", "+86-138-1234-5678",
    "138 1234 5678", "138-1234-5678", "１３８１２３４５６７８", "＋８６　１３８　１２３４　５６７８",
    "330106198501010011", "33010619850101001X", "330106 19850101 0011", "330106-1985-01-01-001X", "３３０１０６１９８５０１０１００１１",  # noqa: E501
    "330106850101001",
]  # fmt: skip
NEITHER = [
    "2026-11-16 10:00:00.138123", "1763287200000", "0.13812345678", "a1381234567812", "13812345678901", "330106850199001",
    "6f1381234567-4138-1234-5678-138123456781", "6f138123-1381-4123-5678-138123456789", "330106 2026 1116", "共 138 1234 人",
]  # fmt: skip


@pytest.mark.parametrize("number", FORMS)
def test_a_number_is_found_in_every_form_people_write_it(number: str) -> None:
    for text in (number, f"电话{number}。", f'{{"n": "{number}"}}', f"<td>{number}</td>"):
        assert len(leaks.numbers_in(text)) == 1, text
        assert audit.looks_personal(text), text


@pytest.mark.parametrize("text", NEITHER)
def test_moments_marks_and_counts_are_no_numbers(text: str) -> None:
    assert leaks.numbers_in(text) == []


@pytest.mark.parametrize("number", ["+86 138 1234 5678", "８６１３８１２３４５６７８", "330106850101001"])
def test_every_form_is_found_in_the_books_and_refused_where_acts_are_booked(world: World, number: str) -> None:
    url, scope = with_name(ADMIN, str(connection.settings_dict["NAME"])), world.scope("county")
    with pytest.raises(audit.PersonalDataInAudit), inside(scope, read_only=False):
        audit.record(scope=scope, act="tests.number", subject=("t", 1), node_id=None, now=NOW, why=f"见 {number}")
    with inside(scope, read_only=False):
        Job.objects.create(kind="x", title="x", person_id=1, scope={}, log=number, state="done", created_at=NOW)
    assert len(leaks.numbers_in_books(url)) == 1
    with psycopg.connect(url) as own:
        own.execute(f'delete from "{scope.schema}".kernel_job')


def test_the_name_of_an_adviser_without_an_account_is_found_in_a_jobs_title_and_in_the_log(
    world: World, office: Office
) -> None:
    url, scope = with_name(ADMIN, str(connection.settings_dict["NAME"])), world.scope("county")
    office.adviser("闻人听雪")
    with inside(scope, read_only=False):
        Job.objects.create(kind="x", title="导出闻人听雪", person_id=1, scope={}, log="", state="done", created_at=NOW)
    assert leaks.names_in_books(url) == [f"{scope.schema}.kernel_job.title: 闻人听雪"]
    with psycopg.connect(url) as own:
        own.execute(f'delete from "{scope.schema}".kernel_job')
    listener, log = leaks.Listener(), logging.getLogger("tests.apart")
    log.propagate = False
    log.addHandler(listener)
    log.warning("about %s", "闻人听雪")
    assert listener.heard == []
    listener.hear_names(leaks.names_of_people(url))
    assert listener.heard == ["tests.apart: 闻人听雪"]
