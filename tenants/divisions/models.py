"""
The tables of places, all in the shared schema: identities, their dated versions and lineage, facts about them, the
lists that were imported and the updates that were reviewed.

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
from tenants.divisions.types import (
    ChangeKind,
    Committee,
    Decision,
    FactKind,
    Kind,
    Level,
    LineageKind,
    Reason,
    RefusalReason,
    Status,
    UpdateState,
    View,
)

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
LINEAGE_LABELS = {
    LineageKind.SPLIT: _("分设"), LineageKind.MERGE: _("并入"), LineageKind.BOUNDARY: _("界线调整"),
    LineageKind.MOVE: _("改变隶属"), LineageKind.RENAME: _("更名"), LineageKind.RECODE: _("代码变更"),
}  # fmt: skip
CHANGE_LABELS = {
    ChangeKind.ADDED: _("新设"), ChangeKind.SPLIT: _("分设"), ChangeKind.GONE: _("撤销"), ChangeKind.MERGED: _("并入"),
    ChangeKind.MOVED: _("改变隶属"), ChangeKind.RECODED: _("代码变更"), ChangeKind.RENAMED: _("更名"),
    ChangeKind.ALTERED: _("属性变化"), ChangeKind.BOUNDARY: _("界线调整"),
}  # fmt: skip
WHY_LABELS = {
    Reason.ABOVE_CHANGED: _("代码随上级变更"), Reason.SAME_NAME_HERE: _("同一上级下名称相同"),
    Reason.SAME_NAME_NEAR: _("县内只有这一个同名的"), Reason.SAME_NAME_FAR: _("省内只有这一个同名的"),
    Reason.SAME_PLACES_BELOW: _("下面的地方大多相同"), Reason.COMMITTEE_WORDS: _("只是居委会、村委会等字样不同"),
    Reason.LIKE_NAME: _("代码相同，名称相近"), Reason.LIKE_NAME_HERE: _("同一上级下名称相近"),
    Reason.UNLIKE_NAME: _("代码相同，名称完全不同"),
    Reason.NAME_OF_PARTS: _("名称由几个旧名合成"), Reason.NUMBERED_NAME: _("名称是旧名加序号或方位"),
    Reason.ONLY_HERE: _("另一份名录里没有相近的"), Reason.RESEMBLES: _("有相近的，但不足以断定"),
    Reason.PARENT_GONE: _("上级已撤销"), Reason.PARENT_NEW: _("上级是新设的"), Reason.CODE_SAYS: _("名录所列性质有变"),
    Reason.COUNTED: _("有人点过数"),
}  # fmt: skip
UPDATE_LABELS = {
    UpdateState.DECIDING: _("核对中"), UpdateState.SUBMITTED: _("等第二个人确认"), UpdateState.CONFIRMED: _("正在应用"),
    UpdateState.APPLIED: _("已应用"), UpdateState.UNDONE: _("已撤回"), UpdateState.DROPPED: _("已放弃"),
}  # fmt: skip
VIEW_LABELS = {View.AS_WAS: _("按当时的区划"), View.AS_IS: _("按现在的区划")}
FACT_LABELS = {
    FactKind.POPULATION: _("人口"), FactKind.HOUSEHOLDS: _("户数"), FactKind.AREA: _("面积（平方米）")
}  # fmt: skip

_OPEN = Q(valid_to__isnull=True)
# All versions but those of places that never changed since their import: of those there is one a node, and with them
# in it the first import would take twice the time (33 s more for 665,276 rows).
_CHANGED = Q(valid_to__isnull=False) | Q(begun_by__isnull=False)
_PERIOD = Func("valid_from", "valid_to", RangeBoundary(), function="daterange")


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
    begun_by = models.BigIntegerField(null=True)  # the update that wrote it; what an import brought has none
    ended_by = models.BigIntegerField(null=True)

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
            ExclusionConstraint(
                name="periods_of_a_node_do_not_overlap",
                condition=_CHANGED,
                expressions=[(F("node"), RangeOperators.EQUAL), (_PERIOD, RangeOperators.OVERLAPS)],
            ),
            ExclusionConstraint(
                name="a_code_is_one_places_at_a_time",
                condition=_CHANGED,
                expressions=[
                    (F("level"), RangeOperators.EQUAL),
                    (F("code"), RangeOperators.EQUAL),
                    (_PERIOD, RangeOperators.OVERLAPS),
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
            models.Index(fields=["level", "pinyin"], name="division_by_level_and_pinyin"),
            models.Index(fields=["level", "initials"], name="division_by_level_and_initials"),
            models.Index(fields=["begun_by"], name="division_by_update", condition=Q(begun_by__isnull=False)),
            models.Index(fields=["ended_by"], name="division_ended_by_update", condition=Q(ended_by__isnull=False)),
        ]


class NamePart(PublicModel):
    """
    The end of a name from one of its characters on, for search: a part of a name is then a range of this index.

    Trigrams find no names of one or two characters. Ordered by level, so that the upper places come first without
    sorting the 40,000 names that hold 新. Parts that begin inside the common words for a committee are left out.
    """

    pk = models.CompositePrimaryKey("level", "inner", "part", "version_id")
    level = models.PositiveSmallIntegerField()
    inner = models.BooleanField()  # the part begins inside the name
    part = models.CharField(max_length=100, db_collation="C")
    version_id = models.BigIntegerField()


class DivisionLineage(PublicModel):
    """What went on as what, and how much of it; without a share nobody knows, and figures stay where they were."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    kind = models.CharField(max_length=16, choices=[(kind.value, label) for kind, label in LINEAGE_LABELS.items()])
    from_node = models.BigIntegerField()
    to_node = models.BigIntegerField()
    numerator = models.PositiveIntegerField(null=True)
    denominator = models.PositiveIntegerField(null=True)
    estimated = models.BooleanField(default=False)
    update_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(numerator__isnull=True, denominator__isnull=True, kind=LineageKind.BOUNDARY)
                | Q(numerator__gte=1, numerator__lte=F("denominator")),
                name="a_share_is_more_than_nothing_and_at_most_all",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[LineageKind.SPLIT, LineageKind.MERGE, LineageKind.BOUNDARY])
                | Q(from_node=F("to_node")),
                name="only_succession_joins_two_places",
            ),
            models.UniqueConstraint(fields=["day", "kind", "from_node", "to_node"], name="one_lineage_for_each_pair"),
        ]
        indexes = [
            models.Index(fields=["from_node", "day"], name="lineage_forwards"),
            models.Index(fields=["to_node", "day"], name="lineage_backwards"),
            models.Index(fields=["update_id"], name="lineage_of_an_update"),
        ]


