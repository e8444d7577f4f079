"""Tokens: what they open, what ends them, what they never open."""

from __future__ import annotations

import re
import zlib
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.rest import BadToken
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from tenants.identity import commands, queries
from tenants.identity.commands import use_token
from tenants.identity.models import AccessToken, Binding, Person
from tenants.identity.roles import GRANTS, NOT_BY_TOKEN
from tenants.identity.tokens import lookup_of, new_token
from tenants.identity.types import MadeToken, Role, TokenState
from tests.app.identity.cast import YEAR_END, act, ask, enter, hold, nothing_changes, number, propose, scope
from tests.world import NOW, TODAY, World

SCOPES = ["figures.read", "advisers.read", "duty.read"]


def binding_of(username: str) -> int:
    return int(Binding.objects.values_list("id", flat=True).get(person=number(username), ended_at__isnull=True))


def make(username: str = "county", **more: Any) -> MadeToken:
    given: dict[str, Any] = {"name": "取数", "scopes": SCOPES, "origins": [], "expires_on": TODAY + timedelta(days=30)}
    given["binding_id"] = more.get("binding_id") or binding_of(username)
    return act(username, commands.make_token, **{**given, **more})  # type: ignore[no-any-return]


def use(text: str, *, address: str = "10.20.3.4", now: datetime = NOW) -> Scope:
    return use_token(text=text, address=address, request_id="r", now=now)


def refused(text: str, now: datetime = NOW) -> bool:
    with pytest.raises(BadToken):
        use(text, now=now)
    return True


# ---- its make --------------------------------------------------------------------------------------------------------
def test_a_scanner_can_tell_a_token_without_asking_us() -> None:
    text, lookup = new_token()
    assert re.fullmatch(r"flk_[0-9A-Za-z]{61}", text)
    assert lookup_of(text) == lookup
    assert zlib.crc32(text[:-6].encode()) >= 0
    other = "0" if text[-1] != "0" else "1"
    assert lookup_of(text[:-1] + other) == ""
    assert lookup_of(text.replace("flk_", "ghp_")) == ""
    assert len({new_token()[0] for _ in range(500)}) == 500


def test_nothing_in_the_database_is_the_token_or_leads_back_to_it(office: World) -> None:
    made = make()
    row = AccessToken.objects.get(id=made.token.id)
    assert made.secret not in str({field.name: getattr(row, field.name) for field in row._meta.fields})
    assert row.lookup in made.secret
    assert len(bytes(row.secret_hash)) == 32
    with inside(scope("county"), read_only=True):
        booked = AuditEntry.objects.get(act="identity.token.made")
    assert (booked.after["scopes"], booked.after["token"]) == (sorted(SCOPES), row.id)
    assert made.secret not in str(booked.after)


# ---- what it opens ---------------------------------------------------------------------------------------------------
def test_a_token_opens_what_it_was_made_for_at_its_bindings_place_and_nothing_else(office: World) -> None:
    opened, own = use(make().secret), scope("county")
    assert opened.grants == frozenset(SCOPES)
    assert (opened.person_id, opened.schema, opened.roots, opened.whole) == (own.person_id, own.schema, own.roots, True)
    assert opened.request_id.startswith(f"t{AccessToken.objects.get().id}:")


def test_a_token_of_one_street_does_not_reach_the_holders_other_street(office: World) -> None:
    hold(office, "street", Role.STREET_OFFICER, "330106002")
    first = Binding.objects.get(person=number("street"), node_id=office.node("330106109"))
    assert scope("street").sees(office.node("330106002001"))
    opened = use(make("street", binding_id=first.id, scopes=["duty.read"]).secret)
    assert opened.roots == (office.node("330106109"),)
    assert opened.sees(office.node("330106109200"))
    assert not opened.sees(office.node("330106002001"))


def test_nobody_makes_a_token_for_anothers_role_or_for_more_than_his_own_does(office: World) -> None:
    for binding, error in ((binding_of("county2"), Missing), (binding_of("street"), Missing)):
        with pytest.raises(error):
            make(binding_id=binding)
    for scopes in (["tenants.manage"], ["duty.log"], ["people.grant"], ["advisers.clear"], ["tokens.own"], []):
        with pytest.raises(Invalid, match="token_scopes"):
            make(scopes=scopes)
    assert AccessToken.objects.count() == 0


