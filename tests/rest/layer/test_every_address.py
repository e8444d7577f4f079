"""What every address of the API has: pages by ``Link``, sparse fields, marks, keys, and a no that programs can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from falin.kernel.models import AuditEntry, IdempotencyKey
from falin.kernel.rest import shapes
from falin.kernel.transactions import inside
from tests.world import World, today

FIRMS = "/api/v1/advisers/firms/"
TOKEN = "d" * 32  # cookie and header have to agree


def firm(client: Any, name: str, **headers: str) -> Any:
    return client.post(FIRMS, json.dumps({"name": name}), "application/json", headers=headers)


def booked(world: World, act: str) -> int:
    with inside(world.scope("county"), read_only=True):
        return AuditEntry.objects.filter(act=act).count()


# ---- reading ---------------------------------------------------------------------------------------------------------
def test_a_list_is_walked_page_by_page_and_every_row_comes_once(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    whole = county.get("/api/v1/advisers/vacancies/").json()
    assert len(whole) > 3
    found: list[Any] = []
    address = "/api/v1/advisers/vacancies/?size=2"
    while address:
        answer = county.get(address)
        found += answer.json()
        link = answer.headers.get("Link", "")
        assert len(answer.json()) <= 2
        address = link.partition(">")[0].removeprefix("<http://testserver") if link else ""
    assert found == whole


def test_a_page_goes_on_behind_its_last_row_wherever_that_stands_by_now() -> None:
    rows = [{"id": number} for number in range(6)]
    cursor = shapes._cursor(3, rows[2])
    assert shapes._after(cursor, rows) == 3
    assert shapes._after(cursor, [{"id": 9}, *rows]) == 4  # one came in before it
    assert shapes._after(cursor, rows[1:]) == 2  # one went before it
    assert shapes._after(cursor, [row for row in rows if row["id"] != 2]) == 3  # it went itself


@pytest.mark.parametrize(
    ("query", "field"),
    [("size=0", "size"), ("size=501", "size"), ("size=x", "size"), ("cursor=%", "cursor"), ("cursor=eyJ9", "cursor"),
     ("cursor=W10", "cursor"), ("fields=nothing", "fields"), ("fields=name.deeper", "fields"),
     ("fields=names,+" + "id," * 400, "fields"), ("fields=%C2%84", "fields")],
)  # fmt: skip
def test_a_page_or_field_that_cannot_be_meant_is_said_with_its_name(
    world: World, sign_in: Any, query: str, field: str
) -> None:
    answer = sign_in("county").get(f"/api/v1/advisers/vacancies/?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("fields", ["名字", "id," * 400, "id;drop"])
def test_fields_that_can_be_nobodys_are_refused_of_a_list_without_rows_too(
    world: World, sign_in: Any, fields: str
) -> None:
    answer = sign_in("county").get(FIRMS.replace("firms", "appointments"), {"fields": fields})
    assert (answer.status_code, answer.json()["field"]) == (422, "fields")


def test_a_page_that_a_query_made_links_its_neighbours_too(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    for number in range(5):
        assert firm(county, f"浙江第{number}律师事务所").status_code == 201
    first = county.get(FIRMS, {"size": 2, "q": "律师"})
    link = first.headers["Link"]
    assert 'rel="next"' in link
    assert "size=2" in link
    second = county.get(link.partition(">")[0].removeprefix("<"))
    assert {row["id"] for row in first.json()["rows"]} & {row["id"] for row in second.json()["rows"]} == set()
    assert 'rel="prev"' in second.headers["Link"]


def test_only_the_fields_asked_for_come_back(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    assert firm(county, "浙江来早律师事务所").status_code == 201
    answer = county.get(FIRMS, {"fields": "total,rows.name"}).json()
    assert list(answer) == ["rows", "total"]
    assert all(list(row) == ["name"] for row in answer["rows"])
    rows = county.get("/api/v1/advisers/vacancies/?fields=node_id").json()
    assert all(list(row) == ["node_id"] for row in rows)


def test_what_is_unchanged_is_304_without_a_body_and_what_changed_is_not(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    first = county.get(FIRMS)
    mark = first.headers["ETag"]
    again = county.get(FIRMS, headers={"If-None-Match": f'"other", W/{mark}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", mark)
    assert firm(county, "浙江来早律师事务所").status_code == 201
    assert county.get(FIRMS, headers={"If-None-Match": mark}).status_code == 200


# ---- writing ---------------------------------------------------------------------------------------------------------
def a_firm_and_an_adviser(county: Any) -> str:
    from tests.fixtures.adviser_sheets import identity, phone

    made = firm(county, "浙江来早律师事务所").json()
    body = {"firm_id": made["id"], "name": "来一新", "id_number": identity(77), "phone": phone(77)}
    answer = county.post("/api/v1/advisers/", json.dumps(body), "application/json")
    assert answer.status_code == 201, answer.content
    return f"/api/v1/advisers/{answer.json()['id']}/"


def test_who_was_overtaken_is_told_and_nothing_is_written(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    one = a_firm_and_an_adviser(county)
    seen = county.get(one).headers["ETag"]
    assert county.patch(one, json.dumps({"licence": "13301201010000001"}), "application/json",
                        headers={"If-Match": seen}).status_code == 200  # fmt: skip
    before = booked(world, "advisers.adviser.updated")
    late = county.patch(
        one, json.dumps({"licence": "13301201010000002"}), "application/json", headers={"If-Match": seen}
    )
    assert (late.status_code, late.json()["code"]) == (412, "kernel.changed")
    assert county.get(one).json()["adviser"]["licence"] == "13301201010000001"
    assert booked(world, "advisers.adviser.updated") == before


def test_the_mark_of_a_thing_guards_the_acts_below_its_address_too(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    one = a_firm_and_an_adviser(county)
    seen = county.get(one).headers["ETag"]
    passed = json.dumps({"passed_on": "2025-11-01"})
    wrong = county.post(f"{one}examination/", passed, "application/json", headers={"If-Match": '"another"'})
    assert (wrong.status_code, wrong.json()["code"]) == (412, "kernel.changed")
    right = county.post(f"{one}examination/", passed, "application/json", headers={"If-Match": seen})
    assert right.status_code == 200


def test_a_mark_where_there_is_nothing_to_compare_is_said(world: World, sign_in: Any) -> None:
    answer = firm(sign_in("county"), "浙江来早律师事务所", **{"If-Match": '"x"'})
    assert (answer.status_code, answer.json()["code"]) == (412, "kernel.no_mark")


def test_a_change_between_the_look_and_the_act_is_noticed_by_the_database(
    world: World, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else commits right after the marks were compared: the act fails as if it had come too late."""
    import threading

    county = sign_in("county")
    one = a_firm_and_an_adviser(county)
    seen = county.get(one).headers["ETag"]
    matches = shapes.matches
    done: list[int] = []

    def in_between(wanted: str, etag: str) -> bool:
        def other() -> None:
            body = json.dumps({"licence": "13301201010000001"})
            done.append(sign_in("county").patch(one, body, "application/json").status_code)
            connection.close()  # the thread's own

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return matches(wanted, etag)

    monkeypatch.setattr(shapes, "matches", in_between)
    late = county.patch(
        one, json.dumps({"licence": "13301201010000002"}), "application/json", headers={"If-Match": seen}
    )
    assert done == [200]
    assert (late.status_code, late.json()["code"]) == (412, "kernel.changed")
    assert county.get(one).json()["adviser"]["licence"] == "13301201010000001"


