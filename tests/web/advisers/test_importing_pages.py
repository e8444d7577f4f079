"""The pages of an import, from the file to what came of it; without scripts."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from falin.kernel import jobs
from falin.kernel.models import AuditEntry, StoredFile
from falin.kernel.scope import system_scope
from falin.kernel.transactions import inside
from services.advisers.models import Adviser, ImportSheet
from services.advisers.tasks import register_jobs
from tenants.identity.types import Role
from tests.app.identity.cast import enter, hold
from tests.fixtures.adviser_sheets import WITH_ERRORS, person, write
from tests.world import World

UPLOAD = "/advisers/import/"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    register_jobs()
    monkeypatch.setattr(jobs, "_sender", [lambda schema, job_id, _lane: told.append((schema, job_id))])
    return told


def upload(client: Any, path: Path, **more: str) -> Any:
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(UPLOAD, {"file": file, **more})


def work(sent: list[tuple[str, str]]) -> None:
    """A worker takes the oldest message."""
    schema, job_id = sent.pop(0)
    jobs.work(system=system_scope(schema=schema, tenant_id=0, grants=frozenset()), job_id=UUID(job_id))


def test_the_whole_way_from_file_to_register(
    world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    client = sign_in("county")
    assert client.get(UPLOAD).status_code == 200
    answer = upload(client, WITH_ERRORS)
    assert answer.status_code == 302
    waiting = client.get(answer.url)
    assert waiting.headers["Refresh"] == "4"
    assert "排队等着" in waiting.content.decode()
    work(sent)
    found = client.get(answer.url)
    assert "Refresh" not in found.headers
    text = found.content.decode()
    assert "把 8 行登记进来？" in text
    assert "第 9 行" in text
    assert "15 位的旧号码" in text
    assert "没有导入：序号、性别、备注" in text
    confirmed = client.post(f"{answer.url}confirm/", {"_once": "a" * 32})
    assert confirmed.status_code == 302
    work(sent)
    done = client.get(answer.url).content.decode()
    assert "登记了 8 名顾问、5 家机构" in done
    assert "已导入" in client.get(UPLOAD).content.decode()


def test_a_second_click_on_confirm_acts_once(
    world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    client = sign_in("county")
    where = upload(client, write(tmp_path / "a.xlsx", [person(1)])).url
    work(sent)
    answers = [client.post(f"{where}confirm/", {"_once": "b" * 32}) for _click in range(2)]
    assert [answer.url for answer in answers] == [where, where]
    assert len(sent) == 1
    late = client.post(f"{where}confirm/", {"_once": "c" * 32}, follow=True)
    assert "没有等着确认的行" in late.content.decode()
    assert len(sent) == 1


def test_a_file_that_is_no_sheet_is_refused_at_the_field(world: World, sign_in: Any, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("姓名,手机号")
    answer = upload(sign_in("county"), tmp_path / "a.xlsx")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert 'href="#id_file"' in text
    assert "不是 XLSX 表格" in text
    scope = world.scope("county")
    with inside(scope, read_only=True):
        assert ImportSheet.objects.count() == 0


def test_no_file_is_told_plainly(world: World, sign_in: Any) -> None:
    answer = sign_in("county").post(UPLOAD, {})
    assert answer.status_code == 422
    assert "请选一个 .xlsx 文件。" in answer.content.decode()


def test_wrong_columns_are_shown_with_what_was_expected(
    world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    client = sign_in("county")
    where = upload(client, write(tmp_path / "a.xlsx", [{"名字": "沈知行"}], head=["名字", "手机号", "性别"])).url
    work(sent)
    text = client.get(where).content.decode()
    assert "缺少这些列" in text
    assert "身份证号" in text
    assert "确认导入" not in text


# A county whose sheets call everything otherwise.
THEIRS = {"姓名": "人名", "身份证号": "证号", "手机号": "移动", "执业机构": "哪个所"}


def alien(to: Path, number: int) -> Path:
    row = person(number)
    return write(to, [{theirs: row[ours] for ours, theirs in THEIRS.items()}], head=list(THEIRS.values()),
                 above=[["西湖区法律顾问一览"]])  # fmt: skip


CHOSEN = {"name": "人名", "id_number": "证号", "phone": "移动", "firm": "哪个所"}


def test_columns_with_other_names_are_chosen_once_and_known_the_next_time(
    world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    client = sign_in("county")
    where = upload(client, alien(tmp_path / "a.xlsx", 1)).url
    work(sent)
    text = client.get(where).content.decode()
    assert "缺少这些列" in text and "哪一列是哪一列" in text
    assert '<option value="哪个所">' in text  # the head, not the title above it
    assert client.post(f"{where}columns/", CHOSEN).status_code == 302
    work(sent)
    seen = client.get(where).content.decode()
    assert "把 1 行登记进来？" in seen and "照您以前选的认出" in seen
    assert not Adviser.objects.exists()  # nothing is saved before "confirm"
    client.post(f"{where}confirm/")
    work(sent)
    assert "登记了 1 名顾问" in client.get(where).content.decode()
    again = upload(client, alien(tmp_path / "b.xlsx", 2)).url
    work(sent)
    text = client.get(again).content.decode()
    assert "把 1 行登记进来？" in text and "照您以前选的认出" in text
    with inside(world.scope("county"), read_only=True):
        (entry,) = AuditEntry.objects.filter(act="advisers.import.columns_named")
        assert entry.after == {"columns": ["姓名 = 人名", "身份证号 = 证号", "手机号 = 移动", "执业机构 = 哪个所"]}


def test_a_wrong_choice_is_said_at_its_field_and_can_be_taken_back(
    world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    client = sign_in("county")
    where = upload(client, alien(tmp_path / "a.xlsx", 1)).url
    work(sent)
    twice = client.post(f"{where}columns/", {**CHOSEN, "phone": "证号"})
    assert twice.status_code == 422 and "“证号”选了两次" in twice.content.decode()
    strange = client.post(f"{where}columns/", {**CHOSEN, "phone": "没有的"})
    assert strange.status_code == 422 and "表里没有这一列" in strange.content.decode()
    assert sent == []
    client.post(f"{where}columns/", {**CHOSEN, "phone": "证号", "id_number": "移动"})  # the wrong way round
    work(sent)
    assert "没有一行可以导入" in client.get(where).content.decode()
    client.post(f"{where}columns/", CHOSEN)
    work(sent)
    assert "把 1 行登记进来？" in client.get(where).content.decode()


def test_a_neighbour_knows_nothing_of_anothers_names(
    world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    client = sign_in("county")
    where = upload(client, alien(tmp_path / "a.xlsx", 1)).url
    work(sent)
    client.post(f"{where}columns/", CHOSEN)
    work(sent)
    neighbour = sign_in("county2")
    assert neighbour.post(f"{where}columns/", CHOSEN).status_code == 404
    theirs = upload(neighbour, alien(tmp_path / "b.xlsx", 2)).url
    work(sent)
    assert "缺少这些列" in neighbour.get(theirs).content.decode()


def test_what_is_loaded_is_read_as_it_was_checked(
    world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Another sheet's columns are named anew between the check and the confirmation."""
    client = sign_in("county")
    first = upload(client, alien(tmp_path / "a.xlsx", 1)).url
    work(sent)
    client.post(f"{first}columns/", CHOSEN)
    work(sent)
    second = upload(client, alien(tmp_path / "b.xlsx", 2)).url
    work(sent)
    client.post(f"{second}columns/", {**CHOSEN, "phone": "证号", "id_number": "移动"})
    work(sent)
    client.post(f"{first}confirm/")
    work(sent)
    assert "登记了 1 名顾问" in client.get(first).content.decode()
    assert client.post(f"{first}columns/", CHOSEN).status_code == 302
    assert sent == []  # what is loaded is not read otherwise any more


