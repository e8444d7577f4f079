"""A firm's manager reads of the log who was given his firm's roles and by whom, and no other firm's rows nor anybody's else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from falin.kernel import audit
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from falin.portal import booked, seen
from services.advisers.commands.registering import register_firm
from tenants.identity.api import Role, create_person, end_binding, grant_role, propose_role, read_signed_in, scope_of
from tenants.identity.models import Person
from tests.world import NOW, World, today


class Firms:
    """Two firms; ``both`` manages the two of them, ``one`` and ``other`` were given their roles by their own manager."""

    def __init__(self, world: World) -> None:
        self.world, team = world, world.scope("county")
        with inside(team, read_only=False):
            self.firm, self.elsewhere = (
                str(register_firm(scope=team, name=name, now=NOW).id) for name in ("甲律师事务所", "乙律师事务所")
            )
        self.person: dict[str, int] = {}
        with shared(read_only=False) as system:
            for username, name in (("both", "顾听澜"), ("one", "沈清和"), ("other", "尤清商")):
                made = create_person(scope=system, username=username, name=name, password=None, encoded="!", now=NOW,
                                     must_change_password=False)  # fmt: skip
                self.person[username] = made.id
            for firm in (self.firm, self.elsewhere):
                grant_role(scope=system, person_id=self.person["both"], role=Role.FIRM_MANAGER, node_id=world.node("33"),
                           subject_id=firm, reason="合同", now=NOW)  # fmt: skip
        self.binding = {"one": self.give("one", self.firm), "other": self.give("other", self.elsewhere)}

    def give(self, username: str, firm: str) -> int:
        scope = self.scope("both", firm)
        with inside(scope, read_only=False):
            return propose_role(scope=scope, person_id=self.person[username], role=Role.FIRM_MANAGER, reason="接手",
                                node_id=self.world.node("33"), begins_on=today(), ends_on=today() + timedelta(days=90),
                                now=NOW).id  # fmt: skip

    def scope(self, username: str, firm: str) -> Scope:
        signed_in = read_signed_in(person_id=self.person[username], on=today())
        assert signed_in is not None
        return scope_of(signed_in, next(hat for hat in signed_in.hats if hat.subject_id == firm))

    def read(self, firm: str, **of: str) -> list[tuple[str, str]]:
        scope = self.scope("both", firm)
        with inside(scope, read_only=True):
            return [(act.act, act.subject_id) for act in booked.history(scope=scope, **of).acts]


@pytest.fixture
def firms(world: World) -> Firms:
    return Firms(world)


def test_under_each_firm_stands_what_was_given_and_ended_in_its_name_and_nothing_of_the_other(firms: Firms) -> None:
    one, other = str(firms.person["one"]), str(firms.person["other"])
    assert firms.read(firms.firm) == [("identity.role.granted", one)]
    assert firms.read(firms.elsewhere) == [("identity.role.granted", other)]
    scope = firms.scope("both", firms.firm)
    with inside(scope, read_only=False):
        end_binding(scope=scope, binding_id=firms.binding["one"], why="调走", now=NOW)
    assert firms.read(firms.firm) == [("identity.role.ended", one), ("identity.role.granted", one)]
    assert firms.read(firms.elsewhere) == [("identity.role.granted", other)]
    assert firms.read(firms.firm, kind="person", subject_id=other) == []


def test_other_roles_of_his_people_and_other_acts_of_the_body_are_not_his_to_read(firms: Firms) -> None:
    leader = firms.world.scope("leader")
    mine = firms.read(firms.firm)
    with inside(leader, read_only=False):
        for act, subject in (("identity.role.granted", ("person", firms.person["one"])),
                             ("settings.statement.made", ("setting", "duty.hours_a_month")),
                             ("portal.list.exported", ("list", "people")),
                             ("identity.token.made", ("person", firms.person["one"]))):  # fmt: skip
            audit.record(scope=leader, act=act, subject=subject, node_id=leader.roots[0], now=NOW, after={"binding": 0})
    assert firms.read(firms.firm) == mine


def test_the_pages_and_the_api_open_to_him_and_say_no_word_of_a_county(firms: Firms, sign_in: Any) -> None:
    client = sign_in("one")
    (act,) = client.get("/api/v1/history/").json()["acts"]
    assert (act["act"], act["person"]) == ("identity.role.granted", "顾听澜")
    assert act["subject_id"] == str(firms.person["one"])
    page = client.get("/history/").content.decode()
    assert "授予身份" in page
    assert "登记律所" not in page  # booked in the county that registered it
    assert client.get(f"/history/firm/{firms.firm}/").status_code == 200
    assert client.get(f"/api/v1/history/firm/{firms.firm}/").json()["acts"] == []
    assert "授予身份" in client.get(f"/history/person/{firms.person['one']}/").content.decode()
    for refused in ("/audit/", f"/history/firm/{firms.firm}/seen/", "/api/v1/audit/"):
        assert client.get(refused).status_code == 403


def test_who_reads_his_firms_roles_alone_is_not_among_those_who_could_have_seen_another_thing(firms: Firms) -> None:
    leader, auditor = firms.world.scope("leader"), firms.world.scope("auditor")
    with inside(leader, read_only=False):
        audit.record(scope=leader, act="settings.statement.made", subject=("setting", "k"), node_id=leader.roots[0],
                     now=NOW)  # fmt: skip
    with inside(auditor, read_only=True):
        found = seen.who_could_see(
            scope=auditor, kind="setting", subject_id="k", on=today(), now=NOW + timedelta(days=90)
        )
    named = {right.binding.person.id for right in found.readers.rights}
    assert Person.objects.get(username="leader").id in named
    assert not named & set(firms.person.values())
