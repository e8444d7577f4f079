"""Notices to people of one body, how each wants to be told, and the views of lists he keeps."""

from __future__ import annotations

from django.db import models

from falin.kernel.models import EverywhereModel


class Notice(EverywhereModel):
    """Something one person is told once. Facts, not words; read or not; on its way by mail or SMS, or not."""

    id = models.BigAutoField(primary_key=True)
    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=8, default="none")  # by which it is told, as chosen when it was made
    claimed_at = models.DateTimeField(null=True)  # somebody is sending it
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_id", "kind", "key"], name="a_notice_is_told_once"),
        ]
        indexes = [
            models.Index(fields=["person_id", "-id"], name="notices_of_a_person"),
            models.Index(fields=["person_id"], name="notices_unread", condition=models.Q(read_at__isnull=True)),
            models.Index(
                fields=["at"],
                name="notices_to_send",
                condition=models.Q(sent_at__isnull=True) & ~models.Q(way="none"),
            ),
        ]


class ChosenWay(EverywhereModel):
    """How a person wants to be told of one kind; where there is none, the kind's own default holds."""

    id = models.BigAutoField(primary_key=True)
    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=30)
    way = models.CharField(max_length=8)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person_id", "kind"], name="one_way_a_kind")]


class SavedView(EverywhereModel):
    """A list with its filters and order, kept under a name by one person, for himself or for all of his role here."""

    id = models.BigAutoField(primary_key=True)
    person_id = models.BigIntegerField()
    page = models.CharField(max_length=30)
    title = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)
    role = models.CharField(max_length=32, blank=True)  # shared with this role; empty: the owner's alone
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person_id", "page", "title"], name="one_view_of_a_name")]
