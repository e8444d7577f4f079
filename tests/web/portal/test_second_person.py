"""
A county team's list of people leaves as a file when a second person has said yes (county team × export: "+2, capped";
decision 47): never without him, and he is never the asker.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from falin.kernel import clock, jobs
from falin.kernel.models import AuditEntry, Job, OutboxEvent, StoredFile
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.portal import exports
from services.desk.models import Notice
from services.desk.queries import list_notices
from tenants.identity import commands
from tenants.identity.api import make_token, system_of
from tenants.identity.models import Binding
from tenants.identity.queries import own_bindings
from tenants.identity.roles import EMERGENCY, GRANTS, ROLES, Capability
from tenants.identity.types import Role
from tenants.registry.api import find_by_schema
from tests.app.identity.cast import act, enter, hold, number
from tests.world import NOW, World

PURPOSE = "送区委政法委季度核对"


@pytest.fixture(autouse=True)
def team(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one county's team, who work there; messages to workers are lost."""
    monkeypatch.setattr(jobs, "_sender", [lambda *_job: None])
    enter("second", "许同观")
    hold(world, "second", Role.COUNTY_TEAM, "330106")


def _ask(world: World, username: str = "county", name: str = "people", query: str = "q=he", **more: Any) -> Job:
    scope = world.scope(username)
    with inside(scope, read_only=False):
        job = exports.ask_export(scope=scope, name=name, query=query, file_format="csv",
                                 **{"purpose": PURPOSE, "now": clock.now(), **more})  # fmt: skip
        return Job.objects.get(id=job)


def _confirm(scope: Scope, job: Job, now: datetime | None = None) -> None:
    with inside(scope, read_only=False):
        exports.confirm_export(scope=scope, job_id=job.id, now=now or clock.now())


def _now(world: World, job: Job) -> Job:
    with inside(world.scope("county"), read_only=True):
        return Job.objects.get(id=job.id)


def _work(world: World, job: Job) -> Job:
    jobs.work(system=system_of(find_by_schema(world.schema("330106"))), job_id=job.id)
    return _now(world, job)


def _nothing_of(world: World, job: Job, state: str = "held", booked: tuple[str, ...] = ()) -> None:
    found = _now(world, job)
    assert (found.state, found.second_id) == (state, None)
    with inside(world.scope("county"), read_only=True):
        assert not StoredFile.objects.exists()
        acts = AuditEntry.objects.filter(act__startswith="portal.export.").values_list("act", flat=True)
        assert tuple(acts) == booked
        assert not OutboxEvent.objects.filter(event="portal.export.confirmed").exists()


def _books(world: World) -> list[Any]:
    with inside(world.scope("county"), read_only=True):
        return [*AuditEntry.objects.values(), *OutboxEvent.objects.values(), *Notice.objects.values()]


