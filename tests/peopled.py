"""
The small world with people at work in it: firms, advisers, appointments, visits, vacancies, published months, sheets,
files and jobs, all made by the commands that users' clicks call.

Every row carries a word no other row has, and every place but the vacant ones has rows of its own, so that an answer
tells by its words whose rows are in it. Built once a run into a template of its own, beside the small world's.
"""

from __future__ import annotations

import io
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from falin.kernel import audit, crypto, jobs, outbox, relay, webhooks
from falin.kernel.clock import SHANGHAI
from falin.kernel.periods import Month
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, system_scope
from falin.kernel.transactions import inside, shared
from falin.portal.commands import PROVINCES
from falin.portal.exports import ask_export
from falin.runtime.demo.making import APP_SECRET
from services.advisers import api as advisers
from services.advisers.api import (
    appoint_adviser,
    end_appointment,
    explain_vacancy,
    register_adviser,
    register_firm,
)
from services.advisers.commands import ban_adviser, show_numbers
from services.advisers.commands.importing import take_sheet
from services.advisers.types import VacancyReason
from services.desk.commands import publish_news, save_view, send_feedback, write_comment, write_news
from services.duty.commands import close_month, log_visit, post_hours, remind, void_visit
from services.duty.types import VisitKind
from services.indicators.api import publish_month
from services.stations.api import close_station, open_station
from services.stations.commands.sheets import take_sheet as take_station_sheet
from services.stations.rules import read_opening
from services.stations.types import Position, StationContent
from tenants.divisions import api
from tenants.divisions.types import Level, ListedRow
from tenants.identity.api import (
    Role,
    create_person,
    find_person,
    grant_role,
    leave_office,
    make_token,
    open_account,
    propose_merge,
    propose_role,
    read_signed_in,
    scope_of,
    suspend_person,
    system_of,
)
from tenants.identity.commands import password_was_changed
from tenants.identity.commands.emergency import allow_emergency, ask_for_emergency
from tenants.identity.models import Binding, Person, Session
from tenants.identity.oidc.commands import link_account
from tenants.identity.oidc.models import Link
from tenants.identity.queries import own_bindings
from tenants.identity.queries.account import PHONE, phone_index
from tenants.identity.signing.codes import ask_to_prove
from tenants.identity.signing.factors import give_app
from tenants.identity.types import Purpose
from tenants.registry.api import Act, Kind, find_by_schema, list_tenants, provision_tenant
from tenants.registry.commands import add_address, ask_deed, open_all, suspend_tenant
from tenants.registry.models import Archive, Tenant
from tests.fixtures.adviser_sheets import identity, person, phone, write
from tests.fixtures.outlines import bring_squares
from tests.world import NOW, PLACES, TODAY, World, encoded

SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)
MONTHS = (SEPTEMBER, OCTOBER, NOVEMBER)
SINCE = date(2026, 1, 1)
ERRAND = "tests.errand"  # a kind of job for tests: it does nothing, and is somebody's

# More people, so that each county has a team and each role somebody. username → (name, role, code)
PEOPLE = {
    "county4": ("纪南星", Role.COUNTY_TEAM, "330205"),
    "county5": ("许同观", Role.COUNTY_TEAM, "330106"),  # the second one of a team
    "street3": ("苏木兰", Role.STREET_OFFICER, "330203001"),
    "liaison2": ("齐芳菲", Role.LIAISON, "330106109201"),
    "auditor2": ("乔知白", Role.AUDITOR, "3301"),
    "city3": ("任舒和", Role.CITY_OFFICER, "3301"),
    "finance": ("卜书年", Role.COUNTY_FINANCE, "330106"),
    "inspector": ("侯听松", Role.INSPECTOR, "330106"),
    "evaluator": ("游知微", Role.EVALUATOR, "33"),
    "steward": ("阎归帆", Role.DATA_STEWARD, "330106"),
    "sysadmin": ("梅承安", Role.SYSTEM_ADMINISTRATOR, "33"),
    "security": ("席怀真", Role.SECURITY_ADMINISTRATOR, "33"),
    "auditadmin": ("路清源", Role.AUDIT_ADMINISTRATOR, "33"),
}
# Proposed by the city's second officer for these counties, so that the first one can confirm; and shut out.
PROPOSED = {"proposed": ("洪待定", "330106"), "proposed2": ("穆待定", "330102")}
SUSPENDED = {"shut": ("左停云", "330106002001"), "shut2": ("岳停云", "330106002002")}
# Who left; the county team may still erase what they could be reached by.
LEFT = {"left": ("连远行", "330106002001"), "left2": ("鲁远行", "330106002002")}
# Private telephones of accounts, by the number ``phone`` makes; and one that waits for its code.
TELEPHONES = {"left": 51, "left2": 52, "county": 53, "liaison": 54, "shut": 55, "wenruoxi": 56}
PROVING = {"county3": 57}
# Entered twice: the first pair is to be looked at, the second was proposed by the city's second officer.
TWINS = {"twin1": ("卜同甲", "330106002001"), "twin2": ("卜同甲", "330106002002"),
         "twin3": ("卜同乙", "330106109001"), "twin4": ("卜同乙", "330106109201")}  # fmt: skip
