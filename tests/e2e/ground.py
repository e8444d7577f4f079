"""Places, people, months and visits that the pages of the first flow have something to show of, made by its commands."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from falin.kernel.clock import now
from falin.kernel.periods import Month
from falin.kernel.transactions import inside
from services.advisers.api import register_adviser, register_firm
from services.advisers.commands import ban_adviser
from services.advisers.commands.importing import take_sheet
from services.advisers.models import Appointment
from services.duty.commands import close_month, log_visit, void_visit
from services.duty.types import VisitKind
from services.stations.commands import open_station
from services.stations.commands import take_sheet as take_stations
from tests.app.duty.cast import GEM, SINCE, SPRING, VILLAGE, Adviser, at, engage
from tests.app.stations.cast import content
from tests.e2e.conftest import a_worker
from tests.fixtures.adviser_sheets import identity, person, phone, write
from tests.world import World

YUANPU, HAMLET = "330106109001", "330106109201"  # 袁浦社区, 灵山村
FIRM = "浙江青山律师事务所"


@dataclass(slots=True)
class Ground:
    """
    The places, people and months the cases speak of.

    What a case has done in another tab concerns people and months of its own, so that cases come in any order.
    """

    world: World
    cast: dict[str, Adviser] = field(default_factory=dict)
    visits: dict[str, uuid.UUID] = field(default_factory=dict)
    sheet: str = ""
    station: str = ""
    station_sheet: str = ""

    @property
    def today(self) -> date:
        return self.world.today

    @property
    def yesterday(self) -> date:
        return self.today - timedelta(days=1)

    def first(self, months_ago: int) -> date:
        return Month.of(self.today).plus(-months_ago).first_day

    def node(self, code: str) -> int:
        return self.world.node(code)

    def adviser(self, name: str) -> uuid.UUID:
        return self.cast[name].id

    def appointment(self, name: str, code: str = YUANPU) -> uuid.UUID:
        scope = self.world.scope("county")
        with inside(scope, read_only=True):
            rows = Appointment.objects.in_scope(scope).filter(adviser_id=self.adviser(name), node_id=self.node(code))
            return uuid.UUID(str(rows.get().id))

    def act(self, by: str, command: Callable[..., Any], **given: Any) -> Any:
        """A command in a transaction of its own, as another tab or another person gives it."""
        scope = self.cast[by].scope(self.world) if by in self.cast else self.world.scope(by)
        with inside(scope, read_only=False):
            return command(scope=scope, now=now(), **given)

    def log(self, by: str, code: str, day: date, hour: int = 9, hours: int = 1) -> uuid.UUID:
        made = self.act(
            by, log_visit, visit_id=uuid.uuid4(), node_id=self.node(code), kind=VisitKind.VISIT, written_at=now(),
            begins_at=at(day, hour), ends_at=at(day, hour + hours),
        )  # fmt: skip
        return uuid.UUID(str(made.id))


def stage(world: World, folder: Path) -> Ground:
    ground = Ground(world)
    cast, home = ground.cast, ("county", YUANPU)
    for number, (key, name, places, since) in enumerate((
        ("logger", "陆知微", (("county", VILLAGE), ("county", GEM)), ground.first(3)),
        ("full", "宋书遥", (home, ("county", "330106002002"), ("county2", SPRING)), SINCE),
        ("steady", "梁望舒", (("county", HAMLET),), SINCE), ("reminded", "顾云舒", (home,), SINCE),
        ("enough", "顾若谷", (home,), SINCE), ("gone", "顾听澜", (home,), SINCE), ("left", "顾清和", (home,), SINCE),
        ("far", "许清和", (("county2", "330102001002"),), SINCE),
    ), start=1):  # fmt: skip
        cast[key] = engage(world, name, username=key, number=number, places=places, begins_on=since)
    firm = ground.act("county", register_firm, name=FIRM)
    for number, (key, name, exam) in enumerate((
        ("unexamined", "卢思齐", None), ("late", "傅以宁", ground.today - timedelta(days=3)), ("banned", "康守正", SINCE),
        ("free", "余一诺", SINCE),
    ), start=9):  # fmt: skip
        made = ground.act("county", register_adviser, firm_id=firm.id, name=name, id_number=identity(number),
                          phone=phone(number), exam_passed_on=exam)  # fmt: skip
        cast[key] = Adviser(made.id, key)
    ground.act("county", ban_adviser, adviser_id=cast["banned"].id, until=ground.today + timedelta(days=90),
               reason="收受礼品")  # fmt: skip
    ground.act("county", close_month, month=Month.of(ground.first(5)))
    for months_ago in (4, 3):
        ground.log("steady", HAMLET, ground.first(months_ago))
    ground.visits["held"] = ground.log("logger", VILLAGE, ground.yesterday)
    ground.visits["voided"] = ground.log("logger", GEM, ground.yesterday, hour=15)
    ground.act("logger", void_visit, visit_id=ground.visits["voided"], why="记重了")
    data = write(folder / "名册.xlsx", [person(20)]).read_bytes()
    ground.station = str(
        ground.act("county", open_station, content=content(world, YUANPU, name="袁浦社区法律工作室")).id
    )
    rows = (
        "名称,设在哪里,地址,开放时间,开放日期\r\n新工作室,330106109001,一楼,周一 9:00-12:00,2026-01-05\r\n"
        "错的,别处,一楼,上午,昨天\r\n"
    )
    ground.station_sheet = str(ground.act("county", take_stations, upload=ContentFile(rows.encode(), "站点.csv")))
    with a_worker():
        ground.sheet = str(ground.act("county", take_sheet, upload=ContentFile(data, "名册.xlsx")).id)
    return ground
