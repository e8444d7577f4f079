"""What the API of duty takes and gives."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from falin.kernel.periods import Month
from falin.kernel.rest.fields import ClockTime, OneOf, Sort
from services.duty import queries
from services.duty.rules import MOST_ATTENDEES
from services.duty.types import Cut, VisitKind


class ContentIn(serializers.Serializer[Any]):
    """The content of a visit; moments with their offset."""

    node_id = serializers.IntegerField(help_text="community")
    kind = OneOf(VisitKind)
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    topic = serializers.CharField(required=False, allow_blank=True, max_length=100, default="")
    attendees = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_ATTENDEES, default=None
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    photo = serializers.FileField(
        required=False, allow_null=True, default=None, help_text="JPEG, PNG or WebP, 8 MB at most"
    )

    def written(self) -> dict[str, Any]:
        """The content as the commands take it."""
        data = dict(self.validated_data)
        names = ("node_id", "begins_at", "ends_at", "topic", "attendees", "note", "photo")
        return {"kind": VisitKind(data["kind"]), **{name: data[name] for name in names}}


class VisitIn(ContentIn):
    """A new visit. Its id is made by the sender: sent again, it is answered with what stands in the book."""

    id = serializers.UUIDField()
    written_at = serializers.DateTimeField(help_text="by the sender's clock; kept, not relied on")
    person = serializers.IntegerField(required=False, default=None, allow_null=True,
                                      help_text="whose it is; refused where somebody else is signed in")  # fmt: skip
    tenant = serializers.IntegerField(required=False, default=None, allow_null=True,
                                      help_text="which county it was written for")  # fmt: skip


class CorrectionIn(ContentIn):
    why = serializers.CharField(max_length=200)


class WhyIn(serializers.Serializer[Any]):
    why = serializers.CharField(max_length=200)


class MonthIn(serializers.Serializer[Any]):
    month = serializers.RegexField(r"^\d{4}-(0[1-9]|1[0-2])$", help_text="2026-11")

    def validate_month(self, text: str) -> str:
        try:
            return str(Month.parse(text))
        except ValueError:
            raise serializers.ValidationError(_("月份要写成 2026-11 这样。")) from None


class RemindIn(MonthIn):
    node_id = serializers.IntegerField()
    adviser_id = serializers.UUIDField()


class PairIn(serializers.Serializer[Any]):
    node_id = serializers.IntegerField()
    adviser_id = serializers.UUIDField()


class RemindManyIn(MonthIn):
    pairs = PairIn(many=True)
    preview = serializers.BooleanField(default=False, help_text="say what would become of each, and send nothing")


class OutcomeOut(serializers.Serializer[Any]):
    """What became of one of many; ``code`` and ``refused`` are empty where it was sent."""

    node_id = serializers.IntegerField()
    adviser_id = serializers.UUIDField()
    adviser_name = serializers.CharField(allow_blank=True)
    node_name = serializers.CharField(allow_blank=True)
    minutes_missing = serializers.IntegerField()
    reminder_id = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_blank=True)
    refused = serializers.CharField(allow_blank=True)


class TakeBackIn(serializers.Serializer[Any]):
    reminders = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**53), min_length=1, max_length=100
    )


class TakenBackOut(serializers.Serializer[Any]):
    taken_back = serializers.IntegerField()


class VisitOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    node_id = serializers.IntegerField(source="content.node_id")
    adviser_id = serializers.UUIDField()
    adviser_name = serializers.CharField()
    kind = OneOf(VisitKind, source="content.kind")
    begins_at = serializers.DateTimeField(source="content.begins_at")
    ends_at = serializers.DateTimeField(source="content.ends_at")
    minutes = serializers.IntegerField(source="content.minutes")
    topic = serializers.CharField(source="content.topic", allow_blank=True)
    attendees = serializers.IntegerField(source="content.attendees", allow_null=True)
    note = serializers.CharField(source="content.note", allow_blank=True)
    photo_id = serializers.UUIDField(allow_null=True)
    revision = serializers.IntegerField()
    voided_at = serializers.DateTimeField(allow_null=True)
    void_why = serializers.CharField(allow_blank=True)
    written_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class MyPlaceOut(serializers.Serializer[Any]):
    node_id = serializers.IntegerField()
    name = serializers.CharField(help_text="the street before the community")


class TokenOut(serializers.Serializer[Any]):
    """Who is signed in, and the token a form or a phone has to send with a write."""

    person = serializers.IntegerField()
    tenant = serializers.IntegerField()
    csrf = serializers.CharField()
    until = serializers.IntegerField(help_text="when this sign-in runs out by itself, in seconds since 1970")
    key = serializers.CharField(help_text="opens what the phone keeps; empty for a program's token")


class HoursOut(serializers.Serializer[Any]):
    """Minutes of one adviser in one community in one month."""

    month = serializers.CharField()
    node_id = serializers.IntegerField()
    adviser_id = serializers.UUIDField()
    adviser_name = serializers.CharField()
    firm_name = serializers.CharField()
    minutes = serializers.IntegerField()
    required_minutes = serializers.IntegerField()
    missing = serializers.IntegerField()
    visits = serializers.IntegerField()
    lectures = serializers.IntegerField()
    met = serializers.BooleanField()


class BehindAsked(serializers.Serializer[Any]):
    view = serializers.ChoiceField(choices=[cut.value for cut in Cut if cut], required=False, default=Cut.ALL.value,
                                   help_text="pace: behind the pace; none: nothing yet")  # fmt: skip
    sort = Sort(queries.BEHIND_ORDERS)


class PostsAsked(serializers.Serializer[Any]):
    sort = Sort(queries.POST_ORDERS)


class VisitsAsked(serializers.Serializer[Any]):
    sort = Sort(queries.VISIT_ORDERS)


class BehindOut(serializers.Serializer[Any]):
    hours = HoursOut()
    node_name = serializers.CharField()
    street_name = serializers.CharField()
    pace = serializers.IntegerField(help_text="minutes due by today")
    off_pace = serializers.IntegerField()
    last_on = serializers.DateField(allow_null=True)
    reminded_today = serializers.BooleanField()


class MyMonthOut(serializers.Serializer[Any]):
    hours = HoursOut()
    node_name = serializers.CharField()
    street_name = serializers.CharField()
    pace = serializers.IntegerField()
    days_left = serializers.IntegerField()
    quarter_lectures = serializers.IntegerField()
    quarter_lectures_required = serializers.IntegerField()


class ReminderOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    node_id = serializers.IntegerField()
    node_name = serializers.CharField()
    month = serializers.CharField()
    minutes_missing = serializers.IntegerField()
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class BookMonthOut(serializers.Serializer[Any]):
    month = serializers.CharField()
    visits = serializers.IntegerField()
    minutes = serializers.IntegerField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField(allow_blank=True)
    over = serializers.BooleanField()


class SentOut(serializers.Serializer[Any]):
    """The reminder that was sent."""

    id = serializers.IntegerField()


class PostedHoursIn(serializers.Serializer[Any]):
    """When and where a community's adviser can be met."""

    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7), min_length=1, max_length=7,
        help_text="1 Monday … 7 Sunday",
    )  # fmt: skip
    begins_at = ClockTime()
    ends_at = ClockTime()
    room = serializers.CharField(max_length=80)


class PostedHoursOut(PostedHoursIn):
    posted_at = serializers.DateTimeField()


class PostOut(serializers.Serializer[Any]):
    """A community and what is posted for it."""

    node_id = serializers.IntegerField()
    node_name = serializers.CharField()
    street_name = serializers.CharField()
    posted = PostedHoursOut(allow_null=True)
