"""What of an adviser is encrypted: his identity number and his private telephone, under his province's key."""

from __future__ import annotations

from django.db.models import QuerySet

from falin.kernel.crypto import Sealed
from services.advisers.models import Adviser
from tenants.registry.api import find_by_schema


def _on_the_register(schema: str) -> QuerySet[Adviser]:
    tenant = find_by_schema(schema)
    return Adviser.objects.filter(province_id=tenant.node_id) if tenant else Adviser.objects.none()


ID_NUMBER = Sealed(table="advisers_adviser", field="id_sealed", column="id_number", rows=_on_the_register)
PHONE = Sealed(table="advisers_adviser", field="phone_sealed", column="phone", rows=_on_the_register)
SEALED = (ID_NUMBER, PHONE)
