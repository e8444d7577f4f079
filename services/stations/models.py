"""The register of stations, on the notice board: what stands here everybody may read, so it stands once (decision 60)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from falin.kernel.models import PublicModel


class Station(PublicModel):
    """
    A place where people are helped. A row of the notice board: it names the places above it, and is written by who holds a
    role at one of them. Corrected in place with what was in the audit, or closed; never deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    province_id = models.BigIntegerField()
    city_id = models.BigIntegerField(null=True)
    county_id = models.BigIntegerField()
    street_id = models.BigIntegerField(null=True)
    node_id = models.BigIntegerField()
    tier = models.CharField(max_length=10)  # centre, station, studio: also their order
    name = models.CharField(max_length=60)
    pinyin = models.CharField(max_length=240)
    initials = models.CharField(max_length=60)
    address = models.CharField(max_length=120)
    phone = models.CharField(max_length=20, blank=True)  # the office's, public
    opening = models.JSONField()  # [weekday, "09:00", "12:00"] each; 1 Monday … 7 Sunday
    wheelchair = models.BooleanField()
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    closed_why = models.CharField(max_length=200, blank=True)
    person_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["node_id", "name"],
                condition=Q(closed_on__isnull=True),
                name="an_open_station_is_registered_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="a_station_closes_after_it_opens",
            ),
            models.CheckConstraint(
                condition=Q(longitude__isnull=True, latitude__isnull=True)
                | Q(longitude__isnull=False, latitude__isnull=False),
                name="a_position_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["county_id", "tier", "pinyin", "id"], name="stations_of_a_county"),
            models.Index(fields=["province_id", "tier", "pinyin", "id"], name="stations_of_a_province"),
        ]
