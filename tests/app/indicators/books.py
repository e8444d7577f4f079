"""Appointments and visits for tests of the figures, written as rows, and the roll-up as the night does it."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from falin.kernel import outbox
from falin.kernel.clock import SHANGHAI
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.advisers.models import Appointment
from services.duty.models import Visit
from services.indicators.commands import publish_month
from services.indicators.types import RunInfo
from tenants.identity.api import system_of
from tests.world import NOW, World

OCTOBER = Month(2026, 10)
NOVEMBER = Month(2026, 11)
FIRM = uuid.UUID(int=7)
LIN, ZHOU, WU = (uuid.UUID(int=n) for n in (101, 102, 103))
NAMES = {LIN: "林知远", ZHOU: "周以宁", WU: "吴若水"}


def night(world: World, county: str) -> Scope:
    """The system's own scope in a county, as the nightly roll-up and the relay have it."""
    return night_of(world.schema(county))


def night_of(schema: str) -> Scope:
    """The same scope by the schema, where the county's code is its own no longer."""
    from tenants.registry.api import find_by_schema

    return system_of(find_by_schema(schema))


def appoint(
    world: World, code: str, adviser: uuid.UUID = LIN, begins: date = date(2026, 1, 1), ends: date | None = None
) -> None:
    with inside(night(world, code[:6]), read_only=False):
        Appointment.objects.create(
            node_id=world.node(code), adviser_id=adviser, adviser_name=NAMES[adviser], firm_id=FIRM,
            firm_name="清风律师事务所", begins_on=begins, ends_on=ends, created_at=NOW,
        )  # fmt: skip


def visit(
    world: World, code: str, day: date, minutes: int, *, adviser: uuid.UUID = LIN, kind: str = "visit", hour: int = 9,
    voided: bool = False,
) -> uuid.UUID:  # fmt: skip
    begin = datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)
    with inside(night(world, code[:6]), read_only=False):
        row = Visit.objects.create(
            node_id=world.node(code), adviser_id=adviser, adviser_name=NAMES[adviser], firm_id=FIRM, kind=kind,
            begins_at=begin, ends_at=begin + timedelta(minutes=minutes), note="不外传的内容", person_id=1,
            voided_at=NOW if voided else None, written_at=NOW, recorded_at=NOW,
        )  # fmt: skip
    return row.id


def roll_up(world: World, county: str, month: Month = OCTOBER, *, now: datetime = NOW) -> RunInfo:
    with inside(night(world, county), read_only=False):
        return publish_month(scope=night(world, county), month=month, now=now)


def deliver(world: World, county: str, *, now: datetime = NOW) -> int:
    """What the relay does; how many events were dealt with."""
    scope = night(world, county)
    with inside(scope, read_only=False):
        return outbox.deliver_batch(scope, now=now)


def publish(world: World, county: str, month: Month = OCTOBER, *, now: datetime = NOW) -> RunInfo:
    run = roll_up(world, county, month, now=now)
    deliver(world, county, now=now)
    return run


def small_book(world: World) -> None:
    """西湖区: two communities served, one of them in full; 上城区: one; 海曙区: one; 江北区: none, and never published."""
    appoint(world, "330106109200", LIN)
    appoint(world, "330106002001", ZHOU)
    appoint(world, "330106109001", WU, begins=date(2026, 10, 17))
    appoint(world, "330102001001", LIN)
    appoint(world, "330203001001", ZHOU, ends=date(2026, 10, 20))
    visit(world, "330106109200", date(2026, 10, 8), 300)
    visit(world, "330106109200", date(2026, 10, 15), 200, kind="lecture")
    visit(world, "330106109200", date(2026, 10, 16), 400, voided=True)
    visit(world, "330106002001", date(2026, 10, 9), 60, adviser=ZHOU)
    visit(world, "330106002001", date(2026, 10, 31), 120, adviser=ZHOU, hour=23)  # an hour of it lies in November
    visit(world, "330102001001", date(2026, 10, 20), 480)
    visit(world, "330203001001", date(2026, 10, 5), 90, adviser=ZHOU, kind="lecture")
