"""With superuser's rights on the database somebody changes the sealed log, and ``falin verify audit`` finds him each time."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from falin.kernel import audit
from falin.kernel.audit import keys, sealing
from falin.kernel.models import AuditBatch, AuditEntry
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.runtime import cli, verify
from tests.app.audit.logs import attack, book, deliver, export, found, seal, settle, settled
from tests.world import NOW, World


@pytest.fixture
def log(world: World) -> Scope:
    """A county's log: three batches of four rows each, copies of them outside, and one row not sealed yet."""
    scope = world.scope("county")
    for minute in (1, 2, 3):
        book(scope, 4)
        settled(scope, minute)
    deliver(scope)
    book(scope)
    return scope


@pytest.fixture
def key(log: Scope, tmp_path: Path) -> Path:
    """The published keys, as somebody wrote them down long ago."""
    file = tmp_path / "published.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in keys.published()))
    return file


def ids(scope: Scope, batch: int) -> list[int]:
    with inside(scope, read_only=True):
        bounds = [0, *AuditBatch.objects.order_by("number").values_list("upto", flat=True)]
        rows = AuditEntry.objects.filter(xact__gte=bounds[batch - 1], xact__lt=bounds[batch])
        return list(rows.order_by("id").values_list("id", flat=True))


def table(scope: Scope, name: str = "entry") -> str:
    return f"{scope.schema}.kernel_audit{name}"


def test_an_untouched_log_is_right(log: Scope, key: Path, tmp_path: Path) -> None:
    verdict = verify.verify(export(log, tmp_path / "log"), anchors=settings.ANCHOR_FILE, key=key)
    assert verdict.findings == []
    assert (verdict.batches, verdict.rows, verdict.unsealed, verdict.anchors) == (3, 12, 1, 6)
    assert verdict.notes == []


def test_s1_a_changed_field_is_found_with_its_row(log: Scope, tmp_path: Path) -> None:
    row = ids(log, 2)[1]
    for column, value in {"why": "'别的'", "person_id": "99", "at": "at - interval '1 minute'", "node_id": "7",
                          "after": "'{\"a\": 1}'"}.items():  # fmt: skip
        before = f"select {column} from {table(log)} where id = {row}"
        attack(f"create table public.kept as {before}", f"update {table(log)} set {column} = {value} where id = {row}")
        assert found(export(log, tmp_path / "log")) == [("changed", 2, row)], column
        attack(f"update {table(log)} set {column} = (select {column} from public.kept) where id = {row}",
               "drop table public.kept")  # fmt: skip
    assert found(export(log, tmp_path / "log")) == []


def test_s1_a_changed_field_with_its_digest_made_anew_is_found_with_its_batch(log: Scope, tmp_path: Path) -> None:
    row = ids(log, 2)[1]
    with inside(log, read_only=True):
        kept = AuditEntry.objects.get(id=row)
    facts = {name: getattr(kept, name) for name in verify.FACTS} | {"why": "别的", "schema": log.schema}
    digest = sha256(audit.canonical(facts)).hexdigest()
    attack(f"update {table(log)} set why = '别的', digest = '\\x{digest}' where id = {row}")
    assert found(export(log, tmp_path / "log")) == [("root", 2, None)]