# Whose telephones with their authenticator apps are lost.
LOST = ("twin1", "twin2")
# Programs of streets, by the team that opened each, and who answers for it.
PROGRAMS = {"svc": ("取数程序甲（服务账号）", "county", "street", "330106109"),
            "svc3": ("取数程序乙（服务账号）", "county3", "street3", "330203001")}  # fmt: skip
FIRMS = {
    "330106": "浙江鹤鸣律师事务所",
    "330102": "浙江听涛律师事务所",
    "330203": "浙江望潮律师事务所",
    "330205": "浙江揽月律师事务所",
}
TEAMS = {"330106": "county", "330102": "county2", "330203": "county3", "330205": "county4"}


@dataclass(frozen=True, slots=True)
class Engaged:
    """An adviser: who he is, which county entered him, where he serves."""

    username: str
    name: str
    county: str
    places: tuple[str, ...]


ADVISERS = (
    # serves two streets of one county and a community of the next, so that he has two hats
    Engaged("wenruoxi", "温若溪", "330106", ("330106109200", "330106002001", "330102001001")),
    Engaged("songhuaijin", "宋怀瑾", "330106", ("330106109200",)),  # a second one in the same village
    Engaged("liuwendi", "柳闻笛", "330106", ("330106109001",)),
    Engaged("hanshiyi", "韩拾遗", "330106", ("330106002001",)),
    Engaged("tangyuechu", "唐月初", "330106", ()),  # on the register, free to be appointed
    Engaged("zouwanzhou", "邹晚舟", "330106", ()),  # likewise, and barred
    Engaged("penglinfeng", "彭临风", "330102", ("330102001001", "330102001002")),
    Engaged("dongshuwan", "董书晚", "330102", ("330102002001",)),
    Engaged("wantingxue", "万听雪", "330102", ()),  # likewise, entered by another county
    Engaged("jiangfuguang", "蒋浮光", "330203", ("330203001001",)),
    Engaged("caizhuyin", "蔡竹音", "330205", ("330205001001",)),
)
MANAGERS = {"manager": ("顾听澜", "330106"), "manager2": ("尤清商", "330203")}
# Whoever served here went; nobody has come yet.
VACANT = {
    "330106109201": "liuwendi", "330106002002": "hanshiyi", "330102001003": "penglinfeng", "330102002002": "dongshuwan",
    "330203001002": "jiangfuguang",
}  # fmt: skip
# Where it is posted when the adviser can be met.
POSTED = ("330106109200", "330106002001", "330102001001", "330203001001")
NOT_REMINDED = ("liuwendi", "hanshiyi")  # so that somebody still can be
# In the province's own schema: acts booked at these places, so that histories of upper levels differ.
BOOKED_ABOVE = ("33", "3301", "3302", "330106", "330203")


