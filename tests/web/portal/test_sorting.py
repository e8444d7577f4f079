"""Lists stand by the column one asks for: on the page, in a file, over the API, both ways and over its pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.http import QueryDict

from falin.kernel import sorting
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.ui import tables
from services.advisers.api import explain_vacancy, register_firm
from services.advisers.models import Adviser as Row
from services.advisers.queries.register import ADVISER_ORDERS
from services.advisers.types import VacancyReason
from services.duty.commands import post_hours
from tenants.divisions.rules import sound_of
from tenants.identity.models import Person
from tenants.registry.models import Archive, Tenant
from tests.app.duty.cast import GEM, VILLAGE, Adviser, at, engage, log
from tests.app.indicators.books import NOVEMBER, publish
from tests.app.stations.cast import opened
from tests.web.portal.test_exports import _firsts
from tests.world import NOW, World


@dataclass(frozen=True)
class Listed:
    """A declared list: its page and its address of the API, who reads it, what tells its rows apart, and what each column
    that sorts should have them stand by."""

    page: str
    api: str
    who: str
    row: Callable[[Any], Any]
    out: Callable[[dict[str, Any]], Any]
    by: dict[str, Callable[[Any], Any]]


def _sound(name: str) -> str:
    return sound_of(name).pinyin


LISTS = {
    "advisers": Listed(
        "/advisers/?", "/api/v1/advisers/?size=50", "county", lambda row: row.url.split("/")[-2],
        lambda row: row["adviser"]["id"], {"name": lambda row: _sound(row.name)},
    ),
    "firms": Listed(
        "/advisers/firms/?", "/api/v1/advisers/firms/?size=50", "county", lambda row: str(row.id), lambda row: row["id"],
        {"name": lambda row: _sound(row.name), "advisers": lambda row: row.advisers},
    ),
    "vacancies": Listed(
        "/advisers/vacancies/?", "/api/v1/advisers/vacancies/?", "county", lambda row: row[0].node_id,
        lambda row: row["node_id"],
        {"community": lambda row: _sound(row[0].name), "reason": lambda row: row[0].reason or "",
         "since": lambda row: -(row[0].vacant_since or date.min).toordinal()},
    ),
    "stations": Listed(
        "/stations/?", "/api/v1/stations/?", "county", lambda row: str(row.station.id), lambda row: row["station"]["id"],
        {"name": lambda row: _sound(row.station.content.name), "tier": lambda row: row.station.tier.value,
         "opened": lambda row: row.station.content.opened_on},
    ),
    "behind": Listed(
        "/duty/behind/?month=2026-11", "/api/v1/duty/behind/?month=2026-11", "county",
        lambda row: (row.behind.hours.node_id, str(row.behind.hours.adviser_id)),
        lambda row: (row["hours"]["node_id"], row["hours"]["adviser_id"]),
        {"adviser": lambda row: _sound(row.behind.hours.adviser_name), "community": lambda row: _sound(row.behind.node_name),
         "done": lambda row: row.behind.hours.minutes, "due": lambda row: row.behind.hours.required_minutes,
         "pace": lambda row: row.behind.off_pace, "missing": lambda row: row.behind.hours.missing,
         "last": lambda row: row.behind.last_on or date.min},
    ),
    "posts": Listed(
        "/duty/hours/?", "/api/v1/duty/posted/?", "county", lambda row: row.node_id, lambda row: row["node_id"],
        {"community": lambda row: _sound(row.node_name), "room": lambda row: row.posted.room if row.posted else "",
         "time": lambda row: (row.posted.weekdays, row.posted.begins_at) if row.posted else ((), time.min)},
    ),
    "visits": Listed(
        "/duty/visits/?month=2026-11", "/api/v1/duty/visits/?month=2026-11", "luzhiwei", lambda row: str(row[0].id),
        lambda row: row["id"],
        {"community": lambda row: _sound(row[1]), "when": lambda row: row[0].content.begins_at,
         "time": lambda row: row[0].content.minutes},
    ),
    "published-visits": Listed(
        "/figures/visits/?month=2026-11", "/api/v1/figures/visits/?month=2026-11", "luzhiwei",
        lambda line: str(line.visit_id), lambda row: row["visit_id"],
        {"day": lambda line: line.on_day, "adviser": lambda line: line.adviser_name, "time": lambda line: line.minutes},
    ),
    "people": Listed(
        "/people/?", "/api/v1/people/?", "county", lambda row: row.record.person.id, lambda row: row["person"]["id"],
        {"name": lambda row: Person.objects.get(id=row.record.person.id).pinyin,
         "username": lambda row: row.record.person.username},
    ),
    "tenants": Listed(
        "/tenants/?", "/api/v1/tenants/?", "operator", lambda row: row.tenant.id, lambda row: row["id"],
        {"name": lambda row: _sound(row.tenant.name), "state": lambda row: row.tenant.state.value,
         "release": lambda row: row.behind, "size": lambda row: row.size,
         "archive": lambda row: str(row.archived_at or ""), "backup": lambda row: str(row.backup.made_at or "")},
    ),
}  # fmt: skip
SORTS = [(name, key) for name, one in LISTS.items() for key in one.by]


@pytest.fixture
def adviser(world: World) -> Adviser:
    """Four advisers at work in one county, in different months of different hours; a firm without any."""
    mine = engage(world)
    for number, (name, place) in enumerate((("郑安", VILLAGE), ("安之若", GEM), ("郝长风", VILLAGE)), 2):
        engage(world, name, username=f"other{number}", number=number, places=(("county", place),),
               begins_on=date(2026, 11, number * 3))  # fmt: skip
    engage(world, "毕去", username="gone", number=9, places=(("county", "330106002002"),), ends_on=date(2026, 10, 31))
    scope = world.scope("county")
    with inside(scope, read_only=False):
        register_firm(scope=scope, name="白石律师事务所", now=NOW)
        explain_vacancy(scope=scope, node_id=world.node("330106109201"), reason=next(iter(VacancyReason)), note="",
                        now=NOW)  # fmt: skip
    for number, body in enumerate(Tenant.objects.order_by("id")[1:3]):
        Archive.objects.create(tenant_id=body.id, schema=body.schema_name, name=body.name, at=NOW - timedelta(days=number),
                               person_id=0, recipient="", path="", size=1, sha256="", rows=1)  # fmt: skip
    own = mine.scope(world)
    for node, day, hours in ((VILLAGE, 3, 1), (GEM, 5, 3), (VILLAGE, 9, 2)):
        log(world, own, node_id=world.node(node), begins_at=at(date(2026, 11, day), 9),
            ends_at=at(date(2026, 11, day), 9 + hours), written_at=at(date(2026, 11, day), 18))  # fmt: skip
    for number, (code, name) in enumerate(
        ((VILLAGE, "湖埠村工作室"), ("330106", "西湖区中心"), (GEM, "宝石社区工作室")), 1
    ):
        opened(world, code=code, name=name, opened_on=date(2026, number, 1))
    with inside(scope, read_only=False):
        for hour, place in enumerate((VILLAGE, GEM), 8):
            post_hours(scope=scope, node_id=world.node(place), weekdays=[2], begins_at=time(hour), ends_at=time(hour + 2),
                       room=f"{hour} 号", now=NOW)  # fmt: skip
    publish(world, "330106", NOVEMBER)
    return mine


def _scope(world: World, one: Listed, adviser: Adviser) -> Scope:
    return adviser.scope(world) if one.who == adviser.username else world.scope(one.who)


def _walked(table: tables.Table, scope: Scope, query: str) -> list[Any]:
    """Every row as an export reads them: step by step."""
    rows, after, first = [], "", True
    with inside(scope, read_only=True):
        while after or first:
            step = table.step(scope, QueryDict(query), after, NOW)
            rows, after, first = [*rows, *step.rows], step.after, False
    return rows


def test_every_list_that_sorts_is_tried_by_each_of_its_columns_and_the_log_alone_does_not() -> None:
    assert {table.name: set(table.sorts) for table in tables.every() if table.sorts} == {
        name: set(one.by) for name, one in LISTS.items()
    }
    assert [table.name for table in tables.every() if not table.sorts] == ["audit"]


@pytest.mark.parametrize("name", LISTS)
def test_each_column_orders_page_file_and_api_both_ways_and_no_row_is_lost_or_doubled(
    world: World, adviser: Adviser, sign_in: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, table, client = LISTS[name], tables.find(name), sign_in(LISTS[name].who)
    assert table is not None
    scope = _scope(world, one, adviser)
    for module in ("falin.portal.web", "services.advisers.web", "services.stations.web", "services.indicators.web"):
        monkeypatch.setattr(f"{module}.tables.STEP", 2)
    asked = one.page.split("?")[1]
    unsorted = [one.row(row) for row in _walked(table, scope, asked)]
    assert len(unsorted) == len(set(unsorted)) > 2
    for key, by in one.by.items():
        for sort in (key, f"-{key}"):
            rows = _walked(table, scope, f"{asked}&sort={sort}")
            found = [one.row(row) for row in rows]
            assert sorted(found, key=str) == sorted(unsorted, key=str), sort
            with inside(scope, read_only=True):
                keys = [by(row) for row in rows]
            assert keys == sorted(keys, reverse=sort.startswith("-")), sort
            page = client.get(f"{one.page}&sort={sort}").content.decode()
            shown = _firsts(page)
            first = [str(table.columns[0].value(row)).replace(" ", "") for row in rows][: len(shown)]
            assert shown == first if name != "published-visits" else len(shown) == 3, sort
            assert f'aria-sort="{"descending" if sort.startswith("-") else "ascending"}"' in page
            answer = client.get(f"{one.api}&sort={sort}").json()
            told = [one.out(row) for row in (answer["rows"] if isinstance(answer, dict) else answer)]
            assert told == found[: len(told)] and told, sort


@pytest.mark.parametrize("name", LISTS)
def test_what_is_no_order_is_passed_over_on_the_page_and_refused_by_the_api(
    world: World, adviser: Adviser, sign_in: Any, name: str
) -> None:
    one, table, client = LISTS[name], tables.find(name), sign_in(LISTS[name].who)
    assert table is not None
    for sort in ("password", "--name", "-", "id; drop table", "名"):
        page = client.get(one.page, {**QueryDict(one.page.split("?")[1]).dict(), "sort": sort})
        plain = client.get(one.page)
        assert page.status_code == 200
        assert _firsts(page.content.decode()) == _firsts(plain.content.decode())
        assert page.content.decode().count("aria-sort") == (1 if table.order else 0)
        refused = client.get(one.api, {**QueryDict(one.api.split("?")[1]).dict(), "sort": sort})
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["sort"])


def test_the_heads_sort_once_and_the_other_way_round_and_keep_what_is_asked(
    world: World, adviser: Adviser, sign_in: Any
) -> None:
    client = sign_in("county")
    page = client.get("/duty/behind/?month=2026-11&view=none&col=done&col=community&sort=done").content.decode()
    assert 'href="?month=2026-11&amp;view=none&amp;col=done&amp;col=community&amp;sort=-done"' in page
    assert 'href="?month=2026-11&amp;view=none&amp;col=done&amp;col=community&amp;sort=community"' in page
    assert page.count('data-label="排序"') == 1  # what the line of heads above the cards of a phone begins with
    people = client.get("/people/?sort=-username&after=x").content.decode()
    assert '<input type="hidden" name="sort" value="-username">' in people  # in the form of the filters
    assert "after=x" not in people.split("f-sort")[1]


def test_turning_the_month_keeps_the_order_the_columns_and_the_cut(
    world: World, adviser: Adviser, sign_in: Any
) -> None:
    page = sign_in("county").get("/duty/behind/?month=2026-10&view=pace&col=done&sort=-last").content.decode()
    for month in ("2026-09", "2026-11"):
        assert f'href="?view=pace&amp;col=done&amp;sort=-last&amp;month={month}"' in page


def test_a_saved_view_keeps_the_order(world: World, adviser: Adviser, sign_in: Any) -> None:
    client = sign_in("county")
    client.post("/desk/views/firms/?sort=-advisers", {"title": "人多的在前"})
    assert 'href="/advisers/firms/?sort=-advisers">人多的在前' in client.get("/desk/views/firms/").content.decode()


def test_pages_turn_there_and_back_in_every_order(world: World, adviser: Adviser) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=True):
        rows = Row.objects.all()
        for order in (*ADVISER_ORDERS.values(), ("-exam_passed_on", "pinyin", "-id"), ("-pinyin", "-id")):
            whole = list(rows.order_by(*order))
            assert len(whole) > 3
            there, page = [], sorting.turn(rows, order, size=1)
            there.append(page)
            while page.after:
                page = sorting.turn(rows, order, after=page.after, size=1)
                there.append(page)
            assert [row for page in there for row in page.rows] == whole
            assert [sorting.ahead_of(rows, order, row).count() for row in whole] == list(range(len(whole)))
            back = [page]
            while page.before:
                page = sorting.turn(rows, order, before=page.before, size=1)
                back.append(page)
            assert [row for page in reversed(back) for row in page.rows] == whole


@pytest.mark.parametrize("of", ["[]", '["pinyin,id"]', '["pinyin,id","a",7]', '["pinyin,id","a","no-uuid"]', "[[[", '"x"',
                                '["pinyin,id","\\u0000","00000000-0000-0000-0000-000000000000"]',
                                '["pinyin,id","\\ud800","00000000-0000-0000-0000-000000000000"]',
                                '["-pinyin,-id","zzz","00000000-0000-0000-0000-000000000000"]'])  # fmt: skip
def test_a_cursor_nobody_made_or_of_another_order_is_the_first_page(world: World, adviser: Adviser, of: str) -> None:
    from base64 import urlsafe_b64encode

    order, cursor = ADVISER_ORDERS["name"], urlsafe_b64encode(of.encode()).decode()
    with inside(world.scope("county"), read_only=True):
        first = sorting.turn(Row.objects.all(), order, size=2)
        for given in (cursor, of, "€", "x" * 5):
            assert sorting.turn(Row.objects.all(), order, after=given, before="", size=2) == first
