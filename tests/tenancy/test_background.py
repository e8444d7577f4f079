"""
Work that nobody clicks for: every task and every management command touches the tenant it was called for and no other.

Other tenants' schemas are shut before: whoever reads one, fails. Rows that were written are counted by PostgreSQL.
"""

from __future__ import annotations

import io
import tempfile
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command, get_commands

from falin.config import tasks
from falin.config.celery import app
from falin.kernel import relay, webhooks
from falin.kernel.crypto import rotation
from services.desk import tasks as desk
from tests.app.audit.logs import settle
from tests.app.registry.archives import keys
from tests.tenancy.ground import Ground

A, B = "330106", "330102"


def earlier(own: psycopg.Connection[Any], schema: str, table: str, column: str, by: timedelta) -> None:
    """Every row's moment, earlier. Row by row: no cell of several nodes computes one in an update."""
    for key, moment in own.execute(f'select id, {column} from "{schema}".{table}').fetchall():
        own.execute(f'update "{schema}".{table} set {column} = %s where id = %s', [moment - by, key])


@contextmanager
def only(ground: Ground, *open_codes: str) -> Iterator[None]:
    """All other tenants' schemas are shut to the application."""
    shut = [schema for code, schema in ground.schema.items() if code not in open_codes]
    with psycopg.connect(ground.url, autocommit=True) as own:
        for schema in shut:
            own.execute(f'revoke usage on schema "{schema}" from "{settings.APP_ROLE}"')
        yield
        for schema in shut:
            own.execute(f'grant usage on schema "{schema}" to "{settings.APP_ROLE}"')


def written(ground: Ground) -> set[str]:
    """Schemas rows were written in since the last time."""
    return {one.split(".")[0] for one in ground.touched()}


def _waiting_job(ground: Ground, code: str) -> str:
    return next(str(row["id"]) for row in ground.rows["kernel_job"]
                if row["tenant"] == code and row["kind"] == "tests.errand" and row["state"] == "queued")  # fmt: skip


def _do_job(ground: Ground, told: list[tuple[str, str]]) -> None:
    """Whosever turn it is: one tenant's job, in that tenant alone."""
    queued = {row["schema"] for row in ground.rows["kernel_job"] if row["state"] == "queued"}
    assert tasks.do_job(ground.schema[A], _waiting_job(ground, A)) in {"done", "failed"}  # an errand, or a sheet
    (schema,) = written(ground)
    assert schema in queued
    assert {name for name, _job in told} <= {schema}


def _roll_up(ground: Ground, told: list[tuple[str, str]]) -> None:
    with psycopg.connect(ground.url, autocommit=True) as own:
        for code in (A, B):
            earlier(own, ground.schema[code], "duty_visit", "ends_at", timedelta(minutes=10))
    ground.touched()
    with only(ground, A):
        tasks.roll_up(ground.schema[A])
        assert written(ground) == {ground.schema[A]}


def _roll_up_all(ground: Ground, told: list[tuple[str, str]]) -> None:
    sent: list[str] = []
    delay, tasks.roll_up.delay = tasks.roll_up.delay, sent.append
    try:
        with only(ground):  # it names counties, and opens none
            assert tasks.roll_up_all() == 4  # of six: one is suspended, one closed
    finally:
        tasks.roll_up.delay = delay
    assert sorted(sent) == sorted(schema for code, schema in ground.schema.items() if len(code) > 4)
    assert written(ground) == set()


def _sweep_jobs(ground: Ground, told: list[tuple[str, str]]) -> None:
    with psycopg.connect(ground.url, autocommit=True) as own:
        for schema in (*ground.schema.values(), "public"):
            earlier(own, schema, "kernel_job", "created_at", timedelta(hours=1))
    tasks.sweep_jobs()
    waiting = {(row["schema"], str(row["id"])) for row in ground.rows["kernel_job"] if row["state"] == "queued"}
    assert set(told) == waiting  # each is told under its own tenant's name
    assert len(told) == len(waiting)


