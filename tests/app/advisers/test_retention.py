"""Sheets with whole identity numbers go when their days are over: seen before, booked, and nothing points at them."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command

from falin.config.tasks import clean_up
from falin.kernel import parameters, retention
from falin.kernel.models import AuditEntry, StoredFile
from falin.kernel.refusals import Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.advisers.commands.importing import confirm_import
from services.advisers.queries.imports import rows_to_mend
from services.advisers.rules.imports import ImportInfo, ImportState
from tests.app.advisers.test_importing import WITH_ERRORS, check, look, sent
from tests.world import NOW, World

__all__ = ["sent"]
LATER = NOW + timedelta(days=31)


@pytest.fixture
def scope(world: World) -> Scope:
    return world.scope("county")


@pytest.fixture
def checked(scope: Scope) -> ImportInfo:
    """A sheet with rows to mend, checked and not confirmed."""
    with time_machine.travel(NOW, tick=True):
        return check(scope, WITH_ERRORS)


def files(scope: Scope) -> list[str]:
    with inside(scope, read_only=True):
        return sorted(StoredFile.objects.values_list("purpose", flat=True))


def on_disk(folder: str) -> int:
    return sum(len(found) for _place, _folders, found in os.walk(Path(default_storage.location) / folder))  # type: ignore[attr-defined]


def run(scope: Scope, *, days: int) -> int:
    with time_machine.travel(NOW + timedelta(days=days), tick=True):
        return clean_up(scope.schema)


def test_a_sheet_and_its_rows_to_mend_go_after_thirty_days_and_not_before(scope: Scope, checked: ImportInfo) -> None:
    assert files(scope) == ["import-errors", "sheet"]
    assert run(scope, days=29) == 0
    assert (files(scope), on_disk(scope.schema)) == (["import-errors", "sheet"], 2)
    assert run(scope, days=31) == 2
    assert (files(scope), on_disk(scope.schema)) == ([], 0)
    with inside(scope, read_only=True):
        booked = AuditEntry.objects.filter(act="kernel.file.removed").order_by("id")
        assert [(row.role, row.after["purpose"], row.after["days"]) for row in booked] == [
            ("system", "sheet", 30), ("system", "import-errors", 30),
        ]  # fmt: skip


def test_an_import_whose_sheet_is_gone_says_so_and_cannot_be_confirmed(
    scope: Scope, checked: ImportInfo, sign_in: Any
) -> None:
    assert checked.may_confirm
    run(scope, days=31)
    info = look(scope, checked.id)
    assert (info.state, info.may_confirm, info.has_errors_file) == (ImportState.EXPIRED, False, False)
    with pytest.raises(Refused), inside(scope, read_only=False):
        confirm_import(scope=scope, import_id=checked.id, now=LATER)
    with pytest.raises(Missing), inside(scope, read_only=True):
        rows_to_mend(scope=scope, import_id=checked.id)
    page = sign_in("county").get(f"/advisers/import/{checked.id}/").content.decode()
    assert "已按保存期限删除" in page


def test_photographs_of_visits_stay(scope: Scope) -> None:
    with inside(scope, read_only=False):
        path = default_storage.save(f"{scope.schema}/2020/01/a.png", ContentFile(b"a"))
        StoredFile.objects.create(name="a", content_type="image/png", size=1, sha256="", path=path, purpose="photo",
                                  person_id=1, at=NOW - timedelta(days=900))  # fmt: skip
    assert run(scope, days=31) == 0
    assert default_storage.exists(path)


def test_the_preview_says_what_would_go_and_touches_nothing(scope: Scope, checked: ImportInfo) -> None:
    with time_machine.travel(LATER, tick=True):
        out = io.StringIO()
        call_command("retention", "preview", stdout=out)
        assert f"{scope.schema}  导入的表格 > 30 d: 1 (" in out.getvalue()
        assert f"{scope.schema}  要修改的行 > 30 d: 1 (" in out.getvalue()
    assert (files(scope), on_disk(scope.schema)) == (["import-errors", "sheet"], 2)


def test_a_province_may_set_fewer_days(scope: Scope, checked: ImportInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "_resolver", [lambda key, node, day: 7 if key == "advisers.sheets_kept" else None])
    assert run(scope, days=8) == 2


def test_a_removal_that_is_undone_leaves_the_file(scope: Scope, checked: ImportInfo) -> None:
    with pytest.raises(ZeroDivisionError), inside(scope, read_only=False):
        assert retention.remove(scope=scope, now=LATER) == 2
        raise ZeroDivisionError
    assert (files(scope), on_disk(scope.schema)) == (["import-errors", "sheet"], 2)
    assert look(scope, checked.id).may_confirm


def test_a_file_no_row_names_goes_after_a_day(scope: Scope, checked: ImportInfo) -> None:
    """As a crash leaves one between the row's commit and the file's removal."""
    path = Path(default_storage.path(default_storage.save(f"{scope.schema}/2026/11/stray.xlsx", ContentFile(b"a"))))
    with time_machine.travel(NOW, tick=True):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert run(scope, days=0) == 0
    assert path.exists()
    assert run(scope, days=2) == 1
    assert not path.exists()
    assert on_disk(scope.schema) == 2
    with inside(scope, read_only=True):
        assert AuditEntry.objects.get(act="kernel.file.orphans_removed").after == {"files": 1}