def build() -> None:
    """Put people to work in an empty small world. Time stands at ``NOW`` for the caller."""
    jobs.register(ERRAND, lambda run: {})
    sender, words = list(jobs._sender), _Words()
    jobs.send_with(lambda *_job: None)
    try:
        world = World()
        crypto.keys_of("public")  # made at first use, and reading doors are watched for writes
        _officials(world)
        _emergencies(world)
        _grants(world, words)
        _register(world)
        _receivers(world, words)
        _appoint(world, words)
        _telephones(world)
        _log(world, words)
        _county_months(world)
        _stations(world, words)
        _sheets(world, words)
        _sheets_of_stations(world, words)
        _errands(world, words)
        _tokens(world, words)
        _accounts()
        _above(world, words)
        _talks(world)
        _updates(world)
        _areas(world)
        _outlines(world)
        scopes = {scope.schema: scope for scope in map(system_of, [None, *list_tenants()])}
        relay.drain(scopes, clock=lambda: NOW)
        _set_aside(world, words)
        relay.measure(scopes, clock=lambda: NOW)
        _bodies(world)
    finally:
        jobs._sender[:] = sender


# Updates of provinces that are not in the world, one in each state: code of the province → how far it is.
UPDATED = {"34": "deciding", "35": "decided", "36": "submitted", "37": "applied"}


def _areas(world: World) -> None:
    county = world.scope("county")
    with inside(county, read_only=False):
        area = api.open_area(scope=county, node_id=world.node("330106"), name="滨水园区", now=NOW)
        api.add_members(scope=county, area_id=area, codes=["330106109"], valid_from=date(2026, 1, 1), source="园区批复",
                        now=NOW)  # fmt: skip


def _outlines(world: World) -> None:
    """Of one street and of communities, so that there is a map to point at."""
    bring_squares(world, "330106002", "330106109001", "330106109200", "330106002001")


def _updates(world: World) -> None:
    maker, second = world.scope("sysadmin"), world.scope("security")

    def done(scope: Scope, command: Callable[..., object], **given: object) -> None:
        with inside(scope, read_only=False):
            command(scope=scope, now=NOW, **given)

    for code, state in UPDATED.items():
        with inside(maker, read_only=False):
            row = ListedRow(Level.PROVINCE, code, PROVINCES[code], "")
            update = api.prepare_update(scope=maker, rows=[row], province=code, day=date(2026, 12, 1), source="新名录",
                                        now=NOW)  # fmt: skip
        if state == "deciding":
            continue
        # What was decided against changes nothing, so that the world stays as small as it is.
        done(maker, api.decide_group, update_id=update, group="added.only_here", decision=api.Decision.REFUSED)
        if state != "decided":
            done(maker, api.submit_update, update_id=update)
        if state == "applied":
            done(second, api.confirm_update, update_id=update)
            done(second, api.apply_update, update_id=update)


def _bodies(world: World) -> None:
    """Bodies that nobody works in: one suspended, one closed; and a wish that waits for a second operator."""
    empty = provision_tenant(node_id=world.node("3302"), kind=Kind.COUNTY, name="宁波市", now=NOW)
    open_all(now=NOW)
    operator = world.scope("operator")
    with inside(operator, read_only=False):
        suspend_tenant(scope=operator, tenant_id=empty.id, why="机构还没有成立", now=NOW)
    system = system_scope(schema="public", tenant_id=0, grants=operator.grants)
    with inside(system, read_only=False):
        ask_deed(scope=system, tenant_id=empty.id, act=Act.CLOSE, why="机构不成立了", now=NOW)
        add_address(scope=system, tenant_id=empty.id, address="ningbo", now=NOW)
    # One that was closed, and exported since: nothing stands in the way of asking for its removal.
    over = provision_tenant(node_id=world.node("3301"), kind=Kind.COUNTY, name="杭州市", now=NOW)
    Tenant.objects.filter(id=over.id).update(state="closed", state_at=NOW)
    Archive.objects.create(tenant_id=over.id, schema=over.schema, name=over.name, at=NOW, person_id=0, recipient="",
                           path="none", size=0, sha256="", rows=0)  # fmt: skip


class _Words:
    """Words of which there is one each, of one length, so that none is part of another."""

    def __init__(self) -> None:
        self._number = count(1)

    def __call__(self, kind: str) -> str:
        return f"{kind}{next(self._number):05d}号"


