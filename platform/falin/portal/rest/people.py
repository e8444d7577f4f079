"""People and their roles for programs: every query and act of the pages."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup
from falin.kernel.clock import legal_day, now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.kernel.transactions import rehearsed
from falin.portal.rest.serializers import (
    BindingOut,
    EnteredOut,
    EnteredRowOut,
    EntryIn,
    ExplainedOut,
    HandOverIn,
    NamesAskedOut,
    NamesCorrectedIn,
    PasswordOut,
    PeopleAsked,
    PeopleIn,
    PeopleOut,
    PersonOut,
    ReasonIn,
    RecordOut,
    ReviewedOut,
    ReviewIn,
    RightOut,
    RoleIn,
)
from tenants.divisions.api import Division, get_division
from tenants.identity import policies, queries
from tenants.identity.api import (
    Role,
    confirm_proposal,
    correct_person,
    decline_correction,
    end_binding,
    enter_people,
    enter_person,
    hand_over,
    propose_role,
    refuse_proposal,
    reinstate_person,
    reset_factors,
    reset_password,
    review_bindings,
    suspend_person,
)
from tenants.identity.types import EntryRow

AT = OpenApiParameter("at", OpenApiTypes.INT, description="a place; wherever each role was given, where it is left out")


def given(kind: type[Any], request: Request, data: Any = None) -> Any:
    given = kind(data=request.data if data is None else data)
    given.is_valid(raise_exception=True)
    return given


def _place(request: Request) -> Division | None:
    text = request.query_params.get("at", "")
    if not text:
        return None
    return get_division(int(text) if text.isdecimal() and len(text) < 19 else 0)


class People(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "POST": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}
    door_keeps: ClassVar[bool] = False  # an answer may hold a password

    @extend_schema(
        parameters=[PeopleAsked], responses=PeopleOut, operation_id="people_list",
    )  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """The register, as far as the scope reaches; by name, pinyin, its initials or sign-in name."""
        asked = given(PeopleAsked, request, request.query_params.dict()).validated_data
        found = queries.search_people(scope=scope, on=legal_day(now()), text=asked["q"], after=asked["after"],
                                      view=queries.View(asked["view"]), sort=asked["sort"])  # fmt: skip
        return Response(PeopleOut(found).data)

    @extend_schema(request=EntryIn, responses={201: EnteredOut}, operation_id="people_enter")
    def post(self, request: Request, scope: Scope) -> Response:
        """Enter somebody with his first role."""
        made = enter_person(scope=scope, now=now(), **given(EntryIn, request).written())
        return Response(EnteredOut(made).data, status=201)


class Sheet(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}
    door_keeps: ClassVar[bool] = False  # the answer holds invitations

    @extend_schema(request=PeopleIn, responses=EnteredRowOut(many=True), operation_id="people_enter_many")
    def post(self, request: Request, scope: Scope) -> Response:
        """Many people at once, or how they would go; a row that is refused stops no other."""
        data = given(PeopleIn, request).validated_data
        rows = [EntryRow(**row) for row in data["rows"]]
        if data["rehearse"]:
            with rehearsed():
                done = enter_people(scope=scope, rows=rows, now=now())
            done = [replace(one, entered=replace(one.entered, token="")) if one.entered else one for one in done]
        else:
            done = enter_people(scope=scope, rows=rows, now=now())
        return Response(EnteredRowOut(done, many=True).data)


class Person(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(responses=RecordOut, operation_id="people_get")
    def get(self, request: Request, scope: Scope, person_id: int) -> Response:
        """One person with every grant in reach, over ones too."""
        found = queries.get_record(scope=scope, person_id=person_id, on=legal_day(now()))
        return Response(RecordOut(found).data)


class Roles(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=RoleIn, responses={201: BindingOut}, operation_id="people_grant")
    def post(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Give a role, or propose it where it needs a second person; ``acting_for`` makes a deputy."""
        queries.get_record(scope=scope, person_id=person_id, on=legal_day(now()))
        made = propose_role(scope=scope, person_id=person_id, now=now(), **given(RoleIn, request).written())
        return Response(BindingOut(made).data, status=201)


class OneRole(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"DELETE": stepup.FRESH}

    @extend_schema(parameters=[OpenApiParameter("why", required=True)], responses={204: None},
                   operation_id="people_end_role")  # fmt: skip
    def delete(self, request: Request, scope: Scope, binding_id: int) -> Response:
        """End a grant, or take back a proposal."""
        why = given(ReasonIn, request, {"why": request.query_params.get("why", "")}).validated_data["why"]
        end_binding(scope=scope, binding_id=binding_id, why=why, now=now())
        return Response(status=204)


