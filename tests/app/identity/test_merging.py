"""Two records of one person become one; somebody leaves, and comes back as the same person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.transactions import inside
from falin.portal import booked
from tenants.identity import commands, queries
from tenants.identity.models import Binding, Person, PersonMerge, ServiceAccount
from tenants.identity.types import Role, State
from tests.app.identity.cast import YEAR_END, act, ask, enter, hold, nothing_changes, number, propose, roles_of, scope
from tests.world import NOW, TODAY, World


@pytest.fixture(autouse=True)
def _twice(office: World) -> None:
    """One liaison, entered twice under two sign-in names: by the county, for two communities."""
    for username, code in (("fang1", "330106002001"), (("fang2"), "330106002002")):
        enter(username, "方小满")
        propose(office, "county", username, Role.LIAISON, code)


def pair(kept: str = "fang1", gone: str = "fang2", reason: str = "已电话核实") -> dict[str, Any]:
    return {"kept_id": number(kept), "gone_id": number(gone), "reason": reason}


def merged(by: str = "county", second: str = "city") -> None:
    made = act(by, commands.propose_merge, **pair())
    act(second, commands.confirm_merge, merge_id=made.id)


# ---- found -----------------------------------------------------------------------------------------------------------
def test_two_of_one_name_in_one_body_are_shown_and_two_namesakes_of_two_counties_are_not(office: World) -> None:
    enter("fang3", "方小满")
    propose(office, "county2", "fang3", Role.LIAISON, "330102001001")
    for by in ("county", "city", "auditor"):
        found = ask(by, queries.list_same, on=TODAY)
        assert [(one.one.person.username, one.other.person.username) for one in found] == [("fang1", "fang2")], by
    assert ask("county2", queries.list_same, on=TODAY) == []


def test_the_same_telephone_is_the_surest_sign_and_stands_first(office: World) -> None:
    Person.objects.filter(username__in=["street", "liaison"]).update(phone_index=b"1" * 32)
    found = ask("county", queries.list_same, on=TODAY)
    assert [({one.one.person.username, one.other.person.username}, one.by_phone) for one in found] == [
        ({"street", "liaison"}, True), ({"fang1", "fang2"}, False),
    ]  # fmt: skip


def test_who_are_two_people_are_not_asked_about_again(office: World) -> None:
    act("county", commands.tell_apart, **pair())
    assert ask("county", queries.list_same, on=TODAY) == []
    assert PersonMerge.objects.get().standing == "refused"


# ---- merged ----------------------------------------------------------------------------------------------------------
def test_nothing_happens_before_another_person_says_yes(office: World) -> None:
    act("county", commands.propose_merge, **pair())
    assert Binding.objects.filter(person=number("fang2")).count() == 1
    (waiting,) = ask("city", queries.list_merges)
    with nothing_changes("another_second", "county"):
        act("county", commands.confirm_merge, merge_id=waiting.id)
    act("city", commands.confirm_merge, merge_id=waiting.id)
    assert not Binding.objects.filter(person__username="fang2").exists()
    assert ask("city", queries.list_merges) == []


def test_the_one_that_stays_has_all_roles_and_the_other_comes_in_no_more(office: World) -> None:
    gone = number("fang2")
    merged()
    held = ask("county", queries.get_record, person_id=number("fang1"), on=TODAY).bindings
    assert {one.node_id for one in held if one.state == State.IN_FORCE} == {
        office.node("330106002001"), office.node("330106002002"),
    }  # fmt: skip
    person = Person.objects.get(id=gone)
    assert (person.is_active, person.merged_into_id, person.session_epoch) == (False, number("fang1"), 1)
    assert queries.read_signed_in(person_id=gone, on=TODAY) is None
    assert queries.find_person("fang2") is None


def test_the_same_role_at_the_same_place_is_held_once_afterwards(office: World) -> None:
    propose(office, "county", "fang2", Role.LIAISON, "330106002001")
    merged()
    held = ask("county", queries.get_record, person_id=number("fang1"), on=TODAY).bindings
    at = [one for one in held if one.node_id == office.node("330106002001")]
    assert sorted(one.state for one in at) == [State.ENDED, State.IN_FORCE]


def test_what_was_booked_about_either_is_read_as_one_history(office: World) -> None:
    gone = number("fang2")
    merged()
    own = scope("county")
    with inside(own, read_only=True):
        assert AuditEntry.objects.filter(subject_id=str(gone), act="identity.role.granted").count() == 1
        page = booked.history(scope=own, kind="person", subject_id=str(number("fang1")))
    assert [one.subject_id for one in page.acts if one.act == "identity.role.granted"] == [
        str(gone),
        str(number("fang1")),
    ]


def test_what_he_answers_for_and_what_gave_him_his_tokens_follow(office: World) -> None:
    hold(office, "fang2", Role.STREET_OFFICER, "330106002")
    made = act(
        "county", commands.open_account, username="svc", name="取数", owner_id=number("fang2"), purpose="取数",
        role=Role.STREET_OFFICER, node_id=office.node("330106002"), begins_on=TODAY, ends_on=YEAR_END, reason="测试",
        review_by=TODAY + timedelta(days=30),
    )  # fmt: skip
    own = scope("fang2", "street_officer")
    with inside(own, read_only=False):
        held = queries.own_bindings(scope=own, on=TODAY)
        token = commands.make_token(scope=own, binding_id=held[0].id, name="甲", scopes=["duty.read"], origins=[],
                                    expires_on=TODAY, now=NOW)  # fmt: skip
    merged()
    assert ServiceAccount.objects.get(person=made.person.id).owner.username == "fang1"
    from falin.kernel.rest import BadToken

    with pytest.raises(BadToken):
        commands.use_token(text=token.secret, address="127.0.0.1", request_id="", now=NOW)


def test_nobody_gives_a_role_to_the_record_that_went_or_lets_it_in_again(office: World) -> None:
    gone = number("fang2")
    merged()
    with pytest.raises(Missing):
        act("county", commands.propose_role, person_id=gone, role=Role.LIAISON, node_id=office.node("330106002001"),
            begins_on=TODAY, ends_on=YEAR_END, reason="测试")  # fmt: skip
    with pytest.raises(Missing):
        act("county", commands.reinstate_person, person_id=gone, why="测试")


# ---- refused ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("by", "error"), [("county2", Missing), ("street", Forbidden), ("auditor", Forbidden), ("security", Forbidden)]
)
def test_records_are_merged_only_by_who_is_in_charge_of_both(office: World, by: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        act(by, commands.propose_merge, **pair())
    made = act("county", commands.propose_merge, **pair())
    with pytest.raises(error):
        act(by, commands.confirm_merge, merge_id=made.id)
    assert PersonMerge.objects.get().standing == "proposed"


def test_whose_other_role_lies_in_another_county_is_not_one_countys_to_merge(office: World) -> None:
    propose(office, "county2", "fang2", Role.LIAISON, "330102001001")
    with nothing_changes("not_yours", "county"):
        act("county", commands.propose_merge, **pair())
    assert act("city", commands.propose_merge, **pair())


def test_a_merge_does_not_get_round_the_separation_of_duties(office: World) -> None:
    act("county", commands.end_binding, binding_id=Binding.objects.get(person=number("fang2")).id, why="调走")
    hold(office, "fang2", Role.AUDITOR, "330106")
    with nothing_changes("auditor_is_not_operational", "city"):
        act("city", commands.propose_merge, **pair())


def test_one_who_gave_the_other_a_role_is_not_merged_with_him(office: World) -> None:
    Binding.objects.filter(person=number("fang2")).update(granted_by=number("fang1"))
    with nothing_changes("merge_granted", "county"):
        act("county", commands.propose_merge, **pair())


def test_a_suspension_is_not_merged_away(office: World) -> None:
    act("county", commands.suspend_person, person_id=number("fang2"), why="停职")
    with nothing_changes("merge_suspended", "county"):
        act("county", commands.propose_merge, **pair())


def test_an_advisers_record_stays(office: World) -> None:
    hold(office, "fang2", Role.ADVISER, "330106002001", subject_id="x")
    with nothing_changes("merge_adviser", "county"):
        act("county", commands.propose_merge, **pair())


def test_oneself_is_not_merged_by_oneself(office: World) -> None:
    with pytest.raises(Refused):
        act("county", commands.propose_merge, **pair("county", "fang1"))


def test_a_pair_waits_once_and_what_changed_meanwhile_is_asked_again(office: World) -> None:
    made = act("county", commands.propose_merge, **pair())
    with nothing_changes("merge_waits", "city"):
        act("city", commands.propose_merge, **pair("fang2", "fang1"))
    act("county", commands.suspend_person, person_id=number("fang2"), why="停职")
    with nothing_changes("merge_suspended", "city"):
        act("city", commands.confirm_merge, merge_id=made.id)


def test_the_database_itself_wants_two_people(office: World) -> None:
    made = act("county", commands.propose_merge, **pair())
    with pytest.raises(IntegrityError, match="two_people_merge_two_records"), transaction.atomic():
        PersonMerge.objects.filter(id=made.id).update(standing="confirmed", decided_by=number("county"))


# ---- leaving and coming back -----------------------------------------------------------------------------------------
def test_who_leaves_loses_everything_at_once_and_what_he_leaves_open_is_said(office: World) -> None:
    propose(office, "county", "liaison", Role.LIAISON, "330106002001")
    seen = ask("county", queries.get_left_open, person_id=number("liaison"), on=TODAY)
    left = act("county", commands.leave_office, person_id=number("liaison"), why="退休")
    assert seen == left
    assert {one.node_id for one in left.ends} == {office.node("330106109200"), office.node("330106002001")}
    assert {one.node_id for one in left.alone} == {office.node("330106109200")}  # fang1 stands at the other
    assert roles_of("liaison") == set()
    assert Person.objects.get(username="liaison").is_active
    assert Person.objects.get(username="liaison").session_epoch > 0
    with inside(scope("county"), read_only=True):
        assert AuditEntry.objects.get(act="identity.person.left").why == "退休"


def test_proposals_and_programs_of_who_leaves_are_named(office: World) -> None:
    enter("newcomer")
    propose(office, "cityb", "newcomer", Role.COUNTY_FINANCE, "330106")
    left = ask("system", queries.get_left_open, person_id=number("cityb"), on=TODAY)
    assert [one.person.username for one in left.proposals] == ["newcomer"]
    made = act(
        "county", commands.open_account, username="svc", name="取数", owner_id=number("street"), purpose="取数",
        role=Role.STREET_OFFICER, node_id=office.node("330106109"), begins_on=TODAY, ends_on=YEAR_END, reason="测试",
        review_by=TODAY + timedelta(days=30),
    )  # fmt: skip
    left = ask("county", queries.get_left_open, person_id=number("street"), on=TODAY)
    assert [one.id for one in left.programs] == [made.person.id]


def test_who_comes_back_is_the_same_person_with_a_new_role_and_his_old_ones_in_his_history(office: World) -> None:
    act("county", commands.leave_office, person_id=number("liaison"), why="借调")
    propose(office, "county", "liaison", Role.LIAISON, "330106109201")
    record = ask("county", queries.get_record, person_id=number("liaison"), on=TODAY)
    assert [(one.node_id, one.state) for one in record.bindings] == [
        (office.node("330106109201"), State.IN_FORCE), (office.node("330106109200"), State.ENDED),
    ]  # fmt: skip


def test_an_adviser_leaves_where_he_is_appointed_and_a_neighbours_official_not_here(office: World) -> None:
    hold(office, "fang1", Role.ADVISER, "330106002001", subject_id="x")
    with nothing_changes("follows_appointment", "county"):
        act("county", commands.leave_office, person_id=number("fang1"), why="离职")
    with pytest.raises(Missing):
        act("county2", commands.leave_office, person_id=number("fang2"), why="离职")