def _forget_old(ground: Ground, told: list[tuple[str, str]]) -> None:
    with psycopg.connect(ground.url, autocommit=True) as own:
        for number, code in enumerate((A, B)):
            own.execute(
                f'insert into "{ground.schema[code]}".kernel_idempotencykey (person_id, key, fingerprint, status, location,'
                " body, content_type, at) values (1, 'k', '', 0, '', '', '', %s)",
                [tasks.now() - timedelta(hours=23 + 2 * number)],
            )
    ground.touched()
    tasks.forget_old()
    with psycopg.connect(ground.url, autocommit=True) as own:
        kept = {code: own.execute(f'select count(*) from "{ground.schema[code]}".kernel_idempotencykey').fetchone()
                for code in (A, B)}  # fmt: skip
    assert kept == {A: (1,), B: (0,)}


def _keep_spares(ground: Ground, told: list[tuple[str, str]]) -> None:
    with only(ground):
        tasks.keep_spares()
    assert written(ground) <= {"public"}


def _clean_up(ground: Ground, told: list[tuple[str, str]]) -> None:
    with psycopg.connect(ground.url, autocommit=True) as own:
        for code in (A, B):
            earlier(own, ground.schema[code], "kernel_storedfile", "at", timedelta(days=31))
    ground.touched()
    gone: list[str] = []
    with only(ground, A), mock.patch.object(default_storage, "delete", gone.append):  # the store is every copy's
        assert tasks.clean_up(ground.schema[A]) > 0
    assert {path.split("/")[0] for path in gone} == {ground.schema[A]}
    assert written(ground) == {ground.schema[A]}


def _clean_up_all(ground: Ground, told: list[tuple[str, str]]) -> None:
    sent: list[str] = []
    delay, tasks.clean_up.delay = tasks.clean_up.delay, sent.append
    try:
        with only(ground):  # it names tenants, and opens none
            tasks.clean_up_all()
    finally:
        tasks.clean_up.delay = delay
    assert sorted(sent) == sorted(["public", *ground.schema.values()])
    assert written(ground) == set()


def _seal_audit(ground: Ground, told: list[tuple[str, str]]) -> None:
    settle(next(scope for scope in tasks.systems() if scope.schema == ground.schema[A]))
    with only(ground, A):  # the neighbours' logs cannot be read, and hold up nobody
        tasks.seal_audit()
        assert written(ground) == {ground.schema[A], "public"}  # the keys are published in the shared schema
    with psycopg.connect(ground.url, autocommit=True) as own:
        sealed = own.execute(f'select sum(count) from "{ground.schema[A]}".kernel_auditbatch').fetchone()
        booked = own.execute(f'select count(*) from "{ground.schema[A]}".kernel_auditentry').fetchone()
    assert sealed == booked


def _end_unreviewed_roles(ground: Ground, told: list[tuple[str, str]]) -> None:
    """Roles are the cell's register: no tenant's schema is opened for them."""
    with only(ground):
        tasks.end_unreviewed_roles()
    assert written(ground) <= {"public"}


def _keep_accounts(ground: Ground, told: list[tuple[str, str]]) -> None:
    """The register of people is the cell's: no tenant's schema is opened for accounts elsewhere."""
    with only(ground), mock.patch.object(settings, "OIDC_ISSUER", "https://sso.example.org/realms/falin-33"):
        assert tasks.keep_all_accounts() > 0
    assert written(ground) == {"public"}


def _keep_no_accounts(ground: Ground, told: list[tuple[str, str]]) -> None:
    with only(ground):
        assert tasks.keep_accounts() == (0, 0)  # people sign in here alone
    assert written(ground) == set()


