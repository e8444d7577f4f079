"""The place that reads a list's archive as rows. Nothing in it is run, nothing is unpacked to disk."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from tenants.divisions.commands.fetching import ListUnavailable
from tenants.divisions.types import Level, ListedRow

# The file of each level, and the column that holds the parent's code.
TABLES: Final = {
    "package/dist/provinces.csv": (Level.PROVINCE, None),
    "package/dist/cities.csv": (Level.CITY, "provinceCode"),
    "package/dist/areas.csv": (Level.COUNTY, "cityCode"),
    "package/dist/streets.csv": (Level.STREET, "areaCode"),
    "package/dist/villages.csv": (Level.COMMUNITY, "streetCode"),
}


def read_list(archive: Path, *, province: str | None = None) -> Iterator[ListedRow]:
    """
    The rows of the list, those of one province (two digits) or all.

    The archive is read forwards only and left as soon as the five tables are through: 140 MB of other forms follow.

    :raises ListUnavailable: a table is missing.
    """
    missing = set(TABLES)
    with tarfile.open(archive, mode="r:gz") as files:
        for entry in files:
            if entry.name in missing and (file := files.extractfile(entry)) is not None:
                missing.discard(entry.name)
                level, parent_column = TABLES[entry.name]
                yield from _rows(
                    io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), level, parent_column, province
                )
            if not missing:
                return
    raise ListUnavailable(
        "divisions.list_incomplete", _("名录文件不完整，缺少：%(tables)s。") % {"tables": "、".join(sorted(missing))}
    )


def _rows(
    table: io.TextIOWrapper, level: Level, parent_column: str | None, province: str | None
) -> Iterator[ListedRow]:
    head = next(csv.reader([table.readline()]))
    code, name = head.index("code"), head.index("name")
    parent = head.index(parent_column) if parent_column else None
    # A row begins with its code, so other provinces' rows need not be parsed.
    lines = (line for line in table if line.startswith(province)) if province and code == 0 else table
    for row in csv.reader(lines):
        if province is None or row[code].startswith(province):
            yield ListedRow(level, row[code], row[name], row[parent] if parent is not None else "")