class DivisionFact(PublicModel):
    """Population, households or area of a place on a day, with the source."""

    id = models.BigAutoField(primary_key=True)
    node_id = models.BigIntegerField()
    kind = models.CharField(max_length=16, choices=[(kind.value, label) for kind, label in FACT_LABELS.items()])
    on_day = models.DateField()
    value = models.BigIntegerField()
    source = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node_id", "kind", "on_day"], name="one_fact_of_a_kind_a_day"),
            models.CheckConstraint(condition=Q(value__gte=0), name="a_fact_is_not_negative"),
        ]


class Boundary(PublicModel):
    """The outline of a place from a day on: GeoJSON geometry, simplified for the map."""

    id = models.BigAutoField(primary_key=True)
    node_id = models.BigIntegerField()
    valid_from = models.DateField()
    geometry = models.JSONField()
    source = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node_id", "valid_from"], name="one_boundary_a_day")]


class StatisticalArea(PublicModel):
    """
    A development zone or another area drawn for statistics, laid over the administration: it has no body and no rows of
    its own. ``listed_id`` is the place of the national list that stands for the same zone, where there is one.
    """

    id = models.BigAutoField(primary_key=True)
    node_id = models.BigIntegerField()  # whose it is: a county body, a city or a province
    name = models.CharField(max_length=100)
    listed_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node_id", "name"], name="one_area_of_a_name_at_a_place")]


