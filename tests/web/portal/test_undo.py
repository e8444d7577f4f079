"""The sentence after an act carries the button that undoes it: a plain form, where there are no scripts."""

from __future__ import annotations

import re
from typing import Any

import time_machine
from django.test import Client

from falin.kernel.transactions import inside
from falin.ui.undo import Undo, read_undo
from services.advisers.api import list_appointments
from tests.app.duty.cast import VILLAGE, engage, log
from tests.app.stations.cast import opened
from tests.world import NOW, World

_FORM = re.compile(
    r'<form method="post" action="([^"]+)">((?:<input[^>]+>)+)<button class="f-btn f-btn--sm"><svg[^>]*>.*?</svg>撤回'
)
_FIELD = re.compile(r'name="([^"]+)" value="([^"]*)"')


def _press_undo(client: Client, page: str) -> Any:
    """What a browser without scripts sends when the button is pressed."""
    found = _FORM.search(page)
    assert found, "no button to undo"
    return client.post(found[1], dict(_FIELD.findall(found[2])), follow=True)


def test_an_appointment_that_was_ended_by_mistake_is_taken_back(world: World, sign_in: Any) -> None:
    engage(world)
    scope, client = world.scope("county"), sign_in("county")
    with inside(scope, read_only=True):
        (item,) = list_appointments(scope=scope, node_ids=[world.node(VILLAGE)])
    said = client.post(f"/advisers/appointments/{item.id}/end/", {"on_day": "2030-01-01", "why": "点错了"}, follow=True)
    back = _press_undo(client, said.content.decode())
    assert "已撤回，陆知微的聘任照旧" in back.content.decode()
    with inside(scope, read_only=True):
        assert list_appointments(scope=scope, node_ids=[world.node(VILLAGE)])[0].ends_on is None
    again = client.post(f"/advisers/appointments/{item.id}/resume/", follow=True)
    assert "只能由经办人在 10 分钟内撤回" in again.content.decode()


def test_a_visit_that_was_voided_by_mistake_is_taken_back(world: World, sign_in: Any) -> None:
    adviser = engage(world)
    visit = log(world, adviser.scope(world))
    client = sign_in(adviser.username)
    with time_machine.travel(NOW):
        client = sign_in(adviser.username)
        said = client.post(f"/duty/visits/{visit.id}/void/", {"why": "记重了"}, follow=True)
        back = _press_undo(client, said.content.decode())
        assert "已撤回作废，照旧计时" in back.content.decode()


def test_hours_that_were_taken_off_the_board_by_mistake_stand_there_again(world: World, sign_in: Any) -> None:
    node = world.node(VILLAGE)
    client = sign_in("liaison")
    client.post(f"/duty/hours/{node}/", {"weekdays": ["2"], "begins_at": "09:00", "ends_at": "11:00", "room": "一楼"})
    said = client.post(f"/duty/hours/{node}/withdraw/", follow=True)
    assert "每周二 09:00" not in said.content.decode()
    back = _press_undo(client, said.content.decode()).content.decode()
    assert "已撤回，居民照旧看得到" in back
    assert "09:00–11:00" in back
    again = client.post(f"/duty/hours/{node}/restore/", follow=True)
    assert "只能由经办人在 10 分钟内撤回" in again.content.decode()


def test_a_station_that_was_closed_by_mistake_is_open_again(world: World, sign_in: Any) -> None:
    made = opened(world)
    client = sign_in("county")
    said = client.post(f"/stations/{made.id}/close/", {"on_day": "2026-11-16", "why": "点错了"}, follow=True)
    back = _press_undo(client, said.content.decode()).content.decode()
    assert "已撤回关闭，居民照旧看得到" in back
    assert f"/stations/{made.id}/close/" in back  # it can be closed, so it is open
    again = client.post(f"/stations/{made.id}/reopen/", follow=True)
    assert "只能由经办人在 10 分钟内撤回" in again.content.decode()


def test_a_reminder_is_taken_back_from_the_list_it_was_sent_in(world: World, sign_in: Any) -> None:
    adviser = engage(world)
    with time_machine.travel(NOW):
        client = sign_in("county")
        pair = {"pick": f"{world.node(VILLAGE)}:{adviser.id}", "month": "2026-11", "next": "/duty/behind/?view=none"}
        said = client.post("/duty/behind/remind/", pair, follow=True)
        back = _press_undo(client, said.content.decode())
        assert "已撤回 1 条提醒" in back.content.decode()
        assert back.redirect_chain[-1][0] == "/duty/behind/?view=none"


def test_a_message_leads_nowhere_else() -> None:
    assert read_undo("/duty/take-back/?reminder=3&next=/duty/") == Undo(
        "/duty/take-back/", (("reminder", "3"), ("next", "/duty/"))
    )
    assert read_undo("") is None and read_undo("safe") is None
