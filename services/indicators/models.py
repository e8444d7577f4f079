"""
A county's runs (in its schema) and the notice board they are published on (shared).

Rows of the board carry the ancestors of the place as they were when the run was made. A city's and the province's
figures are not stored: they are the sums of their counties' rows, and so can never disagree with them.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from falin.kernel.models import PublicModel, TenantModel


class Run(TenantModel):
    """One roll-up of one month: what was computed, from which state, to be published by the county's outbox."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    month = models.CharField(max_length=7)
    as_of = models.DateField()  # the day coverage was counted on
    computed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    person_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    figures = models.JSONField(default=list)
    lines = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["month", "-computed_at"], name="runs_of_a_month")]


class BoardModel(PublicModel):
    """A row of the board: the place and its ancestors, all as nodes; a collapsed level is null."""

    month = models.CharField(max_length=7)
    node_id = models.BigIntegerField()
    province_id = models.BigIntegerField()
    city_id = models.BigIntegerField(null=True)
    county_id = models.BigIntegerField()
    street_id = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class Figure(BoardModel):
    """
    The figures of one place (community, street or county body) in one month; everything here can be added up.

    A body publishes what its own book holds. Of a place that came under another county, both may hold something: it counts
    as a community once, where it lies, and what was done there stands in two rows (decision 65).
    """

    id = models.BigAutoField(primary_key=True)
    level = models.PositiveSmallIntegerField()
    run_id = models.UUIDField()
    as_of = models.DateField()
    communities = models.PositiveIntegerField()
    covered = models.PositiveIntegerField()
    urban = models.PositiveIntegerField()
    urban_covered = models.PositiveIntegerField()
    pairs = models.PositiveIntegerField()  # adviser × community with an appointment in the month
    required_minutes = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField()
    met = models.PositiveIntegerField()  # adviser × community pairs that reached their hours
    visits = models.PositiveIntegerField()
    lectures = models.PositiveIntegerField()
    edition = models.PositiveSmallIntegerField()  # publications of the finished month; 0 while it runs
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "node_id", "county_id"], name="one_figure_a_body_place_and_month"),
            models.UniqueConstraint(
                fields=["month", "node_id"], condition=Q(communities__gt=0), name="a_community_counts_once_a_month"
            ),
        ]
        indexes = [
            models.Index(fields=["county_id", "month", "level"], name="figures_in_a_county"),
            models.Index(fields=["province_id", "month", "level"], name="figures_in_a_province"),
            models.Index(fields=["street_id", "month"], name="figures_in_a_street"),
        ]


class VisitLine(BoardModel):
    """What stands behind a figure: community, day, hours, kind, the adviser's public name; no note."""

    id = models.BigAutoField(primary_key=True)
    visit_id = models.UUIDField()
    adviser_id = models.UUIDField()
    firm_id = models.UUIDField()
    adviser_name = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)
    on_day = models.DateField()
    minutes = models.PositiveIntegerField()  # the part that lies in this month

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "visit_id"], name="a_visit_counts_once_a_month")]
        indexes = [
            models.Index(fields=["node_id", "month", "on_day"], name="lines_at_a_place"),
            models.Index(fields=["county_id", "month"], name="lines_in_a_county"),
            models.Index(fields=["firm_id", "month"], name="lines_of_a_firm"),
        ]
