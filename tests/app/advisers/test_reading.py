"""What each scope sees of advisers, appointments and vacancies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel.periods import Month
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from services.advisers import policies, queries
from services.advisers.commands import end_appointment, explain_vacancy, open_account
from services.advisers.models import Adviser, Firm
from services.advisers.queries import register
from services.advisers.types import AdviserFilters, AdviserState, Obstacle, SquareState, VacancyReason, View
from tenants.identity.api import Role, create_person, grant_role
from tenants.identity.roles import EMERGENCY, ROLES, Capability
from tests.app.advisers.office import UNKNOWN, Office
from tests.world import NOW, TODAY, World, encoded

HUBU, LINGSHAN, YUANPU, BAOSHI, QIXIA = (
    "330106109200", "330106109201", "330106109001", "330106002001", "330106002002",
)  # fmt: skip
QINGBO = "330102001001"


def ask(scope: Scope, query: Any, **arguments: Any) -> Any:
    with inside(scope, read_only=True):
        return query(scope=scope, **arguments)


def names(page: Any) -> list[str]:
    return [row.adviser.name for row in page.rows]


# ---- the list ------------------------------------------------------------------------------------------------------
def test_a_county_sees_whom_it_registered_and_who_serves_there(world: World, office: Office) -> None:
    office.adviser("甲一")
    guest = office.adviser("乙二", by="county2")
    office.adviser("丙三", by="county2")
    office.appoint(guest, HUBU)
    page = ask(world.scope("county"), queries.list_advisers, on=TODAY)
    assert sorted(names(page)) == ["乙二", "甲一"]
    assert page.total == 2


def test_a_neighbour_county_sees_nothing(world: World, office: Office) -> None:
    adviser = office.adviser()
    made = office.appoint(adviser, HUBU)
    scope = world.scope("county2")
    assert ask(scope, queries.list_advisers, on=TODAY).total == 0
    assert ask(scope, queries.count_advisers, on=TODAY).all == 0
    assert ask(scope, queries.list_appointments, on=TODAY) == []
    assert ask(scope, queries.find_appointment_on, adviser_id=adviser.id, node_id=made.node_id, on=TODAY) is None
    assert {gap.node_id for gap in ask(scope, queries.list_gaps, on=TODAY)} == {
        world.node(code) for code in ("330102001001", "330102001002", "330102001003", "330102002001", "330102002002")
    }
    for query, arguments in (
        (queries.get_adviser, {"adviser_id": adviser.id}),
        (queries.get_appointment, {"appointment_id": made.id}),
        (queries.get_community, {"node_id": world.node(HUBU)}),
        (queries.list_candidates, {"node_id": world.node(HUBU)}),
    ):
        with pytest.raises(Missing):
            ask(scope, query, on=TODAY, **arguments)


def test_a_street_officer_sees_his_own_street_only(world: World, office: Office) -> None:
    here, there = office.adviser("何叙"), office.adviser("沈清和")
    office.adviser("范知白")  # registered by the county, serves nowhere
    office.appoint(here, HUBU)
    office.appoint(here, BAOSHI)
    office.appoint(there, BAOSHI)
    scope = world.scope("street")
    page = ask(scope, queries.list_advisers, on=TODAY)
    assert names(page) == ["何叙"]
    assert page.rows[0].communities == ("湖埠村",)
    profile = ask(scope, queries.get_adviser, adviser_id=here.id, on=TODAY)
    assert ([line.community for line in profile.appointments], profile.elsewhere) == (["湖埠村"], 1)
    with pytest.raises(Missing):
        ask(scope, queries.get_adviser, adviser_id=there.id, on=TODAY)
    assert [street.name for street in ask(scope, queries.coverage_squares, on=TODAY)] == ["双浦镇"]
    assert {gap.name for gap in ask(scope, queries.list_gaps, on=TODAY)} == {"灵山村", "袁浦社区"}


def test_a_liaison_sees_one_community(world: World, office: Office) -> None:
    office.appoint(office.adviser("何叙"), HUBU)
    office.appoint(office.adviser("沈清和"), LINGSHAN)
    assert names(ask(world.scope("liaison"), queries.list_advisers, on=TODAY)) == ["何叙"]


@pytest.mark.parametrize("by", ["leader", "city", "auditor3"])
def test_who_does_not_hold_the_grant_reads_no_list(world: World, by: str) -> None:
    scope = world.scope(by)
    for query in (queries.list_advisers, queries.count_advisers, queries.list_gaps, queries.coverage_squares):
        with pytest.raises(Forbidden):
            ask(scope, query, on=TODAY)


def test_the_list_is_paged_by_key_there_and_back(world: World, office: Office) -> None:
    firm = office.firm()
    for n in range(7):
        office.adviser("甲乙丙丁戊己庚"[n] * 2, firm=firm)
    scope = world.scope("county")
    first = ask(scope, queries.list_advisers, on=TODAY, size=3)
    second = ask(scope, queries.list_advisers, on=TODAY, size=3, after=first.after)
    third = ask(scope, queries.list_advisers, on=TODAY, size=3, after=second.after)
    back = ask(scope, queries.list_advisers, on=TODAY, size=3, before=third.before)
    assert [page.first for page in (first, second, third, back)] == [1, 4, 7, 4]
    assert [len(page.rows) for page in (first, second, third)] == [3, 3, 1]
    assert (first.before, third.after) == ("", "")
    assert names(back) == names(second)
    whole = names(first) + names(second) + names(third)
    assert whole == sorted(whole, key=lambda name: next(r.adviser.pinyin for p in (first, second, third) for r in p.rows
                                                        if r.adviser.name == name))  # fmt: skip
    assert len(set(whole)) == 7
    assert ask(scope, queries.list_advisers, on=TODAY, size=3, after="nonsense").first == 1


def test_the_statements_of_a_page_do_not_grow_with_its_rows(world: World, office: Office) -> None:
    scope = world.scope("county")
    firm = office.firm()
    counted = []
    for n in range(12):
        adviser = office.adviser(f"甲{'乙丙丁戊己庚辛壬癸子丑寅'[n]}", firm=firm)
        office.appoint(adviser, (HUBU, LINGSHAN, BAOSHI)[n % 3])
        if n in {2, 11}:
            with inside(scope, read_only=True), CaptureQueriesContext(connection) as seen:
                page = queries.list_advisers(scope=scope, on=TODAY)
                queries.coverage_squares(scope=scope, on=TODAY)
                queries.list_gaps(scope=scope, on=TODAY)
            counted.append((len(page.rows), len(seen)))
    assert counted[0][0] == 3
    assert counted[1][0] == 12
    assert counted[0][1] == counted[1][1]


@pytest.mark.parametrize("few", [0, 1000], ids=["many are called so", "few are"])
def test_the_list_is_cut_by_name_reading_firm_street_and_state(
    world: World, office: Office, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "FEW", few)
    lake = office.firm("浙江湖畔律师事务所")
    a = office.adviser("许望舒", firm=lake, specialties=("物业", "继承"))
    b = office.adviser("陆知微", examined=None)
    c = office.adviser("周以宁")
    office.appoint(a, HUBU, ends_on=TODAY + timedelta(days=30))
    office.appoint(c, BAOSHI)
    scope = world.scope("county")

    def cut(**filters: Any) -> list[str]:
        return names(ask(scope, queries.list_advisers, on=TODAY, filters=AdviserFilters(**filters)))

    assert [cut(text=text) for text in ("望舒", "xuwang", "xws", "XWS", "湖畔", "zhejianghu")] == [["许望舒"]] * 6
    assert cut(text="%") == []
    assert cut(street_id=world.node("330106109")) == ["许望舒"]
    assert cut(specialty="物业") == ["许望舒"]
    assert cut(firm_id=b.firm_id) == ["陆知微"]
    assert cut(view=View.ENDING) == ["许望舒"]
    assert cut(view=View.NOT_EXAMINED) == ["陆知微"]
    assert sorted(cut(view=View.ROOM)) == ["周以宁", "许望舒"]
    assert cut(view=View.BANNED) == []
    counts = ask(scope, queries.count_advisers, on=TODAY)
    assert (counts.all, counts.ending, counts.room, counts.not_examined, counts.banned, counts.firms) == (
        3,
        1,
        2,
        1,
        0,
        3,
    )
    states = {row.adviser.name: row.state for row in ask(scope, queries.list_advisers, on=TODAY).rows}
    assert states == {
        "许望舒": AdviserState.ENDING, "陆知微": AdviserState.NOT_EXAMINED, "周以宁": AdviserState.SERVING,
    }  # fmt: skip


def test_a_profile_shows_the_telephone_masked_and_lists_show_its_end(world: World, office: Office) -> None:
    adviser = office.adviser()
    scope = world.scope("county")
    profile = ask(scope, queries.get_adviser, adviser_id=adviser.id, on=TODAY)
    assert profile.adviser.phone_masked == "138****0001"
    assert ask(scope, queries.list_advisers, on=TODAY).rows[0].adviser.phone_masked == "*******0001"
    stored = Adviser.objects.get()
    for secret in (b"13812340001", b"330106198501010001"):
        for column in (stored.id_sealed, stored.phone_sealed, stored.id_index, stored.phone_index):
            assert secret not in bytes(column)


# The cell *personal data* of each role that reads the register, and the form of a private number it comes to.
FORMS = {
    Role.COUNTY_TEAM: ("clear, purpose-bound", "138****0001", "*******0001"),  # clear behind a door of its own
    Role.STREET_OFFICER: ("masked S", "138****0001", "*******0001"),
    Role.LIAISON: ("contacts of A", "", ""),  # the office's number
    Role.OPERATOR: ("– (break-glass +2, tenant approves, 1 h, recorded)", "", ""),  # in an emergency
}


@pytest.mark.parametrize("role", FORMS, ids=lambda role: f"{role}-personal_data")
def test_a_private_telephone_has_the_form_the_cell_of_the_reader_says(world: World, office: Office, role: Role) -> None:
    adviser = office.adviser(firm=office.firm())
    Firm.objects.update(phone="0571-88880001")
    words, in_profile, in_list = FORMS[role]
    assert ROLES[role].cells[Capability.PERSONAL_DATA].words == words
    scope = replace(world.scope("county"), role=role)
    shown = ask(scope, queries.get_adviser, adviser_id=adviser.id, on=TODAY).adviser
    assert (shown.phone_masked, shown.firm_phone) == (in_profile, "0571-88880001")
    (row,) = ask(scope, queries.list_advisers, on=TODAY).rows
    assert row.adviser.phone_masked == in_list


def test_every_role_that_reads_the_register_has_its_form() -> None:
    reads = {role for role, row in ROLES.items() if policies.READ in row.grants}
    assert reads | ({Role.OPERATOR} if policies.READ in EMERGENCY else set()) == set(FORMS)


def test_an_adviser_nobody_registered_is_missing(world: World) -> None:
    with pytest.raises(Missing):
        ask(world.scope("county"), queries.get_adviser, adviser_id=UNKNOWN, on=TODAY)


# ---- appointments --------------------------------------------------------------------------------------------------
def test_appointments_of_a_month_are_those_that_share_a_day_with_it(world: World, office: Office) -> None:
    adviser = office.adviser()
    office.appoint(adviser, HUBU, begins_on=date(2026, 9, 1), ends_on=date(2026, 10, 1))
    office.appoint(adviser, LINGSHAN, begins_on=date(2026, 10, 31))
    office.appoint(adviser, YUANPU, begins_on=date(2026, 11, 1))
    scope = world.scope("county")
    found = ask(scope, queries.list_appointments_in_month, month=Month(2026, 10))
    assert {item.node_id for item in found} == {world.node(HUBU), world.node(LINGSHAN)}
    on = ask(scope, queries.list_appointments, on=date(2026, 10, 1))
    assert [item.node_id for item in on] == [world.node(HUBU)]


def test_an_appointment_holds_on_its_first_and_last_day_only_between(world: World, office: Office) -> None:
    adviser = office.adviser()
    office.appoint(adviser, HUBU, begins_on=date(2026, 9, 2), ends_on=date(2026, 9, 3))
    scope = world.scope("county")
    held = [
        ask(scope, queries.find_appointment_on, adviser_id=adviser.id, node_id=world.node(HUBU), on=date(2026, 9, day))
        is not None
        for day in (1, 2, 3, 4)
    ]
    assert held == [False, True, True, False]


def test_an_adviser_sees_his_own_communities_of_the_county(world: World, office: Office) -> None:
    adviser, other = office.adviser("何叙"), office.adviser("沈清和")
    office.appoint(adviser, HUBU)
    office.appoint(other, HUBU)
    office.appoint(adviser, QINGBO, by="county2")
    county = world.scope("county")
    with inside(county, read_only=False):
        account = open_account(scope=county, adviser_id=adviser.id, now=NOW)
    scope = world.scope(account.username)
    assert scope.schema == county.schema or scope.schema == world.schema("330102")
    own = {world.schema("330106"): "湖埠村", world.schema("330102"): "清波门社区"}
    assert [item.name for item in ask(scope, queries.list_own_communities, on=TODAY)] == [own[scope.schema]]
    me = ask(scope, queries.adviser_of_scope, on=TODAY)
    assert (me.name, me.held) == ("何叙", 2)
    for query in (queries.list_advisers, queries.count_advisers):
        with pytest.raises(Forbidden):
            ask(scope, query, on=TODAY)


def test_who_is_nobodys_adviser_has_no_communities_of_his_own(world: World) -> None:
    nobody = replace(world.scope("county"), grants=frozenset({"duty.own", "firm.read"}))
    for query in (queries.list_own_communities, queries.firm_overview):
        with pytest.raises(Forbidden) as refused:
            ask(nobody, query, on=TODAY)
        assert refused.value.code == "advisers.no_subject"


def test_a_firm_manager_sees_his_own_firm_in_every_county(world: World, office: Office) -> None:
    firm = office.firm()
    adviser = office.adviser("何叙", firm=firm)
    office.adviser("沈清和")
    office.appoint(adviser, HUBU)
    office.appoint(adviser, QINGBO, by="county2")
    county = world.scope("county")
    with shared(read_only=False) as system:
        person = create_person(scope=system, username="manager", name="钱主任", password=None, encoded=encoded(),
                               must_change_password=False, now=NOW)  # fmt: skip
        grant_role(scope=system, person_id=person.id, role=Role.FIRM_MANAGER, node_id=world.node("33"), reason="测试",
                   subject_id=str(firm.id), now=NOW)  # fmt: skip
    overview = ask(world.scope("manager"), queries.firm_overview, on=TODAY)
    assert [member.adviser.name for member in overview.members] == ["何叙"]
    assert (overview.communities, overview.counties) == (2, 2)
    assert {(seat.county, seat.community) for seat in overview.members[0].seats} == {
        ("西湖区", "湖埠村"), ("上城区", "清波门社区"),
    }  # fmt: skip
    with pytest.raises(Forbidden):
        ask(county, queries.firm_overview, on=TODAY)


# ---- coverage and vacancies ----------------------------------------------------------------------------------------
def test_squares_tell_covered_from_ending_from_vacant(world: World, office: Office) -> None:
    adviser, second = office.adviser("何叙"), office.adviser("沈清和")
    office.appoint(adviser, HUBU, ends_on=TODAY + timedelta(days=30))
    office.appoint(adviser, LINGSHAN, ends_on=TODAY + timedelta(days=31))
    office.appoint(adviser, BAOSHI, ends_on=TODAY)
    office.appoint(second, BAOSHI)  # somebody stays: not ending
    streets = ask(world.scope("county"), queries.coverage_squares, on=TODAY)
    assert [(street.name, street.covered, len(street.squares)) for street in streets] == [
        ("双浦镇", 2, 3),
        ("北山街道", 1, 2),
    ]
    states = {square.name: square.state for street in streets for square in street.squares}
    assert states == {
        "湖埠村": SquareState.ENDING, "灵山村": SquareState.COVERED, "袁浦社区": SquareState.VACANT,
        "宝石社区": SquareState.COVERED, "栖霞社区": SquareState.VACANT,
    }  # fmt: skip


def test_a_gap_says_since_when_and_forgets_an_earlier_gaps_reason(world: World, office: Office) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        explain_vacancy(scope=scope, node_id=world.node(HUBU), reason=VacancyReason.HIRING, note="十二月", now=NOW)

    def gap(on: date = TODAY) -> Any:
        return next(gap for gap in ask(scope, queries.list_gaps, on=on) if gap.name == "湖埠村")

    assert (gap().reason, gap().note, gap().vacant_since, gap().street) == (
        VacancyReason.HIRING,
        "十二月",
        None,
        "双浦镇",
    )
    adviser = office.adviser()
    with inside(scope, read_only=False):
        from services.advisers.commands import appoint_adviser

        made = appoint_adviser(scope=scope, adviser_id=adviser.id, node_id=world.node(HUBU), begins_on=TODAY, ends_on=None,
                               now=NOW + timedelta(hours=1))  # fmt: skip
        end_appointment(scope=scope, appointment_id=made.id, on_day=TODAY, why="辞任", now=NOW + timedelta(hours=2))
    tomorrow = TODAY + timedelta(days=1)
    assert (gap(tomorrow).reason, gap(tomorrow).vacant_since) == (None, tomorrow)


def test_candidates_come_best_first_and_say_why_not(world: World, office: Office) -> None:
    full, new, near, far = (office.adviser(name) for name in ("许望舒", "陆知微", "周以宁", "何叙"))
    unexamined = office.adviser("范知白", examined=None)
    elsewhere = office.adviser("秦越溪", by="county2")
    office.appoint(full, LINGSHAN)
    office.appoint(full, BAOSHI)
    office.appoint(full, QINGBO, by="county2")
    office.appoint(near, YUANPU)
    office.appoint(far, QIXIA)
    scope = world.scope("county")
    found = ask(scope, queries.list_candidates, node_id=world.node(HUBU), on=TODAY)
    assert [row.adviser.name for row in found] == ["周以宁", "陆知微", "何叙", "许望舒", "范知白"]
    assert [row.obstacle for row in found] == [None, None, None, Obstacle.FULL, Obstacle.NOT_EXAMINED]
    assert found[0].reasons[1].text == "在同一街镇服务 1 个社区"
    assert "已服务 3 个社区（本县 2 个，外县 1 个）" in found[3].reasons[0].text
    assert "再聘就是第 4 个" in found[3].reasons[0].text
    assert found[4].reasons[0].help
    by_name = ask(scope, queries.list_candidates, node_id=world.node(HUBU), on=TODAY, text="qyx")
    assert [row.adviser.id for row in by_name] == [elsewhere.id]
    assert {new.id, unexamined.id} <= {row.adviser.id for row in found}


@pytest.mark.parametrize("by", ["street", "liaison"])
def test_candidates_are_for_who_appoints(world: World, by: str) -> None:
    with pytest.raises(Refused):
        ask(world.scope(by), queries.list_candidates, node_id=world.node(HUBU), on=TODAY)


def test_row_security_hides_a_neighbouring_streets_adviser_when_the_query_forgets(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from falin.kernel.rows import ScopedQuerySet

    office.appoint(office.adviser("何叙"), BAOSHI)
    monkeypatch.setattr(ScopedQuerySet, "in_scope", lambda self, scope: self.unscoped(reason="the first lock is gone"))
    assert ask(world.scope("street"), queries.list_advisers, on=TODAY).total == 0
    assert ask(world.scope("street2"), queries.list_advisers, on=TODAY).total == 1