def test_what_no_token_may_is_in_no_roles_list_and_lost_even_if_it_stands_in_the_table(office: World) -> None:
    assert not any(NOT_BY_TOKEN & set(queries.scopes_of(role)) for role in Role)
    made = make()
    AccessToken.objects.update(scopes=sorted(GRANTS[Role.COUNTY_TEAM] | {"tenants.manage"}))
    assert use(made.secret).grants == GRANTS[Role.COUNTY_TEAM] - NOT_BY_TOKEN


@pytest.mark.parametrize("days", [-1, 181])
def test_a_token_lasts_no_longer_than_the_setting_says(office: World, days: int) -> None:
    with pytest.raises(Invalid, match="token_days"):
        make(expires_on=TODAY + timedelta(days=days))
    assert AccessToken.objects.count() == 0


def test_the_last_day_is_whole_and_the_next_one_begins_without_it(office: World) -> None:
    made = make(expires_on=date(2026, 11, 18))
    assert use(made.secret, now=datetime.fromisoformat("2026-11-18T23:59:59+08:00"))
    assert refused(made.secret, datetime.fromisoformat("2026-11-19T00:00:00+08:00"))


# ---- where from ------------------------------------------------------------------------------------------------------
def test_a_token_with_networks_is_good_from_them_only(office: World) -> None:
    text = make(origins=["10.20.0.0/16", "2001:db8::/32", "192.168.7.9"]).secret
    for address in ("10.20.255.1", "2001:db8::7", "192.168.7.9", "::ffff:10.20.0.7"):
        assert use(text, address=address)
    for address in ("10.21.0.1", "192.168.7.8", "2001:db9::7", "::ffff:10.21.0.1", "", "unix:"):
        with pytest.raises(Forbidden, match="token_origin"):
            use(text, address=address)


def test_a_network_nobody_understands_is_said_at_its_field(office: World) -> None:
    with pytest.raises(Invalid) as error:
        make(origins=["10.20.0.0/99"])
    assert error.value.field == "origins"


# ---- what ends it ----------------------------------------------------------------------------------------------------
def test_a_token_dies_with_its_binding_at_once(office: World) -> None:
    propose(office, "county", "street2", Role.LIAISON, "330106002001")
    binding = Binding.objects.get(person=number("street2"), role="liaison")
    hat = scope("street2", "liaison")
    with inside(hat, read_only=False):
        made = commands.make_token(scope=hat, binding_id=binding.id, name="甲", scopes=["duty.read"], origins=[],
                                   expires_on=TODAY, now=NOW)  # fmt: skip
    assert use(made.secret)
    act("county", commands.end_binding, binding_id=binding.id, why="调走")
    assert refused(made.secret)
    propose(office, "county", "street2", Role.LIAISON, "330106002001")  # the same role anew does not bring it back
    assert refused(made.secret)


def test_a_token_is_over_on_the_day_after_its_binding(office: World) -> None:
    made = make("street", scopes=["duty.read"], expires_on=TODAY + timedelta(days=30))
    Binding.objects.filter(person=number("street")).update(valid_to=TODAY + timedelta(days=2))
    assert use(made.secret, now=NOW + timedelta(days=2))
    assert refused(made.secret, NOW + timedelta(days=3))


def test_suspension_and_a_new_password_end_tokens_and_coming_back_does_not_bring_them_back(office: World) -> None:
    made = make("liaison", scopes=["duty.read"])
    act("county", commands.suspend_person, person_id=number("liaison"), why="停职")
    assert refused(made.secret)
    act("county", commands.reinstate_person, person_id=number("liaison"), why="复职")
    assert refused(made.secret)
    again = make("liaison", scopes=["duty.read"])
    act("county", commands.reset_password, person_id=number("liaison"))
    assert refused(again.secret)


