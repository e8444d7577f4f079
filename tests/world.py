"""
A small world for tests: one province, two cities, four counties, streets, communities, and one person for each role.

Built once into a template database by the same commands that users' clicks call; each test gets a copy of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from django.contrib.auth.hashers import make_password

from falin.kernel import clock
from falin.kernel.scope import Scope
from falin.kernel.transactions import shared
from tenants.divisions.api import import_divisions
from tenants.divisions.models import DivisionVersion
from tenants.divisions.types import Level, ListedRow
from tenants.identity.api import Role, create_person, grant_role, read_signed_in, scope_of
from tenants.identity.rules import SECOND_FACTOR
from tenants.registry.api import Kind, list_tenants, provision_tenant
from tenants.registry.commands import open_all
from tenants.settings.models import Setting

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)  # a Monday, ten in the morning in Shanghai
TODAY = date(2026, 11, 16)
PASSWORD = "green-bamboo-by-the-lake"

# code → name; the level follows from the length. Streets and communities carry true kinds of codes: 001–199 residents'
# committee, 200–399 village committee.
PLACES = {
    "33": "浙江省",
    "3301": "杭州市",
    "330102": "上城区",
    "330102001": "清波街道",
    "330102001001": "清波门社区",
    "330102001002": "定安路社区",
    "330102001003": "劳动路社区",
    "330102002": "湖滨街道",
    "330102002001": "东坡路社区",
    "330102002002": "青年路社区",
    "330106": "西湖区",
    "330106002": "北山街道",
    "330106002001": "宝石社区",
    "330106002002": "栖霞社区",
    "330106109": "双浦镇",
    "330106109001": "袁浦社区",
    "330106109200": "湖埠村",
    "330106109201": "灵山村",
    "3302": "宁波市",
    "330203": "海曙区",
    "330203001": "南门街道",
    "330203001001": "车轿街社区",
    "330203001002": "迎凤社区",
    "330205": "江北区",
    "330205001": "中马街道",
    "330205001001": "槐树社区",
}
LENGTHS = {2: Level.PROVINCE, 4: Level.CITY, 6: Level.COUNTY, 9: Level.STREET, 12: Level.COMMUNITY}
PARENT_LENGTH = {4: 2, 6: 4, 9: 6, 12: 9}

# username → (name, role, code of the place)
PEOPLE = {
    "leader": ("沈知行", Role.PROVINCE_LEADER, "33"),
    "city": ("陆远舟", Role.CITY_OFFICER, "3301"),
    "city2": ("邵明川", Role.CITY_OFFICER, "3302"),
    "county": ("叶明远", Role.COUNTY_TEAM, "330106"),
    "county2": ("范青禾", Role.COUNTY_TEAM, "330102"),
    "county3": ("孟秋白", Role.COUNTY_TEAM, "330203"),
    "street": ("何淑兰", Role.STREET_OFFICER, "330106109"),
    "street2": ("方一诺", Role.STREET_OFFICER, "330106002"),
    "liaison": ("王桂英", Role.LIAISON, "330106109200"),
    "auditor": ("秦守正", Role.AUDITOR, "33"),
    "auditor3": ("吕明镜", Role.AUDITOR, "330106"),
}


def today() -> date:
    """The legal day by the running clock, for tests that go through it; asked each time, for a run may cross midnight."""
    return clock.legal_day(clock.now())


def rows() -> Iterator[ListedRow]:
    for code, name in PLACES.items():
        yield ListedRow(LENGTHS[len(code)], code, name, code[: PARENT_LENGTH[len(code)]] if len(code) > 2 else "")


@lru_cache(maxsize=1)
def encoded() -> str:
    return make_password(PASSWORD)


def build() -> None:
    """Fill an empty, migrated database."""
    with shared(read_only=False) as system:
        import_divisions(rows=rows(), province="33", as_of=date(2023, 6, 30), source="tests", now=NOW)
    provision_tenant(node_id=node("33"), kind=Kind.PROVINCE, name="浙江省", now=NOW)
    for code, name in PLACES.items():
        if len(code) == 6:
            provision_tenant(node_id=node(code), kind=Kind.COUNTY, name=name, now=NOW)
    open_all(now=NOW)
    with shared(read_only=False) as system:
        for username, (name, role, code) in PEOPLE.items():
            person = create_person(scope=system, username=username, name=name, password=None, encoded=encoded(),
                                   must_change_password=False, now=NOW)  # fmt: skip
            grant_role(scope=system, person_id=person.id, role=role, node_id=node(code), reason="测试", now=NOW)
        operator = create_person(scope=system, username="operator", name="邓运维", password=None, encoded=encoded(),
                                 must_change_password=False, now=NOW)  # fmt: skip
        grant_role(scope=system, person_id=operator.id, role=Role.OPERATOR, node_id=node("33"), reason="测试", now=NOW)
    # Nobody of the small world is led to set up a second factor, but where a test says so.
    Setting.objects.create(key=SECOND_FACTOR.key, node_id=node("33"), value=0, locked=False, valid_from=date(2026, 1, 1),
                           person_id=0, why="测试", recorded_at=NOW)  # fmt: skip


def node(code: str) -> int:
    """The node of a code of ``PLACES``."""
    return int(DivisionVersion.objects.values_list("node_id", flat=True).get(
        level=LENGTHS[len(code)], code=code.ljust(12, "0"), valid_to__isnull=True
    ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """What a test asks for: places by code, scopes by sign-in name, schemas by code."""

    now: datetime = NOW
    today: date = TODAY

    def node(self, code: str) -> int:
        return node(code)

    def scope(self, username: str, role: str = "") -> Scope:
        """The scope of a person of the world, under his first hat or the one of ``role``."""
        from tenants.identity.models import Person

        person = Person.objects.get(username=username)
        signed_in = read_signed_in(person_id=person.id, on=TODAY)
        assert signed_in is not None
        hat = next(hat for hat in signed_in.hats if not role or hat.role == role)
        return scope_of(signed_in, hat)

    def schema(self, code: str) -> str:
        wanted = node(code)
        return next(tenant.schema for tenant in list_tenants() if tenant.node_id == wanted)
