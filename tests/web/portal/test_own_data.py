"""An adviser takes a copy of everything that is kept about him: with his password, booked, and nobody else's."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside
from services.advisers.commands import open_account, show_numbers
from services.advisers.models import Adviser, ClearView
from services.duty.commands import log_visit
from services.duty.types import VisitKind
from tenants.identity.api import read_signed_in, scope_of
from tenants.identity.commands import password_was_changed
from tests.app.advisers.office import Office
from tests.world import NOW, PASSWORD, TODAY, World, encoded

HUBU = "330106109200"
AGAIN = "/accounts/reauthenticate/"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def people(world: World) -> list[str]:
    """Two advisers with accounts in one village, each with a visit; the numbers of both were seen once."""
    office, team = Office(world), world.scope("county")
    for username, name in (("hexu", "何叙"), ("wangshu", "许望舒")):
        made = office.adviser(name)
        office.appoint(made, HUBU, begins_on=TODAY - timedelta(days=30))
        with inside(team, read_only=False):
            account = open_account(scope=team, adviser_id=made.id, now=NOW, username=username, encoded=encoded())
            show_numbers(scope=team, adviser_id=made.id, reason=f"核对{name}的合同", now=NOW)
        password_was_changed(person_id=account.person_id)
        signed_in = read_signed_in(person_id=account.person_id, on=TODAY)
        assert signed_in is not None
        own = scope_of(signed_in, signed_in.hats[0])
        with inside(own, read_only=False):
            log_visit(scope=own, visit_id=uuid.uuid4(), node_id=world.node(HUBU), kind=VisitKind.VISIT, written_at=NOW,
                      begins_at=NOW - timedelta(hours=3 + 2 * len(name)), ends_at=NOW - timedelta(hours=2 + 2 * len(name)),
                      note=f"{name}的记事", now=NOW)  # fmt: skip
    return ["hexu", "wangshu"]


def test_the_archive_holds_everything_about_him_and_nothing_about_another(
    world: World, people: list[str], sign_in: Any
) -> None:
    client = sign_in("hexu", proved=False)
    answer = client.post("/me/data/", headers={"Referer": "http://testserver/advisers/me/"})
    assert answer.status_code == 302  # to the password first
    with inside(world.scope("county"), read_only=True):
        assert not AuditEntry.objects.filter(act="advisers.record.taken").exists()
    asked = client.get(answer.headers["Location"])
    assert "确认以后请再点一次下载" in asked.content.decode()
    back = client.post(answer.headers["Location"], {"password": PASSWORD})
    assert (back.status_code, back.headers["Location"]) == (302, "/advisers/me/")
    made = client.post("/me/data/")
    assert made.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert sorted(archive.namelist()) == ["data.html", "data.json"]
        data, page = json.loads(archive.read("data.json")), archive.read("data.html").decode()
    register = data["register"]
    assert (register["id_number"], register["phone"]) == ("330106198501010001", "13812340001")
    assert [(seat["county"], seat["community"]) for seat in register["seats"]] == [("西湖区", "湖埠村")]
    assert [(one["person"], one["reason"]) for one in register["seen"]] == [("叶明远", "核对何叙的合同")]
    assert [visit["content"]["note"] for visit in data["visits"]] == ["何叙的记事"]
    for word in ("何叙", "330106 19850101 0001", "138 1234 0001", "湖埠村", "核对何叙的合同", "何叙的记事"):
        assert word in page
    for word in ("许望舒", "330106198501010002", "13812340002"):
        assert word not in "".join(page.split())
        assert word not in json.dumps(data, ensure_ascii=False)
    with inside(world.scope("county"), read_only=True):
        assert AuditEntry.objects.filter(act="advisers.record.taken").count() == 1


def test_no_look_is_left_out_of_the_copy_and_the_page_says_how_many_it_leaves_out(
    world: World, people: list[str], sign_in: Any
) -> None:
    his = ClearView.objects.get(reason="核对何叙的合同")
    ClearView.objects.bulk_create([
        ClearView(adviser_id=his.adviser_id, at=NOW - timedelta(hours=n), person_id=his.person_id, role=his.role,
                  node_id=his.node_id, reason=f"第{n}次") for n in range(1, 105)
    ])  # fmt: skip
    client = sign_in("hexu")
    with zipfile.ZipFile(io.BytesIO(client.post("/me/data/").content)) as archive:
        assert len(json.loads(archive.read("data.json"))["register"]["seen"]) == 105
    page = client.get("/advisers/me/").content.decode()
    assert "以前还有 5 次，都在下载的数据里" in page
    assert ("第99次" in page, "第100次" in page) == (True, False)
    assert "以前还有" not in sign_in("wangshu").get("/advisers/me/").content.decode()


def test_the_copy_says_of_which_county_its_visits_are_and_where_there_are_others(
    world: World, people: list[str], sign_in: Any
) -> None:
    def copy(who: str) -> tuple[Any, str]:
        with zipfile.ZipFile(io.BytesIO(sign_in(who).post("/me/data/").content)) as archive:
            return json.loads(archive.read("data.json")), archive.read("data.html").decode()

    his = Adviser.objects.get(name="何叙")
    Office(world).appoint(his, "330102001001", by="county2")  # type: ignore[arg-type]
    data, page = copy("hexu")
    told = (data["visits_of"], data["visits_elsewhere"])
    assert told[0] in {"西湖区", "上城区"}  # the one he is signed in to
    assert set(told[1]) == {"西湖区", "上城区"} - {told[0]}
    assert f"这里是在{told[0]}的到访。" in page and f"在{told[1][0]}的，请换成那里的身份再下载一次。" in page
    data, page = copy("wangshu")
    assert (data["visits_of"], data["visits_elsewhere"]) == ("西湖区", [])
    assert "请换成那里的身份" not in page


def test_a_program_of_his_own_gets_the_same_archive_after_his_password(
    world: World, people: list[str], sign_in: Any
) -> None:
    client = sign_in("hexu", proved=False)
    refused = client.post("/api/v1/me/data/")
    assert (refused.status_code, refused.json()["code"]) == (403, "kernel.step_up")
    client.post(AGAIN, {"password": PASSWORD})
    made = client.post("/api/v1/me/data/")
    assert (made.status_code, made.headers["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert json.loads(archive.read("data.json"))["register"]["phone"] == "13812340001"
    with inside(world.scope("county"), read_only=True):
        assert AuditEntry.objects.filter(act="advisers.record.taken").count() == 1


def test_an_official_takes_what_is_kept_about_him_and_nothing_about_another(people: list[str], sign_in: Any) -> None:
    """From the page of his own account; his roles, his sign-ins, and no secret that opens a door."""
    client = sign_in("county")
    assert 'action="/me/data/"' in client.get("/me/security/").content.decode()
    made = client.post("/me/data/")
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        data, page = json.loads(archive.read("data.json")), archive.read("data.html").decode()
    account = data["account"]
    assert (account["name"], account["username"]) == ("叶明远", "county")
    assert [(one["label"], one["place"], one["reason"]) for one in account["roles"]] == [
        ("县（区）工作专班", "西湖区", "测试")
    ]
    assert "register" not in data
    assert "县（区）工作专班" in page
    for word in ("范青禾", "何叙", "scrypt"):
        assert word not in page + json.dumps(data, ensure_ascii=False)
    with inside(World().scope("county"), read_only=True):
        assert AuditEntry.objects.filter(act="identity.record.taken").count() == 1