def scope_in(world: World, username: str, county: str) -> Scope:
    """An adviser's scope in one of his counties."""
    someone = find_person(username)
    assert someone is not None
    signed_in = read_signed_in(person_id=someone.id, on=TODAY)
    assert signed_in is not None
    schema = world.schema(county)
    return scope_of(signed_in, next(hat for hat in signed_in.hats if hat.schema == schema))


def _officials(world: World) -> None:
    with shared(read_only=False) as system:
        for username, (name, role, code) in PEOPLE.items():
            someone = create_person(scope=system, username=username, name=name, password=None, encoded=encoded(),
                                    must_change_password=False, now=NOW)  # fmt: skip
            grant_role(scope=system, person_id=someone.id, role=role, node_id=world.node(code), reason="测试", now=NOW)
        # Nobody can give a resident a role (docs/reference/roles.md); who held one all the same would get nothing by it.
        resident = create_person(scope=system, username="resident", name="丁安居", password=None, encoded=encoded(),
                                 must_change_password=False, now=NOW)  # fmt: skip
        Binding.objects.create(
            person_id=resident.id, role=Role.RESIDENT, node_id=world.node("330106109200"), granted_by=0, reason="测试",
            tenant_id=int(world.schema("330106").lstrip("t")), valid_from=SINCE, created_at=NOW,
        )  # fmt: skip


def _emergencies(world: World) -> None:
    """The operator waits for one county's yes and was let in by another; and somebody's second browser."""
    operator = world.scope("operator")
    for code, team in (("330106", ""), ("330102", "county2")):
        with inside(operator, read_only=False):
            made = ask_for_emergency(scope=operator, tenant_id=int(world.schema(code).lstrip("t")), incident="E-1",
                                     reason="结账页面报错，要看记录", minutes=30, now=NOW)  # fmt: skip
        if team:
            with inside(world.scope(team), read_only=False):
                allow_emergency(scope=world.scope(team), emergency_id=made.id, now=NOW)
    Session.objects.create(session_key="0" * 32, session_data="", expire_date=NOW + timedelta(days=3650), began_at=NOW,
                           seen_at=NOW, person_id=world.scope("county").person_id)  # fmt: skip


def _grants(world: World, words: _Words) -> None:
    """Roles that wait for a second person, people who are shut out, and roles of counties that are due for review."""
    officer = world.scope("city3")
    with inside(officer, read_only=False):
        for username, (name, code) in PROPOSED.items():
            someone = create_person(
                scope=officer, username=username, name=name, password=None, encoded=encoded(), now=NOW
            )
            propose_role(scope=officer, person_id=someone.id, role=Role.COUNTY_FINANCE, node_id=world.node(code),
                         begins_on=TODAY, ends_on=date(2026, 12, 31), reason=words("提议"), now=NOW)  # fmt: skip
    team = world.scope("county")
    with inside(team, read_only=False):
        for username, (name, code) in TWINS.items():
            someone = create_person(scope=team, username=username, name=name, password=None, encoded=encoded(), now=NOW)
            propose_role(scope=team, person_id=someone.id, role=Role.LIAISON, node_id=world.node(code),
                         begins_on=TODAY, ends_on=date(2026, 12, 31), reason="测试", now=NOW)  # fmt: skip
            if username in LOST:
                give_app(person_id=someone.id, secret=APP_SECRET)
        for username, (name, code) in SUSPENDED.items():
            someone = create_person(scope=team, username=username, name=name, password=None, encoded=encoded(), now=NOW)
            propose_role(scope=team, person_id=someone.id, role=Role.LIAISON, node_id=world.node(code),
                         begins_on=TODAY, ends_on=date(2026, 12, 31), reason="测试", now=NOW)  # fmt: skip
            suspend_person(scope=team, person_id=someone.id, why="测试", now=NOW)
        for username, (name, code) in LEFT.items():
            someone = create_person(scope=team, username=username, name=name, password=None, encoded=encoded(), now=NOW)
            propose_role(scope=team, person_id=someone.id, role=Role.LIAISON, node_id=world.node(code),
                         begins_on=TODAY, ends_on=date(2026, 12, 31), reason="测试", now=NOW)  # fmt: skip
            leave_office(scope=team, person_id=someone.id, why="测试", now=NOW)
    with inside(officer, read_only=False):
        kept, gone = find_person("twin3"), find_person("twin4")
        assert kept is not None
        assert gone is not None
        propose_merge(scope=officer, kept_id=kept.id, gone_id=gone.id, reason="已核实", now=NOW)
    Binding.objects.filter(granted_by=0, role__in=["county_team", "street_officer", "liaison"]).update(
        created_at=NOW - timedelta(days=120)
    )
    Binding.objects.filter(role="audit_administrator").update(
        valid_to=TODAY + timedelta(days=20)
    )  # his office falls vacant


