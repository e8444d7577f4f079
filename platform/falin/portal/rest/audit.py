"""The log for programs: the auditor's, with its filters, the state of sealing, alarms and the export; the leader's sums."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup
from falin.kernel.clock import now
from falin.kernel.refusals import Invalid
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal import booked, commands, sums
from falin.portal.rest.jobs import JobOut
from falin.portal.web.log_form import LogForm


class ChangeOut(serializers.Serializer[Any]):
    """A fact in the reader's language: its label, what it was, what it became."""

    name = serializers.CharField(source="0")
    was = serializers.CharField(source="1", allow_blank=True)
    became = serializers.CharField(source="2", allow_blank=True)


class ActOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    act = serializers.CharField()
    words = serializers.CharField()
    person_id = serializers.IntegerField(help_text="0: the system itself")
    person = serializers.CharField()
    role = serializers.CharField(allow_blank=True)
    node_id = serializers.IntegerField(allow_null=True)
    place = serializers.CharField(allow_blank=True)
    kind = serializers.CharField()
    subject_id = serializers.CharField()
    why = serializers.CharField(allow_blank=True)
    changes = serializers.SerializerMethodField()

    @extend_schema(responses=ChangeOut(many=True))
    def get_changes(self, act: booked.Act) -> list[dict[str, str]]:
        return [dict(zip(("name", "was", "became"), one, strict=True)) for one in act.changes]


class KeysIn(serializers.Serializer[Any]):
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**62, help_text="older than this entry")
    after = serializers.IntegerField(required=False, min_value=1, max_value=2**62, help_text="newer than this entry")


class LogOut(serializers.Serializer[Any]):
    """One page, newest first; ``older`` and ``newer`` are the keys for ``before`` and ``after``."""

    acts = ActOut(many=True)
    older = serializers.IntegerField(allow_null=True)
    newer = serializers.IntegerField(allow_null=True)


class SealingOut(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="of the newest batch; 0: nothing is sealed yet")
    at = serializers.DateTimeField(allow_null=True)
    waiting = serializers.IntegerField(help_text="entries not sealed yet")
    waiting_since = serializers.DateTimeField(allow_null=True)
    anchored = serializers.IntegerField(help_text="newest batch of which the level above holds a copy")


class AlarmOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    rule = serializers.CharField()
    name = serializers.CharField()
    sentence = serializers.CharField()
    person_id = serializers.IntegerField()
    person = serializers.CharField()
    at = serializers.DateTimeField()


def _query(name: str, kind: OpenApiTypes, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=words)


FILTERS: list[Any] = [
    _query("since", OpenApiTypes.DATE, "first day"), _query("until", OpenApiTypes.DATE, "last day"),
    _query("person", OpenApiTypes.STR, "name, pinyin or sign-in name of who did it"),
    _query("act", OpenApiTypes.STR, "the act's code"),
    _query("place", OpenApiTypes.INT, "a place right below one's own, with all below it"),
    _query("kind", OpenApiTypes.STR, "kind of thing it was done to"), _query("subject", OpenApiTypes.STR, "its id"),
    KeysIn,
]  # fmt: skip


class Log(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": booked.READ}

    @extend_schema(parameters=FILTERS, responses=LogOut, operation_id="audit_log")
    def get(self, request: Request, scope: Scope) -> Response:
        """Who did what, newest first."""
        return _log(request, scope)


class SharedLog(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": booked.READ}
    door_shared: ClassVar[bool] = True

    @extend_schema(parameters=FILTERS, responses=LogOut, operation_id="audit_shared_log")
    def get(self, request: Request, scope: Scope) -> Response:
        """What is booked beside every tenant: operators' acts, the set-up, what the night does."""
        booked.check_may_read_shared(scope)
        return _log(request, scope)


def _log(request: Request, scope: Scope) -> Response:
    form = LogForm(request.query_params, places=booked.places_of(scope))
    asked = form.asked()
    for name, faults in form.errors.items():
        raise Invalid("audit.bad_filter", str(faults[0]), field=name)
    keys = keys_of(request)
    return Response(LogOut(booked.log(scope=scope, asked=asked, before=keys["before"], after=keys["after"])).data)


def keys_of(request: Request) -> dict[str, int | None]:
    """Where a page of the log begins. :raises ValidationError: a key that can be none."""
    asked = {name: text for name, text in request.query_params.items() if name in {"before", "after"}}
    keys = KeysIn(data=asked)
    keys.is_valid(raise_exception=True)
    return {"before": keys.validated_data.get("before"), "after": keys.validated_data.get("after")}


class State(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": booked.READ}

    @extend_schema(responses=SealingOut, operation_id="audit_sealing")
    def get(self, request: Request, scope: Scope) -> Response:
        """How far the log is sealed."""
        return Response(SealingOut(booked.sealing_state(scope=scope)).data)


class Alarms(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": booked.READ}

    @extend_schema(responses=AlarmOut(many=True), operation_id="audit_alarms")
    def get(self, request: Request, scope: Scope) -> Response:
        """The newest odd patterns, each with the rule it broke."""
        return Response(AlarmOut(booked.list_alarms(scope=scope), many=True).data)


class Export(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": commands.EXPORT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=None, responses={202: JobOut}, operation_id="audit_export")
    def post(self, request: Request, scope: Scope) -> Response:
        """Ask for the whole log as one file; the job's result names it."""
        return Response(JobOut({"job": commands.ask_audit_export(scope=scope, now=now())}).data, status=202)


class SumOut(serializers.Serializer[Any]):
    act = serializers.CharField(allow_blank=True, help_text="empty: the rest, each line of which too few people did")
    words = serializers.CharField()
    role = serializers.CharField(allow_blank=True)
    role_words = serializers.CharField(allow_blank=True)
    acts = serializers.IntegerField(allow_null=True, help_text="null: fewer people than `least` did it")


class SumOfMonthOut(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="2026-10")
    acts = serializers.IntegerField(allow_null=True, help_text="null: fewer people than `least` did it")


class SumsOut(serializers.Serializer[Any]):
    """Behind each figure stand at least ``least`` people, or nobody: the system."""

    least = serializers.IntegerField()
    whole = SumOfMonthOut()
    lines = SumOut(many=True)
    months = SumOfMonthOut(many=True, help_text="the last twelve that are over, newest first")


class Tally(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": sums.READ}

    @extend_schema(parameters=[_query("month", OpenApiTypes.STR, "2026-10, one that is over; the newest without it")],
                   responses=SumsOut, operation_id="audit_sums")  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """How much was done in one's own body in a month, by kind and by role, and never who did it."""
        month = sums.month_of(request.query_params.get("month", ""))
        return Response(SumsOut(sums.sum_up(scope=scope, month=month, now=now())).data)
