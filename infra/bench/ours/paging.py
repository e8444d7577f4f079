"""Falin's child of the bench `pages`: a province with its map, one county at work, and the people who open its pages."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from stand import serving
from stand.children import obey

from ours.serving import _sign_in

COUNTY, COMMUNITIES = "330106", 18
FAMILY, GIVEN = "赵钱孙李周吴郑王", ("知微", "望舒", "若溪", "听澜", "以宁", "砚秋", "知白")


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
    from services.advisers.api import appoint_adviser, open_account, register_adviser, register_firm
    from services.duty.api import log_visit, post_hours
    from services.duty.types import VisitKind
    from services.indicators.api import publish_month
    from services.indicators.models import Figure
    from tenants.divisions.api import find_by_code, import_divisions, list_communities, list_county_bodies
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
    codes = [f"{COUNTY}{number:03d}" for number in range(1, streets + 1)]
    rows += [ListedRow(Level.STREET, code, f"第{int(code[-3:])}街道", COUNTY) for code in codes]
    rows += [ListedRow(Level.COMMUNITY, f"{code}{number:03d}", f"第{int(code[-3:])}街道{number}社区", code)
             for code in codes for number in range(1, COMMUNITIES + 1)]  # fmt: skip
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
    with inside(team, read_only=False):
        firms = [register_firm(scope=team, name=f"浙江第{number}律师事务所", now=moment).id for number in range(1, 9)]
        for number in range(advisers):
            adviser = register_adviser(
                scope=team, firm_id=firms[number % 8], name=FAMILY[number % 8] + GIVEN[number % 7],
                id_number=f"33010619800101{number:04d}"[:18], phone=f"139{number:08d}", exam_passed_on=date(2025, 12, 1),
                now=moment,
            )  # fmt: skip
            for place in places[number * 2 : number * 2 + 2]:
                appoint_adviser(scope=team, adviser_id=adviser.id, node_id=place.id, begins_on=date(2026, 1, 1),
                                ends_on=None, now=moment)  # fmt: skip
            if number == 0:
                open_account(scope=team, adviser_id=adviser.id, now=moment, username="adviser", encoded="!")
                first = adviser.id
    assert first
    from tenants.identity.models import Person

    Person.objects.filter(username="adviser").update(must_change_password=False)
    own = scope("adviser")
    with inside(own, read_only=False):
        begin = datetime.combine(legal_day(moment) - timedelta(days=1), datetime.min.time(), moment.tzinfo)
        log_visit(scope=own, visit_id=uuid.uuid4(), node_id=places[0].id, kind=VisitKind.VISIT, begins_at=begin,
                  ends_at=begin + timedelta(hours=3), written_at=moment, now=moment)  # fmt: skip
    with inside(team, read_only=False):
        for place in places[:30]:
            post_hours(scope=team, node_id=place.id, weekdays=[2, 4], begins_at=time(9), ends_at=time(11),
                       room=f"{place.name}法律工作室", now=moment)  # fmt: skip
    month = Month.of(moment)
    with inside(team, read_only=False):
        publish_month(scope=team, month=month, now=moment)
    relay.drain({tenant.schema: system_of(tenant)}, clock=now)
    bodies = [body for body in list_county_bodies(province.id) if body.id != county.id]
    whole = system_scope(schema="public", tenant_id=0, grants=frozenset(), roots=(province.id,))
    with inside(whole, read_only=False):
        Figure.objects.bulk_create(
            Figure(month=str(month), node_id=body.id, province_id=province.id, city_id=body.city_id, county_id=body.id,
                   level=body.level, run_id=uuid.uuid4(), as_of=legal_day(moment), communities=250,
                   covered=250 - number % 12, urban=150, urban_covered=148, pairs=250, required_minutes=120_000,
                   minutes=110_000, met=220, visits=600, lectures=80, edition=0, published_at=moment)
            for number, body in enumerate(bodies)
        )  # fmt: skip
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
            "public-community": ["", f"/public/{COUNTY}/places/{places[0].code}/"],
        },
        "pages": {
            "home": ["county", "/"],
            "advisers": ["county", "/advisers/"],
            "visit-form": ["adviser", "/duty/log/"],
            "coverage-map": ["leader", f"/figures/{province.id}/"],
            "public-find": ["", f"/public/{COUNTY}/places/?q=di1"],
        },
    }


if __name__ == "__main__":
    obey({"make": make})
