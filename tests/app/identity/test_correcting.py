"""A name or sign-in name that is wrong: put right by whose charge the person is, asked for by himself."""

from __future__ import annotations

from typing import Any

import pytest

from falin.kernel import clock
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Refused
from falin.kernel.transactions import inside
from services.desk.models import Notice
from services.desk.tasks import send_due
from tenants.identity import commands, queries
from tenants.identity.api import system_of
from tenants.identity.models import Correction, Person
from tenants.identity.oidc.provisioning import EVENTS
from tenants.identity.types import Role
from tenants.registry.api import find_by_schema
from tests.app.identity.cast import act, ask, enter, hold, nothing_changes, number
from tests.world import World

RIGHT = {"name": "何素兰", "username": "hesulan", "why": "户口簿"}


def correct(by: str, whom: str, **more: Any) -> Any:
    return act(by, commands.correct_person, person_id=number(whom), **{**RIGHT, **more})


def entry(person_id: int) -> tuple[str, str, str]:
    person = Person.objects.get(id=person_id)
    return person.name, person.username, person.pinyin


def test_a_name_and_sign_in_name_are_put_right_and_sessions_go_on(office: World) -> None:
    whom = number("street")
    epoch = Person.objects.get(id=whom).session_epoch
    correct("county", "street")
    assert entry(whom) == ("何素兰", "hesulan", "he su lan")
    assert Person.objects.get(id=whom).session_epoch == epoch


def test_a_surname_is_spelt_as_it_is_read_in_names(office: World) -> None:
    whom = number("street")
    correct("county", "street", name="单晓梅")
    assert entry(whom)[2] == "shan xiao mei"


def test_what_is_booked_and_told_is_which_of_them_changed_and_no_name(office: World) -> None:
    correct("county", "street")
    with inside(office.scope("county"), read_only=True):
        booked = AuditEntry.objects.get(act="identity.person.corrected")
        told = OutboxEvent.objects.get(event="identity.person.corrected")
    assert (booked.before, booked.after, booked.why) == ({}, {"changed": ["name", "username"]}, "户口簿")
    assert "何" not in str(told.payload)
    assert "hesulan" not in str(told.payload)


def test_the_account_at_the_other_home_follows_by_the_event() -> None:
    assert "identity.person.corrected" in EVENTS


@pytest.mark.parametrize(("by", "whom"), [("county", "county"), ("county2", "street"), ("street", "liaison")])
def test_nobody_corrects_himself_or_whoever_is_not_his_charge(office: World, by: str, whom: str) -> None:
    before = entry(number(whom))
    with pytest.raises(Refused):
        correct(by, whom)
    assert entry(number(whom)) == before


def test_a_sign_in_name_somebody_else_has_is_refused_at_its_field(office: World) -> None:
    with nothing_changes("username_taken", "county"):
        correct("county", "street", username="liaison")


@pytest.mark.parametrize(("given", "code"), [
    ({"name": "何"}, "no_name"), ({"username": "有空格 的"}, "no_username"),
    ({"name": "何淑兰", "username": "street"}, "nothing_to_correct"),
])  # fmt: skip
def test_what_can_be_no_name_or_changes_nothing_is_refused(office: World, given: dict[str, str], code: str) -> None:
    with nothing_changes(code, "county"):
        correct("county", "street", **given)


def test_the_name_of_an_adviser_follows_the_register_and_his_sign_in_name_does_not(office: World) -> None:
    enter("lu", "陆行简")
    hold(office, "lu", Role.ADVISER, "330106109200", subject_id="a-1")
    with nothing_changes("name_of_an_adviser", "county"):
        correct("county", "lu")
    correct("county", "lu", name="陆行简")
    assert Person.objects.filter(name="陆行简", username="hesulan").exists()


def asks(username: str, **more: str) -> None:
    whom = number(username)
    person = Person.objects.get(id=whom)
    act(username, commands.ask_for_correction, **{"name": "何素兰", "username": person.username, **more})


def told(office: World, code: str) -> set[tuple[int, str]]:
    tenant = find_by_schema(office.schema(code))
    assert tenant is not None
    system = system_of(tenant)
    send_due(system)
    send_due(system)
    with inside(system, read_only=True):
        rows = Notice.objects.filter(kind="correction_asked")
        return {(row.person_id, row.facts["name"]) for row in rows}


