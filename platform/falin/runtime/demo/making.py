"""
Place where a demo is made: province and bodies, people, then county by county firms, advisers, appointments, visits, figures.

Everything goes through the commands that a user's click calls, in that user's scope. Names, numbers and days follow from the
place, so that a county begun and interrupted is finished on the next run without a second copy of anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password

from falin.kernel import clock, relay
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from falin.portal.commands import draw_map
from falin.runtime.demo import people, plan
from falin.ui.geo import points_in
from services.advisers.api import explain_vacancy, list_appointments, open_account
from services.advisers.commands.loading import register_many
from services.advisers.rules.sheet import Entry
from services.advisers.types import VacancyReason
from services.duty.api import closed_months, log_visit
from services.duty.commands import close_month, post_hours
from services.duty.types import VisitKind
from services.indicators.api import publish_month
from services.stations.api import open_many, read_opening
from services.stations.types import Position, StationContent
from tenants.divisions.api import (
    LIST_AS_OF,
    LIST_SOURCE,
    Division,
    Level,
    fetch_list,
    find_by_code,
    get_division,
    import_divisions,
    list_children,
    list_communities,
    list_county_bodies,
    list_streets,
    read_list,
)
from tenants.identity.api import Role, create_person, find_person, grant_role, read_signed_in, scope_of, system_of
from tenants.identity.commands import password_was_changed
from tenants.identity.rules import SECOND_FACTOR
from tenants.identity.signing.factors import give_app
from tenants.registry.api import Kind, django_as_owner, find_tenant_of, keep_spares, provision_tenant
from tenants.registry.commands import open_all
from tenants.settings.api import explain, make_statement

PASSWORD = "fa-lin-yan-shi"  # noqa: S105 - printed on the terminal of every demo
WITH_APP, APP_SECRET = "auditor-app", "FALINDEMOFALINDEMOFALINDEMOFALIN"  # likewise; base32, as an app takes it
BUSY = 3400  # communities with a full quarter: those of the first city, or as many of the first counties
FAVOURITE = "330106"  # where the people shown on the terminal work, if the province has it
BATCH, STATIONS = 40, 200
HOTLINE = "12348"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in, as the terminal shows him."""

    role: str
    place: str
    username: str
    password: str
    second: str = ""  # the secret for an authenticator app, of who has one


class Notes:
    """What is done already, one line a step, so that an interrupted demo is picked up."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "demo.json"
        self.done: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}

    def keep(self, name: str, value: Any = True) -> None:  # noqa: FBT002
        self.done[name] = value
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.done, ensure_ascii=False))
        part.replace(self.path)


def places(province: str, home: Path) -> dict[str, int]:
    """Fetch the list (kept in ``home`` for every demo) and bring in one province; how many divisions of each level."""
    archive = fetch_list(home)
    with django_as_owner(), shared(read_only=False):  # the owner may tell the planner what came in (analyze)
        result = import_divisions(rows=read_list(archive, province=province), province=province, as_of=LIST_AS_OF,
                                  source=LIST_SOURCE, now=clock.now())  # fmt: skip
    draw_map(settings.HOME, province)
    return {level.name.lower(): count for level, count in result.counts.items()}


def root_of(province: str) -> Division:
    root = find_by_code(Level.PROVINCE, province)
    assert root is not None
    return root


def bodies_of(province: str) -> list[Division]:
    return list_county_bodies(root_of(province).id)


def tenants(province: str) -> Iterator[int]:
    """A schema for the province and one for each county-grade body; yields how many stand."""
    root, now = root_of(province), clock.now()
    provision_tenant(node_id=root.id, kind=Kind.PROVINCE, name=root.name, now=now)
    yield 1
    for number, body in enumerate(bodies_of(province), 2):
        provision_tenant(node_id=body.id, kind=Kind.COUNTY, name=body.name, now=now)
        yield number
    keep_spares(now=now)


def busy_bodies(province: str) -> list[Division]:
    """The county bodies that get a full quarter: the first city's, or in a municipality the first few."""
    bodies = bodies_of(province)
    cities = [place for place in list_children(root_of(province).id) if place.level == Level.CITY]
    if cities and not cities[0].is_county_body:
        return [body for body in bodies if body.city_id == cities[0].id]
    return bodies[:4]


