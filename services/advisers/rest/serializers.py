"""What goes in and out of the API: the same bounds as the forms, the same fields as the types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from falin.kernel.clock import legal_day, now
from falin.kernel.rest.fields import Cursor, OneOf, Sort
from falin.kernel.sheets.written import Wrong
from services.advisers import queries
from services.advisers.rules.import_wording import sentence
from services.advisers.rules.numbers import read_credit_code, read_identity, read_mobile, read_number
from services.advisers.types import MOST_COUNTED, AdviserState, Obstacle, SquareState, VacancyReason, View


def read_by(reader: Callable[[str], str], text: str) -> str:
    try:
        return reader(text)
    except Wrong as wrong:
        raise serializers.ValidationError(sentence(wrong.code, {}), code=wrong.code) from None


# ---- out -----------------------------------------------------------------------------------------------------------
class FirmOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    credit_code = serializers.CharField()
    phone = serializers.CharField()
    advisers = serializers.IntegerField(help_text="How many advisers of the province's register come from it.")


class AdviserOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    firm_id = serializers.UUIDField()
    firm_name = serializers.CharField()
    licence = serializers.CharField()
    phone_masked = serializers.CharField(
        help_text="His own, its middle left out; empty for a role that has none of it."
    )
    firm_phone = serializers.CharField(help_text="The office's, in clear.")
    specialties = serializers.ListField(child=serializers.CharField())
    exam_passed_on = serializers.DateField(allow_null=True)
    banned_until = serializers.DateField(allow_null=True)
    ban_reason = serializers.CharField()
    has_account = serializers.BooleanField()
    held = serializers.IntegerField(help_text="Communities in every county, now or later.")
    most = serializers.IntegerField(help_text="The limit in force (R2.2).")
    erased = serializers.BooleanField(help_text="His numbers were erased; the entry is closed.")


class AppointmentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    node_id = serializers.IntegerField()
    adviser_id = serializers.UUIDField()
    adviser_name = serializers.CharField()
    firm_id = serializers.UUIDField()
    firm_name = serializers.CharField()
    begins_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True, help_text="The last day; null while it runs on.")
    ended_why = serializers.CharField()


class AdviserRowOut(serializers.Serializer[Any]):
    adviser = AdviserOut()
    communities = serializers.ListField(child=serializers.CharField())
    ends_on = serializers.DateField(allow_null=True)
    state = OneOf(AdviserState)


class AdviserProfileOut(serializers.Serializer[Any]):
    adviser = AdviserOut()
    state = OneOf(AdviserState)
    appointments = serializers.SerializerMethodField()
    elsewhere = serializers.IntegerField(help_text="Seats outside the reader's scope.")

    def get_appointments(self, profile: Any) -> list[dict[str, Any]]:
        return [dict(AppointmentOut(line.appointment).data) for line in profile.appointments]


class AdviserPageOut(serializers.Serializer[Any]):
    rows = AdviserRowOut(many=True)
    total = serializers.IntegerField(help_text=f"Counted up to {MOST_COUNTED:,}.")
    more = serializers.BooleanField(help_text="There are more than ``total``.")
    first = serializers.IntegerField(help_text="The number of the first row, from 1; 0 where nobody counted so far.")
    before = serializers.CharField(help_text="Cursor for the page before; empty at the beginning.")
    after = serializers.CharField(help_text="Cursor for the next page; empty at the end.")


class FirmPageOut(serializers.Serializer[Any]):
    rows = FirmOut(many=True)
    total = serializers.IntegerField(help_text=f"Counted up to {MOST_COUNTED:,}.")
    more = serializers.BooleanField(help_text="There are more than ``total``.")
    first = serializers.IntegerField(help_text="0 where nobody counted so far.")
    before = serializers.CharField()
    after = serializers.CharField()


class GapOut(serializers.Serializer[Any]):
    node_id = serializers.IntegerField()
    name = serializers.CharField()
    street_id = serializers.IntegerField(allow_null=True)
    street = serializers.CharField()
    reason = OneOf(VacancyReason, allow_null=True)
    note = serializers.CharField()
    vacant_since = serializers.DateField(allow_null=True, help_text="Null where there never was an adviser.")


class SquareOut(serializers.Serializer[Any]):
    node_id = serializers.IntegerField()
    name = serializers.CharField()
    state = OneOf(SquareState)
    ends_on = serializers.DateField(allow_null=True)


class StreetOut(serializers.Serializer[Any]):
    street_id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    squares = SquareOut(many=True)


class ReasonOut(serializers.Serializer[Any]):
    good = serializers.BooleanField()
    text = serializers.CharField()
    help = serializers.CharField()


class CandidateOut(serializers.Serializer[Any]):
    adviser = AdviserOut()
    may = serializers.BooleanField()
    obstacle = OneOf(Obstacle, allow_null=True)
    reasons = ReasonOut(many=True)


class AppointmentLineOut(serializers.Serializer[Any]):
    appointment = AppointmentOut()
    community = serializers.CharField()
    street = serializers.CharField()
    state = OneOf(SquareState)
    over = serializers.BooleanField()


class CommunityOut(serializers.Serializer[Any]):
    node_id = serializers.IntegerField()
    name = serializers.CharField()
    street_id = serializers.IntegerField(allow_null=True)
    street = serializers.CharField()
    urban = serializers.BooleanField(allow_null=True)
    vacant = serializers.BooleanField()
    vacant_since = serializers.DateField(allow_null=True)
    reason = OneOf(VacancyReason, allow_null=True)
    note = serializers.CharField()
    served = AppointmentLineOut(many=True, help_text="everybody who served or serves it, newest first")


class AdviserCountsOut(serializers.Serializer[Any]):
    """How many advisers each ``view`` of the list holds, and from how many firms."""

    all = serializers.IntegerField()
    ending = serializers.IntegerField()
    room = serializers.IntegerField()
    not_examined = serializers.IntegerField()
    banned = serializers.IntegerField()
    firms = serializers.IntegerField()
    more = serializers.BooleanField(help_text="Counted among the first of a long list: there are at least as many.")


class OwnCommunityOut(serializers.Serializer[Any]):
    appointment_id = serializers.UUIDField()
    node_id = serializers.IntegerField()
    name = serializers.CharField()
    street = serializers.CharField()
    begins_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)


class FirmSeatOut(serializers.Serializer[Any]):
    node_id = serializers.IntegerField()
    community = serializers.CharField()
    county = serializers.CharField()
    begins_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)


class FirmMemberOut(serializers.Serializer[Any]):
    adviser = AdviserOut()
    state = OneOf(AdviserState)
    seats = FirmSeatOut(many=True)


class FirmOverviewOut(serializers.Serializer[Any]):
    firm = FirmOut()
    members = FirmMemberOut(many=True)
    communities = serializers.IntegerField()
    counties = serializers.IntegerField()


class AccountOut(serializers.Serializer[Any]):
    adviser_id = serializers.UUIDField()
    username = serializers.CharField()
    password = serializers.CharField(help_text="The first password; shown this once.")


class ClearNumbersOut(serializers.Serializer[Any]):
    adviser_id = serializers.UUIDField()
    name = serializers.CharField()
    id_number = serializers.CharField()
    phone = serializers.CharField()
    seen_today = serializers.IntegerField(help_text="What the same person saw in clear today, with this one.")


class SeenByOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    person = serializers.CharField()
    role = serializers.CharField()
    body = serializers.CharField()
    reason = serializers.CharField()


# ---- in ------------------------------------------------------------------------------------------------------------
class AdviserQuery(serializers.Serializer[Any]):
    q = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=40, help_text="Name, firm, pinyin."
    )
    street = serializers.IntegerField(required=False, default=None, allow_null=True)
    firm = serializers.UUIDField(required=False, default=None, allow_null=True)
    specialty = serializers.CharField(required=False, default="", allow_blank=True, max_length=20)
    view = serializers.ChoiceField(
        choices=[view.value for view in View if view], required=False, default="", allow_blank=True
    )
    after = Cursor()
    before = Cursor()
    size = serializers.IntegerField(required=False, default=12, min_value=1, max_value=50)
    sort = Sort(queries.ADVISER_ORDERS)


class FirmQuery(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)
    after = Cursor()
    before = Cursor()
    size = serializers.IntegerField(required=False, default=12, min_value=1, max_value=50)
    sort = Sort(queries.FIRM_ORDERS)


class AppointmentQuery(serializers.Serializer[Any]):
    on = serializers.DateField(required=False, default=None, allow_null=True)
    node = serializers.IntegerField(required=False, default=None, allow_null=True)
    adviser = serializers.UUIDField(required=False, default=None, allow_null=True)


class CandidateQuery(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)


class DayQuery(serializers.Serializer[Any]):
    on = serializers.DateField(required=False, default=None, allow_null=True, help_text="Today when left out.")


class GapQuery(DayQuery):
    sort = Sort(queries.GAP_ORDERS)


class FirmIn(serializers.Serializer[Any]):
    name = serializers.CharField(min_length=4, max_length=80)
    credit_code = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)
    phone = serializers.CharField(required=False, default="", allow_blank=True, max_length=30)

    def validate_credit_code(self, text: str) -> str:
        return read_by(read_credit_code, text) if text else ""


class AdviserIn(serializers.Serializer[Any]):
    firm_id = serializers.UUIDField()
    name = serializers.CharField(max_length=40)
    id_number = serializers.CharField(max_length=40, write_only=True, help_text="18 characters; kept encrypted.")
    phone = serializers.CharField(max_length=30, write_only=True, help_text="11 digits; kept encrypted.")
    licence = serializers.CharField(required=False, default="", allow_blank=True, max_length=30)
    specialties = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, default=list, max_length=10
    )
    exam_passed_on = serializers.DateField(required=False, default=None, allow_null=True)

    def validate_id_number(self, text: str) -> str:
        return read_by(lambda value: read_identity(value, today=legal_day(now())), text)

    def validate_phone(self, text: str) -> str:
        return read_by(read_mobile, text)


class CorrectionIn(serializers.Serializer[Any]):
    firm_id = serializers.UUIDField(required=False)
    phone = serializers.CharField(required=False, max_length=30, write_only=True)
    licence = serializers.CharField(required=False, allow_blank=True, max_length=30)
    specialties = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=10)

    def validate_phone(self, text: str) -> str:
        return read_by(read_mobile, text)


class NumberIn(serializers.Serializer[Any]):
    number = serializers.CharField(max_length=40, write_only=True, help_text="whole: 18 characters, or 11 digits")

    def validate_number(self, text: str) -> str:
        return read_by(lambda number: read_number(number, today=legal_day(now())), text)


class LookedUpOut(serializers.Serializer[Any]):
    adviser = AdviserOut(allow_null=True, help_text="null: nobody on the own list has this number")


class IdentityIn(serializers.Serializer[Any]):
    name = serializers.CharField(required=False, min_length=2, max_length=40)
    id_number = serializers.CharField(
        required=False, max_length=40, write_only=True, help_text="18 characters; kept encrypted."
    )
    why = serializers.CharField(max_length=200)

    def validate_id_number(self, text: str) -> str:
        return read_by(lambda value: read_identity(value, today=legal_day(now())), text)


class ExaminationIn(serializers.Serializer[Any]):
    passed_on = serializers.DateField()


class BanIn(serializers.Serializer[Any]):
    until = serializers.DateField(help_text="The last day of the ban.")
    reason = serializers.CharField(max_length=200)


class WhyIn(serializers.Serializer[Any]):
    why = serializers.CharField(max_length=200)


class ClearIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, help_text="Booked, and shown to the adviser.")


class AppointmentIn(serializers.Serializer[Any]):
    adviser_id = serializers.UUIDField()
    node_id = serializers.IntegerField()
    begins_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, default=None, allow_null=True)


class EndIn(serializers.Serializer[Any]):
    on_day = serializers.DateField(help_text="The last day.")
    why = serializers.CharField(max_length=200)


class ReplacementIn(serializers.Serializer[Any]):
    new_adviser_id = serializers.UUIDField()
    on_day = serializers.DateField(help_text="The last day of the old appointment; the new one begins the day after.")
    why = serializers.CharField(max_length=200)
    ends_on = serializers.DateField(required=False, default=None, allow_null=True)


class VacancyIn(serializers.Serializer[Any]):
    reason = OneOf(VacancyReason)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
