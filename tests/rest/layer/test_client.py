"""The Python client: typed acts over a line that waits, sends again, and does a thing once."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from falin.client import Answer, Falin, Problem, Seen, Unreached
from falin.kernel import clock
from falin.kernel.transactions import inside
from falin.runtime import remote
from falin.runtime.cli import make_parser
from falin.runtime.home import Home
from falin.runtime.sentences import CannotStart
from tenants.identity import commands
from tenants.identity.models import Binding
from tests.e2e.conftest import Site
from tests.world import World, today

SCOPES = ["advisers.read", "advisers.register", "duty.read", "jobs.own"]


def secret(world: World, username: str, scopes: list[str]) -> str:
    own = world.scope(username)
    with inside(own, read_only=False):
        return commands.make_token(
            scope=own, binding_id=Binding.objects.get(person=own.person_id).id, name="测试", scopes=scopes, origins=[],
            expires_on=today() + timedelta(days=7), now=clock.now(),
        ).secret  # fmt: skip


def through_django(method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
    """The line's end at the application itself, without a network."""
    kind = headers.get("Content-Type", "application/octet-stream")
    answer = Client().generic(method, address, content or b"", kind, headers=dict(headers))
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return Answer(status=answer.status_code, body=body, headers={n.lower(): v for n, v in answer.headers.items()})


@pytest.fixture(params=["through Django", "over a line"])
def county(world: World, request: Any) -> Iterator[Falin]:
    """The client as a program has it, over a connection that lasts; and once more without one, where a test counts."""
    token = secret(world, "county", SCOPES)
    if request.param == "through Django":
        yield Falin("https://falin.example", token, send=through_django, sleep=lambda seconds: None)
        return
    site = Site()
    with Falin(site.url, token, sleep=lambda seconds: None) as client:
        yield client
    site.stop()
    assert site.product.seen == []


def test_acts_have_names_arguments_and_shapes(county: Falin) -> None:
    made = county.firms_register(body={"name": "浙江来早律师事务所"})
    assert made["name"] == "浙江来早律师事务所"
    page = county.firms_list(q="来早").body
    assert [row["id"] for row in page["rows"]] == [made["id"]]
    assert county.advisers_counts().body["all"] == 0


def test_every_page_is_walked(county: Falin) -> None:
    for number in range(5):
        county.firms_register(body={"name": f"浙江第{number}律师事务所"})
    pages = list(county.all(county.firms_list(q="律师", size=2)))
    assert [len(page["rows"]) for page in pages][:2] == [2, 2]
    found = {row["name"] for page in pages for row in page["rows"]}
    assert {f"浙江第{number}律师事务所" for number in range(5)} <= found
    rows = [row["node_id"] for page in county.all(county.advisers_vacancies(size=2)) for row in page]
    assert len(rows) == len(set(rows)) > 2


def test_two_lists_are_walked_side_by_side(county: Falin) -> None:
    """Each answer knows its own next page: what was asked after it, here or in another thread, leads nobody astray."""
    for number in range(5):
        county.firms_register(body={"name": f"浙江第{number}律师事务所"})
    firms, gaps = county.firms_list(q="律师", size=2), county.advisers_vacancies(size=1)
    assert firms.next != gaps.next and firms.etag != gaps.etag
    for walked in (county.all(firms), county.all(firms)):  # walked twice, with the other list between its pages
        names = [row["name"] for page, _other in zip(walked, county.all(gaps), strict=False) for row in page["rows"]]
        assert len(names) == len(set(names)) > 4

    def walk(_each: int) -> list[Any]:
        found = [page["rows"] for page in county.all(county.firms_list(q="律师", size=2))]
        county.close()  # a thread hangs up for itself
        connections.close_all()
        return found

    with ThreadPoolExecutor(3) as several:
        first, *others = several.map(walk, range(6))
    assert others == [first] * 5


def test_these_fields_alone(county: Falin) -> None:
    county.firms_register(body={"name": "浙江来早律师事务所"})
    seen = county.firms_list(q="来早", fields="total,rows.name")
    assert seen.body == {"total": 1, "rows": [{"name": "浙江来早律师事务所"}]}


def test_a_no_is_a_problem_with_its_code_and_fields(county: Falin) -> None:
    with pytest.raises(Problem) as said:
        county.firms_register(body={"name": "短"})
    assert (said.value.status, said.value.code, list(said.value.errors)) == (422, "kernel.invalid", ["name"])
    with pytest.raises(Problem) as said:
        county.advisers_get(adviser_id="00000000-0000-0000-0000-000000000005")
    assert said.value.status == 404


def test_a_thing_is_changed_only_as_it_was_seen(county: Falin) -> None:
    from tests.fixtures.adviser_sheets import identity, phone

    firm = county.firms_register(body={"name": "浙江来早律师事务所"})
    adviser = county.advisers_register(
        body={"firm_id": firm["id"], "name": "来一新", "id_number": identity(77), "phone": phone(77)}
    )
    seen = county.advisers_get(adviser_id=adviser["id"])
    county.advisers_counts()  # what is asked in between takes nothing from what was seen
    county.advisers_correct(adviser_id=adviser["id"], body={"licence": "13301201010000001"}, match=seen.etag)
    with pytest.raises(Problem) as said:
        county.advisers_correct(adviser_id=adviser["id"], body={"licence": "13301201010000002"}, match=seen.etag)
    assert said.value.code == "kernel.changed"


