"""
The place of orders: which column a list stands by, as the address says it (``sort=name``, ``sort=-name``), and the turning
of its pages by key.

A list names its orders once. Its page, its address of the API, its export and a view kept of it ask by the same word, so
they show the same rows in the same order. What is no order is none: the list stands as it does by itself.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

LONGEST: Final = 600  # of a cursor, in characters
Order = tuple[str, ...]  # fields as ``order_by`` takes them; the last one tells rows apart that are alike in the others
M = TypeVar("M", bound=Model)
T = TypeVar("T")


def named(sort: str, keys: Collection[str]) -> str:
    """The order asked for; "" where it is none of these."""
    return sort if sort.removeprefix("-") in keys else ""


def either_way(keys: Collection[str]) -> list[str]:
    """Everything ``sort`` may be: each key, and each the other way round."""
    return [way + key for key in keys for way in ("", "-")]


def in_order(rows: Iterable[T], sort: str, keys: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """Rows held in memory by one of the keys; those alike in it stay as they stood."""
    asked = named(sort, keys)
    return sorted(rows, key=keys[asked.removeprefix("-")], reverse=asked.startswith("-")) if asked else list(rows)


def order_of(sort: str, orders: Mapping[str, Order]) -> Order:
    """The fields a list of the database stands by; by the first of its orders where none is asked for."""
    asked = named(sort, orders)
    order = orders[asked.removeprefix("-")] if asked else next(iter(orders.values()))
    return turned_round(order) if asked.startswith("-") else order


def turned_round(order: Order) -> Order:
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned(Generic[M]):
    """One page, by key; ``after`` and ``before`` are the cursors of its neighbours, "" at the ends."""

    rows: list[M]
    after: str = ""
    before: str = ""


def turn(rows: QuerySet[M], order: Order, *, after: str = "", before: str = "", size: int) -> Turned[M]:
    """
    The page that begins after one cursor or ends before the other, of rows in an order whose fields are never null.

    A cursor holds what its row stands by, so a page deep in costs what the first one does, and rows that come and go
    meanwhile neither double nor hide others. One that was made in another order, or not here, is the first page.
    """
    start, stop = _values(rows, order, after), _values(rows, order, before)
    if stop:
        back = turned_round(order)
        found = list(rows.filter(_beyond(back, stop)).order_by(*back)[: size + 1])
        shown, has_before, has_after = found[:size][::-1], len(found) > size, True
    else:
        cut = rows.filter(_beyond(order, start)) if start else rows
        found = list(cut.order_by(*order)[: size + 1])
        shown, has_before, has_after = found[:size], bool(start), len(found) > size
    return Turned(
        rows=shown, after=cursor_of(shown[-1], order) if shown and has_after else "",
        before=cursor_of(shown[0], order) if shown and has_before else "",
    )  # fmt: skip


def ahead_of(rows: QuerySet[M], order: Order, row: M) -> QuerySet[M]:
    """The rows that stand before one, to be counted."""
    return rows.filter(_beyond(turned_round(order), [getattr(row, _field(name)) for name in order]))


def cursor_of(row: Model, order: Order) -> str:
    """Where the next page begins if this row was the last."""
    said = [",".join(order), *(str(getattr(row, _field(name))) for name in order)]
    return urlsafe_b64encode(json.dumps(said, ensure_ascii=False).encode()).decode().rstrip("=")


def _field(name: str) -> str:
    return name.removeprefix("-")


def _beyond(order: Order, values: Sequence[Any]) -> Q:
    """What comes after these values in an order; its first part is where an index begins."""
    alike, found = Q(), Q()
    for name, value in zip(order, values, strict=True):
        found |= alike & Q(**{f"{_field(name)}__{_way(name)}": value})
        alike &= Q(**{_field(name): value})
    return Q(**{f"{_field(order[0])}__{_way(order[0])}e": values[0]}) & found


def _way(name: str) -> str:
    return "lt" if name.startswith("-") else "gt"


def _values(rows: QuerySet[Any], order: Order, cursor: str) -> list[Any] | None:
    """What a cursor stands for; ``None`` for one that was not made here, or in another order."""
    try:
        said = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(said, list) or said[:1] != [",".join(order)] or len(said) != len(order) + 1:
            return None
        if any(not isinstance(value, str) or b"\0" in value.encode() for value in said):
            return None
        return [_type(rows, _field(name)).to_python(value) for name, value in zip(order, said[1:], strict=True)]
    except (ValueError, ValidationError, RecursionError):
        return None


def _type(rows: QuerySet[Any], name: str) -> Any:
    computed = rows.query.annotations.get(name)
    return computed.output_field if computed is not None else rows.model._meta.get_field(name)
