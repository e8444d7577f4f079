"""What the API of stations takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from falin.kernel.rest.fields import ClockTime, Cursor, Measure, OneOf, Sort
from services.stations import queries
from services.stations.rules import ADDRESS_LONGEST, NAME_LONGEST, PHONE_LONGEST
from services.stations.types import MOST_COUNTED, Opening, Position, StationContent, Tier, View


class OpeningOut(serializers.Serializer[Any]):
    """From when to when it is open on one day of the week."""

    weekday = serializers.IntegerField(min_value=1, max_value=7, help_text="1 Monday … 7 Sunday")
    begins_at = ClockTime()
    ends_at = ClockTime()


class PositionOut(serializers.Serializer[Any]):
    """In degrees, as a telephone that stands at the door says it."""

    longitude = Measure(min_value=-180, max_value=180)
    latitude = Measure(min_value=-90, max_value=90)


class StationIn(serializers.Serializer[Any]):
    """What the register says of a station. All of it is public."""

    node_id = serializers.IntegerField(help_text="a county, street or community; its tier follows from it (R1.6)")
    name = serializers.CharField(max_length=NAME_LONGEST)
    address = serializers.CharField(max_length=ADDRESS_LONGEST)
    phone = serializers.CharField(max_length=PHONE_LONGEST, required=False, allow_blank=True, default="",
                                  help_text="the office's; a mobile number is refused")  # fmt: skip
    opening = OpeningOut(many=True)
    wheelchair = serializers.BooleanField(required=False, default=False)
    position = PositionOut(required=False, allow_null=True, default=None)
    opened_on = serializers.DateField()

    def written(self) -> StationContent:
        """The content as the commands take it."""
        data = dict(self.validated_data)
        opening = tuple(Opening(**one) for one in data.pop("opening"))
        position = data.pop("position")
        return StationContent(opening=opening, position=Position(**position) if position else None, **data)


class CloseIn(serializers.Serializer[Any]):
    on_day = serializers.DateField(help_text="the first day it is no longer open: today or earlier")
    why = serializers.CharField(max_length=200)


class StationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    tier = OneOf(Tier, name="StationTier")
    node_id = serializers.IntegerField(source="content.node_id")
    name = serializers.CharField(source="content.name")
    address = serializers.CharField(source="content.address")
    phone = serializers.CharField(source="content.phone", allow_blank=True)
    opening = OpeningOut(source="content.opening", many=True)
    wheelchair = serializers.BooleanField(source="content.wheelchair")
    position = PositionOut(source="content.position", allow_null=True)
    opened_on = serializers.DateField(source="content.opened_on")
    closed_on = serializers.DateField(allow_null=True, help_text="the first day it was no longer open")
    closed_why = serializers.CharField(allow_blank=True)


class StationRowOut(serializers.Serializer[Any]):
    station = StationOut()
    place = serializers.CharField(allow_blank=True)
    above = serializers.CharField(allow_blank=True, help_text="the name of what lies above the place")


class StationPageOut(serializers.Serializer[Any]):
    rows = StationRowOut(many=True)
    total = serializers.IntegerField(help_text=f"Counted up to {MOST_COUNTED:,}.")
    more = serializers.BooleanField(help_text="There are more than ``total``.")
    before = serializers.CharField(help_text="Cursor for the page before; empty at the beginning.")
    after = serializers.CharField(help_text="Cursor for the next page; empty at the end.")


class StationCountsOut(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    no_position = serializers.IntegerField(help_text="open, and nobody can be told how far it is")
    closed = serializers.IntegerField()
    communities = serializers.IntegerField(help_text="communities with an open studio of their own")


class StationQuery(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=40,
                              help_text="Part of the name or address, pinyin or initials of the name.")  # fmt: skip
    tier = serializers.ChoiceField(choices=[tier.value for tier in Tier], required=False, default="", allow_blank=True)
    street = serializers.IntegerField(required=False, default=None, allow_null=True)
    view = serializers.ChoiceField(choices=[view.value for view in View if view], required=False,
                                   default=View.OPEN.value)  # fmt: skip
    sort = Sort(queries.STATION_ORDERS)
    after = Cursor()
    before = Cursor()
    size = serializers.IntegerField(required=False, default=queries.PAGE, min_value=1, max_value=500)
