"""The operator's pages of tenants, and what a suspended tenant's people see on every page."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.app.registry.archives import keys
from tests.app.registry.cast import second_operator, tenant_of
from tests.world import World


@pytest.fixture
def west(world: World) -> int:
    return tenant_of(world, "330106")


def test_an_operator_suspends_and_every_page_of_the_tenant_says_so(world: World, sign_in: Any, west: int) -> None:
    operator, county = sign_in("operator"), sign_in("county")
    assert "西湖区" in operator.get("/tenants/").content.decode()
    answer = operator.post(f"/tenants/{west}/suspend/", {"why": "迁移机房"})
    assert answer.headers["Location"] == f"/tenants/{west}/"
    shown = operator.get(f"/tenants/{west}/").content.decode()
    assert "停用" in shown
    assert "迁移机房" in shown
    for address in ("/", "/advisers/", "/duty/behind/", "/jobs/"):
        page = county.get(address)
        assert page.status_code == 200, address
        assert "西湖区已停用：现在只能查看，不能办理。" in page.content.decode(), address
    assert "已停用" not in sign_in("county2").get("/").content.decode()


def test_a_write_in_a_suspended_tenant_is_refused_with_its_sentence(world: World, sign_in: Any, west: int) -> None:
    county = sign_in("county")
    sign_in("operator").post(f"/tenants/{west}/suspend/", {"why": "迁移机房"})
    for address in ("/advisers/new/", "/jobs/5f3b5a6e-0000-4000-8000-000000000000/cancel/"):
        page = county.post(address, {"name": "来一新"})
        assert page.status_code == 423, address
        assert "您的单位已停用" in page.content.decode()
    answer = county.post("/api/v1/advisers/firms/", {"name": "新所"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (423, "kernel.suspended")


def test_closing_needs_a_second_operator(world: World, sign_in: Any, west: int) -> None:
    second_operator(world)
    operator, other = sign_in("operator"), sign_in("operator2")
    operator.post(f"/tenants/{west}/close/", {"why": "撤销县级机构"})
    deed = operator.get("/api/v1/tenants/deeds/").json()[0]["id"]
    own = operator.post(f"/tenants/deeds/{deed}/confirm/")
    assert own.status_code == 409
    assert "要由另一名运维人员确认" in own.content.decode()
    assert "撤销县级机构" in other.get("/tenants/").content.decode()
    other.post(f"/tenants/deeds/{deed}/confirm/")
    assert operator.get(f"/api/v1/tenants/{west}/").json()["state"] == "closed"
    assert sign_in("county").get("/").status_code == 403  # no role is left


def test_a_reason_is_asked_for_at_its_field(world: World, sign_in: Any, west: int) -> None:
    page = sign_in("operator").post(f"/tenants/{west}/suspend/", {"why": ""})
    assert page.status_code == 422
    assert sign_in("operator").get(f"/api/v1/tenants/{west}/").json()["state"] == "open"


def test_a_deed_is_refused_with_a_reason(world: World, sign_in: Any, west: int) -> None:
    second_operator(world)
    sign_in("operator").post(
        f"/api/v1/tenants/{west}/deeds/", {"act": "close", "why": "撤销"}, content_type="application/json"
    )
    other = sign_in("operator2")
    deed = other.get("/api/v1/tenants/deeds/").json()[0]["id"]
    assert other.get(f"/tenants/deeds/{deed}/refuse/").status_code == 200
    other.post(f"/tenants/deeds/{deed}/refuse/", {"why": "不对"})
    assert other.get("/api/v1/tenants/deeds/").json() == []


def test_programs_suspend_and_reopen(world: World, sign_in: Any, west: int) -> None:
    operator = sign_in("operator")
    address = f"/api/v1/tenants/{west}/suspension/"
    assert operator.post(address, {"why": "迁移"}, content_type="application/json").status_code == 204
    assert operator.get("/api/v1/tenants/").json()[2]["state"] == "suspended"
    assert operator.post(address, {"why": "迁移"}, content_type="application/json").status_code == 409
    assert operator.delete(f"{address}?why=好了").status_code == 204
    assert operator.get(f"/api/v1/tenants/{west}/").json()["state"] == "open"
    assert operator.get("/api/v1/tenants/99999/").status_code == 404
    assert sign_in("county").get("/api/v1/tenants/").status_code == 403


def test_an_archive_is_asked_for_with_a_certificate(world: World, sign_in: Any, west: int) -> None:
    operator, address = sign_in("operator"), f"/tenants/{west}/archive/"
    assert operator.get(address).status_code == 200
    page = operator.post(address, {"recipient": SimpleUploadedFile("cert.pem", b"nonsense")})
    assert page.status_code == 422
    assert "这不是 PEM 格式的证书" in page.content.decode()
    answer = operator.post(address, {"recipient": SimpleUploadedFile("cert.pem", keys("省档案馆")[0])})
    assert "导出西湖区" in operator.get(answer.headers["Location"]).content.decode()
    asked = operator.post(f"/api/v1/tenants/{west}/archives/", {"recipient": "x"}, content_type="application/json")
    assert (asked.status_code, asked.json()["field"]) == (422, "recipient")
