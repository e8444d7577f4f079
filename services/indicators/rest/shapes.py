"""The shapes of the API of figures. Shares come with their numerator and denominator, so that they can be added up."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from falin.kernel.periods import Month
from falin.kernel.rest.fields import Cursor, Sort
from services.indicators import queries, rules
from services.indicators.types import (
    LinePage,
    PlaceFigures,
    PlaceTally,
    Rank,
    Ratio,
    RunInfo,
    Tally,
    Turn,
)
from tenants.divisions.types import Division, Level, View

MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


def _is_a_month(text: str) -> None:
    try:
        Month.parse(text)
    except ValueError:
        raise serializers.ValidationError(_("月份不对，请从列表里选一个月。")) from None


class MonthAsked(serializers.Serializer[Any]):
    """``month`` as 2026-10; without it the latest that was published."""

    month = serializers.RegexField(MONTH, required=False, help_text="2026-10", validators=[_is_a_month])

    def asked(self) -> Month | None:
        text = self.validated_data.get("month")
        return Month.parse(text) if text else None


class ViewAsked(serializers.Serializer[Any]):
    """``view``: in which tree."""

    view = serializers.ChoiceField(
        choices=[view.value for view in View], default=View.AS_WAS.value,
        help_text="as_was: the tree of the month, as published; as_is: today's tree, through lineage",
    )  # fmt: skip

    def view_asked(self) -> View:
        return View(self.validated_data["view"])


class FiguresAsked(ViewAsked, MonthAsked):
    pass


class LinesAsked(MonthAsked):
    after = Cursor("a page's ``after``: the next one")
    before = Cursor("likewise the one before")
    page = serializers.IntegerField(min_value=1, max_value=100_000, default=1, help_text="by its number; slower far in")
    size = serializers.IntegerField(min_value=1, max_value=500, default=50)
    sort = Sort(queries.LINE_ORDERS)

    def turn(self) -> Turn:
        return Turn(**{name: self.validated_data[name] for name in ("after", "before", "page", "size", "sort")})


class RankingAsked(ViewAsked):
    month = serializers.RegexField(MONTH, validators=[_is_a_month])
    level = serializers.ChoiceField(choices=[level.value for level in Level if level > Level.PROVINCE])


class PublishAsked(serializers.Serializer[Any]):
    month = serializers.RegexField(MONTH, validators=[_is_a_month])


class PlaceShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    level = serializers.IntegerField(min_value=1, max_value=5)
    code = serializers.CharField()
    name = serializers.CharField()


class ShareShape(serializers.Serializer[Any]):
    part = serializers.IntegerField()
    whole = serializers.IntegerField()
    percent = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)


class TallyShape(serializers.Serializer[Any]):
    communities = serializers.IntegerField()
    covered = serializers.IntegerField()
    missing = serializers.IntegerField()
    urban = serializers.IntegerField()
    urban_covered = serializers.IntegerField()
    pairs = serializers.IntegerField()
    required_minutes = serializers.IntegerField()
    minutes = serializers.IntegerField()
    met = serializers.IntegerField()
    visits = serializers.IntegerField()
    lectures = serializers.IntegerField()
    coverage = ShareShape()
    hours_met = ShareShape()


class PlaceTallyShape(serializers.Serializer[Any]):
    place = PlaceShape()
    tally = TallyShape(allow_null=True)


class RankShape(PlaceTallyShape):
    rank = serializers.IntegerField(allow_null=True)


class MonthTallyShape(serializers.Serializer[Any]):
    month = serializers.CharField()
    tally = TallyShape()


class PublishedShape(serializers.Serializer[Any]):
    as_of = serializers.DateField()
    first_as_of = serializers.DateField()
    published_at = serializers.DateTimeField()
    first_published_at = serializers.DateTimeField(help_text="of the county that published first")
    edition = serializers.IntegerField()
    restated = serializers.IntegerField()


class FiguresShape(serializers.Serializer[Any]):
    place = PlaceShape()
    path = PlaceShape(many=True)
    month = serializers.CharField(allow_null=True)
    months = serializers.ListField(child=serializers.CharField())
    tally = TallyShape(allow_null=True)
    published = PublishedShape(allow_null=True)
    children = PlaceTallyShape(many=True)
    series = MonthTallyShape(many=True)
    expected = serializers.IntegerField()
    reported = serializers.IntegerField()
    view = serializers.ChoiceField(choices=[view.value for view in View])
    estimated = serializers.IntegerField(help_text="communities divided by a share that nobody counted")


class MonthsShape(serializers.Serializer[Any]):
    months = serializers.ListField(child=serializers.CharField())


class CountiesShape(serializers.Serializer[Any]):
    counties = PlaceTallyShape(many=True)


class RankingShape(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    rows = RankShape(many=True)


class LineShape(serializers.Serializer[Any]):
    visit_id = serializers.UUIDField()
    place = PlaceShape(allow_null=True)
    on_day = serializers.DateField()
    minutes = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["visit", "lecture"])
    adviser_name = serializers.CharField()


class LinesShape(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    minutes = serializers.IntegerField()
    lectures = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    after = serializers.CharField(help_text="Cursor for the next page; empty at the end.")
    before = serializers.CharField(help_text="Cursor for the page before; empty at the beginning.")
    rows = LineShape(many=True)


class HomeShape(serializers.Serializer[Any]):
    places = PlaceShape(many=True)


class RunShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    month = serializers.CharField()
    as_of = serializers.DateField()
    computed_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    fresh = serializers.BooleanField()


def place(found: Division) -> dict[str, Any]:
    return {"id": found.id, "level": int(found.level), "code": found.code, "name": found.name}


def share(ratio: Ratio) -> dict[str, Any]:
    value = rules.percent(ratio)
    return {"part": ratio.part, "whole": ratio.whole, "percent": None if value is None else str(value)}


def tally(found: Tally | None) -> dict[str, Any] | None:
    if found is None:
        return None
    counts = {name: getattr(found, name) for name in Tally.__slots__}
    shares = {"coverage": share(found.coverage), "hours_met": share(found.hours_met)}
    return {**counts, "missing": found.missing, **shares}


def place_tally(found: PlaceTally | Rank) -> dict[str, Any]:
    return {"place": place(found.place), "tally": tally(found.tally)}


def rank(found: Rank) -> dict[str, Any]:
    return {**place_tally(found), "rank": found.rank}


def figures(found: PlaceFigures) -> dict[str, Any]:
    published = found.published
    return {
        "place": place(found.place),
        "path": [place(above) for above in found.path],
        "month": str(found.month) if found.month else None,
        "months": [str(month) for month in found.months],
        "tally": tally(found.tally),
        "published": {name: getattr(published, name) for name in published.__slots__} if published else None,
        "children": [place_tally(child) for child in found.children],
        "series": [{"month": str(each.month), "tally": tally(each.tally)} for each in found.series],
        "expected": found.expected,
        "reported": found.reported,
        "view": found.view,
        "estimated": found.estimated,
    }


def lines(found: LinePage) -> dict[str, Any]:
    rows = [
        {"visit_id": line.visit_id, "place": place(line.place) if line.place else None, "on_day": line.on_day,
         "minutes": line.minutes, "kind": line.kind, "adviser_name": line.adviser_name}
        for line in found.rows
    ]  # fmt: skip
    return {"total": found.total, "minutes": found.minutes, "lectures": found.lectures, "page": found.page,
            "pages": found.pages, "after": found.after, "before": found.before, "rows": rows}  # fmt: skip


def run(found: RunInfo) -> dict[str, Any]:
    return {"id": found.id, "month": str(found.month), "as_of": found.as_of, "computed_at": found.computed_at,
            "published_at": found.published_at, "fresh": found.fresh}  # fmt: skip
