"""One session, two tabs, two roles: what was opened in one role is never done in the other."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside, shared
from services.advisers.models import Firm
from tenants.identity.api import Role, grant_role, read_signed_in, scope_of
from tests.world import World

FIRM = "西子律师事务所"


def two_hats(world: World, sign_in: Any) -> tuple[Client, str, str]:
    """The county team of 西湖区, who works for 上城区 as well; the keys of both hats."""
    with shared(read_only=False) as system:
        grant_role(scope=system, person_id=world.scope("county").person_id, role=Role.COUNTY_TEAM,
                   node_id=world.node("330102"), reason="兼任", now=world.now)  # fmt: skip
    client = sign_in("county")
    page = client.get("/").content.decode()
    keys = re.findall(r'name="hat" value="([^"]+)"', page)
    assert len(keys) == 2
    mine = world.scope("county2").hat
    return client, next(key for key in keys if key != mine), mine


def form_of(client: Client) -> dict[str, str]:
    page = client.get("/advisers/firms/new/").content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(_\w+)" value="([^"]*)"', page))
    return {**hidden, "name": FIRM, "licence_no": "23301201910000001"}


def wear(client: Client, key: str) -> None:
    assert client.post("/hat/", {"hat": key}).status_code == 302


def test_a_form_opened_in_one_role_is_not_sent_in_another(world: World, sign_in: Any) -> None:
    client, west, east = two_hats(world, sign_in)
    wear(client, west)
    filled = form_of(client)
    wear(client, east)  # in the other tab
    answer = client.post("/advisers/firms/new/", filled)
    assert answer.status_code == 409
    assert "身份换过了，没有提交" in answer.content.decode()
    assert not Firm.objects.filter(name=FIRM).exists()


def test_what_was_filled_in_goes_on_in_the_role_it_was_meant_for(world: World, sign_in: Any) -> None:
    client, west, east = two_hats(world, sign_in)
    wear(client, west)
    filled = form_of(client)
    wear(client, east)
    page = client.post("/advisers/firms/new/", filled).content.decode()
    form = next(part for part in page.split("<form") if 'name="_next"' in part)
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    answer = client.post("/hat/", again, follow=True)
    assert answer.redirect_chain[0] == ("/advisers/firms/new/", 307)
    assert Firm.objects.filter(name=FIRM).exists()
    signed_in = read_signed_in(person_id=world.scope("county").person_id, on=world.today)
    assert signed_in is not None
    meant = scope_of(signed_in, next(hat for hat in signed_in.hats if hat.key == west))
    with inside(meant, read_only=True):
        booked = AuditEntry.objects.get(act="advisers.firm.registered")
    assert booked.person_id == world.scope("county").person_id


def test_after_a_change_of_hats_nobody_is_sent_to_another_site(world: World, sign_in: Any) -> None:
    client, west, _east = two_hats(world, sign_in)
    for elsewhere in ("//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        answer = client.post("/hat/", {"hat": west, "_next": elsewhere})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_page_of_a_role_that_was_lost_since_acts_in_no_other(world: World, sign_in: Any) -> None:
    client, west, _east = two_hats(world, sign_in)
    wear(client, west)
    filled = form_of(client)
    filled["_hat"] = "street_officer@1"  # held when the page was opened, and lost
    answer = client.post("/advisers/firms/new/", filled)
    assert answer.status_code == 409
    assert "_next" not in answer.content.decode()
    assert not Firm.objects.filter(name=FIRM).exists()


def test_a_program_that_names_its_role_is_held_to_it(world: World, sign_in: Any) -> None:
    client, west, east = two_hats(world, sign_in)
    wear(client, east)
    answer = client.post("/api/v1/advisers/firms/", {"name": FIRM}, content_type="application/json",
                         headers={"X-Falin-Hat": west})  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (409, "kernel.other_hat")
