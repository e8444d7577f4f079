"""Numbers are erased for good, of who serves nowhere any more; what the archive keeps stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from falin.config.tasks import clean_up
from falin.kernel import crypto, parameters
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import PUBLIC_SCHEMA
from falin.kernel.transactions import inside, shared
from services.advisers.commands import (
    appoint_adviser,
    erase_numbers,
    open_account,
    register_adviser,
    show_numbers,
    update_adviser,
)
from services.advisers.commands.erasing import _erase_in_time
from services.advisers.models import Adviser, Appointment
from services.advisers.queries import get_adviser, list_candidates
from services.advisers.types import AdviserInfo
from tenants.identity.api import Role, grant_role, system_of
from tenants.identity.models import Person
from tenants.identity.queries.account import PHONE as ACCOUNTS_PHONE
from tenants.identity.queries.account import phone_index
from tenants.registry.api import find_by_schema
from tests import leaks
from tests.app.advisers.office import Office
from tests.conftest import ADMIN, with_name
from tests.world import NOW, TODAY, World

HUBU, LINGSHAN, QINGBO = "330106109200", "330106109201", "330102001001"
ID_NUMBER, PHONE = "330106198501010001", "13812340001"  # of the office's first adviser
OTHER = "13987650001"  # of his account
Book = Callable[..., dict[str, Any]]


@pytest.fixture
def gone(office: Office) -> AdviserInfo:
    """Somebody whose only appointment ended yesterday."""
    made = office.adviser("何叙")
    office.appoint(made, HUBU, begins_on=TODAY - timedelta(days=90), ends_on=TODAY - timedelta(days=1))
    return made


def erase(world: World, who: AdviserInfo, *, by: str = "county", why: str = "本人要求") -> None:
    scope = world.scope(by)
    with inside(scope, read_only=False):
        erase_numbers(scope=scope, adviser_id=who.id, why=why, now=NOW)


def test_no_trace_of_either_number_is_left_and_the_archive_stays(
    world: World, office: Office, gone: AdviserInfo
) -> None:
    before = Adviser.objects.get(id=gone.id)
    erase(world, gone)
    row = Adviser.objects.get(id=gone.id)
    assert (bytes(row.id_sealed), bytes(row.phone_sealed), row.phone_tail) == (b"", b"", "")
    assert not {bytes(row.id_index), bytes(row.phone_index)} & {bytes(before.id_index), bytes(before.phone_index)}
    assert (row.name, row.firm_id, row.erased_at) == ("何叙", before.firm_id, NOW)
    scope = world.scope("county")
    with inside(scope, read_only=True):
        assert Appointment.objects.in_scope(scope).filter(adviser_id=gone.id).count() == 1
        booked = AuditEntry.objects.get(act="advisers.numbers.erased")
        assert (booked.why, booked.subject_id) == ("本人要求", str(gone.id))
        assert get_adviser(scope=scope, adviser_id=gone.id, on=TODAY).adviser.erased
    name = str(world_database())
    assert {where for where, text in leaks.every_value(name) if ID_NUMBER in text or PHONE in text} == set()


def with_account(world: World, who: AdviserInfo) -> int:
    """His sign-in, with a telephone and an address he left there, as ``take_over_address`` leaves them."""
    scope = world.scope("county")
    with inside(scope, read_only=False):
        made = open_account(scope=scope, adviser_id=who.id, now=NOW)
    person = Person.objects.get(id=made.person_id)
    person.email, person.phone_index = "hexu@example.cn", phone_index(OTHER)
    person.phone_sealed = crypto.encrypt(OTHER, ACCOUNTS_PHONE.place(PUBLIC_SCHEMA, person.pk))
    person.save()
    return int(person.pk)


def test_the_contacts_of_his_account_are_erased_with_his_numbers(world: World, gone: AdviserInfo) -> None:
    account = with_account(world, gone)
    erase(world, gone)
    row = Person.objects.get(id=account)
    assert (row.name, row.email, bytes(row.phone_sealed), bytes(row.phone_index)) == ("何叙", "", b"", b"")
    with inside(world.scope("county"), read_only=True):
        assert AuditEntry.objects.get(act="identity.contacts.erased").subject_id == str(account)


def test_an_account_that_holds_another_role_is_still_reached(world: World, gone: AdviserInfo) -> None:
    account = with_account(world, gone)
    with shared(read_only=False) as system:
        grant_role(scope=system, person_id=account, role=Role.LIAISON, node_id=world.node(HUBU), reason="兼任", now=NOW)
    erase(world, gone)
    assert Person.objects.get(id=account).email == "hexu@example.cn"
    assert Adviser.objects.get(id=gone.id).erased_at == NOW


def world_database() -> str:
    from django.db import connection

    return with_name(ADMIN, str(connection.settings_dict["NAME"]))


def test_the_same_person_can_be_registered_again(world: World, office: Office, gone: AdviserInfo) -> None:
    erase(world, gone)
    scope = world.scope("county")
    with inside(scope, read_only=False):
        again = register_adviser(
            scope=scope, firm_id=gone.firm_id, name="何叙", id_number=ID_NUMBER, phone=PHONE, now=NOW
        )
    assert again.id != gone.id


@pytest.mark.parametrize(("code", "by"), [(LINGSHAN, "county"), (QINGBO, "county2")])
@pytest.mark.parametrize("days", [0, 30])
def test_who_serves_now_or_later_in_whatever_county_is_not_erased(
    world: World, office: Office, book: Book, gone: AdviserInfo, code: str, by: str, days: int
) -> None:
    office.appoint(gone, code, by=by, begins_on=TODAY + timedelta(days=days))
    before = book()
    with pytest.raises(Refused, match=r"advisers\.still_serves") as refused:
        erase(world, gone)
    assert refused.value.message == "他还在 1 个社区任职或即将任职，先结束聘任才能删除。"
    assert book() == before


@pytest.mark.parametrize(
    ("by", "why", "refusal"), [("county2", "本人要求", Missing), ("street", "本人要求", Forbidden), ("county", " ", Invalid),
                               ("county", f"电话 {PHONE}", Invalid)]
)  # fmt: skip
def test_who_may_not_or_says_no_reason_erases_nothing(
    world: World, book: Book, gone: AdviserInfo, by: str, why: str, refusal: type[Refused]
) -> None:
    before = book()
    with pytest.raises(refusal):
        erase(world, gone, by=by, why=why)
    assert book() == before


def test_nothing_more_is_done_with_an_erased_entry(world: World, book: Book, gone: AdviserInfo) -> None:
    erase(world, gone)
    scope, before = world.scope("county"), book()
    acts: list[Callable[[], Any]] = [
        lambda: erase_numbers(scope=scope, adviser_id=gone.id, why="再删一次", now=NOW),
        lambda: update_adviser(scope=scope, adviser_id=gone.id, phone="13912345678", now=NOW),
        lambda: show_numbers(scope=scope, adviser_id=gone.id, reason="核对", now=NOW),
        lambda: appoint_adviser(scope=scope, adviser_id=gone.id, node_id=world.node(HUBU), begins_on=TODAY, ends_on=None,
                                now=NOW),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(Refused), inside(scope, read_only=False):
            act()
    assert book() == before
    with inside(scope, read_only=True):
        found = list_candidates(scope=scope, node_id=world.node(HUBU), on=TODAY)
        assert gone.id not in {one.adviser.id for one in found}


def test_who_is_banned_is_kept_until_the_ban_is_over(world: World, book: Book, gone: AdviserInfo) -> None:
    Adviser.objects.filter(id=gone.id).update(banned_until=TODAY, ban_reason="处分")
    before = book()
    with pytest.raises(Refused, match=r"advisers\.still_banned"):
        erase(world, gone)
    assert book() == before
    Adviser.objects.filter(id=gone.id).update(banned_until=TODAY - timedelta(days=1))
    erase(world, gone)
    assert Adviser.objects.get(id=gone.id).erased_at == NOW


# ---- when their days are over ------------------------------------------------------------------------------------------
DAYS = 1096  # three years, whichever


def night(world: World, days: int, code: str = "330106") -> int:
    """The night so many days from now; how many entries it emptied. Nobody's account is in the way of that count."""
    with time_machine.travel(NOW + timedelta(days=days), tick=True):
        return clean_up(world.schema(code))


