"""``falin manage audit``: the log, the keys and a new key from the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from falin.config.tasks import seal_audit
from falin.kernel.audit import keys
from falin.runtime import verify
from tests.app.audit.logs import book, settle
from tests.world import World


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("audit", *words, stdout=out)
    return out.getvalue()


def test_the_shared_log_is_sealed_and_checked_like_a_tenants(world: World, tmp_path: Path) -> None:
    book(world.scope("county"))
    settle(world.scope("county"))
    seal_audit()
    count = int(said("export", "public", str(tmp_path / "log")))
    (tmp_path / "keys").write_text(said("keys"))
    verdict = verify.verify(tmp_path / "log", key=tmp_path / "keys")
    assert (verdict.findings, verdict.tenant, verdict.rows, verdict.unsealed) == ([], "public", count, 0)
    assert count > 10  # the acts that made the world's people


def test_a_tenant_that_is_not_there_is_said(world: World, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="没有这个库空间"):
        said("export", "t99999", str(tmp_path / "log"))


def test_a_new_key_is_made_and_published(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "audit.key"
    file.write_text("11" * 32)
    monkeypatch.setattr(settings, "AUDIT_KEY_FILE", file)
    made = said("rotate-key").strip()
    published = [json.loads(line) for line in said("keys").splitlines()]
    assert [line["version"] for line in published] == [1, 2]
    assert made == published[1]["key"] == keys.signer_from(file).key
