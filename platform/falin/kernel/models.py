"""
Tables of the kernel, and the bases every other table is made from.

``PublicModel`` lies in the shared schema, ``TenantModel`` in each tenant's, ``ScopedModel`` in each tenant's with the
place on every row and row security in force.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.expressions import RawSQL

from falin.kernel.database.routing import EVERYWHERE, SHARED, TENANT
from falin.kernel.rows import ScopedManager


class PublicModel(models.Model):
    tenancy: ClassVar[str] = SHARED
    # Tenants' queries ask for it row by row: in a cell of several nodes each has a copy of it (``tenants.registry.nodes``).
    beside_tenants: ClassVar[bool] = False

    class Meta:
        abstract = True


class TenantModel(models.Model):
    tenancy: ClassVar[str] = TENANT

    class Meta:
        abstract = True


class ScopedModel(TenantModel):
    node_id = (
        models.BigIntegerField()
    )  # identity of the place (divisions.Node); no foreign key leaves a tenant's schema

    objects: ClassVar[Any] = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "_plain"

    _plain: ClassVar[Any] = models.Manager()


class EverywhereModel(models.Model):
    """In each tenant and in the shared schema: acts of operators and of the province's register are booked there."""

    tenancy: ClassVar[str] = EVERYWHERE

    class Meta:
        abstract = True


class AuditEntry(EverywhereModel):
    """What was done, by whom, at which place, why. Append-only; sealed later, outside the request."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    act = models.CharField(max_length=80)
    person_id = models.BigIntegerField()
    role = models.CharField(max_length=32)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    node_id = models.BigIntegerField(null=True)
    why = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    digest = models.BinaryField(max_length=32)
    # The transaction that booked it, stamped by PostgreSQL: the sealer closes over finished transactions only.
    xact = models.BigIntegerField(db_default=RawSQL("pg_current_xact_id()::text::bigint", ()), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="audit_by_subject"),
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["xact", "id"], name="audit_by_transaction"),
            models.Index(fields=["person_id", "-id"], name="audit_by_person"),
            models.Index(fields=["act", "-id"], name="audit_by_act"),
            models.Index(fields=["node_id", "-id"], name="audit_by_place"),
        ]


class AuditBatch(EverywhereModel):
    """Entries closed under one root and signature, each batch naming the one before. Append-only."""

    number = models.BigIntegerField(primary_key=True)
    upto = models.BigIntegerField()  # holds the entries of transactions from the batch before up to here, exclusive
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.BigIntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    key = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)


class AuditKey(PublicModel):
    """A public key batches are signed with; each but the first is introduced by the signature of the one before."""

    key = models.CharField(max_length=16, primary_key=True)
    version = models.PositiveIntegerField(unique=True)
    public = models.CharField(max_length=64)
    introduced_by = models.CharField(max_length=16, blank=True)
    signature = models.CharField(max_length=128, blank=True)
    at = models.DateTimeField()


class AuditAnchor(PublicModel):
    """A copy of a tenant's sealed batch, kept by the level above. Append-only."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=63)
    number = models.BigIntegerField()
    line = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="a_batch_is_anchored_once")]


class OutboxEvent(EverywhereModel):
    """A fact to be told to others, written with the change itself and delivered at least once."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    set_aside_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="outbox_waiting", condition=models.Q(delivered_at__isnull=True)),
        ]


class Delivery(PublicModel):
    """How far a tenant's events are delivered, as the relay measured it; and which of them somebody wants sent again."""

    schema = models.CharField(max_length=63, primary_key=True)
    waiting = models.PositiveIntegerField(default=0)
    oldest_seconds = models.PositiveIntegerField(default=0)
    set_aside = models.JSONField(default=list)  # id, event, attempts, kind of error; never the payload
    resend = models.JSONField(default=list)
    measured_at = models.DateTimeField()


class JobState(models.TextChoices):
    HELD = "held"  # until a second person confirms it
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(EverywhereModel):
    """Long work as a row: whose it is, how far it is, what it said, what it made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    scope = models.JSONField()
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    log = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    cancel_asked = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Of one that waits for a second person, or did: the grant he holds, until when he may; who said yes, as what, when.
    held_for = models.CharField(max_length=40, blank=True, db_default="")
    held_until = models.DateTimeField(null=True)
    second_id = models.BigIntegerField(null=True)
    second_hat = models.CharField(max_length=120, blank=True, db_default="")
    second_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-created_at"], name="jobs_of_a_person"),
            models.Index(fields=["held_until"], name="jobs_held", condition=models.Q(state="held")),
            models.Index(fields=["state"], name="jobs_open", condition=models.Q(state__in=["queued", "running"])),
        ]


class IdempotencyKey(EverywhereModel):
    """A write that was asked for under a key; kept 24 h, so that asking again gives the same answer and no second act."""

    id = models.BigAutoField(primary_key=True)
    person_id = models.BigIntegerField()
    key = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    location = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    content_type = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person_id", "key"], name="a_key_is_used_once")]
        indexes = [models.Index(fields=["at"], name="idempotency_by_age")]


class StoredFile(EverywhereModel):
    """A file kept in the store: what it is, whose place it belongs to, and the hash of its bytes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=300)
    purpose = models.CharField(max_length=40)
    node_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()


class DataKey(PublicModel):
    """A tenant's data key, wrapped by the root key; the root key is never in the database."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=63)
    version = models.PositiveIntegerField()
    algorithm = models.CharField(max_length=20)
    wrapped = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "version"], name="one_data_key_a_version")]


class WebhookEndpoint(TenantModel):
    """A receiver of another system's, told of what happens in one tenant. Its secrets are encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    secret_sealed = models.BinaryField()
    earlier_sealed = models.BinaryField(default=b"")
    earlier_until = models.DateTimeField(null=True)
    stopped = models.CharField(max_length=10, blank=True)  # asked, gone, failing
    failing_since = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)  # a sender has its messages
    person_id = models.BigIntegerField()
    at = models.DateTimeField()


class WebhookMessage(TenantModel):
    """What a receiver is told of one event; its id is the receiver's ``webhook-id`` at every try."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="messages")
    event_id = models.BigIntegerField(null=True)  # of the outbox; none for a trial
    event = models.CharField(max_length=80)
    body = models.TextField()
    at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)  # none once it is told or given up
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "event_id"], name="a_receiver_is_told_once")]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at"], name="webhooks_due", condition=models.Q(next_at__isnull=False)
            ),
            models.Index(fields=["endpoint", "-at", "-id"], name="webhooks_newest"),
        ]


class WebhookAttempt(TenantModel):
    """One try: when, what came of it, how long it took; nothing of what the receiver wrote."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12)
    status = models.PositiveSmallIntegerField()
    milliseconds = models.PositiveIntegerField()
