"""Duty for programs, and for the phone that sends what it kept while there was no network."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from falin.kernel.clock import now
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.rest import DoorView, TextParser
from falin.kernel.scope import Scope
from services.duty import commands, queries
from services.duty.rest.serializers import (
    BehindAsked,
    BehindOut,
    BookMonthOut,
    CorrectionIn,
    MonthIn,
    MyMonthOut,
    MyPlaceOut,
    OutcomeOut,
    ReminderOut,
    RemindIn,
    RemindManyIn,
    SentOut,
    TakeBackIn,
    TakenBackOut,
    TokenOut,
    VisitIn,
    VisitOut,
    VisitsAsked,
    WhyIn,
)
from services.duty.types import Cut, VisitInfo
from tenants.identity.api import phone_key, runs_out_at

MONTH = OpenApiParameter("month", OpenApiTypes.STR, description="2026-11; this month where it is left out")
_PARSERS: list[type[BaseParser]] = [TextParser, MultiPartParser]


def _month(request: Request) -> Month:
    text = request.query_params.get("month", "")
    try:
        return Month.parse(text) if text else Month.of(now())
    except ValueError:
        raise Invalid("duty.no_such_month", _("月份要写成 2026-11 这样。"), field="month") from None


def _asked(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = kind(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    data: dict[str, Any] = asked.validated_data
    return data


class Token(DoorView):
    """Who is signed in; a fresh token for what is sent next, and the phone's key. Says 401 where the session is over."""

    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.log"}

    @extend_schema(responses=TokenOut, operation_id="duty_token")
    def get(self, request: Request, scope: Scope) -> Response:
        token = get_token(request._request)
        key, until = ("", now()) if self.by_token else (phone_key(scope.person_id), runs_out_at(request._request))
        said = {
            "person": scope.person_id,
            "tenant": scope.tenant_id,
            "csrf": token,
            "key": key,
            "until": until.timestamp(),
        }
        return Response(TokenOut(said).data)


class Visits(DoorView):
    """The adviser's own visits."""

    parser_classes = _PARSERS
    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.own", "POST": "duty.log"}

    @extend_schema(parameters=[MONTH, VisitsAsked], responses=VisitOut(many=True), operation_id="duty_visits_list")
    def get(self, request: Request, scope: Scope) -> Response:
        sort = _asked(VisitsAsked, request)["sort"]
        found = queries.list_my_visits(scope=scope, month=_month(request), sort=sort)
        return Response(VisitOut(found, many=True).data)

    @extend_schema(request=VisitIn, responses={201: VisitOut, 200: VisitOut}, operation_id="duty_visits_log")
    def post(self, request: Request, scope: Scope) -> Response:
        """Log a visit. 201: booked now; 200: this very visit was booked before, nothing was written."""
        given = VisitIn(data=request.data)
        given.is_valid(raise_exception=True)
        data, moment = given.validated_data, now()
        if data["person"] not in (None, scope.person_id) or data["tenant"] not in (None, scope.tenant_id):
            raise Refused("duty.other_person", _("这条记录是用别的身份写的，请换回那个身份再传。"))
        visit = commands.log_visit(
            scope=scope, visit_id=data["id"], written_at=data["written_at"], now=moment, **given.written()
        )
        return Response(VisitOut(visit).data, status=201 if visit.recorded_at == moment else 200)


