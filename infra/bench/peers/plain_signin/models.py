"""Roles as a plain project keeps them: a row a person, tenant and place."""

from django.conf import settings
from django.db import models


class Tenant(models.Model):
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    name = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=32)
    tenant = models.ForeignKey(Tenant, models.CASCADE)
    place = models.ForeignKey(Place, models.CASCADE)

    def __str__(self) -> str:
        return self.role
