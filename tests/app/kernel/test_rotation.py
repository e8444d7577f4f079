"""Keys are replaced while people work: nothing becomes unreadable, nobody waits, and a cut-off run goes on."""

from __future__ import annotations

import base64
import io
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings as installation
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from falin.kernel import crypto, jobs
from falin.kernel.crypto import keys, rotation
from falin.kernel.models import AuditEntry, DataKey, Job
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from services.advisers.models import Adviser
from services.advisers.queries.sealed import ID_NUMBER, PHONE, SEALED
from tenants.identity.api import system_of
from tenants.identity.models import Person
from tenants.registry.api import find_by_schema
from tests.app.advisers.office import Office
from tests.world import NOW, World


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "FRESH", -1.0)
    monkeypatch.setattr(rotation, "BATCH", 2)
    monkeypatch.setattr(jobs, "_sender", [lambda *_job: None])


@pytest.fixture
def five(world: World) -> list[uuid.UUID]:
    """Five advisers on the register."""
    office = Office(world)
    firm = office.firm()
    return [office.adviser(name, firm=firm).id for name in ("何叙", "许望舒", "周以宁", "顾听澜", "万听雪")]


@pytest.fixture
def system(world: World) -> Scope:
    return system_of(find_by_schema(world.schema("33")))


def ask(system: Scope) -> uuid.UUID:
    with inside(system, read_only=False):
        return rotation.rotate_data(scope=system, now=NOW)


def numbers(system: Scope) -> list[tuple[str, str]]:
    """What the register says, and that the blind index is still the number's own."""
    found = []
    for row in Adviser.objects.order_by("id"):
        id_number = crypto.decrypt(row.id_sealed, ID_NUMBER.place(system.schema, row.id))
        phone = crypto.decrypt(row.phone_sealed, PHONE.place(system.schema, row.id))
        assert crypto.blind_index(id_number, tenant=system.schema, purpose="adviser.id") == bytes(row.id_index)
        found.append((id_number, phone))
    return found


def versions() -> set[int]:
    return {
        int.from_bytes(bytes(value)[1:5], "big")
        for row in Adviser.objects.values_list("id_sealed", "phone_sealed")
        for value in row
    }


def test_every_value_is_encrypted_under_the_new_key_and_says_the_same(five: Any, system: Scope) -> None:
    before = numbers(system)
    assert jobs.work(system=system, job_id=ask(system)) == "done"
    assert versions() == {2}
    assert numbers(system) == before
    job = Job.objects.raw(f"select * from {system.schema}.kernel_job")[0]
    assert (job.done, job.result) == (10, {"values": 10, "unreadable": 0, "left": 0})


def test_a_new_cipher_takes_over_with_the_new_key(five: Any, system: Scope, settings: Any) -> None:
    before = numbers(system)
    settings.CIPHER = crypto.SM4
    jobs.work(system=system, job_id=ask(system))
    assert {bytes(row)[:1] for row in Adviser.objects.values_list("phone_sealed", flat=True)} == {b"\x04"}
    assert numbers(system) == before


