"""Emergency access: asked with a reason, allowed by the tenant, an hour at most, every door booked, ended by a tap."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside
from tenants.identity.models import Emergency
from tests.app.advisers.office import Office
from tests.app.advisers.office import office as office  # noqa: PLC0414 -- a fixture
from tests.app.identity.cast import people_the_office
from tests.web.identity.way_in import text
from tests.world import NOW, PASSWORD, World

WHY = "结账页面报错，要看十月的记录"
ASKED = {"incident": "E-2026-17", "reason": WHY, "minutes": "30"}
AGAIN = "/accounts/reauthenticate/"


@pytest.fixture(autouse=True)
def _today() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


@pytest.fixture
def proved(sign_in: Any) -> Any:
    def make(username: str) -> Client:
        client: Client = sign_in(username, proved=False)
        client.post(AGAIN, {"password": PASSWORD})
        return client

    return make


def tenant(world: World, code: str = "330106") -> int:
    return int(world.schema(code).lstrip("t"))


def ask(world: World, operator: Client, code: str = "330106", **more: str) -> Any:
    return operator.post("/emergencies/ask/", {"tenant": str(tenant(world, code)), **ASKED, **more})


def asked(world: World, operator: Client, code: str = "330106") -> int:
    assert ask(world, operator, code).status_code == 302
    return int(Emergency.objects.latest("id").pk)


def enter(operator: Client, number: int) -> bool:
    """Put on the hat of the emergency; whether there is one."""
    row = Emergency.objects.get(pk=number)
    operator.post("/hat/", {"hat": f"operator@{row.tenant_id}:{number}"})
    return bool(operator.get("/history/").status_code == 200)


def booked(world: World, code: str = "330106") -> list[tuple[str, Any]]:
    with inside(world.scope("county" if code == "330106" else "county2"), read_only=True):
        rows = AuditEntry.objects.filter(subject_kind="emergency").order_by("id")
        return [(row.act, row.after.get("address", "")) for row in rows]


def test_the_whole_way(world: World, office: Office, proved: Any, sign_in: Any) -> None:
    adviser = office.adviser("何叙")
    operator, county = proved("operator"), proved("county")
    assert operator.get("/advisers/").status_code == 403
    number = asked(world, operator)
    assert not enter(operator, number)
    page = text(county.get("/emergencies/"))
    assert "E-2026-17" in page
    assert WHY in page
    county.post(f"/emergencies/{number}/allow/")
    assert enter(operator, number)
    assert "应急访问：西湖区" in text(operator.get("/"))
    assert "何叙" in text(operator.get("/advisers/?q=何叙"))
    assert operator.get(f"/advisers/{adviser.id}/").status_code == 200
    assert operator.get(f"/api/v1/advisers/{adviser.id}/").status_code == 200
    doors = [address for act, address in booked(world) if act == "kernel.door.passed"]
    assert doors == ["/history/", "/", "/advisers/", f"/advisers/{adviser.id}/", f"/api/v1/advisers/{adviser.id}/"]
    seen = text(county.get("/emergencies/"))
    assert "看过的 5 页" in seen
    assert f"/advisers/{adviser.id}/" in seen
    assert "应急访问中看了一页" in text(county.get("/history/"))
    began = time.monotonic()
    county.post(f"/emergencies/{number}/end/")
    assert operator.get("/advisers/").status_code == 403
    assert time.monotonic() - began < 5
    assert [act for act, _ in booked(world)][-1] == "identity.emergency.ended"


def test_it_ends_by_itself(world: World, proved: Any, _today: Any) -> None:
    operator = proved("operator")
    number = asked(world, operator)
    proved("county").post(f"/emergencies/{number}/allow/")
    assert enter(operator, number)
    _today.shift(timedelta(minutes=29))
    assert operator.get("/history/").status_code == 200
    _today.shift(timedelta(minutes=2))
    assert operator.get("/history/").status_code == 403
    assert "已结束" in text(proved("county").get("/emergencies/"))


def test_the_operator_looks_and_changes_nothing_and_sees_no_number(
    world: World, office: Office, proved: Any
) -> None:  # fmt: skip
    adviser = office.adviser("何叙")
    operator = proved("operator")
    number = asked(world, operator)
    proved("county").post(f"/emergencies/{number}/allow/")
    enter(operator, number)
    for path in (f"/advisers/{adviser.id}/numbers/", "/advisers/new/", "/people/new/", "/duty/months/", "/setup/",
                 "/audit/export/", f"/emergencies/{number}/allow/"):  # fmt: skip
        assert operator.post(path, {"reason": "看一看"}).status_code == 403, path
    assert operator.get("/people/").status_code == 200


def test_another_county_is_not_open_to_him(world: World, proved: Any) -> None:
    operator = proved("operator")
    number = asked(world, operator)
    assert proved("county2").post(f"/emergencies/{number}/allow/").status_code == 404
    assert Emergency.objects.get().decided_at is None
    proved("county").post(f"/emergencies/{number}/allow/")
    operator.post("/hat/", {"hat": f"operator@{tenant(world, '330102')}:{number}"})
    assert operator.get("/history/").status_code == 403


def test_the_provinces_security_administrator_may_allow_for_the_province_and_its_counties(
    world: World, proved: Any
) -> None:  # fmt: skip
    people_the_office(world)
    operator, security = proved("operator"), proved("security")
    for code in ("33", "330102"):
        number = asked(world, operator, code)
        assert security.post(f"/emergencies/{number}/allow/").status_code == 302, code
        assert enter(operator, number)
        operator.post("/hat/", {"hat": f"operator@{0}"})
    assert proved("county").get("/emergencies/").status_code == 200
    assert "没有人要求过应急访问" in text(proved("county").get("/emergencies/"))


@pytest.mark.parametrize("username", ["street", "leader", "city", "auditor", "liaison"])
def test_others_neither_ask_nor_allow(world: World, proved: Any, username: str) -> None:
    number = asked(world, proved("operator"))
    client = proved(username)
    assert client.post(f"/emergencies/{number}/allow/").status_code == 403
    assert ask(world, client).status_code == 403
    assert Emergency.objects.get().decided_at is None


def test_asking_and_allowing_need_a_fresh_proof_and_ending_needs_none(world: World, sign_in: Any, proved: Any) -> None:
    operator = sign_in("operator", proved=False)
    answer = ask(world, operator)
    assert answer.headers["Location"].startswith(AGAIN)
    assert not Emergency.objects.exists()
    operator.post(answer.headers["Location"], {"password": PASSWORD})
    number = Emergency.objects.get().pk
    county = sign_in("county", proved=False)
    waiting = county.post(f"/emergencies/{number}/allow/")
    assert waiting.headers["Location"].startswith(AGAIN)
    assert Emergency.objects.get().decided_at is None
    told = county.post(f"/api/v1/emergencies/{number}/decision/", {"allow": True}, content_type="application/json")
    assert (told.status_code, told.json()["level"]) == (403, 3)
    county.post(waiting.headers["Location"], {"password": PASSWORD})
    assert Emergency.objects.get().ends_at is not None
    assert sign_in("county", proved=False).post(f"/emergencies/{number}/end/").status_code == 302
    assert Emergency.objects.get().ended_at is not None


def test_a_no_is_told_with_its_reason_and_nothing_is_decided_twice(world: World, proved: Any) -> None:
    operator, county = proved("operator"), proved("county")
    number = asked(world, operator)
    assert county.post(f"/emergencies/{number}/refuse/", {"why": " "}).status_code == 422
    county.post(f"/emergencies/{number}/refuse/", {"why": "先由我们自己查"})
    assert "先由我们自己查" in text(operator.get("/emergencies/ask/"))
    assert county.post(f"/emergencies/{number}/allow/").status_code == 409
    assert Emergency.objects.get().ends_at is None


@pytest.mark.parametrize(
    ("more", "sentence"),
    [({"incident": " "}, "请写事件编号"), ({"reason": "看看"}, "至少 10 个字"),
     ({"minutes": "600"}, "选择一个有效的选项"), ({"tenant": "99999"}, "选择一个有效的选项"),
     ({"reason": "请看手机号 13812345678 的那一条记录"}, "不要写身份证号、手机号")],
)  # fmt: skip
def test_what_is_not_right_is_said_at_its_field_and_leaves_nothing(
    world: World, proved: Any, more: dict[str, str], sentence: str
) -> None:
    page = ask(world, proved("operator"), **more)
    assert page.status_code == 422
    assert sentence in text(page)
    assert not Emergency.objects.exists()


def test_one_request_for_a_tenant_at_a_time(world: World, proved: Any) -> None:
    operator = proved("operator")
    number = asked(world, operator)
    assert "正在等同意或正在进行" in text(ask(world, operator))
    operator.post(f"/emergencies/{number}/close/")
    assert ask(world, operator).status_code == 302


def test_programs_ask_decide_and_end_as_the_pages_do(world: World, proved: Any) -> None:
    operator, county = proved("operator"), proved("county")
    sent = {"tenant_id": tenant(world), "incident": "E-1", "reason": WHY, "minutes": 60}
    bad = operator.post("/api/v1/emergencies/", {**sent, "minutes": 61}, content_type="application/json")
    assert bad.status_code == 422
    made = operator.post("/api/v1/emergencies/", sent, content_type="application/json")
    assert (made.status_code, made.json()["state"]) == (201, "asked")
    number = made.json()["id"]
    assert county.get("/api/v1/emergencies/here/").json()[0]["id"] == number
    yes = county.post(f"/api/v1/emergencies/{number}/decision/", {"allow": True}, content_type="application/json")
    assert yes.json()["state"] == "in_force"
    assert operator.get("/api/v1/emergencies/").json()[0]["state"] == "in_force"
    assert county.post(f"/api/v1/emergencies/{number}/end/").json()["state"] == "ended"
    assert operator.delete(f"/api/v1/emergencies/{number}/").status_code == 404


def test_the_database_itself_keeps_the_hour_and_the_second_person(world: World, proved: Any) -> None:
    number = asked(world, proved("operator"))
    for words in (
        "decided_by_id = operator_id, decided_at = now()",
        "decided_at = now(), ends_at = now() + interval '61 minutes'",
        "ends_at = now()",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"update identity_emergency set {words} where id = %s", [number])


def test_what_cannot_be_booked_is_not_shown(world: World, office: Office, proved: Any, monkeypatch: Any) -> None:
    office.adviser("何叙")
    operator = proved("operator")
    number = asked(world, operator)
    proved("county").post(f"/emergencies/{number}/allow/")
    enter(operator, number)
    from falin.kernel import audit

    def full(**_: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(audit, "record", full)
    operator.raise_request_exception = False
    page = operator.get("/advisers/")
    assert page.status_code == 500
    assert "何叙" not in text(page)


def test_the_address_is_booked_without_what_was_asked(world: World, proved: Any) -> None:
    operator = proved("operator")
    number = asked(world, operator)
    proved("county").post(f"/emergencies/{number}/allow/")
    enter(operator, number)
    operator.get("/people/?q=13812345678")
    operator.get("/people/13812345678/")
    addresses = [address for act, address in booked(world) if act == "kernel.door.passed"]
    assert not [one for one in addresses if re.search(r"1381|\?", one)]
    assert "/people/…/" in addresses
