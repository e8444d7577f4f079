"""Entries are sealed in batches that only close over finished transactions; nothing is lost, nothing slips in behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from falin.config.tasks import seal_audit
from falin.kernel import audit
from falin.kernel.audit import keys, sealing
from falin.kernel.audit.merkle import Tree, leaf, node
from falin.kernel.models import AuditBatch, AuditEntry, AuditKey, OutboxEvent
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tests.app.audit.logs import attack, book, other_session, seal, settle, settled
from tests.conftest import with_name
from tests.world import NOW, World


def members(scope: Scope) -> list[list[int]]:
    """The ids of each batch, as their ranges of transactions say."""
    with inside(scope, read_only=True):
        since, found = 0, []
        for batch in AuditBatch.objects.order_by("number"):
            rows = AuditEntry.objects.filter(xact__gte=since, xact__lt=batch.upto).order_by("id")
            found.append(list(rows.values_list("id", flat=True)))
            since = batch.upto
        return found


INSERT = (
    "insert into {s}.kernel_auditentry (at, act, person_id, role, subject_kind, subject_id, why, before, after, request_id,"
    " digest) values (now(), 'a.b.late', 1, '', 'thing', 'late', '', '{{}}', '{{}}', '', %s) returning id"
)


def test_what_was_booked_becomes_one_signed_batch(world: World) -> None:
    scope = world.scope("county")
    book(scope, 3)
    batch = settled(scope)
    assert (batch.number, batch.count, batch.previous) == (1, 3, "")
    assert batch.last_id - batch.first_id == 2
    with inside(scope, read_only=True):
        rows = list(AuditEntry.objects.order_by("id"))
        key = AuditKey.objects.get()
    tree = Tree()
    for row in rows:
        tree.add(leaf(row.id, bytes(row.digest)))
    assert batch.root == tree.root().hex()
    signer = keys.signer_from(settings.AUDIT_KEY_FILE)
    assert (key.key, key.public, key.version) == (signer.key, signer.public, 1)
    header = audit.canonical(sealing.header_of(batch, scope.schema))
    signer.private.public_key().verify(bytes.fromhex(batch.signature), header)


def test_each_batch_names_the_one_before(world: World) -> None:
    scope = world.scope("county")
    book(scope)
    first = settled(scope, 1)
    book(scope)
    second = settled(scope, 2)
    assert second.previous == sealing.hash_of(first, scope.schema)


def test_with_nothing_booked_nothing_is_sealed(world: World) -> None:
    scope = world.scope("county")
    assert seal(scope) is None
    book(scope)
    settled(scope)
    assert seal(scope) is None


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 13])
def test_the_tree_is_the_one_of_rfc_6962(size: int) -> None:
    def by_the_book(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        return node(by_the_book(leaves[:split]), by_the_book(leaves[split:]))

    leaves = [leaf(number, sha256(b"%d" % number).digest()) for number in range(size)]
    tree = Tree()
    for one in leaves:
        tree.add(one)
    assert tree.root() == by_the_book(leaves)


def test_a_smaller_id_that_commits_late_is_sealed_in_a_later_batch_and_not_lost(world: World) -> None:
    scope = world.scope("county")
    with other_session() as slow:
        late = slow.execute(INSERT.format(s=scope.schema).encode(), [b"x" * 32]).fetchone()
        assert late is not None
        book(scope, 2)  # higher ids, committed first
        held = seal(scope, 1)
        assert held is None  # they may not be closed yet: a smaller id is still open
        with inside(scope, read_only=True):
            state = sealing.state(scope=scope)
        assert (state.number, state.waiting) == (0, 2)
        slow.commit()
    batch = settled(scope, 2)
    assert (batch.first_id, batch.count) == (late[0], 3)


_WORKERS = """
create or replace function public.run_command_on_workers(command text)
returns table (nodename text, nodeport int, success bool, result text) language sql as
$$ values ('w1', 5432, true, '0'), ('w2', 5432, {answer}) $$
"""


@pytest.mark.one_node("a double of Citus; tests/app/registry/test_nodes.py has the real one")
@pytest.mark.parametrize("answer", ["true, '1'", "false, 'no answer'"])
def test_while_another_node_holds_what_was_decided_or_does_not_answer_nothing_is_sealed(
    world: World, answer: str
) -> None:
    scope = world.scope("county")
    book(scope)
    settle(scope)
    attack(_WORKERS.format(answer=answer))
    assert seal(scope) is None
    attack(_WORKERS.format(answer="true, '0'"))
    assert seal(scope) is not None


def test_what_was_closed_before_an_open_transaction_stays_closed(world: World) -> None:
    scope = world.scope("county")
    book(scope)
    settle(scope)
    with other_session() as slow:
        late = slow.execute(INSERT.format(s=scope.schema).encode(), [b"x" * 32]).fetchone()
        assert late is not None
        early = seal(scope, 1)
        assert early is not None
        assert early.last_id < late[0]
        book(scope)
        slow.commit()
    settled(scope, 2)
    assert members(scope) == [[early.first_id], [late[0], late[0] + 1]]


def test_an_entry_that_was_rolled_back_leaves_a_gap_and_no_doubt(world: World) -> None:
    scope = world.scope("county")
    book(scope)
    with other_session() as slow:
        slow.execute(INSERT.format(s=scope.schema).encode(), [b"x" * 32])
        slow.rollback()
    book(scope)
    batch = settled(scope)
    assert (batch.count, batch.last_id - batch.first_id) == (2, 2)


def test_every_entry_falls_into_exactly_one_batch_while_others_go_on_booking(world: World) -> None:
    scope, stop = world.scope("county"), threading.Event()
    wrong: list[BaseException] = []

    def clerk(number: int) -> None:
        """Draws an id, waits a moment, commits or not: out of order on purpose."""
        try:
            with other_session() as session:
                turn = 0
                while not stop.is_set():
                    session.execute(INSERT.format(s=scope.schema).encode(), [b"x" * 32])
                    stop.wait(0.002 * ((turn * 7 + number * 5) % 6))
                    session.rollback() if turn % 5 == 4 else session.commit()
                    turn += 1
        except BaseException as error:
            wrong.append(error)

    clerks = [threading.Thread(target=clerk, args=(number,)) for number in range(4)]
    for one in clerks:
        one.start()
    try:
        for minute in range(40):
            seal(scope, minute)
    finally:
        stop.set()
        for one in clerks:
            one.join()
    assert wrong == []
    settle(scope)
    seal(scope, 99)
    with inside(scope, read_only=True):
        everything = list(AuditEntry.objects.order_by("id").values_list("id", flat=True))
        batches = list(AuditBatch.objects.order_by("number"))
    found = members(scope)
    assert len(batches) > 5
    assert sorted(id_ for ids in found for id_ in ids) == everything
    assert [batch.count for batch in batches] == [len(ids) for ids in found]
    assert [(batch.first_id, batch.last_id) for batch in batches] == [(ids[0], ids[-1]) for ids in found]


def test_two_sealers_of_one_tenant_never_work_at_once(world: World) -> None:
    scope = world.scope("county")
    book(scope)
    with other_session() as other:
        other.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"kernel.audit:{scope.schema}"])
        assert seal(scope) is None
        other.rollback()
    settled(scope)


KILLED = """
import django, os, signal
django.setup()
from falin.kernel.audit import sealing, alarms
from falin.kernel.transactions import inside
from falin.kernel.clock import now
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
if {when!r} == "before commit":
    alarms.look_at = lambda **named: os.kill(os.getpid(), signal.SIGKILL)