def _receivers(ground: Ground) -> dict[str, str]:
    """Schema → its receiver, each with something due now."""
    with psycopg.connect(ground.url, autocommit=True) as own:
        for row in ground.rows["kernel_webhookendpoint"]:
            own.execute(
                f'insert into "{row["schema"]}".kernel_webhookmessage (id, endpoint_id, event, body, at, attempts, next_at)'
                " values (gen_random_uuid(), %s, 'webhooks.ping', '{}', %s, 0, %s)",
                [row["id"], tasks.now(), tasks.now()],
            )
    ground.touched()
    return {row["schema"]: str(row["id"]) for row in ground.rows["kernel_webhookendpoint"]}


def _tell_receivers(ground: Ground, told: list[tuple[str, str]]) -> None:
    known, sent = _receivers(ground), []
    with mock.patch.object(tasks.tell_receiver, "delay", lambda schema, receiver: sent.append((schema, receiver))):
        tasks.tell_receivers()
    assert sorted(sent) == sorted(known.items())  # each under its own tenant's name
    assert written(ground) == set()


def _tell_receiver(ground: Ground, told: list[tuple[str, str]]) -> None:
    known = _receivers(ground)
    answer = webhooks.Answer(outcome=webhooks.OK, status=204)
    with only(ground, A), mock.patch.object(webhooks, "post", lambda *_: answer):
        assert tasks.tell_receiver(ground.schema[A], known[ground.schema[A]]) > 0
        assert tasks.tell_receiver(ground.schema[A], known[ground.schema["33"]]) == 0  # somebody else's
    assert written(ground) == {ground.schema[A]}


def _do_short_job(ground: Ground, told: list[tuple[str, str]]) -> None:
    """The same in the other lane, which takes no long one."""
    with psycopg.connect(ground.url, autocommit=True) as own:
        own.execute(f"""update "{ground.schema[A]}".kernel_job set kind = 'portal.export_list' where id = %s""",
                    [_waiting_job(ground, A)])  # fmt: skip
    assert tasks.do_short_job(ground.schema[A], _waiting_job(ground, A)) in {"done", "failed"}
    assert written(ground) == {ground.schema[A]}


def _back_up(ground: Ground, told: list[tuple[str, str]]) -> None:
    """Every tenant is read whole, each into an archive of its own; written is what the platform's operator keeps of it."""
    with only(ground):
        assert tasks.back_up() == 0  # nobody could open them
    kept = settings.BACKUP_CERTIFICATE
    settings.BACKUP_CERTIFICATE = Path(settings.HOME) / f"{uuid.uuid4()}.pem"
    settings.BACKUP_CERTIFICATE.write_bytes(keys("省档案馆")[0])
    try:
        with only(ground):
            assert tasks.back_up() == 1
        assert [schema for schema, _job in told] == ["public"]
        assert tasks.do_job(*told[0]) == "done"
    finally:
        settings.BACKUP_CERTIFICATE.unlink()
        settings.BACKUP_CERTIFICATE = kept
    assert written(ground) == {"public"}


def _remove_due(ground: Ground, told: list[tuple[str, str]]) -> None:
    with only(ground):
        assert tasks.remove_due() == 0
    assert written(ground) == set()


def _ending_notices(ground: Ground, code: str) -> set[int]:
    with psycopg.connect(ground.url, autocommit=True) as own:
        found = own.execute(f"select person_id from \"{ground.schema[code]}\".desk_notice where kind = 'role_ending'")
        return {row[0] for row in found.fetchall()}


def _look_ahead(ground: Ground, told: list[tuple[str, str]]) -> None:
    with psycopg.connect(ground.url, autocommit=True) as own:
        own.execute(
            "update identity_binding set valid_to = %s where person_id = %s",
            [tasks.now().date() + timedelta(days=20), ground.person["street"]],
        )
    tasks.look_ahead()
    assert ground.person["street"] in _ending_notices(ground, A)
    assert ground.person["street"] not in _ending_notices(ground, B)


