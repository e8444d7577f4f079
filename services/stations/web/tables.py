"""The list of stations: its columns, and its rows for a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats
from falin.kernel.scope import Scope
from falin.ui.tables import SORT, STEP, Column, Step, Table
from services.stations import policies, queries
from services.stations.rules import TIER_LABELS, opening_words
from services.stations.types import StationFilters, StationRow, Tier, View
from services.stations.web.forms import FilterForm

VIEW_LABELS = {
    View.OPEN: gettext_lazy("开放的"), View.NO_POSITION: gettext_lazy("没有位置"), View.CLOSED: gettext_lazy("已关闭"),
}  # fmt: skip


def filter_form(scope: Scope, asked: QueryDict) -> FilterForm:
    form = FilterForm(asked, streets=[(street.id, street.name) for street in queries.list_own_streets(scope=scope)])
    form.is_valid()  # what cannot be meant is left out, the rest still counts
    return form


def filters_of(form: FilterForm) -> StationFilters:
    asked = form.cleaned_data
    return StationFilters(text=asked.get("q") or "", tier=Tier(asked["tier"]) if asked.get("tier") else None,
                          street_id=asked.get("street"), view=View(asked.get("view") or ""))  # fmt: skip


def _stations(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    filters = filters_of(filter_form(scope, asked))
    page = queries.list_stations(scope=scope, filters=filters, after=after, size=STEP, sort=asked.get(SORT, ""))
    return Step(rows=page.rows, after=page.after, total=page.total)


def _asked(scope: Scope, asked: QueryDict, now: datetime) -> list[tuple[Any, str]]:
    form = filter_form(scope, asked)
    filters = filters_of(form)
    words = {"q": filters.text, "tier": str(TIER_LABELS[filters.tier]) if filters.tier else ""}
    if "street" in form.fields:
        words["street"] = dict(form.fields["street"].choices).get(filters.street_id, "")  # type: ignore[attr-defined]
    said = [(form.fields[name].label, text) for name, text in words.items() if text]
    return [*said, (_("查看"), str(VIEW_LABELS[filters.view]))]


def place_words(row: StationRow) -> str:
    return f"{row.above} {row.place}".strip()


def _state(row: StationRow) -> str:
    station = row.station
    if station.closed_on is None:
        return _("开放")
    return _("%(day)s关闭：%(why)s") % {"day": formats.day(station.closed_on), "why": station.closed_why}


STATIONS: Final = Table(
    name="stations", title=gettext_lazy("服务站点"), grant=policies.READ, step=_stations, filters=_asked, order="tier",
    columns=(
        Column(key="name", label=gettext_lazy("站点"), value=lambda row: row.station.content.name, sorts=True),
        Column(key="place", label=gettext_lazy("设在"), value=place_words, small=True),
        Column(key="tier", label=gettext_lazy("层级"), value=lambda row: str(TIER_LABELS[row.station.tier]), sorts=True),
        Column(key="address", label=gettext_lazy("地址"), value=lambda row: row.station.content.address),
        Column(key="phone", label=gettext_lazy("电话"), value=lambda row: row.station.content.phone or _("没有写")),
        Column(key="opening", label=gettext_lazy("开放时间"),
               value=lambda row: _("；").join(opening_words(row.station.content.opening))),
        Column(key="wheelchair", label=gettext_lazy("轮椅"),
               value=lambda row: _("进得去") if row.station.content.wheelchair else _("进不去")),
        Column(key="opened", label=gettext_lazy("开放日期"),
               value=lambda row: formats.day(row.station.content.opened_on), sorts=True),
        Column(key="state", label=gettext_lazy("状态"), value=_state),
    ),
)  # fmt: skip
TABLES: Final = (STATIONS,)
