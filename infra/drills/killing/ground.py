"""Place of the drill's small province: two counties, people, advisers with accounts, all by the commands of the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management import call_command

from falin.kernel import clock
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from falin.runtime.demo import people
from services.advisers.api import appoint_adviser, open_account, register_adviser, register_firm
from tenants.divisions.api import Level, find_by_code, import_divisions, list_communities
from tenants.divisions.types import ListedRow
from tenants.identity.api import Role, create_person, grant_role, read_signed_in
from tenants.identity.commands import password_was_changed
from tenants.identity.middleware import scope_of
from tenants.registry.api import Kind, provision_tenant
from tenants.registry.commands import open_all

PROVINCE = "33"
COUNTIES = ("330181", "330182")
STREETS, COMMUNITIES, ADVISERS, SEATS = 2, 6, 3, 3  # a county's streets, a street's communities, a county's advisers
PASSWORD = "kills-while-people-work"  # noqa: S105 (of invented people in a database that is thrown away)


def make(out: str) -> None:
    """Everything from an empty database to people who can sign in; what they need to know is written as JSON."""
    now = clock.now()
    call_command("migrate_cell", verbosity=0, spares=0)
    with shared(read_only=False):
        import_divisions(rows=_rows(), province=PROVINCE, as_of=date(2023, 6, 30), source="drill", now=now)
    provision_tenant(node_id=_node(Level.PROVINCE, PROVINCE), kind=Kind.PROVINCE, name="演练省", now=now)
    months = [Month.of(now).plus(-3), Month.of(now).plus(-2), Month.of(now).plus(-1)]
    encoded = make_password(PASSWORD)
    counties = [_county(code, encoded, months, now) for code in COUNTIES]
    open_all(now=now)
    Path(out).write_text(json.dumps({
        "password": PASSWORD, "months": [str(month) for month in months],
        "first_days": [month.first_day.isoformat() for month in months], "counties": counties,
    }))  # fmt: skip


def _rows() -> Iterator[ListedRow]:
    yield ListedRow(Level.PROVINCE, PROVINCE, "演练省", "")
    yield ListedRow(Level.CITY, "3301", "演练市", PROVINCE)
    for number, county in enumerate(COUNTIES, 1):
        yield ListedRow(Level.COUNTY, county, f"演练{number}区", "3301")
        for street in range(1, STREETS + 1):
            yield ListedRow(Level.STREET, f"{county}{street:03d}", f"第{street}街道", county)
            for place in range(1, COMMUNITIES + 1):
                code = f"{county}{street:03d}{place:03d}"
                yield ListedRow(Level.COMMUNITY, code, f"第{street}街道{place}社区", f"{county}{street:03d}")


def _node(level: Level, code: str) -> int:
    found = find_by_code(level, code)
    assert found is not None, code
    return found.id


def _county(code: str, encoded: str, months: list[Month], now: datetime) -> dict[str, Any]:
    node = _node(Level.COUNTY, code)
    provision_tenant(node_id=node, kind=Kind.COUNTY, name=f"演练{code}", now=now)
    username = f"team-{code}"
    with shared(read_only=False) as system:
        person = create_person(scope=system, username=username, name="专班", password=None, encoded=encoded,
                               must_change_password=False, now=now)  # fmt: skip
        grant_role(scope=system, person_id=person.id, role=Role.COUNTY_TEAM, node_id=node, reason="演练", now=now)
    team = _scope(person.id)
    places = [place.id for place in list_communities(node)]
    advisers = [_adviser(team, code, number, places, encoded, months[0], now) for number in range(ADVISERS)]
    return {"node": node, "code": code, "team": username, "advisers": advisers}


def _adviser(
    team: Scope, code: str, number: int, places: list[int], encoded: str, since: Month, now: datetime
) -> dict[str, Any]:  # fmt: skip
    serial = COUNTIES.index(code) * ADVISERS + number + 1
    who = people.adviser(province="演练省", county=code, county_code=code, number=number, serial=serial, firms=1)
    mine = places[number * SEATS : (number + 1) * SEATS]
    with inside(team, read_only=False):
        firm = register_firm(scope=team, name=f"演练{serial}律师事务所", now=now)
        adviser = register_adviser(
            scope=team, firm_id=firm.id, name=who.name, id_number=who.id_number, phone=who.phone,
            exam_passed_on=who.exam_passed_on, now=now,
        )  # fmt: skip
        for place in mine:
            appoint_adviser(scope=team, adviser_id=adviser.id, node_id=place, begins_on=since.first_day, ends_on=None,
                            now=now)  # fmt: skip
        account = open_account(
            scope=team, adviser_id=adviser.id, username=f"adviser-{serial}", encoded=encoded, now=now
        )
        password_was_changed(person_id=account.person_id)
    return {"username": account.username, "places": mine}


def _scope(person_id: int) -> Scope:
    signed_in = read_signed_in(person_id=person_id, on=clock.legal_day(clock.now()))
    assert signed_in is not None
    return scope_of(signed_in, signed_in.hats[0])
