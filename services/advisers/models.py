"""
The register of firms and advisers (one a province, shared) and the appointments of each county (in its own schema).

An adviser serves in several counties; how many communities he holds is therefore counted in the shared register, where
the database itself keeps the limit of R2.2: a community takes one of his seats, and no seat is taken twice at a time.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from falin.kernel.models import PublicModel, ScopedModel, TenantModel


class DateRange(Func):
    """``daterange(begin, end, '[]')``: both days included, an open end reaches on."""

    function = "daterange"
    output_field: ClassVar[DateRangeField] = DateRangeField()


class Firm(PublicModel):
    """A law firm or grassroots legal-service office on the province's register."""

    beside_tenants: ClassVar[bool] = True
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    province_id = models.BigIntegerField()
    name = models.CharField(max_length=80)
    pinyin = models.CharField(max_length=200, blank=True)
    credit_code = models.CharField(max_length=18, blank=True)
    phone = models.CharField(max_length=30, blank=True)  # the office's, public
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["province_id", "name"], name="a_firm_is_registered_once"),
        ]


class Adviser(PublicModel):
    """
    A lawyer, notary or grassroots legal worker on the province's register.

    His name is service data; his identity number and private telephone are encrypted and found by blind index only.
    """

    beside_tenants: ClassVar[bool] = True
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    province_id = models.BigIntegerField()
    firm = models.ForeignKey(Firm, models.PROTECT, related_name="advisers")
    name = models.CharField(max_length=40)
    pinyin = models.CharField(max_length=120)
    licence = models.CharField(max_length=30, blank=True)
    id_sealed = models.BinaryField(default=bytes)
    id_index = models.BinaryField(max_length=32)
    phone_sealed = models.BinaryField(default=bytes)
    phone_index = models.BinaryField(max_length=32)
    phone_tail = models.CharField(max_length=4, blank=True)  # shown as 138****1234's last four, never searched
    specialties = models.JSONField(default=list)
    exam_passed_on = models.DateField(null=True)
    banned_until = models.DateField(null=True)
    ban_reason = models.CharField(max_length=200, blank=True)
    person_id = models.BigIntegerField(null=True)
    registered_by = models.BigIntegerField()  # the county's node that entered him
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)  # his numbers were; name, appointments and visits stay in the archive

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["province_id", "id_index"], name="an_identity_number_is_registered_once"),
            models.UniqueConstraint(fields=["province_id", "phone_index"], name="a_telephone_is_registered_once"),
        ]
        indexes = [
            models.Index(fields=["province_id", "pinyin"], name="advisers_by_pinyin"),
            models.Index(fields=["person_id"], name="adviser_of_a_person"),
        ]


class Seat(PublicModel):
    """One of an adviser's places (R2.2): numbered, so that two counties cannot take the same one at the same time."""

    beside_tenants: ClassVar[bool] = True
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    adviser = models.ForeignKey(Adviser, models.PROTECT, related_name="seats")
    slot = models.PositiveSmallIntegerField()
    most = models.PositiveSmallIntegerField()  # the limit in force when it was taken
    node_id = models.BigIntegerField()
    county_id = models.BigIntegerField()
    appointment_id = models.UUIDField(unique=True)
    begins_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(slot__gte=1, slot__lte=F("most")), name="no_more_seats_than_the_limit"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")), name="a_seat_ends_after_it_begins"
            ),
            ExclusionConstraint(
                name="a_seat_is_taken_once",
                expressions=[
                    (F("adviser"), RangeOperators.EQUAL),
                    (F("slot"), RangeOperators.EQUAL),
                    (DateRange("begins_on", "ends_on", models.Value("[]")), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="an_adviser_holds_a_community_once",
                expressions=[
                    (F("adviser"), RangeOperators.EQUAL),
                    (F("node_id"), RangeOperators.EQUAL),
                    (DateRange("begins_on", "ends_on", models.Value("[]")), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["county_id"], name="seats_in_a_county"),
            models.Index(fields=["adviser", "begins_on"], name="seats_of_an_adviser"),
        ]


class Appointment(ScopedModel):
    """An adviser serves a community from a day to a day. Ended or replaced, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    adviser_id = models.UUIDField()
    adviser_name = models.CharField(max_length=40)
    adviser_pinyin = models.CharField(max_length=120, blank=True)
    firm_id = models.UUIDField()
    firm_name = models.CharField(max_length=80)
    begins_on = models.DateField()
    ends_on = models.DateField(null=True)  # the contract's last day; an earlier end overwrites it
    ended_why = models.CharField(max_length=200, blank=True)
    before_end = models.JSONField(null=True)  # its last day and why, as they were; who changed that and when
    replaces = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")),
                name="an_appointment_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(fields=["node_id", "begins_on"], name="appointments_at_a_place"),
            models.Index(fields=["adviser_id"], name="appointments_of_an_adviser"),
        ]


class Vacancy(ScopedModel):
    """Why a community has no adviser at present, said by the county; the gap itself is computed, never entered."""

    id = models.BigAutoField(primary_key=True)
    reason = models.CharField(max_length=30)
    note = models.CharField(max_length=200, blank=True)
    said_at = models.DateTimeField()
    person_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node_id"], name="one_reason_a_vacant_place")]


class ClearView(PublicModel):
    """Somebody saw an adviser's numbers in clear: who, when, why. Shown to the adviser; never changed."""

    id = models.BigAutoField(primary_key=True)
    adviser = models.ForeignKey(Adviser, models.PROTECT, related_name="clear_views")
    at = models.DateTimeField()
    person_id = models.BigIntegerField()
    role = models.CharField(max_length=32)
    node_id = models.BigIntegerField()  # the body for which he acted
    reason = models.CharField(max_length=200)

    class Meta:
        indexes = [
            models.Index(fields=["adviser", "-at"], name="clear_views_of_an_adviser"),
            models.Index(fields=["person_id", "at"], name="clear_views_by_a_person"),
        ]


class NamedColumn(TenantModel):
    """What the county's team calls a column of ours in its sheets: chosen once, proposed for the next sheet."""

    plain = models.CharField(max_length=40, primary_key=True)  # as it is compared
    key = models.CharField(max_length=30)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()


class ImportSheet(TenantModel):
    """A sheet of firms and advisers on its way in: checked, then confirmed, then done. Nothing is saved before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file_id = models.UUIDField()
    name = models.CharField(max_length=200)
    state = models.CharField(
        max_length=12, default="checking"
    )  # checking, wrong_columns, checked, loading, done, failed
    job_id = models.UUIDField(null=True)
    findings = models.JSONField(default=dict)
    errors_file = models.UUIDField(null=True)
    person_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
