"""Settings for programs: the same query and the same command as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup
from falin.kernel.clock import legal_day, now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from tenants.settings.api import (
    READ,
    SET,
    Shown,
    Told,
    explain,
    list_settings,
    make_statement,
    what_it_touches,
)

_TAGS = ["settings"]


@extend_schema_field({"type": ["integer", "string"]})
class Said(serializers.Field[Any, Any, Any, Any]):
    """A figure as somebody says it; what it may be the figure itself knows, and the command says."""

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str) or len(str(data)) > 40:
            raise serializers.ValidationError(_("请填一个数，或者选项的代号。"))
        return data


class Asked(serializers.Serializer[Any]):
    place = serializers.IntegerField(min_value=1, max_value=2**62)
    on = serializers.DateField(required=False)

    def day(self) -> Any:
        return self.validated_data.get("on") or legal_day(now())


class StatementIn(serializers.Serializer[Any]):
    place = serializers.IntegerField(min_value=1, max_value=2**62)
    value = Said(allow_null=True, help_text="a number; of a choice, the word of one of its options")
    locked = serializers.BooleanField(default=False)
    valid_from = serializers.DateField()
    why = serializers.CharField(max_length=200)


class ChangeIn(serializers.Serializer[Any]):
    place = serializers.IntegerField(min_value=1, max_value=2**62)
    value = Said(required=False, allow_null=True, default=None, help_text="left out: one's own word is taken back")
    locked = serializers.BooleanField(default=False)
    valid_from = serializers.DateField()


class TouchedOut(serializers.Serializer[Any]):
    overridden = serializers.ListField(child=serializers.CharField(), help_text="places whose own figure it overrides")
    communities = serializers.IntegerField()


class OptionOut(serializers.Serializer[Any]):
    value = serializers.IntegerField(help_text="as it is kept, and as `value` says it")
    word = serializers.CharField(help_text="what a program says")
    shown = serializers.CharField(help_text="what people read")


class ToldOut(serializers.Serializer[Any]):
    place = serializers.CharField()
    value = serializers.IntegerField(allow_null=True)
    words = serializers.CharField(help_text="the value as people read it; empty where it was taken back")
    locked = serializers.BooleanField()
    valid_from = serializers.DateField()
    person = serializers.CharField()
    why = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    outcome = serializers.CharField(allow_null=True, help_text="taken, looser or locked; null: not in force on the day")


class SettingOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    unit = serializers.CharField()
    rule = serializers.CharField(help_text="a rule (R2.4), a law, or the decision of the platform's own (decision 47)")
    place = serializers.IntegerField()
    place_name = serializers.CharField()
    on = serializers.DateField()
    value = serializers.IntegerField()
    words = serializers.CharField(help_text="the value as people read it: with its unit, or the option's label")
    options = OptionOut(many=True, help_text="of a choice; else it is an amount")
    origin = ToldOut(allow_null=True, help_text="null: the default of the rules")
    lock = ToldOut(allow_null=True)
    steps = ToldOut(many=True)
    coming = ToldOut(many=True)
    may_set = serializers.BooleanField()


class MadeOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    key = serializers.CharField()
    value = serializers.IntegerField(allow_null=True)
    locked = serializers.BooleanField()
    valid_from = serializers.DateField()


def _told(told: Told | None) -> dict[str, Any] | None:
    if told is None:
        return None
    said = told.statement
    return {"place": told.place, "value": said.value, "words": told.words, "locked": said.locked, "valid_from": said.valid_from,
            "person": told.person, "why": told.why, "recorded_at": told.recorded_at, "outcome": told.outcome}  # fmt: skip


def _shown(shown: Shown) -> dict[str, Any]:
    parameter = shown.parameter
    return SettingOut({
        "key": parameter.key, "unit": parameter.unit, "rule": parameter.rule, "place": shown.place.id,
        "place_name": shown.place.name, "on": shown.on,
        "value": shown.value, "words": shown.words,
        "options": [{"value": one.value, "word": one.word, "shown": _(one.label)} for one in parameter.options],
        "origin": _told(shown.origin), "lock": _told(shown.lock),
        "steps": [_told(step) for step in shown.steps], "coming": [_told(step) for step in shown.coming],
        "may_set": shown.may_set,
    }).data  # fmt: skip


def _asked(request: Request) -> Asked:
    asked = Asked(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    return asked


_PLACE = OpenApiParameter("place", int, required=True, description="the place's id")
_ON = OpenApiParameter("on", str, description="as of this day; today without")


class Settings(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": READ}

    @extend_schema(parameters=[_PLACE, _ON], responses=SettingOut(many=True), operation_id="settings_list", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """Every figure as it is in force at a place of the scope."""
        asked = _asked(request)
        rows = list_settings(scope=scope, node_id=asked.validated_data["place"], on=asked.day())
        return Response([_shown(row) for row in rows])


class Setting(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": READ, "POST": SET}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND}

    @extend_schema(parameters=[_PLACE, _ON], responses=SettingOut, operation_id="settings_explain", tags=_TAGS)
    def get(self, request: Request, scope: Scope, key: str) -> Response:
        """One figure: its value, where it comes from, and all that was said on the way down."""
        asked = _asked(request)
        found = explain(scope=scope, key=key, node_id=asked.validated_data["place"], on=asked.day())
        return Response(_shown(found))

    @extend_schema(request=StatementIn, responses={201: MadeOut}, operation_id="settings_say", tags=_TAGS)
    def post(self, request: Request, scope: Scope, key: str) -> Response:
        """Set, tighten or lock a figure at one's own place from a later day on; ``value`` null takes it back."""
        given = StatementIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        made = make_statement(scope=scope, key=key, node_id=data.pop("place"), now=now(), **data)
        return Response(MadeOut(made).data, status=201)


class TouchedBy(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": SET}

    @extend_schema(parameters=[ChangeIn], responses=TouchedOut, operation_id="settings_touched", tags=_TAGS)
    def get(self, request: Request, scope: Scope, key: str) -> Response:
        """What a change would do below one's place, before it is made."""
        asked = ChangeIn(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        data = dict(asked.validated_data)
        node_id = data.pop("place")
        explain(scope=scope, key=key, node_id=node_id, on=legal_day(now()))  # says no to a place that is not one's own
        return Response(TouchedOut(what_it_touches(key=key, node_id=node_id, **data)).data)
