"""An act is booked with its change or not at all, in a form that can be sealed later, and without personal data."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from falin.kernel import audit
from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside
from tests.world import NOW, World


def test_an_act_outside_a_transaction_is_not_booked(world: World) -> None:
    with pytest.raises(audit.NoTransaction):
        audit.record(scope=world.scope("county"), act="a.b.c", subject=("x", 1), node_id=None, now=NOW)


def test_an_act_is_gone_with_the_change_that_was_rolled_back(world: World) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=True):
        before = AuditEntry.objects.count()
    with pytest.raises(ZeroDivisionError), inside(scope, read_only=False):
        audit.record(scope=scope, act="a.b.c", subject=("x", 1), node_id=None, now=NOW)
        raise ZeroDivisionError
    with inside(scope, read_only=True):
        assert AuditEntry.objects.count() == before


def test_the_digest_can_be_recomputed_from_the_row(world: World) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        audit.record(scope=scope, act="a.b.c", subject=("x", 1), node_id=7, why="因为", before={"a": 1}, after={"a": 2},
                     now=NOW + timedelta(microseconds=5))  # fmt: skip
    with inside(scope, read_only=True):
        row = AuditEntry.objects.get(act="a.b.c")
    names = (
        "at",
        "act",
        "person_id",
        "role",
        "subject_kind",
        "subject_id",
        "node_id",
        "why",
        "before",
        "after",
        "request_id",
    )
    again = audit.canonical({"schema": scope.schema, **{name: getattr(row, name) for name in names}})
    assert hashlib.sha256(again).digest() == bytes(row.digest)


@pytest.mark.parametrize("number", ["330106190112310017", "33010619011231001X", "330106011231001", "13812345678"])
def test_a_fact_with_an_identity_or_telephone_number_is_refused(world: World, number: str) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False), pytest.raises(audit.PersonalDataInAudit):
        audit.record(scope=scope, act="a.b.c", subject=("x", 1), node_id=None, after={"told": f"电话{number}"}, now=NOW)


def test_a_uuid_that_holds_eleven_such_digits_is_no_telephone_number(world: World) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        audit.record(scope=scope, act="a.b.c", subject=("x", 1), node_id=None,
                     after={"id": "0f3a1b2c-aaaa-4bbb-8ccc-a13812345678"}, now=NOW)  # fmt: skip
        assert AuditEntry.objects.filter(act="a.b.c").count() == 1


@pytest.mark.parametrize("statement", ["update {t} set why = 'x'", "delete from {t}", "truncate {t}"])
def test_the_application_cannot_change_what_was_booked(world: World, statement: str) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        audit.record(scope=scope, act="a.b.c", subject=("x", 1), node_id=None, now=NOW)
    with pytest.raises(ProgrammingError), inside(scope, read_only=False), connection.cursor() as cursor:
        cursor.execute(statement.format(t="kernel_auditentry"))


def test_two_different_entries_never_share_one_canonical_form() -> None:
    assert audit.canonical({"a": "1", "b": "2"}) != audit.canonical({"a": "12", "b": ""})
    assert audit.canonical({"a": "x", "bc": "y"}) != audit.canonical({"ab": "x", "c": "y"})
