"""Under which names Falin answers, whose face each shows, and what it says to every other name."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from falin.kernel.models import AuditEntry
from tenants.registry import hosts
from tenants.registry.api import find_face
from tenants.registry.models import Domain, Tenant
from tests.app.registry.cast import tenant_of
from tests.world import World

FOREIGN = ["evil.example", "localhost.evil.example", "fl.xihu.gov.cn", "203.0.113.9", "[2001:db8::9]"]
NO_NAMES = [
    "", "localhost.",
    "localhost@evil.example", "evil.example#localhost", "localhost/evil", "localhost:80:80", "localhost:99999",
    "localhost, evil.example", "localhost evil.example", "西湖.中国", "\xe8\xa5\xbf.example", "a_b.example", "[::1", "x" * 300,
]  # fmt: skip


@pytest.fixture
def west(world: World) -> int:
    return tenant_of(world, "330106")


@pytest.fixture
def operator(sign_in: Any) -> Client:
    client: Client = sign_in("operator")
    return client


def add(operator: Client, tenant: int, address: str) -> Any:
    """The form, and what a worker or another process knows afterwards."""
    return operator.post(f"/tenants/{tenant}/room/", {"address": address})


@pytest.mark.parametrize("host", FOREIGN)
def test_a_name_that_is_nobodys_here_is_told_so_plainly(world: World, host: str) -> None:
    page = Client(headers={"Host": host}).get("/accounts/login/")
    assert page.status_code == 404
    text = page.content.decode()
    assert "这里没有这个网址" in text
    assert "//" not in text.split("<main")[1].split("</main")[0], "nothing of the header leads anywhere"
    answer = Client(headers={"Host": host}).get("/api/v1/places/search/?q=x")
    assert (answer.status_code, answer.json()["code"]) == (404, "kernel.host")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("host", NO_NAMES)
def test_what_is_no_name_is_refused_before_anything_asks_for_it(world: World, host: str) -> None:
    page = Client(headers={"Host": host}).get("/accounts/login/")
    assert page.status_code == 400
    assert "网址看不懂" in page.content.decode()


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8000", "127.0.0.1:59999", "[::1]:8000", "127.0.0.7"])
def test_the_names_given_at_start_and_the_machines_own_numbers_are_everybodys(world: World, host: str) -> None:
    assert Client(headers={"Host": host}).get("/accounts/login/").status_code == 200


def test_a_header_of_a_proxy_that_nobody_named_is_not_read(world: World) -> None:
    page = Client(
        headers={"Host": "localhost", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    ).get("/")
    assert page.headers["Location"].startswith("/accounts/login/")
    refused = Client(headers={"Host": "evil.example", "X-Forwarded-Host": "localhost"}).get("/accounts/login/")
    assert refused.status_code == 404


def test_an_absolute_address_in_the_request_line_must_name_the_same_host(world: World) -> None:
    client = Client(headers={"Host": "localhost"})
    for line, status in (
        ("http://localhost/accounts/login/", 200), ("http://evil.example/accounts/login/", 400),
        ("http://localhost@evil.example/", 400), ("http://[::1/", 400), ("evil.example:443", 400),
    ):  # fmt: skip
        assert client.get("/accounts/login/", RAW_URI=line).status_code == status, line


def test_a_county_gets_a_host_of_its_own_and_loses_it(world: World, operator: Client, west: int) -> None:
    assert add(operator, west, " FL.xihu.gov.cn ").status_code == 302
    west_only = Client(headers={"Host": "fl.xihu.gov.cn"})
    assert west_only.get("/accounts/login/").status_code == 200
    assert hosts.directory().judge("fl.xihu.gov.cn:8443") == find_face("330106")
    shown = operator.get(f"/tenants/{west}/room/").content.decode()
    assert "fl.xihu.gov.cn" in shown
    number = Domain.objects.get().pk
    assert operator.post(f"/tenants/{west}/room/{number}/remove/").status_code == 302
    assert west_only.get("/accounts/login/").status_code == 404
    booked = AuditEntry.objects.filter(act__startswith="registry.address").order_by("id").values_list("act", flat=True)
    assert list(booked) == ["registry.address.added", "registry.address.removed"]


def test_a_visitor_at_a_countys_host_comes_to_its_public_pages_and_its_people_to_their_work(
    world: World, operator: Client, west: int, sign_in: Any
) -> None:
    add(operator, west, "fl.xihu.gov.cn")
    assert Client(headers={"Host": "fl.xihu.gov.cn"}).get("/").headers["Location"] == "/public/330106/"
    assert sign_in("county", headers={"Host": "fl.xihu.gov.cn"}).get("/").status_code == 200
    assert Client(headers={"Host": "localhost"}).get("/").headers["Location"].startswith("/accounts/login/")


def test_a_chinese_name_is_served_as_the_wire_has_it_and_shown_as_it_was_entered(
    world: World, operator: Client, west: int
) -> None:
    add(operator, west, "西湖法邻.中国")
    wire = "西湖法邻.中国".encode("idna").decode()
    assert Client(headers={"Host": wire}).get("/accounts/login/").status_code == 200
    assert "西湖法邻.中国" in operator.get(f"/tenants/{west}/room/").content.decode()


def test_a_word_is_a_path_and_a_subdomain_of_the_provinces_domain(
    world: World, operator: Client, west: int, settings: Any
) -> None:
    settings.DOMAIN = "falin.zj.gov.cn"
    add(operator, west, "xihu")
    assert find_face("xihu") == find_face("330106")
    face = find_face("xihu")
    assert face is not None
    assert (face.name, face.word, face.tenant_id) == ("西湖区", "xihu", west)
    assert Client(headers={"Host": "xihu.falin.zj.gov.cn"}).get("/accounts/login/").status_code == 200
    assert Client(headers={"Host": "falin.zj.gov.cn"}).get("/accounts/login/").status_code == 200
    assert Client(headers={"Host": "gongshu.falin.zj.gov.cn"}).get("/accounts/login/").status_code == 404


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://fl.xihu.gov.cn/", "只写域名"),
        ("fl..cn", "只写域名"),
        ("10.0.0.1", "只写域名"),
        ("x", "短名用"),
        ("330106", "短名用"),
        ("www", "短名用"),
        ("-xihu", "短名用"),
        ("localhost", "大家共用"),
        ("a.falin.zj.gov.cn", "只写前面的短名"),
        ("", "请填网址"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_one_is_refused_at_its_field(
    world: World, operator: Client, west: int, settings: Any, address: str, sentence: str
) -> None:
    settings.DOMAIN = "falin.zj.gov.cn"
    page = add(operator, west, address)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not Domain.objects.exists()
    assert not AuditEntry.objects.filter(act="registry.address.added").exists()


def test_two_bodies_never_share_an_address(world: World, operator: Client, west: int) -> None:
    add(operator, west, "xihu")
    page = add(operator, tenant_of(world, "330102"), "XIHU")
    assert page.status_code == 422
    assert "已经有单位在用" in page.content.decode()


def test_who_comes_by_a_countys_address_starts_in_his_role_there(world: World, operator: Client, west: int) -> None:
    """Whoever has roles in two counties; the choice he makes himself stays."""
    from tenants.identity.middleware import chosen
    from tenants.identity.types import Hat, Role

    def hat(tenant: int) -> Hat:
        return Hat(role=Role.COUNTY_TEAM, tenant_id=tenant, schema=f"t{tenant}", tenant_name="", tenant_node=1,
                   tenant_kind="county", suspended=False, places=(1,), subject_id="")  # fmt: skip

    east = tenant_of(world, "330102")
    hats, face = (hat(east), hat(west)), find_face("330106")
    assert chosen(hats, "", face) == hats[1]
    assert chosen(hats, hats[0].key, face) == hats[0]
    assert chosen(hats, "") == hats[0]


def test_a_suspended_body_shows_no_face_and_lets_its_people_in_and_a_closed_one_neither(
    world: World, operator: Client, west: int
) -> None:
    add(operator, west, "fl.xihu.gov.cn")
    visitor = Client(headers={"Host": "fl.xihu.gov.cn"})
    for state, status in (("suspended", 200), ("closed", 404)):
        Tenant.objects.filter(id=west).update(state=state)
        hosts.forget()
        assert find_face("330106") is None
        assert visitor.get("/accounts/login/").status_code == status


def test_an_ordinary_request_asks_the_directory_nothing(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    county.get("/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        county.get("/")
    assert not [one["sql"] for one in asked if "registry_domain" in one["sql"]]
