"""Falin's child of the bench `lists`: a county with three long lists, and their pages by key and by number."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from time import perf_counter
from typing import Any

import django
from stand.children import obey

FIRM = uuid.UUID(int=7)
MONTH, TODAY = "2026-10", date(2026, 11, 16)
PAGE = 12
PLACES = {
    "33": "浙江省",
    "3301": "杭州市",
    "330106": "西湖区",
    "330106001": "北山街道",
    "330106001001": "宝石社区",
    "330106001002": "栖霞社区",
}
FIRMS = """
insert into advisers_firm (id, province_id, name, pinyin, credit_code, phone, created_at)
select md5('firm' || n)::uuid, %(province)s, '律所' || n, 'lvsuo' || lpad((n * 7919 %% 1000000)::text, 6, '0'), '', '', now()
from generate_series(1, %(rows)s) n
"""
ADVISERS = """
insert into advisers_adviser (id, province_id, firm_id, name, pinyin, licence, id_sealed, id_index, phone_sealed, phone_index,
    phone_tail, specialties, exam_passed_on, banned_until, ban_reason, registered_by, created_at)
select md5('adviser' || n)::uuid, %(province)s, md5('firm' || 1 + n %% %(firms)s)::uuid, '顾问' || n,
    'guwen' || lpad((n * 7919 %% 1000000)::text, 6, '0'), '', '', sha256(('i' || n)::bytea), '', sha256(('p' || n)::bytea),
    '1234', '["婚姻家庭"]', case when n %% 10 > 0 then date '2025-03-01' end,
    case when n %% 50 = 0 then date '2027-03-01' end, '', %(county)s, now()
from generate_series(1, %(rows)s) n
"""
SEATS = """
insert into advisers_seat (id, adviser_id, slot, most, node_id, county_id, appointment_id, begins_on, ends_on)
select md5('seat' || n)::uuid, md5('adviser' || n)::uuid, 1, 5, %(place)s, %(county)s, md5('appointment' || n)::uuid,
    date '2026-01-01', case when n %% 20 = 0 then date '2026-12-01' end
from generate_series(1, %(rows)s, 2) n
"""
APPOINTMENTS = """
insert into advisers_appointment (id, node_id, adviser_id, adviser_name, adviser_pinyin, firm_id, firm_name, begins_on, ends_on,
    ended_why, created_at)
select md5('appointment' || n)::uuid, %(place)s, md5('adviser' || n)::uuid, '顾问' || n, '', md5('firm1')::uuid, '律所',
    date '2026-01-01', case when n %% 20 = 0 then date '2026-12-01' end, '', now()
from generate_series(1, %(rows)s, 2) n
"""
LINES = """
insert into indicators_visitline (month, node_id, province_id, city_id, county_id, street_id, visit_id, adviser_id, firm_id,
    adviser_name, kind, on_day, minutes)
select %(month)s, %(place)s, %(province)s, null, %(county)s, null, md5('visit' || n)::uuid, md5('adviser' || n %% 500)::uuid,
    %(firm)s, '顾问' || n %% 500, case when n %% 9 = 0 then 'lecture' else 'visit' end, date '2026-10-01' + (n %% 31)::int, 90
from generate_series(1, %(rows)s) n
"""
PEOPLE = """
with entered as (
    insert into identity_person (password, username, name, pinyin, email, phone_sealed, phone_index, is_active,
        must_change_password, created_at, session_epoch)
    select '!', 'p' || n, '联络员' || n, 'lian luo yuan', '', '', '', true, false, now(), 0
    from generate_series(1, %(rows)s, 5) n returning id
)
insert into identity_binding (role, node_id, subject_id, valid_from, granted_by, reason, created_at, person_id, tenant_id,
    ended_why, standing, granted_as)
