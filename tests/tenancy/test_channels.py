"""
Every way by which work leaves the request it belongs to: each tries to reach the neighbour's rows and does not.

For each the guard is then taken out (``barriers.py``) and the same attempt is seen to come through, so it can go red.
Commands and tasks: ``test_background.py``; exports and files by their doors: ``test_matrix.py``, ``test_barriers.py``. The
catalogue of channels is ``docs/reference/channels.md``.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache, caches
from django.core.files.base import ContentFile
from django.core.mail import send_mail
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.core.signals import request_finished
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import path
from redis import Redis

from falin.kernel import audit, files, outbox, relay
from falin.kernel.audit import exporting
from falin.kernel.database.base import TenantOutsideTransaction
from falin.kernel.doors import door
from falin.kernel.models import IdempotencyKey, Job
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.portal import search
from falin.runtime.broker import start_broker
from tenants.identity.signing import sending
from tenants.registry.api import list_tenants
from tests import conftest as run
from tests.tenancy import barriers
from tests.tenancy.pooler import pooled
from tests.tenancy.test_pooler import astray
from tests.world import NOW, TODAY, World


@pytest.fixture
def two(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Scope, Scope]]:
    """Two counties' teams; in each schema lies one row that says whose it is."""
    scopes = world.scope("county"), world.scope("county2")
    for scope in scopes:
        with inside(scope, read_only=False):
            IdempotencyKey.objects.create(person_id=1, key=scope.schema, fingerprint="", at=NOW)
    yield scopes
    monkeypatch.undo()
    connection.close()  # what a guard that was out left on it
    connection.set_scope(None)  # type: ignore[attr-defined]


def marks() -> list[str]:
    return list(IdempotencyKey.objects.filter(person_id=1).values_list("key", flat=True))


