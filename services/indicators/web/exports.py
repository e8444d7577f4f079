"""The table of a page of figures as a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from falin.ui import tables
from falin.ui.tables import Column
from services.indicators.types import PlaceFigures
from tenants.divisions.types import View


def answer(
    figures: PlaceFigures, *, title: str, columns: Sequence[Column], rows: Iterable[Any], file_format: str
) -> HttpResponse:  # fmt: skip
    """Rows of a place's page, in its columns, to be saved."""
    out = io.BytesIO()
    tables.write(out, file_format, title=title, columns=columns,
                 cells=([column.value(row) for column in columns] for row in rows))  # fmt: skip
    disposition = content_disposition_header(as_attachment=True, filename=f"{_name(figures)}.{file_format}")
    content_type = tables.FORMATS[file_format]
    return HttpResponse(
        out.getvalue(), headers={"Content-Disposition": str(disposition)},
        content_type=f"{content_type}; charset=utf-8" if file_format == "csv" else content_type,
    )  # fmt: skip


def _name(figures: PlaceFigures) -> str:
    told = {"place": figures.place.name, "month": figures.month}
    if figures.view == View.AS_IS:
        return _("指标-%(place)s-%(month)s-按现在的区划") % told
    return _("指标-%(place)s-%(month)s") % told