def shown_body(province: str) -> Division:
    """The county whose people the terminal names."""
    busy = busy_bodies(province)
    return next((body for body in busy if body.code.startswith(FAVOURITE)), busy[0])


def officials(province: str) -> list[Account]:
    """The province's people, every city's officer, every county's team, streets, liaisons."""
    root, shown, encoded = root_of(province), shown_body(province), make_password(PASSWORD)
    accounts: list[Account] = []
    with shared(read_only=False) as system:

        def enter(username: str, role: Role, place: Division) -> Account:
            person = find_person(username) or create_person(
                scope=system, username=username, name=people.person_name(username, place.code), password=None,
                encoded=encoded, must_change_password=False, now=clock.now(),
            )  # fmt: skip
            grant_role(scope=system, person_id=person.id, role=role, node_id=place.id, reason="演示", now=clock.now())
            return Account(role=role, place=place.name, username=username, password=PASSWORD)

        accounts.append(enter("leader", Role.PROVINCE_LEADER, root))
        for city in list_children(root.id):
            if city.level == Level.CITY:
                made = enter(f"city-{city.code[:4]}", Role.CITY_OFFICER, city)
                if city.id == shown.city_id:
                    accounts.append(made)
        busy = {body.id for body in busy_bodies(province)}
        for body in bodies_of(province):
            made = enter(county_username(body), Role.COUNTY_TEAM, body)
            streets = list_streets(body.id)
            officers = [enter(f"street-{street.code[:9]}", Role.STREET_OFFICER, street)
                        for street in (streets if body.id in busy else streets[:1])]  # fmt: skip
            if body.id == shown.id:
                communities = list_communities(body.id)
                liaison = enter(f"liaison-{communities[0].code}", Role.LIAISON, communities[0])
                second = enter(f"{county_username(body)}-2", Role.COUNTY_TEAM, body)  # who says yes to exports of lists
                accounts += [made, second, *officers[:1], liaison]
        accounts.append(enter("auditor", Role.AUDITOR, root))
        accounts.append(enter("security", Role.SECURITY_ADMINISTRATOR, root))
        accounts.append(enter("operator", Role.OPERATOR, root))
        # One who shows what a second factor is like; the others sign in by their password alone.
        accounts.append(replace(enter(WITH_APP, Role.AUDITOR, root), second=APP_SECRET))
        with_app = find_person(WITH_APP)
        assert with_app is not None
        give_app(person_id=with_app.id, secret=APP_SECRET)
    _no_second_factor(root)
    open_all(now=clock.now())
    return accounts


def _no_second_factor(root: Division) -> None:
    """The accounts of a demo are shown on its terminal: nobody is led to a second factor. Said two days ago, so it holds."""
    before = clock.now() - timedelta(days=2)
    security, holds_from = _scope("security", Role.SECURITY_ADMINISTRATOR), clock.legal_day(before) + timedelta(days=1)
    with inside(security, read_only=False):
        if explain(scope=security, key=SECOND_FACTOR.key, node_id=root.id, on=holds_from).origin is None:
            make_statement(scope=security, key=SECOND_FACTOR.key, node_id=root.id, value=0, locked=False,
                           valid_from=holds_from, why="演示账号的密码是公开的", now=before)  # fmt: skip


def county_username(body: Division) -> str:
    return f"county-{body.code[:6]}"


def _scope(username: str, role: Role) -> Scope:
    person = find_person(username)
    assert person is not None
    signed_in = read_signed_in(person_id=person.id, on=clock.legal_day(clock.now()))
    assert signed_in is not None
    return scope_of(signed_in, next(hat for hat in signed_in.hats if hat.role == role))


