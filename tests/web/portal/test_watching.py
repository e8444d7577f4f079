"""What asks to be watched stands on the home page: who wants to be let in, and odd patterns of the week; all is counted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel import audit
from falin.kernel.audit import alarms
from falin.kernel.transactions import inside
from tenants.identity.models import Emergency
from tenants.identity.queries.emergency import DOORS_SHOWN, PAGE, count_waiting, list_emergencies
from tests.app.identity.cast import number, people_the_office
from tests.statements import statements
from tests.world import NOW, World

pytestmark = pytest.mark.slow
WAITS, ALARMS = "件应急访问的请求等您答复", "件异常提醒，最近 7 天"


@pytest.fixture(autouse=True)
def _today() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


def request(world: World, code: str = "330106", **more: Any) -> Emergency:
    return Emergency.objects.create(
        operator_id=number("operator"), tenant_id=int(world.schema(code).lstrip("t")), incident="E-1",
        reason="结账页面报错，要看十月的记录", minutes=30, asked_at=NOW, **more,
    )  # fmt: skip


def home(client: Any) -> str:
    return str(client.get("/").content.decode())


def raise_alarm(world: World, by: str, at: datetime, whom: str = "city") -> None:
    scope = world.scope(by)
    with inside(scope, read_only=False):
        audit.record(scope=scope, act=alarms.RAISED, subject=("alarm", f"{at}"), node_id=None, now=at,
                     after={"rule": "A1", "person": number(whom)})  # fmt: skip


def pass_doors(world: World, emergency: Emergency, count: int) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        for n in range(count):
            audit.record(scope=scope, act="kernel.door.passed", subject=("emergency", emergency.pk), node_id=None, now=NOW,
                         after={"address": f"/advisers/{n}/"})  # fmt: skip


# ---- a request that waits --------------------------------------------------------------------------------------------
def test_who_decides_reads_on_his_home_that_an_operator_waits_and_nobody_else_does(world: World, sign_in: Any) -> None:
    people_the_office(world)
    county = sign_in("county")
    assert WAITS not in home(county)
    waiting = request(world)
    told = {who for who in ("county", "security", "county2", "street", "leader") if WAITS in home(sign_in(who))}
    assert told == {"county", "security"}
    assert '<a href="/emergencies/">' + WAITS in home(county)
    Emergency.objects.filter(pk=waiting.pk).update(ended_at=NOW)
    assert WAITS not in home(county)


def test_while_nobody_asks_the_home_page_pays_one_statement_for_it(world: World) -> None:
    request(world, decided_at=NOW, decided_by_id=number("county"), ends_at=NOW, ended_at=NOW)  # one that is over
    scope = world.scope("county")
    with inside(scope, read_only=True), CaptureQueriesContext(connection) as asked:
        assert count_waiting(scope=scope) == 0
    assert len(statements(asked)) == 1


# ---- odd patterns ----------------------------------------------------------------------------------------------------
def test_the_auditor_and_the_leader_read_how_many_alarms_the_week_had_and_where_to_look(
    world: World, sign_in: Any
) -> None:
    raise_alarm(world, "leader", NOW - timedelta(days=8))
    assert ALARMS not in home(sign_in("auditor"))
    raise_alarm(world, "leader", NOW - timedelta(days=6))
    raise_alarm(world, "leader", NOW - timedelta(hours=1))
    auditor, leader = home(sign_in("auditor")), home(sign_in("leader"))
    for page, address in ((auditor, "/audit/"), (leader, "/audit/sums/")):
        line = page[: page.index(ALARMS)][-300:] + page[page.index(ALARMS) :][:100]
        assert ">2<" in line.replace("\n", "").replace(" ", "")
        assert f'href="{address}"' in line
    assert ALARMS not in home(sign_in("city"))


def test_who_is_watched_is_not_told_that_he_is(world: World, sign_in: Any) -> None:
    raise_alarm(world, "leader", NOW, whom="leader")
    assert ALARMS not in home(sign_in("leader"))
    assert ALARMS in home(sign_in("auditor"))


# ---- the doors of an emergency ---------------------------------------------------------------------------------------
def test_each_emergency_is_counted_in_full_and_shows_its_newest_doors(world: World, sign_in: Any) -> None:
    over = {"decided_at": NOW, "decided_by_id": number("county"), "ends_at": NOW, "ended_at": NOW}
    quiet, busy = request(world, **over), request(world, **over)
    pass_doors(world, quiet, 2)
    pass_doors(world, busy, DOORS_SHOWN + 7)
    scope = world.scope("county")
    with inside(scope, read_only=True):
        found = {one.id: (one.passed_count, len(one.passed)) for one in list_emergencies(scope=scope, now=NOW)}
    assert found == {quiet.pk: (2, 2), busy.pk: (DOORS_SHOWN + 7, DOORS_SHOWN)}
    client = sign_in("county")
    page = client.get("/emergencies/").content.decode()
    assert "看过的 107 页，这里是最近的 100 页" in page
    assert f'href="/emergencies/{busy.pk}/doors/"' in page
    assert f"/emergencies/{quiet.pk}/doors/" not in page
    assert "/advisers/106/" in page
    here = client.get("/api/v1/emergencies/here/").json()
    assert {one["id"]: one["passed_count"] for one in here} == {quiet.pk: 2, busy.pk: DOORS_SHOWN + 7}


def _following(client: Any, address: str) -> list[str]:
    """The pages of a list, by its button to the next one."""
    pages = [client.get(address).content.decode()]
    while len(pages) < 9 and (found := re.search(r'rel="next" href="([^"]+)"', pages[-1])):
        pages.append(client.get(f"{address}{html.unescape(found[1])}").content.decode())
    return pages


def test_every_door_of_an_emergency_is_read_page_by_page(world: World, sign_in: Any) -> None:
    over = {"decided_at": NOW, "decided_by_id": number("county"), "ends_at": NOW, "ended_at": NOW}
    busy = request(world, **over)
    pass_doors(world, busy, DOORS_SHOWN + 7)
    client = sign_in("county")
    wanted = [f"/advisers/{n}/" for n in range(DOORS_SHOWN + 7)][::-1]
    pages = _following(client, f"/emergencies/{busy.pk}/doors/")
    assert [re.findall(r">(/advisers/\d+/)<", page) for page in pages] == [wanted[:100], wanted[100:]]
    assert all("看过的 107 页" in page and "这里是最近的" not in page for page in pages)
    address, found = f"/api/v1/emergencies/{busy.pk}/doors/?size=60", []
    while address:
        answer = client.get(address)
        found.append([one["address"] for one in answer.json()["rows"]])
        link = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        address = link[1] if link else ""
    assert found == [wanted[:60], wanted[60:]]
    for who in ("county2", "operator"):
        assert sign_in(who).get(f"/emergencies/{busy.pk}/doors/").status_code == {"county2": 404, "operator": 403}[who]
        assert sign_in(who).get(f"/api/v1/emergencies/{busy.pk}/doors/").status_code in {403, 404}


def test_who_decides_for_a_body_below_reads_no_door_of_its_log(world: World, sign_in: Any) -> None:
    people_the_office(world)
    over = {"decided_at": NOW, "decided_by_id": number("county"), "ends_at": NOW, "ended_at": NOW}
    below = request(world, **over)
    pass_doors(world, below, 3)
    page = sign_in("security").get(f"/emergencies/{below.pk}/doors/")
    assert page.status_code == 200
    assert "/advisers/" not in page.content.decode()


def test_every_emergency_is_read_page_by_page(world: World, sign_in: Any) -> None:
    over = {"decided_at": NOW, "decided_by_id": number("county"), "ends_at": NOW, "ended_at": NOW}
    for n in range(2 * PAGE + 5):
        request(world, **over, refused_why=f"E-{n}-E")
    for who, address in (("county", "/emergencies/"), ("operator", "/emergencies/ask/")):
        pages = _following(sign_in(who), address)
        found = [re.findall(r"E-(\d+)-E", page) for page in pages]
        assert [len(one) for one in found] == [PAGE, PAGE, 5], who
        assert [int(n) for one in found for n in one] == list(range(2 * PAGE + 5))[::-1]
    assert len(sign_in("county").get("/api/v1/emergencies/here/").json()) == 2 * PAGE + 5
    assert len(sign_in("operator").get("/api/v1/emergencies/").json()) == 2 * PAGE + 5
