"""Advisers with appointments and accounts for tests of duty, made by the commands of the advisers' service."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from falin.kernel.clock import SHANGHAI
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.advisers.api import appoint_adviser, open_account, register_adviser, register_firm
from services.duty.commands import log_visit
from services.duty.models import BusyTime, DirtyMonth, Visit
from services.duty.types import VisitInfo, VisitKind
from tenants.identity.models import Person
from tests.world import NOW, World, encoded

VILLAGE, GEM, SPRING = (
    "330106109200",
    "330106002001",
    "330102001001",
)  # 湖埠村, 宝石社区 (one county), 清波门社区 (another)
SINCE = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Adviser:
    id: uuid.UUID
    username: str

    def scope(self, world: World, county: str = "330106") -> Scope:
        """His scope in one of his counties."""
        from tenants.identity.api import read_signed_in, scope_of

        person = Person.objects.get(username=self.username)
        signed_in = read_signed_in(person_id=person.id, on=world.today)
        assert signed_in is not None
        schema = world.schema(county)
        return scope_of(signed_in, next(hat for hat in signed_in.hats if hat.schema == schema))


def engage(
    world: World, name: str = "陆知微", *, places: Sequence[tuple[str, str]] = (("county", VILLAGE), ("county", GEM)),
    username: str = "luzhiwei", number: int = 1, begins_on: date = SINCE, ends_on: date | None = None,
) -> Adviser:  # fmt: skip
    """An adviser appointed at ``places`` (who appoints, where), with an account whose password is the world's."""
    with inside(world.scope("county"), read_only=False):
        scope = world.scope("county")
        firm = register_firm(scope=scope, name=f"示例律师事务所{number}", now=NOW)
        adviser = register_adviser(
            scope=scope, firm_id=firm.id, name=name, id_number=f"33010619800101{number:03d}X", phone=f"1390000{number:04d}",
            exam_passed_on=date(2025, 12, 1), now=NOW,
        )  # fmt: skip
    for who, place in places:
        with inside(world.scope(who), read_only=False):
            appoint_adviser(scope=world.scope(who), adviser_id=adviser.id, node_id=world.node(place), begins_on=begins_on,
                            ends_on=ends_on, now=NOW)  # fmt: skip
    with inside(world.scope("county"), read_only=False):
        open_account(scope=world.scope("county"), adviser_id=adviser.id, now=NOW, username=username, encoded=encoded())
    Person.objects.filter(username=username).update(must_change_password=False)
    return Adviser(adviser.id, username)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of the legal clock."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def a_visit(world: World, **changes: object) -> dict[str, object]:
    """What an adviser would write of an ordinary visit of three hours; ``changes`` replace parts of it."""
    day = date(2026, 11, 12)
    return {"visit_id": uuid.uuid4(), "node_id": world.node(VILLAGE), "kind": VisitKind.VISIT, "begins_at": at(day, 9),
            "ends_at": at(day, 12), "written_at": at(day, 12, 5), "note": "帮三户看了宅基地协议", **changes}  # fmt: skip


def log(world: World, scope: Scope, *, now: datetime = NOW, **changes: object) -> VisitInfo:
    """Log a visit in a transaction of its own, as a door does."""
    with inside(scope, read_only=False):
        return log_visit(scope=scope, now=now, **a_visit(world, **changes))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Traces:
    """Everything a command of duty could leave behind in a county, counted."""

    visits: int
    busy: int
    audits: int
    events: int
    dirty: tuple[str, ...]


def traces(world: World, who: str = "county") -> Traces:
    scope = world.scope(who)
    with inside(scope, read_only=True):
        return Traces(
            visits=Visit.objects.in_scope(scope).count(), busy=BusyTime.objects.count(),
            audits=AuditEntry.objects.filter(act__startswith="duty.").count(),
            events=OutboxEvent.objects.filter(event__startswith="duty.").count(),
            dirty=tuple(DirtyMonth.objects.order_by("month").values_list("month", flat=True)),
        )  # fmt: skip


def without(scope: Scope, grant: str) -> Scope:
    """The same scope with one grant gone."""
    return replace(scope, grants=scope.grants - {grant})


LATER = timedelta(minutes=1)
