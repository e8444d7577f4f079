"""
Falin's child of the bench `pages`, and of `shots`: a province with its map, one county at work, and the people who open its
pages. The places are real (`xihu.txt`: the county's streets and communities), who works there and what was done is not.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from stand import serving
from stand.children import obey

from ours.serving import _sign_in

COUNTY, MOST = "330106", 3  # communities an adviser may serve
FAMILY, GIVEN = "赵钱孙李周吴郑王", ("知微", "望舒", "若溪", "听澜", "以宁", "砚秋", "知白")
FIRMS = ("明溪", "听澜", "青砚", "桐声", "知止", "南屏", "柳浪", "云栖")
SKILLS = ("婚姻家庭", "劳动争议", "土地承包", "邻里", "合同")
LACKING = (9, 0, 2, 1, 3, 0, 7, 1, 2, 4, 1)  # of 250 communities, in the counties of each city
MONTHS = 5  # before this one, which the province can look back on


def _listed(streets: int) -> Iterator[tuple[str, str, str]]:
    """Code, name and street's code, from the first streets of the county on; villages count from 201."""
    lines = (Path(__file__).parent / "xihu.txt").read_text().splitlines()
    for line in lines[:streets]:
        code, _, rest = line.partition(" ")
        street, _, names = rest.partition("：")
        yield code, street, COUNTY
        for number, name in enumerate(names.split("、"), 1):
            yield f"{code}{number + 200 * name.endswith('村'):03d}", name, code


