"""What is said about a thing, on its pages and for programs; nothing needs scripts."""

from __future__ import annotations

import re
from typing import Any

from falin.kernel import relay
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
from tests.app.duty.cast import VILLAGE, engage
from tests.world import NOW, World


def test_one_writes_names_somebody_and_he_is_led_to_the_thing(world: World, sign_in: Any) -> None:
    adviser = engage(world)
    where, county, street = f"/desk/comments/adviser/{adviser.id}/", sign_in("county"), world.scope("street")
    assert f'href="{where}"' in county.get(f"/advisers/{adviser.id}/").content.decode()
    page = county.get(where).content.decode()
    assert "还没有评论" in page and "@何淑兰" in page
    assert county.post(where, {"text": "考试证书请再看一眼", "tell": [street.person_id]}).headers["Location"] == where
    system = system_of(find_by_schema(world.schema("330106")))
    relay.drain({system.schema: system}, clock=lambda: NOW)
    other = sign_in("street")
    notices = other.get("/desk/notices/").content.decode()
    assert "叶明远在“陆知微”的评论里提到了您" in notices and "证书" not in notices
    read = re.search(r"/desk/notices/\d+/read/", notices)
    assert read
    assert other.post(read[0]).headers["Location"] == where
    seen = other.get(where).content.decode()
    assert "考试证书请再看一眼" in seen and "@何淑兰" in seen and "take-back" not in seen


def test_what_cannot_be_is_said_at_the_field_and_nothing_typed_is_lost(world: World, sign_in: Any) -> None:
    engage(world)
    client, where = sign_in("county"), f"/desk/comments/division/{world.node(VILLAGE)}/"
    answer = client.post(where, {"text": "打 13912345678 问他"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "请不要写证件号码和手机号码" in page and "打 13912345678 问他" in page
    stranger = client.post(where, {"text": "请看", "tell": [world.scope("county2").person_id]})
    assert stranger.status_code == 422 and "请从列出的人里选" in stranger.content.decode()
    assert client.get(f"/desk/comments/division/{world.node('330102001001')}/").status_code == 404


def test_the_page_of_a_things_history_holds_what_was_said_of_it(world: World, sign_in: Any) -> None:
    adviser = engage(world)
    client = sign_in("county")
    client.post(f"/desk/comments/adviser/{adviser.id}/", {"text": "考试证书请再看一眼"})
    page = client.get(f"/history/adviser/{adviser.id}/").content.decode()
    assert "考试证书请再看一眼" in page and "写评论" in page
    auditor = sign_in("auditor3").get(f"/history/adviser/{adviser.id}/").content.decode()
    assert "写评论" in auditor and "考试证书" not in auditor  # that it was said is booked; what was said is not his


def test_the_api_says_and_takes_the_same(world: World, sign_in: Any) -> None:
    adviser = engage(world)
    client, where = sign_in("county"), f"/api/v1/desk/comments/adviser/{adviser.id}/"
    told = world.scope("street").person_id
    made = client.post(where, {"text": "请核实", "tell": [told]}, content_type="application/json")
    assert (made.status_code, made.json()["told"]) == (201, ["何淑兰"])
    talk = client.get(where).json()
    assert (talk["title"], [one["text"] for one in talk["comments"]]) == ("陆知微", ["请核实"])
    assert told in {one["person_id"] for one in talk["readers"]}
    own = f"/api/v1/desk/comments/{made.json()['id']}/"
    assert sign_in("street").delete(own).status_code == 404
    assert client.delete(own).status_code == 204
    assert client.get(where).json()["comments"][0]["text"] == ""
    refused = client.post(where, {"text": "请看", "tell": [1]}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "desk.cannot_tell")