scope = system_of(find_by_schema({schema!r}))
with inside(scope, read_only=False):
    sealing.seal(scope=scope, now=now())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("when", ["before commit", "after commit"])
def test_a_sealer_killed_at_any_point_leaves_a_whole_chain(world: World, when: str) -> None:
    scope = world.scope("county")
    book(scope, 3)
    settle(scope)
    url = with_name(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
    code = KILLED.format(schema=scope.schema, when=when)
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "DATABASE_URL": url}, check=False)
    assert done.returncode == -signal.SIGKILL
    book(scope)
    settled(scope, 60 * 24 * 365)
    with inside(scope, read_only=True):
        counts = list(AuditBatch.objects.order_by("number").values_list("number", "count"))
        told = OutboxEvent.objects.filter(event=sealing.SEALED).count()
    assert counts == ([(1, 4)] if when == "before commit" else [(1, 3), (2, 1)])
    assert told == len(counts)


def test_one_task_seals_every_tenant_and_the_shared_log(world: World) -> None:
    book(world.scope("county"))
    book(world.scope("county2"))
    settle(world.scope("county2"))
    assert seal_audit() == 3  # the shared log holds the acts that made the world's people
    assert seal_audit() == 0


def test_booking_an_act_costs_one_statement(world: World) -> None:
    from django.test.utils import CaptureQueriesContext

    scope = world.scope("county")
    with inside(scope, read_only=False):
        AuditEntry.objects.exists()
        with CaptureQueriesContext(connection) as seen:
            audit.record(scope=scope, act="a.b.done", subject=("thing", 1), node_id=None, now=NOW)
        assert len(seen) == 1


