"""The guided first day, ticked from what somebody really did; and feedback on its pages."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from falin.portal.first_day import _ACTS
from tenants.identity.api import Role
from tests.app.duty.cast import engage, log
from tests.world import World


def _steps(client: Client) -> dict[str, bool]:
    return {step["words"]: step["done"] for step in client.get("/api/v1/today/").json()["first"]}


def test_what_is_done_is_ticked_by_having_been_done(world: World, sign_in: Any) -> None:
    client = sign_in("street")
    before = _steps(client)
    assert before["登录进来"] and before["换成自己的密码"] and not before["选好怎样通知我"]
    ways = {"role_ending": "sms", "feedback_answered": "none", "mentioned": "none", "job_ended": "none",
            "correction_declined": "none"}  # fmt: skip
    assert client.post("/desk/notices/ways/", ways).status_code == 302
    after = _steps(client)
    assert {words for words in after if after[words] != before[words]} == {"选好怎样通知我"}


def test_an_advisers_first_visit_is_ticked(world: World, sign_in: Any) -> None:
    adviser = engage(world)
    client = sign_in(adviser.username)
    assert _steps(client)["记下第一次到访"] is False
    log(world, adviser.scope(world))
    assert _steps(client)["记下第一次到访"] is True


def test_it_stands_on_home_until_it_is_put_away(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    page = client.get("/").content.decode()
    assert "第一天先办这些" in page and 'action="/first-day/away/"' in page
    assert client.post("/first-day/away/").status_code == 302
    assert "第一天先办这些" not in client.get("/").content.decode()
    assert _steps(client) == {} and "第一天先办这些" in sign_in("street").get("/").content.decode()


def test_what_is_due_stands_first_and_what_is_done_is_one_line(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    page, steps = client.get("/").content.decode(), _steps(client)
    assert page.index("要办的") < page.index("第一天先办这些") < page.index("常去的地方")
    to_do, _, done = page.partition("第一天先办这些")[2].partition("<details")
    assert f"已经办好 {sum(steps.values())} 项" in done
    assert [words for words in steps if f">{words}<" in to_do] == [words for words in steps if not steps[words]]


def test_every_role_that_can_do_something_has_something_to_begin_with() -> None:
    nothing = {Role.COUNTY_FINANCE, Role.FIRM_MANAGER, Role.INSPECTOR, Role.EVALUATOR, Role.DATA_STEWARD, Role.RESIDENT}
    assert set(Role) - set(_ACTS) == nothing


def test_the_page_one_stands_on_is_named_and_the_answer_comes_back(world: World, sign_in: Any) -> None:
    street, operator = sign_in("street"), sign_in("operator")
    foot = street.get("/duty/behind/").content.decode()
    (link,) = re.findall(r'href="(/feedback/\?page=[^"]+)"', foot)
    assert 'value="/duty/behind/"' in street.get(link).content.decode()
    assert street.post("/feedback/", {"page": "/duty/behind/", "text": "排序看不懂"}).status_code == 302
    assert "还没有答复" in street.get("/feedback/").content.decode()
    page = operator.get("/feedback/all/").content.decode()
    assert "排序看不懂" in page and "1 条等着答复" in page
    (where,) = re.findall(r'action="(/feedback/\d+/answer/)"', page)
    assert operator.post(where, {"answer": ""}).status_code == 422
    assert operator.post(where, {"answer": "差得最多的在前"}).status_code == 302
    assert "差得最多的在前" in street.get("/feedback/").content.decode()
    assert "差得最多的在前" in operator.get("/feedback/all/?view=answered").content.decode()
    assert operator.get("/api/v1/feedback/all/?view=new").json()["waiting"] == 0


def test_a_number_of_somebody_is_refused_at_the_field_and_nothing_is_lost(world: World, sign_in: Any) -> None:
    answer = sign_in("street").post("/feedback/", {"page": "/", "text": "13912345678 打不通"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "请不要写证件号码和手机号码" in page and "13912345678 打不通" in page
