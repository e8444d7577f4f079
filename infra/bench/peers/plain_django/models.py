"""The same table, column for column and index for index, without its place in a tenant and without row security."""

import uuid

from django.db import models


class Visit(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    node_id = models.BigIntegerField()
    adviser_id = models.UUIDField()
    adviser_name = models.CharField(max_length=40)
    firm_id = models.UUIDField()
    kind = models.CharField(max_length=10)
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
    written_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "plain_django"
        db_table = "visit"
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("begins_at")), name="ends_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["node_id", "begins_at"], name="visits_at_a_place"),
            models.Index(fields=["adviser_id", "-begins_at"], name="visits_of_an_adviser"),
            models.Index(fields=["begins_at"], name="visits_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.id)
