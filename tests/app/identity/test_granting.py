"""Grants: who may give what where for how long, the second person, deputies, hand-over, ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.transactions import inside, shared
from tenants.identity import commands, queries
from tenants.identity.models import Binding
from tenants.identity.types import Role, State
from tests.app.identity.cast import (
    YEAR_END,
    act,
    ask,
    enter,
    hold,
    nothing_changes,
    number,
    propose,
    roles_of,
    scope,
)
from tests.world import NOW, TODAY, World


@pytest.fixture(autouse=True)
def _newcomer(office: World) -> None:
    enter("newcomer")


# ---- one person ------------------------------------------------------------------------------------------------------
def test_a_county_team_gives_a_street_its_officer_at_once(office: World) -> None:
    made = propose(office, "county", "newcomer", Role.STREET_OFFICER, "330106002")
    assert (made.state, made.granted_by, made.granted_as) == (State.IN_FORCE, number("county"), "county_team")
    assert roles_of("newcomer") == {"street_officer"}
    with inside(scope("county"), read_only=True):
        booked = AuditEntry.objects.get(act="identity.role.granted", subject_id=str(number("newcomer")))
        told = OutboxEvent.objects.get(event="identity.role.granted")
    assert (booked.why, booked.after["role"]) == ("任命文件", "street_officer")
    assert told.payload["binding"] == made.id


@pytest.mark.parametrize(
    ("by", "role", "code", "refusal"),
    [
        ("county", Role.STREET_OFFICER, "330102001", "out_of_reach"),  # the neighbour's street
        ("county", Role.COUNTY_TEAM, "330106", "role_not_yours"),  # a colleague of the same level
        ("county", Role.CITY_OFFICER, "3301", "role_not_yours"),
        ("county", Role.ADVISER, "330106002001", "role_not_yours"),  # comes with an appointment only
        ("county", Role.RESIDENT, "330106002001", "role_not_yours"),
        ("county", Role.OPERATOR, "33", "role_not_yours"),
        ("city", Role.COUNTY_TEAM, "330203", "out_of_reach"),  # another city's county
        ("city", Role.PROVINCE_LEADER, "33", "role_not_yours"),
        ("system", Role.COUNTY_TEAM, "330106", "role_not_yours"),  # levels 1 and 2 only
        ("system", Role.SECURITY_ADMINISTRATOR, "33", "role_not_yours"),
    ],
)
def test_a_grant_beyond_the_grantors_column_or_place_is_refused(
    office: World, by: str, role: Role, code: str, refusal: str
) -> None:
    with nothing_changes(refusal, by):
        propose(office, by, "newcomer", role, code)


@pytest.mark.parametrize("by", ["leader", "street", "liaison", "auditor", "security", "auditing", "operator"])
def test_whose_cell_of_grants_is_empty_gives_nothing(office: World, by: str) -> None:
    with pytest.raises(Forbidden):
        propose(office, by, "newcomer", Role.LIAISON, "330106002001")
    assert roles_of("newcomer") == set()


def test_a_role_is_given_at_its_own_level_only(office: World) -> None:
    with nothing_changes("role_not_yours", "county"):
        propose(office, "county", "newcomer", Role.LIAISON, "330106002")


@pytest.mark.parametrize(
    ("begins", "ends", "refusal"),
    [
        (TODAY - timedelta(days=1), YEAR_END, "begins_in_the_past"),
        (TODAY, TODAY - timedelta(days=1), "ends_before_it_begins"),
        (TODAY, date(2028, 1, 1), "too_long"),
    ],
)
def test_the_days_of_a_grant_are_bounded(office: World, begins: date, ends: date, refusal: str) -> None:
    with nothing_changes(refusal, "county"):
        propose(office, "county", "newcomer", Role.LIAISON, "330106002001", begins_on=begins, ends_on=ends)


def test_nobody_gives_longer_than_he_holds_himself(office: World) -> None:
    Binding.objects.filter(person_id=number("county")).update(valid_to=date(2026, 11, 30))
    with nothing_changes("too_long", "county"):
        propose(office, "county", "newcomer", Role.LIAISON, "330106002001", ends_on=date(2026, 12, 1))
    with nothing_changes("not_then", "county"):
        propose(office, "county", "newcomer", Role.LIAISON, "330106002001", begins_on=date(2026, 12, 1))
    made = propose(office, "county", "newcomer", Role.LIAISON, "330106002001", ends_on=date(2026, 11, 30))
    assert made.valid_to == date(2026, 11, 30)


def test_nobody_gives_himself_a_role(office: World) -> None:
    with nothing_changes("not_to_oneself", "county"):
        propose(office, "county", "county", Role.LIAISON, "330106002001")


def test_a_reason_with_a_telephone_number_is_refused_at_the_reason(office: World) -> None:
    with nothing_changes("personal_data", "county"):
        propose(office, "county", "newcomer", Role.LIAISON, "330106002001", reason="见 13812345678")


def test_a_role_that_is_proposed_future_or_over_opens_nothing(office: World) -> None:
    propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    assert roles_of("newcomer") == set()
    propose(office, "county", "newcomer", Role.LIAISON, "330106002001", begins_on=date(2026, 12, 1))
    assert roles_of("newcomer") == set()
    assert roles_of("newcomer", date(2026, 12, 1)) == {"liaison"}
    assert roles_of("newcomer", date(2027, 1, 1)) == set()


def test_a_renewal_takes_the_place_of_what_it_renews_without_a_gap(office: World) -> None:
    first = propose(office, "county", "newcomer", Role.LIAISON, "330106002001", ends_on=date(2026, 11, 30))
    with nothing_changes("gap", "county"):
        propose(office, "county", "newcomer", Role.LIAISON, "330106002001", begins_on=date(2026, 12, 2))
    propose(office, "county", "newcomer", Role.LIAISON, "330106002001", begins_on=date(2026, 12, 1))
    assert all(roles_of("newcomer", TODAY + timedelta(days=days)) == {"liaison"} for days in range(46))
    assert Binding.objects.get(id=first.id).ended_why == "续任"


# ---- two people ------------------------------------------------------------------------------------------------------
def test_a_county_team_needs_two_officers_of_its_city(office: World) -> None:
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    assert made.state == State.PROPOSED
    act("cityb", commands.confirm_proposal, proposal=made.proposal)
    assert roles_of("newcomer") == {"county_team"}
    assert Binding.objects.get(id=made.id).decided_by == number("cityb")


def test_who_proposed_does_not_confirm(office: World) -> None:
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    with nothing_changes("another_second", "city"):
        act("city", commands.confirm_proposal, proposal=made.proposal)
    assert roles_of("newcomer") == set()


def test_nobody_confirms_what_is_about_himself(office: World) -> None:
    made = propose(office, "city", "cityb", Role.COUNTY_FINANCE, "330106")
    with nothing_changes("not_to_oneself", "cityb"):
        act("cityb", commands.confirm_proposal, proposal=made.proposal)


@pytest.mark.parametrize("by", ["city2", "security"])
def test_a_second_person_of_another_place_or_office_does_not_see_it(office: World, by: str) -> None:
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    with pytest.raises(Missing):
        act(by, commands.confirm_proposal, proposal=made.proposal)
    assert roles_of("newcomer") == set()


def test_the_database_itself_refuses_one_person_as_both(office: World) -> None:
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    with pytest.raises(IntegrityError, match="two_others_decide_about_a_person"):
        Binding.objects.filter(id=made.id).update(standing="confirmed", decided_by=number("city"))


def test_the_first_officials_come_from_the_three_administrators(office: World) -> None:
    made = propose(office, "system", "newcomer", Role.CITY_OFFICER, "3302")
    assert [one.id for group in ask("security", queries.list_proposals, on=TODAY).values() for one in group] == [
        made.id
    ]
    with pytest.raises(Forbidden):
        act("system", commands.confirm_proposal, proposal=made.proposal)
    with pytest.raises(Forbidden):
        act("auditing", commands.confirm_proposal, proposal=made.proposal)
    assert ask("auditing", queries.list_proposals, on=TODAY)  # he sees all of it
    act("security", commands.confirm_proposal, proposal=made.proposal)
    assert roles_of("newcomer") == {"city_officer"}


def test_a_refused_proposal_leaves_nothing_and_can_be_made_anew(office: World) -> None:
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    with nothing_changes("waits_already", "city"):
        propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    act("cityb", commands.refuse_proposal, proposal=made.proposal, why="材料不全")
    assert ask("city", queries.get_binding, binding_id=made.id, on=TODAY).state == State.REFUSED
    again = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    act("cityb", commands.confirm_proposal, proposal=again.proposal)
    assert roles_of("newcomer") == {"county_team"}


def test_a_proposal_nobody_confirmed_in_its_days_makes_room_for_another(office: World) -> None:
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106", ends_on=TODAY)
    later = NOW + timedelta(days=2)
    with pytest.raises(Refused) as refused:
        act("cityb", commands.confirm_proposal, now=later, proposal=made.proposal)
    assert refused.value.code == "identity.too_late"
    again = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106", begins_on=later.date(), now=later)
    act("cityb", commands.confirm_proposal, now=later, proposal=again.proposal)
    assert roles_of("newcomer", later.date()) == {"county_team"}


def test_a_proposal_dies_with_its_grantors_office(office: World) -> None:
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    with shared(read_only=False) as system:
        commands.end_role(scope=system, person_id=number("city"), role=Role.CITY_OFFICER, node_id=office.node("3301"),
                          subject_id="", why="调离", now=NOW)  # fmt: skip
    with nothing_changes("grantor_gone", "cityb"):
        act("cityb", commands.confirm_proposal, proposal=made.proposal)


def test_a_separation_that_came_between_is_asked_again_at_the_second_yes(office: World) -> None:
    made = propose(office, "city", "newcomer", Role.COUNTY_TEAM, "330106")
    hold(office, "newcomer", Role.AUDITOR, "330106")
    with nothing_changes("auditor_is_not_operational", "cityb"):
        act("cityb", commands.confirm_proposal, proposal=made.proposal)


def test_an_auditor_gets_no_work_where_he_audits(office: World) -> None:
    hold(office, "newcomer", Role.AUDITOR, "330106")
    with nothing_changes("auditor_is_not_operational", "county"):
        propose(office, "county", "newcomer", Role.LIAISON, "330106002001")


def test_the_three_administrators_stay_three_people_even_at_set_up(office: World) -> None:
    with pytest.raises(Refused) as refused:
        hold(office, "system", Role.SECURITY_ADMINISTRATOR, "33")
    assert refused.value.code == "identity.three_administrators"
    assert roles_of("system") == {"system_administrator"}


def test_a_role_that_goes_on_at_set_up_is_asked_about_the_days_between_as_well(office: World) -> None:
    days = {"valid_from": TODAY, "valid_to": TODAY + timedelta(days=9)}
    hold(office, "newcomer", Role.COUNTY_TEAM, "330106", **days)
    hold(office, "newcomer", Role.AUDITOR, "330106", **{name: day + timedelta(days=30) for name, day in days.items()})
    with pytest.raises(Refused, match="auditor_is_not_operational"):
        hold(office, "newcomer", Role.COUNTY_TEAM, "330106", valid_from=TODAY + timedelta(days=60),
             valid_to=TODAY + timedelta(days=90))  # fmt: skip


def test_what_is_no_persons_to_give_is_not_given_directly(office: World) -> None:
    with nothing_changes("not_yours", "county"):
        act("county", commands.grant_role, person_id=number("newcomer"), role=Role.LIAISON,
            node_id=office.node("330106002001"), reason="直接")  # fmt: skip


# ---- ends ------------------------------------------------------------------------------------------------------------
def test_a_grant_ends_by_hand_with_its_reason(office: World) -> None:
    made = propose(office, "county", "newcomer", Role.LIAISON, "330106002001")
    act("county", commands.end_binding, binding_id=made.id, why="换届")
    assert roles_of("newcomer") == set()
    ended = ask("county", queries.get_binding, binding_id=made.id, on=TODAY)
    assert (ended.state, ended.ended_why, ended.ended_by) == (State.ENDED, "换届", number("county"))


def test_a_neighbours_grant_is_not_there_to_be_ended(office: World) -> None:
    made = propose(office, "county", "newcomer", Role.LIAISON, "330106002001")
    with pytest.raises(Missing):
        act("county2", commands.end_binding, binding_id=made.id, why="换届")
    assert roles_of("newcomer") == {"liaison"}


def test_nobody_ends_what_is_above_him(office: World) -> None:
    own = Binding.objects.get(person_id=number("county"))
    enter("other")
    hold(office, "other", Role.COUNTY_TEAM, "330106")
    with nothing_changes("not_yours", "other"):
        act("other", commands.end_binding, binding_id=own.id, why="不要了")


# ---- deputies --------------------------------------------------------------------------------------------------------
def test_a_deputy_acts_for_somebody_on_his_days_only(office: World) -> None:
    held = propose(office, "county", "newcomer", Role.LIAISON, "330106002001")
    enter("deputy", "代办人")
    made = propose(office, "county", "deputy", Role.LIAISON, "330106002001", acting_for=held.id,
                   begins_on=date(2026, 11, 20), ends_on=date(2026, 11, 30))  # fmt: skip
    assert made.acting_for == number("newcomer")
    days = {day: roles_of("deputy", date(2026, 11, day)) for day in (19, 20, 30)}
    assert days == {19: set(), 20: {"liaison"}, 30: {"liaison"}}
    assert roles_of("deputy", date(2026, 12, 1)) == set()


def test_a_deputy_does_not_outlast_whom_he_stands_in_for(office: World) -> None:
    held = propose(office, "county", "newcomer", Role.LIAISON, "330106002001", ends_on=date(2026, 11, 30))
    enter("deputy")
    with nothing_changes("deputy_too_long", "county"):
        propose(office, "county", "deputy", Role.LIAISON, "330106002001", acting_for=held.id)
    propose(office, "county", "deputy", Role.LIAISON, "330106002001", acting_for=held.id, ends_on=date(2026, 11, 30))
    act("county", commands.end_binding, binding_id=held.id, why="辞任")
    assert roles_of("deputy") == set()


def test_a_deputy_is_of_the_same_role_and_place(office: World) -> None:
    held = propose(office, "county", "newcomer", Role.LIAISON, "330106002001")
    enter("deputy")
    with nothing_changes("no_principal", "county"):
        propose(office, "county", "deputy", Role.LIAISON, "330106002002", acting_for=held.id)


# ---- hand-over -------------------------------------------------------------------------------------------------------
def test_a_whole_post_goes_to_a_successor_in_one_transaction(office: World) -> None:
    enter("successor", "接任者")
    for code in ("330106002001", "330106002002"):
        propose(office, "county", "newcomer", Role.LIAISON, code)
    act("county", commands.hand_over, person_id=number("newcomer"), successor_id=number("successor"), role=Role.LIAISON,
        on_day=TODAY, reason="调动")  # fmt: skip
    assert roles_of("newcomer") == set()
    assert {row.node_id for row in Binding.objects.filter(person_id=number("successor"))} == {
        office.node("330106002001"), office.node("330106002002"),
    }  # fmt: skip


def test_a_post_handed_over_on_a_day_to_come_is_held_by_one_of_the_two_each_day(office: World) -> None:
    enter("successor")
    propose(office, "county", "newcomer", Role.LIAISON, "330106002001")
    act("county", commands.hand_over, person_id=number("newcomer"), successor_id=number("successor"), role=Role.LIAISON,
        on_day=date(2026, 12, 1), reason="调动")  # fmt: skip
    for days in range(46):
        day = TODAY + timedelta(days=days)
        holders = {who for who in ("newcomer", "successor") if roles_of(who, day)}
        assert holders == {"newcomer" if day < date(2026, 12, 1) else "successor"}


def test_a_hand_over_that_needs_a_second_person_waits_whole(office: World) -> None:
    enter("successor")
    made = act("city", commands.hand_over, person_id=number("county"), successor_id=number("successor"),
               role=Role.COUNTY_TEAM, on_day=TODAY, reason="调动")  # fmt: skip
    assert (roles_of("county"), roles_of("successor")) == ({"county_team"}, set())
    act("cityb", commands.confirm_proposal, proposal=made[0].proposal)
    assert (roles_of("county"), roles_of("successor")) == (set(), {"county_team"})


def test_one_refused_part_of_a_hand_over_refuses_all_of_it(office: World) -> None:
    enter("successor")
    hold(office, "successor", Role.AUDITOR, "330106")
    propose(office, "county", "newcomer", Role.LIAISON, "330106002001")
    with nothing_changes("auditor_is_not_operational", "county"):
        act("county", commands.hand_over, person_id=number("newcomer"), successor_id=number("successor"),
            role=Role.LIAISON, on_day=TODAY, reason="调动")  # fmt: skip
    assert roles_of("newcomer") == {"liaison"}


# ---- the quarter's review --------------------------------------------------------------------------------------------
JANUARY = NOW.replace(year=2027, month=1, day=12)
AFTER_REVIEW = NOW.replace(year=2027, month=1, day=31)


def _unreviewed(office: World, **given: object) -> set[str]:
    with shared(read_only=False) as system:
        return {one.person.username for one in commands.end_unreviewed(scope=system, **given)}  # type: ignore[arg-type]


def test_what_nobody_reviews_in_a_quarter_ends_after_its_last_day(office: World) -> None:
    propose(office, "county", "newcomer", Role.LIAISON, "330106002001", ends_on=date(2027, 6, 30))
    propose(office, "county", "street", Role.LIAISON, "330106109200", ends_on=date(2027, 6, 30))
    with inside(scope("county"), read_only=True):
        waiting = queries.list_to_review(scope=scope("county"), on=JANUARY.date())
    of_newcomer = [one.id for one in waiting if one.person.username == "newcomer"]
    assert len(of_newcomer) == 1
    act("county", commands.review_bindings, now=JANUARY, binding_ids=of_newcomer)
    previewed = _unreviewed(office, now=JANUARY, preview=True)
    assert "newcomer" not in previewed
    assert {"street", "liaison", "county"} <= previewed
    assert _unreviewed(office, now=JANUARY.replace(day=30)) == set()  # the last day is still theirs
    assert _unreviewed(office, now=AFTER_REVIEW) == previewed
    assert roles_of("newcomer", date(2027, 2, 1)) == {"liaison"}
    assert roles_of("street", date(2027, 2, 1)) == set()
    assert _unreviewed(office, now=AFTER_REVIEW) == set()


def test_the_review_ends_no_administrator_and_no_operator(office: World) -> None:
    ended = _unreviewed(office, now=AFTER_REVIEW)
    assert not {"system", "security", "auditing", "operator"} & ended
    assert roles_of("operator", date(2027, 2, 1)) == {"operator"}


def test_a_role_of_this_quarter_is_not_on_the_list(office: World) -> None:
    assert ask("county", queries.list_to_review, on=TODAY) == []


def test_nobody_reviews_another_offices_people(office: World) -> None:
    made = propose(office, "county", "newcomer", Role.LIAISON, "330106002001")
    with pytest.raises(Missing):
        act("county2", commands.review_bindings, binding_ids=[made.id])
    assert Binding.objects.get(id=made.id).reviewed_at is None
