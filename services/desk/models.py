"""
Notices to people of one body, how each wants to be told, the views of lists he keeps, what is said about a thing, what he
says of pages; and, shared, what a county tells everybody.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from falin.kernel.models import EverywhereModel, PublicModel, TenantModel


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


class Comment(TenantModel):
    """
    A sentence of one person about a thing of the body. Its words are encrypted: they may be about somebody.

    It has no place of its own: who may see the thing may read it, and the thing's own service says who that is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=36)
    person_id = models.BigIntegerField()
    text_sealed = models.BinaryField(default=bytes)
    told = models.JSONField(default=list)  # the people it named
    at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "subject_id", "at"], name="comments_on_a_thing")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(taken_back_at__isnull=True) ^ models.Q(text_sealed=b""),
                name="a_comment_has_words_until_it_is_taken_back",
            )
        ]


class Feedback(PublicModel):
    """What somebody says of a page, and the answer. Read by who looks after the platform, whatever the writer's body."""

    id = models.BigAutoField(primary_key=True)
    person_id = models.BigIntegerField()
    role = models.CharField(max_length=32)
    tenant_id = models.BigIntegerField()  # 0: the platform's own
    province_id = models.BigIntegerField(null=True)  # the place; none: the platform's own
    page = models.CharField(max_length=120)
    text = models.CharField(max_length=1000)
    release = models.CharField(max_length=40)
    at = models.DateTimeField()
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "tenant_id", "-id"], name="feedback_of_a_person"),
            models.Index(fields=["tenant_id", "answered_at"], name="feedback_answered"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True, answer="")
                | models.Q(answered_at__isnull=False, answer__gt=""),
                name="feedback_is_answered_with_words",
            )
        ]


class FirstDay(EverywhereModel):
    """That somebody put the list of his first day away, in one role."""

    id = models.BigAutoField(primary_key=True)
    person_id = models.BigIntegerField()
    role = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person_id", "role"], name="a_first_day_is_put_away_once")]


class News(PublicModel):
    """
    What a county tells everybody from one day to another. A row of the notice board: it names the places above it, and is
    written by who holds a role at one of them. Withdrawn, never deleted.
    """

    id = models.BigAutoField(primary_key=True)
    province_id = models.BigIntegerField()
    city_id = models.BigIntegerField(null=True)
    county_id = models.BigIntegerField()
    street_id = models.BigIntegerField(null=True)
    node_id = models.BigIntegerField()  # the county itself
    number = models.PositiveIntegerField()  # by which it is known: each county counts its own
    title = models.CharField(max_length=60)
    text = models.CharField(max_length=5000)
    begins_on = models.DateField()
    ends_on = models.DateField(null=True)
    state = models.CharField(max_length=10)
    person_id = models.BigIntegerField()
    written_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)  # after it was published
    withdrawn_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county_id", "number"], name="news_are_counted_by_county"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")), name="news_end_after_they_begin"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="published_news_say_since_when"
            ),
        ]