def test_programs_name_columns_too(world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path) -> None:
    client = sign_in("county")
    where = upload(client, alien(tmp_path / "a.xlsx", 1)).url
    work(sent)
    there = where.replace("/advisers/import/", "/api/v1/advisers/imports/")
    found = client.get(there).json()
    assert (found["heads"], found["may_name"]) == (list(THEIRS.values()), True)
    answer = client.put(f"{there}columns/", {"columns": CHOSEN}, "application/json")
    assert answer.status_code == 202, answer.content
    work(sent)
    assert client.get(there).json()["told"] == {theirs: ours for ours, theirs in THEIRS.items()}


def test_the_template_and_the_rows_to_mend_are_downloads(
    world: World, sign_in: Any, sent: list[tuple[str, str]]
) -> None:
    client = sign_in("county")
    answer = client.get("/advisers/import/template.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert load_workbook(io.BytesIO(answer.content)).active["A2"].value == "示例：周以宁"  # type: ignore[index]
    where = upload(client, WITH_ERRORS).url
    work(sent)
    sheet: Any = load_workbook(io.BytesIO(client.get(f"{where}errors.xlsx").content)).active
    assert [row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)][:4] == [4, 9, 10, 11]


def test_the_numbers_of_a_sheet_go_home_with_who_brought_it_and_with_nobody_else(
    world: World, sign_in: Any, sent: list[tuple[str, str]]
) -> None:
    """A colleague goes on with the sheet, and sees numbers by the door that asks for a reason and is booked."""
    enter("colleague", "同事甲")
    hold(world, "colleague", Role.COUNTY_TEAM, "330106", valid_from=date(2020, 1, 1))
    owner, colleague = sign_in("county"), sign_in("colleague")
    where = upload(owner, WITH_ERRORS).url
    work(sent)

    def files() -> list[UUID]:
        with inside(world.scope("county"), read_only=True):
            return list(StoredFile.objects.values_list("id", flat=True))

    assert len(files()) == 2  # the sheet, and its rows to mend
    shut = [f"{where}errors.xlsx", f"/api/v1{where}errors.xlsx".replace("import/", "imports/")]
    shut += [f"{root}/files/{file}/" for file in files() for root in ("", "/api/v1")]
    assert [colleague.get(address).status_code for address in shut] == [404] * 6
    page = colleague.get(where).content.decode()
    assert "只有传这张表的人能下载" in page
    assert "下载要修改的行" not in page
    named = colleague.post(f"{where}columns/", {"name": "姓名"})  # checked anew in the colleague's name
    assert named.status_code in {302, 422}
    while sent:
        work(sent)
    assert colleague.get(f"{where}errors.xlsx").status_code == 404
    assert owner.get(f"{where}errors.xlsx").status_code == 200
    assert colleague.post(f"{where}confirm/", {"_once": "b" * 32}).status_code == 302
    work(sent)
    assert "登记了 8 名顾问" in colleague.get(where).content.decode()
    assert [colleague.get(f"/files/{file}/").status_code for file in files()] == [404] * len(files())