class Rights(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(parameters=[AT], responses=ExplainedOut, operation_id="people_rights")
    def get(self, request: Request, scope: Scope, person_id: int) -> Response:
        """What a person may do and why."""
        found = queries.list_rights(scope=scope, person_id=person_id, at=_place(request), on=legal_day(now()))
        return Response(ExplainedOut(found).data)


class Who(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(responses=RightOut(many=True), operation_id="people_who")
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        """Who of those in reach may act at a place, and by which grant."""
        found = queries.list_who(scope=scope, at=get_division(node_id), on=legal_day(now()))
        return Response(RightOut(found, many=True).data)


class HandOver(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=HandOverIn, responses={201: BindingOut(many=True)}, operation_id="people_hand_over")
    def post(self, request: Request, scope: Scope, person_id: int) -> Response:
        """A whole post to a successor, in one transaction."""
        data = given(HandOverIn, request).validated_data
        made = hand_over(scope=scope, person_id=person_id, successor_id=data["successor_id"], role=Role(data["role"]),
                         on_day=data["on_day"], reason=data["reason"], now=now())  # fmt: skip
        return Response(BindingOut(made, many=True).data, status=201)


class Suspension(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.READ, "DELETE": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND, "DELETE": stepup.FRESH}

    @extend_schema(request=ReasonIn, responses={204: None}, operation_id="people_suspend")
    def post(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Shut somebody out; his sessions are over at once."""
        why = given(ReasonIn, request).validated_data["why"]
        suspend_person(scope=scope, person_id=person_id, why=why, now=now())
        return Response(status=204)

    @extend_schema(parameters=[OpenApiParameter("why", required=True)], responses={204: None},
                   operation_id="people_reinstate")  # fmt: skip
    def delete(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Let him in again."""
        why = given(ReasonIn, request, {"why": request.query_params.get("why", "")}).validated_data["why"]
        reinstate_person(scope=scope, person_id=person_id, why=why, now=now())
        return Response(status=204)


class Correction(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "POST": policies.READ, "DELETE": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(responses=NamesAskedOut, operation_id="people_asked_correction")
    def get(self, request: Request, scope: Scope, person_id: int) -> Response:
        """What he asked to have put right of his names; read by whose charge he is."""
        asked = queries.find_correction(scope=scope, person_id=person_id, on=legal_day(now()))
        return Response(NamesAskedOut({"asked": asked}).data)

    @extend_schema(request=NamesCorrectedIn, responses=PersonOut, operation_id="people_correct")
    def post(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Put a name or sign-in name right."""
        data = given(NamesCorrectedIn, request).validated_data
        return Response(PersonOut(correct_person(scope=scope, person_id=person_id, now=now(), **data)).data)

    @extend_schema(parameters=[OpenApiParameter("why", required=True)], responses={204: None},
                   operation_id="people_decline_correction")  # fmt: skip
    def delete(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Say no to what he asked for; he reads the reason."""
        why = given(ReasonIn, request, {"why": request.query_params.get("why", "")}).validated_data["why"]
        decline_correction(scope=scope, person_id=person_id, why=why, now=now())
        return Response(status=204)


class Password(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}
    door_keeps: ClassVar[bool] = False

    @extend_schema(request=None, responses=PasswordOut, operation_id="people_reset_password")
    def post(self, request: Request, scope: Scope, person_id: int) -> Response:
        """A one-time password in place of a lost one."""
        return Response({"password": reset_password(scope=scope, person_id=person_id, now=now())})


class Factors(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"DELETE": stepup.FRESH}

    @extend_schema(parameters=[OpenApiParameter("why", required=True)], responses={204: None},
                   operation_id="people_reset_factors")  # fmt: skip
    def delete(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Take away the second factors of somebody who lost his; his sessions are over."""
        why = given(ReasonIn, request, {"why": request.query_params.get("why", "")}).validated_data["why"]
        reset_factors(scope=scope, person_id=person_id, why=why, now=now())
        return Response(status=204)


class Proposals(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(responses=BindingOut(many=True), operation_id="people_proposals")
    def get(self, request: Request, scope: Scope) -> Response:
        """What waits for a second person, oldest first; those of one ``proposal`` are decided together."""
        found = queries.list_proposals(scope=scope, on=legal_day(now()))
        return Response(BindingOut([one for group in found.values() for one in group], many=True).data)


class Confirmation(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.CONFIRM}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=None, responses={204: None}, operation_id="people_confirm")
    def post(self, request: Request, scope: Scope, proposal: uuid.UUID) -> Response:
        """Yes, as the second person."""
        confirm_proposal(scope=scope, proposal=proposal, now=now())
        return Response(status=204)


class Refusal(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.CONFIRM}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND}

    @extend_schema(request=ReasonIn, responses={204: None}, operation_id="people_refuse")
    def post(self, request: Request, scope: Scope, proposal: uuid.UUID) -> Response:
        """No, with the reason."""
        refuse_proposal(scope=scope, proposal=proposal, why=given(ReasonIn, request).validated_data["why"], now=now())
        return Response(status=204)


class Review(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "POST": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(responses=BindingOut(many=True), operation_id="people_to_review")
    def get(self, request: Request, scope: Scope) -> Response:
        """Roles this quarter's review has not seen yet, up to 200."""
        return Response(BindingOut(queries.list_to_review(scope=scope, on=legal_day(now())), many=True).data)

    @extend_schema(request=ReviewIn, responses=ReviewedOut, operation_id="people_review")
    def post(self, request: Request, scope: Scope) -> Response:
        """Keep these roles for the quarter; what nobody keeps ends."""
        ids = given(ReviewIn, request).validated_data["bindings"]
        return Response({"reviewed": review_bindings(scope=scope, binding_ids=ids, now=now())})
