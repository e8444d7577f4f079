"""
The place of the directory of cells: which there are, where each is reached, which places it holds.

The same list lies in every cell and is brought there by an operator; no cell asks another one. The same release runs one
cell (the list is empty) or many. A tenant that moved away stays as a pointer, which says more than the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Elsewhere, Invalid
from falin.kernel.scope import Scope
from tenants.registry import policies
from tenants.registry.models import Cell, Tenant
from tenants.registry.types import CellInfo, State


def list_cells() -> list[CellInfo]:
    return [row.info() for row in Cell.objects.order_by("code")]


def find_cell(code: str) -> CellInfo | None:
    row = Cell.objects.filter(code=code).first()
    return row.info() if row else None


def replace_cells(*, scope: Scope, cells: Iterable[CellInfo], now: datetime) -> None:
    """
    Put another list in the place of this one, whole.

    :raises Invalid: an address is none, or two cells say they hold one place.
    """
    policies.check_may_manage(scope)
    cells, held = list(cells), dict[str, str]()
    for cell in cells:
        if urlsplit(cell.address).scheme not in {"http", "https"} or not urlsplit(cell.address).hostname:
            raise Invalid("registry.no_address", _("%(cell)s 的地址不对，要写成 https://主机名。") % {"cell": cell.name},
                          field="cells")  # fmt: skip
        for place in cell.places:
            if held.setdefault(place, cell.code) != cell.code:
                raise Invalid(
                    "registry.held_twice", _("%(place)s 同时写在两个库里。") % {"place": place}, field="cells"
                )
    Cell.objects.all().delete()
    Cell.objects.bulk_create(
        Cell(code=one.code, name=one.name, address=one.address.rstrip("/"), places=list(one.places)) for one in cells
    )
    audit.record(scope=scope, act="registry.cells.replaced", subject=("installation", settings.CELL or "-"), node_id=None,
                 now=now, after={"count": len(cells)})  # fmt: skip


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
