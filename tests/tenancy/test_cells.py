"""Each cell of the role matrix: its words, the grants it comes to, and the doors of its column."""

from __future__ import annotations

from pathlib import Path

import pytest

import services
from tenants.identity.roles import ROLES, Capability
from tenants.identity.types import Role
from tests.tenancy.cells import BESIDE, CELLS, COLUMNS, COLUMNS_OF, MAY, Cell
from tests.tenancy.doors import ONLY_FOR, Door, every_door, knock, things_of
from tests.tenancy.ground import CAST, Ground, Reader

BUILT = {path.name for path in Path(next(iter(services.__path__))).iterdir() if path.is_dir()}


def test_the_cells_are_those_of_the_matrix() -> None:
    assert [(cell.role, cell.column) for cell in CELLS] == [(role, column) for role in Role for column in COLUMNS]
    assert [str(column) for column in Capability] == list(COLUMNS)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_cell_comes_to_the_grants_it_names_or_says_what_it_waits_for(cell: Cell) -> None:
    """An empty cell has neither; a service that is built is waited for no more."""
    row = ROLES[Role(cell.role)]
    words = row.cells[Capability(cell.column)].words
    assert bool(cell.grants or cell.waits_for) == (words != "–"), words
    assert cell.waits_for not in BUILT
    assert cell.grants <= row.grants


@pytest.mark.parametrize("role", Role)
def test_a_role_holds_no_grant_that_neither_a_cell_nor_a_line_beside_the_matrix_names(role: Role) -> None:
    named = {grant for cell in CELLS if cell.role == role for grant in cell.grants}
    assert ROLES[role].grants == named | {grant for grant, roles in BESIDE.items() if role in roles}


def _doors_of(grant: str) -> list[Door]:
    """A page, an address of the API, and a write, as far as the grant opens any."""
    of_a_kind = {(door.api, door.writes): door for door in reversed(every_door()) if door.grant == grant}
    return [of_a_kind[key] for key in sorted(of_a_kind)]


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_doors_of_a_column_open_to_whom_its_cell_names_and_to_nobody_else(ground: Ground, cell: Cell) -> None:
    """A writer who is let in would do it: ``test_writes``. Exports of lists: ``tests/web/portal/test_exports.py``."""
    (reader,) = (ground.readers[label] for label in CAST if ground.readers[label].role == cell.role)
    for grant in sorted(grant for grant, columns in COLUMNS_OF.items() if cell.column in columns):
        held = cell.role in MAY[grant]
        for door in _doors_of(grant):
            if held and (door.writes or cell.role not in ONLY_FOR.get(door.name, {cell.role})):
                continue
            status = _status(ground, reader, door)
            assert (status != 403) == held, f"{cell.role} {door}: {status}"


def _status(ground: Ground, reader: Reader, door: Door) -> int:
    asked = things_of(door)
    thing = next(iter(asked.things(ground)), None) if asked else None
    return knock(ground, reader, door, thing).status