def test_a_write_sent_again_under_its_key_is_answered_as_it_was(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    first = firm(county, "浙江来早律师事务所", **{"Idempotency-Key": "one"})
    again = firm(county, "浙江来早律师事务所", **{"Idempotency-Key": "one"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert booked(world, "advisers.firm.registered") == 1


def test_a_key_is_of_the_whole_address_what_stands_behind_its_question_mark_too(world: World, sign_in: Any) -> None:
    county, key = sign_in("county"), {"Idempotency-Key": "one"}
    where, body = "/api/v1/desk/views/", json.dumps({"page": "advisers", "title": "落后的", "query": ""})
    sent = [county.post(f"{where}?of={of}", body, "application/json", headers=key) for of in (1, 1, 2)]
    assert [answer.status_code for answer in sent] == [201, 201, 409]
    assert sent[2].json()["code"] == "kernel.key_reused"


def test_where_the_answer_held_a_secret_the_act_is_done_once_and_the_secret_is_not_kept(
    world: World, sign_in: Any
) -> None:
    county = sign_in("county")
    body = {"username": "newcomer", "name": "来一新", "role": "liaison", "node_id": world.node("330106109001"),
            "begins_on": today().isoformat(), "ends_on": today().replace(year=today().year, month=12, day=31).isoformat(),
            "reason": "双浦镇〔2026〕3号"}  # fmt: skip
    sent = [
        county.post("/api/v1/people/", json.dumps(body), "application/json", headers={"Idempotency-Key": "two"})
        for _time in range(2)
    ]
    assert [answer.status_code for answer in sent] == [201, 409], sent[0].content
    assert sent[1].json()["code"] == "kernel.done_before"
    with inside(world.scope("county"), read_only=True):
        assert [key.body for key in IdempotencyKey.objects.filter(key="two")] == [""]


# ---- what is no ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status", "code"),
    [
        ("GET", "/api/v1/nowhere/", "", "", 404, "kernel.no_address"),
        ("GET", "/api/v1/advisers/00000000-0000-0000-0000-000000000005/", "", "", 404, "kernel.missing"),
        ("DELETE", FIRMS, "", "", 405, "kernel.method_not_allowed"),
        ("POST", FIRMS, "<x/>", "text/xml", 415, "kernel.unsupported_media_type"),
        ("POST", FIRMS, "{", "application/json", 400, "kernel.parse_error"),
        ("POST", FIRMS, "[]", "application/json", 422, "kernel.invalid"),
        ("POST", FIRMS, "{}", "application/json", 422, "kernel.invalid"),
        ("GET", "/api/v1/advisers/%00/", "", "", 400, "kernel.unreadable"),
    ],
)
def test_every_no_is_a_problem_with_a_stable_code_in_the_readers_language(
    world: World, sign_in: Any, method: str, path: str, body: str, kind: str, status: int, code: str
) -> None:
    county = sign_in("county")
    said = {}
    for language in ("zh-hans", "en"):
        answer = county.generic(method, path, body, kind, headers={"Accept-Language": language})
        told = answer.json()
        if code != "kernel.missing":
            assert (answer.status_code, told["code"]) == (status, code)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert told["type"] == f"urn:falin:problem:{told['code']}"
        said[language] = told["title"]
    assert any("一" <= letter <= "鿿" for letter in said["zh-hans"]), said
    assert not any("一" <= letter <= "鿿" for letter in said["en"]), said


DESCRIPTION = {"kind": "facts", "content": "两", "day": "2026-11-01", "said_by": "统计年鉴"}


@pytest.mark.parametrize(
    ("path", "sent", "status", "code"),
    [
        ("/api/v1/people/9/roles/", '{"role": "\\ud800"}', 400, "kernel.parse_error"),
        ("/api/v1/people/9/roles/", "[" * 100_000, 400, "kernel.parse_error"),
        ("/api/v1/places/descriptions/", json.dumps(DESCRIPTION), 422, "portal.not_base64"),
    ],
)
def test_half_a_letter_endless_brackets_and_letters_that_are_no_base64_are_no_error_of_ours(
    world: World, sign_in: Any, path: str, sent: str, status: int, code: str
) -> None:
    county = sign_in("county")
    county.raise_request_exception = False
    answer = county.post(path, sent, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_error_of_ours_is_a_problem_too(world: World, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.advisers import queries

    county = sign_in("county")
    county.raise_request_exception = False
    monkeypatch.setattr(queries, "list_firms", lambda **_: 1 / 0)
    answer = county.get(FIRMS)
    assert (answer.status_code, answer.json()["code"]) == (500, "kernel.broke")


# ---- long work -------------------------------------------------------------------------------------------------------
def test_long_work_is_a_thing_of_its_own_that_can_be_stopped(world: World, sign_in: Any) -> None:
    auditor = sign_in("auditor3")
    asked = auditor.post("/api/v1/audit/export/")
    assert asked.status_code == 202
    where = asked.headers["Location"]
    assert where == f"/api/v1/jobs/{asked.json()['job']}/"
    assert auditor.get(where).json()["state"] == "queued"
    assert [job["id"] for job in auditor.get("/api/v1/jobs/").json()] == [asked.json()["job"]]
    assert sign_in("county").get(where).status_code == 404
    stopped = auditor.post(f"{where}cancel/")
    assert (stopped.status_code, stopped.json()["state"]) == (202, "cancelled")


# ---- many in one -----------------------------------------------------------------------------------------------------
def batch(client: Any, *lines: dict[str, Any]) -> Any:
    client.cookies["csrftoken"] = TOKEN
    sent = {"X-CSRFToken": TOKEN}
    return client.post("/api/v1/batch/", json.dumps({"requests": lines}), "application/json", headers=sent)


def test_many_requests_in_one_are_done_each_by_itself(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    good = {"method": "POST", "path": FIRMS, "body": {"name": "浙江来早律师事务所"}, "key": "row 1"}
    answer = batch(
        county,
        good,
        {"method": "POST", "path": FIRMS, "body": {"name": "短"}},
        {"method": "GET", "path": f"{FIRMS}?q=来早&fields=rows.name"},
        {"method": "GET", "path": "/api/v1/batch/"},
        {"method": "GET", "path": "/advisers/"},
        good,
        {"method": "GET", "path": "//["},
    )
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [one["status"] for one in results] == [201, 422, 200, 404, 404, 201, 404]
    assert results[1]["body"]["errors"].keys() == {"name"}
    assert results[2]["body"] == {"rows": [{"name": "浙江来早律师事务所"}]}
    assert results[0]["body"] == results[5]["body"]
    assert booked(world, "advisers.firm.registered") == 1


def test_a_line_opens_no_door_that_is_shut_to_its_sender(world: World, sign_in: Any, client: Any) -> None:
    lines = [{"method": "POST", "path": FIRMS, "body": {"name": "浙江来早律师事务所"}},
             {"method": "GET", "path": "/api/v1/audit/"}]  # fmt: skip
    assert [one["status"] for one in batch(sign_in("street"), *lines).json()["results"]] == [403, 403]
    assert batch(client, *lines).status_code == 401
    wrong = client.post("/api/v1/batch/", "{}", "application/json", headers={"Authorization": "Bearer flk_"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "kernel.bad_token")
    assert booked(world, "advisers.firm.registered") == 0


def test_a_line_without_the_form_token_writes_nothing(world: World) -> None:
    """A page of somebody else's cannot have a browser send a batch either."""
    from django.test import Client

    from tenants.identity.models import Person

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(Person.objects.get(username="county"), "allauth.account.auth_backends.AuthenticationBackend")
    line = {"method": "POST", "path": FIRMS, "body": {"name": "浙江来早律师事务所"}}
    answer = strict.post("/api/v1/batch/", json.dumps({"requests": [line]}), "application/json")
    assert [one["status"] for one in answer.json()["results"]] == [403]
    assert booked(world, "advisers.firm.registered") == 0