def test_its_holder_stops_a_token_and_nobody_elses(office: World) -> None:
    made = make()
    with pytest.raises(Missing):
        act("county2", commands.revoke_token, token_id=made.token.id)
    assert use(made.secret)
    act("county", commands.revoke_token, token_id=made.token.id)
    act("county", commands.revoke_token, token_id=made.token.id)  # once more changes nothing
    assert refused(made.secret)
    with inside(scope("county"), read_only=True):
        assert AuditEntry.objects.filter(act="identity.token.revoked").count() == 1
    (one,) = ask("county", queries.list_tokens, now=NOW)
    assert one.state == TokenState.REVOKED


def test_a_wrong_secret_after_the_right_beginning_opens_nothing(office: World) -> None:
    made = make()
    stranger, _lookup = new_token()
    body = made.secret[:16] + stranger[16:-6]
    from tenants.identity.tokens import _checksum

    assert lookup_of(body + _checksum(body)) == made.secret[4:16]
    assert refused(body + _checksum(body))
    assert refused("flk_")
    assert refused(stranger)


def test_a_binding_has_twenty_working_tokens_at_most(office: World) -> None:
    for _ in range(20):
        make()
    with nothing_changes("too_many_tokens", "county"):
        make()


# ---- its last use ----------------------------------------------------------------------------------------------------
def test_the_last_use_is_noted_once_a_minute(office: World, django_assert_num_queries: Any) -> None:
    text = make().secret
    use(text)
    assert AccessToken.objects.get().last_used_at == NOW
    use(text, now=NOW + timedelta(seconds=59))
    assert AccessToken.objects.get().last_used_at == NOW
    use(text, now=NOW + timedelta(seconds=60))
    assert AccessToken.objects.get().last_used_at == NOW + timedelta(seconds=60)


# ---- what it asked for -----------------------------------------------------------------------------------------------
def test_work_asked_for_by_a_token_runs_under_the_token_and_not_under_its_holders_whole_role(office: World) -> None:
    made = make()
    opened = use(made.secret)
    with time_machine.travel(NOW):
        found = queries.scope_in_force(opened.person_id, opened.hat)
        assert found is not None
        assert found.grants == opened.grants
        assert queries.scope_in_force(number("county2"), opened.hat) is None
        act("county", commands.revoke_token, token_id=made.token.id)
        assert queries.scope_in_force(opened.person_id, opened.hat) is None


# ---- programs --------------------------------------------------------------------------------------------------------
@pytest.fixture
def program(office: World) -> int:
    """A program of a street, for which the street's officer answers."""
    made = act("county", commands.open_account, **_account(office))
    assert made.works
    return int(made.person.id)


def _account(world: World, **more: Any) -> dict[str, Any]:
    return {"username": "svc-street", "name": "市大数据局取数", "owner_id": number("street"), "purpose": "每晚取到访数",
            "role": Role.STREET_OFFICER, "node_id": world.node("330106109"), "begins_on": TODAY, "ends_on": YEAR_END,
            "reason": "双浦镇〔2026〕3号", "review_by": TODAY + timedelta(days=90), **more}  # fmt: skip


def of_program(program: int) -> MadeToken:
    binding = Binding.objects.get(person=program, ended_at__isnull=True)
    return make("street", binding_id=binding.id, scopes=["duty.read"])


def test_a_programs_token_acts_as_the_program_and_is_made_by_who_answers_for_it(program: int) -> None:
    made = of_program(program)
    assert use(made.secret).person_id == program
    assert made.token.holder.name == "市大数据局取数（服务账号）"
    assert [one.id for one in ask("street", queries.list_tokens, now=NOW)] == [made.token.id]
    with pytest.raises(Missing):
        make("county", binding_id=made.token.binding_id, scopes=["duty.read"])


def test_a_program_never_signs_in_and_gets_no_password(program: int) -> None:
    with nothing_changes("no_password_for_programs", "county"):
        act("county", commands.reset_password, person_id=program)
    assert not Person.objects.get(id=program).has_usable_password()