def view(scope: Scope, body: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """A page behind a door, asked for under a scope."""
    request = RequestFactory().get("/")
    request.scope = scope  # type: ignore[attr-defined]
    answer: HttpResponseBase = door(grant="home.read")(lambda request, scope: body())(request)
    return answer


def serve(scope: Scope) -> None:
    """Somebody else's whole request on the same connection."""
    assert view(scope, lambda: HttpResponse("".join(marks()))).content == scope.schema.encode()  # type: ignore[attr-defined]


# ---- what is left over from a request, and comes to itself during or after the next one ------------------------------
def _generator(one: Scope, other: Scope) -> list[str]:
    kept: list[Iterator[str]] = []

    def body() -> HttpResponse:
        kept.append(row.key for row in IdempotencyKey.objects.filter(person_id=1).iterator())
        return HttpResponse()

    view(one, body)
    serve(other)
    return list(kept[0])


def _stream(one: Scope, other: Scope) -> list[str]:
    answer = view(one, lambda: StreamingHttpResponse(key for _once in (1,) for key in marks()))
    serve(other)
    return [part.decode() for part in answer.streaming_content]  # type: ignore[attr-defined]


def _signal(one: Scope, other: Scope) -> list[str]:
    seen: list[str] = []

    def after(**_: Any) -> None:
        seen.extend(marks())

    serve(one)
    serve(other)
    request_finished.connect(after)
    try:
        request_finished.send(sender=None)
    finally:
        request_finished.disconnect(after)
    return seen


def _on_commit(one: Scope, other: Scope) -> list[str]:
    """What was to be done after one's own commit does its work after the neighbour's: an errand kept for later."""
    errands: list[Callable[[], None]] = []
    seen: list[str] = []
    with inside(one, read_only=False):
        transaction.on_commit(lambda: errands.append(lambda: seen.extend(marks())))
    with inside(other, read_only=False):
        transaction.on_commit(lambda: errands[0]())
        assert marks() == [other.schema]
    return seen


def _command(one: Scope, other: Scope) -> list[str]:
    """A management command that forgot to open a door."""
    seen: list[str] = []

    class Careless(BaseCommand):
        requires_system_checks = ()

        def handle(self, *args: Any, **options: Any) -> None:
            seen.extend(marks())

    serve(one)
    serve(other)
    call_command(Careless())
    return seen


LEFT_OVER = (_generator, _stream, _signal, _on_commit, _command)


@pytest.mark.parametrize("attempt", LEFT_OVER)
def test_what_a_request_leaves_behind_does_not_read_in_the_next_ones_name(
    two: tuple[Scope, Scope], attempt: Callable[[Scope, Scope], list[str]]
) -> None:
    try:
        found = attempt(*two)
    except TenantOutsideTransaction:
        return
    assert found == []  # in the shared schema, where nobody's rows are


@pytest.mark.parametrize("attempt", LEFT_OVER)
def test_with_the_scope_on_the_connection_it_reads_the_neighbours(
    two: tuple[Scope, Scope], attempt: Callable[[Scope, Scope], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    barriers.scope_stays_on_the_connection(monkeypatch)
    assert attempt(*two) == [two[1].schema]


# ---- threads ---------------------------------------------------------------------------------------------------------
def _wrong_in_threads(scopes: tuple[Scope, Scope]) -> int:
    """Two threads serve two tenants at once, a hundred times each; how often one saw anything but its own."""
    wrong: list[str] = []
    together = threading.Barrier(2)

    def serve_often(scope: Scope) -> None:
        for _time in range(100):
            together.wait(20)
            try:
                with inside(scope, read_only=True):
                    if marks() != [scope.schema]:
                        wrong.append(scope.schema)
            except Exception as error:
                wrong.append(repr(error))
        connection.close()

    threads = [threading.Thread(target=serve_often, args=(scope,)) for scope in scopes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(wrong)


def test_two_threads_never_see_each_others_tenant(two: tuple[Scope, Scope]) -> None:
    assert _wrong_in_threads(two) == 0


def test_with_one_scope_for_all_threads_they_do(two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch) -> None:
    barriers.one_scope_for_all_threads(monkeypatch)
    assert _wrong_in_threads(two) > 0


def test_a_thread_begun_inside_a_request_has_no_scope_of_its_own(two: tuple[Scope, Scope]) -> None:
    seen: list[Any] = []

    def aside() -> None:
        seen.append(connection.scope)  # type: ignore[attr-defined]
        seen.append(marks())
        connection.close()

    with inside(two[0], read_only=True):
        thread = threading.Thread(target=aside)
        thread.start()
        thread.join()
    assert seen == [None, []]


def test_with_one_scope_for_all_threads_it_reads_in_the_requests_name(
    two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    barriers.one_scope_for_all_threads(monkeypatch)
    seen: list[str] = []

    def aside() -> None:
        with transaction.atomic():
            seen.extend(marks())
        connection.close()

    with inside(two[0], read_only=True):
        thread = threading.Thread(target=aside)
        thread.start()
        thread.join()
    assert seen == [two[0].schema]


# ---- search ----------------------------------------------------------------------------------------------------------
def _found(two: tuple[Scope, Scope]) -> list[str]:
    """What the second one's search finds, when a job of each bears a name that both look for."""
    for scope in two:
        with inside(scope, read_only=False):
            Job.objects.create(kind="x", title=f"names of {scope.schema}", person_id=1, scope={}, created_at=NOW)
    reader = replace(two[1], person_id=1, grants=two[1].grants | {"jobs.own"})
    with inside(reader, read_only=True):
        return [hit.label for group in search.find(scope=reader, text="names of", on=TODAY) for hit in group.hits]


def test_a_search_finds_what_is_its_own_tenants(two: tuple[Scope, Scope]) -> None:
    assert _found(two) == [f"names of {two[1].schema}"]


def test_with_every_transaction_in_one_schema_it_finds_the_neighbours(
    two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    barriers.every_transaction_enters(monkeypatch, two[0].schema)
    assert f"names of {two[0].schema}" in _found(two)


# ---- exports ---------------------------------------------------------------------------------------------------------
def _exported(two: tuple[Scope, Scope]) -> str:
    """The second one's log as its reader takes it home, when both have booked something."""
    for scope in two:
        with inside(scope, read_only=False):
            audit.record(scope=scope, act="tests.marked", subject=("mark", scope.schema), node_id=None, now=NOW)
    text = io.BytesIO()
    with inside(two[1], read_only=True):
        exporting.write(scope=two[1], to=text, now=NOW)
    return text.getvalue().decode()


def test_an_export_holds_its_own_tenants_rows_alone(two: tuple[Scope, Scope]) -> None:
    text = _exported(two)
    assert two[1].schema in text
    assert two[0].schema not in text


def test_with_every_transaction_in_one_schema_it_holds_the_neighbours(
    two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    barriers.every_transaction_enters(monkeypatch, two[0].schema)
    assert two[0].schema in _exported(two)


# ---- e-mails ---------------------------------------------------------------------------------------------------------
MAIL = "tests.mail.wanted"


def _mails(two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Each tenant asks for a mail that names its rows; the relay sends both. Whose mail → what stands in it."""

    def send(scope: Scope, event: outbox.Event) -> None:
        send_mail("names", "".join(marks()), None, [f"{event.payload['whose']}@example.cn"])

    monkeypatch.setitem(outbox._handlers, MAIL, [send])
    for scope in two:
        with inside(scope, read_only=False):
            outbox.put(scope=scope, event=MAIL, version=1, key="x", payload={"whose": scope.schema}, now=NOW)
    mail.outbox.clear()
    relay.drain({scope.schema: scope for scope in two}, clock=lambda: NOW)
    return {message.to[0].partition("@")[0]: str(message.body) for message in mail.outbox}


def test_a_mail_tells_of_its_own_tenant_alone(two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch) -> None:
    assert _mails(two, monkeypatch) == {scope.schema: scope.schema for scope in two}


def test_with_every_transaction_in_one_schema_the_mail_tells_of_the_neighbour(
    two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The neighbour's event is delivered, twice: its own outbox is never opened."""
    barriers.every_transaction_enters(monkeypatch, two[0].schema)
    assert two[0].schema in _mails(two, monkeypatch).values()
    with inside(two[1], read_only=True):
        assert marks() == [two[0].schema]


def test_a_mail_that_cannot_be_sent_is_told_without_what_stood_in_it(
    two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(scope: Scope, event: outbox.Event) -> None:
        sending.send_email("somebody@example.cn", "names", "".join(marks()))

    monkeypatch.setattr(sending, "send_mail", _no_mail_server)
    monkeypatch.setitem(outbox._handlers, MAIL, [refuse])
    with inside(two[0], read_only=False):
        outbox.put(scope=two[0], event=MAIL, version=1, key="x", payload={}, now=NOW)
    relay.drain({two[0].schema: two[0]}, clock=lambda: NOW)
    with inside(two[0], read_only=True):
        row = outbox.OutboxEvent.objects.get(event=MAIL)
    assert row.attempts == 1
    for told in (row.error, caplog.text):
        assert "somebody" not in told
        assert two[0].schema not in told


def _no_mail_server(*_args: Any) -> None:
    raise OSError("550 somebody@example.cn: no such box")


# ---- caches ----------------------------------------------------------------------------------------------------------
_FRAGMENT = "{% load cache %}{% cache 60 names %}{{ rows }}{% endcache %}"


def _kept_for_the_other(two: tuple[Scope, Scope]) -> tuple[Any, str]:
    """What one scope kept, as another finds it: a value, and a fragment of a page."""
    cache.clear()
    template = engines["django"].from_string(_FRAGMENT)
    with inside(two[0], read_only=False):
        cache.set("names", two[0].schema)
        template.render({"rows": two[0].schema})
    with inside(two[1], read_only=False):
        return cache.get("names"), template.render({"rows": two[1].schema})


def test_what_one_tenant_keeps_in_the_cache_the_other_does_not_find(two: tuple[Scope, Scope]) -> None:
    assert _kept_for_the_other(two) == (None, two[1].schema)


def test_two_roles_of_one_tenant_do_not_find_each_others_either(world: World) -> None:
    team, street = world.scope("county"), world.scope("street")
    assert team.schema == street.schema
    assert _kept_for_the_other((team, replace(street))) == (None, street.schema)
    with inside(team, read_only=False):
        assert cache.get("names") == team.schema  # and each finds his own again


def test_without_the_key_function_they_do(two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches["default"], "key_func", lambda key, prefix, version: f"{prefix}:{version}:{key}")
    assert _kept_for_the_other(two) == (two[0].schema, two[0].schema)


# ---- files -----------------------------------------------------------------------------------------------------------
def _file_of(scope: Scope) -> Any:
    with inside(scope, read_only=False):
        return files.keep_result(scope=scope, data=scope.schema.encode(), name="a.csv", content_type="text/csv",
                                 purpose="audit-log", now=NOW, node_id=None)  # fmt: skip


def _opened(scope: Scope, file_id: Any) -> bytes:
    with inside(replace(scope, grants=scope.grants | {"audit.export"}), read_only=True):
        _row, content = files.open_file(scope=replace(scope, grants=scope.grants | {"audit.export"}), file_id=file_id)
        with content:
            return bytes(content.read())


def test_a_file_lies_below_its_tenants_folder_and_is_found_by_nobody_elses_number(two: tuple[Scope, Scope]) -> None:
    row = _file_of(two[0])
    assert row.path.startswith(f"{two[0].schema}/")
    assert _opened(two[0], row.id) == two[0].schema.encode()
    with pytest.raises(Missing):
        _opened(replace(two[1], person_id=two[0].person_id), row.id)


def test_with_the_schema_wrong_the_neighbours_file_opens(
    two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = _file_of(two[0])
    barriers.every_transaction_enters(monkeypatch, two[0].schema)
    assert _opened(replace(two[1], person_id=two[0].person_id), row.id) == two[0].schema.encode()


# ---- what is said when something breaks ------------------------------------------------------------------------------
@pytest.fixture
def broken_page(two: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[str, str]]:
    """A page that breaks with its tenant's rows in its hands; what the browser and the log are told."""

    def page(request: HttpRequest, scope: Scope) -> HttpResponseBase:
        held = marks()
        raise RuntimeError(f"broken with {len(held)} rows")

    urls = types.ModuleType("broken_urls")
    urls.urlpatterns = [path("", door(grant="home.read")(page))]  # type: ignore[attr-defined]
    urls.handler500 = "falin.kernel.headers.server_error"  # type: ignore[attr-defined]
    monkeypatch.setattr(settings, "ROOT_URLCONF", urls)

    def ask() -> str:
        from tenants.identity.models import Person
        from tests.tenancy.ground import BACKEND

        client = Client(raise_request_exception=False)
        client.force_login(Person.objects.get(username="county"), BACKEND)
        answer = client.get("/")
        assert answer.status_code == 500
        return answer.content.decode()

    return ask  # type: ignore[return-value]


def test_an_error_page_and_the_log_hold_none_of_the_rows(
    two: tuple[Scope, Scope], broken_page: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert two[0].schema not in broken_page()
    assert "broken with 1 rows" in caplog.text
    assert two[0].schema not in caplog.text


def test_with_djangos_own_page_of_errors_they_stand_there(
    two: tuple[Scope, Scope], broken_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DEBUG", True)
    assert f"[&#x27;{two[0].schema}&#x27;]" in broken_page()


def test_with_the_values_in_tracebacks_they_stand_in_the_log(
    two: tuple[Scope, Scope], broken_page: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def telling(_formatter: logging.Formatter, error: Any) -> str:
        return "".join(traceback.TracebackException(*error, capture_locals=True).format())

    monkeypatch.setattr(logging.Formatter, "formatException", telling)
    broken_page()
    assert f"['{two[0].schema}']" in caplog.text


# ---- workers ---------------------------------------------------------------------------------------------------------
TASKS = 150


def _worked(two: tuple[Scope, Scope], folder: Path, pool: str, engine: str) -> tuple[int, int, int]:
    """A real worker behind a pooler with two connections serves all tenants: rows written, wrong ones, ones astray."""
    database, tenants = str(connection.settings_dict["NAME"]), [one.schema for one in list_tenants()]
    with psycopg.connect(run.with_name(run.ADMIN, database), autocommit=True) as own:
        for schema in tenants:
            own.execute(
                f'insert into "{schema}".kernel_idempotencykey (person_id, key, fingerprint, status, location, body,'
                " content_type, at) select 1, %s, '', 0, '', '', '', now() where not exists"
                f' (select from "{schema}".kernel_idempotencykey where person_id = 1)', [schema],
            )  # fmt: skip
    connection.close()
    broker = start_broker(place=folder / "broker", log=folder / "broker.log")
    pooler = folder / "pooler"
    pooler.mkdir()
    try:
        with pooled(pooler, settings.APP_ROLE) as port:
            environ = {
                **os.environ, "BROKER_URL": broker.url, "TESTS_ENGINE": engine,
                "DATABASE_URL": f"postgresql://{settings.APP_ROLE}@127.0.0.1:{port}/{database}",
                "PYTHONPATH": f"{run.ROOT}:{run.ROOT / 'platform'}",
            }  # fmt: skip
            with (folder / "worker.log").open("w") as log, subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tests.fixtures.marking_worker", "worker", "-P", pool, "-c", "6",
                 "-Q", "click", "-l", "error"],
                env=environ, cwd=run.ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            ) as worker:  # fmt: skip
                try:
                    _send(broker.url, tenants)
                    return _counted(database, tenants, worker)
                finally:
                    worker.send_signal(signal.SIGTERM)
    finally:
        broker.stop()


def _send(url: str, tenants: list[str]) -> None:
    from celery import Celery

    with Celery("tests", broker=url) as sender, sender.connection_for_write() as line:
        for number in range(TASKS):
            sender.send_task("tests.mark", (tenants[number % len(tenants)],), queue="click", connection=line)
    with Redis.from_url(url) as client:
        assert client.llen("click") >= 0


def _counted(database: str, tenants: list[str], worker: subprocess.Popen[bytes]) -> tuple[int, int, int]:
    counts = " union all ".join(
        f"select key from \"{schema}\".kernel_idempotencykey where person_id = 2" for schema in [*tenants, "public"]
    )  # fmt: skip
    with psycopg.connect(run.with_name(run.ADMIN, database), autocommit=True) as own:
        began, rows, before = time.monotonic(), [], -1
        while len(rows) < TASKS * 5 and time.monotonic() - began < 90 and worker.poll() is None:
            time.sleep(1)
            before, rows = len(rows), own.execute(counts).fetchall()
            if before == len(rows) > 0 and time.monotonic() - began > 20:
                break  # nothing comes any more
        return len(rows), sum(row[0].startswith("wrong") for row in rows), astray(database)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_of_either_kind_serves_each_task_its_own_tenant(
    two: tuple[Scope, Scope], tmp_path: Path, pool: str
) -> None:
    assert _worked(two, tmp_path, pool, "ours") == (TASKS * 5, 0, 0)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_on_django_tenants_own_engine_the_same_worker_leaks(
    two: tuple[Scope, Scope], tmp_path: Path, pool: str
) -> None:
    _rows, wrong, elsewhere = _worked(two, tmp_path, pool, "stock")
    assert wrong + elsewhere > 0


def test_a_stored_name_never_leads_out_of_the_folder(two: tuple[Scope, Scope]) -> None:
    with inside(two[0], read_only=False):
        row = files.take_in(
            scope=two[0], upload=ContentFile(b"\x89PNG\r\n\x1a\n" + b"0" * 40, name="../../t9/x.png"), node_id=None,
            purpose=files.PHOTO, now=NOW,
        )  # fmt: skip
    assert row.path.startswith(f"{two[0].schema}/2026/11/")
    assert ".." not in row.path