def test_work_that_goes_on_may_be_stopped(
    world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    client = sign_in("county")
    where = upload(client, write(tmp_path / "a.xlsx", [person(1)])).url
    assert client.post(f"{where}stop/").status_code == 302
    text = client.get(where).content.decode()
    assert "什么都没有保存" in text
    work(sent)
    again = client.post(f"{where}stop/", follow=True)
    assert "不用停下" in again.content.decode()


@pytest.mark.parametrize("username", ["street", "liaison", "leader", "city", "auditor"])
def test_other_roles_find_the_door_shut(world: World, sign_in: Any, username: str) -> None:
    assert sign_in(username).get(UPLOAD).status_code == 403
    assert sign_in(username).post(UPLOAD, {}).status_code == 403


def test_another_county_finds_nothing(world: World, sign_in: Any, sent: list[tuple[str, str]], tmp_path: Path) -> None:
    where = upload(sign_in("county"), write(tmp_path / "a.xlsx", [person(1), {"姓名": "缺"}])).url
    work(sent)
    other = sign_in("county2")
    assert other.get(where).status_code == 404
    assert other.get(f"{where}errors.xlsx").status_code == 404
    assert other.post(f"{where}confirm/").status_code == 404
    assert sent == []
    with inside(world.scope("county"), read_only=True):
        assert Adviser.objects.count() == 0