def is_erased(who: AdviserInfo) -> bool:
    return Adviser.objects.get(id=who.id).erased_at is not None


def test_numbers_go_three_years_after_the_last_appointment_and_are_booked_where_he_served(
    world: World, office: Office, gone: AdviserInfo
) -> None:
    before = Adviser.objects.get(id=gone.id)
    assert night(world, DAYS - 2) == 0
    assert not is_erased(gone)
    assert night(world, DAYS) == 1
    row = Adviser.objects.get(id=gone.id)
    assert (bytes(row.id_sealed), bytes(row.phone_sealed), row.phone_tail, row.name) == (b"", b"", "", "何叙")
    assert not {bytes(row.id_index), bytes(row.phone_index)} & {bytes(before.id_index), bytes(before.phone_index)}
    scope = world.scope("county")
    with inside(scope, read_only=True):
        assert Appointment.objects.in_scope(scope).filter(adviser_id=gone.id).count() == 1
        booked = AuditEntry.objects.get(act="advisers.numbers.erased")
    assert (booked.role, booked.subject_id, booked.why[:4]) == ("system", str(gone.id), "保存期满")
    assert night(world, DAYS + 1) == 0


@pytest.mark.parametrize(("code", "by"), [(LINGSHAN, "county"), (QINGBO, "county2")])
@pytest.mark.parametrize(("begins", "ends"), [(0, None), (0, DAYS + 5), (DAYS + 5, None), (0, 10)])
def test_who_serves_then_or_later_or_served_since_in_whatever_county_keeps_his_numbers(
    world: World, office: Office, gone: AdviserInfo, code: str, by: str, begins: int, ends: int | None
) -> None:
    office.appoint(gone, code, by=by, begins_on=TODAY + timedelta(days=begins),
                   ends_on=TODAY + timedelta(days=ends) if ends else None)  # fmt: skip
    for county in ("330106", "330102", "33"):
        assert night(world, DAYS, county) == 0
    assert not is_erased(gone)