def county(task: tuple[int, int, bool, str, str]) -> tuple[str, dict[str, int]]:
    """One county from firms to published figures; what there is of each. Run in a process of its own."""
    node_id, first_serial, busy, province, encoded = task
    body, now = get_division(node_id), clock.now()
    today = clock.legal_day(now)
    team = _scope(county_username(body), Role.COUNTY_TEAM)
    communities = list_communities(body.id)
    serving = [place for place in communities if not plan.is_vacant(body.code, place.code)]
    groups = list(plan.groups(serving))
    started = datetime(today.year, 1, 1, 1, tzinfo=now.tzinfo)
    advisers = _enlist(team, body, root_of(province), groups, first_serial, started)
    _explain(team, [place for place in communities if place not in set(serving)], now)
    with_account = range(len(groups)) if busy else range(min(5, len(groups)))
    usernames = _accounts(team, body, advisers, list(with_account), encoded, now)
    if node_id == shown_body(province).id:
        _post(team, serving, now)
    _stations(team, body, communities, now, located=node_id == shown_body(province).id)
    months = plan.full_months(today)
    visits = 0
    for number, username in usernames.items():
        visits += _visits(username, groups[number], months if busy else months[-2:], months[:3], now, sparse=not busy)
    if busy:
        with inside(team, read_only=False):
            for month in months[:3]:
                if month not in closed_months(scope=team):
                    close_month(scope=team, month=month, now=now)
    _publish(team, body, months if busy else months[-2:], now)
    counts = {"advisers": len(advisers), "appointments": len(serving), "visits": visits}
    return body.code, counts