select 'liaison', %(place)s, '', date '2026-01-01', 0, '', now(), id, %(tenant)s, '', 'confirmed', 'county_team' from entered
"""
# One sign, a name in full, initials, what is read so, a firm, a place, a person, and what nobody is called.
WORDS = ("顾", "顾问77777", "gw", "guwen5", "律所123", "宝石", "联络员4321", "没有这个")
_scopes: dict[str, Any] = {}


def make(*, rows: int) -> int:
    """As many advisers, firms and published visits of one firm, in one county."""
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from falin.kernel.clock import now
    from falin.kernel.scope import system_scope
    from falin.kernel.transactions import inside, shared
    from tenants.divisions.api import find_by_code, import_divisions
    from tenants.divisions.types import Level, ListedRow
    from tenants.identity.api import Role
    from tenants.identity.roles import GRANTS
    from tenants.registry.api import Kind, provision_tenant
    from tenants.registry.commands import open_all

    call_command("migrate_cell", spares=2, verbosity=0)
    above, levels = {4: 2, 6: 4, 9: 6, 12: 9}, {2: 1, 4: 2, 6: 3, 9: 4, 12: 5}
    listed = [
        ListedRow(Level(levels[len(code)]), code, name, code[: above.get(len(code), 0)]) for code, name in PLACES.items()
    ]  # fmt: skip
    with shared(read_only=False):
        import_divisions(rows=listed, province="33", as_of=date(2023, 6, 30), source="bench", now=now())
    places = {code: find_by_code(Level(levels[len(code)]), code) for code in PLACES}
    province, county, place = (one.id if (one := places[code]) else 0 for code in ("33", "330106", "330106001001"))
    provision_tenant(node_id=province, kind=Kind.PROVINCE, name="浙江省", now=now())
    body = provision_tenant(node_id=county, kind=Kind.COUNTY, name="西湖区", now=now())
    open_all(now=now())
    team = system_scope(schema=body.schema, tenant_id=body.id, roots=(county,), grants=frozenset({"advisers.read"}))
    _scopes["team"] = team
    _scopes["search"] = replace(team, role=str(Role.COUNTY_TEAM), whole=True, grants=GRANTS[Role.COUNTY_TEAM])
    _scopes["firm"] = replace(team, role=str(Role.FIRM_MANAGER), subject_id=str(FIRM), roots=(), whole=False,
                              grants=frozenset({"figures.read", "firm.read"}))  # fmt: skip
    words = {"rows": rows, "province": province, "county": county, "place": place, "firms": min(rows, 1000),
             "tenant": body.id}  # fmt: skip
    with inside(team, read_only=False), connection.cursor() as cursor:
        for statement in (FIRMS, ADVISERS, SEATS, APPOINTMENTS, LINES, PEOPLE):
            cursor.execute(statement, {**words, "month": MONTH, "firm": FIRM})
    return rows


# ---- ours: by key ------------------------------------------------------------------------------------------------------
def ours(*, name: str, place: str, pages: int) -> list[float]:
    """Milliseconds of each of some pages, one after the other, from the first or from the middle of the list on."""
    from falin.kernel.transactions import inside

    scope, (ask, middle) = _scopes["firm" if name == "visits" else "team"], _asked(name)
    after, taken = middle if place == "deep" else "", []
    for _page in range(pages):
        began = perf_counter()
        with inside(scope, read_only=True):
            found = ask(after)
        taken.append((perf_counter() - began) * 1000)
        after = found.after if place == "deep" else ""
    return taken


def _asked(name: str) -> tuple[Callable[[str], Any], str]:
    """How a page of the list is asked for, and a key in its middle."""
    from falin.kernel.periods import Month
    from services.advisers import queries
    from services.indicators import queries as figures
    from services.indicators.types import Turn

    team, nobody = _scopes["team"], str(uuid.UUID(int=0))

    def advisers(after: str) -> Any:
        queries.count_advisers(scope=team, on=TODAY)
        return queries.list_advisers(scope=team, on=TODAY, after=after)

    def visits(after: str) -> Any:
        return figures.firm_lines(scope=_scopes["firm"], month=Month.parse(MONTH), turn=Turn(after=after))

    if name == "advisers":
        return advisers, _key("guwen500000", nobody)
    if name == "firms":
        return lambda after: queries.list_firms(scope=team, after=after), _key("lvsuo500000", nobody)
    return visits, _key("2026-10-16", "顾问250", "0")


def _key(*parts: str) -> str:
    """A cursor as the lists make them."""
    return urlsafe_b64encode("\n".join(parts).encode()).decode().rstrip("=")


# ---- theirs: by number -------------------------------------------------------------------------------------------------
def theirs(*, name: str, place: str, pages: int) -> list[float]:
    """The same rows by `Paginator`: all are counted, and skipped to the page."""
    from django.core.paginator import Paginator
    from django.db.models import Count, Q, Sum

    from falin.kernel.transactions import inside
    from services.advisers.models import Adviser, Firm
    from services.advisers.queries.register import with_held, within_view
    from services.indicators.models import VisitLine

    scope, taken = _scopes["firm" if name == "visits" else "team"], []
    for number in range(pages):
        began = perf_counter()
        with inside(scope, read_only=True):
            if name == "advisers":
                rows: Any = with_held(within_view(scope), TODAY).select_related("firm").order_by("pinyin", "id")
                Adviser.objects.filter(province_id__gt=0).aggregate(
                    all=Count("id"),
                    untested=Count("id", filter=Q(exam_passed_on=None)),
                    firms=Count("firm", distinct=True),
                )
            elif name == "firms":
                rows = Firm.objects.annotate(n=Count("advisers")).order_by("pinyin", "id")
            else:
                rows = VisitLine.objects.filter(firm_id=FIRM, month=MONTH).order_by("on_day", "adviser_name", "id")
                rows.aggregate(minutes=Sum("minutes"))
            pager = Paginator(rows, 50 if name == "visits" else PAGE)
            list(pager.page(pager.num_pages // 2 + number if place == "deep" else 1))
        taken.append((perf_counter() - began) * 1000)
    return taken


# ---- search ------------------------------------------------------------------------------------------------------------
def search_ours() -> list[float]:
    """Milliseconds of each word through the page's own search, over every kind the county's team may see."""
    from falin.kernel.transactions import inside
    from falin.portal.search import find

    taken = []
    for word in WORDS:
        began = perf_counter()
        with inside(_scopes["search"], read_only=True):
            find(scope=_scopes["search"], text=word, on=TODAY)
        taken.append((perf_counter() - began) * 1000)
    return taken


def search_theirs() -> list[float]:
    """The same words by `icontains` in advisers, firms, people and places, without a word of who may see what."""
    from django.db.models import Q

    from falin.kernel.transactions import inside
    from services.advisers.models import Adviser, Firm
    from tenants.divisions.models import DivisionVersion
    from tenants.identity.models import Person

    taken = []
    for word in WORDS:
        began, called = perf_counter(), Q(name__icontains=word) | Q(pinyin__icontains=word)
        with inside(_scopes["search"], read_only=True):
            for model in (Adviser, Firm, Person):
                list(model.objects.filter(called).order_by("pinyin", "id")[:7])
            list(DivisionVersion.objects.filter(name__icontains=word)[:7])
        taken.append((perf_counter() - began) * 1000)
    return taken


if __name__ == "__main__":
    obey({"make": make, "ours": ours, "theirs": theirs, "search_ours": search_ours, "search_theirs": search_theirs})
