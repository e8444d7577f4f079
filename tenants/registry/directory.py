"""
The place of the directory of cells: which there are, where each is reached, which places it holds.

The same list lies in every cell and is brought there by an operator; no cell asks another one. The same release runs one
cell (the list is empty) or many. A tenant that moved away stays as a pointer, which says more than the list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Elsewhere, Invalid
from falin.kernel.scope import Scope
from tenants.registry import policies
from tenants.registry.models import Cell, Tenant
from tenants.registry.types import CellChange, CellInfo, State

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
_LENGTHS: Final = frozenset({2, 4, 6, 9, 12})  # of codes of places


def list_cells() -> list[CellInfo]:
    return [row.info() for row in Cell.objects.order_by("code")]


def find_cell(code: str) -> CellInfo | None:
    row = Cell.objects.filter(code=code).first()
    return row.info() if row else None


def replace_cells(*, scope: Scope, cells: Iterable[CellInfo], now: datetime) -> None:
    """
    Put another list in the place of this one, whole. A line that says what it said before keeps its day.

    :raises Invalid: a code, name, address or place is none, or two cells share a code or a place.
    """
    policies.check_may_manage(scope)
    cells = checked(cells)
    before = {cell.code: cell for cell in list_cells()}
    Cell.objects.all().delete()
    Cell.objects.bulk_create(
        Cell(code=one.code, name=one.name, address=one.address, places=list(one.places),
             since=was.since if (was := before.get(one.code)) and was.same_line(one) else now)
        for one in cells
    )  # fmt: skip
    audit.record(scope=scope, act="registry.cells.replaced", subject=("installation", settings.CELL or "-"), node_id=None,
                 now=now, after={"count": len(cells)})  # fmt: skip


def checked(cells: Iterable[CellInfo]) -> list[CellInfo]:
    """
    The lines as they would be kept.

    :raises Invalid: a code, name, address or place is none, or two cells share a code or a place.
    """
    cells = [replace(cell, name=cell.name.strip(), address=cell.address.strip().rstrip("/")) for cell in cells]
    codes, held = set[str](), dict[str, str]()
    for cell in cells:
        words = {"cell": cell.name or cell.code}
        if not _CODE.fullmatch(cell.code):
            raise _wrong(
                "no_cell_code", _("库的代码用 1 到 20 个小写字母、数字或短横：%(code)s。") % {"code": cell.code}
            )
        if cell.code in codes:
            raise _wrong("cell_twice", _("%(code)s 写了两次。") % {"code": cell.code})
        if not 1 <= len(cell.name) <= 60:
            raise _wrong("no_cell_name", _("%(code)s 要有名称，最多 60 个字。") % {"code": cell.code})
        if not _is_address(cell.address):
            raise _wrong("no_address", _("%(cell)s 的地址不对，要写成 https://主机名。") % words)
        for place in cell.places:
            if not (place.isascii() and place.isdigit() and len(place) in _LENGTHS):
                raise _wrong(
                    "no_place_code", _("%(place)s 不是区划代码（2、4、6、9 或 12 位数字）。") % {"place": place}
                )
            if held.setdefault(place, cell.code) != cell.code:
                raise _wrong("held_twice", _("%(place)s 同时写在两个库里。") % {"place": place})
        codes.add(cell.code)
    return cells


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return len(text) <= 200 and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _wrong(code: str, sentence: str) -> Invalid:
    return Invalid(f"registry.{code}", sentence, field="cells")


def read_list(text: str) -> list[CellInfo]:
    """
    The list from its file, JSON: ``[{"code", "name", "address", "places": [codes]}]``, as ``write_list`` writes it.

    :raises Invalid: it is none.
    """
    try:
        said = json.loads(text)
        return [
            CellInfo(code=str(one["code"]), name=str(one["name"]), address=str(one["address"]),
                     places=tuple(map(str, one["places"])))
            for one in said
        ]  # fmt: skip
    except (ValueError, TypeError, KeyError):
        raise _wrong("no_list", _("这不是各库的名录。要一个 JSON 列表，每项有 code、name、address、places。")) from None


def write_list(cells: Iterable[CellInfo]) -> str:
    """The list as a file, the same for every cell."""
    lines = [{"code": one.code, "name": one.name, "address": one.address, "places": list(one.places)} for one in cells]
    return json.dumps(lines, ensure_ascii=False, indent=1)


def changes(*, scope: Scope, cells: Iterable[CellInfo]) -> list[CellChange]:
    """What putting these in the place of the list would change, by code."""
    policies.check_may_manage(scope)
    old, new = ({cell.code: cell for cell in those} for those in (list_cells(), cells))
    return [
        CellChange(before=was, after=becomes)
        for was, becomes in ((old.get(code), new.get(code)) for code in sorted({*old, *new}))
        if was is None or becomes is None or not was.same_line(becomes)
    ]


def cell_holding(code: str) -> CellInfo | None:
    """The other cell that holds the place with this code, by the longest code in the list; ``None`` for our own."""
    known = [(place, cell) for cell in list_cells() for place in cell.places if code.startswith(place)]
    if not known:
        return None
    found = max(known, key=lambda one: len(one[0]))[1]
    return None if found.code == settings.CELL else found


def pointer_among(nodes: Iterable[int | None]) -> CellInfo | None:
    """The cell to which a tenant with its seat at one of these places moved."""
    rows = Tenant.objects.filter(node_id__in=[node for node in nodes if node], state=State.ELSEWHERE).order_by("kind")
    row = rows.first()  # a county before its province
    return find_cell(row.cell) if row else None


def away(cell: CellInfo | None) -> Elsewhere | None:
    """What a request for something of that cell is answered with."""
    return Elsewhere(cell.name, cell.address) if cell else None
