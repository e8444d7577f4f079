"""Places and their yearly update as people click through them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from falin.kernel import jobs
from falin.kernel.models import Job
from falin.kernel.scope import PUBLIC_SCHEMA, system_scope
from falin.kernel.transactions import inside, shared
from falin.portal import places, update_words
from services.duty.models import Visit
from tenants.divisions import api, policies
from tenants.divisions.models import DivisionChange
from tenants.divisions.types import UpdateState
from tenants.identity.api import Role, create_person, grant_role, system_of
from tenants.registry.api import find_tenant_of
from tests.app.indicators.books import night, visit
from tests.world import NOW, PLACES, World, encoded, today

LATER = {**PLACES, "330106002001": "宝石山社区", "330106109202": "湖埠东村", "330106002009": "曙光社区"}
DAY = "2024-07-01"
READER = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({policies.REVIEW}))


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The two administrators at work; queued jobs wait until ``work`` does them."""
    monkeypatch.setattr(jobs, "_sender", [lambda *_job: None])
    with shared(read_only=False) as system:
        for username, name, role in (
            ("sysadmin", "严守正", Role.SYSTEM_ADMINISTRATOR),
            ("security", "卫安之", Role.SECURITY_ADMINISTRATOR),
        ):
            person = create_person(scope=system, username=username, name=name, password=None, encoded=encoded(),
                                   must_change_password=False, now=NOW)  # fmt: skip
            grant_role(scope=system, person_id=person.id, role=role, node_id=world.node("33"), reason="测试", now=NOW)
    yield world


def as_csv(places_of: dict[str, str]) -> SimpleUploadedFile:
    lines = "".join(f"{code},{name}\n" for code, name in places_of.items())
    return SimpleUploadedFile("list.csv", f"代码,名称\n{lines}".encode("gb18030"))


def work(world: World) -> Job:
    """Do the newest queued job, as a worker would."""
    tenant = find_tenant_of(world.node("33"))
    system = system_of(tenant)
    with inside(system, read_only=True):
        job = Job.objects.filter(state="queued").latest("created_at")
    jobs.work(system=system, job_id=job.id)
    with inside(system, read_only=True):
        return Job.objects.get(id=job.id)


def send_list(client: Any, listed: dict[str, str], **more: str) -> Any:
    given = {"edition": "", "source": "浙民区〔2024〕3号", "day": DAY, **more}
    return client.post(reverse("portal:update-new"), {**given, "file": as_csv(listed)})


def prepared(world: World, client: Any) -> int:
    assert send_list(client, {code: name for code, name in LATER.items() if code != "330106109201"}).status_code == 302
    return int(work(world).result["update"])


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:3000]
    return str(answer.content.decode())


def read(world: World, update: int) -> Any:
    with shared(read_only=True):
        return api.get_update(update, scope=READER)


# ---- the tree --------------------------------------------------------------------------------------------------------
def test_a_place_is_found_by_one_character_and_by_its_code(world: World, sign_in: Any) -> None:
    client = sign_in("liaison")
    assert "湖埠村" in text_of(client.get(reverse("portal:places"), {"q": "埠"}))
    assert "西湖区" in text_of(client.get(reverse("portal:places"), {"q": "330106"}))
    assert "没有找到这个地方" in text_of(client.get(reverse("portal:places"), {"q": "没有这里"}))
    assert "浙江省" in text_of(client.get(reverse("portal:places")))


def test_places_are_looked_for_as_they_were_on_a_day(world: World, sign_in: Any) -> None:
    client = sign_in("liaison")
    page = client.get("/places/", {"q": "湖埠", "on": "2024-01-01"}).content.decode()
    assert f"/places/{world.node('330106109200')}/?on=2024-01-01" in page
    assert "没有找到这个地方" in client.get("/places/", {"q": "湖埠", "on": "2001-01-01"}).content.decode()
    bad = client.get("/places/", {"q": "湖埠", "on": "明天"})
    assert bad.status_code == 422
    assert 'id="id_on_error"' in bad.content.decode()