def test_in_a_database_whose_transactions_are_younger_than_the_last_batch_nothing_is_passed_by(world: World) -> None:
    scope = world.scope("county")
    book(scope)
    with inside(scope, read_only=False):
        AuditBatch.objects.create(
            number=1, upto=2**60, first_id=1, last_id=1, count=1, root="00", at=NOW, key="", signature=""
        )
    with pytest.raises(sealing.NumbersWentBack):
        seal(scope)


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "audit.key"
    file.write_text("11" * 32)
    monkeypatch.setattr(settings, "AUDIT_KEY_FILE", file)
    return file


def test_a_key_nobody_introduced_seals_nothing(world: World, key_file: Path) -> None:
    scope = world.scope("county")
    book(scope)
    settled(scope)
    key_file.write_text("22" * 32)
    book(scope)
    settle(scope)
    with pytest.raises(keys.UnusableKey):
        seal(scope)
    with inside(scope, read_only=True):
        assert AuditBatch.objects.count() == 1


@pytest.mark.parametrize("text", ["", "nonsense", "11" * 31])
def test_a_damaged_key_file_is_said_aloud_and_nothing_is_lost(
    world: World, key_file: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    scope = world.scope("county")
    book(scope, 2)
    settle(scope)
    key_file.write_text(text)
    assert seal_audit() == 0
    assert f"acts of {scope.schema} could not be sealed (UnusableKey" in caplog.text
    key_file.write_text("11" * 32)
    assert settled(scope).count == 2


def test_a_new_key_is_introduced_by_the_old_one_and_seals_from_then_on(world: World, key_file: Path) -> None:
    scope = world.scope("county")
    book(scope)
    settled(scope)
    old = keys.signer_from(key_file)
    new = keys.rotate(now=NOW)
    first, second = keys.published()
    assert (first["key"], second["key"], second["introduced_by"]) == (old.key, new, old.key)
    text = keys.introduction(version=2, public=second["public"], at=NOW)
    old.private.public_key().verify(bytes.fromhex(second["signature"]), text)
    book(scope)
    batch = settled(scope, 2)
    assert batch.key == new
    assert oct(key_file.stat().st_mode & 0o777) == "0o600"


def test_a_rotation_killed_before_the_file_changed_is_finished_by_the_next(world: World, key_file, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    scope = world.scope("county")
    book(scope)
    settled(scope)
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr("pathlib.Path.replace", lambda *_: 1 / 0)
        keys.rotate(now=NOW)
    book(scope)
    between = settled(scope, 2)
    assert between.key == keys.published()[0]["key"]
    new = keys.rotate(now=NOW)
    assert [key["key"] for key in keys.published()] == [between.key, new]