def _register(world: World) -> None:
    firms: dict[str, uuid.UUID] = {}
    for county, name in FIRMS.items():
        scope = world.scope(TEAMS[county])
        with inside(scope, read_only=False):
            firms[county] = register_firm(scope=scope, name=name, now=NOW).id
    for number, adviser in enumerate(ADVISERS, start=1):
        scope = world.scope(TEAMS[adviser.county])
        with inside(scope, read_only=False):
            register_adviser(scope=scope, firm_id=firms[adviser.county], name=adviser.name, id_number=identity(number),
                             phone=phone(number), exam_passed_on=date(2025, 12, 1), now=NOW)  # fmt: skip
    scope = world.scope(TEAMS["330106"])
    with inside(scope, read_only=False):
        ban_adviser(
            scope=scope, adviser_id=adviser_id("zouwanzhou"), until=date(2027, 6, 30), reason="收受当事人财物", now=NOW
        )
    with shared(read_only=False) as system:
        for username, (name, county) in MANAGERS.items():
            someone = create_person(scope=system, username=username, name=name, password=None, encoded=encoded(),
                                    must_change_password=False, now=NOW)  # fmt: skip
            grant_role(scope=system, person_id=someone.id, role=Role.FIRM_MANAGER, node_id=world.node("33"),
                       subject_id=str(firms[county]), reason="测试", now=NOW)  # fmt: skip


def adviser_id(username: str) -> uuid.UUID:
    from services.advisers.models import Adviser

    name = next(adviser.name for adviser in ADVISERS if adviser.username == username)
    found: uuid.UUID = Adviser.objects.values_list("id", flat=True).get(name=name)
    return found


def _appoint(world: World, words: _Words) -> None:
    for adviser in ADVISERS:
        for place in adviser.places:
            scope = world.scope(TEAMS[place[:6]])
            with inside(scope, read_only=False):
                appoint_adviser(scope=scope, adviser_id=adviser_id(adviser.username), node_id=world.node(place),
                                begins_on=SINCE, ends_on=None, now=NOW)  # fmt: skip
    for place, username in VACANT.items():
        scope = world.scope(TEAMS[place[:6]])
        with inside(scope, read_only=False):
            made = appoint_adviser(scope=scope, adviser_id=adviser_id(username), node_id=world.node(place),
                                   begins_on=SINCE, ends_on=None, now=NOW)  # fmt: skip
            end_appointment(scope=scope, appointment_id=made.id, on_day=date(2026, 8, 31), why=words("结束"), now=NOW)
            explain_vacancy(scope=scope, node_id=world.node(place), reason=VacancyReason.RESIGNED, note=words("空缺"),
                            now=NOW)  # fmt: skip
    for adviser in ADVISERS:
        if adviser.places:
            scope = world.scope(TEAMS[adviser.county])
            with inside(scope, read_only=False):
                made_account = advisers.open_account(scope=scope, adviser_id=adviser_id(adviser.username), now=NOW,
                                            username=adviser.username, encoded=encoded())  # fmt: skip
                show_numbers(scope=scope, adviser_id=adviser_id(adviser.username), reason=words("看号"), now=NOW)
            password_was_changed(person_id=made_account.person_id)


def _telephones(world: World) -> None:
    """As ``take_over_address`` leaves them when a code was right; and one whose code is on its way."""
    for username, number in TELEPHONES.items():
        someone = Person.objects.get(username=username)
        someone.phone_sealed = crypto.encrypt(phone(number), PHONE.place(PUBLIC_SCHEMA, someone.pk))
        someone.phone_index = phone_index(phone(number))
        someone.save()
    for username, number in PROVING.items():
        with shared(read_only=False) as system:
            ask_to_prove(scope=system, person_id=world.scope(username).person_id, purpose=Purpose.PHONE,
                         address=phone(number), now=NOW)  # fmt: skip


