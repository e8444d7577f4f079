"""The table that grows."""

from typing import ClassVar

from django.db import models


class Thing(models.Model):
    tenancy: ClassVar[str] = "tenant"

    name = models.CharField(max_length=50)
    colour = models.IntegerField(null=True)

    class Meta:
        app_label = "growing"
