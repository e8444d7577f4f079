"""Doors of the API of figures: the same queries and the same command as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from falin.kernel.clock import now
from falin.kernel.periods import Month
from falin.kernel.refusals import Missing
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from services.indicators import queries
from services.indicators.commands import publish_month
from services.indicators.rest import shapes
from tenants.divisions.types import Level, View

READ = {"GET": "figures.read"}


def _checked(asked: Serializer[Any]) -> Any:
    asked.is_valid(raise_exception=True)
    return asked


def _month_of(scope: Scope, node_id: int, asked: Month | None, view: View = View.AS_WAS) -> Month:
    """The month asked for, or the latest that was published for the place."""
    if asked is not None:
        return asked
    months = queries.list_months(scope=scope, node_id=node_id, view=view)
    if not months:
        raise Missing("indicators.nothing_published", _("这个地方还没有发布过。"))
    return months[-1]


class HomeView(DoorView):
    """The places one's figures begin at."""

    door_grants: ClassVar[dict[str, str]] = READ

    @extend_schema(operation_id="figures_home", responses=shapes.HomeShape)
    def get(self, request: Request, scope: Scope) -> Response:
        return Response({"places": [shapes.place(place) for place in queries.own_places(scope)]})


class PlaceView(DoorView):
    """A place in one month, what lies one step below it, and the months before."""

    door_grants: ClassVar[dict[str, str]] = READ

    @extend_schema(operation_id="figures_place", parameters=[shapes.FiguresAsked], responses=shapes.FiguresShape)
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        asked = _checked(shapes.FiguresAsked(data=request.query_params.dict()))
        found = queries.place_figures(scope=scope, node_id=node_id, month=asked.asked(), view=asked.view_asked())
        return Response(shapes.figures(found))


class MonthsView(DoorView):
    """The months published for a place."""

    door_grants: ClassVar[dict[str, str]] = READ

    @extend_schema(operation_id="figures_months", parameters=[shapes.ViewAsked], responses=shapes.MonthsShape)
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        view = _checked(shapes.ViewAsked(data=request.query_params.dict())).view_asked()
        months = queries.list_months(scope=scope, node_id=node_id, view=view)
        return Response({"months": [str(month) for month in months]})


class RankingView(DoorView):
    """The places of one level below a place by coverage, most behind first."""

    door_grants: ClassVar[dict[str, str]] = READ

    @extend_schema(operation_id="figures_ranking", parameters=[shapes.RankingAsked], responses=shapes.RankingShape)
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        asked = _checked(shapes.RankingAsked(data=request.query_params.dict()))
        month, level = Month.parse(asked.validated_data["month"]), Level(int(asked.validated_data["level"]))
        found = queries.ranking(scope=scope, node_id=node_id, month=month, level=level, view=asked.view_asked())
        return Response({"total": found.total, "rows": [shapes.rank(row) for row in found.rows]})


class CountiesView(DoorView):
    """Every county body below a place: what a map is coloured by."""

    door_grants: ClassVar[dict[str, str]] = READ

    @extend_schema(operation_id="figures_counties", parameters=[shapes.FiguresAsked], responses=shapes.CountiesShape)
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        asked = _checked(shapes.FiguresAsked(data=request.query_params.dict()))
        month, view = _month_of(scope, node_id, asked.asked(), asked.view_asked()), asked.view_asked()
        found = queries.county_values(scope=scope, node_id=node_id, month=month, view=view)
        return Response({"counties": [shapes.place_tally(row) for row in found]})


class VisitsView(DoorView):
    """The published visits behind a community's figure."""

    door_grants: ClassVar[dict[str, str]] = {"GET": "visits.published"}

    @extend_schema(operation_id="figures_visits", parameters=[shapes.LinesAsked], responses=shapes.LinesShape)
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        asked = _checked(shapes.LinesAsked(data=request.query_params.dict()))
        month = _month_of(scope, node_id, asked.asked())
        found = queries.visit_lines(scope=scope, node_id=node_id, month=month, turn=asked.turn())
        return Response(shapes.lines(found))


class OwnVisitsView(DoorView):
    """A firm's or an adviser's own published visits."""

    door_grants: ClassVar[dict[str, str]] = READ

    @extend_schema(operation_id="figures_own_visits", parameters=[shapes.LinesAsked], responses=shapes.LinesShape)
    def get(self, request: Request, scope: Scope) -> Response:
        asked = _checked(shapes.LinesAsked(data=request.query_params.dict()))
        months = queries.list_own_months(scope=scope)
        month = asked.asked() or (months[-1] if months else Month.of(now()))
        return Response(shapes.lines(queries.firm_lines(scope=scope, month=month, turn=asked.turn())))


class PublishView(DoorView):
    """Roll up a month of one's own county and have it published; a second time without changes does nothing."""

    door_grants: ClassVar[dict[str, str]] = {"POST": "figures.publish"}
    door_step_up: ClassVar[dict[str, int]] = {"POST": 2}

    @extend_schema(operation_id="figures_publish", request=shapes.PublishAsked, responses={202: shapes.RunShape})
    def post(self, request: Request, scope: Scope, node_id: int) -> Response:
        asked = _checked(shapes.PublishAsked(data=request.data)).validated_data
        if node_id not in scope.roots:
            raise Missing("indicators.missing", _("没有这个地方，或者不在您的范围内。"))
        run = publish_month(scope=scope, month=Month.parse(asked["month"]), now=now())
        return Response(shapes.run(run), status=202)
