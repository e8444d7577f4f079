"""How published visit lines are shown, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from falin.kernel import formats
from falin.ui.figures import Pager
from falin.ui.tables import turned
from services.indicators.types import LinePage, PublishedLine


def kind_words(kind: str) -> str:
    return pgettext("类别", "讲座") if kind == "lecture" else _("到点服务")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    line: PublishedLine
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    rows: tuple[ShownLine, ...]
    total: int
    minutes: int
    lectures: int
    pager: Pager | None


def shown(found: LinePage, query: QueryDict) -> Shown:
    """The lines of one page of the list; ``query`` keeps the month when one turns over."""
    return Shown(
        rows=tuple(ShownLine(line=line, kind=kind_words(line.kind)) for line in found.rows),
        total=found.total, minutes=found.minutes, lectures=found.lectures,
        pager=_pager(found, query) if found.after or found.before else None,
    )  # fmt: skip


def _pager(found: LinePage, query: QueryDict) -> Pager:
    first = (found.page - 1) * found.size + 1
    text = _("第 %(first)s–%(last)s 条，共 %(all)s 条") % {
        "first": formats.number(first), "last": formats.number(first + len(found.rows) - 1),
        "all": formats.number(found.total),
    }  # fmt: skip
    return Pager(
        shown=text,
        previous_url=turned(query, before=found.before) if found.before else "",
        next_url=turned(query, after=found.after) if found.after else "",
    )