def picture(word: str) -> SimpleUploadedFile:
    """A photograph with a word in its bytes."""
    facts = PngInfo()
    facts.add_text("Comment", word.encode("unicode_escape").decode())
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=facts)
    return SimpleUploadedFile(f"{word}.png", out.getvalue(), "image/png")


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI)


def _log(world: World, words: _Words) -> None:
    for adviser in ADVISERS:
        for number, place in enumerate(adviser.places):
            scope = scope_in(world, adviser.username, place[:6])
            shared_facts = {"scope": scope, "node_id": world.node(place), "written_at": NOW, "now": NOW}
            for month in MONTHS:
                begin = _at(month.first_day + timedelta(days=3), 8 + 4 * number)
                with inside(scope, read_only=False):
                    log_visit(visit_id=uuid.uuid4(), kind=VisitKind.VISIT, begins_at=begin, note=words("记事"),
                              ends_at=begin + timedelta(minutes=60 + 7 * number), photo=picture(words("照片")),
                              **shared_facts)  # fmt: skip
            for month in (OCTOBER, NOVEMBER):
                begin = _at(month.first_day + timedelta(days=8), 8 + 4 * number)
                with inside(scope, read_only=False):
                    log_visit(visit_id=uuid.uuid4(), kind=VisitKind.LECTURE, begins_at=begin, topic=words("讲题"),
                              ends_at=begin + timedelta(hours=2), attendees=20, **shared_facts)  # fmt: skip
            begin = _at(NOVEMBER.first_day + timedelta(days=10), 8 + 4 * number)
            with inside(scope, read_only=False):
                gone = log_visit(visit_id=uuid.uuid4(), kind=VisitKind.VISIT, begins_at=begin, note=words("记事"),
                                 ends_at=begin + timedelta(hours=1), **shared_facts)  # fmt: skip
                void_visit(scope=scope, visit_id=gone.id, why=words("作废"), now=NOW)


def _county_months(world: World) -> None:
    for adviser in ADVISERS:
        for place in adviser.places if adviser.username not in NOT_REMINDED else ():
            scope = world.scope(TEAMS[place[:6]])
            with inside(scope, read_only=False):
                remind(scope=scope, node_id=world.node(place), adviser_id=adviser_id(adviser.username), month=NOVEMBER,
                       now=NOW)  # fmt: skip
    for team in TEAMS.values():
        scope = world.scope(team)
        for number in (1, 2):
            with inside(scope, read_only=False):
                save_view(scope=scope, page="advisers", title=f"视图{number}", query="sort=name", shared=False, now=NOW)
                send_feedback(scope=scope, page="/advisers/", text=f"列表太长{team}{number}", now=NOW)
                write_news(scope=scope, title=f"法律讲座{number}", text="周六上午\n\n在社区一楼", begins_on=NOW.date(),
                           ends_on=None, now=NOW)  # fmt: skip
        with inside(scope, read_only=False):
            publish_news(scope=scope, number=1, now=NOW)
    for place in POSTED:
        scope = world.scope(TEAMS[place[:6]])
        with inside(scope, read_only=False):
            post_hours(scope=scope, node_id=world.node(place), weekdays=[2, 4], begins_at=time(9), ends_at=time(11),
                       room="社区法律工作室一楼", now=NOW)  # fmt: skip
    for team in TEAMS.values():
        scope = world.scope(team)
        with inside(scope, read_only=False):
            close_month(scope=scope, month=SEPTEMBER, now=NOW)
        for month in MONTHS:
            with inside(scope, read_only=False):
                publish_month(scope=scope, month=month, now=NOW)


def sheet_names(county: str) -> list[str]:
    """Who stands in a county's sheet; the last row is to be mended."""
    second = "甲乙丙丁"[list(TEAMS).index(county)]
    return [f"毕{second}然", f"柏{second}然", f"费{second}然"]