def _figures(
    bodies: list[Any], sizes: Mapping[int, int], month: Any, ago: int, day: date, moment: datetime
) -> Iterator[dict[str, Any]]:
    """
    What counties, or the streets of one, had published of a month: a little less each month back, some cities ahead of the
    pace, some behind.
    """
    cities = sorted({body.city_id for body in bodies})
    for number, body in enumerate(bodies):
        city = cities.index(body.city_id)
        whole = sizes.get(body.id, 160 + number * 37 % 200)
        lacking = min(whole, (LACKING[city % len(LACKING)] + number % 3) * whole // 250 + ago * (1 + city % 3))
        part = 100 if ago else max(5, 100 * day.day // 31)
        met = (whole - lacking) * (84 + (number + ago) % 13) * part // 10_000
        yield {
            "month": str(month), "node_id": body.id, "province_id": body.province_id, "city_id": body.city_id,
            "county_id": body.county_id or body.id, "street_id": body.id if body.level == 4 else None,
            "level": body.level, "run_id": uuid.uuid4(), "communities": whole,
            "as_of": min(day, month.last_day), "covered": whole - lacking, "urban": whole * 3 // 5,
            "urban_covered": whole * 3 // 5 - lacking // 3, "pairs": whole - lacking, "met": met,
            "required_minutes": 480 * (whole - lacking), "minutes": 470 * (whole - lacking) * part // 100,
            "visits": whole * (19 + (number + ago) % 5) * part // 1000, "lectures": whole * (27 + number % 9) * part // 10_000,
            "edition": int(ago > 0), "published_at": moment,
        }  # fmt: skip


def _work(scope: Callable[[str], Any], places: list[Any], advisers: int, moment: datetime) -> None:
    """The county's advisers and where they serve, what they did in the last days, when they can be met, what is vacant."""
    from falin.kernel.clock import legal_day
    from falin.kernel.transactions import inside
    from services.advisers.api import appoint_adviser, explain_vacancy, open_account, register_adviser, register_firm
    from services.advisers.types import VacancyReason
    from services.duty.api import log_visit, post_hours
    from services.duty.types import VisitKind
    from tenants.identity.models import Person

    team, served = scope("county"), [place for number, place in enumerate(places) if number % 24 != 11]
    hands: list[tuple[Any, list[Any]]] = []
    with inside(team, read_only=False):
        firms = [register_firm(scope=team, name=f"浙江{name}律师事务所", now=moment).id for name in FIRMS]
        for number in range(advisers):
            adviser = register_adviser(
                scope=team, firm_id=firms[number % len(firms)], name=FAMILY[number % 8] + GIVEN[number % 7],
                id_number=f"33010619800101{number:04d}"[:18], phone=f"139{number:08d}", exam_passed_on=date(2025, 12, 1),
                specialties=(SKILLS[number % len(SKILLS)], SKILLS[(number + 2) % len(SKILLS)]), now=moment,
            )  # fmt: skip
            own = served[number * len(served) // advisers : (number + 1) * len(served) // advisers][:MOST]
            for place in own:
                appoint_adviser(scope=team, adviser_id=adviser.id, node_id=place.id, begins_on=date(2026, 1, 1),
                                ends_on=None, now=moment)  # fmt: skip
            name = "adviser" if number == 0 else f"adviser-{number}"
            open_account(scope=team, adviser_id=adviser.id, now=moment, username=name, encoded="!")
            hands.append((name, own))
    Person.objects.filter(username__startswith="adviser").update(must_change_password=False)
    today = legal_day(moment)
    for number, (name, own) in enumerate(hands):  # half a day in each of his communities, and for most another
        him, days = scope(name), (1 + number % 4, 6 + number % 8)[: 1 + bool(number % 7)]
        begins = [datetime.combine(today - timedelta(days=ago), time(8), moment.tzinfo) for ago in days]
        with inside(him, read_only=False):
            for begin in begins:
                for slot, place in enumerate(own):
                    at = begin + timedelta(hours=4 * slot)
                    log_visit(scope=him, visit_id=uuid.uuid4(), node_id=place.id, kind=VisitKind.VISIT, begins_at=at,
                              ends_at=at + timedelta(hours=4), written_at=moment, now=moment)  # fmt: skip
    with inside(team, read_only=False):
        for number, place in enumerate(served):
            if number % 12:
                post_hours(scope=team, node_id=place.id, weekdays=[1 + number % 5], begins_at=time(9 if number % 2 else 14),
                           ends_at=time(11 if number % 2 else 16), room=f"{place.name}法律工作室", now=moment)  # fmt: skip
        for number, place in enumerate(place for place in places if place not in served):
            if number % 3:
                explain_vacancy(scope=team, node_id=place.id, reason=VacancyReason("resigned"), note="", now=moment)


def make(*, streets: int, advisers: int) -> dict[str, Any]:
    """Everything the five pages show; who opens each, and where."""
    serving.application()
    from django.conf import settings
    from django.core.management import call_command

    from falin.kernel import relay
    from falin.kernel.clock import legal_day, now
    from falin.kernel.periods import Month
    from falin.kernel.scope import system_scope
    from falin.kernel.transactions import inside, shared
    from falin.portal.commands import draw_map
    from falin.runtime import prepare
    from falin.ui.geo import load_geo
    from services.indicators.api import publish_month
    from services.indicators.models import Figure
    from tenants.divisions.api import find_by_code, import_divisions, list_communities, list_county_bodies, list_streets
    from tenants.divisions.types import Level, ListedRow
    from tenants.identity.api import Role, create_person, find_person, grant_role, read_signed_in, scope_of, system_of
    from tenants.identity.rules import SECOND_FACTOR
    from tenants.registry.api import Kind, provision_tenant
    from tenants.registry.commands import open_all
    from tenants.settings.models import Setting

    prepare.pages()
    call_command("migrate_cell", spares=2, verbosity=0)
    moment = now()
    geo = load_geo(draw_map(settings.HOME, "33"))
    assert geo
    rows = [ListedRow(Level.PROVINCE, "33", "浙江省", "")]
    rows += [ListedRow(Level.CITY, city["code"][:4], f"{city['name']}市", "33") for city in geo["cities"]]
    rows += [ListedRow(Level.COUNTY, one["code"], one["name"], one["code"][:4]) for one in geo["counties"]]
    rows += [ListedRow(Level.STREET if len(code) == 9 else Level.COMMUNITY, code, name, above)
             for code, name, above in _listed(streets)]  # fmt: skip
    for one in geo["counties"]:  # a place with nothing below it is nobody's body
        if one["code"] != COUNTY:
            rows += [ListedRow(Level.STREET, f"{one['code']}001", "城关镇", one["code"]),
                     ListedRow(Level.COMMUNITY, f"{one['code']}001001", "城中社区", f"{one['code']}001")]  # fmt: skip
    with shared(read_only=False):
        import_divisions(rows=iter(rows), province="33", as_of=date(2023, 6, 30), source="bench", now=moment)
    province, county = find_by_code(Level.PROVINCE, "33"), find_by_code(Level.COUNTY, COUNTY)
    assert province
    assert county
    provision_tenant(node_id=province.id, kind=Kind.PROVINCE, name=province.name, now=moment)
    tenant = provision_tenant(node_id=county.id, kind=Kind.COUNTY, name=county.name, now=moment)
    open_all(now=moment)
    Setting.objects.create(key=SECOND_FACTOR.key, node_id=province.id, value=0, locked=False,
                           valid_from=date(2026, 1, 1), person_id=0, why="bench", recorded_at=moment)  # fmt: skip
    with shared(read_only=False) as system:
        for who, role, node in (("leader", Role.PROVINCE_LEADER, province.id), ("county", Role.COUNTY_TEAM, county.id)):
            person = create_person(scope=system, username=who, name="叶明远", password=None, encoded="!",
                                   must_change_password=False, now=moment)  # fmt: skip
            grant_role(scope=system, person_id=person.id, role=role, node_id=node, reason="bench", now=moment)

    def scope(username: str) -> Any:
        person = find_person(username)
        assert person
        signed_in = read_signed_in(person_id=person.id, on=legal_day(moment))
        assert signed_in
        return scope_of(signed_in, signed_in.hats[0])

    team, places = scope("county"), list_communities(county.id)
    _work(scope, places, advisers, moment)
    month = Month.of(moment)
    with inside(team, read_only=False):
        publish_month(scope=team, month=month, now=moment)
    relay.drain({tenant.schema: system_of(tenant)}, clock=now)
    bodies, quarters = list_county_bodies(province.id), list_streets(county.id)
    sizes = Counter(place.street_id for place in places) | {county.id: len(places)}
    whole = system_scope(schema="public", tenant_id=0, grants=frozenset(), roots=(province.id,))
    with inside(whole, read_only=False):
        Figure.objects.bulk_create(
            Figure(**figure)
            for ago in range(MONTHS + 1)
            for figure in _figures([*bodies, *quarters], sizes, month.plus(-ago), ago, legal_day(moment), moment)
            if ago or figure["county_id"] != county.id  # whose own are counted
        )
    from tenants.identity.models import Person

    people = {who: Person.objects.get(username=who).id for who in ("leader", "county", "adviser")}
    sessions = {who: _sign_in(number) for who, number in people.items()}
    return {
        "sessions": sessions,
        "cookie": settings.SESSION_COOKIE_NAME,
        "shown": {
            "today": ["county", "/"],
            "advisers": ["county", "/advisers/"],
            "vacancies": ["county", "/advisers/vacancies/"],
            "visit-form": ["adviser", "/duty/log/"],
            "coverage-map": ["leader", f"/figures/{province.id}/"],
            "county-figures": ["leader", f"/figures/{county.id}/"],
            "posted-hours": ["county", "/duty/hours/"],
            "notices": ["adviser", "/desk/notices/"],
            "public-home": ["", f"/public/{COUNTY}/"],
            "public-community": ["", f"/public/{COUNTY}/places/{places[1].code}/"],
        },
        "pages": {
            "home": ["county", "/"],
            "advisers": ["county", "/advisers/"],
            "visit-form": ["adviser", "/duty/log/"],
            "coverage-map": ["leader", f"/figures/{province.id}/"],
            "public-find": ["", f"/public/{COUNTY}/places/?q=cui"],
        },
    }


if __name__ == "__main__":
    obey({"make": make})
