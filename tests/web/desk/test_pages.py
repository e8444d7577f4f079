"""One's own notices on their page, and the choice of how to be told."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel import relay
from falin.kernel.transactions import inside
from services.desk import queries
from services.desk.models import Notice
from services.desk.types import Decision, NoticeKind, Way
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
from tests.app.duty.cast import Adviser, engage
from tests.world import NOW, World


def _told(world: World) -> Adviser:
    adviser = engage(world)
    system = system_of(find_by_schema(world.schema("330106")))
    relay.drain({system.schema: system}, clock=lambda: NOW)
    return adviser


def test_a_notice_is_read_by_going_where_it_leads(world: World, sign_in: Any) -> None:
    adviser = _told(world)
    client = sign_in(adviser.username)
    page = client.get("/desk/notices/").content.decode()
    assert "2 条没看" in page and "担任宝石社区的法律顾问" in page
    with inside(adviser.scope(world), read_only=True):
        number = queries.list_notices(scope=adviser.scope(world)).rows[0].id
    assert client.post(f"/desk/notices/{number}/read/").headers["Location"] == "/duty/"
    assert client.get("/api/v1/desk/notices/unread/").json() == {"unread": 1}
    assert client.post("/desk/notices/read/").status_code == 302
    assert "都看过了" in client.get("/desk/notices/").content.decode()
    assert "没有通知" in client.get("/desk/notices/?view=unread").content.decode()


def test_another_person_has_neither_the_notice_nor_its_number(world: World, sign_in: Any) -> None:
    adviser = _told(world)
    with inside(adviser.scope(world), read_only=True):
        number = queries.list_notices(scope=adviser.scope(world)).rows[0].id
    assert sign_in("county").post(f"/desk/notices/{number}/read/").status_code == 404
    assert sign_in("county").post(f"/api/v1/desk/notices/{number}/read/").status_code == 404


def test_the_way_one_chose_stands_when_one_comes_back(world: World, sign_in: Any) -> None:
    client = sign_in("street")
    ways = {
        "role_ending": "sms",
        "feedback_answered": "none",
        "mentioned": "none",
        "job_ended": "none",
        "correction_declined": "none",
    }
    assert client.post("/desk/notices/ways/", ways).status_code == 302
    choice, *_others = client.get("/api/v1/desk/notices/ways/").json()
    assert (choice["kind"], choice["way"]) == (NoticeKind.ROLE_ENDING.value, Way.SMS.value)
    assert client.put("/api/v1/desk/notices/ways/role_ending/", {"way": "none"}, "application/json").status_code == 204
    assert client.put("/api/v1/desk/notices/ways/appointed/", {"way": "none"}, "application/json").status_code == 404
    assert client.put("/api/v1/desk/notices/ways/nothing/", {"way": "none"}, "application/json").status_code == 404


def test_a_choice_that_is_none_is_said_at_its_field(world: World, sign_in: Any) -> None:
    assert sign_in("street").post("/desk/notices/ways/", {"role_ending": "pigeon"}).status_code == 422


def test_an_ordinary_page_asks_nothing_of_the_desk(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    with CaptureQueriesContext(connection) as asked:
        client.get("/jobs/")
    assert not [one["sql"] for one in asked.captured_queries if "desk_" in one["sql"]]


def test_the_filters_of_a_list_are_kept_and_lead_back(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    listed = client.get("/advisers/?view=ending").content.decode()
    assert 'href="/desk/views/advisers/?view=ending"' in listed
    assert client.post("/desk/views/advisers/?view=ending", {"title": "快到期的"}).status_code == 302
    assert 'href="/advisers/?view=ending"' in client.get("/desk/views/advisers/").content.decode()
    (view,) = client.get("/api/v1/desk/views/", {"page": "advisers"}).json()
    assert (view["title"], view["query"], view["own"]) == ("快到期的", "view=ending", True)
    assert client.delete(f"/api/v1/desk/views/{view['id']}/").status_code == 204
    assert client.post("/desk/views/advisers/", {"title": ""}).status_code == 422
    assert client.get("/desk/views/nothing/").status_code == 404


def test_what_waits_and_what_was_done_lead_to_where_one_does_something_about_it(world: World, sign_in: Any) -> None:
    client, scope = sign_in("county"), world.scope("county")
    with inside(scope, read_only=False):
        for what in Decision:
            Notice.objects.create(person_id=scope.person_id, kind=NoticeKind.DECISION_WAITS, key=what, facts={"what": what},
                                  at=NOW)  # fmt: skip
        Notice.objects.create(person_id=scope.person_id, kind=NoticeKind.JOB_ENDED, key="job", at=NOW,
                              facts={"job": str(uuid.UUID(int=7)), "outcome": "done", "thing": "比对"})  # fmt: skip
        numbers = list(Notice.objects.order_by("id").values_list("id", flat=True))
    assert [client.post(f"/desk/notices/{number}/read/").headers["Location"] for number in numbers] == [
        "/people/proposals/", "/people/same/", "/places/updates/", "/tenants/", "/emergencies/",
        "/jobs/00000000-0000-0000-0000-000000000007/",
    ]  # fmt: skip


def test_every_kind_of_notice_leads_somewhere(world: World, sign_in: Any) -> None:
    client, scope = sign_in("county"), world.scope("county")
    facts = {"what": Decision.ROLES, "job": str(uuid.UUID(int=7)), "kind": "adviser", "subject": str(uuid.UUID(int=8)),
             "person": 9, "name": "王桂英"}  # fmt: skip
    with inside(scope, read_only=False):
        made = {kind: Notice.objects.create(person_id=scope.person_id, kind=kind, key=kind, facts=facts, at=NOW).pk
                for kind in NoticeKind}  # fmt: skip
    leads = {
        kind: client.post(f"/desk/notices/{number}/read/").headers.get("Location") for kind, number in made.items()
    }
    assert all(leads.values()), leads
    assert leads[NoticeKind.ROLES_PARTED] == "/people/9/rights/"
    assert leads[NoticeKind.CORRECTION_ASKED] == "/people/?q=%E7%8E%8B%E6%A1%82%E8%8B%B1"
