"""The advisers' API: each address parses, calls one command or query, and answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from falin.kernel.clock import legal_day, now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from services.advisers import commands, policies, queries
from services.advisers.rest import serializers as s
from services.advisers.types import AdviserFilters, VacancyReason, View


def _asked(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    return _checked(serializer(data=request.query_params.dict()))


def _checked(serializer: Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


def _day(asked: dict[str, Any]) -> date:
    day: date = asked["on"] or legal_day(now())
    return day


def _write(
    request: Request, scope: Scope, serializer: type[Serializer[Any]], act: Callable[[dict[str, Any]], Response]
) -> Response:
    return act(_checked(serializer(data=request.data)))


class Advisers(DoorView):
    door_grants = {"GET": policies.READ, "POST": policies.REGISTER}

    @extend_schema(
        operation_id="advisers_list", parameters=[s.AdviserQuery], responses=s.AdviserPageOut,
        tags=["advisers"],
    )  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """Advisers who serve in the scope's places or were registered by its county, by pinyin."""
        asked = _asked(s.AdviserQuery, request)
        filters = AdviserFilters(text=asked["q"], firm_id=asked["firm"], street_id=asked["street"],
                                 specialty=asked["specialty"], view=View(asked["view"]))  # fmt: skip
        page = queries.list_advisers(scope=scope, on=legal_day(now()), filters=filters, after=asked["after"],
                                     before=asked["before"], size=asked["size"], sort=asked["sort"])  # fmt: skip
        return Response(s.AdviserPageOut(page).data)

    @extend_schema(
        operation_id="advisers_register", request=s.AdviserIn, responses={201: s.AdviserOut}, tags=["advisers"]
    )
    def post(self, request: Request, scope: Scope) -> Response:
        """Enter an adviser into the province's register."""

        def act(data: dict[str, Any]) -> Response:
            return Response(s.AdviserOut(commands.register_adviser(scope=scope, now=now(), **data)).data, status=201)

        return _write(request, scope, s.AdviserIn, act)


