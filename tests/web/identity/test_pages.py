"""The pages of people, as those who give and confirm roles use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from falin.portal.people import GRANT_WORDS
from tenants.identity.models import Binding, Person
from tenants.identity.queries import find_person
from tenants.identity.roles import GRANTS
from tenants.identity.types import Role
from tests.app.identity.cast import enter, hold, number, people_the_office, roles_of
from tests.world import World, node, today


def days() -> dict[str, str]:
    return {"begins_on": today().isoformat(), "ends_on": (today() + timedelta(days=60)).isoformat()}


def grant() -> dict[str, str]:
    return {"role": "liaison", "place": "灵山村", "reason": "双浦镇〔2026〕3号", **days()}


def entry() -> dict[str, str]:
    return {"name": "柯新月", "username": "kexinyue", "handed": "password", **grant()}


@pytest.fixture(autouse=True)
def _office(world: World) -> None:
    people_the_office(world)


@pytest.fixture
def county(sign_in: Any) -> Client:
    client: Client = sign_in("county")
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_register_shows_ones_own_people_and_no_neighbours(county: Client) -> None:
    page = text(county.get("/people/"))
    assert all(name in page for name in ("王桂英", "何淑兰", "方一诺"))
    assert not any(name in page for name in ("范青禾", "孟秋白", "陆远舟"))


@pytest.mark.parametrize("typed", ["王桂英", "桂英", "wangguiying", "wgy", "liaison", "WGY"])
def test_somebody_is_found_by_name_pinyin_initials_or_sign_in_name(county: Client, typed: str) -> None:
    page = text(county.get("/people/", {"q": typed}))
    assert "王桂英" in page
    assert "何淑兰" not in page


def test_a_name_nobody_has_says_so_and_shows_the_way_on(county: Client) -> None:
    assert "没有找到这个人" in text(county.get("/people/", {"q": "查无此人"}))


def test_a_new_liaison_is_entered_in_two_steps_and_his_password_shown_once(county: Client) -> None:
    check = county.post("/people/new/", entry())
    assert check.status_code == 200
    assert "请核对" in text(check)
    assert "双浦镇 · 灵山村" in text(check)
    assert find_person("kexinyue") is None  # nothing has been done yet
    done = county.post("/people/new/", {**entry(), "checked": "1"})
    assert "密码只显示这一次" in text(done)
    assert roles_of("kexinyue", today()) == {"liaison"}


def test_going_back_from_the_check_keeps_every_answer(county: Client) -> None:
    page = text(county.post("/people/new/", {**entry(), "back": "1"}))
    assert all(f'value="{value}"' in page for value in ("柯新月", "kexinyue", "灵山村", "双浦镇〔2026〕3号"))
    assert find_person("kexinyue") is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"place": "清波门社区"}, "您的辖区里没有这个名字"),
        ({"place": ""}, "请写明地方"),
        ({"role": "county_team"}, "county_team"),
        ({"ends_on": "2020-01-01"}, "结束日期不能早于开始日期"),
        ({"ends_on": "2099-01-01"}, "最晚只能到"),
        ({"username": "county"}, "这个登录名已经有人用了"),
        ({"username": "有空格 的"}, "登录名只能用字母"),
        ({"reason": "见 13812345678"}, "不要写身份证号、手机号"),
        ({"reason": ""}, "请写明依据"),
    ],
)
def test_what_is_wrong_is_said_at_the_first_step_and_nothing_is_lost(
    county: Client, changed: dict[str, str], said: str
) -> None:
    answer = county.post("/people/new/", {**entry(), **changed})
    assert answer.status_code == 422
    assert said in text(answer)
    assert 'value="柯新月"' in text(answer)
    assert find_person("kexinyue") is None


def test_two_places_of_a_name_are_offered_to_choose_from(county: Client) -> None:
    answer = county.post("/people/new/", {**entry(), "place": "社区"})
    assert answer.status_code == 422
    assert "都叫这个名字，请选一个" in text(answer)
    done = county.post("/people/new/", {**entry(), "place": "社区", "place_id": node("330106002002"), "checked": "1"})
    assert "密码只显示这一次" in text(done)
    assert Binding.objects.get(person__username="kexinyue").node_id == node("330106002002")


def test_a_place_outside_is_not_let_in_by_its_number(county: Client, world: World) -> None:
    answer = county.post("/people/new/", {**entry(), "place": "社区", "place_id": world.node("330102001001")})
    assert answer.status_code == 422
    assert find_person("kexinyue") is None


def test_a_county_team_is_proposed_by_one_officer_and_confirmed_by_another(sign_in: Any) -> None:
    enter("newcomer", "柯新月")
    hold(World(), "newcomer", Role.LIAISON, "330106002001")
    city, second = sign_in("city"), sign_in("cityb")
    form = {"role": "county_team", "place": "330106", "reason": "杭司〔2026〕9号", "checked": "1", **days()}
    answer = city.post(f"/people/{number('newcomer')}/grant/", form, follow=True)
    assert "等第二个人确认后生效" in text(answer)
    queue = text(city.get("/people/proposals/"))
    assert "要由另一个人确认" in queue
    assert "/confirm/" not in queue
    proposal = Binding.objects.get(standing="proposed").proposal
    assert f"/people/proposals/{proposal}/confirm/" in text(second.get("/people/proposals/"))
    assert "项授予等您确认" in text(second.get("/"))
    refused = city.post(f"/people/proposals/{proposal}/confirm/")
    assert (refused.status_code, "提议人不能自己确认" in text(refused)) == (422, True)
    second.post(f"/people/proposals/{proposal}/confirm/")
    assert "county_team" in roles_of("newcomer", today())


def test_a_proposal_is_refused_with_a_reason(sign_in: Any) -> None:
    enter("newcomer", "柯新月")
    hold(World(), "newcomer", Role.LIAISON, "330106002001")
    form = {"role": "county_team", "place": "330106", "reason": "杭司〔2026〕9号", "checked": "1", **days()}
    sign_in("city").post(f"/people/{number('newcomer')}/grant/", form)
    proposal = Binding.objects.get(standing="proposed").proposal
    second = sign_in("cityb")
    assert "请写明原因" in text(second.post(f"/people/proposals/{proposal}/refuse/", {"why": ""}))
    second.post(f"/people/proposals/{proposal}/refuse/", {"why": "材料不全"})
    assert "材料不全" in text(second.get(f"/people/{number('newcomer')}/"))


def test_a_person_is_suspended_and_reinstated_with_reasons(county: Client) -> None:
    whom = number("liaison")
    county.post(f"/people/{whom}/suspend/", {"why": "接受调查"})
    page = text(county.get(f"/people/{whom}/"))
    assert "接受调查" in page
    assert not Person.objects.get(id=whom).is_active
    county.post(f"/people/{whom}/reinstate/", {"why": "已查清"})
    assert Person.objects.get(id=whom).is_active


def test_a_new_password_is_shown_once_and_works(county: Client) -> None:
    page = text(county.post(f"/people/{number('liaison')}/password/"))
    password = page.split("一次性密码</dt><dd><b>")[1].split("<")[0]
    client = Client()
    client.post("/accounts/login/", {"login": "liaison", "password": password})
    assert client.get("/").headers["Location"] == "/accounts/password/change/"


def test_a_deputy_and_a_hand_over_go_by_sign_in_name(county: Client) -> None:
    enter("deputy", "代办人")
    held = Binding.objects.get(person_id=number("liaison"))
    wrong = county.post(f"/people/roles/{held.id}/deputy/", {"deputy": "nobody", "reason": "休假", **days()})
    assert "没有这个登录名" in text(wrong)
    county.post(f"/people/roles/{held.id}/deputy/", {"deputy": "deputy", "reason": "休假", **days()})
    assert roles_of("deputy", today()) == {"liaison"}
    enter("successor", "接任者")
    answer = county.post(f"/people/{number('liaison')}/hand-over/", {
        "role": "liaison", "successor": "successor", "begins_on": today().isoformat(), "reason": "调动"})  # fmt: skip
    assert answer.status_code == 302
    assert (roles_of("liaison", today()), roles_of("successor", today())) == (set(), {"liaison"})
    assert roles_of("deputy", today()) == set()  # whom he stood in for has gone


def test_the_page_says_what_somebody_may_do_here_and_by_which_role(county: Client) -> None:
    whom = number("liaison")
    here = text(county.get(f"/people/{whom}/rights/", {"at": "330106109200"}))
    assert "看到点时长" in here
    assert "系统授予，依据：测试" in here
    elsewhere = text(county.get(f"/people/{whom}/rights/", {"at": "宝石社区"}))
    assert "看到点时长" not in elsewhere
    assert "管不到这个地方" in elsewhere
    wrong = county.get(f"/people/{whom}/rights/", {"at": "清波门社区"})
    assert (wrong.status_code, "您的辖区里没有这个地方" in text(wrong)) == (422, True)


def test_the_page_says_who_may_act_at_a_place(county: Client) -> None:
    page = text(county.get("/people/at/", {"at": "湖埠村"}))
    assert all(name in page for name in ("王桂英", "何淑兰"))
    assert "方一诺" not in page  # another street's


def test_the_review_keeps_who_is_ticked(county: Client, world: World) -> None:
    Binding.objects.update(created_at=world.now - timedelta(days=120))
    assert "项身份要在" in text(county.get("/"))
    held = Binding.objects.get(person_id=number("liaison"))
    nothing = county.post("/people/review/")
    assert (nothing.status_code, "请先勾选" in text(nothing)) == (422, True)
    seen = text(county.post("/people/review/", {"binding": [held.id]}))
    assert "还没有记下" in seen
    assert f'value="{held.id}"' in seen
    assert f'value="{held.id}"' in text(county.get("/people/review/"))  # looking changes nothing
    assert Binding.objects.get(id=held.id).reviewed_at == held.reviewed_at
    county.post("/people/review/", {"binding": [held.id], "sure": "1"})
    page = text(county.get("/people/review/"))
    assert f'value="{held.id}"' not in page
    assert "何淑兰" in page


def test_an_own_role_that_ends_soon_is_said_at_home(sign_in: Any) -> None:
    Binding.objects.filter(person_id=number("liaison")).update(valid_to=today() + timedelta(days=5))
    assert "请联系给您授予的单位" in text(sign_in("liaison").get("/"))
    assert "30 天内到期" in text(sign_in("county").get("/"))


@pytest.mark.parametrize("username", ["system", "security", "auditing"])
def test_each_of_the_three_administrators_has_a_home_and_the_register(sign_in: Any, username: str) -> None:
    client = sign_in(username)
    assert "人员和身份" in text(client.get("/"))
    assert "沈知行" in text(client.get("/people/"))


def test_the_operator_enters_each_administrator_once_and_nobody_else(sign_in: Any) -> None:
    operator = sign_in("operator")
    form = {"username": "second", "name": "另一位", "role": "system_administrator", "reason": "浙司〔2026〕1号"}
    taken = operator.post("/setup/people/", form)
    assert (taken.status_code, "已经有人担任" in text(taken)) == (422, True)
    assert find_person("second") is None
    assert operator.post("/setup/people/", {**form, "role": "county_team"}).status_code == 422


def test_every_grant_has_its_words() -> None:
    assert set(GRANT_WORDS) == frozenset().union(*GRANTS.values())


def test_a_day_that_is_none_is_said_at_the_field(county: Client) -> None:
    answer = county.post("/people/new/", {**entry(), "begins_on": "31 February"})
    assert (answer.status_code, "日期不对" in text(answer)) == (422, True)


def test_each_step_of_a_checked_form_is_an_act_of_its_own_and_the_last_one_is_done_once(county: Client) -> None:
    """As a browser sends it, with the key each page carries."""
    import re

    path = f"/people/{number('liaison')}/grant/"

    def key(answer: Any) -> str:
        return str(re.findall(r'name="_once" value="([0-9a-f]+)"', text(answer))[-1])

    first = key(county.get(path))
    check = county.post(path, {**grant(), "_once": first})
    assert "请核对" in text(check)
    again = county.post(path, {**grant(), "_once": key(check), "back": "1"})
    form = county.post(path, {**grant(), "_once": key(again)})
    done = county.post(path, {**grant(), "_once": key(form), "checked": "1"})
    twice = county.post(path, {**grant(), "_once": key(form), "checked": "1"})
    assert (done.status_code, twice.status_code, twice.headers["Location"]) == (302, 302, done.headers["Location"])
    assert len({first, key(check), key(again), key(form)}) == 4
    assert Binding.objects.filter(person=number("liaison")).count() == 2


def test_a_firms_first_manager_is_named_with_his_firm_by_the_system_administrator_and_confirmed(
    sign_in: Any, world: World
) -> None:
    from falin.kernel.transactions import inside
    from services.advisers.api import register_firm
    from tests.world import NOW

    team = world.scope("county")
    with inside(team, read_only=False):
        firm = register_firm(scope=team, name="浙江湖畔律师事务所", now=NOW)
    system = sign_in("system")
    sent = {**entry(), "role": "firm_manager", "place": "浙江省", "firm": "浙江湖畔"}
    refused = system.post("/people/new/", sent)
    assert (refused.status_code, "没有登记过这个名字的律所" in text(refused)) == (422, True)
    sent["firm"] = "浙江湖畔律师事务所"
    assert "浙江湖畔律师事务所" in text(system.post("/people/new/", sent))
    assert "密码只显示这一次" in text(system.post("/people/new/", {**sent, "checked": "1"}))
    made = Binding.objects.get(person__username="kexinyue")
    assert (made.subject_id, made.standing) == (str(firm.id), "proposed")
    assert sign_in("security").post(f"/people/proposals/{made.proposal}/confirm/").status_code == 302
    assert roles_of("kexinyue", today()) == {"firm_manager"}
    assert "哪家律所" not in text(sign_in("county").get("/people/new/"))