def test_the_county_he_served_last_erases_and_no_other(world: World, office: Office, gone: AdviserInfo) -> None:
    office.appoint(gone, QINGBO, by="county2", begins_on=TODAY, ends_on=TODAY + timedelta(days=10))
    assert night(world, DAYS + 20) == 0
    assert night(world, DAYS + 20, "33") == 0
    assert night(world, DAYS + 20, "330102") == 1
    with inside(world.scope("county2"), read_only=True):
        assert AuditEntry.objects.filter(act="advisers.numbers.erased").count() == 1


def test_who_never_served_and_who_is_banned_keep_theirs(world: World, office: Office, gone: AdviserInfo) -> None:
    never = office.adviser("未任")
    Adviser.objects.filter(id=gone.id).update(banned_until=TODAY + timedelta(days=DAYS + 30), ban_reason="处分")
    assert night(world, DAYS + 20) == 0
    assert (is_erased(gone), is_erased(never)) == (False, False)
    assert night(world, DAYS + 40) == 1
    assert (is_erased(gone), is_erased(never)) == (True, False)


def test_who_is_appointed_while_the_night_waits_for_him_keeps_his_numbers(
    world: World, office: Office, gone: AdviserInfo
) -> None:
    system = system_of(find_by_schema(world.schema("330106")))
    later = NOW + timedelta(days=DAYS)
    office.appoint(gone, LINGSHAN, begins_on=later.date())
    with inside(system, read_only=False):
        _erase_in_time(system, [gone.id], later)
    assert not is_erased(gone)


def test_the_page_says_ahead_what_goes_tonight_and_the_province_may_say_other_days(
    world: World, office: Office, gone: AdviserInfo, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = "离任顾问的身份证号和手机号"
    with time_machine.travel(NOW + timedelta(days=400), tick=True):
        page = sign_in("county").get("/settings/kept/").content.decode()
        row = page[page.index(label) :].split("</tr>", 1)[0]
        assert "1,096 天" in row or "1096 天" in row
        assert ">0</td>" in row
        assert label not in sign_in("leader").get("/settings/kept/").content.decode()  # nobody serves a province
        said = [lambda key, node, day: 365 if key == "advisers.numbers_kept" else None]
        monkeypatch.setattr(parameters, "_resolver", said)
        found = {one["purpose"]: one for one in sign_in("county").get("/api/v1/settings/kept/").json()}
    assert (found["adviser-numbers"]["days"], found["adviser-numbers"]["due"]) == (365, 1)
    assert not is_erased(gone)
    assert night(world, 400) == 1
