"""The command line's door: one object a line with ``--json``, sentences without."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside, shared
from services.duty.models import Visit
from tenants.divisions.commands.writing import open_places, write_difference
from tenants.divisions.models import DivisionImport, DivisionVersion
from tenants.identity.api import Role, create_person, grant_role
from tests.app.indicators.books import night, visit
from tests.world import NOW, PLACES, World, encoded


def run(*arguments: str) -> list[Any]:
    out = io.StringIO()
    call_command("divisions", *arguments, "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.usefixtures("world")
def test_show_counts_what_lies_below() -> None:
    [place] = run("show", "330106")
    assert (place["name"], place["level"]) == ("西湖区", "county")
    assert place["counts"] == {"province": 0, "city": 0, "county": 1, "street": 2, "community": 5}


def test_search_below_a_place(world: World) -> None:
    assert [(place["name"], place["id"]) for place in run("search", "hbc", "--under", "3301")] == [
        ("湖埠村", world.node("330106109200"))
    ]
    assert run("search", "hbc", "--under", "3302") == []


def test_search_below_a_place_finds_what_was_called_so_once_and_what_is_no_more(world: World, sign_in: Any) -> None:
    town, village, gone = (world.node(code) for code in ("330106109", "330102001001", "330106109201"))
    with shared(read_only=False):
        before = {place.node: place for place in open_places("33")}
        after = {node: place for node, place in before.items() if node != gone}
        after[town] = before[town]._replace(name="之江镇")
        street = before[world.node("330106002")]
        after[village] = before[village]._replace(
            name="柳浪社区", code="330106002009", parent=street.node, street=street.node, county=street.county
        )
        write_difference(before, after, day=date(2025, 1, 1), update=1)
    leader = sign_in("leader")
    for text, node, former, ended in (
        ("双浦", town, "双浦镇", None), ("spz", town, "双浦镇", None), ("灵山", gone, "", "2025-01-01"),
        ("清波门", village, "清波门社区", None), ("330102001001", village, "清波门社区", None),
    ):  # fmt: skip
        for under in ("33", "3301", "330106"):
            [place] = run("search", text, "--under", under)
            assert (place["id"], place["former_name"], place["ended_on"]) == (node, former, ended)
            [told] = leader.get(f"/api/v1/places/?q={text}&under={under}").json()
            assert (told["place"]["id"], told["former_name"], told["ended_on"]) == (node, former, ended)
        assert run("search", text, "--under", "3302") == run("search", text, "--under", "330102") == []
    assert leader.get("/api/v1/places/?q=x&under=999999").status_code == 404


def test_a_place_that_is_no_more_is_shown_by_its_code_as_it_last_was(world: World) -> None:
    with shared(read_only=False):
        before = {place.node: place for place in open_places("33")}
        gone = world.node("330106109201")
        after = {node: place for node, place in before.items() if node != gone}
        write_difference(before, after, day=date(2025, 1, 1), update=1)
    [place] = run("show", "330106109201")
    assert (place["name"], place["ended_on"], place["counts"]["community"]) == ("灵山村", "2025-01-01", 1)
    assert run("search", "330106109201")[0]["ended_on"] == "2025-01-01"
    out = io.StringIO()
    call_command("divisions", "show", "330106109201", stdout=out)
    assert out.getvalue() == "330106109201 浙江省 › 杭州市 › 西湖区 › 双浦镇 › 灵山村（2025年1月1日撤销）\n"
    assert run("search", "灵山", "--on", "2024-12-31")[0]["ended_on"] is None


@pytest.mark.usefixtures("world")
def test_an_unknown_code_is_a_sentence() -> None:
    with pytest.raises(CommandError, match="没有这个地方"):
        run("show", "999999")


@pytest.mark.usefixtures("world")
def test_a_list_is_imported_from_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "list.tgz"
    tables = {
        "provinces": "code,name\n50,重庆市\n",
        "cities": "code,name,provinceCode\n5001,市辖区,50\n",
        "areas": "code,name,cityCode\n500101,万州区,5001\n",
        "streets": "code,name,areaCode\n500101001,高笋塘街道,500101\n",
        "villages": "code,name,streetCode\n500101001001,白岩路社区,500101001\n",
    }
    with tarfile.open(archive, "w:gz") as files:
        for name, text in tables.items():
            entry = tarfile.TarInfo(f"package/dist/{name}.csv")
            entry.size = len(text.encode())
            files.addfile(entry, io.BytesIO(text.encode()))
    outcome, refused = run("import", "--province", "50", "--list", str(archive))
    assert (outcome["created"], outcome["counts"]["city"], outcome["refused"]) == (4, 0, 1)
    assert refused == {"level": "city", "code": "5001", "name": "市辖区", "refused": "placeholder"}
    assert run("import", "--province", "50", "--list", str(archive))[0]["created"] == 0


def test_a_list_of_ones_own_is_imported_with_its_day_and_its_source(world: World, tmp_path: Path) -> None:
    names = {"50": "重庆市", "5002": "县", "500229": "城口县", "500229001": "葛城街道", "500229001001": "土城社区"}
    own = list_of(names, tmp_path)
    given = ["import", "--province", "50", "--list", str(own)]
    with pytest.raises(CommandError, match="--day"):
        run(*given)
    assert not DivisionVersion.objects.filter(code__startswith="50").exists()
    outcome = run(*given, "--day", "2025-03-01", "--source", "渝民区〔2025〕1号")[0]
    assert outcome["created"] == 4
    assert set(DivisionVersion.objects.filter(code__startswith="50").values_list("valid_from", flat=True)) == {
        date(2025, 3, 1)
    }
    brought = DivisionImport.objects.get(id=outcome["import"])
    assert (brought.source, brought.as_of) == ("渝民区〔2025〕1号", date(2025, 3, 1))


# ---- the yearly update -----------------------------------------------------------------------------------------------
@pytest.fixture
def office(world: World) -> World:
    """The two administrators of the province."""
    with shared(read_only=False) as system:
        for username, name, role in (
            ("sysadmin", "严守正", Role.SYSTEM_ADMINISTRATOR),
            ("security", "卫安之", Role.SECURITY_ADMINISTRATOR),
        ):
            person = create_person(scope=system, username=username, name=name, password=None, encoded=encoded(),
                                   must_change_password=False, now=NOW)  # fmt: skip
            grant_role(scope=system, person_id=person.id, role=role, node_id=world.node("33"), reason="测试", now=NOW)
    return world


def list_of(places: dict[str, str], folder: Path) -> Path:
    path = folder / "list.csv"
    path.write_text("代码,名称\n" + "".join(f"{code},{name}\n" for code, name in places.items()), encoding="utf-8")
    return path


def exported(tmp_path: Path, **more: str) -> str:
    path = tmp_path / "tree.csv"
    run("export", "--province", "33", "--to", str(path), *(f"--{name}={value}" for name, value in more.items()))
    return path.read_text(encoding="utf-8")


def test_an_update_from_the_list_to_the_tree_and_back_by_command(office: World, tmp_path: Path) -> None:
    places = {**PLACES, "330106002001": "宝石山社区", "330106002009": "曙光社区", "330106109201": "全新之名"}
    before = exported(tmp_path)
    listed = ["--list", str(list_of(places, tmp_path)), "--province", "33", "--day", "2024-07-01", "--as", "sysadmin"]
    shown, *groups = run("diff", *listed)
    number = str(shown["id"])
    assert (shown["state"], shown["alone"], shown["open"]) == ("deciding", 1, 3)
    assert {group["key"]: group["count"] for group in groups if "key" in group} == {
        "added.only_here": 1, "renamed.like_name": 1, "alone.renamed.unlike_name": 1
    }  # fmt: skip
    (alone,) = [change for change in groups if change.get("before_name") == "灵山村" and "sure" in change]
    assert run("decide", "accepted", "--sure", "--update", number, "--as", "sysadmin") == [{"decided": 2}]
    with pytest.raises(CommandError, match="还有 1 处没有决定"):
        run("submit", "--update", number, "--as", "sysadmin")
    run("decide", "accepted", "--change", str(alone["id"]), "--update", number, "--as", "sysadmin")
    assert run("submit", "--update", number, "--as", "sysadmin")[0]["state"] == "submitted"
    with pytest.raises(CommandError, match="没有做这件事的身份"):
        run("apply", "--update", number, "--as", "sysadmin")
    assert run("apply", "--update", number, "--as", "security")[0]["state"] == "applied"
    after = exported(tmp_path)
    assert "曙光社区" in after
    assert exported(tmp_path, on="2024-06-30") == before
    (found,) = run("search", "灵山")
    assert (found["name"], found["former_name"]) == ("全新之名", "灵山村")
    assert [one["name"] for one in run("show", "330106109201")[0]["versions"]] == ["全新之名", "灵山村"]
    visit(office, "330106002009", date(2026, 11, 12), 60)
    with pytest.raises(CommandError, match="到访 1，不能再撤回"):
        run("undo", "--update", number, "--as", "security", "--why", "名录有误")
    with inside(night(office, "330106"), read_only=False):
        Visit.objects.unscoped(reason="a test").update(voided_at=NOW)
    assert run("undo", "--update", number, "--as", "security", "--why", "名录有误")[0]["state"] == "undone"
    assert exported(tmp_path) == before
    assert run("apply", "--update", number, "--as", "security")[0]["state"] == "applied"
    assert exported(tmp_path) == after


def test_a_place_is_found_again_under_another_name_and_code_by_command(office: World, tmp_path: Path) -> None:
    node = office.node("330106109201")
    kept = {code: name for code, name in PLACES.items() if code != "330106109201"}
    listed = ["--list", str(list_of({**kept, "330106002009": "曙光社区"}, tmp_path)), "--province", "33"]
    number = str(run("diff", *listed, "--day", "2024-07-01", "--as", "sysadmin")[0]["id"])
    shown = [one for one in run("diff", "--update", number, "--all") if "before_code" in one]
    (gone,) = [one["id"] for one in shown if one["kind"] == "gone"]
    decide = ["decide", "accepted", "--change", str(gone), "--update", number, "--as", "sysadmin", "--target"]
    with pytest.raises(CommandError, match="没有代码是 330106002001 的新地方"):
        run(*decide, "=330106002001")
    run(*decide, "=330106002009")
    out = io.StringIO()
    call_command("divisions", "diff", "--update", number, "--all", stdout=out)
    told = "330106109201 灵山村 → 330106002009 曙光社区 认定为同一个地方"
    assert f"#{gone} {told}\n" in out.getvalue()
    assert out.getvalue().count(told) == 2
    run("submit", "--update", number, "--as", "sysadmin")
    run("apply", "--update", number, "--as", "security")
    assert [(one["id"], one["former_name"]) for one in run("search", "灵山")] == [(node, "灵山村")]


def test_a_counted_boundary_is_entered_and_confirmed_by_command(office: World) -> None:
    said = ["--share", "120/860", "--day", "2026-11-01", "--source", "杭民发〔2026〕9号", "--as", "sysadmin"]
    with pytest.raises(CommandError, match="同一级的另一个地方"):
        run("boundary", "330106109200", "330106", *said)
    update, change = run("boundary", "330106109200", "330106109201", *said)
    assert (change["before_name"], change["candidates"][0][2], change["share"]) == ("湖埠村", "灵山村", "120/860")
    run("submit", "--update", str(update["id"]), "--as", "sysadmin")
    assert run("apply", "--update", str(update["id"]), "--as", "security")[0]["state"] == "applied"
    out = io.StringIO()
    call_command("divisions", "diff", "--update", str(update["id"]), "--all", stdout=out)
    assert "330106109200 湖埠村 → 330106109201 灵山村 120/860" in out.getvalue()


def test_rows_that_cannot_be_read_are_told_by_number(office: World, tmp_path: Path) -> None:
    path = list_of({**PLACES, "33x": "坏"}, tmp_path)
    with pytest.raises(CommandError, match="第 28 行"):
        run("diff", "--list", str(path), "--province", "33", "--day", "2024-07-01", "--as", "sysadmin")


def test_a_list_with_columns_of_its_own_names_is_read_by_them(office: World, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    lines = [f"{name},{code}" for code, name in {**PLACES, "330106002001": "宝石山社区"}.items()]
    path.write_text("\n".join(["地名,区划码", *lines]), encoding="utf-8")
    asked = ["diff", "--list", str(path), "--province", "33", "--day", "2024-07-01", "--as", "sysadmin"]
    with pytest.raises(CommandError, match="缺少这些列：代码、名称。第一行写的是：地名、区划码"):
        run(*asked)
    shown = run(*asked, "--code-column", "区划码", "--name-column", "地名")[0]
    assert (shown["listed"], shown["open"]) == (len(PLACES), 1)


@pytest.mark.usefixtures("world")
def test_the_whole_tree_leaves_as_lines() -> None:
    rows = run("export")
    assert len(rows) == len(PLACES)
    assert rows[0]["name"] == "浙江省"


def test_facts_and_outlines_are_brought_in_by_command(office: World, tmp_path: Path) -> None:
    table, outlines = tmp_path / "facts.csv", tmp_path / "outlines.json"
    table.write_text("代码,人口\n330106,1200\n330199,1\n", encoding="utf-8")
    ring = [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.0]]
    feature = {"properties": {"gb": "330106"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    outlines.write_text(json.dumps({"features": [feature]}), encoding="utf-8")
    said = ["--day", "2024-01-01", "--source", "年鉴", "--as", "sysadmin"]
    assert run("facts", str(table), *said) == [
        {"taken": 1, "wrong": 1}, {"row": 3, "wrong": "那一天没有代码是 330199 的地方"}
    ]  # fmt: skip
    assert run("boundaries", str(outlines), "--code", "gb", *said) == [{"taken": 1, "wrong": 0}]


@pytest.mark.usefixtures("office")
def test_a_provinces_past_is_brought_in_by_command() -> None:
    changes = Path(__file__).parents[2] / "fixtures" / "divisions" / "code-changes-1981-2024.csv"
    assert run("import", "--changes", str(changes), "--province", "50", "--as", "sysadmin") == [{"years": 8}]
    assert [one["name"] for one in run("show", "500114")[0]["versions"]] == ["黔江区", "黔江土家族苗族自治县"]


def test_every_change_is_told_with_its_decision_however_many(
    office: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("falin.portal.management.commands.divisions.PAGE", 2)
    places = {code: f"{name}甲" if len(code) == 12 else name for code, name in PLACES.items()}
    listed = ["--list", str(list_of(places, tmp_path)), "--province", "33", "--day", "2024-07-01", "--as", "sysadmin"]
    number = str(run("diff", *listed, "--source", "浙民区〔2024〕3号")[0]["id"])
    renamed = sorted(code for code in PLACES if len(code) == 12)
    waiting = [one for one in run("diff", "--update", number, "--all") if "before_code" in one]
    assert sorted(one["before_code"] for one in waiting) == renamed
    assert {one["decision"] for one in waiting} == {""}
    assert run("decide", "refused", "--change", str(waiting[0]["id"]), "--update", number, "--as", "sysadmin")
    run("decide", "accepted", "--sure", "--update", number, "--as", "sysadmin")
    told = [one for one in run("diff", "--update", number, "--all") if "before_code" in one]
    assert [one["id"] for one in told] == [one["id"] for one in waiting]
    assert [one["decision"] for one in told][:2] == ["refused", "accepted"]
    assert not [one for one in run("diff", "--update", number) if "before_code" in one]
    out = io.StringIO()
    call_command("divisions", "diff", "--update", number, "--all", stdout=out)
    assert out.getvalue().count("甲") >= len(renamed)
    assert " 不接受" in out.getvalue()


def test_a_list_is_compared_below_one_place_by_command(office: World, tmp_path: Path) -> None:
    places = {**PLACES, "330106002001": "宝石山社区", "330102001001": "清波新社区"}
    listed = ["diff", "--day", "2024-07-01", "--as", "sysadmin", "--list"]
    own = str(list_of({code: name for code, name in places.items() if code.startswith("330106")}, tmp_path))
    with pytest.raises(CommandError, match="没有这个代码的地方"):
        run(*listed, own, "--under", "330199")
    shown, *found = run(*listed, own, "--under", "330106", "--source", "西湖区的表")
    assert (shown["source"], shown["province"]) == ("西湖区的表，只比对西湖区", "33")
    assert [one["examples"][0]["after_name"] for one in found if "examples" in one] == ["宝石山社区"]
    run("drop", "--update", str(shown["id"]), "--as", "sysadmin", "--why", "换一份")
    whole = str(list_of(places, tmp_path))
    _shown, *found = run(*listed, whole, "--under", "330102001")
    assert [one["examples"][0]["after_name"] for one in found if "examples" in one] == ["清波新社区"]


def test_a_report_is_written_by_command_as_the_page_writes_it(office: World, tmp_path: Path) -> None:
    places = {**{code: name for code, name in PLACES.items() if code != "330106109201"}, "330106002001": "宝石山社区"}
    listed = ["--list", str(list_of(places, tmp_path)), "--province", "33", "--day", "2024-07-01", "--as", "sysadmin"]
    number = str(run("diff", *listed)[0]["id"])
    run("decide", "accepted", "--sure", "--update", number, "--as", "sysadmin")
    told = run("report", "--update", number)
    assert [(one["变化"], one["原名称"], one["新名称"], one["决定"]) for one in told] == [
        ("更名", "宝石社区", "宝石山社区", "接受"), ("撤销", "灵山村", "", "接受")
    ]  # fmt: skip
    out, file = io.StringIO(), tmp_path / "report.csv"
    call_command("divisions", "report", "--update", number, stdout=out)
    assert run("report", "--update", number, "--to", str(file)) == [{"changes": 2, "file": str(file)}]
    assert file.read_bytes().decode() == out.getvalue()
    assert file.read_bytes().startswith(b"\xef\xbb\xbf"), "as spreadsheets want it"
    with pytest.raises(CommandError, match="没有这次区划更新"):
        run("report", "--update", "9999")


def test_the_second_person_hands_back_and_the_first_gives_up_by_command(office: World, tmp_path: Path) -> None:
    before = exported(tmp_path)
    listed = ["--list", str(list_of({**PLACES, "330106002001": "宝石山社区"}, tmp_path)), "--province", "33"]
    number = str(run("diff", *listed, "--day", "2024-07-01", "--as", "sysadmin")[0]["id"])
    on, why = ["--update", number, "--as"], ["--why", "等文件"]
    with pytest.raises(CommandError, match="还没有提交"):
        run("send-back", *on, "security", *why)
    run("decide", "accepted", "--sure", *on, "sysadmin")
    run("submit", *on, "sysadmin")
    with pytest.raises(CommandError, match="没有做这件事的身份"):
        run("send-back", *on, "sysadmin", *why)
    assert run("send-back", *on, "security", *why)[0]["state"] == "deciding"
    with pytest.raises(CommandError, match="没有做这件事的身份"):
        run("drop", *on, "county", *why)
    assert run("drop", *on, "sysadmin", *why)[0]["state"] == "dropped"
    with pytest.raises(CommandError, match="已经办完"):
        run("drop", *on, "security", *why)
    assert exported(tmp_path) == before
    with inside(office.scope("leader"), read_only=True):
        booked = list(
            AuditEntry.objects.filter(act__startswith="divisions.update.").order_by("id").values_list("act", "why")
        )
    assert booked[-2:] == [("divisions.update.sent_back", "等文件"), ("divisions.update.dropped", "等文件")]
