"""Firms and advisers to test with, made by the commands themselves."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.transactions import inside
from services.advisers.commands import appoint_adviser, register_adviser, register_firm
from services.advisers.models import Adviser, Appointment, Firm, Seat, Vacancy
from services.advisers.types import AdviserInfo, AppointmentInfo, FirmInfo
from tests.world import NOW, TODAY, World


class Office:
    """Does in a transaction of its own what a test needs done before it begins."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._number: Iterator[int] = itertools.count(1)

    def firm(self, name: str = "浙江湖畔律师事务所", by: str = "county") -> FirmInfo:
        scope = self.world.scope(by)
        with inside(scope, read_only=False):
            return register_firm(scope=scope, name=name, now=NOW)

    def adviser(
        self, name: str = "周以宁", *, firm: FirmInfo | None = None, by: str = "county",
        examined: date | None = date(2025, 3, 1), specialties: tuple[str, ...] = (),
    ) -> AdviserInfo:  # fmt: skip
        n = next(self._number)
        firm = firm or self.firm(f"浙江第{n}律师事务所", by)
        scope = self.world.scope(by)
        with inside(scope, read_only=False):
            return register_adviser(
                scope=scope, firm_id=firm.id, name=name, id_number=f"33010619850101{n:04d}", phone=f"1381234{n:04d}",
                specialties=specialties, exam_passed_on=examined, now=NOW,
            )  # fmt: skip

    def appoint(
        self,
        adviser: AdviserInfo,
        code: str,
        *,
        by: str = "county",
        begins_on: date = TODAY,
        ends_on: date | None = None,
    ) -> AppointmentInfo:
        scope = self.world.scope(by)
        with inside(scope, read_only=False):
            return appoint_adviser(
                scope=scope, adviser_id=adviser.id, node_id=self.world.node(code), begins_on=begins_on, ends_on=ends_on,
                now=NOW,
            )  # fmt: skip


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


@pytest.fixture
def book(world: World) -> Callable[..., dict[str, Any]]:
    """``book("county")``: everything an act could change, to compare before and after."""

    def read(by: str = "county") -> dict[str, Any]:
        scope = world.scope(by)
        with inside(scope, read_only=True):
            return {
                "firms": list(Firm.objects.order_by("id").values()),
                "advisers": list(Adviser.objects.order_by("id").values()),
                "seats": list(Seat.objects.order_by("id").values()),
                "appointments": list(Appointment.objects.in_scope(scope).order_by("id").values()),
                "vacancies": list(Vacancy.objects.in_scope(scope).order_by("id").values()),
                "audit": AuditEntry.objects.count(),
                "outbox": OutboxEvent.objects.count(),
            }

    return read


UNKNOWN = uuid.UUID("00000000-0000-4000-8000-000000000000")
