"""What levels said about figures. Append-only: a change of mind is a later statement."""

from __future__ import annotations

from django.db import models

from falin.kernel.models import PublicModel


class Setting(PublicModel):
    """One statement of one place about one figure."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=80)
    node_id = models.BigIntegerField()
    value = models.IntegerField(null=True)
    locked = models.BooleanField(default=False)
    valid_from = models.DateField()
    person_id = models.BigIntegerField()
    why = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "node_id", "valid_from"], name="settings_by_place")]
