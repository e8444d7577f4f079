"""What pages of sheets share, whatever is in the sheet: saying which column is which, and handing out a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.sheets.columns import Columns
from falin.kernel.sheets.writing import XLSX


class _ColumnField(forms.ChoiceField):
    """A column that must be there is not called optional; left unchosen, the check of the sheet says that it is missing."""

    def validate(self, value: str) -> None:
        if value:
            super().validate(value)


class ColumnsForm(forms.Form):
    """For each column of ours, which column of the sheet it is."""

    def __init__(self, *args: Any, columns: Columns, heads: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("没有这一列")), *((one, one) for one in dict.fromkeys(heads))]
        for column in columns.all:
            self.fields[column.key] = _ColumnField(
                label=column.name, choices=choices, required=column.required,
                error_messages={"invalid_choice": gettext_lazy("表里没有这一列。")},
            )  # fmt: skip


def recognised(columns: Columns, heads: Iterable[str], told: Mapping[str, str]) -> dict[str, str]:
    """What stands chosen already: key → what stands in the head; ``told`` likewise, by somebody's word."""
    found = {column.key: name for column in columns.all for name in heads if columns.is_known(name, column.key)}
    return {**found, **told}


def attached(name: str, data: bytes) -> HttpResponse:
    """An XLSX to take home, under a name."""
    disposition = content_disposition_header(True, name) or "attachment"  # noqa: FBT003
    return HttpResponse(data, content_type=XLSX, headers={"Content-Disposition": disposition})