def _plain(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


# ---- the way a file goes ---------------------------------------------------------------------------------------------
def test_county_team_export_waits_for_a_second_person_and_then_opens_for_the_asker_alone(
    world: World, sign_in: Any
) -> None:
    """The cell county_team × export: "+2, capped"."""
    assert ROLES[Role.COUNTY_TEAM].cells[Capability.EXPORT].words == "+2, capped"
    asker, second = sign_in("county"), sign_in("second")
    assert "等您确认" not in _plain(second, "/")
    form = _plain(asker, "/lists/people/export/?q=he")
    assert "谁能确认 许同观" in form
    answer = asker.post("/lists/people/export/?q=he", {"format": "csv", "purpose": PURPOSE})
    assert "等另一个人确认" in _plain(asker, answer.headers["Location"])
    with inside(world.scope("county"), read_only=True):
        job = Job.objects.get()
    assert _work(world, job).state == "held"  # no worker takes it
    assert "份名单等您确认" in _plain(second, "/")
    assert "等您确认" not in _plain(asker, "/")
    page = _plain(second, "/exports/")
    for said in (PURPOSE, "叶明远，", "人员和身份", "查找 he", "查看 现任", "1 行", "CSV"):
        assert said in page, said
    assert second.post(f"/exports/{job.id}/confirm/").headers["Location"] == "/exports/"
    done = _work(world, job)
    assert (done.state, done.second_id, done.result["rows"]) == ("done", number("second"), 1)
    address = f"/files/{done.result['file']}/"
    assert b"".join(asker.get(address).streaming_content).decode("utf-8-sig").startswith("姓名,")
    assert second.get(address).status_code == 404
    with inside(world.scope("county"), read_only=True):
        booked = AuditEntry.objects.get(act="portal.export.confirmed")
    assert (booked.person_id, booked.after) == (number("second"), {"person": number("county")})


def test_what_it_is_for_stands_in_no_log_event_or_notice(world: World) -> None:
    job = _ask(world)
    assert len(_told(world, "second")) == 1
    written = _books(world)
    _confirm(world.scope("second"), job)
    _work(world, job)
    assert len(_told(world, "county")) == 1
    written += _books(world)
    assert len(written) > 5 and PURPOSE not in str(written)
    with inside(world.scope("county"), read_only=True):
        assert PURPOSE not in Job.objects.get().log


def test_what_a_role_takes_home_without_a_second_person_waits_for_nobody(world: World) -> None:
    """The cell "logs" has no +2."""
    scope = world.scope("auditor3")
    with inside(scope, read_only=False):
        exports.ask_export(scope=scope, name="audit", query="", file_format="csv", now=NOW)
        assert [job.state for job in Job.objects.all()] == ["queued"]


@pytest.mark.parametrize(("purpose", "code"), [("", "portal.no_purpose"), ("  ", "portal.no_purpose"),
    ("打 13812345678", "portal.number_in_words"), ("长" * 201, "portal.too_long")])  # fmt: skip
def test_without_a_purpose_in_words_nothing_is_asked(world: World, purpose: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        _ask(world, purpose=purpose)
    assert (caught.value.code, caught.value.field) == (code, "purpose")
    with inside(world.scope("county"), read_only=True):
        assert not Job.objects.exists()


def test_a_form_without_a_purpose_comes_back_with_the_sentence_at_its_field(world: World, sign_in: Any) -> None:
    answer = sign_in("county").post("/lists/people/export/?q=he", {"format": "csv"})
    assert (answer.status_code, "请写明用途" in answer.content.decode()) == (422, True)


def test_where_nobody_else_holds_it_the_page_says_whom_to_ask_and_nothing_is_exported(
    world: World, sign_in: Any
) -> None:
    page = sign_in("county2").get("/lists/people/export/").content.decode()
    assert "请找市级专员" in page and 'name="purpose"' not in page
    with pytest.raises(Refused) as caught:
        _ask(world, "county2")
    assert caught.value.code == "portal.nobody_confirms"
    with inside(world.scope("county2"), read_only=True):
        assert not Job.objects.exists() and not AuditEntry.objects.filter(act="portal.list.asked").exists()


# ---- who never says yes ----------------------------------------------------------------------------------------------
def test_nobody_confirms_his_own_export(world: World, sign_in: Any) -> None:
    job = _ask(world)
    assert sign_in("county").post(f"/exports/{job.id}/confirm/").status_code == 404
    assert sign_in("county").get(f"/exports/{job.id}/refuse/").status_code == 404
    assert "确认导出" not in _plain(sign_in("county"), "/exports/")
    _nothing_of(world, job)


def test_one_human_in_another_of_his_roles_is_no_second_person(world: World) -> None:
    job = _ask(world)
    with pytest.raises(Missing):
        _confirm(replace(world.scope("county"), hat="county_team@another"), job)
    _nothing_of(world, job)


def _merge(world: World, kept: str, gone: str) -> None:
    """As two officers of the city do it."""
    enter("cityb", "任舒和")
    hold(world, "cityb", Role.CITY_OFFICER, "3301")
    made = act("city", commands.propose_merge, kept_id=number(kept), gone_id=number(gone), reason="已电话核实")
    act("cityb", commands.confirm_merge, merge_id=made.id)


@pytest.mark.parametrize(("kept", "gone"), [("county", "second"), ("second", "county")])
def test_two_accounts_that_turn_out_to_be_one_human_were_not_two_people(world: World, kept: str, gone: str) -> None:
    job = _ask(world)
    _confirm(world.scope("second"), job)
    _merge(world, kept, gone)
    assert _work_as(world, job).state == "failed"


def test_who_was_merged_with_the_asker_confirms_nothing(world: World) -> None:
    job = _ask(world)
    _merge(world, "second", "county")
    with pytest.raises(Missing):
        _confirm(world.scope("second"), job)


def test_who_is_of_another_body_reads_and_confirms_nothing(world: World, sign_in: Any) -> None:
    job = _ask(world)
    for username in ("county2", "county3"):
        client = sign_in(username)
        assert client.post(f"/exports/{job.id}/confirm/").status_code == 404
        assert PURPOSE not in _plain(client, "/exports/")
    _nothing_of(world, job)


def test_who_does_not_take_lists_home_himself_confirms_nothing(world: World, sign_in: Any) -> None:
    job = _ask(world)
    for username in ("street", "liaison", "auditor3", "city", "leader"):
        client = sign_in(username)
        assert client.get("/exports/").status_code == 403, username
        assert client.post(f"/exports/{job.id}/confirm/").status_code == 403, username
    _nothing_of(world, job)


def test_who_sees_fewer_places_than_the_asker_confirms_nothing(world: World) -> None:
    job = _ask(world)
    narrow = replace(world.scope("second"), whole=False, nodes=frozenset({world.node("330106109")}))
    with pytest.raises(Missing):
        _confirm(narrow, job)
    _nothing_of(world, job)


def test_who_looks_in_during_an_emergency_confirms_nothing(world: World) -> None:
    job, second = _ask(world), world.scope("second")
    assert exports.CONFIRM not in EMERGENCY
    for scope, refusal in ((replace(second, emergency="7"), Missing),
                           (replace(second, emergency="7", grants=EMERGENCY), Forbidden)):  # fmt: skip
        with pytest.raises(refusal):
            _confirm(scope, job)
    _nothing_of(world, job)


def test_without_a_fresh_proof_nothing_is_confirmed(world: World, sign_in: Any) -> None:
    job = _ask(world)
    answer = sign_in("second", proved=False).post(f"/exports/{job.id}/confirm/")
    assert "/accounts/" in answer.headers["Location"]
    _nothing_of(world, job)


# ---- once, and at the act again --------------------------------------------------------------------------------------
def test_a_second_click_makes_no_second_file_and_nobody_confirms_what_was_confirmed(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    sent = {"format": "csv", "purpose": PURPOSE, "_once": "k1"}
    where = {client.post("/lists/people/export/", sent).headers["Location"] for _click in range(2)}
    with inside(world.scope("county"), read_only=True):
        job = Job.objects.get()
    assert where == {f"/jobs/{job.id}/"}
    second = sign_in("second")
    for _click in range(2):
        assert second.post(f"/exports/{job.id}/confirm/", {"_once": "k2"}).status_code == 302
    assert _work(world, job).state == "done"
    with pytest.raises(Missing):
        _confirm(world.scope("second"), job)
    with inside(world.scope("county"), read_only=True):
        assert StoredFile.objects.count() == AuditEntry.objects.filter(act="portal.export.confirmed").count() == 1


def test_killed_between_the_yes_and_the_work_it_is_done_at_the_next_sweep(world: World) -> None:
    job = _ask(world)
    _confirm(world.scope("second"), job)
    system = system_of(find_by_schema(world.schema("330106")))
    with inside(system, read_only=False):
        assert [one.id for one in jobs.sweep(scope=system, now=clock.now() + jobs.LOST)] == [job.id]
    assert _work(world, job).state == "done"


@pytest.mark.parametrize("who", ["county", "second"])
def test_who_lost_the_role_between_the_yes_and_the_work_stops_it(world: World, who: str) -> None:
    job = _ask(world)
    _confirm(world.scope("second"), job)
    Binding.objects.filter(person=number(who)).delete()
    done = _work_as(world, job)
    assert (done.state, done.result["code"]) == (
        "failed",
        {"county": "jobs.hat_lost", "second": "jobs.second_lost"}[who],
    )


def _work_as(world: World, job: Job) -> Job:
    system = system_of(find_by_schema(world.schema("330106")))
    jobs.work(system=system, job_id=job.id)
    with inside(system, read_only=True):
        assert not StoredFile.objects.exists()
        return Job.objects.get(id=job.id)


def test_who_lost_the_grant_between_the_yes_and_the_work_stops_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _ask(world)
    _confirm(world.scope("second"), job)
    less = {**GRANTS, Role.COUNTY_TEAM: GRANTS[Role.COUNTY_TEAM] - {"lists.export"}}
    monkeypatch.setattr("tenants.identity.queries.signing_in.GRANTS", less)
    assert _work_as(world, job).state == "failed"


def test_what_somebody_asked_who_lost_the_role_waits_for_nobody_any_more(world: World) -> None:
    job = _ask(world)
    Binding.objects.filter(person=number("county")).delete()
    second = world.scope("second")
    with inside(second, read_only=True):
        assert exports.list_held(scope=second, now=clock.now()) == []
    with pytest.raises(Missing):
        _confirm(second, job)


# ---- ends ------------------------------------------------------------------------------------------------------------
def _told(world: World, username: str) -> list[str]:
    from falin.config import wiring

    wiring._deliver(find_by_schema(world.schema("330106")))
    scope = world.scope(username)
    with inside(scope, read_only=True):
        return [one.sentence for one in list_notices(scope=scope).rows]


def test_the_second_person_is_told_that_it_waits_and_the_asker_what_came_of_it(world: World) -> None:
    enter("third", "何知秋")
    hold(world, "third", Role.COUNTY_TEAM, "330106")
    job = _ask(world)
    for colleague in ("second", "third"):
        assert _told(world, colleague) == ["叶明远要导出名单“人员和身份”，等您确认。"]
    assert _told(world, "county") == []
    _confirm(world.scope("second"), job)
    assert _told(world, "county") == ["您请求导出的名单“人员和身份”有人确认了，正在做。"]
    for colleague in ("second", "third"):
        assert _told(world, colleague) == [], "nobody is asked any more, whoever of them decided"


def test_a_no_ends_it_with_the_reason_and_the_asker_reads_it(world: World, sign_in: Any) -> None:
    job, second = _ask(world), sign_in("second")
    for why, status in (("", 422), ("问 13812345678", 422), ("下周再要", 302)):
        assert second.post(f"/exports/{job.id}/refuse/", {"why": why}).status_code == status
    assert _work(world, job).state == "failed"
    assert "另一个人没有同意：下周再要" in _plain(sign_in("county"), f"/jobs/{job.id}/")
    assert _told(world, "county") == ["您请求导出的名单“人员和身份”没有得到同意。"]
    with pytest.raises(Missing):
        _confirm(world.scope("second"), job)
    with inside(world.scope("county"), read_only=True):
        assert AuditEntry.objects.get(act="portal.export.refused").why == "下周再要"


def test_what_nobody_confirms_in_its_days_ends_by_itself_and_the_asker_is_told(world: World) -> None:
    job, system = _ask(world), system_of(find_by_schema(world.schema("330106")))
    assert job.held_until == job.created_at + timedelta(days=exports.HELD.default)
    late = job.held_until
    with pytest.raises(Missing):
        _confirm(world.scope("second"), job, now=late)
    for moment, ended in ((late - timedelta(seconds=1), 0), (late, 1), (late, 0)):
        with inside(system, read_only=False):
            assert exports.end_unconfirmed(scope=system, now=moment) == ended
    assert (_now(world, job).state, _now(world, job).result["code"]) == ("failed", "jobs.not_confirmed")
    assert _told(world, "county") == ["您请求导出的名单“人员和身份”到期没有人确认，已经结束。"]


def test_the_asker_withdraws_and_nobody_confirms_it_afterwards(world: World, sign_in: Any) -> None:
    job = _ask(world)
    assert len(_told(world, "second")) == 1
    assert sign_in("county").post(f"/jobs/{job.id}/cancel/").status_code == 302
    assert (_told(world, "second"), _told(world, "county")) == ([], [])
    _nothing_of(world, job, "cancelled", ("portal.export.withdrawn",))
    with pytest.raises(Missing):
        _confirm(world.scope("second"), job)


# ---- what the second person reads ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "query", "words"), [
    ("advisers", "view=room&q=lu", {"姓名或律所": "lu", "查看": "还可以接社区"}),
    ("advisers", "specialty=%E5%8A%B3%E5%8A%A8%E4%BA%89%E8%AE%AE", {"专长": "劳动争议"}),
    ("advisers", "", {}), ("vacancies", "", {}), ("firms", "q=shi", {"名称": "shi"}),
    ("behind", "month=2026-11&view=pace", {"月份": "2026年11月", "查看": "落后进度"}),
    ("people", "view=former", {"查看": "以前的"}),
])  # fmt: skip
def test_the_filters_of_a_list_stand_there_in_words(world: World, name: str, query: str, words: dict[str, str]) -> None:
    _ask(world, name=name, query=query)
    second = world.scope("second")
    with inside(second, read_only=True):
        (one,) = exports.list_held(scope=second, now=clock.now())
    assert {str(found.name): found.words for found in one.content.filters} == words


def test_a_street_that_was_chosen_is_named_and_columns_that_were(world: World) -> None:
    _ask(world, name="advisers", query=f"street={world.node('330106109')}&col=firm")
    second = world.scope("second")
    with inside(second, read_only=True):
        (one,) = exports.list_held(scope=second, now=clock.now())
    assert [(found.name, found.words) for found in one.content.filters] == [("街镇", "双浦镇")]
    assert one.content.columns == ("顾问", "律所")


def test_the_api_says_the_same_and_a_token_neither_yes_nor_no(world: World, sign_in: Any) -> None:
    job, client, second = _ask(world), sign_in("second"), world.scope("second")
    (one,) = client.get("/api/v1/exports/").json()
    assert (one["id"], one["purpose"], one["rows"], one["own"]) == (str(job.id), PURPOSE, 1, False)
    with inside(second, read_only=False):
        (held,) = own_bindings(scope=second, on=clock.legal_day(clock.now()))
        made = make_token(
            scope=second, binding_id=held.id, name="取数", scopes=["lists.export"], origins=[],
            expires_on=clock.legal_day(clock.now()) + timedelta(days=30), now=clock.now(),
        )  # fmt: skip
    by_token = {"Authorization": f"Bearer {made.secret}"}
    for way in ("confirm", "refuse"):
        refused = Client().post(f"/api/v1/exports/{job.id}/{way}/", headers=by_token)
        assert (refused.status_code, refused.json()["code"]) == (403, "kernel.not_by_token")
    _nothing_of(world, job)
    assert client.post(f"/api/v1/exports/{job.id}/confirm/").status_code == 204
    assert _now(world, job).state == "queued"