class OneAdviser(DoorView):
    door_grants = {"GET": policies.READ, "PATCH": policies.REGISTER}

    @extend_schema(operation_id="advisers_get", responses=s.AdviserProfileOut, tags=["advisers"])
    def get(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """One adviser with his appointments in the scope's places."""
        profile = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=legal_day(now()))
        return Response(s.AdviserProfileOut(profile).data)

    @extend_schema(operation_id="advisers_correct", request=s.CorrectionIn, responses=s.AdviserOut, tags=["advisers"])
    def patch(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """Correct what the register says; what is left out stays."""

        def act(data: dict[str, Any]) -> Response:
            made = commands.update_adviser(scope=scope, adviser_id=adviser_id, now=now(), **data)
            return Response(s.AdviserOut(made).data)

        return _write(request, scope, s.CorrectionIn, act)


class LookUp(DoorView):
    door_keeps = False
    door_grants = {"POST": policies.REGISTER}

    @extend_schema(operation_id="advisers_look_up", request=s.NumberIn, responses=s.LookedUpOut, tags=["advisers"])
    def post(self, request: Request, scope: Scope) -> Response:
        """Who of the own list has this identity number or telephone. Booked, without the number."""

        def act(data: dict[str, Any]) -> Response:
            return Response(s.LookedUpOut({"adviser": commands.look_up(scope=scope, now=now(), **data)}).data)

        return _write(request, scope, s.NumberIn, act)


class Identity(DoorView):
    door_step_up = {"POST": 3}
    door_grants = {"POST": policies.REGISTER}

    @extend_schema(
        operation_id="advisers_correct_identity", request=s.IdentityIn, responses=s.AdviserOut, tags=["advisers"]
    )
    def post(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """Put his name or identity number right, after his papers; what is left out stays. Asks for a fresh proof."""

        def act(data: dict[str, Any]) -> Response:
            made = commands.correct_identity(scope=scope, adviser_id=adviser_id, now=now(), **data)
            return Response(s.AdviserOut(made).data)

        return _write(request, scope, s.IdentityIn, act)


class Counts(DoorView):
    door_grants = {"GET": policies.READ}

    @extend_schema(operation_id="advisers_counts", responses=s.AdviserCountsOut, tags=["advisers"])
    def get(self, request: Request, scope: Scope) -> Response:
        """How many advisers each ready-made view of the list holds."""
        return Response(s.AdviserCountsOut(queries.count_advisers(scope=scope, on=legal_day(now()))).data)


class Me(DoorView):
    door_grants = {"GET": policies.OWN}

    @extend_schema(operation_id="advisers_me", responses=s.AdviserOut, tags=["advisers"])
    def get(self, request: Request, scope: Scope) -> Response:
        """What the register holds about the signed-in adviser."""
        found = queries.adviser_of_scope(scope=scope, on=legal_day(now()))
        if found is None:
            raise policies.no_adviser()
        return Response(s.AdviserOut(found).data)


class Community(DoorView):
    door_grants = {"GET": policies.READ}

    @extend_schema(operation_id="advisers_community", responses=s.CommunityOut, tags=["advisers"])
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        """One community: who serves it and who did, or why nobody does."""
        today = legal_day(now())
        place = queries.get_community(scope=scope, node_id=node_id, on=today)
        lines = queries.list_appointment_lines(scope=scope, node_id=node_id, on=today)
        names = ("node_id", "name", "street_id", "street", "urban", "vacant", "vacant_since", "reason", "note")
        return Response(s.CommunityOut({**{name: getattr(place, name) for name in names}, "served": lines}).data)


class OneAppointment(DoorView):
    door_grants = {"GET": policies.READ}

    @extend_schema(operation_id="appointments_get", responses=s.AppointmentLineOut, tags=["advisers"])
    def get(self, request: Request, scope: Scope, appointment_id: uuid.UUID) -> Response:
        """One appointment, with the names of its places."""
        found = queries.get_appointment(scope=scope, appointment_id=appointment_id, on=legal_day(now()))
        return Response(s.AppointmentLineOut(found).data)


class Examination(DoorView):
    door_grants = {"POST": policies.REGISTER}

    @extend_schema(
        operation_id="advisers_note_examination", request=s.ExaminationIn, responses=s.AdviserOut, tags=["advisers"]
    )
    def post(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """Note that the adviser passed the unified examination (R2.6)."""

        def act(data: dict[str, Any]) -> Response:
            made = commands.record_examination(scope=scope, adviser_id=adviser_id, now=now(), **data)
            return Response(s.AdviserOut(made).data)

        return _write(request, scope, s.ExaminationIn, act)


class Ban(DoorView):
    door_grants = {"POST": policies.REGISTER, "DELETE": policies.REGISTER}

    @extend_schema(operation_id="advisers_ban", request=s.BanIn, responses=s.AdviserOut, tags=["advisers"])
    def post(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """Bar the adviser from new appointments up to and including a day."""

        def act(data: dict[str, Any]) -> Response:
            made = commands.ban_adviser(scope=scope, adviser_id=adviser_id, now=now(), **data)
            return Response(s.AdviserOut(made).data)

        return _write(request, scope, s.BanIn, act)

    @extend_schema(operation_id="advisers_lift_ban", parameters=[s.WhyIn], responses=s.AdviserOut, tags=["advisers"])
    def delete(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """Lift a ban before it runs out."""
        made = commands.lift_ban(scope=scope, adviser_id=adviser_id, now=now(), **_asked(s.WhyIn, request))
        return Response(s.AdviserOut(made).data)


class OpenAccount(DoorView):
    door_keeps = False
    door_step_up = {"POST": 3}
    door_grants = {"POST": policies.REGISTER}

    @extend_schema(operation_id="advisers_open_account", request=None, responses={201: s.AccountOut}, tags=["advisers"])
    def post(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """Make the adviser's sign-in. Takes no key: asking twice is refused, and no password is kept to answer with."""
        made = commands.open_account(scope=scope, adviser_id=adviser_id, now=now())
        return Response(s.AccountOut(made).data, status=201)


class Numbers(DoorView):
    door_keeps = False
    door_step_up = {"POST": 3, "DELETE": 3}
    door_grants = {"POST": policies.CLEAR, "DELETE": policies.REGISTER}

    @extend_schema(
        operation_id="advisers_show_numbers", request=s.ClearIn, responses=s.ClearNumbersOut, tags=["advisers"]
    )
    def post(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """Identity number and private telephone in clear. Asks for the password within the last five minutes."""

        def act(data: dict[str, Any]) -> Response:
            shown = commands.show_numbers(scope=scope, adviser_id=adviser_id, now=now(), **data)
            return Response(s.ClearNumbersOut(shown).data)

        return _write(request, scope, s.ClearIn, act)

    @extend_schema(
        operation_id="advisers_erase_numbers", parameters=[s.WhyIn], responses={204: None}, tags=["advisers"]
    )
    def delete(self, request: Request, scope: Scope, adviser_id: uuid.UUID) -> Response:
        """Erase both numbers of somebody who serves nowhere any more; for good."""
        commands.erase_numbers(scope=scope, adviser_id=adviser_id, now=now(), **_asked(s.WhyIn, request))
        return Response(status=204)


class SeenBy(DoorView):
    door_grants = {"GET": policies.OWN}

    @extend_schema(operation_id="advisers_seen_by", responses=s.SeenByOut(many=True), tags=["advisers"])
    def get(self, request: Request, scope: Scope) -> Response:
        """Who saw the signed-in adviser's numbers in clear, in whatever county."""
        return Response(s.SeenByOut(queries.list_seen_by(scope=scope), many=True).data)


class Firms(DoorView):
    door_grants = {"GET": policies.READ, "POST": policies.REGISTER}

    @extend_schema(operation_id="firms_list", parameters=[s.FirmQuery], responses=s.FirmPageOut, tags=["advisers"])
    def get(self, request: Request, scope: Scope) -> Response:
        """Firms of the province's register."""
        asked = _asked(s.FirmQuery, request)
        page = queries.list_firms(scope=scope, text=asked["q"], after=asked["after"], before=asked["before"],
                                  size=asked["size"], sort=asked["sort"])  # fmt: skip
        return Response(s.FirmPageOut(page).data)

    @extend_schema(operation_id="firms_register", request=s.FirmIn, responses={201: s.FirmOut}, tags=["advisers"])
    def post(self, request: Request, scope: Scope) -> Response:
        """Enter a firm into the province's register."""

        def act(data: dict[str, Any]) -> Response:
            return Response(s.FirmOut(commands.register_firm(scope=scope, now=now(), **data)).data, status=201)

        return _write(request, scope, s.FirmIn, act)


class OwnFirm(DoorView):
    door_grants = {"GET": policies.FIRM}

    @extend_schema(operation_id="firms_own", parameters=[s.DayQuery], responses=s.FirmOverviewOut, tags=["advisers"])
    def get(self, request: Request, scope: Scope) -> Response:
        """The signed-in manager's own firm, wherever its advisers serve."""
        return Response(
            s.FirmOverviewOut(queries.firm_overview(scope=scope, on=_day(_asked(s.DayQuery, request)))).data
        )


class OwnCommunities(DoorView):
    door_grants = {"GET": policies.OWN}

    @extend_schema(
        operation_id="advisers_mine", parameters=[s.DayQuery], responses=s.OwnCommunityOut(many=True), tags=["advisers"]
    )
    def get(self, request: Request, scope: Scope) -> Response:
        """The communities the signed-in adviser serves, in this county."""
        found = queries.list_own_communities(scope=scope, on=_day(_asked(s.DayQuery, request)))
        return Response(s.OwnCommunityOut(found, many=True).data)


class Appointments(DoorView):
    door_grants = {"GET": policies.READ, "POST": policies.APPOINT}

    @extend_schema(
        operation_id="appointments_list",
        parameters=[s.AppointmentQuery],
        responses=s.AppointmentOut(many=True),
        tags=["advisers"],
    )
    def get(self, request: Request, scope: Scope) -> Response:
        """Appointments in the scope's places; on a day, today when neither day, place nor adviser is given."""
        asked = _asked(s.AppointmentQuery, request)
        anything = asked["on"] or asked["node"] or asked["adviser"]
        found = queries.list_appointments(
            scope=scope, on=asked["on"] if anything else legal_day(now()), adviser_id=asked["adviser"],
            node_ids=None if asked["node"] is None else [asked["node"]],
        )  # fmt: skip
        return Response(s.AppointmentOut(found, many=True).data)

    @extend_schema(
        operation_id="appointments_make", request=s.AppointmentIn, responses={201: s.AppointmentOut}, tags=["advisers"]
    )
    def post(self, request: Request, scope: Scope) -> Response:
        """Have an adviser serve a community (R2.2, R2.6)."""

        def act(data: dict[str, Any]) -> Response:
            made = commands.appoint_adviser(scope=scope, now=now(), **data)
            return Response(s.AppointmentOut(made).data, status=201)

        return _write(request, scope, s.AppointmentIn, act)


class EndAppointment(DoorView):
    door_grants = {"POST": policies.APPOINT, "DELETE": policies.APPOINT}

    @extend_schema(operation_id="appointments_end", request=s.EndIn, responses=s.AppointmentOut, tags=["advisers"])
    def post(self, request: Request, scope: Scope, appointment_id: uuid.UUID) -> Response:
        """End an appointment on a day."""

        def act(data: dict[str, Any]) -> Response:
            made = commands.end_appointment(scope=scope, appointment_id=appointment_id, now=now(), **data)
            return Response(s.AppointmentOut(made).data)

        return _write(request, scope, s.EndIn, act)

    @extend_schema(operation_id="appointments_resume", request=None, responses=s.AppointmentOut, tags=["advisers"])
    def delete(self, request: Request, scope: Scope, appointment_id: uuid.UUID) -> Response:
        """Take the ending back, within ten minutes and by who ended it."""
        made = commands.resume_appointment(scope=scope, appointment_id=appointment_id, now=now())
        return Response(s.AppointmentOut(made).data)


class ReplaceAdviser(DoorView):
    door_grants = {"POST": policies.APPOINT}

    @extend_schema(
        operation_id="appointments_replace",
        request=s.ReplacementIn,
        responses={201: s.AppointmentOut},
        tags=["advisers"],
    )
    def post(self, request: Request, scope: Scope, appointment_id: uuid.UUID) -> Response:
        """End an appointment and have somebody else serve from the next day on; both or neither."""

        def act(data: dict[str, Any]) -> Response:
            made = commands.replace_adviser(scope=scope, appointment_id=appointment_id, now=now(), **data)
            return Response(s.AppointmentOut(made).data, status=201)

        return _write(request, scope, s.ReplacementIn, act)


class Coverage(DoorView):
    door_grants = {"GET": policies.READ}

    @extend_schema(
        operation_id="advisers_coverage", parameters=[s.DayQuery], responses=s.StreetOut(many=True), tags=["advisers"]
    )
    def get(self, request: Request, scope: Scope) -> Response:
        """Each street of the scope with its communities: covered, ending within 30 days, vacant."""
        found = queries.coverage_squares(scope=scope, on=_day(_asked(s.DayQuery, request)))
        return Response(s.StreetOut(found, many=True).data)


class Vacancies(DoorView):
    door_grants = {"GET": policies.READ}

    @extend_schema(
        operation_id="advisers_vacancies", parameters=[s.GapQuery], responses=s.GapOut(many=True), tags=["advisers"]
    )
    def get(self, request: Request, scope: Scope) -> Response:
        """Communities of the scope without an adviser, with the reason that was given."""
        asked = _asked(s.GapQuery, request)
        found = queries.list_gaps(scope=scope, on=_day(asked), sort=asked["sort"])
        return Response(s.GapOut(found, many=True).data)


class ExplainVacancy(DoorView):
    door_grants = {"POST": policies.APPOINT}

    @extend_schema(
        operation_id="advisers_explain_vacancy", request=s.VacancyIn, responses={204: None}, tags=["advisers"]
    )
    def post(self, request: Request, scope: Scope, node_id: int) -> Response:
        """Say why a community has no adviser at present."""

        def act(data: dict[str, Any]) -> Response:
            commands.explain_vacancy(scope=scope, node_id=node_id, reason=VacancyReason(data["reason"]),
                                     note=data["note"], now=now())  # fmt: skip
            return Response(status=204)

        return _write(request, scope, s.VacancyIn, act)


class Candidates(DoorView):
    door_grants = {"GET": policies.APPOINT}

    @extend_schema(
        operation_id="advisers_candidates",
        parameters=[s.CandidateQuery],
        responses=s.CandidateOut(many=True),
        tags=["advisers"],
    )
    def get(self, request: Request, scope: Scope, node_id: int) -> Response:
        """Whom the community could get, and what speaks for and against each."""
        asked = _asked(s.CandidateQuery, request)
        found = queries.list_candidates(scope=scope, node_id=node_id, on=legal_day(now()), text=asked["q"])
        return Response(s.CandidateOut(found, many=True).data)
