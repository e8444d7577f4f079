"""Search over everything in scope, as people type it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from falin.kernel import jobs
from falin.kernel.transactions import inside
from services.advisers.api import get_adviser
from services.duty.commands import void_visit
from tenants.identity.api import Role
from tests.app.duty.cast import GEM, Adviser, at, engage, log
from tests.app.identity.cast import enter, hold
from tests.world import NOW, PEOPLE, World


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
        jobs.ask(scope=scope, kind="tests.errand", title="整理材料", parameters={}, now=NOW)
    client = sign_in("county")
    found = _found(client, "温若溪")
    assert found["advisers"] == ["温若溪"]
    assert _found(client, "整理")["jobs"] == ["整理材料"]
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


# ---- visits -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def visited(world: World) -> Adviser:
    """Two advisers with visits in two communities; one of the visits was voided."""
    mine, other = engage(world), engage(world, "郑安", username="zhengan", number=2, places=(("county", GEM),))
    log(world, mine.scope(world), topic="宅基地纠纷")
    log(world, mine.scope(world), node_id=world.node(GEM), begins_at=at(date(2026, 11, 13), 9),
        ends_at=at(date(2026, 11, 13), 10), written_at=at(date(2026, 11, 13), 12), topic="劳动合同")  # fmt: skip
    log(world, other.scope(world), node_id=world.node(GEM), begins_at=at(date(2026, 11, 14), 9),
        ends_at=at(date(2026, 11, 14), 10), written_at=at(date(2026, 11, 14), 12), topic="赡养")  # fmt: skip
    wrong = log(world, other.scope(world), node_id=world.node(GEM), begins_at=at(date(2026, 11, 15), 9),
                ends_at=at(date(2026, 11, 15), 10), written_at=at(date(2026, 11, 15), 12))  # fmt: skip
    with inside(other.scope(world), read_only=False):
        void_visit(scope=other.scope(world), visit_id=wrong.id, why="记错了", now=NOW)
    return mine


def _visits(client: Client, text: str) -> list[str]:
    return _found(client, text, kind="visits").get("visits", [])


GEM_OF_MINE, GEM_OF_OTHER = "陆知微 2026年11月13日到宝石社区", "郑安 2026年11月14日到宝石社区"


def test_an_adviser_finds_his_own_visits_by_community_topic_and_note_and_nobody_elses(
    world: World, visited: Adviser, sign_in: Any
) -> None:
    client = sign_in("luzhiwei")
    assert _visits(client, "宝石") == _visits(client, "bssq") == _visits(client, "劳动合同") == [GEM_OF_MINE]
    assert len(_visits(client, "协议")) == 2  # as he wrote it in the note
    assert _visits(client, "赡养") == _visits(client, "郑安") == []


@pytest.mark.parametrize("username", ["county", "street2", "auditor3"])
def test_officials_find_the_visits_of_their_places_by_community_and_adviser_and_by_nothing_he_wrote(
    world: World, visited: Adviser, sign_in: Any, username: str
) -> None:
    client = sign_in(username)
    assert _visits(client, "宝石社区") == [GEM_OF_OTHER, GEM_OF_MINE]
    assert _visits(client, "郑安") == [GEM_OF_OTHER]
    assert _visits(client, "zhengan") == (
        [GEM_OF_OTHER] if username != "auditor3" else []
    )  # he has no list of advisers
    for written in ("赡养", "宅基地", "协议"):
        assert _visits(client, written) == []
        assert written not in client.get("/search/", {"q": "宝石"}).content.decode()


@pytest.mark.parametrize("username", ["street", "liaison", "county2", "leader", "city"])
def test_whose_place_it_is_not_or_who_reads_no_single_visits_finds_none(
    world: World, visited: Adviser, sign_in: Any, username: str
) -> None:
    assert _visits(sign_in(username), "宝石") == _visits(sign_in(username), "郑安") == []


# ---- what a hit leads to ----------------------------------------------------------------------------------------------
def test_who_is_there_for_rows_of_his_own_finds_the_places_they_lie_in(
    world: World, visited: Adviser, sign_in: Any
) -> None:
    firm = _firm_of(world, visited)
    enter("manager", "顾听澜")
    hold(world, "manager", Role.FIRM_MANAGER, "33", subject_id=firm)
    for username in ("luzhiwei", "manager"):
        client = sign_in(username)
        assert _found(client, "bssq")["places"] == ["宝石社区"]
        assert _found(client, "社区")["places"] == ["宝石社区"]
        assert "places" not in _found(client, "清波")


def _firm_of(world: World, adviser: Adviser) -> str:
    scope = world.scope("county")
    with inside(scope, read_only=True):
        return str(get_adviser(scope=scope, adviser_id=adviser.id, on=world.today).adviser.firm_id)


OTHERS = {
    "finance": Role.COUNTY_FINANCE, "inspector": Role.INSPECTOR, "evaluator": Role.EVALUATOR, "steward": Role.DATA_STEWARD,
    "sysadmin": Role.SYSTEM_ADMINISTRATOR, "security": Role.SECURITY_ADMINISTRATOR,
    "auditadmin": Role.AUDIT_ADMINISTRATOR,
}  # fmt: skip
COUNTIES = {Role.COUNTY_FINANCE, Role.INSPECTOR, Role.DATA_STEWARD}
TYPED = ("社区", "区", "湖埠", "宝石", "陆知微", "律师", "县", "时长", "到访", "jz", "操作", "省")


def test_every_hit_of_every_role_leads_to_a_page_that_opens(world: World, visited: Adviser, sign_in: Any) -> None:
    for username, role in OTHERS.items():
        enter(username)
        hold(world, username, role, "330106" if role in COUNTIES else "33")
    enter("manager")
    hold(world, "manager", Role.FIRM_MANAGER, "33", subject_id=_firm_of(world, visited))
    roles = set()
    for username in (*PEOPLE, *OTHERS, "manager", "luzhiwei", "operator"):
        client, opened = sign_in(username), set()
        roles.add((world.scope(username) if username != "luzhiwei" else visited.scope(world)).role)
        for text in TYPED:
            for group in client.get("/api/v1/search/", {"q": text}).json():
                opened |= {hit["url"] for hit in group["hits"]}
        assert opened
        for url in opened:
            assert client.get(url).status_code == 200, (username, url)
    assert roles == set(Role) - {Role.RESIDENT}
