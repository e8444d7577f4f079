"""The lists of advisers, vacancies and firms: their columns, and their rows for a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from falin.ui.tables import SORT, STEP, Column, Step, Table
from services.advisers import policies, queries
from services.advisers.types import AdviserFilters, Gap, StreetSquares, View
from services.advisers.web import presenting
from services.advisers.web.forms import FilterForm


def filter_form(asked: QueryDict, streets: list[tuple[int, str]]) -> FilterForm:
    form = FilterForm(asked, streets=streets)
    form.is_valid()  # what cannot be meant is left out, the rest still counts
    return form


def filters_of(form: FilterForm) -> AdviserFilters:
    asked = form.cleaned_data
    return AdviserFilters(
        text=asked.get("q") or "", street_id=asked.get("street"), specialty=asked.get("specialty") or "",
        view=View(asked.get("view") or ""),
    )  # fmt: skip


def street_choices(streets: Iterable[StreetSquares]) -> list[tuple[int, str]]:
    return [(item.street_id, item.name) for item in streets if item.street_id]


def _advisers(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    streets = street_choices(queries.coverage_squares(scope=scope, on=legal_day(now)))
    filters = filters_of(filter_form(asked, streets))
    page = queries.list_advisers(scope=scope, on=legal_day(now), filters=filters, after=after, size=STEP,
                                 sort=asked.get(SORT, ""))  # fmt: skip
    return Step(
        rows=[presenting.shown_row(row, legal_day(now)) for row in page.rows], after=page.after, total=page.total
    )


def _asked_of_advisers(scope: Scope, asked: QueryDict, now: datetime) -> list[tuple[Any, str]]:
    streets = street_choices(queries.coverage_squares(scope=scope, on=legal_day(now)))
    form = filter_form(asked, streets)
    filters = filters_of(form)
    words = {"street": dict(streets).get(filters.street_id or 0, ""), "q": filters.text,
             "specialty": _(filters.specialty) if filters.specialty else ""}  # fmt: skip
    said = [(form.fields[name].label, words[name]) for name in ("street", "specialty", "q") if words[name]]
    return [*said, (_("查看"), str(presenting.VIEW_LABELS[filters.view]))] if filters.view else said


def _vacancies(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    found = queries.list_gaps(scope=scope, on=legal_day(now), sort=asked.get(SORT, ""))
    return Step(rows=[(gap, presenting.gap_since(gap.vacant_since, legal_day(now))) for gap in found], total=len(found))


def _firms(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    page = queries.list_firms(
        scope=scope, text=asked.get("q", "")[:40], after=after, size=STEP, sort=asked.get(SORT, "")
    )
    return Step(rows=page.rows, after=page.after, total=page.total)


def _asked_of_firms(scope: Scope, asked: QueryDict, now: datetime) -> list[tuple[Any, str]]:
    text = asked.get("q", "")[:40]
    return [(_("名称"), text)] if text else []


def _reason(row: tuple[Gap, Any]) -> str:
    gap = row[0]
    return f"{presenting.gap_reason(gap)} {gap.note}".strip() if gap.reason else _("没有写明")


ADVISERS: Final = Table(
    name="advisers", title=gettext_lazy("法律顾问"), grant=policies.READ, step=_advisers,
    filters=_asked_of_advisers, order="name",
    columns=(
        Column(key="name", label=gettext_lazy("顾问"), value=lambda row: row.name, sorts=True),
        Column(key="firm", label=gettext_lazy("律所"), value=lambda row: row.firm, small=True),
        Column(key="specialties", label=gettext_lazy("专长"), value=lambda row: row.specialties or _("没有写")),
        Column(key="seats", label=gettext_lazy("社区数"), value=lambda row: row.seats, numeric=True),
        Column(key="communities", label=gettext_lazy("服务的社区"), value=lambda row: row.communities or _("还没有")),
        Column(key="state", label=gettext_lazy("状态"), value=lambda row: f"{row.words} {row.until}".strip()),
    ),
)  # fmt: skip
VACANCIES: Final = Table(
    name="vacancies", title=gettext_lazy("没有顾问的社区"), grant=policies.READ, step=_vacancies,
    columns=(
        Column(key="community", label=gettext_lazy("社区"), value=lambda row: row[0].name, sorts=True),
        Column(key="street", label=gettext_lazy("街镇"), value=lambda row: row[0].street, small=True),
        Column(key="since", label=gettext_lazy("空了多久"), value=lambda row: row[1], sorts=True),
        Column(key="reason", label=gettext_lazy("原因"), value=_reason, sorts=True),
    ),
)  # fmt: skip
FIRMS: Final = Table(
    name="firms", title=gettext_lazy("律所和法律服务所"), grant=policies.READ, step=_firms, filters=_asked_of_firms,
    order="name",
    columns=(
        Column(key="name", label=gettext_lazy("名称"), value=lambda row: row.name, sorts=True),
        Column(key="code", label=gettext_lazy("统一社会信用代码"), value=lambda row: row.credit_code or _("没有写")),
        Column(key="phone", label=gettext_lazy("办公电话"), value=lambda row: row.phone or _("没有写")),
        Column(key="advisers", label=gettext_lazy("全省登记的顾问"), value=lambda row: row.advisers, numeric=True,
               sorts=True),
    ),
)  # fmt: skip
TABLES: Final = (ADVISERS, VACANCIES, FIRMS)
