"""
The place of what every reading address of the API can: pages told by ``Link``, sparse fields, ETag.

A query answers with all its rows or with a page of its own; either way the next page is ``Link: <…>; rel="next"``, so that
a program needs to know one way only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from falin.kernel.refusals import Invalid

SIZE, MOST = 200, 500  # rows of an answer that is a list, unless asked; and at most
_NAMES = re.compile(r"[A-Za-z0-9_.,]{0,1000}")  # as the description says
Tree = dict[str, "Tree"]


def shaped(request: HttpRequest, data: Any) -> tuple[Any, dict[str, str]]:
    """
    What of an answer was asked for, and where the pages beside it are.

    :raises Invalid: a size, cursor or field that cannot be meant.
    """
    links: dict[str, Mapping[str, Any]] = {}
    if isinstance(data, list):
        data, links = _page(request, data)
    elif isinstance(data, dict):
        links = _links_of(data)
    fields = request.GET.get("fields", "")
    if not _NAMES.fullmatch(fields):
        raise _no_field([fields])
    if fields:
        data = _only(data, _tree(fields))
    told = ", ".join(f'<{_address(request, more)}>; rel="{rel}"' for rel, more in links.items())
    return data, {"Link": told} if told else {}


def etag_of(data: Any) -> str:
    """The mark of a thing as it stands: of all of it, whatever fields are asked for."""
    return quote_etag(hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32])


def unchanged(request: HttpRequest, response: Response, etag: str) -> HttpResponse:
    """The answer with its mark; 304 without a body for who has it already."""
    known = [one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))]
    answer = HttpResponseNotModified() if etag in known or known == ["*"] else response
    answer.headers["ETag"] = etag
    return answer


def matches(wanted: str, etag: str) -> bool:
    """Whether an ``If-Match`` names this mark."""
    return wanted.strip() == "*" or etag in {one.strip() for one in wanted.split(",")}


# ---- pages -------------------------------------------------------------------------------------------------------------
def _page(request: HttpRequest, rows: list[Any]) -> tuple[list[Any], dict[str, Mapping[str, Any]]]:
    size = _size(request.GET.get("size", ""))
    first = _after(request.GET.get("cursor", ""), rows)
    last = first + size
    if last >= len(rows):
        return rows[first:], {}
    return rows[first:last], {"next": {"cursor": _cursor(last, rows[last - 1])}}


def _size(text: str) -> int:
    if not text:
        return SIZE
    if text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST:
        return int(text)
    raise Invalid("kernel.bad_size", _("每页的行数要在 1 到 %(n)s 之间。") % {"n": MOST}, field="size")


def _mark(row: Any) -> str:
    """What a row is known by when the list has changed meanwhile."""
    own = row.get("id") if isinstance(row, dict) else None
    return hashlib.sha256(JSONRenderer().render(row if own is None else own)).hexdigest()[:16]


def _cursor(position: int, row: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([position, _mark(row)]).encode()).decode().rstrip("=")


def _after(cursor: str, rows: Sequence[Any]) -> int:
    """Right behind the row a cursor names, wherever it stands by now; behind its old position where it is gone."""
    if not cursor:
        return 0
    try:
        position, mark = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(position, int) or isinstance(position, bool) or position < 0:
            raise ValueError
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Invalid("kernel.bad_cursor", _("看不懂这个页码，请从第一页开始取。"), field="cursor") from None
    if 0 < position <= len(rows) and _mark(rows[position - 1]) == mark:
        return position
    return next((place for place, row in enumerate(rows, 1) if _mark(row) == mark), position)


def _links_of(page: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The neighbours of a page that a query made: by its cursors, its keys or its number."""
    links: dict[str, Mapping[str, Any]] = {}
    for rel, name, parameter in (("next", "after", "after"), ("prev", "before", "before"), ("next", "older", "before"),
                                 ("prev", "newer", "after")):  # fmt: skip
        if page.get(name) and isinstance(page[name], str | int):
            links[rel] = {parameter: page[name]}
    number, pages = page.get("page"), page.get("pages")
    if isinstance(number, int) and isinstance(pages, int) and number < pages:
        links["next"] = {"page": number + 1}
    return links


_PLACES = frozenset({"cursor", "after", "before", "page"})  # where one is; everything else says what one looks for


def _address(request: HttpRequest, more: Mapping[str, Any]) -> str:
    kept = [(name, value) for name, values in request.GET.lists() for value in values if name not in _PLACES]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*kept, *more.items()])}")


# ---- fields ------------------------------------------------------------------------------------------------------------
def _tree(fields: str) -> Tree:
    """``id,adviser.name`` as nested names."""
    tree: Tree = {}
    for field in fields.split(","):
        branch = tree
        for name in field.strip().split("."):
            branch = branch.setdefault(name, {})
    return tree


def _only(data: Any, tree: Tree) -> Any:
    """These fields alone; a list is gone into."""
    if not tree or data is None:
        return data
    if isinstance(data, list):
        return [_only(one, tree) for one in data]
    if not isinstance(data, dict):
        raise _no_field(tree)
    unknown = [name for name in tree if name not in data]
    if unknown:
        raise _no_field(unknown)
    return {name: _only(value, tree[name]) for name, value in data.items() if name in tree}


def _no_field(names: Iterable[str]) -> Invalid:
    return Invalid(
        "kernel.no_such_field", _("没有这个字段：%(name)s。") % {"name": next(iter(names))[:40]}, field="fields"
    )
