"""The pages on which it is posted when an adviser can be met."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from tests.app.duty.cast import GEM
from tests.world import World

RIGHT = {"weekdays": ["2", "4"], "begins_at": "09:00", "ends_at": "11:00", "room": "北山路 8 号"}


def _page(world: World) -> str:
    return reverse("duty:post", args=[world.node(GEM)])


def test_what_is_posted_stands_in_the_list_and_on_the_public_page(world: World, sign_in: Any) -> None:
    client = sign_in("street2")
    assert client.post(_page(world), RIGHT).status_code == 302
    assert "周二、周四 09:00–11:00" in client.get(reverse("duty:posts")).content.decode()
    assert "周二、周四" in sign_in("leader").get(f"/public/330106/places/{GEM}/").content.decode()


def test_the_list_has_one_sign_a_street_for_what_is_not_posted(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    unposted = client.get(reverse("duty:posts")).content.decode()
    assert unposted.count("f-tag--watch") == unposted.count('<tr class="f-group') > 1
    client.post(_page(world), RIGHT)
    posted = client.get(reverse("duty:posts")).content.decode()
    assert posted.count('<tr class="f-group">') == 1 and posted.count("f-tag--watch") < posted.count(
        '<tr class="f-group'
    )


def test_hours_that_run_backwards_are_said_at_their_field_and_nothing_is_lost(world: World, sign_in: Any) -> None:
    answer = sign_in("county").post(_page(world), {**RIGHT, "ends_at": "08:00"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "结束的时间要晚于开始的时间。" in page and 'value="北山路 8 号"' in page and 'value="08:00"' in page


def test_no_day_is_said_at_its_field(world: World, sign_in: Any) -> None:
    answer = sign_in("county").post(_page(world), {**RIGHT, "weekdays": []})
    assert answer.status_code == 422 and "请选星期几。" in answer.content.decode()


def test_a_neighbours_community_is_not_there(world: World, sign_in: Any) -> None:
    assert sign_in("county2").get(_page(world)).status_code == 404
    assert sign_in("county2").post(_page(world), RIGHT).status_code == 404
