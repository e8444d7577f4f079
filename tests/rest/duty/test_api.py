"""Duty's API: what the phone and programs use."""

from __future__ import annotations

import itertools
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from falin.kernel.transactions import inside
from services.duty.models import Visit
from tests.app.duty.cast import VILLAGE, Adviser, at, engage, log, traces
from tests.world import NOW, World

VISITS = "/api/v1/duty/visits/"


@pytest.fixture(autouse=True)
def the_clock_creeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the world's moment on, a second at every look."""
    seconds = itertools.count()
    for module in ("services.duty.rest.views", "tenants.identity.middleware"):
        monkeypatch.setattr(f"{module}.now", lambda: NOW + timedelta(seconds=next(seconds)))


@pytest.fixture
def adviser(world: World) -> Adviser:
    return engage(world)


def _body(world: World, **changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "node_id": world.node(VILLAGE), "kind": "visit",
            "begins_at": "2026-11-12T09:00:00+08:00", "ends_at": "2026-11-12T12:00:00+08:00", "note": "看合同",
            "written_at": "2026-11-12T04:05:00Z", **changes}  # fmt: skip


def _post(client: Client, address: str, body: dict[str, Any]) -> Any:
    return client.post(address, body, content_type="application/json")


def test_a_visit_is_201_and_the_same_again_is_200(world: World, adviser: Adviser, sign_in: Any) -> None:
    client = sign_in(adviser.username)
    body = _body(world)
    first, again = _post(client, VISITS, body), _post(client, VISITS, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["minutes"], first.json()["id"]) == (180, body["id"])
    assert traces(world).visits == 1
    assert [row["id"] for row in client.get(f"{VISITS}?month=2026-11").json()] == [body["id"]]


def test_a_visit_comes_with_its_photo_as_a_form(world: World, adviser: Adviser, sign_in: Any) -> None:
    from tests.app.duty.test_logging import PNG

    body = _body(world, photo=SimpleUploadedFile("a.png", PNG, "image/png"))
    answer = sign_in(adviser.username).post(VISITS, body)
    assert answer.status_code == 201 and answer.json()["photo_id"]


REFUSALS: list[tuple[str, str, dict[str, Any]]] = [
    ("duty.ends_before_it_begins", "ends_at", {"ends_at": "2026-11-12T08:00:00+08:00"}),
    ("duty.not_appointed", "node_id", {"node_id": 1}),
    ("duty.topic_missing", "topic", {"kind": "lecture"}),
]


def test_a_refusal_is_a_problem_with_its_field(world: World, adviser: Adviser, sign_in: Any) -> None:
    before = traces(world)
    for code, field, changes in REFUSALS:
        answer = _post(sign_in(adviser.username), VISITS, _body(world, **changes))
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert traces(world) == before


def test_a_moment_before_the_first_day_there_is_is_422(world: World, adviser: Adviser, sign_in: Any) -> None:
    """Midnight of Shanghai on the first of all days."""
    client = sign_in(adviser.username)
    client.raise_request_exception = False
    answer = _post(client, VISITS, _body(world, begins_at="0001-01-01T00:00:00"))
    assert (answer.status_code, answer.json()["code"]) == (422, "kernel.out_of_range")


def test_what_cannot_be_read_is_422(world: World, adviser: Adviser, sign_in: Any) -> None:
    client = sign_in(adviser.username)
    for name, value in {"id": "x", "kind": "tea", "begins_at": "gestern", "written_at": None, "attendees": 0}.items():
        answer = _post(client, VISITS, _body(world, **{name: value}))
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [name])


def test_a_visit_written_by_somebody_else_is_not_booked_under_this_name(
    world: World, adviser: Adviser, sign_in: Any
) -> None:
    scope = adviser.scope(world)
    client = sign_in(adviser.username)
    before = traces(world)
    for changes in ({"person": scope.person_id + 1}, {"tenant": scope.tenant_id + 1}):
        answer = _post(client, VISITS, _body(world, **changes))
        assert (answer.status_code, answer.json()["code"]) == (409, "duty.other_person")
    assert traces(world) == before
    assert _post(client, VISITS, _body(world, person=scope.person_id, tenant=scope.tenant_id)).status_code == 201