def test_s10_what_somebody_wrote_into_a_row_hides_no_finding_and_says_nothing_of_its_own(
    log: Scope, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Codes that a terminal would follow (hide all that comes after), and a line that looks like the verdict."""
    lie = "✓ 没有发现改动 · nothing was changed"
    attack(f"update {table(log)} set act = E'x\\n{lie}\\x1b[8m\\u202e' where id = {ids(log, 2)[1]}")
    file = str(export(log, tmp_path / "log"))
    assert cli.main(["verify", "audit", file]) == 1
    said = capsys.readouterr().out
    assert lie not in said.splitlines()
    assert r"x\n✓" in said
    assert [letter for letter in said if not letter.isprintable() and letter != "\n"] == []
    assert cli.main(["verify", "audit", file, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["code"] == "changed"


def test_s1_a_row_changed_before_it_was_sealed_no_longer_fits_its_digest(log: Scope, tmp_path: Path) -> None:
    with inside(log, read_only=True):
        row = AuditEntry.objects.order_by("-id")[0].id
    attack(f"update {table(log)} set why = '别的' where id = {row}")
    assert found(export(log, tmp_path / "log")) == [("changed", None, row)]


def test_s2_a_deleted_row_is_found_with_its_number(log: Scope, tmp_path: Path) -> None:
    row = ids(log, 2)[1]
    attack(f"delete from {table(log)} where id = {row}")
    file = export(log, tmp_path / "log")
    assert found(file) == [("count", 2, None)]
    assert f"look for {row}" in verify.verify(file).findings[0].english


COPY = (
    "insert into {t} (id, at, act, person_id, role, subject_kind, subject_id, node_id, why, before, after, request_id, digest,"
    " xact) select {id}, at, act, person_id, role, subject_kind, subject_id, node_id, why, before, after, request_id, digest,"
    " {xact} from {t} where id = {row}"
)


def test_s3_a_row_put_into_a_sealed_batch_is_found(log: Scope, tmp_path: Path) -> None:
    row = ids(log, 2)[1]
    attack(COPY.format(t=table(log), id=row + 1000, row=row, xact="xact"))
    assert found(export(log, tmp_path / "log")) == [("count", 2, None)]


def test_s3_a_row_put_in_with_an_old_date_is_found_even_once_it_is_sealed(log: Scope, tmp_path: Path) -> None:
    facts = {"at": NOW - timedelta(days=30), "act": "a.b.done", "person_id": 1, "role": "", "subject_kind": "thing",
             "subject_id": "1", "node_id": None, "why": "", "before": {}, "after": {}, "request_id": ""}  # fmt: skip
    digest = sha256(audit.canonical({"schema": log.schema, **facts})).hexdigest()
    attack(
        f"insert into {table(log)} (id, at, act, person_id, role, subject_kind, subject_id, why, before, after, request_id,"
        f" digest) values (100000, '{facts['at'].isoformat()}', 'a.b.done', 1, '', 'thing', '1', '', '{{}}', '{{}}', '',"  # type: ignore[attr-defined]
        f" '\\x{digest}')"
    )
    assert found(export(log, tmp_path / "log")) == [("late", None, 100000)]
    settled(log, 4)
    deliver(log)
    assert found(export(log, tmp_path / "log")) == [("late", 4, 100000)]


def test_s4_two_rows_that_changed_places_are_found(log: Scope, tmp_path: Path) -> None:
    one, other = ids(log, 2)[:2]
    attack(f"update {table(log)} set id = -1 where id = {one}", f"update {table(log)} set id = {one} where id = {other}",
           f"update {table(log)} set id = {other} where id = -1")  # fmt: skip
    assert found(export(log, tmp_path / "log")) == [("root", 2, None)]


def test_s4_a_row_moved_into_another_batch_is_found_in_both(log: Scope, tmp_path: Path) -> None:
    row, target = ids(log, 2)[1], ids(log, 3)[0]
    attack(f"update {table(log)} set xact = (select xact from {table(log)} where id = {target}) where id = {row}")
    assert found(export(log, tmp_path / "log")) == [("count", 2, None), ("count", 3, None)]


def test_s5_last_rows_cut_off_are_found(log: Scope, tmp_path: Path) -> None:
    attack(f"delete from {table(log)} where id >= {ids(log, 3)[2]}")
    assert found(export(log, tmp_path / "log"), anchors=False) == [("count", 3, None)]


def test_s6_last_rows_cut_off_with_their_batch_are_found_by_the_level_above(log: Scope, tmp_path: Path) -> None:
    attack(
        f"delete from {table(log)} where id >= {ids(log, 3)[0]}", f"delete from {table(log, 'batch')} where number = 3"
    )
    assert found(export(log, tmp_path / "log"), anchors=False) == [("cut", 3, None)]


def test_s6_cut_off_above_too_they_are_found_by_the_file_outside(log: Scope, tmp_path: Path) -> None:
    attack(f"delete from {table(log)} where id >= {ids(log, 3)[0]}", f"delete from {table(log, 'batch')} where number = 3",
           f"delete from public.kernel_auditanchor where tenant = '{log.schema}' and number = 3")  # fmt: skip
    file = export(log, tmp_path / "log")
    assert found(file) == [("cut", 3, None)]
    verdict = verify.verify(file)
    assert verdict.findings == []
    assert any("--anchors" in english for _chinese, english in verdict.notes)  # and it says what it could not see


def test_s6_a_log_cut_off_and_grown_anew_is_found(log: Scope, tmp_path: Path) -> None:
    attack(f"delete from {table(log)} where id >= {ids(log, 3)[0]}", f"delete from {table(log, 'batch')} where number = 3",
           f"delete from public.kernel_auditanchor where tenant = '{log.schema}' and number = 3")  # fmt: skip
    book(log, 4)
    settled(log, 3)
    deliver(log)
    assert found(export(log, tmp_path / "log")) == [("other", 3, None)]


def test_s6_a_batch_taken_out_of_the_middle_is_found(log: Scope, tmp_path: Path) -> None:
    attack(f"delete from {table(log, 'batch')} where number = 2")
    codes = found(export(log, tmp_path / "log"), anchors=False)
    assert ("chain", 2, None) in codes


def test_s7_an_old_export_shown_again_is_found(log: Scope, tmp_path: Path) -> None:
    old = export(log, tmp_path / "old", minutes=4)
    settled(log, 10)
    deliver(log)
    assert found(old) == [("cut", 4, None)]
    until = NOW + timedelta(minutes=4)
    assert verify.verify(old, anchors=settings.ANCHOR_FILE, until=until).findings == []  # an honest one, said to be old


def test_s8_batches_of_two_tenants_exchanged_are_found(log: Scope, world: World, tmp_path: Path) -> None:
    other = world.scope("county2")
    book(other, 4)
    settled(other, 1)
    deliver(other)
    attack(f"create table public.kept as select * from {table(log, 'batch')} where number = 1",
           f"delete from {table(log, 'batch')} where number = 1",
           f"insert into {table(log, 'batch')} select * from {table(other, 'batch')}",
           f"delete from {table(other, 'batch')}",
           f"insert into {table(other, 'batch')} select * from public.kept")  # fmt: skip
    for scope in (log, other):
        codes = found(export(scope, tmp_path / "log"), anchors=False)
        assert ("signature", 1, None) in codes


def test_s8_another_tenants_file_under_ones_own_name_is_found(log: Scope, world: World, tmp_path: Path) -> None:
    file = export(log, tmp_path / "log")
    text = file.read_text().replace(f'"tenant":"{log.schema}"', '"tenant":"t99999"', 1)
    file.write_text(text)
    codes = {code for code, _batch, _row in found(file, anchors=False)}
    assert {"tenant", "changed"} <= codes


def forge(log: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole log sealed anew under a key of his own, after a row was taken out; the key published as if it were ours."""
    gone = ids(log, 2)[1]
    attack(f"delete from {table(log)} where id = {gone}", f"delete from {table(log, 'batch')}",
           "delete from public.kernel_auditkey",
           f"delete from public.kernel_auditanchor where tenant = '{log.schema}'")  # fmt: skip
    own = tmp_path / "own.key"
    own.write_text("42" * 32)
    monkeypatch.setattr(settings, "AUDIT_KEY_FILE", own)
    settle(log)
    assert seal(log, 5) is not None


def test_s9_a_log_signed_anew_with_another_key_is_found(
    log: Scope, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(log, tmp_path, monkeypatch)
    file = export(log, tmp_path / "log")
    assert found(file, anchors=False, key=key) == [("key", None, None), ("signature", 1, None)]
    assert {batch for _code, batch, _row in found(file)} == {1, 2, 3}  # by the anchors alone
    assert any("--key" in english for _chinese, english in verify.verify(file).notes)


def test_s9_a_key_that_a_stranger_introduced_is_found(
    log: Scope, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(log, tmp_path, monkeypatch)
    first = json.loads(key.read_text())
    attack(f"update public.kernel_auditkey set version = 2, introduced_by = '{first['key']}', signature = '{'00' * 64}'",
           f"insert into public.kernel_auditkey values"
           f" ('{first['key']}', 1, '{first['public']}', '', '', '{first['at']}')")  # fmt: skip
    codes = found(export(log, tmp_path / "log"), anchors=False, key=key)
    assert codes == [("key", None, None), ("signature", 1, None)]


def test_keys_that_followed_one_another_rightly_are_followed(
    log: Scope, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "copy.key"
    own.write_text(Path(settings.AUDIT_KEY_FILE).read_text())
    monkeypatch.setattr(settings, "AUDIT_KEY_FILE", own)
    keys.rotate(now=NOW)
    settled(log, 4)
    verdict = verify.verify(export(log, tmp_path / "log"), key=key)
    assert (verdict.findings, len(verdict.keys)) == ([], 2)


def test_a_forged_anchor_accuses_nobody_unnoticed(log: Scope, tmp_path: Path) -> None:
    line = json.loads(settings.ANCHOR_FILE.read_text().splitlines()[-1]) | {"number": 9}
    stranger = Ed25519PrivateKey.from_private_bytes(b"9" * 32)
    line["signature"] = stranger.sign(b"whatever").hex()
    settings.ANCHOR_FILE.write_text(settings.ANCHOR_FILE.read_text() + json.dumps(line) + "\n")
    assert found(export(log, tmp_path / "log")) == [("anchor", 9, None)]


def test_a_download_that_broke_off_is_no_proof(log: Scope, tmp_path: Path) -> None:
    file = export(log, tmp_path / "log")
    file.write_text("\n".join(file.read_text().splitlines()[:-1]) + "\n")
    assert found(file) == [("file", None, None)]


def test_what_is_outside_the_readers_places_is_proved_and_not_shown(log: Scope, world: World, tmp_path: Path) -> None:
    with inside(log, read_only=False):
        audit.record(
            scope=log, act="a.b.done", subject=("thing", 1), node_id=world.node("330106002"), why="密", now=NOW
        )
    settled(log, 4)
    deliver(log)
    narrow = replace(log, whole=False, nodes=frozenset({world.node("330106109")}))
    file = export(narrow, tmp_path / "log")
    assert "密" not in file.read_text()
    verdict = verify.verify(file, anchors=settings.ANCHOR_FILE)
    assert (verdict.findings, verdict.withheld) == ([], 1)


def test_an_event_delivered_twice_anchors_once_above_and_does_no_harm_outside(log: Scope, tmp_path: Path) -> None:
    from falin.kernel.models import AuditAnchor, OutboxEvent

    before = settings.ANCHOR_FILE.read_text().count("\n")
    with inside(log, read_only=False):
        OutboxEvent.objects.filter(event=sealing.SEALED).update(delivered_at=None)
    deliver(log)
    assert settings.ANCHOR_FILE.read_text().count("\n") == before * 2
    assert AuditAnchor.objects.filter(tenant=log.schema).count() == 3
    assert found(export(log, tmp_path / "log")) == []


@pytest.mark.parametrize("line", ["", "{}", "[]", "nonsense", '{"kind":"head"}', '{"kind":"batch","number":"x"}'])
def test_what_cannot_be_read_is_said_in_a_sentence(line: str, log: Scope, tmp_path: Path) -> None:
    file = export(log, tmp_path / "log")
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(verify.Unreadable, match="行"):
        verify.verify(file)


@pytest.mark.parametrize(
    ("of_the_last", "value"), [("count", None), ("at", "0001-01-01T00:00:00+00:00"), ("first_id", [])]
)
def test_a_file_that_ends_in_a_bent_batch_is_said_in_a_sentence(
    of_the_last: str, value: object, log: Scope, tmp_path: Path
) -> None:
    file = export(log, tmp_path / "log")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    last = next(at for at in reversed(range(len(lines))) if lines[at]["kind"] == "batch")
    lines[last][of_the_last] = value
    file.write_text("\n".join(map(json.dumps, lines[: last + 1])))
    with pytest.raises(verify.Unreadable, match="行"):
        verify.verify(file)


def test_brackets_without_end_and_an_anchor_of_no_time_zone_are_said_in_a_sentence(log: Scope, tmp_path: Path) -> None:
    file, anchors = export(log, tmp_path / "log"), tmp_path / "anchors.jsonl"
    line = json.loads(settings.ANCHOR_FILE.read_text().splitlines()[0])
    anchors.write_text(json.dumps({**line, "at": "2026-01-01T00:00:00"}))
    with pytest.raises(verify.Unreadable, match="锚"):
        verify.verify(file, anchors=anchors, until=NOW)
    file.write_text(file.read_text() + "[" * 200_000)
    with pytest.raises(verify.Unreadable, match="行"):
        verify.verify(file)


def test_a_terminal_without_the_letters_is_told_all_the_same(log: Scope, tmp_path: Path) -> None:
    """As a console of GBK has no tick: the answer is the verdict, and no error that looks like one."""
    file = export(log, tmp_path / "log")
    done = subprocess.run([sys.executable, verify.__file__, "audit", str(file)], capture_output=True, check=False,
                          env={"PYTHONIOENCODING": "gbk"})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "\\u2713 没有发现改动" in done.stdout.decode("gbk")


def test_the_command_line_says_it_in_both_languages_and_by_its_exit_code(
    log: Scope, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(export(log, tmp_path / "log"))
    rest = ["--anchors", str(settings.ANCHOR_FILE), "--key", str(key)]
    assert cli.main(["verify", "audit", file, *rest]) == 0
    said = capsys.readouterr().out
    assert "没有发现改动" in said
    assert "checked 3 batches with 12 rows; 1 rows are not sealed yet" in said
    attack(f"update {table(log)} set why = '别的' where id = {ids(log, 2)[1]}")
    file = str(export(log, tmp_path / "log"))
    assert cli.main(["verify", "audit", file, *rest, "--json"]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["right"], verdict["findings"][0]["batch"]) == (False, 2)
    assert cli.main(["verify", "audit", str(key)]) == 2


def test_the_file_runs_alone_on_a_bare_python(log: Scope, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere" / "verify.py"
    alone.parent.mkdir()
    alone.write_bytes(Path(verify.__file__).read_bytes())
    done = subprocess.run([sys.executable, "-I", "-S", str(alone), "audit", str(export(log, tmp_path / "log"))],
                          cwd=alone.parent, capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