def _stations(world: World, words: _Words) -> None:
    """In each county a centre, a station, and in each community with posted hours a studio; and one that was closed."""
    week = read_opening("周一至周五 9:00-12:00")
    for county, team in TEAMS.items():
        scope = world.scope(team)
        places = [county, *(code for code in PLACES if len(code) == 9 and code[:6] == county), *POSTED]
        for code in [code for code in places if code[:6] == county] + [county]:
            said = StationContent(node_id=world.node(code), name=words("服务站"), address=f"{PLACES[code]}一楼", opening=week,
                                  opened_on=TODAY, position=Position(longitude=120.1, latitude=30.3))  # fmt: skip
            with inside(scope, read_only=False):
                made = open_station(scope=scope, content=said, now=NOW)
        with inside(scope, read_only=False):  # the last one
            close_station(scope=scope, station_id=made.id, on_day=TODAY, why=words("关闭"), now=NOW)


def station_names(county: str) -> list[str]:
    """Which stations stand in a county's sheet of them; the last row is to be mended."""
    number = list(TEAMS).index(county)
    return [f"{'东南西北'[number]}门工作室{'甲乙'[last]}" for last in (0, 1)]


def station_sheet(county: str) -> bytes:
    """A sheet of two stations in a county's communities: one is ready, the other has no hours."""
    place = next(code for code in PLACES if len(code) == 12 and code[:6] == county)
    ready, wrong = station_names(county)
    return (f"名称,设在哪里,地址,开放时间,开放日期\r\n{ready},{place},一楼,周一 9:00-12:00,2026-01-05\r\n"
            f"{wrong},{place},二楼,上午都在,2026-01-05\r\n").encode()  # fmt: skip


def _sheets_of_stations(world: World, words: _Words) -> None:
    """In each county one, put there by its team: one row ready and one to mend."""
    for county, team in TEAMS.items():
        scope = world.scope(team)
        upload = ContentFile(station_sheet(county), name=f"{words('站点表')}.csv")
        with inside(scope, read_only=False):
            take_station_sheet(scope=scope, upload=upload, now=NOW)


def _sheets(world: World, words: _Words) -> None:
    """In each county a checked sheet, two rows ready and one to mend, and one that is being checked."""
    with tempfile.TemporaryDirectory() as folder:
        for number, (county, team) in enumerate(TEAMS.items(), start=1):
            rows = [person(100 * number + step, 姓名=name, 执业机构=FIRMS[county])
                    for step, name in enumerate(sheet_names(county))]  # fmt: skip
            rows[-1]["手机号"] = "12345"
            scope = world.scope(team)
            for checked in (True, False):
                path = write(Path(folder) / f"{words('名册')}.xlsx", rows)
                with path.open("rb") as source, inside(scope, read_only=False):
                    info = take_sheet(scope=scope, upload=File(source, name=path.name), now=NOW)
                assert info.job_id
                if checked:
                    jobs.work(system=system_of(find_by_schema(scope.schema)), job_id=info.job_id)


def _errands(world: World, words: _Words) -> None:
    """A job for everybody who can sign in, in the tenant he works in."""
    for username in everybody():
        for scope in scopes_of(username):
            with inside(scope, read_only=False):
                jobs.ask(scope=scope, kind=ERRAND, title=words("任务"), parameters={}, now=NOW)
    asker = world.scope("county5")
    with inside(asker, read_only=False):
        for name in ("advisers", "people"):
            ask_export(scope=asker, name=name, query="", file_format="csv", purpose=words("用途"), now=NOW)


def _tokens(world: World, words: _Words) -> None:
    """Programs, and a token for everybody, under each of his hats."""
    for username, (name, team, owner, code) in PROGRAMS.items():
        answers, scope = find_person(owner), world.scope(team)
        assert answers is not None
        with inside(scope, read_only=False):
            open_account(scope=scope, username=username, name=name.removesuffix("（服务账号）"), owner_id=answers.id,
                         purpose="每晚取数", role=Role.STREET_OFFICER, node_id=world.node(code), begins_on=TODAY,
                         ends_on=date(2026, 12, 31), reason="测试", review_by=date(2026, 12, 31), now=NOW)  # fmt: skip
    for username in everybody():
        for scope in scopes_of(username):
            with inside(scope, read_only=False):
                for held in own_bindings(scope=scope, on=TODAY)[:1]:
                    make_token(scope=scope, binding_id=held.id, name=words("令牌"), scopes=["jobs.own"], origins=[],
                               expires_on=date(2026, 12, 31), now=NOW)  # fmt: skip