def _told_by_message(ground: Ground) -> list[tuple[str, int]]:
    with psycopg.connect(ground.url, autocommit=True) as own:
        return [
            (schema, person) for schema in sorted({*ground.schema.values(), "public"})
            for (person,) in own.execute(
                f"select person_id from \"{schema}\".desk_notice where way <> 'none' and read_at is null"
            )
        ]  # fmt: skip


def _send_notices(ground: Ground, told: list[tuple[str, str]]) -> None:
    before, parcels = _told_by_message(ground), list[tuple[int, int]]()
    with mock.patch.object(desk, "_send", lambda parcel: parcels.append((parcel.person_id, len(parcel.notice_ids)))):
        sent = tasks.send_notices()
    due = _told_by_message(ground)  # with what waits for somebody's decision in his body
    assert sent == len(due) > len(before) > 0
    assert len(parcels) == len(set(due))  # one a person in each tenant, never two tenants' together


TASKS: dict[str, Callable[[Ground, list[tuple[str, str]]], None]] = {
    "falin.config.tasks.do_job": _do_job,
    "falin.config.tasks.do_short_job": _do_short_job,
    "falin.config.tasks.roll_up": _roll_up,
    "falin.config.tasks.roll_up_all": _roll_up_all,
    "falin.config.tasks.sweep_jobs": _sweep_jobs,
    "falin.config.tasks.forget_old": _forget_old,
    "falin.config.tasks.seal_audit": _seal_audit,
    "falin.config.tasks.back_up": _back_up,
    "falin.config.tasks.remove_due": _remove_due,
    "falin.config.tasks.keep_accounts": _keep_no_accounts,
    "falin.config.tasks.keep_all_accounts": _keep_accounts,
    "falin.config.tasks.tell_receivers": _tell_receivers,
    "falin.config.tasks.tell_receiver": _tell_receiver,
    "falin.config.tasks.keep_spares": _keep_spares,
    "falin.config.tasks.look_ahead": _look_ahead,
    "falin.config.tasks.send_notices": _send_notices,
    "falin.config.tasks.clean_up": _clean_up,
    "falin.config.tasks.clean_up_all": _clean_up_all,
    "falin.config.tasks.end_unreviewed_roles": _end_unreviewed_roles,
}


def test_every_task_is_known_to_the_matrix() -> None:
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == set(TASKS), (
        "say in TASKS of tests/tenancy/test_background.py how a task is shown to keep to its tenant"
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_keeps_to_its_tenant(fresh: Any, sent: list[tuple[str, str]], name: str) -> None:
    with fresh() as ground:
        ground.touched()
        TASKS[name](ground, sent)


# ---- commands --------------------------------------------------------------------------------------------------------
def _relay(ground: Ground) -> None:
    """Each tenant's events are delivered in its own schema: what a county tells reaches the board as its own."""
    with psycopg.connect(ground.url, autocommit=True) as own:
        own.execute(
            f'update "{ground.schema[A]}".kernel_outboxevent set delivered_at = null where set_aside_at is null'
        )
    ground.touched()
    stop = threading.Event()
    scopes = {scope.schema: scope for scope in tasks.systems()}
    with only(ground, A):
        relay.drain({ground.schema[A]: scopes[ground.schema[A]]}, clock=tasks.now)
    assert written(ground) <= {ground.schema[A], "public"}
    stop.set()
    relay.run(lambda: scopes, clock=tasks.now, stopped=_once(), pause=0)
    assert written(ground) == {"public"}  # how far each is, and nothing else


def _once() -> Callable[[], bool]:
    rounds = iter((False, True, True))
    return lambda: next(rounds)


def _first_operator(ground: Ground) -> None:
    with only(ground):
        call_command("first_operator")
    assert written(ground) == set()  # there is one already


def _divisions(ground: Ground) -> None:
    with only(ground):
        call_command("divisions", "show", "330106")
    assert written(ground) == set()


def _migrate_cell(ground: Ground) -> None:
    before = _everything(ground)
    call_command("migrate_cell", "--spares", "0")
    assert _everything(ground) == before


def _everything(ground: Ground) -> dict[str, Any]:
    """A digest of every tenant's every table."""
    with psycopg.connect(ground.url, autocommit=True) as own:
        tables = own.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2",
            [list(ground.schema.values())],
        ).fetchall()
        return {
            f"{schema}.{table}": own.execute(
                f'select md5(string_agg(t::text, \'|\' order by t::text)) from "{schema}"."{table}" t'
            ).fetchone()
            for schema, table in tables
        }


