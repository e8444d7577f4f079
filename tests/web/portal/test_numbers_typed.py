"""Somebody's number typed where it would be booked: a sentence above what was typed, not an error page; and nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from falin.kernel.models import AuditEntry
from tenants.divisions.models import StatisticalArea
from tenants.registry.models import Tenant
from tests.app.registry.cast import tenant_of
from tests.world import World

SENTENCE = "这里不要写身份证号或手机号"
NUMBERS = ["13812345678", "330106198501010011"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_in_the_name_of_an_area_is_said_above_the_form(world: World, sign_in: Any, number: str) -> None:
    county, given = sign_in("county"), {"home": world.node("330106"), "name": f"园区（{number}）", "listed": ""}
    booked = AuditEntry.objects.count()
    page = county.post("/places/areas/new/", given)
    assert page.status_code == 422
    assert SENTENCE in page.content.decode() and f"园区（{number}）" in page.content.decode()
    told = county.post("/api/v1/places/areas/", given, "application/json")
    assert (told.status_code, told.json()["code"]) == (422, "kernel.personal_data")
    assert number not in told.content.decode()
    assert (StatisticalArea.objects.count(), AuditEntry.objects.count()) == (0, booked)


def test_a_number_in_the_reason_of_a_deed_on_a_body_is_said_and_the_body_works_on(world: World, sign_in: Any) -> None:
    west, operator = tenant_of(world, "330106"), sign_in("operator")
    page = operator.post(f"/tenants/{west}/suspend/", {"why": "找李主任 138 1234 5678"})
    assert page.status_code == 422
    assert SENTENCE in page.content.decode()
    assert Tenant.objects.get(id=west).state == "open"