def test_what_somebody_asks_for_reaches_whoever_may_do_it_once_and_nobody_else(office: World) -> None:
    asks("street")
    assert told(office, "330106") == {(number("county"), "何淑兰")}
    assert told(office, "330102") == set()
    assert told(office, "33") == {(number("city"), "何淑兰"), (number("cityb"), "何淑兰")}


def test_asked_again_it_takes_the_place_of_before_and_is_done_with_the_correction(office: World) -> None:
    asks("street")
    asks("street", name="何舒兰")
    (waiting,) = Correction.objects.filter(done_at__isnull=True)
    assert waiting.name == "何舒兰"
    correct("county", "street", name="何舒兰", username="street")
    assert not Correction.objects.filter(done_at__isnull=True).exists()
    assert Person.objects.get(username="street").name == "何舒兰"


def test_whose_charge_nobody_is_is_told_so(office: World) -> None:
    with nothing_changes("nobody_corrects", "operator"):
        asks("operator", name="邓云维")
    assert not Correction.objects.exists()


def decline(by: str, whom: str, why: str = "户口簿上就是这个字") -> None:
    act(by, commands.decline_correction, person_id=number(whom), why=why, now=clock.now())


def declined(office: World, code: str) -> list[int]:
    system = system_of(find_by_schema(office.schema(code)))
    send_due(system)
    with inside(system, read_only=True):
        return list(Notice.objects.filter(kind="correction_declined").values_list("person_id", flat=True))


def test_a_no_is_told_with_its_reason_once_and_nothing_was_changed(office: World) -> None:
    whom = number("street")
    before = entry(whom)
    asks("street")
    assert told(office, "330106") == {(number("county"), "何淑兰")}
    decline("county", "street")
    assert entry(whom) == before
    assert declined(office, "330106") == declined(office, "330106") == [whom]
    assert declined(office, "330102") == declined(office, "33") == []
    assert told(office, "330106") == set()  # nobody is asked any more
    found = ask("street", queries.find_own_declined)
    assert found is not None and found.why == "户口簿上就是这个字"
    assert ask("street", queries.find_own_correction) is None
    asks("street")
    assert ask("street", queries.find_own_declined) is None
    with inside(office.scope("county"), read_only=True):
        booked = AuditEntry.objects.get(act="identity.correction.declined")
    assert (booked.subject_id, booked.why, booked.after) == (str(whom), "户口簿上就是这个字", {})


@pytest.mark.parametrize(("by", "whom"), [("street", "street"), ("county2", "street"), ("street2", "street")])
def test_nobody_says_no_for_himself_or_to_whoever_is_not_his_charge(office: World, by: str, whom: str) -> None:
    asks("street")
    with pytest.raises(Refused):
        decline(by, whom)
    assert Correction.objects.filter(done_at__isnull=True).exists()


def test_where_nothing_is_asked_there_is_nothing_to_say_no_to(office: World) -> None:
    with nothing_changes("nothing_asked", "county"):
        decline("county", "street")


def test_the_reason_stands_on_his_own_page_and_in_the_api(office: World, sign_in: Any) -> None:
    asks("street")
    county, person = sign_in("county"), number("street")
    assert f"/people/{person}/decline/" in county.get(f"/people/{person}/").content.decode()
    assert county.post(f"/people/{person}/decline/", {"why": ""}).status_code == 422
    assert county.post(f"/people/{person}/decline/", {"why": "户口簿上就是这个字"}).status_code == 302
    assert f"/people/{person}/decline/" not in county.get(f"/people/{person}/").content.decode()
    street = sign_in("street")
    assert "户口簿上就是这个字" in street.get("/me/correction/").content.decode()
    assert street.get("/api/v1/me/correction/").json()["why"] == "户口簿上就是这个字"
    asks("street")
    assert county.delete(f"/api/v1/people/{person}/correction/?why=户口簿").status_code == 204
    assert county.delete(f"/api/v1/people/{person}/correction/?why=户口簿").status_code == 404
