"""Two changes of the small world's places, each by a reviewed update: a county merges into its neighbour, one is split."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tenants.divisions.types import Level, ListedRow
from tests.app.divisions.test_update import carry_through, prepare
from tests.world import PLACES, World, rows

DAY = date(2026, 11, 10)


def _recoded(codes: Mapping[str, str], *more: ListedRow, gone: tuple[str, ...] = ()) -> list[ListedRow]:
    found = []
    for row in rows():
        new = next((new + row.code[len(old) :] for old, new in codes.items() if row.code.startswith(old)), row.code)
        parent = new[: {4: 2, 6: 4, 9: 6, 12: 9}.get(len(new), 0)]
        if row.code not in gone:
            found.append(row._replace(code=new, parent_code=parent))
    return [*found, *more]


def merge_into_west(world: World) -> None:
    """上城区 is abolished; its two streets with all below go to 西湖区."""
    listed = _recoded({"330102001": "330106101", "330102002": "330106102"}, gone=("330102",))
    carry_through(world, prepare(world, listed, DAY))


def split_off_river(world: World) -> None:
    """双浦镇 of 西湖区 becomes, with all below it, a district of its own: 之江区."""
    listed = _recoded({"330106109": "330114109"}, ListedRow(Level.COUNTY, "330114", "之江区", "3301"))
    carry_through(world, prepare(world, listed, DAY))


assert PLACES["330106109"] == "双浦镇"
