"""One page tells everybody what he may bring in from a file, and leads to nothing that would refuse him."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.world import PEOPLE, World


def brought_in(client: Any) -> list[str]:
    page = client.get("/jobs/").content.decode()
    _head, found, section = page.partition("从文件导入")
    return re.findall(r'<(?:a|a class="[^"]*") href="([^"]+)"', section.split("</section>")[0]) if found else []


@pytest.mark.parametrize("username", PEOPLE)
def test_whoever_is_led_to_an_import_may_do_it(username: str, world: World, sign_in: Any) -> None:
    client = sign_in(username)
    for address in brought_in(client):
        answer = client.get(address)
        assert answer.status_code == 200, address
        answer.close()


def test_the_countys_team_finds_its_sheets_and_a_liaison_none(world: World, sign_in: Any) -> None:
    assert {"/advisers/import/", "/stations/sheets/"} <= set(brought_in(sign_in("county")))
    assert "/stations/sheets/" in brought_in(sign_in("street"))
    assert brought_in(sign_in("liaison")) == []
