"""The directory of tenants, and the schemas kept ready for the next one."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_tenants.models import DomainMixin, TenantMixin

from falin.kernel.database.routing import SHARED
from falin.kernel.models import PublicModel
from tenants.registry.types import Act, CellInfo, Kind, Outcome, State, TenantInfo


class Tenant(TenantMixin):
    """A body with a schema. The schema's name is the tenant's number: names and codes of places change."""

    tenancy: ClassVar[str] = SHARED
    auto_create_schema: ClassVar[Any] = False  # provisioning takes a spare schema, as the owner (registry.commands)
    auto_drop_schema: ClassVar[Any] = False

    id = models.BigAutoField(primary_key=True)
    node_id = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in Kind])
    name = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=[(state, state) for state in State], default=State.PREPARING)
    provisioned_at = models.DateTimeField()
    # Since when and why it is in its state; empty for one that was provisioned and nothing since.
    state_at = models.DateTimeField(null=True)
    state_by = models.BigIntegerField(null=True)
    state_why = models.CharField(max_length=200, blank=True, db_default="")
    cell = models.CharField(max_length=20, blank=True, db_default="")  # where it is, once it moved away
    into_id = models.BigIntegerField(null=True)  # the tenant it was merged into

    def info(self) -> TenantInfo:
        return TenantInfo(
            id=self.id, schema=self.schema_name, node_id=self.node_id, kind=Kind(self.kind), name=self.name,
            state=State(self.state), since=self.state_at or self.provisioned_at, why=self.state_why, cell=self.cell,
            into=self.into_id,
        )  # fmt: skip


class Domain(DomainMixin):
    tenancy: ClassVar[str] = SHARED


class Cell(PublicModel):
    """A line of the directory of cells, the same in each: where it is reached, and which places it holds."""

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=200)
    places = models.JSONField(default=list)  # codes, as far as their level reaches: 33, 330106
    since = models.DateTimeField(null=True)  # the line stands as it does; empty for those from before this was kept

    def info(self) -> CellInfo:
        return CellInfo(
            code=self.code, name=self.name, address=self.address, places=tuple(self.places), since=self.since
        )


class SpareSchema(PublicModel):
    """An empty schema at the newest migration, waiting to become a tenant's by a rename."""

    name = models.CharField(max_length=63, primary_key=True)
    heads = models.CharField(max_length=64)  # hash of the migrations it was made with; an outdated one is rebuilt
    made_at = models.DateTimeField()


class Trouble(PublicModel):
    """Why a schema could not follow an upgrade; gone once it could."""

    schema = models.CharField(max_length=63, primary_key=True)
    migration = models.CharField(max_length=200)
    at = models.DateTimeField()
    error = models.CharField(max_length=500)


class Deed(PublicModel):
    """Something that takes two people: one asks, another one decides. Names the tenant by number: it may be gone."""

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.BigIntegerField()
    schema = models.CharField(max_length=63)
    name = models.CharField(max_length=100)
    act = models.CharField(max_length=10, choices=[(act, act) for act in Act])
    target = models.CharField(max_length=20, blank=True, db_default="")  # a place's number, or a cell's code
    why = models.CharField(max_length=200)
    asked_by = models.BigIntegerField()
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=[(one, one) for one in Outcome], default=Outcome.WAITING.value)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_why = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(null=True)  # not done before
    done_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)  # rows and hashes on both sides, table by table

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")) | Q(outcome=Outcome.REFUSED),
                name="another_one_confirms_a_deed",
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "act"], condition=Q(outcome__in=[Outcome.WAITING, Outcome.CONFIRMED]),
                name="one_open_deed_of_a_kind",
            ),
        ]  # fmt: skip


class Archive(PublicModel):
    """An export that lies in the store, whole: which, by whom, for whom, how much. Names the tenant by number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.BigIntegerField()
    schema = models.CharField(max_length=63)
    name = models.CharField(max_length=100)
    at = models.DateTimeField()  # of the snapshot
    person_id = models.BigIntegerField()
    recipient = models.CharField(max_length=64)
    path = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveBigIntegerField()
    # Which of the tenant's nightly backups it is, counted from 1; empty for one that somebody asked for. Which is older is
    # told by this and not by a clock, which may have been wrong.
    number = models.PositiveBigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "-at"], name="archives_of_a_tenant")]


class Backup(PublicModel):
    """How a tenant's nightly backups stand: the newest one, the try that is on or failed, the last trial of one."""

    tenant_id = models.BigIntegerField(primary_key=True)
    night = models.DateField(null=True)  # of the newest one
    count = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    size = models.PositiveBigIntegerField(default=0)
    trying = models.DateField(null=True)  # the night of the last try, how many there were in it, and when
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")  # empty: it is being tried, or it is there
    trial_at = models.DateTimeField(null=True)  # of the last trial restore, and what came of it
    trial_error = models.CharField(max_length=300, blank=True, default="")
    verified_at = models.DateTimeField(null=True)  # of the last one that went well


class Receipt(PublicModel):
    """
    What is left of a tenant that was removed, or of copies it left behind: what was destroyed, when, by whom, signed.
    Append-only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=100)
    at = models.DateTimeField()
    body = models.JSONField()
    key = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)