def test_a_place_shows_where_it_lies_what_lies_in_it_and_its_past(world: World, sign_in: Any) -> None:
    page = text_of(sign_in("county").get(reverse("portal:place", args=[world.node("330106")])))
    for words in ("浙江省", "杭州市", "西湖区", "北山街道", "双浦镇", "村（社区） 5", "2023年6月30日起"):
        assert words in page


def test_a_day_without_the_place_is_said_at_the_field(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    for day in ("2001-01-01", "昨天"):
        answer = client.get(reverse("portal:place", args=[world.node("330106")]), {"on": day})
        assert "那一天没有这个地方" in text_of(answer, 422)
    assert client.get(reverse("portal:place", args=[99_999_999])).status_code == 404


# ---- the update ------------------------------------------------------------------------------------------------------
def test_an_update_goes_from_the_list_to_the_new_tree_and_back(office: World, sign_in: Any) -> None:
    maker, second = sign_in("sysadmin"), sign_in("security")
    update = prepared(office, maker)
    page = text_of(maker.get(reverse("portal:update", args=[update])))
    for words in ("宝石山社区", "湖埠东村", "曙光社区", "灵山村", "整组接受", "要逐处看的"):
        assert words in page
    with shared(read_only=True):
        groups = api.list_groups(update, scope=READER)
    for group in groups:
        answer = maker.post(reverse("portal:update-group", args=[update]), {"group": group.key, "decision": "accepted"})
        assert answer.status_code == 302
    assert maker.post(reverse("portal:update-submit", args=[update])).status_code == 302
    assert "确认并应用" not in text_of(maker.get(reverse("portal:update", args=[update])))
    assert "确认并应用" in text_of(second.get(reverse("portal:update", args=[update])))
    assert second.post(reverse("portal:update-confirm", args=[update])).status_code == 302
    assert "正在应用" in text_of(second.get(reverse("portal:update", args=[update])))
    assert work(office).state == "done"
    assert read(office, update).state == UpdateState.APPLIED
    assert "曙光社区" in text_of(second.get(reverse("portal:places"), {"q": "曙光"}))
    report = text_of(second.get(reverse("portal:update-report", args=[update])))
    assert report.count(">接受<") == 4
    gone = text_of(maker.get(reverse("portal:places"), {"q": "灵山"}))
    assert "2024年7月1日撤销" in gone
    undo = reverse("portal:update-undo", args=[update])
    assert "请写明理由" in text_of(second.post(undo, {"why": ""}), 422)
    visit(office, "330106002009", today(), 60)
    second.post(undo, {"why": "名录有误"})
    kept = work(office)
    assert (kept.state, read(office, update).state) == ("failed", UpdateState.APPLIED)
    assert "到访 1" in text_of(second.get(reverse("portal:job", args=[kept.id])))
    with inside(night(office, "330106"), read_only=False):
        Visit.objects.unscoped(reason="a test").update(voided_at=NOW)
    asked = second.post(undo, {"why": "名录有误"})
    assert read(office, update).state == UpdateState.APPLIED, "the counties are asked first, by a worker"
    assert work(office).state == "done"
    assert "做完了" in text_of(second.get(asked.headers["Location"]))
    assert read(office, update).state == UpdateState.UNDONE


def test_a_place_that_ended_still_has_a_page(office: World, sign_in: Any) -> None:
    maker, second = sign_in("sysadmin"), sign_in("security")
    gone = office.node("330106109201")
    update = prepared(office, maker)
    with shared(read_only=True):
        groups = api.list_groups(update, scope=READER)
    for group in groups:
        maker.post(reverse("portal:update-group", args=[update]), {"group": group.key, "decision": "accepted"})
    maker.post(reverse("portal:update-submit", args=[update]))
    second.post(reverse("portal:update-confirm", args=[update]))
    work(office)
    page = text_of(maker.get(reverse("portal:place", args=[gone])))
    assert "灵山村" in page
    assert "2024年7月1日起撤销" in page
    split = text_of(maker.get(reverse("portal:place", args=[office.node("330106109200")])))
    assert "分设" in split
    assert "湖埠东村" in split
    assert "份额是估的" in split
    then = maker.get(reverse("portal:place", args=[office.node("330106109")]), {"on": "2024-06-30"})
    assert "灵山村" in text_of(then)


@pytest.mark.parametrize(
    ("listed", "more", "sentence"),
    [
        ({**PLACES, "33x": "坏代码"}, {}, "第 28 行：代码“33x”不对"),
        ({}, {}, "表里没有一行区划"),
        (PLACES, {"day": "2020-01-01"}, "生效日期要晚于 2023年6月30日"),
        (PLACES, {"day": "明天"}, "日期不对"),
        (PLACES, {"source": ""}, "请写明这份名录从哪里来"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_at_its_field(
    office: World, sign_in: Any, listed: dict[str, str], more: dict[str, str], sentence: str
) -> None:
    assert sentence in text_of(send_list(sign_in("sysadmin"), listed, **more), 422)
    with inside(system_of(find_tenant_of(office.node("33"))), read_only=True):
        assert not Job.objects.filter(kind=places.PREPARE).exists()


def test_without_a_list_one_is_asked_for(office: World, sign_in: Any) -> None:
    answer = sign_in("sysadmin").post(reverse("portal:update-new"), {"edition": "", "day": DAY})
    assert "请选一份名录，或者上传一份" in text_of(answer, 422)


def test_one_change_is_decided_by_itself(office: World, sign_in: Any) -> None:
    client = sign_in("sysadmin")
    update = prepared(office, client)
    with shared(read_only=True):
        gone = next(one for one in api.list_changes(update, scope=READER) if one.before_name == "灵山村")
    address = reverse("portal:update-decide", args=[update, gone.id])
    assert "撤销，没有接手的地方" in text_of(client.get(address))
    assert "请选一个" in text_of(client.post(address, {}), 422)
    assert "请填其他地方的代码" in text_of(client.post(address, {"choice": "other"}), 422)
    assert "请填 12 位区划代码" in text_of(client.post(address, {"choice": "other", "target": "湖埠"}), 422)
    assert client.post(address, {"choice": "other", "target": "330106109200"}).status_code == 302
    with shared(read_only=True):
        decided = api.get_change(update, gone.id, scope=READER)
    assert (decided.decision, decided.target) == ("accepted", ("330106109200",))
    assert 'value="other" ' in text_of(client.get(address)) or 'value="accepted:330106109200"' in text_of(
        client.get(address)
    )


def test_a_person_says_on_the_page_that_an_ended_place_is_a_new_one_of_the_list(office: World, sign_in: Any) -> None:
    maker, second = sign_in("sysadmin"), sign_in("security")
    node = office.node("330106109201")
    update = prepared(office, maker)
    with shared(read_only=True):
        found = {one.after_name or one.before_name: one for one in api.list_changes(update, scope=READER)}
    gone, new = (reverse("portal:update-decide", args=[update, found[name].id]) for name in ("灵山村", "曙光社区"))
    for address, words, near in (
        (gone, "就是新名录里的另一个地方", '<option value="330106002009">曙光社区</option>'),
        (new, "就是要撤销的另一个地方", '<option value="330106109201">灵山村</option>'),
    ):
        page = text_of(maker.get(address))
        assert (words in page, near in page, 'list="near"' in page) == (True, True, True)
        assert "请填其他地方的代码" in text_of(maker.post(address, {"choice": "same"}), 422)
    refused = text_of(maker.post(gone, {"choice": "same", "target": "330106109200"}), 422)
    assert "没有代码是 330106109200 的新地方" in refused
    assert 'id="id_target_error"' in refused
    assert maker.post(gone, {"choice": "same", "target": "330106002009"}).status_code == 302
    assert 'value="330106109201"' in text_of(maker.get(new)), "what was said of one is said of the other"
    for group in ("split.numbered_name", "renamed.like_name"):
        maker.post(reverse("portal:update-group", args=[update]), {"group": group, "decision": "accepted"})
    page = text_of(maker.get(reverse("portal:update", args=[update])))
    for words in ("认定为同一个地方的", "（就是新名录里的 曙光社区 330106002009，同一个地方）",
                  "（就是原来的 灵山村 330106109201，同一个地方）"):  # fmt: skip
        assert words in page
    assert maker.post(reverse("portal:update-submit", args=[update])).status_code == 302
    second.post(reverse("portal:update-confirm", args=[update]))
    assert work(office).state == "done"
    assert office.node("330106002009") == node
    report = text_of(second.get(reverse("portal:update-report", args=[update])))
    assert (report.count(">接受<"), report.count(">认定为同一个地方<")) == (2, 2)
    past = text_of(maker.get(reverse("portal:place", args=[node])))
    assert past.count("灵山村") >= 1
    assert "撤销" not in past


def test_an_early_submission_is_refused_on_the_page(office: World, sign_in: Any) -> None:
    client = sign_in("sysadmin")
    update = prepared(office, client)
    answer = client.post(reverse("portal:update-submit", args=[update]))
    assert "还有 4 处没有决定" in text_of(answer, 422)


def test_the_second_person_sends_back_and_the_first_gives_up(office: World, sign_in: Any) -> None:
    maker, second = sign_in("sysadmin"), sign_in("security")
    update = prepared(office, maker)
    with shared(read_only=True):
        groups = api.list_groups(update, scope=READER)
    for group in groups:
        maker.post(reverse("portal:update-group", args=[update]), {"group": group.key, "decision": "refused"})
    maker.post(reverse("portal:update-submit", args=[update]))
    assert second.post(reverse("portal:update-send-back", args=[update]), {"why": "再核对一遍"}).status_code == 302
    assert read(office, update).state == UpdateState.DECIDING
    assert maker.post(reverse("portal:update-drop", args=[update]), {"why": "换一份名录"}).status_code == 302
    assert read(office, update).state == UpdateState.DROPPED


def test_others_see_places_and_no_update(office: World, sign_in: Any) -> None:
    update = prepared(office, sign_in("sysadmin"))
    for username in ("leader", "county", "liaison"):
        client = sign_in(username)
        assert client.get(reverse("portal:places")).status_code == 200
        assert client.get(reverse("portal:update", args=[update])).status_code == 403
    assert sign_in("security").get(reverse("portal:update-new")).status_code == 403


def test_a_cancelled_comparison_leaves_nothing(office: World, sign_in: Any) -> None:
    client = sign_in("sysadmin")
    job = send_list(client, LATER)
    number = job.headers["Location"].rstrip("/").rpartition("/")[2]
    assert client.post(reverse("portal:job-cancel", args=[number])).status_code == 302
    with shared(read_only=True):
        assert api.list_updates(scope=READER) == []


def test_a_place_is_drawn_where_an_outline_is_known() -> None:
    ring = [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.1], [120.0, 30.0]]
    drawn = places.path_of(json.loads(json.dumps({"type": "Polygon", "coordinates": [ring]})))
    assert drawn.startswith("M10.0 290.0L")
    assert drawn.endswith("Z")
    assert places.path_of(None) == ""


def test_who_holds_a_role_at_a_place_that_ended_still_comes_in(office: World, sign_in: Any) -> None:
    """His role is shown as hanging before, and waits for the county to grant it anew; no page breaks on it."""
    maker, second = sign_in("sysadmin"), sign_in("security")
    kept = {code: name for code, name in PLACES.items() if code != "330106109200"}
    assert send_list(maker, kept).status_code == 302
    update = int(work(office).result["update"])
    assert "到接手的地方重新授予" in text_of(maker.get(reverse("portal:update", args=[update])))
    with shared(read_only=True):
        groups = api.list_groups(update, scope=READER)
    for group in groups:
        maker.post(reverse("portal:update-group", args=[update]), {"group": group.key, "decision": "accepted"})
    maker.post(reverse("portal:update-submit", args=[update]))
    second.post(reverse("portal:update-confirm", args=[update]))
    assert work(office).state == "done"
    liaison, county = sign_in("liaison"), sign_in("county")
    for path in ("/", "/places/", "/jobs/", "/advisers/"):
        assert liaison.get(path).status_code < 500, path
    for path in ("/", "/people/", "/advisers/", "/advisers/vacancies/", "/figures/"):
        assert county.get(path, follow=True).status_code == 200, path


def test_columns_of_a_list_are_named_on_the_page_and_a_missing_one_is_said_at_the_file(
    office: World, sign_in: Any
) -> None:
    client = sign_in("sysadmin")
    own = SimpleUploadedFile("own.csv", "地名,区划码\n浙江省,33\n杭州市,3301\n".encode())
    given = {"edition": "", "source": "浙民区〔2024〕3号", "day": DAY}
    page = text_of(client.post(reverse("portal:update-new"), {**given, "file": own}), 422)
    assert "表里缺少这些列：代码、名称。第一行写的是：地名、区划码。" in page
    own.seek(0)
    named = {**given, "file": own, "code_column": "区划码", "name_column": "地名"}
    assert client.post(reverse("portal:update-new"), named).status_code == 302
    assert read(office, int(work(office).result["update"])).listed == 2


def test_a_county_is_compared_by_itself_with_its_own_list(office: World, sign_in: Any) -> None:
    client = sign_in("sysadmin")
    own = {code: name for code, name in LATER.items() if code.startswith("330106")}
    wrong = text_of(send_list(client, own, under="330199"), 422)
    assert "没有这个代码的地方" in wrong
    assert 'id="id_under_error"' in wrong
    assert send_list(client, own, under="330106").status_code == 302
    update = int(work(office).result["update"])
    page = text_of(client.get(reverse("portal:update", args=[update])))
    for words in ("浙民区〔2024〕3号，只比对西湖区", "宝石山社区", "湖埠东村", "曙光社区"):
        assert words in page
    assert sum(read(office, update).counts.values()) == 3


def test_a_list_without_the_place_ends_the_comparison_with_a_sentence(office: World, sign_in: Any) -> None:
    kept = {code: name for code, name in LATER.items() if not code.startswith("330205")}
    client = sign_in("sysadmin")
    assert send_list(client, kept, under="330205").status_code == 302
    job = work(office)
    assert job.state == "failed"
    assert "这份名录里没有江北区" in text_of(client.get(reverse("portal:job", args=[job.id])))


# ---- the report ------------------------------------------------------------------------------------------------------
def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_a_report_is_whole_leaf_by_leaf_and_as_one_file(
    office: World, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("falin.portal.web.places.LEAF", 3)
    monkeypatch.setattr(update_words, "STEP", 3)
    client = sign_in("sysadmin")
    update = prepared(office, client)
    with shared(read_only=True):
        found = {one.after_name or one.before_name: one.id for one in api.list_changes(update, scope=READER)}
    for name, said in (("灵山村", "accepted:-"), ("宝石山社区", "accepted:-"), ("曙光社区", "refused")):
        client.post(reverse("portal:update-decide", args=[update, found[name]]), {"choice": said})
    address = reverse("portal:update-report", args=[update])
    first, second = text_of(client.get(address)), text_of(client.get(address, {"page": "2"}))
    assert (first.count("<h2>按变化和依据分组"), second.count("<h2>按变化和依据分组")) == (1, 0)
    assert ("第 1–3 条，共 4 条" in first, "第 4–4 条，共 4 条" in second) == (True, True)
    told = {name: [name in page for page in (first, second)].count(True) for name in found}
    assert told == dict.fromkeys(found, 1), "each on one leaf"
    assert {row["新名称"] or row["原名称"]: (row["变化"], row["决定"]) for row in rows_of(client.get(f"{address}file/"))} == {
        "宝石山社区": ("更名", "不是同一个地方：旧的撤销，新的另设"), "湖埠东村": ("分设", "没决定"),
        "曙光社区": ("新设", "不接受"), "灵山村": ("撤销", "接受"),
    }  # fmt: skip
    for username in ("leader", "county"):
        assert sign_in(username).get(f"{address}file/").status_code == 403


def test_the_file_of_a_report_says_what_is_one_place(office: World, sign_in: Any) -> None:
    client = sign_in("sysadmin")
    update = prepared(office, client)
    with shared(read_only=True):
        (gone,) = [one.id for one in api.list_changes(update, scope=READER) if one.before_name == "灵山村"]
    client.post(reverse("portal:update-decide", args=[update, gone]), {"choice": "same", "target": "330106002009"})
    rows = rows_of(client.get(reverse("portal:update-report-file", args=[update])))
    assert [row["并入、分出或者同一个地方"] for row in rows if row["决定"] == "认定为同一个地方"] == [
        "灵山村 330106109201", "曙光社区 330106002009"
    ]  # fmt: skip


MANY = 27_933  # communities that differ between two editions of the national list


def test_a_report_of_a_whole_country_comes_out_whole(office: World, sign_in: Any) -> None:
    client = sign_in("sysadmin")
    update, street = prepared(office, client), office.node("330106002")
    with shared(read_only=False):
        DivisionChange.objects.bulk_create(
            (DivisionChange(update_id=update, kind="added", reason="only_here", sure=True, level=5, group="added.only_here",
                            to=[5, f"9{number:011}", f"新{number}村", street, "", 4])
             for number in range(MANY - 4)),
            batch_size=1_000,
        )  # fmt: skip
    rows = rows_of(client.get(reverse("portal:update-report-file", args=[update])))
    assert (len(rows), len({row["新代码"] or row["原代码"] for row in rows})) == (MANY, MANY)
    leaf = text_of(client.get(reverse("portal:update-report", args=[update]), {"page": "28"}))
    assert "第 27,001–27,933 条，共 27,933 条" in leaf
    assert leaf.count("<tr>") == 934


# ---- a boundary that moved -------------------------------------------------------------------------------------------
GAVE, TOOK = "330106109200", "330106109201"  # 湖埠村, 灵山村


def test_a_counted_boundary_is_entered_confirmed_and_told_at_both_places(office: World, sign_in: Any) -> None:
    maker, second = sign_in("sysadmin"), sign_in("security")
    enter = reverse("portal:update-boundary")
    said = {"from_code": GAVE, "to_code": TOOK, "share": "120/860", "day": "2026-11-01", "source": "杭民发〔2026〕9号"}
    wrong = text_of(maker.post(enter, {**said, "share": "860/860"}), 422)
    assert "比 0 大、比 1 小" in wrong
    assert 'id="id_share_error"' in wrong
    answer = maker.post(enter, said)
    assert answer.status_code == 302
    page = text_of(maker.get(answer["Location"]))
    for words in ("界线调整", "湖埠村", "灵山村", "划走 120/860", "提交给第二个人确认"):
        assert words in page
    update = int(answer["Location"].rstrip("/").rpartition("/")[2])
    with shared(read_only=True):
        (change,) = api.list_changes(update, scope=READER)
    assert "照此登记" in text_of(maker.get(reverse("portal:update-decide", args=[update, change.id])))
    assert maker.post(reverse("portal:update-submit", args=[update])).status_code == 302
    assert second.post(reverse("portal:update-confirm", args=[update])).status_code == 302
    assert work(office).state == "done"
    assert "划走 120/860" in text_of(second.get(reverse("portal:update-report", args=[update])))
    gave, took = (text_of(maker.get(reverse("portal:place", args=[office.node(code)]))) for code in (GAVE, TOOK))
    assert "划走这里的 13.95%" in gave
    assert "划来那里的 13.95%" in took
    assert "份额是估的" not in gave + took
    assert second.post(reverse("portal:update-undo", args=[update]), {"why": "数错了"}).status_code == 302
    assert "界线调整" not in text_of(maker.get(reverse("portal:place", args=[office.node(GAVE)])))