def _keys(ground: Ground) -> None:
    """Each body's secrets under a key of its own: who has none is not opened."""
    holders = {row["tenant"] for row in ground.rows["kernel_webhookendpoint"]} | {"33"}
    # Nobody else writes here under the version he knew: that is not waited for.
    with only(ground, *holders), mock.patch.object(rotation, "FRESH", -1):
        call_command("keys", "rotate", "--here", stdout=io.StringIO())
    assert written(ground) == {"public", *(ground.schema[code] for code in holders)}


def _accounts(ground: Ground) -> None:
    """Accounts elsewhere follow the cell's register; where there is no elsewhere, nothing is asked."""
    with only(ground), pytest.raises(CommandError, match="FALIN_OIDC_ISSUER"):
        call_command("accounts")
    assert written(ground) == set()


def _retention(ground: Ground) -> None:
    call_command("retention", "preview", stdout=io.StringIO())
    assert written(ground) == set()


def _audit(ground: Ground) -> None:
    with only(ground, A), tempfile.TemporaryDirectory() as folder:
        call_command("audit", "export", ground.schema[A], f"{folder}/log", stdout=io.StringIO())
        text = Path(folder, "log").read_text()
    assert written(ground) == set()
    assert {word.word for word in ground.of("why") if word.word in text} == {
        word.word for word in ground.of("why") if word.schema == ground.schema[A]
    }


def _access(ground: Ground) -> None:
    """Who may do what is read from the cell's register."""
    with only(ground):
        call_command("access", "explain", "--person", "county", stdout=io.StringIO())
    assert written(ground) == set()


def _tenants(ground: Ground) -> None:
    """An archive of one county holds no word of another, sealed or not."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, out = Path(folder, "cert.pem"), Path(folder, "out.zip")
        certificate.write_bytes(keys("省档案馆")[0])
        call_command("tenants", "export", ground.schema[A], to=certificate, out=out, username="operator",
                     stdout=io.StringIO())  # fmt: skip
        with zipfile.ZipFile(out) as file:
            text = b"".join(file.read(name) for name in file.namelist() if name.endswith(".csv")).decode()
    assert written(ground) == {"public"}
    own = [
        word for word in ground.of("why") if not word.word.startswith("提议")
    ]  # reasons of bindings are the register's
    assert {word.word for word in own if word.word in text} == {
        word.word for word in own if word.schema == ground.schema[A]
    }


COMMANDS: dict[str, Callable[[Ground], None]] = {
    "relay": _relay,
    "first_operator": _first_operator,
    "divisions": _divisions,
    "migrate_cell": _migrate_cell,
    "keys": _keys,
    "accounts": _accounts,
    "retention": _retention,
    "audit": _audit,
    "access": _access,
    "tenants": _tenants,
}


# Commands that ask no database at all.
WITHOUT_DATABASE = {"prepare_pages"}  # files of the front end and translations


def test_every_management_command_is_known_to_the_matrix() -> None:
    ours = {name for name, owner in get_commands().items() if str(owner).startswith(("falin", "tenants", "services"))}
    assert ours == set(COMMANDS) | WITHOUT_DATABASE, (
        "say in COMMANDS of tests/tenancy/test_background.py how it is shown to keep to its tenant"
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_management_command_keeps_to_its_tenant(fresh: Any, name: str) -> None:
    with fresh() as ground:
        ground.touched()
        COMMANDS[name](ground)
