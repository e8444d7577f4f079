"""How long sheets with whole identity numbers are kept, and what an import says when its sheet is gone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from falin.kernel.retention import Rule
from falin.kernel.scope import Scope
from services.advisers.models import ImportSheet
from services.advisers.rules.imports import ImportState
from services.advisers.rules.parameters import SHEETS_KEPT


def forget_sheets(scope: Scope, file_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """An import that was not loaded is over without its sheet; one that was keeps its counts."""
    left = ImportSheet.objects.filter(file_id__in=file_ids).exclude(state=ImportState.DONE)
    left.update(state=ImportState.EXPIRED, ended_at=now)


def forget_rows_to_mend(scope: Scope, file_ids: Sequence[uuid.UUID], now: datetime) -> None:
    ImportSheet.objects.filter(errors_file__in=file_ids).update(errors_file=None)


RETAINED = (
    Rule(purpose="sheet", label=_("导入的表格"), days=SHEETS_KEPT, removed=forget_sheets),
    Rule(purpose="import-errors", label=_("要修改的行"), days=SHEETS_KEPT, removed=forget_rows_to_mend),
)