def test_a_rotation_that_was_cut_off_goes_on_where_it_stood(
    five: Any, system: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, job_id = numbers(system), ask(system)
    real, calls = rotation.encrypt, iter(range(100))

    def dying(text: str, place: crypto.Place) -> bytes:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return real(text, place)

    monkeypatch.setattr(rotation, "encrypt", dying)
    with pytest.raises(KeyboardInterrupt):
        jobs.work(system=system, job_id=job_id)
    assert versions() == {1, 2}
    assert numbers(system) == before
    monkeypatch.setattr(rotation, "encrypt", real)
    with inside(system, read_only=False):
        Job.objects.filter(id=job_id).update(state="queued")  # as the sweep does
    assert jobs.work(system=system, job_id=job_id) == "done"
    with inside(system, read_only=True):
        assert Job.objects.get(id=job_id).result["values"] == 8  # the first batch was done, the second was undone
    assert versions() == {2}
    assert DataKey.objects.filter(tenant=system.schema).count() == 2


def test_a_rotation_can_be_stopped_and_nothing_is_lost(
    five: Any, system: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, job_id = numbers(system), ask(system)
    real = jobs.Run.progress

    def asked_to_stop(run: jobs.Run, done: int, total: int, line: str = "") -> None:
        if done == 4:
            with inside(system, read_only=False):
                jobs.cancel(scope=system, job_id=job_id, now=NOW)
        real(run, done, total, line)

    monkeypatch.setattr(jobs.Run, "progress", asked_to_stop)
    assert jobs.work(system=system, job_id=job_id) == "cancelled"
    assert versions() == {1, 2}
    assert numbers(system) == before


def test_a_row_somebody_holds_is_passed_by_and_done_later(five: Any, system: Scope) -> None:
    job_id = ask(system)
    with psycopg.connect(installation.DATABASE_OWNER_URL) as other:
        other.execute("select 1 from advisers_adviser where id = %s for update", [five[0]])
        done = [count for column in SEALED for count, _wrong in rotation._sweep_column(system, column)]
        assert sum(done) == 8
        other.rollback()
    assert jobs.work(system=system, job_id=job_id) == "done"
    assert versions() == {2}


def test_a_damaged_value_is_counted_and_left_as_it_is(five: Any, system: Scope) -> None:
    spoiled = b"\x03" + (1).to_bytes(4, "big") + b"\0" * 40
    Adviser.objects.filter(id=five[0]).update(phone_sealed=spoiled)
    job_id = ask(system)
    assert jobs.work(system=system, job_id=job_id) == "done"
    with inside(system, read_only=True):
        job = Job.objects.get(id=job_id)
    assert job.result == {"values": 9, "unreadable": 1, "left": 0}
    assert "有 1 个值读不出来，没有动。" in job.log
    assert bytes(Adviser.objects.get(id=five[0]).phone_sealed) == spoiled


def test_another_process_reads_and_writes_under_the_new_key_without_a_restart(
    five: Any, system: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    crypto.keys_of(system.schema)
    elsewhere = dict(keys._open), dict(keys._current)  # what another process holds in its memory
    jobs.work(system=system, job_id=ask(system))
    monkeypatch.setattr(keys, "_open", elsewhere[0])
    monkeypatch.setattr(keys, "_current", elsewhere[1])
    assert len(numbers(system)) == 5
    assert crypto.keys_of(system.schema).version == 1  # for a few seconds more
    monkeypatch.setattr(keys, "FRESH", 0.0)
    assert crypto.keys_of(system.schema).version == 2


def test_two_rotations_never_run_at_once(five: Any, system: Scope) -> None:
    ask(system)
    with pytest.raises(CommandError, match="上一次更换还没有做完。"):
        call_command("keys", "rotate", "--here")
    assert DataKey.objects.filter(tenant=system.schema).count() == 2


# ---- the root key --------------------------------------------------------------------------------------------------
@pytest.fixture
def root_file(world: World, settings: Any, tmp_path: Path) -> Path:
    path = tmp_path / "root.key"
    path.write_text("ab" * 32)
    settings.ROOT_KEY_FILE = path
    crypto.forget_keys()
    return path


def test_a_new_root_key_wraps_every_data_key_and_touches_no_row(root_file: Path, five: Any, system: Scope) -> None:
    rows, wrapped = (
        list(Adviser.objects.order_by("id").values()),
        list(DataKey.objects.values_list("wrapped", flat=True)),
    )
    call_command("keys", "rotate-root", "--make", stdout=io.StringIO())
    assert list(Adviser.objects.order_by("id").values()) == rows
    assert not {bytes(one) for one in wrapped} & {
        bytes(one) for one in DataKey.objects.values_list("wrapped", flat=True)
    }
    new = root_file.read_text().split()
    assert new[1:] == ["ab" * 32]
    assert root_file.stat().st_mode & 0o777 == 0o600
    root_file.write_text(new[0])  # the old one is thrown away
    crypto.forget_keys()
    assert len(numbers(system)) == 5
    with shared(read_only=True):
        assert AuditEntry.objects.get(act="kernel.root.rotated").after == {"keys": 1}


def test_a_process_that_runs_finds_the_new_root_key_by_itself(root_file: Path, five: Any, system: Scope) -> None:
    old = crypto.provider()
    call_command("keys", "rotate-root", "--make", stdout=io.StringIO())
    crypto.forget_keys()
    assert crypto.provider() != old
    keys.provider.cache_clear()
    fresh = root_file.read_text()
    root_file.write_text("ab" * 32)
    assert crypto.provider() == old  # as in a process that read the file before
    root_file.write_text(fresh)
    assert len(numbers(system)) == 5


def test_wrapping_again_changes_nothing(root_file: Path, five: Any) -> None:
    def wrapped() -> list[bytes]:
        return [bytes(one) for one in DataKey.objects.values_list("wrapped", flat=True)]

    before = wrapped()
    call_command("keys", "rotate-root", stdout=io.StringIO())
    assert wrapped() == before


def test_a_root_key_that_is_kept_elsewhere_is_not_made_here(five: Any, settings: Any, root_file: Path) -> None:
    settings.ROOT_KEY = "cd" * 32
    with pytest.raises(CommandError, match="根密钥不在文件里"):
        call_command("keys", "rotate-root", "--make")


# ---- what is encrypted ---------------------------------------------------------------------------------------------
def test_every_column_of_ciphertext_is_declared() -> None:
    """And rotated with the others."""
    fields = {
        (model._meta.db_table, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.name.endswith("_sealed")
    }
    assert fields == {(one.table, one.field) for one in crypto.declared() if not isinstance(one, crypto.SealedInside)}


def test_what_a_library_keeps_for_us_is_rotated_too(world: World) -> None:
    """Secrets of authenticator apps and recovery codes: read as before, bound to their person, what stands beside untouched."""
    from allauth.mfa.models import Authenticator

    person = Person.objects.get(username="county")
    place = crypto.Place("public", "mfa_authenticator", "secret", str(person.pk))

    def sealed(text: str) -> str:
        return base64.b64encode(crypto.encrypt(text, place)).decode()

    long = "ab" * 40  # longer than a line of PostgreSQL's base64
    app = Authenticator.objects.create(user=person, type="totp", data={"secret": sealed("JBSWY3DPEHPK3PXP")})
    codes = Authenticator.objects.create(
        user=person, type="recovery_codes", data={"seed": sealed(long), "used_mask": 5}
    )
    system = system_of(None)
    jobs.work(system=system, job_id=ask(system))
    head = crypto.keys_of("public").head
    for row, key, text in ((app, "secret", "JBSWY3DPEHPK3PXP"), (codes, "seed", long)):
        row.refresh_from_db()
        assert "\n" not in row.data[key]
        token = base64.b64decode(row.data[key])
        assert token.startswith(head)
        assert crypto.decrypt(token, place) == text
    assert codes.data["used_mask"] == 5
    found = {
        one.column: one.values for one in rotation.standing(system) if one.column.startswith("mfa_") and one.current
    }
    assert found == {"mfa_authenticator.secret": 1}


def test_the_status_says_how_many_values_each_version_holds(five: Any, system: Scope) -> None:
    ask(system)
    out = io.StringIO()
    call_command("keys", "status", stdout=out)
    said = out.getvalue()
    assert f"{system.schema}: AES-256-GCM, 2" in said
    assert "advisers_adviser.id_number  v1 → 5" in said
    call_command("keys", "stop", stdout=out)
    call_command("keys", "rotate", "--here", stdout=out)
    assert "advisers_adviser.phone  v3 ✓ 5\n  done 10/10" in out.getvalue()
    assert connection.schema_name == "public"
