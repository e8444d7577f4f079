"""Places and their yearly update for programs: the same queries and the same commands as the pages."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import OneOf
from falin.kernel.scope import Scope
from falin.portal import places
from falin.portal.rest.jobs import JobOut
from falin.portal.rest.serializers import ReasonIn
from tenants.divisions import api, policies
from tenants.divisions.types import Decision, Kind, Status, UpdateState

_TAGS = ["places"]


class PlaceOut(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="identity: survives renames, moves and changes of code")
    level = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    parent_id = serializers.IntegerField(allow_null=True)
    kind = OneOf(Kind, name="PlaceKind")
    status = OneOf(Status, name="PlaceStatus")
    committee = serializers.CharField(allow_blank=True)
    urban = serializers.BooleanField(allow_null=True)
    is_county_body = serializers.BooleanField()


class FoundOut(serializers.Serializer[Any]):
    place = PlaceOut()
    former_name = serializers.CharField(allow_blank=True)
    ended_on = serializers.DateField(allow_null=True)


class VersionOut(serializers.Serializer[Any]):
    begins = serializers.DateField()
    ends = serializers.DateField(allow_null=True)
    place = PlaceOut()


class LineageOut(serializers.Serializer[Any]):
    day = serializers.DateField()
    kind = serializers.CharField()
    from_id = serializers.IntegerField()
    to_id = serializers.IntegerField()
    share = serializers.CharField(allow_null=True, help_text="a fraction such as 1/2; null: nobody knows")
    estimated = serializers.BooleanField()


class FactOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    on_day = serializers.DateField()
    value = serializers.IntegerField()
    said_by = serializers.CharField(source="source")


class OnePlaceOut(serializers.Serializer[Any]):
    place = PlaceOut()
    ended_on = serializers.DateField(allow_null=True)
    path = PlaceOut(many=True)
    children = PlaceOut(many=True)
    versions = VersionOut(many=True)
    lineage = LineageOut(many=True)
    facts = FactOut(many=True)
    boundary = serializers.JSONField(help_text="GeoJSON, or null")


class SearchIn(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=20)
    on = serializers.DateField(
        required=False, help_text="as of this day, by what places were called then; today without"
    )

    under = serializers.RegexField(
        r"^[0-9]{2,12}$",
        required=False,
        help_text="official code of the place to look in, whole or as far as its level reaches",
    )


class DayIn(serializers.Serializer[Any]):
    on = serializers.DateField(required=False)


def _root(code: str, day: date | None) -> int:
    """:raises UnknownDivision:"""
    root = api.find_of_any_level(code, on=day)
    if root is None:
        raise api.UnknownDivision
    return root.id


class Search(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(parameters=[SearchIn], responses=FoundOut(many=True), operation_id="places_search", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """Places by name, former name, pinyin, initials or code, those that are no more last; without a word, provinces."""
        asked = SearchIn(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        text, day = asked.validated_data["q"], asked.validated_data.get("on")
        if text:
            root = _root(asked.validated_data["under"], day) if "under" in asked.validated_data else None
            found = api.look_up(text, root_id=root, limit=asked.validated_data["limit"], on=day)
            return Response(FoundOut(found, many=True).data)
        rows = [{"place": place, "former_name": "", "ended_on": None} for place in api.list_provinces(on=day)]
        return Response(FoundOut(rows, many=True).data)


class Place(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(parameters=[DayIn], responses=OnePlaceOut, operation_id="places_show", tags=_TAGS)
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        """One place as it is, was on a day, or last was; with its past."""
        asked = DayIn(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        day = asked.validated_data.get("on")
        found = places.shown(node_id, on=day)
        lineage = [
            {"day": row.day, "kind": row.kind, "from_id": row.from_id, "to_id": row.to_id,
             "share": str(row.share.of) if row.share else None, "estimated": bool(row.share and row.share.estimated)}
            for row in api.list_lineage(node_id)
        ]  # fmt: skip
        return Response(OnePlaceOut({
            "place": found.place, "ended_on": found.ended_on, "path": found.path,
            "children": [*found.administrative, *found.statistical], "versions": found.versions, "lineage": lineage,
            "facts": found.facts, "boundary": api.find_boundary(node_id, on=day),
        }).data)  # fmt: skip


# ---- the update ------------------------------------------------------------------------------------------------------
class CarriedOut(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()


class StayedOut(serializers.Serializer[Any]):
    """A role that somebody held at a place that ended, and did not get back when the update was undone."""

    person_id = serializers.IntegerField(source="facts.person")
    role = serializers.CharField(source="facts.role")
    node_id = serializers.IntegerField(source="facts.node")
    why = serializers.CharField()


class UpdateOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    list = serializers.CharField(source="source", help_text="where the list is from")
    day = serializers.DateField()
    province = serializers.CharField(allow_blank=True)
    state = OneOf(UpdateState)
    prepared_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())
    alone = serializers.IntegerField(help_text="changes to decide one by one")
    open = serializers.IntegerField(help_text="changes not decided yet")
    same = serializers.IntegerField(help_text="pairs of one that ended and one that began, decided to be one place")
    carried = CarriedOut(many=True, help_text="what went on by itself at the places that took over")
    stayed = StayedOut(many=True, help_text="what undoing it could not bring back")
    handing = serializers.IntegerField(help_text="counties that have not carried it out yet")


class ChangeCandidateOut(serializers.Serializer[Any]):
    node = serializers.IntegerField(allow_null=True)
    code = serializers.CharField()
    name = serializers.CharField()
    score = serializers.FloatField()


class ChangeOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    reason = serializers.CharField()
    group = serializers.CharField()
    sure = serializers.BooleanField()
    level = serializers.IntegerField()
    node = serializers.IntegerField(allow_null=True)
    before_code = serializers.CharField(allow_blank=True)
    before_name = serializers.CharField(allow_blank=True)
    after_code = serializers.CharField(allow_blank=True)
    after_name = serializers.CharField(allow_blank=True)
    candidates = ChangeCandidateOut(many=True)
    decision = serializers.CharField(allow_blank=True)
    share = serializers.CharField(
        allow_blank=True, help_text="of a boundary: how much went over to the candidate, as it was counted"
    )
    target = serializers.ListField(child=serializers.CharField())
    same = ChangeCandidateOut(
        allow_null=True, help_text="of one that ended or began: the other, where a person said that they are one place"
    )


class HangingOut(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()
    proposal = serializers.CharField()


class EndingOut(serializers.Serializer[Any]):
    change = ChangeOut()
    hanging = HangingOut(many=True)


class ChangeGroupOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    kind = serializers.CharField()
    reason = serializers.CharField()
    sure = serializers.BooleanField()
    cause = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()
    open = serializers.IntegerField()
    refused = serializers.IntegerField()


class OneUpdateOut(serializers.Serializer[Any]):
    summary = UpdateOut()
    groups = ChangeGroupOut(many=True)
    hanging = EndingOut(many=True)


_UNDER = "code of a place: compare below it only"


class ListIn(serializers.Serializer[Any]):
    edition = serializers.ChoiceField(choices=sorted(api.EDITIONS))
    day = serializers.DateField(help_text="the first day of the new tree")
    under = serializers.CharField(max_length=12, default="", allow_blank=True, help_text=_UNDER)


def _column(of: str) -> serializers.CharField:
    return serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text=f"the column of the {of}; without it the usual one"
    )


class ListUpload(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="CSV or XLSX with the names of its columns in the first row")
    source = serializers.CharField(max_length=100, help_text="where the list is from")  # type: ignore[assignment]
    day = serializers.DateField(help_text="the first day of the new tree")
    code_column = _column("code")
    under = serializers.CharField(
        max_length=12, default="", allow_blank=True, help_text=f"{_UNDER}; the list may be of it alone"
    )
    name_column = _column("name")
    parent_column = _column("parent's code, where there is one")


class BoundaryIn(serializers.Serializer[Any]):
    from_code = serializers.CharField(max_length=12)
    to_code = serializers.CharField(max_length=12, help_text="another place of the same level")
    share = serializers.CharField(max_length=24, help_text="of the first place: 120/860, 13.95%")
    day = serializers.DateField(help_text="the first day on which it lay there")
    source = serializers.CharField(max_length=100, help_text="by what decision, and who counted")  # type: ignore[assignment]


class ChangesIn(serializers.Serializer[Any]):
    group = serializers.CharField(max_length=60, required=False, default="")
    after = serializers.IntegerField(min_value=0, max_value=2**62, default=0)


class ChangeGroupDecisionIn(serializers.Serializer[Any]):
    group = serializers.CharField(max_length=60)
    decision = OneOf(Decision)


class ChangeDecisionIn(serializers.Serializer[Any]):
    decision = OneOf(Decision)
    target = serializers.ListField(
        child=serializers.CharField(max_length=13), max_length=20, default=list,
        help_text="codes it goes into or came out of; - for none; of one that ended, = and the code of the new one that is"
        " the same place (or the other way round): the other is decided with it",
    )  # fmt: skip


class DecidedOut(serializers.Serializer[Any]):
    decided = serializers.IntegerField()


def _told(scope: Scope, update_id: int) -> Response:
    return Response(UpdateOut(api.get_update(update_id, scope=scope)).data)


class Updates(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.REVIEW, "POST": policies.UPDATE}

    @extend_schema(responses=UpdateOut(many=True), operation_id="places_updates", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """The updates, newest first."""
        return Response(UpdateOut(api.list_updates(scope=scope), many=True).data)

    @extend_schema(request=ListIn, responses={202: JobOut}, operation_id="places_compare", tags=_TAGS)
    def post(self, request: Request, scope: Scope) -> Response:
        """Compare an edition of the national list with the tree; a job whose result names the update."""
        given = ListIn(data=request.data)
        given.is_valid(raise_exception=True)
        edition = given.validated_data["edition"]
        job = places.ask_comparison(scope=scope, day=given.validated_data["day"], edition=edition, now=now(),
                                    under=given.validated_data["under"],
                                    source=places.edition_named(edition))  # fmt: skip
        return Response(JobOut({"job": job}).data, status=202)


class Lists(DoorView):
    """Lists of one's own."""

    door_grants: ClassVar[dict[str, str]] = {"POST": policies.UPDATE}
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": ListUpload}, responses={202: JobOut}, operation_id="places_compare_list",
                   tags=_TAGS)  # fmt: skip
    def post(self, request: Request, scope: Scope) -> Response:
        """Compare a list of one's own with the tree; a job whose result names the update. What is wrong is said by row."""
        given = ListUpload(data=request.data)
        given.is_valid(raise_exception=True)
        sent = given.validated_data
        job = places.ask_comparison(scope=scope, day=sent["day"], source=sent["source"], upload=sent["file"].read(),
                                    under=sent["under"], columns=places.columns_of(sent), now=now())  # fmt: skip
        return Response(JobOut({"job": job}).data, status=202)