def test_the_token_says_who_is_signed_in_and_401_when_nobody_is(world: World, adviser: Adviser, sign_in: Any) -> None:
    scope = adviser.scope(world)
    said = sign_in(adviser.username).get("/api/v1/duty/token/").json()
    assert (said["person"], said["tenant"]) == (scope.person_id, scope.tenant_id) and len(said["csrf"]) > 30
    assert Client().get("/api/v1/duty/token/").status_code == 401
    assert sign_in("street").get("/api/v1/duty/token/").status_code == 403


def test_a_write_without_the_token_is_refused(world: World, adviser: Adviser) -> None:
    from tenants.identity.models import Person

    client = Client(enforce_csrf_checks=True)
    client.force_login(
        Person.objects.get(username=adviser.username), "allauth.account.auth_backends.AuthenticationBackend"
    )
    assert _post(client, VISITS, _body(world)).status_code == 403
    csrf = client.get("/api/v1/duty/token/").json()["csrf"]
    answer = client.post(VISITS, _body(world), content_type="application/json", headers={"X-CSRFToken": csrf})
    assert answer.status_code == 201


def test_correcting_voiding_reminding_and_closing(world: World, adviser: Adviser, sign_in: Any) -> None:
    phone, street, county = sign_in(adviser.username), sign_in("street"), sign_in("county")
    made = log(world, adviser.scope(world), begins_at=at(date(2026, 10, 8), 9), ends_at=at(date(2026, 10, 8), 11))
    body = {key: value for key, value in _body(world).items() if key not in {"id", "written_at"}}
    mended = _post(phone, f"{VISITS}{made.id}/correct/", {**body, "begins_at": "2026-10-08T09:00:00+08:00",
                   "ends_at": "2026-10-08T10:00:00+08:00", "why": "记错了"})  # fmt: skip
    assert (mended.status_code, mended.json()["minutes"], mended.json()["revision"]) == (200, 60, 2)
    rows = street.get("/api/v1/duty/behind/?month=2026-11").json()
    assert [(row["node_name"], row["hours"]["missing"]) for row in rows] == [("湖埠村", 480)]
    tap = {"node_id": world.node(VILLAGE), "adviser_id": str(adviser.id), "month": "2026-11"}
    sent = _post(street, "/api/v1/duty/reminders/", tap)
    assert sent.status_code == 201
    assert _post(street, "/api/v1/duty/reminders/", tap).json()["code"] == "duty.reminded_today"
    assert [row["id"] for row in phone.get("/api/v1/duty/reminders/").json()] == [sent.json()["id"]]
    assert phone.post(f"/api/v1/duty/reminders/{sent.json()['id']}/read/").status_code == 204
    assert [row["node_name"] for row in phone.get("/api/v1/duty/hours/").json()] == ["宝石社区", "湖埠村"]
    assert _post(phone, f"{VISITS}{made.id}/void/", {"why": "记重了"}).json()["voided_at"]
    assert _post(county, "/api/v1/duty/months/", {"month": "2026-10"}).status_code == 201
    assert [row["month"] for row in county.get("/api/v1/duty/months/").json() if row["closed_at"]] == ["2026-10"]
    with inside(world.scope("county"), read_only=True):
        assert Visit.objects.in_scope(world.scope("county")).count() == 1


def test_a_month_that_is_none_is_422(world: World, adviser: Adviser, sign_in: Any) -> None:
    assert sign_in(adviser.username).get("/api/v1/duty/visits/?month=2026-13").status_code == 422
    assert sign_in("county").get("/api/v1/duty/behind/?month=x").status_code == 422


def test_the_worker_is_fetched_by_anybody_and_never_kept(world: World, tmp_path: Any, settings: Any) -> None:
    from django.contrib.staticfiles import finders

    settings.STATICFILES_DIRS = [tmp_path]
    finders.get_finder.cache_clear()
    assert Client().get("/sw.js").status_code == 404
    (tmp_path / "sw.js").write_text("// worker")
    answer = Client().get("/sw.js")
    finders.get_finder.cache_clear()
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (200, b"// worker", "no-cache")
    assert answer.headers["Content-Type"].startswith("text/javascript")
