"""Search over everything in scope, as people type it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from falin.kernel import jobs
from falin.kernel.transactions import inside
from tests.app.duty.cast import engage
from tests.world import NOW, World


def _found(client: Client, text: str, **more: str) -> dict[str, list[str]]:
    answer = client.get("/api/v1/search/", {"q": text, **more})
    assert answer.status_code == 200, answer.content
    return {group["kind"]: [hit["name"] for hit in group["hits"]] for group in answer.json()}


@pytest.mark.parametrize("typed", ["灵山", "灵", "lingshan", "ling shan cun", "lsc", " 灵山村 ", "LSC"])
def test_a_place_is_found_however_it_is_typed(typed: str, world: World, sign_in: Any) -> None:
    assert "灵山村" in _found(sign_in("county"), typed)["places"]


def test_a_place_of_the_neighbour_is_not_found(world: World, sign_in: Any) -> None:
    assert "places" not in _found(sign_in("county"), "清波")
    assert _found(sign_in("leader"), "清波")["places"]


def test_advisers_firms_people_settings_pages_and_jobs_are_found_each_in_its_group(world: World, sign_in: Any) -> None:
    engage(world, "温若溪")
    scope = world.scope("county")
    jobs.register("tests.errand", lambda run: {})
    with inside(scope, read_only=False):
        jobs.ask(scope=scope, kind="tests.errand", title="十月的材料", parameters={}, now=NOW)
    client = sign_in("county")
    found = _found(client, "温若溪")
    assert found["advisers"] == ["温若溪"]
    assert _found(client, "十月的材料")["jobs"] == ["十月的材料"]  # no title names anybody
    assert _found(client, "wrx")["advisers"] == ["温若溪"]
    assert _found(client, "时长")["settings"]
    assert "空缺" in _found(client, "kongque")["pages"]
    assert _found(client, "律师事务所")["firms"]


def test_what_the_role_may_not_list_is_not_searched(world: World, sign_in: Any) -> None:
    engage(world, "温若溪")
    found = _found(sign_in("leader"), "温若溪")
    assert "advisers" not in found
    assert "people" not in found


def test_one_kind_alone_shows_more_and_the_page_of_all_says_where(world: World, sign_in: Any) -> None:
    client = sign_in("leader")
    all_kinds = client.get("/search/", {"q": "社区"}).content.decode()
    assert "?q=%E7%A4%BE%E5%8C%BA&amp;kind=places" in all_kinds
    alone = _found(client, "社区", kind="places")
    assert list(alone) == ["places"]
    assert len(alone["places"]) > 6


@pytest.mark.parametrize(
    "typed", ["", "   ", "%", "_", "'", "\\", "<script>alert(1)</script>", "没" * 500, "🙂", "a" * 61]
)
def test_odd_words_find_nothing_and_break_nothing(typed: str, world: World, sign_in: Any) -> None:
    answer = sign_in("county").get("/search/", {"q": typed})
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_a_search_asks_as_many_questions_however_much_it_finds(
    world: World, sign_in: Any, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("county")
    client.get("/search/", {"q": "社区"})
    with django_assert_max_num_queries(24):
        client.get("/search/", {"q": "区"})