def test_who_answers_for_a_program_holds_its_role_himself(office: World) -> None:
    for owner in ("liaison", "street2", "county", "auditor"):
        with nothing_changes("owner_without_role", "county"):
            act("county", commands.open_account, **_account(office, owner_id=number(owner)))


def test_a_program_stands_still_when_who_answers_for_it_goes_until_it_is_handed_over(
    office: World, program: int
) -> None:
    text = of_program(program).secret
    assert use(text)
    act("county", commands.end_binding, binding_id=binding_of("street"), why="调走")
    assert refused(text)
    (seen,) = ask("county", queries.list_accounts, on=TODAY)
    assert (seen.works, seen.stopped_by) == (False, "owner_gone")
    propose(office, "county", "street2", Role.STREET_OFFICER, "330106109")
    act("county", commands.hand_over_account, person_id=program, owner_id=number("street2"), reason="交接")
    assert refused(text)  # the one before still knows it
    (seen,) = ask("county", queries.list_accounts, on=TODAY)
    assert (seen.works, seen.owner.username) == (True, "street2")


def test_a_suspended_owners_program_stands_still_with_him(program: int) -> None:
    text = of_program(program).secret
    act("county", commands.suspend_person, person_id=number("street"), why="停职")
    assert refused(text)


def test_a_program_nobody_reviews_stops_on_the_day_and_ends_at_night(office: World, program: int) -> None:
    text = make("street", binding_id=Binding.objects.get(person=program).id, scopes=["duty.read"],
                expires_on=TODAY + timedelta(days=20)).secret  # fmt: skip
    act("county", commands.review_account, person_id=program, review_by=TODAY + timedelta(days=10))
    assert use(text, now=NOW + timedelta(days=10))
    late = NOW + timedelta(days=11)
    assert refused(text, late)
    with shared(read_only=False) as system:
        assert commands.end_unreviewed_accounts(scope=system, now=NOW + timedelta(days=10)) == 0
        assert commands.end_unreviewed_accounts(scope=system, now=late) == 1
        assert commands.end_unreviewed_accounts(scope=system, now=late) == 0
        assert AuditEntry.objects.filter(act="identity.service.ended", why="到期没有复核").count() == 1
    assert not Binding.objects.filter(person=program, ended_at__isnull=True).exists()


def test_a_program_is_reviewed_within_the_setting_by_its_charge_and_not_by_who_answers_for_it(program: int) -> None:
    for day in (TODAY, TODAY + timedelta(days=181)):
        with nothing_changes("review_by", "county"):
            act("county", commands.review_account, person_id=program, review_by=day)
    with pytest.raises(Refused):
        act("street", commands.review_account, person_id=program, review_by=TODAY + timedelta(days=30))
    with pytest.raises(Missing):
        act("county2", commands.review_account, person_id=program, review_by=TODAY + timedelta(days=30))


def test_an_ended_programs_roles_and_tokens_are_over_at_once(program: int) -> None:
    text = of_program(program).secret
    act("county", commands.end_account, person_id=program, why="系统下线")
    assert refused(text)
    assert AccessToken.objects.get().revoked_at == NOW
    assert not Binding.objects.filter(person=program, ended_at__isnull=True).exists()


def test_a_client_of_the_sign_on_home_is_the_program_that_names_it(office: World) -> None:
    made = act("county", commands.open_account, **_account(office, client_id="bigdata"))
    found = queries.scope_of_client("bigdata", request_id="r", on=TODAY)
    assert found is not None
    assert (found.person_id, found.roots) == (made.person.id, (office.node("330106109"),))
    assert not found.grants & NOT_BY_TOKEN
    assert queries.scope_of_client("nobody", request_id="r", on=TODAY) is None
    assert queries.scope_of_client("", request_id="r", on=TODAY) is None
    act("county", commands.suspend_person, person_id=number("street"), why="停职")
    assert queries.scope_of_client("bigdata", request_id="r", on=TODAY) is None


def test_nobody_without_a_role_has_something_to_make_a_token_of(office: World) -> None:
    enter("newcomer")
    assert Client().get("/me/tokens/").status_code == 302