class Boundaries(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.UPDATE}

    @extend_schema(request=BoundaryIn, responses={201: UpdateOut}, operation_id="places_boundary", tags=_TAGS)
    def post(self, request: Request, scope: Scope) -> Response:
        """Enter that a counted share of a place went over to another one, as an update that a second person confirms."""
        given = BoundaryIn(data=request.data)
        given.is_valid(raise_exception=True)
        number = places.enter_boundary(scope=scope, now=now(), **given.validated_data)
        return Response(UpdateOut(api.get_update(number, scope=scope)).data, status=201)


class Update(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.REVIEW}

    @extend_schema(responses=OneUpdateOut, operation_id="places_update_show", tags=_TAGS)
    def get(self, request: Request, scope: Scope, update_id: int) -> Response:
        """One update with its groups, and what hangs on the places that would end."""
        ending = api.list_hanging(update_id, scope=scope)
        hanging = [{"change": change, "hanging": things} for change, things in ending]
        return Response(OneUpdateOut({
            "summary": api.get_update(update_id, scope=scope), "groups": api.list_groups(update_id, scope=scope),
            "hanging": hanging,
        }).data)  # fmt: skip


class Changes(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.REVIEW}

    @extend_schema(parameters=[ChangesIn], responses=ChangeOut(many=True), operation_id="places_changes", tags=_TAGS)
    def get(self, request: Request, scope: Scope, update_id: int) -> Response:
        """A hundred changes of an update, or of one group; the next ones ``after`` the last id."""
        asked = ChangesIn(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        api.get_update(update_id, scope=scope)
        return Response(ChangeOut(api.list_changes(update_id, scope=scope, **asked.validated_data), many=True).data)


class Groups(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.UPDATE}

    @extend_schema(request=ChangeGroupDecisionIn, responses=DecidedOut, operation_id="places_decide_group", tags=_TAGS)
    def post(self, request: Request, scope: Scope, update_id: int) -> Response:
        """Accept or refuse what is still open of a group."""
        given = ChangeGroupDecisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        count = api.decide_group(scope=scope, update_id=update_id, group=given.validated_data["group"],
                                 decision=Decision(given.validated_data["decision"]), now=now())  # fmt: skip
        return Response(DecidedOut({"decided": count}).data)


class OneChange(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.UPDATE}

    @extend_schema(request=ChangeDecisionIn, responses=ChangeOut, operation_id="places_decide", tags=_TAGS)
    def post(self, request: Request, scope: Scope, update_id: int, change_id: int) -> Response:
        """Accept or refuse one change, or accept it as something else."""
        given = ChangeDecisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        api.decide_change(scope=scope, update_id=update_id, change_id=change_id, now=now(),
                          decision=Decision(given.validated_data["decision"]),
                          target=given.validated_data["target"])  # fmt: skip
        return Response(ChangeOut(api.get_change(update_id, change_id, scope=scope)).data)


class Submission(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.UPDATE}

    @extend_schema(request=None, responses=UpdateOut, operation_id="places_submit", tags=_TAGS)
    def post(self, request: Request, scope: Scope, update_id: int) -> Response:
        """Everything is decided: a second person is asked."""
        api.submit_update(scope=scope, update_id=update_id, now=now())
        return _told(scope, update_id)


class Confirmation(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.CONFIRM, "DELETE": policies.CONFIRM}

    @extend_schema(request=None, responses={202: JobOut}, operation_id="places_confirm", tags=_TAGS)
    def post(self, request: Request, scope: Scope, update_id: int) -> Response:
        """Yes, as the second person; a job applies it."""
        job = places.ask_application(scope=scope, update_id=update_id, now=now())
        return Response(JobOut({"job": job}).data, status=202)

    @extend_schema(parameters=[ReasonIn], responses=UpdateOut, operation_id="places_send_back", tags=_TAGS)
    def delete(self, request: Request, scope: Scope, update_id: int) -> Response:
        """Back to the one who decides, with a reason."""
        return _with_reason(request, scope, update_id, api.reopen_update)


class Application(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": policies.CONFIRM}

    @extend_schema(
        parameters=[ReasonIn], responses={200: UpdateOut, 202: JobOut}, operation_id="places_undo", tags=_TAGS
    )
    def delete(self, request: Request, scope: Scope, update_id: int) -> Response:
        """
        Take an applied update back, until something new stands on it. One that made places: a job, which asks the counties
        first.
        """
        given = ReasonIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        job = places.ask_undoing(scope=scope, update_id=update_id, why=given.validated_data["why"], now=now())
        return Response(JobOut({"job": job}).data, status=202) if job else _told(scope, update_id)


class Dropping(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.REVIEW}

    @extend_schema(request=ReasonIn, responses=UpdateOut, operation_id="places_drop", tags=_TAGS)
    def post(self, request: Request, scope: Scope, update_id: int) -> Response:
        """Give an update up; the tree stays as it is."""
        return _with_reason(request, scope, update_id, api.drop_update)


def _with_reason(request: Request, scope: Scope, update_id: int, command: Any) -> Response:
    given = ReasonIn(data=request.query_params if request.method == "DELETE" else request.data)
    given.is_valid(raise_exception=True)
    command(scope=scope, update_id=update_id, why=given.validated_data["why"], now=now())
    return _told(scope, update_id)
