"""The operator's pages and addresses for restores, merges, splits and moves; and where a body is that lives elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from falin.kernel import jobs
from falin.kernel.models import Job
from falin.kernel.scope import system_scope
from falin.kernel.transactions import inside
from tenants.registry import commands, schemas
from tenants.registry.models import Archive, Deed, Tenant
from tenants.registry.types import CellInfo
from tests.app.registry.archives import keys
from tests.app.registry.cast import second_operator, tenant_of
from tests.app.registry.changed_places import merge_into_west, split_off_river
from tests.world import NOW, World


@pytest.fixture(autouse=True)
def _nobody_works() -> Iterator[None]:
    sender = list(jobs._sender)
    jobs.send_with(lambda *_job: None)
    yield
    jobs._sender[:] = sender


@pytest.fixture
def cells(world: World) -> Iterator[None]:
    kept = settings.CELL, settings.CELL_RECEIVERS
    settings.CELL, settings.CELL_RECEIVERS = "a", {"b": "cat"}
    operator = world.scope("operator")
    with inside(operator, read_only=False):
        commands.replace_cells(scope=operator, now=NOW, cells=[
            CellInfo(code="a", name="平台一", address="https://a.falin.example", places=("33",)),
            CellInfo(code="b", name="平台二", address="https://b.falin.example", places=("44",)),
        ])  # fmt: skip
    yield
    settings.CELL, settings.CELL_RECEIVERS = kept


def _work() -> Job:
    job = Job.objects.filter(state="queued").latest("created_at")
    jobs.work(system=system_scope(schema="public", tenant_id=0, grants=frozenset()), job_id=job.id)
    return Job.objects.get(id=job.id)


def test_a_merge_is_asked_for_on_the_page_confirmed_by_another_and_seen(world: World, sign_in: Any) -> None:
    second_operator(world)
    upper, west = tenant_of(world, "330102"), world.node("330106")
    operator, other = sign_in("operator"), sign_in("operator2")
    page = operator.post(f"/tenants/{upper}/merge/", {"target": str(west), "why": "调整"})
    assert page.status_code == 422
    assert "没有从上城区划来的地方" in page.content.decode()
    merge_into_west(world)
    assert "西湖区" in operator.get(f"/tenants/{upper}/merge/").content.decode()
    answer = operator.post(f"/tenants/{upper}/merge/", {"target": str(west), "why": "浙政函〔2026〕1号"})
    assert answer.headers["Location"] == f"/tenants/{upper}/"
    assert "并入上城区 → 西湖区" in other.get("/tenants/").content.decode()
    deed = Deed.objects.get()
    other.post(f"/tenants/deeds/{deed.id}/confirm/")
    assert _work().state == "done"
    shown = other.get(f"/tenants/{upper}/").content.decode()
    assert "各表的行数和指纹" in shown
    assert "西湖区" in shown
    assert "重新" not in shown


def test_a_split_is_asked_for_and_what_could_not_be_done_is_tried_again(world: World, sign_in: Any) -> None:
    second_operator(world)
    west, operator, other = tenant_of(world, "330106"), sign_in("operator"), sign_in("operator2")
    split_off_river(world)
    river = world.node("330114")
    operator.post(f"/tenants/{west}/split/", {"target": str(river), "why": "设立之江区"})
    deed = Deed.objects.get()
    other.post(f"/tenants/deeds/{deed.id}/confirm/")
    address = f"/api/v1/tenants/deeds/{deed.id}/again/"
    assert other.post(address).status_code == 409  # it is under way
    Job.objects.all().update(state="failed")
    assert "已确认，还没有办成" in other.get("/tenants/").content.decode()
    assert other.post(address).status_code == 202
    Job.objects.all().update(state="failed")
    answer = other.post(f"/tenants/deeds/{deed.id}/again/")
    assert answer.headers["Location"].startswith("/jobs/")
    assert _work().state == "done"
    assert Tenant.objects.get(node_id=river).state == "open"


@pytest.mark.usefixtures("cells")
def test_a_move_is_asked_for_and_a_cell_nobody_can_reach_is_refused_at_the_field(world: World, sign_in: Any) -> None:
    west, operator = tenant_of(world, "330106"), sign_in("operator")
    assert "平台二" in operator.get(f"/tenants/{west}/move/").content.decode()
    settings.CELL_RECEIVERS = {}
    page = operator.post(f"/tenants/{west}/move/", {"target": "b", "why": "换机房"})
    assert (page.status_code, "还不知道怎么连到那个库" in page.content.decode()) == (422, True)
    settings.CELL_RECEIVERS = {"b": "cat"}
    asked = operator.post(f"/api/v1/tenants/{west}/deeds/", {"act": "move", "target": "a", "why": "换"},
                          content_type="application/json")  # fmt: skip
    assert (asked.status_code, asked.json()["field"]) == (422, "target")
    assert operator.post(f"/tenants/{west}/move/", {"target": "b", "why": "换机房"}).status_code == 302
    assert Deed.objects.get().target == "b"


@pytest.mark.usefixtures("cells")
def test_what_a_body_left_behind_is_shown_on_its_page_and_asked_away_there(world: World, sign_in: Any) -> None:
    second_operator(world)
    west, operator, other = tenant_of(world, "330106"), sign_in("operator"), sign_in("operator2")
    assert "旧副本" not in operator.get(f"/tenants/{west}/").content.decode()
    page = operator.post(f"/tenants/{west}/clear/", {"why": "核对过了"})
    assert (page.status_code, "没有留下旧的副本" in page.content.decode()) == (422, True)
    copy = f"moved_{world.schema('330106')}_20261101000000"
    with schemas.owner() as own:
        own.execute(f"create schema {copy}".encode())
        own.execute(f"create table {copy}.duty_visit as select 1".encode())
    shown = operator.get(f"/tenants/{west}/").content.decode()
    assert copy in shown
    assert f"/tenants/{west}/clear/" in shown
    (told,) = operator.get(f"/api/v1/tenants/{west}/").json()["left"]
    assert (told["schema"], told["size"] > 0) == (copy, True)
    assert operator.post(f"/tenants/{west}/clear/", {"why": "核对过了"}).status_code == 302
    assert "清除旧副本：西湖区" in other.get("/tenants/").content.decode()
    other.post(f"/tenants/deeds/{Deed.objects.get().id}/confirm/")
    assert Deed.objects.get().due_at is not None


@pytest.mark.usefixtures("cells")
def test_people_and_programs_of_a_body_that_moved_are_told_where_it_is(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    assert county.get("/advisers/").status_code == 200
    Tenant.objects.filter(id=tenant_of(world, "330106")).update(state="elsewhere", cell="b")
    page = county.get("/advisers/")
    assert page.status_code == 421
    assert 'href="https://b.falin.example"' in page.content.decode()
    answer = county.get("/api/v1/advisers/")
    assert (answer.status_code, answer.json()["code"]) == (421, "kernel.elsewhere")
    assert answer.json()["address"] == "https://b.falin.example"
    assert sign_in("county2").get("/advisers/").status_code == 200
    # What hangs on its places is there too, whoever asks.
    node = world.node("330106002001")
    leader = sign_in("leader")
    assert leader.get(f"/api/v1/tenants/{tenant_of(world, '330106')}/").status_code == 403
    assert leader.get(f"/advisers/vacancies/{node}/").status_code in {403, 404, 421}
    assert [cell["code"] for cell in sign_in("operator").get("/api/v1/tenants/cells/").json()] == ["a", "b"]


def test_a_body_is_restored_from_its_page_with_the_recipients_key(world: World, sign_in: Any) -> None:
    west, operator = tenant_of(world, "330106"), sign_in("operator")
    certificate, key = keys("省档案馆")
    operator.post(f"/tenants/{west}/archive/", {"recipient": SimpleUploadedFile("c.pem", certificate)})
    assert _work().state == "done"
    archive = Archive.objects.get()
    assert f"/tenants/archives/{archive.id}/restore/" in operator.get(f"/tenants/{west}/").content.decode()
    address = f"/tenants/archives/{archive.id}/restore/"
    page = operator.post(address, _opener(certificate, b"nonsense"))
    assert (page.status_code, "私钥读不出来" in page.content.decode()) == (422, True)
    operator.post(f"/tenants/{west}/suspend/", {"why": "恢复"})
    answer = operator.post(address, _opener(certificate, key))
    assert answer.headers["Location"].startswith("/jobs/")
    from falin.kernel.models import StoredFile

    sealed = StoredFile.objects.get(purpose="restore")
    from django.core.files.storage import default_storage

    with default_storage.open(sealed.path) as file:
        assert b"PRIVATE" not in file.read()
    job = _work()
    assert (job.state, job.result["tenant"]) == ("done", "西湖区")
    assert not StoredFile.objects.filter(purpose="restore").exists()  # the key is gone
    assert not default_storage.exists(sealed.path)
    assert operator.get(f"/tenants/archives/{uuid.UUID(int=5)}/restore/").status_code == 404


def _opener(certificate: bytes, key: bytes, **more: Any) -> dict[str, Any]:
    return {"certificate": SimpleUploadedFile("c.pem", certificate), "key": SimpleUploadedFile("k.pem", key), **more}


def test_an_archive_that_is_sent_along_is_tried_first(world: World, sign_in: Any) -> None:
    west, operator = tenant_of(world, "330106"), sign_in("operator")
    certificate, key = keys("省档案馆")
    operator.post(f"/tenants/{west}/archive/", {"recipient": SimpleUploadedFile("c.pem", certificate)})
    job = _work()
    data = b"".join(operator.get(f"/files/{job.result['file']}/").streaming_content)
    operator.post(f"/tenants/{west}/suspend/", {"why": "试恢复"})
    sent = _opener(certificate, key, archive=SimpleUploadedFile("a.zip", data), check="on")
    answer = operator.post("/tenants/restore/", sent)
    assert answer.status_code == 302
    job = _work()
    assert (job.state, job.title, job.result["rows"] > 10) == ("done", "试恢复", True)
    assert Tenant.objects.get(id=west).state_why == "试恢复"  # nothing was changed
