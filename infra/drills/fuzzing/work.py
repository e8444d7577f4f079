"""Place of what the drill's requests may name: in each county a thing of each kind, and which of them are each role's own."""

from __future__ import annotations

import base64
import io
import uuid
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.files.base import ContentFile
from openpyxl import Workbook

from falin.kernel import clock, jobs, webhooks
from falin.kernel.models import Job, StoredFile, WebhookEndpoint
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.runtime.demo import people
from services.advisers.api import register_adviser
from services.advisers.commands import ban_adviser
from services.advisers.commands.importing import take_sheet
from services.advisers.models import Adviser, ImportSheet
from services.desk.commands import publish_news, save_view, tell, write_comment, write_news
from services.desk.models import Comment, News, Notice, SavedView
from services.desk.types import Draft, NoticeKind
from services.duty.commands import post_hours, remind
from services.duty.models import Reminder
from services.stations.api import open_station, read_opening
from services.stations.commands.sheets import take_sheet as take_sheet_of_stations
from services.stations.types import StationContent
from tenants.divisions.api import add_members, list_communities, open_area
from tenants.divisions.models import AreaMember, StatisticalArea
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema

SERIAL = 900  # of invented people beside the ground's


def do(team: Scope, county: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A thing of each kind in a county, by the commands of its pages; what one operation alone may name, by both names."""
    today = clock.legal_day(now)
    first = county["advisers"][0]
    firm = Adviser.objects.get(id=first["id"]).firm_id
    second = county["advisers"][1]
    with inside(team, read_only=False):
        free, barred = [
            register_adviser(scope=team, firm_id=firm, name=who.name, id_number=who.id_number, phone=who.phone,
                             exam_passed_on=who.exam_passed_on, now=now).id
            for who in (_somebody(county, 0), _somebody(county, 1))
        ]  # fmt: skip
        ban_adviser(scope=team, adviser_id=barred, until=today + timedelta(days=90), reason="演练", now=now)
        for _ in range(3):
            news = write_news(scope=team, title="法律讲座", text="周六上午", begins_on=today, ends_on=None, now=now)
            publish_news(scope=team, number=news.number, now=now)
            webhooks.register_endpoint(scope=team, name="业务系统", address="https://hooks.example.org/in",
                                       events=["duty.visit.logged"], now=now)  # fmt: skip
        draft = write_news(scope=team, title="法律讲座", text="周日上午", begins_on=today, ends_on=None, now=now)
        stations = [
            open_station(scope=team, content=_station(first["places"][0], name, today), now=now).id
            for name in ("看的站", "改的站", "关的站")
        ]
        area = open_area(scope=team, node_id=county["node"], name=f"园区{county['code']}", now=now)
        add_members(scope=team, area_id=area, codes=[f"{county['code']}001"], valid_from=date(2026, 1, 1), source="批复",
                    now=now)  # fmt: skip
        post_hours(scope=team, node_id=first["places"][0], weekdays=[2], begins_at=time(9), ends_at=time(11), room="一楼",
                   now=now)  # fmt: skip
        remind(scope=team, node_id=first["places"][0], adviser_id=uuid.UUID(first["id"]), month=Month.of(now).plus(-2),
               now=now)  # fmt: skip
        sheets = [take_sheet(scope=team, upload=_sheet(_somebody(county, 2)), now=now) for _ in range(4)]
        of_stations = [
            str(take_sheet_of_stations(scope=team, upload=_stations(f"{county['code']}001001", name, today), now=now))
            for name in ("表里的站", "看看的站")
        ]
    for sheet in (*sheets[:2], sheets[3]):
        assert sheet.job_id
        jobs.work(system=system_of(find_by_schema(team.schema)), job_id=sheet.job_id)
    served = {place for adviser in county["advisers"] for place in adviser["places"]}
    vacant = [place.id for place in list_communities(county["node"]) if place.id not in served]
    new = _somebody(county, 8)
    return {
        "appointments_make.adviser_id": str(free), "appointments_make.node_id": vacant[0],
        "advisers_candidates.node_id": vacant[1], "advisers_explain_vacancy.node_id": vacant[1],
        "advisers_lift_ban.adviser_id": str(barred), "appointments_replace.new_adviser_id": str(free),
        "advisers_register.id_number": new.id_number, "advisers_register.phone": new.phone, "firm_id": str(firm),
        "advisers_imports_stop.import_id": str(sheets[2].id), "advisers_imports_errors.import_id": str(sheets[0].id),
        "advisers_imports_confirm.import_id": str(sheets[1].id), "duty_reminders_send.adviser_id": second["id"],
        "duty_reminders_send.node_id": second["places"][0], "places_describe.content": _facts(county["code"]),
        "advisers_imports_columns.import_id": str(sheets[3].id), "news_change.number": draft.number,
        "station_id": str(stations[0]), "stations_correct.station_id": str(stations[1]), "stations_correct.name": "改好的站",
        "stations_close.station_id": str(stations[2]),
        "stations_sheets_enter.sheet_id": of_stations[0], "sheet_id": of_stations[1],
        "county": county["code"],
        "code": f"{county['code']}001001",
    }  # fmt: skip


def belong(scope: Scope, place: int, visit: str, now: datetime) -> None:
    """What is one person's own: a view, a notice, something he said."""
    system = system_of(find_by_schema(scope.schema))
    about = ("visit", visit) if scope.subject_id else ("division", str(place))
    facts = {"on": str(clock.legal_day(now))}
    with inside(scope, read_only=False):
        write_comment(scope=scope, kind=about[0], subject_id=about[1], text="请核实一下", tell=[], now=now)
        save_view(scope=scope, page="advisers", title="落后的", query="view=ending", shared=False, now=now)
    with inside(system, read_only=False):
        tell(scope=system, now=now, drafts=[Draft(kind=NoticeKind.FEEDBACK_ANSWERED, person_id=scope.person_id, key="1",
                                                  facts=facts)])  # fmt: skip


def own_of(scope: Scope) -> dict[str, list[Any]]:
    """The ids of what a person may name, by the name of the field."""
    with inside(scope, read_only=True):
        found = {
            "comment_id": Comment.objects.filter(person_id=scope.person_id), "view_id": SavedView.objects.filter(
                person_id=scope.person_id), "notice_id": Notice.objects.filter(person_id=scope.person_id),
            "job_id": Job.objects.filter(person_id=scope.person_id), "endpoint_id": WebhookEndpoint.objects.all(),
            "import_id": ImportSheet.objects.order_by("created_at"), "reminder_id": Reminder.objects.in_scope(scope),
            "file_id": StoredFile.objects.filter(person_id=scope.person_id),
            "area_id": StatisticalArea.objects.all(), "member_id": AreaMember.objects.all(),
        }  # fmt: skip
        ids = {
            name: [_plain(key) for key in rows.order_by("pk").values_list("pk", flat=True)]
            for name, rows in found.items()
        }
        published = News.objects.filter(county_id__in=scope.roots, published_at__isnull=False)
        numbers = sorted(set(published.values_list("number", flat=True)))
        first = {f"{act}.number": numbers[:1] for act in ("news_get", "public_news_get")}
        return ids | first | {"news_withdraw.number": numbers[-1:]}


def _plain(key: Any) -> Any:
    return key if isinstance(key, int) else str(key)


def _somebody(county: Mapping[str, Any], number: int) -> people.InventedAdviser:
    serial = SERIAL + 10 * int(county["code"][-1]) + number
    return people.adviser(province="演练省", county=county["code"], county_code=county["code"], number=number, serial=serial,
                          firms=1)  # fmt: skip


def _station(node_id: int, name: str, day: date) -> StationContent:
    return StationContent(
        node_id=node_id, name=name, address="一楼", opening=read_opening("周一 9:00-12:00"), opened_on=day
    )


def _stations(code: str, name: str, day: date) -> ContentFile[bytes]:
    """A sheet with one station."""
    lines = f"名称,设在哪里,地址,开放时间,电话,开放日期\n{name},{code},一楼,周一 9:00-12:00,,{day}\n"
    return ContentFile(lines.encode(), name="stations.csv")


def _facts(code: str) -> str:
    return base64.b64encode(f"代码,人口\n{code},100\n".encode()).decode()


def _sheet(who: people.InventedAdviser) -> ContentFile[bytes]:
    book = Workbook()
    assert book.active is not None
    for row in (["姓名", "身份证号", "手机号", "执业机构"], [who.name, who.id_number, who.phone, who.firm],
                ["无号码", "", "", who.firm]):  # fmt: skip
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return ContentFile(out.getvalue(), name="sheet.xlsx")