def test_what_is_not_answered_is_sent_again_under_the_same_key_and_done_once(world: World) -> None:
    keys: list[str] = []

    def flaky(method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        answer = through_django(method, address, headers, content)
        keys.append(headers["Idempotency-Key"])
        if len(keys) == 1:
            raise ConnectionResetError  # done, and the answer lost on the way
        return answer

    waited: list[float] = []
    client = Falin("https://falin.example", secret(world, "county", SCOPES), send=flaky, sleep=waited.append)
    client.firms_register(body={"name": "浙江来早律师事务所"})
    assert len(set(keys)) == 1 < len(keys)
    assert len(waited) == 1
    found = Falin("https://falin.example", secret(world, "county", SCOPES), send=through_django).firms_list(q="来早")
    assert found.body["total"] == 1


def test_a_write_whose_first_sending_is_still_being_worked_on_is_asked_for_until_it_is_answered(world: World) -> None:
    keys: list[str] = []
    twin = Answer(status=409, body=b'{"code": "kernel.twin", "title": "..."}')

    def busy(method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        keys.append(headers["Idempotency-Key"])
        return twin if len(keys) < 3 else through_django(method, address, headers, content)

    waited: list[float] = []
    client = Falin("https://falin.example", secret(world, "county", SCOPES), send=busy, sleep=waited.append)
    assert client.firms_register(body={"name": "浙江来早律师事务所"})["name"] == "浙江来早律师事务所"
    assert (len(keys), len(set(keys)), len(waited)) == (3, 1, 2)
    refused = Falin("https://x", "t", send=lambda *asked: Answer(status=409, body=b'{"code": "kernel.changed"}'))
    with pytest.raises(Problem, match=r"kernel\.changed"):
        refused.firms_register(body={"name": "浙江来早律师事务所"})


def test_it_waits_as_long_as_it_is_told_and_not_longer_than_its_patience() -> None:
    answers = [Answer(status=503, headers={"retry-after": "7"}), Answer(status=429, headers={"retry-after": "3"}),
               Answer(status=200, headers={"content-type": "application/json"}, body=b"[]")]  # fmt: skip
    waited: list[float] = []
    client = Falin("https://x", "t", send=lambda *asked: answers.pop(0), sleep=waited.append)
    assert client.advisers_coverage() == Seen(body=[])
    assert waited == [7.0, 3.0]
    busy = Falin("https://x", "t", patience=5, send=lambda *asked: Answer(status=503, headers={"retry-after": "7"}))
    with pytest.raises(Problem) as said:
        busy.advisers_coverage()
    assert said.value.status == 503

    def nobody(*asked: Any) -> Answer:
        raise ConnectionRefusedError

    with pytest.raises(Unreached):
        Falin("https://x", "t", patience=1, send=nobody, sleep=lambda seconds: None).advisers_coverage()


@pytest.mark.parametrize("server", ["http://10.0.0.7", "ftp://falin.example", "falin.example"])
def test_a_token_does_not_go_over_the_network_unencrypted(server: str) -> None:
    with pytest.raises(ValueError, match=r"HTTPS|address"):
        Falin(server, "t")
    assert Falin("http://127.0.0.1:8000", "t")


# ---- falin api -------------------------------------------------------------------------------------------------------
@pytest.fixture
def run(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    file = tmp_path / "token"
    file.write_text(secret(world, "county", SCOPES))
    file.chmod(0o600)
    site = Site()

    def typed(*words: str) -> str:
        arguments = make_parser().parse_args(["api", "--server", site.url, "--token-file", str(file), *words])
        assert remote.run(arguments, Home(root=tmp_path)) == 0
        return capsys.readouterr().out

    typed.file = file  # type: ignore[attr-defined]
    yield typed
    site.stop()


def test_the_command_line_speaks_the_same_acts(run: Any) -> None:
    made = json.loads(run("firms_register", 'body={"name": "浙江来早律师事务所"}'))
    rows = [json.loads(line) for line in run("--json", "firms_list", "q=来早").splitlines()]
    assert [row["id"] for row in rows] == [made["id"]]
    assert "firms_list" in run()
    more = run("--json", "--all", "advisers_vacancies", "size=2").splitlines()
    assert len(more) > 2


def test_the_command_line_says_what_is_missing_or_refused(run: Any) -> None:
    for words, text in (
        (["nothing"], "没有 nothing 这一项"), (["advisers_get"], "还缺：adviser_id"), (["firms_list", "x=1"], "看不懂“x=1”"),
        (["firms_list", "size=many"], "看不懂“many”"), (["firms_register", 'body={"name": "短"}'], "kernel.invalid"),
    ):  # fmt: skip
        with pytest.raises(CannotStart, match=text):
            run(*words)


def test_a_tokens_file_that_others_can_read_is_not_used(run: Any) -> None:
    run.file.chmod(run.file.stat().st_mode | stat.S_IRGRP)
    with pytest.raises(CannotStart, match="别人也能读"):
        run("firms_list")
