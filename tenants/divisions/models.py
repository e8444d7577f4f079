"""
The tables of places, all in the shared schema: identities, their dated versions, and the lists that were imported.

A version carries its ancestors, so that a subtree is one index and rows elsewhere need only a node's id. ``valid_to``
is the first day on which a version no longer holds; an open one has none.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from falin.kernel.models import PublicModel
from tenants.divisions.types import Committee, Kind, Level, RefusalReason, Status

LEVEL_LABELS = {
    Level.PROVINCE: _("省"),
    Level.CITY: _("市"),
    Level.COUNTY: _("县（区）"),
    Level.STREET: _("乡镇（街道）"),
    Level.COMMUNITY: _("村（社区）"),
}
KIND_LABELS = {Kind.ADMINISTRATIVE: _("行政区划"), Kind.STATISTICAL: _("统计区域")}
COMMITTEE_LABELS = {
    Committee.NONE: _("其他"),
    Committee.RESIDENTS: _("居民委员会"),
    Committee.VILLAGERS: _("村民委员会"),
}
STATUS_LABELS = {Status.IN_USE: _("在用"), Status.NOMINAL: _("仅列名")}
REASON_LABELS = {
    RefusalReason.PLACEHOLDER: _("名录中的占位行"),
    RefusalReason.STANDS_FOR_CITY: _("代表不设区县的市"),
    RefusalReason.STANDS_FOR_PARENT: _("重复上级的占位行"),
    RefusalReason.BAD_CODE: _("代码不正确"),
    RefusalReason.BAD_NAME: _("名称不正确"),
    RefusalReason.ORPHAN: _("找不到上级"),
    RefusalReason.DOUBLE: _("代码重复"),
}

_OPEN = Q(valid_to__isnull=True)


class Node(PublicModel):
    """The identity of a place: what stays when its name, code or parent change."""

    id = models.BigAutoField(primary_key=True)


class DivisionVersions(models.QuerySet["DivisionVersion"]):
    def on_day(self, day: date | None) -> Self:
        """Versions that hold on that day; without one, those that are open."""
        if day is None:
            return self.filter(_OPEN)
        return self.filter(_OPEN | Q(valid_to__gt=day), valid_from__lte=day)

    def below(self, node_id: int) -> Self:
        """The place and all that lies in it: five indexes joined, whatever its level."""
        return self.filter(
            Q(province_id=node_id) | Q(city_id=node_id) | Q(county_id=node_id) | Q(street_id=node_id) | Q(node=node_id)
        )

    def in_code_order(self) -> Self:
        return self.order_by("level", "code", "id")


class DivisionVersion(PublicModel):
    """How a place was called, coded and placed during one period."""

    id = models.BigAutoField(primary_key=True)
    # The ids here are no constrained keys: checking them would take a third of the time of loading 665,276 rows, nodes
    # are never deleted, and only the import writes either table.
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    level = models.PositiveSmallIntegerField(choices=[(level.value, label) for level, label in LEVEL_LABELS.items()])
    code = models.CharField(max_length=12, db_collation="C")
    name = models.CharField(max_length=100)
    parent_id = models.BigIntegerField(null=True)
    province_id = models.BigIntegerField()
    city_id = models.BigIntegerField(null=True)
    county_id = models.BigIntegerField(null=True)
    street_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=16, choices=[(kind.value, label) for kind, label in KIND_LABELS.items()])
    status = models.CharField(max_length=16, choices=[(status.value, label) for status, label in STATUS_LABELS.items()])
    is_county_body = models.BooleanField()
    committee = models.CharField(
        max_length=16, blank=True, choices=[(kind.value, label) for kind, label in COMMITTEE_LABELS.items()]
    )
    urban = models.BooleanField(null=True)
    urban_derived = models.BooleanField()
    pinyin = models.CharField(max_length=400, db_collation="C")
    initials = models.CharField(max_length=100, db_collation="C")

    objects: ClassVar[Any] = DivisionVersions.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=5), name="a_division_has_one_of_five_levels"),
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{12}$"), name="a_division_code_has_twelve_digits"),
            models.CheckConstraint(
                condition=_OPEN | Q(valid_to__gt=F("valid_from")), name="a_division_period_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(level=1, parent_id__isnull=True) | Q(level__gt=1, parent_id__isnull=False),
                name="only_a_province_has_no_parent",
            ),
            models.UniqueConstraint(fields=["node"], condition=_OPEN, name="one_open_version_for_each_node"),
            models.UniqueConstraint(
                fields=["level", "code"], condition=_OPEN, name="one_open_division_for_each_level_and_code"
            ),
            # Over closed versions only: with open ones in it the first import takes twice the time (33 s more for
            # 665,276 rows), and of those there is one a node.
            ExclusionConstraint(
                name="closed_periods_of_a_node_do_not_overlap",
                condition=Q(valid_to__isnull=False),
                expressions=[
                    (F("node"), RangeOperators.EQUAL),
                    (Func("valid_from", "valid_to", RangeBoundary(), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["node", "valid_from"], name="division_by_node"),
            models.Index(fields=["level", "code"], name="past_division_by_code", condition=Q(valid_to__isnull=False)),
            models.Index(fields=["parent_id"], name="division_by_parent"),
            models.Index(fields=["province_id", "level"], name="division_by_province"),
            models.Index(fields=["city_id", "level"], name="division_by_city"),
            models.Index(fields=["county_id", "level"], name="division_by_county"),
            models.Index(fields=["street_id", "level"], name="division_by_street"),
            models.Index(fields=["pinyin"], name="division_by_pinyin"),
            models.Index(fields=["initials"], name="division_by_initials"),
        ]


class DivisionImport(PublicModel):
    """A list that was brought in: where from, of which day, for which province, and what of it is no place."""

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=100)
    as_of = models.DateField()
    province = models.CharField(max_length=2, blank=True)  # two digits; empty: the whole country
    counts = models.JSONField(default=dict)
    refused = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["source", "as_of", "province"], name="import_by_list")]
