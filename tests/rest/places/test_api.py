"""Places and their update for programs: what the pages do, by the same commands."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from falin.kernel import jobs
from falin.kernel.sheets.writing import write_xlsx
from falin.kernel.transactions import inside
from falin.portal import places
from tenants.divisions import api
from tenants.divisions.types import Decision, Level, ListedRow
from tenants.identity.api import system_of
from tenants.registry.api import find_tenant_of
from tests.app.identity.cast import people_the_office, scope
from tests.world import NOW, PLACES, World, rows

LATER = [
    *(row._replace(name="宝石山社区") if row.code == "330106002001" else row for row in rows() if row.code != "330106109200"),
    ListedRow(Level.COMMUNITY, "330106002009", "曙光社区", "330106002"),
]  # fmt: skip


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(jobs, "_sender", [lambda *_job: None])
    people_the_office(world)
    yield world


@pytest.fixture
def update(office: World) -> int:
    maker = scope("system")
    with inside(maker, read_only=False):
        return api.prepare_update(scope=maker, rows=LATER, province="33", day=NOW.date(), source="名录", now=NOW)


def told(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_places_are_searched_and_shown(world: World, sign_in: Any) -> None:
    client = sign_in("liaison")
    found = told(client.get(reverse("places-api:search"), {"q": "湖", "limit": 2}))
    assert [one["place"]["name"] for one in found] == ["西湖区", "湖滨街道"]
    county = told(client.get(reverse("places-api:place", args=[world.node("330106")])))
    assert [place["name"] for place in county["path"]] == ["浙江省", "杭州市", "西湖区"]
    assert [place["name"] for place in county["children"]] == ["北山街道", "双浦镇"]
    assert [version["begins"] for version in county["versions"]] == ["2023-06-30"]
    assert (county["lineage"], county["facts"], county["boundary"]) == ([], [], None)
    roots = told(client.get(reverse("places-api:search")))
    assert [one["place"]["name"] for one in roots] == ["浙江省"]
    assert client.get(reverse("places-api:search"), {"q": "湖", "limit": 0}).status_code == 422
    for given, names in (({"q": "湖埠", "on": "2024-01-01"}, ["湖埠村"]), ({"q": "湖埠", "on": "2001-01-01"}, []),
                         ({"on": "2001-01-01"}, [])):  # fmt: skip
        found = told(client.get(reverse("places-api:search"), given))
        assert [one["place"]["name"] for one in found] == names
    early = client.get(reverse("places-api:place", args=[world.node("330106")]), {"on": "2001-01-01"})
    assert early.status_code == 404


def test_an_update_is_decided_submitted_confirmed_and_undone(office: World, update: int, sign_in: Any) -> None:
    maker, second = sign_in("system"), sign_in("security")
    shown = told(maker.get(reverse("places-api:update", args=[update])))
    assert shown["summary"]["counts"] == {"added": 1, "gone": 1, "renamed": 1}
    assert [thing["label"] for ending in shown["hanging"] for thing in ending["hanging"]] == ["人员身份"]
    gone = next(one for one in told(maker.get(reverse("places-api:changes", args=[update]))) if one["kind"] == "gone")
    change = reverse("places-api:change", args=[update, gone["id"]])
    assert maker.post(change, {"decision": "accepted", "target": ["湖"]}, "application/json").status_code == 422
    decided = told(maker.post(change, {"decision": "accepted", "target": ["330106109201"]}, "application/json"))
    assert (decided["decision"], decided["target"]) == ("accepted", ["330106109201"])
    early = told(maker.post(reverse("places-api:submission", args=[update])), 409)
    assert early["code"] == "divisions.undecided"
    for group in shown["groups"]:
        maker.post(reverse("places-api:groups", args=[update]), {"group": group["key"], "decision": "accepted"},
                   "application/json")  # fmt: skip
    assert told(maker.post(reverse("places-api:submission", args=[update])))["state"] == "submitted"
    assert maker.post(reverse("places-api:confirmation", args=[update])).status_code == 403
    assert "job" in told(second.post(reverse("places-api:confirmation", args=[update])), 202)
    checker = scope("security")
    with inside(checker, read_only=False):
        api.apply_update(scope=checker, update_id=update, now=NOW)
    ended = told(second.get(reverse("places-api:search"), {"q": "湖埠"}))
    assert [(one["place"]["name"], one["ended_on"]) for one in ended] == [("湖埠村", NOW.date().isoformat())]
    heir = told(second.get(reverse("places-api:place", args=[office.node("330106109201")])))
    assert [(row["kind"], row["share"], row["estimated"]) for row in heir["lineage"]] == [("merge", "1", False)]
    application = reverse("places-api:application", args=[update])
    assert second.delete(application).status_code == 422
    with inside(checker, read_only=True):
        made = api.list_made(update, scope=checker)
    assert list(made) == [office.node("330106")]
    assert "job" in told(second.delete(f"{application}?why=名录有误"), 202)
    places.undo(scope=checker, update_id=update, why="名录有误")
    assert told(second.delete(f"{application}?why=名录有误"), 409)["code"] == "divisions.not_applied"


def test_a_program_says_that_an_ended_place_is_a_new_one_of_the_list(office: World, update: int, sign_in: Any) -> None:
    client = sign_in("system")
    found = {one["kind"]: one["id"] for one in told(client.get(reverse("places-api:changes", args=[update])))}
    gone, new = (reverse("places-api:change", args=[update, found[kind]]) for kind in ("gone", "added"))
    wrong = told(client.post(gone, {"decision": "accepted", "target": ["=330106109201"]}, "application/json"), 422)
    assert (wrong["code"], wrong["field"]) == ("divisions.no_twin", "target")
    said = told(client.post(gone, {"decision": "accepted", "target": ["=330106002009"]}, "application/json"))
    assert (said["target"], said["same"]["name"]) == (["=330106002009"], "曙光社区")
    both = {one["kind"]: one for one in told(client.get(reverse("places-api:changes", args=[update])))}
    assert (both["added"]["decision"], both["added"]["same"]["code"]) == ("accepted", "330106109200")
    assert both["renamed"]["same"] is None
    assert told(client.get(reverse("places-api:update", args=[update])))["summary"]["same"] == 1
    apart = told(client.post(new, {"decision": "refused"}, "application/json"))
    assert (apart["decision"], apart["same"]) == ("refused", None)
    assert told(client.get(reverse("places-api:update", args=[update])))["summary"]["same"] == 0


def test_an_update_that_made_no_place_is_taken_back_at_once(office: World, sign_in: Any) -> None:
    maker, checker = scope("system"), scope("security")
    with inside(maker, read_only=False):
        update = api.prepare_update(scope=maker, rows=LATER[:-1], province="33", day=NOW.date(), source="名录", now=NOW)
        for change in api.list_changes(update, scope=maker):
            api.decide_change(scope=maker, update_id=update, change_id=change.id, decision=Decision.ACCEPTED, now=NOW)
        api.submit_update(scope=maker, update_id=update, now=NOW)
    with inside(checker, read_only=False):
        api.confirm_update(scope=checker, update_id=update, now=NOW)
        api.apply_update(scope=checker, update_id=update, now=NOW)
    application = reverse("places-api:application", args=[update])
    assert told(sign_in("security").delete(f"{application}?why=名录有误"))["state"] == "undone"


def test_a_comparison_of_an_edition_is_queued(office: World, sign_in: Any) -> None:
    client = sign_in("system")
    address = reverse("places-api:updates")
    assert "job" in told(client.post(address, {"edition": "2.7.0", "day": "2026-12-01"}, "application/json"), 202)
    assert client.post(address, {"edition": "1.0", "day": "2026-12-01"}, "application/json").status_code == 422
    early = told(client.post(address, {"edition": "2.7.0", "day": "2020-01-01"}, "application/json"), 422)
    assert (early["code"], early["field"]) == ("divisions.day_too_early", "day")
    queued = scope("system")
    with inside(queued, read_only=True):
        assert [job.kind for job in jobs.list_jobs(scope=queued)] == [places.PREPARE]


def test_a_list_of_ones_own_is_compared_by_a_program(office: World, sign_in: Any) -> None:
    client, enter = sign_in("system"), reverse("places-api:lists")
    changed = {**PLACES, "330106002001": "宝石山社区"}

    def sheet(head: str = "代码,名称", listed: dict[str, str] = changed) -> SimpleUploadedFile:
        return SimpleUploadedFile("list.csv", "\n".join([head, *map(",".join, listed.items())]).encode())

    def send(file: SimpleUploadedFile | None, **more: str) -> Any:
        said = {"source": "浙民区〔2026〕3号", "day": "2026-12-01", **more}
        return client.post(enter, {**said, "file": file} if file else said)

    assert "job" in told(send(sheet()), 202)
    assert "job" in told(send(sheet("区划码,地名"), code_column="区划码", name_column=" 地名 "), 202)
    assert "job" in told(send(as_xlsx(changed)), 202)
    for answer, code, field in (
        (send(sheet("区划码,地名")), "divisions.column_missing", "file"),
        (send(sheet(), day="2020-01-01"), "divisions.day_too_early", "day"),
        (send(sheet(listed={**PLACES, "33x": "坏代码"})), "portal.list_rows", "file"),
        (send(sheet(listed={})), "portal.list_rows", "file"),
    ):  # fmt: skip
        wrong = told(answer, 422)
        assert (wrong["code"], wrong["field"]) == (code, field)
    assert "第 28 行" in told(send(sheet(listed={**PLACES, "33x": "坏代码"})), 422)["title"]
    assert send(None).status_code == send(sheet(), source="").status_code == 422
    for username in ("leader", "county"):
        client = sign_in(username)
        assert send(sheet()).status_code == 403
    queued = scope("system")
    with inside(queued, read_only=True):
        waiting = [(job.id, job.kind) for job in jobs.list_jobs(scope=queued)]
    assert [kind for _id, kind in waiting] == [places.PREPARE] * 3
    system = system_of(find_tenant_of(office.node("33")))
    for number, _kind in waiting[-1:]:
        jobs.work(system=system, job_id=number)
    (update,) = told(sign_in("system").get(reverse("places-api:updates")))
    shown = told(sign_in("system").get(reverse("places-api:update", args=[update["id"]])))
    assert (update["list"], shown["summary"]["counts"]) == ("浙民区〔2026〕3号", {"renamed": 1})


def test_a_program_compares_one_county_alone(office: World, sign_in: Any) -> None:
    client = sign_in("system")
    own = {code: name for code, name in PLACES.items() if code.startswith("330106")}
    said = {"source": "西湖区的表", "day": "2026-12-01", "under": "330106"}
    wrong = told(client.post(reverse("places-api:lists"), {**said, "file": as_xlsx(own), "under": "330199"}), 422)
    assert (wrong["code"], wrong["field"]) == ("divisions.no_such_code", "under")
    given = {"edition": "2.7.0", "day": "2026-12-01", "under": "330106"}
    assert "job" in told(client.post(reverse("places-api:updates"), given, "application/json"), 202)
    queued, system = scope("system"), system_of(find_tenant_of(office.node("33")))
    number = told(
        client.post(reverse("places-api:lists"), {**said, "file": as_xlsx({**own, "330106002001": "宝石山社区"})}), 202
    )["job"]
    with inside(queued, read_only=True):
        assert {job.parameters["under"] for job in jobs.list_jobs(scope=queued)} == {"330106000000"}
    jobs.work(system=system, job_id=uuid.UUID(number))
    (update,) = told(client.get(reverse("places-api:updates")))
    (change,) = told(client.get(reverse("places-api:changes", args=[update["id"]])))
    assert (update["list"], change["after_name"]) == ("西湖区的表，只比对西湖区", "宝石山社区")


def as_xlsx(listed: dict[str, str]) -> SimpleUploadedFile:
    out = io.BytesIO()
    write_xlsx(out, "名录", ["代码", "名称"], listed.items())
    return SimpleUploadedFile("list.xlsx", out.getvalue())


def test_an_update_is_dropped_with_a_reason(office: World, update: int, sign_in: Any) -> None:
    client = sign_in("system")
    address = reverse("places-api:drop", args=[update])
    assert client.post(address, {}, "application/json").status_code == 422
    assert told(client.post(address, {"why": "换一份名录"}, "application/json"))["state"] == "dropped"
    assert [one["state"] for one in told(client.get(reverse("places-api:updates")))] == ["dropped"]


def test_a_counted_boundary_is_entered_by_a_program_and_is_an_update_like_any_other(
    office: World, sign_in: Any
) -> None:
    said = {"from_code": "330106109200", "to_code": "330106109201", "share": "120/860", "day": "2026-11-01",
            "source": "杭民发〔2026〕9号"}  # fmt: skip
    enter = reverse("places-api:boundaries")
    for username in ("leader", "county"):
        assert sign_in(username).post(enter, said, content_type="application/json").status_code == 403
    client = sign_in("system")
    assert client.post(enter, {**said, "share": "2"}, content_type="application/json").status_code == 422
    update = told(client.post(enter, said, content_type="application/json"), 201)
    assert (update["state"], update["counts"], update["open"]) == ("deciding", {"boundary": 1}, 0)
    (change,) = told(client.get(reverse("places-api:changes", args=[update["id"]])))
    assert (change["before_name"], change["candidates"][0]["name"], change["share"]) == ("湖埠村", "灵山村", "120/860")
    assert told(client.post(reverse("places-api:submission", args=[update["id"]])))["state"] == "submitted"