def _enlist(
    team: Scope, body: Division, province: Division, groups: list[list[Division]], first_serial: int, now: datetime
) -> list[UUID]:  # fmt: skip
    """Firms, advisers and their appointments, as a confirmed sheet brings them in; the adviser of each group."""
    firms, today = max(1, len(groups) // 12), clock.legal_day(clock.now())
    entries: list[Entry] = []
    for number, group in enumerate(groups):
        who = people.adviser(province=province.name, county=body.name, county_code=body.code[:6], number=number,
                             serial=first_serial + number, firms=firms)  # fmt: skip
        begins, ends = plan.contract(body.code, number, today)
        entries.append(Entry(
            name=who.name, id_number=who.id_number, phone=who.phone, firm=who.firm, licence=who.licence,
            specialties=who.specialties, exam_passed_on=who.exam_passed_on,
            communities=tuple(place.id for place in group), begins_on=begins, ends_on=ends,
        ))  # fmt: skip
    for begin in range(0, len(entries), BATCH):
        with inside(team, read_only=False):
            for outcome in register_many(scope=team, entries=entries[begin : begin + BATCH], now=now):
                assert not outcome.refused, outcome.refused
                assert not outcome.not_appointed, outcome.not_appointed
    with inside(team, read_only=True):
        serving = {one.node_id: one.adviser_id for one in list_appointments(scope=team)}
    return [serving[group[0].id] for group in groups]


def _explain(team: Scope, vacant: list[Division], now: datetime) -> None:
    with inside(team, read_only=False):
        for place in vacant:
            explain_vacancy(scope=team, node_id=place.id, reason=VacancyReason(plan.vacancy_reason(place.code)),
                            note="", now=now)  # fmt: skip


def _post(team: Scope, serving: list[Division], now: datetime) -> None:
    """When each community's adviser can be met, but in every twelfth, so that the list shows what is missing."""
    with inside(team, read_only=False):
        for number, place in enumerate(serving):
            if number % 12:
                begin = (9, 14)[number % 2]
                post_hours(scope=team, node_id=place.id, weekdays=[1 + number % 5], begins_at=time(begin),
                           ends_at=time(begin + 2), room=f"{place.name}法律工作室", now=now)  # fmt: skip


def _stations(team: Scope, body: Division, communities: list[Division], now: datetime, *, located: bool) -> None:
    """
    The register of stations. Their telephone is the hotline's, which is true everywhere: an invented one could be somebody's.

    :param located: with positions, inside the county's outline, for whoever tries which is near.
    """
    planned = list(plan.stations_of(body, list_streets(body.id), communities))
    points = points_in(body.code[:6], len(planned)) if located else []
    contents = [
        StationContent(
            node_id=one.node_id, name=one.name, address=one.address, phone=HOTLINE, opening=read_opening(one.opening),
            wheelchair=one.wheelchair, opened_on=one.opened_on,
            position=Position(longitude=points[number][0], latitude=points[number][1]) if points else None,
        )
        for number, one in enumerate(planned)
    ]  # fmt: skip
    for begin in range(0, len(contents), STATIONS):
        with inside(team, read_only=False):
            for outcome in open_many(scope=team, contents=contents[begin : begin + STATIONS], now=now):
                assert outcome.station or outcome.code == "stations.registered", (
                    outcome.refused
                )  # of an interrupted run


def _accounts(
    team: Scope, body: Division, advisers: list[UUID], numbers: list[int], encoded: str, now: datetime
) -> dict[int, str]:  # fmt: skip
    usernames: dict[int, str] = {}
    for begin in range(0, len(numbers), BATCH):
        with inside(team, read_only=False):
            for number in numbers[begin : begin + BATCH]:
                username = f"adviser-{body.code[:6]}-{number + 1}"
                usernames[number] = username
                if find_person(username) is not None:  # of a run that was interrupted
                    continue
                account = open_account(
                    scope=team, adviser_id=advisers[number], username=username, encoded=encoded, now=now
                )
                password_was_changed(person_id=account.person_id)
    return usernames


def _visits(
    username: str, group: list[Division], months: list[Month], quarter: list[Month], now: datetime, *, sparse: bool
) -> int:  # fmt: skip
    scope = _scope(username, Role.ADVISER)
    planned = list(plan.visits_of(places=group, months=months, quarter=quarter, now=now, sparse=sparse))
    with inside(scope, read_only=False):
        for visit in planned:
            written = visit.ends_at + timedelta(minutes=20)
            log_visit(
                scope=scope, visit_id=visit.id, node_id=visit.node_id,
                kind=VisitKind.LECTURE if visit.lecture else VisitKind.VISIT, begins_at=visit.begins_at,
                ends_at=visit.ends_at, topic=visit.topic, attendees=visit.attendees, note=visit.note,
                written_at=written, now=min(now, written),
            )  # fmt: skip
    return len(planned)


def _publish(team: Scope, body: Division, months: list[Month], now: datetime) -> None:
    for month in months:
        with inside(team, read_only=False):
            publish_month(scope=team, month=month, now=now)
    tenant = find_tenant_of(body.id)
    assert tenant is not None
    relay.drain({tenant.schema: system_of(tenant)}, clock=clock.now)


def last_accounts(province: str) -> list[Account]:
    """An adviser and a firm's manager of the shown county, once its advisers are there."""
    body, root = shown_body(province), root_of(province)
    team = _scope(county_username(body), Role.COUNTY_TEAM)
    username = f"adviser-{body.code[:6]}-1"
    own = _scope(username, Role.ADVISER)
    with inside(team, read_only=True):
        first = list_appointments(scope=team, on=clock.legal_day(clock.now()), adviser_id=UUID(own.subject_id))[0]
    with shared(read_only=False) as system:
        manager = find_person("firm") or create_person(
            scope=system, username="firm", name=people.person_name("firm", root.code), password=None,
            encoded=make_password(PASSWORD), must_change_password=False, now=clock.now(),
        )  # fmt: skip
        grant_role(scope=system, person_id=manager.id, role=Role.FIRM_MANAGER, node_id=root.id,
                   subject_id=str(first.firm_id),
                   reason="演示", now=clock.now())  # fmt: skip
    return [
        Account(role=Role.ADVISER, place=body.name, username=username, password=PASSWORD),
        Account(role=Role.FIRM_MANAGER, place=first.firm_name, username="firm", password=PASSWORD),
    ]


def as_json(accounts: list[Account]) -> list[dict[str, str]]:
    return [asdict(account) for account in accounts]