class OneVisit(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.own"}

    @extend_schema(responses=VisitOut, operation_id="duty_visits_get")
    def get(self, request: Request, scope: Scope, visit_id: uuid.UUID) -> Response:
        """One of the adviser's own visits, as it stands in the book."""
        return Response(VisitOut(queries.get_my_visit(scope=scope, visit_id=visit_id)).data)


class MyPlaces(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.own"}

    @extend_schema(responses=MyPlaceOut(many=True), operation_id="duty_places_mine")
    def get(self, request: Request, scope: Scope) -> Response:
        """Communities the adviser may log a visit for: served this month or last."""
        found = queries.list_my_places(scope=scope, now=now())
        return Response(MyPlaceOut([{"node_id": one, "name": name} for one, name in found], many=True).data)


class VisitCorrection(DoorView):
    parser_classes = _PARSERS
    door_grants: ClassVar[dict[str, str]] = {"POST": "duty.log"}

    @extend_schema(request=CorrectionIn, responses=VisitOut, operation_id="duty_visits_correct")
    def post(self, request: Request, scope: Scope, visit_id: uuid.UUID) -> Response:
        """Mend a visit, with the reason, until its month is closed."""
        given = CorrectionIn(data=request.data)
        given.is_valid(raise_exception=True)
        visit: VisitInfo = commands.correct_visit(
            scope=scope, visit_id=visit_id, why=given.validated_data["why"], now=now(), **given.written()
        )
        return Response(VisitOut(visit).data)


class VisitVoid(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": "duty.log", "DELETE": "duty.log"}

    @extend_schema(request=WhyIn, responses=VisitOut, operation_id="duty_visits_void")
    def post(self, request: Request, scope: Scope, visit_id: uuid.UUID) -> Response:
        """Take a visit out of the count, with the reason, until its month is closed."""
        given = WhyIn(data=request.data)
        given.is_valid(raise_exception=True)
        visit = commands.void_visit(scope=scope, visit_id=visit_id, why=given.validated_data["why"], now=now())
        return Response(VisitOut(visit).data)

    @extend_schema(request=None, responses=VisitOut, operation_id="duty_visits_restore")
    def delete(self, request: Request, scope: Scope, visit_id: uuid.UUID) -> Response:
        """Take the voiding back, within ten minutes."""
        return Response(VisitOut(commands.restore_visit(scope=scope, visit_id=visit_id, now=now())).data)


class MyMonths(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.own"}

    @extend_schema(responses=MyMonthOut(many=True), operation_id="duty_hours_mine")
    def get(self, request: Request, scope: Scope) -> Response:
        """The adviser's own communities this month."""
        return Response(MyMonthOut(queries.my_months(scope=scope, now=now()), many=True).data)


class Reminders(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.own", "POST": "duty.remind"}

    @extend_schema(responses=ReminderOut(many=True), operation_id="duty_reminders_mine")
    def get(self, request: Request, scope: Scope) -> Response:
        """Reminders to the adviser, read and unread."""
        return Response(ReminderOut(queries.list_my_reminders(scope=scope, unread_only=False), many=True).data)

    @extend_schema(request=RemindIn, responses={201: SentOut}, operation_id="duty_reminders_send")
    def post(self, request: Request, scope: Scope) -> Response:
        """Remind an adviser of the hours a community still misses; once a day."""
        given = RemindIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        reminder = commands.remind(scope=scope, node_id=data["node_id"], adviser_id=data["adviser_id"],
                                   month=Month.parse(data["month"]), now=now())  # fmt: skip
        return Response(SentOut({"id": reminder}).data, status=201)


class ManyReminders(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": "duty.remind"}

    @extend_schema(request=RemindManyIn, responses=OutcomeOut(many=True), operation_id="duty_reminders_send_many")
    def post(self, request: Request, scope: Scope) -> Response:
        """Remind up to a hundred advisers, with what became of each; one that is refused stops no other."""
        given = RemindManyIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        pairs = [(pair["node_id"], pair["adviser_id"]) for pair in data["pairs"]]
        ask = queries.preview_reminders if data["preview"] else commands.remind_many
        return Response(
            OutcomeOut(ask(scope=scope, pairs=pairs, month=Month.parse(data["month"]), now=now()), many=True).data
        )


class RemindersTakenBack(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": "duty.remind"}

    @extend_schema(request=TakeBackIn, responses=TakenBackOut, operation_id="duty_reminders_take_back")
    def post(self, request: Request, scope: Scope) -> Response:
        """Take back reminders one sent within ten minutes and nobody has read."""
        given = TakeBackIn(data=request.data)
        given.is_valid(raise_exception=True)
        count = commands.take_back_reminders(scope=scope, reminder_ids=given.validated_data["reminders"], now=now())
        return Response(TakenBackOut({"taken_back": count}).data)


class ReminderRead(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": "duty.log"}

    @extend_schema(request=None, responses={204: None}, operation_id="duty_reminders_read")
    def post(self, request: Request, scope: Scope, reminder_id: int) -> Response:
        """The adviser has read a word to him."""
        commands.mark_reminder_read(scope=scope, reminder_id=reminder_id, now=now())
        return Response(status=204)


class BehindList(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.read"}

    @extend_schema(parameters=[MONTH, BehindAsked], responses=BehindOut(many=True), operation_id="duty_behind_list")
    def get(self, request: Request, scope: Scope) -> Response:
        """Who has not reached the hours of a community yet, furthest behind first."""
        asked = _asked(BehindAsked, request)
        cut = Cut(asked["view"])
        found = queries.list_behind(scope=scope, month=_month(request), now=now(), sort=asked["sort"])
        return Response(BehindOut([row for row in found if row.within(cut)], many=True).data)


class Months(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.close", "POST": "duty.close"}
    door_step_up: ClassVar[dict[str, int]] = {"POST": 2}

    @extend_schema(responses=BookMonthOut(many=True), operation_id="duty_months_list")
    def get(self, request: Request, scope: Scope) -> Response:
        """The county's book of months."""
        return Response(BookMonthOut(queries.list_book(scope=scope, now=now()), many=True).data)

    @extend_schema(request=MonthIn, responses={201: MonthIn}, operation_id="duty_months_close")
    def post(self, request: Request, scope: Scope) -> Response:
        """Close a month of the county's book."""
        given = MonthIn(data=request.data)
        given.is_valid(raise_exception=True)
        commands.close_month(scope=scope, month=Month.parse(given.validated_data["month"]), now=now())
        return Response(given.data, status=201)