class AreaMember(PublicModel):
    """A place that lies in an area from a day on, with all below it; until the day on which it no longer does."""

    id = models.BigAutoField(primary_key=True)
    area = models.ForeignKey(StatisticalArea, models.PROTECT, related_name="members")
    node_id = models.BigIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=_OPEN | Q(valid_to__gt=F("valid_from")), name="a_membership_ends_after_it_begins"
            ),
            ExclusionConstraint(
                name="a_place_lies_once_in_an_area",
                expressions=[
                    (F("area"), RangeOperators.EQUAL),
                    (F("node_id"), RangeOperators.EQUAL),
                    (_PERIOD, RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["node_id"], name="areas_over_a_place")]


class DivisionUpdate(PublicModel):
    """A new list beside the tree: prepared by one person, decided change by change, confirmed by another, applied once."""

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=100)
    day = models.DateField()  # the first day on which the new versions hold
    province = models.CharField(max_length=2, blank=True)
    state = models.CharField(max_length=12, choices=[(state.value, label) for state, label in UPDATE_LABELS.items()])
    base = models.CharField(max_length=80)  # the tree the list was compared with
    listed = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list)
    prepared_by = models.BigIntegerField()
    prepared_at = models.DateTimeField()
    submitted_by = models.BigIntegerField(null=True)
    submitted_at = models.DateTimeField(null=True)
    confirmed_by = models.BigIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    undone_by = models.BigIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)  # of the one who dropped or undid it
    job = models.CharField(max_length=36, blank=True)
    hanging = models.JSONField(null=True)  # what hangs on ending places in counties' own tables
    carried = models.JSONField(null=True)  # what went on at the place that took over, as undoing takes it back
    stayed = models.JSONField(null=True)  # what of it undoing could not bring back, and why

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("submitted_by")),
                name="nobody_confirms_his_own_update",
            ),
        ]
        indexes = [models.Index(fields=["province", "-prepared_at"], name="updates_of_a_province")]


class DivisionChange(PublicModel):
    """One change of an update: what was proposed and why, and what a person decided."""

    id = models.BigAutoField(primary_key=True)
    update = models.ForeignKey(DivisionUpdate, models.PROTECT, related_name="changes", db_index=False)
    kind = models.CharField(max_length=12, choices=[(kind.value, label) for kind, label in CHANGE_LABELS.items()])
    reason = models.CharField(max_length=20, choices=[(reason.value, label) for reason, label in WHY_LABELS.items()])
    group = models.CharField(max_length=60)
    sure = models.BooleanField()
    level = models.PositiveSmallIntegerField()
    node_id = models.BigIntegerField(null=True)
    to = models.JSONField(null=True)  # what it would be (types.Placed); null for one that ends
    candidates = models.JSONField(default=list)
    decision = models.CharField(max_length=8, blank=True, choices=[(one.value, one.value) for one in Decision if one])
    target = models.JSONField(default=list)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    share = models.CharField(
        max_length=24, blank=True, default="", db_default=""
    )  # of a boundary, as it was counted: 120/860
    made_node = models.BigIntegerField(null=True)  # the identity of a new place: the same when applied again

    class Meta:
        indexes = [
            models.Index(fields=["update", "group", "id"], name="changes_of_an_update"),
            models.Index(fields=["update", "id"], name="changes_to_decide", condition=Q(decision="")),
        ]


class DivisionHandover(PublicModel):
    """
    What of an applied update the body of one county carries out in its own tables, and what came of it.

    Written with the update; the county's own event finds it. ``settled_at`` is empty as long as it has not been carried
    out, and again when it was taken back.
    """

    id = models.BigAutoField(primary_key=True)
    update = models.ForeignKey(DivisionUpdate, models.PROTECT, related_name="handovers", db_index=False)
    county_id = models.BigIntegerField()
    heirs = models.JSONField()  # places that ended, and the one place of the same body each went to
    went = models.JSONField(default=dict)  # by kinds, as taking it back reads it
    stands = models.JSONField(default=dict)  # by kinds: what stands at the places that took over by it alone
    left = models.JSONField(default=dict)  # by kinds: place → reason → how many
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["update", "county_id"], name="one_handover_for_each_county")]


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