def _accounts() -> None:
    """An account at a second home for everybody."""
    with shared(read_only=False) as system:
        for username in everybody():
            someone = find_person(username)
            assert someone is not None, username
            link_account(scope=system, issuer="https://sso.example", subject=username, person_id=someone.id, now=NOW)
        Link.objects.update(made_by=F("person_id"))  # each his own


def everybody() -> list[str]:
    """The sign-in names of the peopled world."""
    from tests import world as small

    serving = [adviser.username for adviser in ADVISERS if adviser.places]
    return [*small.PEOPLE, "operator", *PEOPLE, *serving, *MANAGERS]


def scopes_of(username: str) -> list[Scope]:
    """One scope for each hat."""
    someone = find_person(username)
    assert someone is not None, username
    signed_in = read_signed_in(person_id=someone.id, on=TODAY)
    assert signed_in is not None
    return [scope_of(signed_in, hat) for hat in signed_in.hats]


def _above(world: World, words: _Words) -> None:
    scope = world.scope("leader")
    for code in BOOKED_ABOVE:
        with inside(scope, read_only=False):
            audit.record(scope=scope, act="tests.place.noted", subject=("division", world.node(code)), why=words("批示"),
                         node_id=world.node(code), now=NOW)  # fmt: skip


def _talks(world: World) -> None:
    """In each county something is said about an adviser, his appointment, one of his visits and his community; and above."""
    from services.advisers.models import Appointment
    from services.duty.models import Visit

    def say(scope: Scope, kind: str, subject: object) -> None:
        with inside(scope, read_only=False):
            write_comment(scope=scope, kind=kind, subject_id=str(subject), text="请核实一下", tell=[], now=NOW)

    for county, team in TEAMS.items():
        adviser = next(one for one in ADVISERS if one.county == county)
        node, scope = world.node(adviser.places[0]), world.scope(team)
        his = {"adviser_id": adviser_id(adviser.username), "node_id": node}
        with inside(scope, read_only=True):
            appointment = Appointment.objects.in_scope(scope).filter(**his).latest("begins_on")
            visit = Visit.objects.in_scope(scope).filter(**his).latest("begins_at")
        for kind, subject in (("adviser", his["adviser_id"]), ("appointment", appointment.id), ("visit", visit.id),
                              ("division", node)):  # fmt: skip
            say(scope, kind, subject)
        say(scope_in(world, adviser.username, county), "visit", visit.id)
    say(world.scope("county2"), "adviser", adviser_id("wenruoxi"))  # whom both counties have
    for username, place in (("street", "330106109200"), ("liaison", "330106109200"), ("leader", "3301"), ("city", "3301"),
                            ("city2", "3302")):  # fmt: skip
        say(world.scope(username), "division", world.node(place))


def _receivers(world: World, words: _Words) -> None:
    """Each county's team, and the province's system administrator, have another system told of what happens."""
    for username in (*TEAMS.values(), "sysadmin"):
        scope = world.scope(username)
        with inside(scope, read_only=False):
            webhooks.register_endpoint(scope=scope, name=words("系统"), address="https://hooks.example.org/in",
                                       events=["duty.visit.logged", "duty.month.closed"], now=NOW)  # fmt: skip


def _set_aside(world: World, words: _Words) -> None:
    """In each county an event nobody could deliver."""
    from falin.kernel.models import OutboxEvent

    for team in TEAMS.values():
        scope = world.scope(team)
        with inside(scope, read_only=False):
            outbox.put(scope=scope, event="tests.place.noted", version=1, key=words("事件"), payload={"word": words("内情")},
                       now=NOW)  # fmt: skip
            OutboxEvent.objects.filter(event="tests.place.noted").update(
                set_aside_at=NOW, attempts=8, error="RuntimeError: " + words("出错")
            )


def sheet_upload(name: str) -> ContentFile[bytes]:
    """A right sheet, to be sent through a door."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "sheet.xlsx", [person(900)])
        return ContentFile(path.read_bytes(), name=name)
