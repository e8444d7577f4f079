"""
Visits and lectures of a county, the months that are closed, reminders; and, shared, when an adviser is busy and when he
can be met.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from falin.kernel.models import PublicModel, ScopedModel, TenantModel


class MomentRange(Func):
    """``tstzrange(begin, end)``: half-open, so that one visit may begin when another ends."""

    function = "tstzrange"
    output_field: ClassVar[DateTimeRangeField] = DateTimeRangeField()


class BusyTime(PublicModel):
    """
    When an adviser is somewhere, across all counties: nobody is in two places at once, and the database holds that.

    The id is the visit's. Carries no place: a county cannot tell from a refusal where else the adviser was.
    """

    id = models.UUIDField(primary_key=True)
    adviser_id = models.UUIDField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="time_runs_forward"),
            ExclusionConstraint(
                name="an_adviser_is_in_one_place_at_a_time",
                expressions=[
                    (F("adviser_id"), RangeOperators.EQUAL),
                    (MomentRange("begins_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Visit(ScopedModel):
    """
    A visit or a lecture of one adviser in one community. Its id is made where it was written, on the phone.

    Corrected in place with the reason in the audit, or voided; never deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    adviser_id = models.UUIDField()
    adviser_name = models.CharField(max_length=40)
    firm_id = models.UUIDField()
    kind = models.CharField(max_length=10)  # visit, lecture
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    topic = models.CharField(max_length=100, blank=True)
    attendees = models.PositiveIntegerField(null=True)
    note = models.TextField(blank=True)
    photo_id = models.UUIDField(null=True)
    voided_at = models.DateTimeField(null=True)
    void_why = models.CharField(max_length=200, blank=True)
    revision = models.PositiveSmallIntegerField(default=1)
    person_id = models.BigIntegerField()
    written_at = models.DateTimeField()  # by the phone's clock, which nobody trusts
    recorded_at = models.DateTimeField()  # by ours

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="a_visit_ends_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["node_id", "begins_at"], name="visits_at_a_place"),
            models.Index(fields=["adviser_id", "-begins_at"], name="visits_of_an_adviser"),
            models.Index(fields=["begins_at"], name="visits_by_time"),
        ]


class ClosedMonth(TenantModel):
    """A month whose book is closed: its visits can no longer be added, corrected or voided."""

    month = models.CharField(max_length=7, primary_key=True)
    closed_at = models.DateTimeField()
    person_id = models.BigIntegerField()


class DirtyMonth(TenantModel):
    """A month something changed in since it was last published."""

    month = models.CharField(max_length=7, primary_key=True)
    since = models.DateTimeField()


class Reminder(ScopedModel):
    """A word to an adviser who is behind, once a day at most for a community."""

    id = models.BigAutoField(primary_key=True)
    adviser_id = models.UUIDField()
    month = models.CharField(max_length=7)
    on_day = models.DateField()
    minutes_missing = models.PositiveIntegerField()
    person_id = models.BigIntegerField()
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node_id", "adviser_id", "on_day"], name="one_reminder_a_day"),
        ]


class PostedHours(PublicModel):
    """
    When a community's adviser can be met and where, as on the notice at its door: everybody may read it.

    A row of the notice board: it names the places above it, and is written by who holds a role at one of them.
    """

    node_id = models.BigIntegerField(primary_key=True)
    province_id = models.BigIntegerField()
    city_id = models.BigIntegerField(null=True)
    county_id = models.BigIntegerField()
    street_id = models.BigIntegerField(null=True)
    weekdays = models.JSONField()  # 1 Monday … 7 Sunday
    begins_at = models.TimeField()
    ends_at = models.TimeField()
    room = models.CharField(max_length=80)
    person_id = models.BigIntegerField()
    posted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="posted_hours_end_after_they_begin"),
        ]
        indexes = [models.Index(fields=["county_id"], name="posted_hours_of_a_county")]
