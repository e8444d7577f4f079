"""How far a body is on its way from provisioned to open, step by step; and which cities have an office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from falin.portal.shell import ROLE_LABELS
from tenants.divisions import api as divisions
from tenants.divisions.api import Level, count_by_level, list_county_bodies, list_divisions, list_provinces
from tenants.identity.queries.offices import count_officers, count_roles
from tenants.identity.roles import ADMINISTRATORS
from tenants.identity.types import Role
from tenants.registry import commands, queries
from tenants.registry.api import Kind, Overview


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to be done before a body opens; ``needed`` ones are not left out."""

    words: str
    told: str
    done: bool
    needed: bool = True
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityOffice:
    """A city's office: its officers, in the province's schema. A city that is a county body has a schema of its own."""

    name: str
    officers: int


def checklist(*, scope: Scope, tenant_id: int, on: date) -> tuple[Overview, list[Step]]:
    """
    What stands and what is still to be done, in the order in which one does it.

    :raises Missing: there is no such body.
    """
    (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
    tenant = row.tenant
    counts = count_by_level(tenant.node_id)
    roles = count_roles(tenant_id=tenant_id, on=on)
    addresses = queries.list_addresses(scope=scope, tenant_id=tenant_id)
    people = _administrators(roles) if tenant.kind == Kind.PROVINCE else _team(roles)
    return row, [
        Step(words=_("库空间"), done=not row.behind and not row.trouble, told=_schema(row)),
        Step(words=_("区划"), done=counts[Level.COMMUNITY] > 0,
             told=_("%(streets)s 个乡镇（街道），%(communities)s 个村（社区）") % {
                 "streets": f"{counts[Level.STREET]:,}", "communities": f"{counts[Level.COMMUNITY]:,}"}),
        people,
        Step(words=_("地图边界"), needed=False, done=divisions.find_boundary(tenant.node_id) is not None,
             told=_("由县里从“区划”页面导入；没有也能用")),
        Step(words=_("网址"), needed=False, done=bool(addresses), url=reverse("portal:tenant-room", args=[tenant_id]),
             told="、".join(one.entered for one in addresses) or _("从大家共用的网址进来")),
        Step(words=_("第一次导出"), needed=False, done=row.archived_at is not None,
             url=reverse("portal:tenant-archive", args=[tenant_id]), told=_("先试一次，确认档案的接收人打得开")),
    ]  # fmt: skip


def open_tenant(*, scope: Scope, tenant_id: int, now: datetime) -> None:
    """
    The body begins.

    :raises Refused: a needed step of its checklist is still to be done, or it is not being prepared.
    """
    _row, steps = checklist(scope=scope, tenant_id=tenant_id, on=legal_day(now))
    undone = [step.words for step in steps if step.needed and not step.done]
    commands.open_tenant(scope=scope, tenant_id=tenant_id, undone=undone, now=now)


def _schema(row: Overview) -> str:
    if row.trouble:
        return row.trouble
    return _("差 %(n)s 步升级") % {"n": row.behind} if row.behind else _("库结构是最新的")


def _administrators(roles: dict[Role, int]) -> Step:
    missing = [str(ROLE_LABELS[role]) for role in sorted(ADMINISTRATORS) if not roles.get(role)]
    told = _("还缺：%(roles)s") % {"roles": "、".join(missing)} if missing else _("三名管理员都有了")
    return Step(words=_("管理员"), done=not missing, told=told, url=reverse("portal:setup-people"))


def _team(roles: dict[Role, int]) -> Step:
    team = roles.get(Role.COUNTY_TEAM, 0)
    told = _("工作专班 %(n)s 人") % {"n": team} if team else _("由系统管理员或市里授予，安全管理员确认")
    return Step(words=_("工作专班"), done=bool(team), told=told)


def city_offices(*, on: date) -> list[CityOffice]:
    """The cities that work in the province's schema, each with its officers."""
    cities = [
        city for province in list_provinces() for city in divisions.list_children(province.id)
        if city.level == Level.CITY and not city.is_county_body and city.status == divisions.Status.IN_USE
    ]  # fmt: skip
    officers = count_officers([city.id for city in cities], role=Role.CITY_OFFICER, on=on)
    return [CityOffice(name=city.name, officers=officers.get(city.id, 0)) for city in cities]


def bodies_to_open(standing: set[int]) -> list[tuple[int, str]]:
    """County-grade bodies without a schema yet, each with the city it lies in and what kind it is."""
    bodies = [
        body for province in list_provinces() for body in list_county_bodies(province.id) if body.id not in standing
    ]
    cities = {city.id: city.name for city in list_divisions({body.city_id for body in bodies if body.city_id})}
    return [(body.id, _named(body, cities.get(body.city_id or 0, ""))) for body in bodies]


def _named(body: divisions.Division, city: str) -> str:
    if body.level == Level.CITY:
        return _("%(name)s（不设区县的市）") % {"name": body.name}
    name = f"{city} {body.name}" if city else body.name
    return _("%(name)s（开发区）") % {"name": name} if body.kind == divisions.Kind.STATISTICAL else name
