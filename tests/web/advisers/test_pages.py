"""The advisers' pages: who may open them, what they show, and each refusal at its field with nothing changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine

from services.advisers.models import Seat
from services.advisers.rules.numbers import check_character
from tests.app.advisers.office import UNKNOWN, Office
from tests.world import NOW, World

HUBU, LINGSHAN, BAOSHI, QINGBO = "330106109200", "330106109201", "330106002001", "330102001001"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_county_sees_its_list_and_the_squares(world: World, office: Office, sign_in: Any) -> None:
    office.appoint(office.adviser("何叙", specialties=("物业",)), HUBU, ends_on=date(2026, 11, 25))
    page = sign_in("county").get("/advisers/")
    assert page.status_code == 200
    assert "何叙" in text(page)
    assert "9 天后到期" in text(page)
    assert "1 个已配备（20.0%），4 个空缺，1 个在 30 天内到期" in text(page)
    assert "双浦镇 3 个社区，2 个没有顾问，1 个 30 天内到期" in text(page)
    assert "批量导入" in text(page)
    assert "style=" not in text(page)


def test_a_neighbour_sees_an_empty_list(world: World, office: Office, sign_in: Any) -> None:
    adviser = office.adviser("何叙")
    made = office.appoint(adviser, HUBU)
    client = sign_in("county2")
    assert "何叙" not in text(client.get("/advisers/"))
    for address in (
        f"/advisers/{adviser.id}/", f"/advisers/{adviser.id}/ban/", f"/advisers/communities/{made.node_id}/",
        f"/advisers/appointments/{made.id}/end/", f"/advisers/appoint/?community={made.node_id}",
        f"/advisers/vacancies/{made.node_id}/",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address


def test_a_street_officer_reads_and_is_offered_no_act(world: World, office: Office, sign_in: Any) -> None:
    adviser = office.adviser("何叙")
    made = office.appoint(adviser, HUBU)
    client = sign_in("street")
    for address in (
        "/advisers/",
        f"/advisers/{adviser.id}/",
        f"/advisers/communities/{made.node_id}/",
        "/advisers/vacancies/",
    ):
        page = client.get(address)
        assert page.status_code == 200
        for act in ("登记顾问", "批量导入", "更换", "结束", "禁止聘任</a>", "写原因", "开通账号"):
            assert act not in text(page), (address, act)
    for address in (
        "/advisers/new/", "/advisers/firms/new/", f"/advisers/{adviser.id}/ban/", f"/advisers/{adviser.id}/account/",
        f"/advisers/appoint/{made.node_id}/{adviser.id}/", f"/advisers/appointments/{made.id}/end/",
    ):  # fmt: skip
        assert client.get(address).status_code == 403, address
        assert client.post(address, {}).status_code == 403, address


@pytest.mark.parametrize("by", ["leader", "city", "auditor", "operator"])
def test_other_roles_do_not_come_in(world: World, sign_in: Any, by: str) -> None:
    assert sign_in(by).get("/advisers/").status_code == 403


def test_an_adviser_is_registered_and_leads_to_his_page(world: World, office: Office, sign_in: Any) -> None:
    office.firm("浙江湖畔律师事务所")
    number = "33010619850101001"
    answer = sign_in("county").post(
        "/advisers/new/",
        {
            "name": "周以宁", "id_number": number + check_character(number), "phone": "138 0000 0001",
            "firm_id": "浙江湖畔律师事务所", "specialties": ["物业"], "_once": "a" * 32,
        },
        follow=True,
    )  # fmt: skip
    assert answer.redirect_chain[0][1] == 302
    assert "已登记周以宁。" in text(answer)
    assert "138****0001" in text(answer)
    assert number not in text(answer)


@pytest.mark.parametrize("written", ["{}{}{}", "{} {} {}"])
def test_numbers_are_taken_with_spaces_and_without_and_come_back_in_groups(
    world: World, office: Office, sign_in: Any, written: str
) -> None:
    office.firm("浙江湖畔律师事务所")
    first = "33010619850101001"
    number = first + check_character(first)
    given = {"name": "周以宁", "id_number": written.format(number[:6], number[6:14], number[14:]),
             "phone": written.format("138", "0000", "0001"), "firm_id": "没有的律所"}  # fmt: skip
    client = sign_in("county")
    back = text(client.post("/advisers/new/", given))
    assert f'value="330106 19850101 {number[14:]}"' in back and 'value="138 0000 0001"' in back
    made = client.post("/advisers/new/", {**given, "firm_id": "浙江湖畔律师事务所"})
    assert made.status_code == 302
    for asked in (number, f"{number[:6]} {number[6:14]} {number[14:]}", "138 0000 0001"):
        found = client.post("/advisers/number/", {"number": asked}, follow=True)
        assert "周以宁" in text(found)


def test_what_is_wrong_in_a_registration_is_said_at_each_field_and_the_rest_is_kept(
    world: World, office: Office, sign_in: Any, book: Any
) -> None:
    office.firm("浙江湖畔律师事务所")
    before = book()
    answer = sign_in("county").post(
        "/advisers/new/",
        {"name": "周以宁", "id_number": "330106850101001", "phone": "0571-88888888", "firm_id": "湖畔"},
    )
    assert answer.status_code == 422
    assert "15 位的旧号码" in text(answer)
    assert "座机" in text(answer)
    assert 'value="周以宁"' in text(answer)
    number = "33010619850101001"
    answer = sign_in("county").post(
        "/advisers/new/",
        {"name": "周以宁", "id_number": number + check_character(number), "phone": "13800000001", "firm_id": "湖畔"},
    )
    assert answer.status_code == 422
    assert "登记册上没有“湖畔”。是不是：浙江湖畔律师事务所？" in text(answer)
    assert book() == before


def test_appointing_goes_from_the_vacancy_to_the_community(world: World, office: Office, sign_in: Any) -> None:
    adviser = office.adviser("何叙")
    node = world.node(HUBU)
    client = sign_in("county")
    assert f"/advisers/appoint/?community={node}" in text(client.get("/advisers/vacancies/"))
    chosen = client.get(f"/advisers/appoint/?community={node}")
    address = f"/advisers/appoint/{node}/{adviser.id}/"
    assert address in text(chosen)
    assert client.get(address).status_code == 200
    sent = {"adviser_id": str(adviser.id), "begins_on": "2026-11-16", "ends_on": "", "_once": "b" * 32}
    answer = client.post(address, sent, follow=True)
    assert "已聘何叙为湖埠村的法律顾问，2026年11月16日起。" in text(answer)
    client.post(address, sent)  # a second click
    assert Seat.objects.count() == 1


def test_a_fourth_community_is_refused_at_the_advisers_name(
    world: World, office: Office, sign_in: Any, book: Any
) -> None:
    adviser = office.adviser("许望舒")
    office.appoint(adviser, LINGSHAN)
    office.appoint(adviser, BAOSHI)
    office.appoint(adviser, QINGBO, by="county2")
    node = world.node(HUBU)
    client = sign_in("county")
    shown = text(client.get(f"/advisers/appoint/?community={node}"))
    assert "再聘就是第 4 个" in shown
    assert f"/advisers/appoint/{node}/{adviser.id}/" not in shown
    before = book()
    answer = client.post(
        f"/advisers/appoint/{node}/{adviser.id}/", {"adviser_id": str(adviser.id), "begins_on": "2026-11-16"}
    )
    assert answer.status_code == 422
    assert 'href="#id_adviser_id"' in text(answer)
    assert "已服务 3 个社区（本县 2 个，外县 1 个）" in text(answer)
    assert 'value="2026-11-16"' in text(answer)
    assert book() == before


def test_ending_asks_for_a_reason_and_replacing_does_both(
    world: World, office: Office, sign_in: Any, book: Any
) -> None:
    old, new = office.adviser("何叙"), office.adviser("沈清和")
    made = office.appoint(old, HUBU, begins_on=date(2026, 1, 1))
    client = sign_in("county")
    before = book()
    answer = client.post(f"/advisers/appointments/{made.id}/end/", {"on_day": "2026-11-16", "why": ""})
    assert answer.status_code == 422
    answer = client.post(f"/advisers/appointments/{made.id}/end/", {"on_day": "2026-11-16", "why": "见 13812345678"})
    assert answer.status_code == 422
    assert "不要写身份证号或手机号" in text(answer)
    assert book() == before
    answer = client.post(
        f"/advisers/appointments/{made.id}/replace/",
        {"new_adviser_id": str(new.id), "on_day": "2026-11-30", "why": "调离", "_once": "c" * 32},
        follow=True,
    )
    assert "由沈清和接任湖埠村的法律顾问，2026年12月1日起。" in text(answer)


def test_a_first_password_is_shown_once_and_kept_nowhere(world: World, office: Office, sign_in: Any) -> None:
    from falin.kernel.models import IdempotencyKey
    from falin.kernel.transactions import inside

    adviser = office.adviser("何叙")
    client = sign_in("county")
    answer = client.post(f"/advisers/{adviser.id}/account/", {})
    assert answer.status_code == 200
    assert "密码只显示这一次" in text(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.post(f"/advisers/{adviser.id}/account/", {}).status_code == 422
    with inside(world.scope("county"), read_only=True):
        assert IdempotencyKey.objects.count() == 0


def test_examination_ban_and_reason_of_a_vacancy(world: World, office: Office, sign_in: Any) -> None:
    adviser = office.adviser("范知白", examined=None)
    client = sign_in("county")
    page = client.post(f"/advisers/{adviser.id}/examination/", {"passed_on": "2026-11-01"}, follow=True)
    assert "可以聘任了" in text(page)
    page = client.post(f"/advisers/{adviser.id}/examination/", {"passed_on": "2026-12-01"})
    assert (page.status_code, "日期不能晚于今天" in text(page)) == (422, True)
    page = client.post(f"/advisers/{adviser.id}/ban/", {"until": "2027-03-01", "reason": "收受礼品"}, follow=True)
    assert "2027年3月1日以前（含当日）不得聘任：收受礼品。" in text(page)
    page = client.post(f"/advisers/{adviser.id}/allow/", {"why": "申诉成立"}, follow=True)
    assert "可以再受聘了" in text(page)
    page = client.post(f"/advisers/vacancies/{world.node(HUBU)}/", {"reason": "remote", "note": "等结对"}, follow=True)
    assert "偏远待结对" in text(page)
    assert "等结对" in text(page)


def test_vacancies_stand_under_their_street_with_one_sign_a_street(world: World, office: Office, sign_in: Any) -> None:
    page = text(sign_in("county").get("/advisers/vacancies/"))
    streets = page.count('<tr class="f-group">')
    assert streets > 1 and page.count("个没有写明原因") == streets == page.count("f-tag--watch")
    assert page.count("f-btn--main") == 0
    sorted_by_name = text(sign_in("county").get("/advisers/vacancies/?sort=community"))
    assert "f-group" not in sorted_by_name and sorted_by_name.count("f-tag--watch") > streets


def test_the_names_come_before_the_squares(world: World, office: Office, sign_in: Any) -> None:
    page = text(sign_in("county").get("/advisers/"))
    assert page.index('id="names"') < page.index('id="squares"') and 'href="#squares"' in page


def test_firms_are_listed_and_registered(world: World, office: Office, sign_in: Any) -> None:
    office.firm("浙江湖畔律师事务所")
    client = sign_in("county")
    assert "浙江湖畔律师事务所" in text(client.get("/advisers/firms/?q=zjhp"))
    assert "没有找到" in text(client.get("/advisers/firms/?q=qqq"))
    page = client.post("/advisers/firms/new/", {"name": "浙江湖畔律师事务所"})
    assert (page.status_code, "已经有同名的律所" in text(page)) == (422, True)
    assert client.post("/advisers/firms/new/", {"name": "浙江听澜律师事务所"}).status_code == 302


def test_addresses_that_are_nonsense_are_missing_or_lead_on(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    assert client.get(f"/advisers/{UNKNOWN}/").status_code == 404
    assert client.get("/advisers/communities/999999/").status_code == 404
    assert client.get("/advisers/appoint/?community=x").status_code == 302
    assert client.get("/advisers/?view=x&street=y&after=z").status_code == 200


def test_more_candidates_than_a_page_holds_are_said_to_be_there_and_shown(
    world: World, office: Office, sign_in: Any
) -> None:
    firm = office.firm()
    for _number in range(13):
        office.adviser(firm=firm)
    client, where = sign_in("county"), f"/advisers/appoint/?community={world.node(HUBU)}"
    page = text(client.get(where))
    assert page.count("f-pick__h") == 12
    assert "这里列了最合适的 12 名" in page
    page = text(client.get(f"{where}&shown=24"))
    assert page.count("f-pick__h") == 13
    assert "再看几名" not in page
