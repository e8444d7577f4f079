"""
The place of lists as tables: which columns a list has, which of them the reader chose, by which its rows stand, and its
rows for a file.

Each list is declared once, by the service whose it is; the page's head, the choice of columns, what a saved view keeps and
the export all follow from that (``declare``, wired by the composition root).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, Final, TypeVar
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from falin.kernel import formats, sorting
from falin.kernel.scope import Scope
from falin.kernel.sheets.writing import CSV, XLSX, Value, write_csv, write_xlsx
from falin.ui.figures import Pager

WITH_A_SECOND: Final = frozenset({"lists.export"})  # what is taken home once a second person said yes (decision 47)
CHOSEN: Final = "col"  # in the address, once for each column that is shown; none: all are
SORT: Final = "sort"  # in the address: the column the rows stand by, with - before it the other way round
STEP: Final = 500
FORMATS: Final = {"csv": CSV, "xlsx": XLSX}  # what a list is taken home as
PAGE: Final = 100  # rows of a list held in memory that one page shows; as many as one reminds at once
_WHERE_ONE_STANDS: Final = ("after", "before", "page")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    :param value: what a row says here, as on the page.
    :param small: it stands small below another column on the page, and is a column of its own in a file.
    :param sorts: its head sorts the list; the list's query knows the order by the column's key.
    :param unit: what its numbers are in: the page writes it with each, a file once, in the head.
    """

    key: str
    label: Any
    value: Callable[[Any], Value]
    numeric: bool = False
    small: bool = False
    sorts: bool = False
    unit: Any = ""

    @property
    def head(self) -> str:
        """Its head in a file."""
        return _("%(column)s（%(unit)s）") % {"column": self.label, "unit": self.unit} if self.unit else str(self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Some rows of a list in its order; ``after`` is where the next ones begin, "" at the end."""

    rows: Sequence[Any]
    after: str = ""
    total: int = 0  # where it is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    :param grant: who reads the list.
    :param export: who of them takes it home as a file: rows of a body where nothing else is said.
    :param step: ``(scope, what the address asks, after, now)``: the rows the page shows for it, a step at a time.
    :param filters: ``(scope, what the address asks, now)``: its filters in words, each with its label.
    :param order: the order it has by itself, where that is one of its columns'.
    """

    name: str
    title: Any
    grant: str
    columns: tuple[Column, ...]
    step: Callable[[Scope, QueryDict, str, datetime], Step]
    export: str = "lists.export"
    filters: Callable[[Scope, QueryDict, datetime], Sequence[tuple[Any, str]]] = lambda scope, asked, now: ()
    order: str = ""

    @property
    def asks_a_second(self) -> bool:
        """Whether a second person confirms each file of it."""
        return self.export in WITH_A_SECOND

    def chosen(self, asked: QueryDict) -> tuple[Column, ...]:
        """The first one always, and those the address names; all of them where it names none."""
        named = {column.key for column in self.columns[1:]} & set(asked.getlist(CHOSEN))
        return tuple(one for one in self.columns if not named or one is self.columns[0] or one.key in named)

    @property
    def sorts(self) -> tuple[str, ...]:
        """The columns it can stand by."""
        return tuple(column.key for column in self.columns if column.sorts)

    def shown(self, asked: QueryDict) -> Shown:
        chosen = self.chosen(asked)
        return Shown(table=self, heads=tuple(one for one in chosen if not one.small),
                     has={one.key: one in chosen for one in self.columns},
                     sort=sorting.named(asked.get(SORT, ""), self.sorts))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A table as one reader has it: the heads of its columns, which of them there are, and the order he asked for."""

    table: Table
    heads: tuple[Column, ...]
    has: dict[str, bool] = field(default_factory=dict)
    sort: str = ""


_tables: dict[str, Table] = {}


def declare(*tables: Table) -> None:
    for table in tables:
        _tables[table.name] = table


def find(name: str) -> Table | None:
    return _tables.get(name)


def every() -> tuple[Table, ...]:
    return tuple(_tables.values())


def write(
    to: IO[bytes], file_format: str, *, title: str, columns: Iterable[Column], cells: Iterable[Sequence[Value]]
) -> None:  # fmt: skip
    """Rows as a file of one of the ``FORMATS``, under the heads of their columns."""
    heads = [column.head for column in columns]
    if file_format == "csv":
        write_csv(to, heads, cells)
    else:
        write_xlsx(to, title[:31], heads, cells)


def turned(asked: QueryDict, **changes: str) -> str:
    """The address of the same list with something else asked, from its first page on; an empty change takes out."""
    kept = [(name, one) for name, values in asked.lists() for one in values
            if name not in changes and name not in _WHERE_ONE_STANDS and one]  # fmt: skip
    return "?" + urlencode(kept + [(name, value) for name, value in changes.items() if value])


def leaf(rows: Sequence[T], asked: QueryDict) -> tuple[Sequence[T], Pager | None]:
    """The page the address names (``?page=2``) of rows held in memory, and the way to its neighbours."""
    before, pager = leaf_of(len(rows), asked, size=PAGE)
    return rows[before : before + PAGE], pager


def leaf_of(count: int, asked: QueryDict, *, size: int) -> tuple[int, Pager | None]:
    """
    How many of so many rows lie before the page the address names, and the way to its neighbours; none where all fit on one.

    What is no page is the first one, and what lies behind the last is the last one.
    """
    number = asked.get("page", "")
    last = max(0, count - 1) // size + 1
    right = number.isascii() and number.isdecimal() and len(number) < 9
    here = min(max(int(number), 1), last) if right else 1
    before = (here - 1) * size
    if last == 1:
        return before, None
    words = {"first": before + 1, "last": min(before + size, count), "all": count}
    return before, Pager(
        shown=_("第 %(first)s–%(last)s 条，共 %(all)s 条")
        % {key: formats.number(value) for key, value in words.items()},
        previous_url=turned(asked, page=str(here - 1) if here > 2 else "") if here > 1 else "",
        next_url=turned(asked, page=str(here + 1)) if here < last else "",
    )
