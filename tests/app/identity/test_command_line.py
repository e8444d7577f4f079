"""`falin access`: what the machine's own terminal can do about people."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from falin.kernel import audit, clock
from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside, shared
from falin.runtime.cli import COMMANDS
from falin.runtime.demo.making import APP_SECRET
from tenants.identity.models import Binding
from tenants.identity.signing.factors import give_app, has_second
from tests.app.identity.cast import number, roles_of
from tests.world import NOW, TODAY, World


def access(*words: str) -> str:
    said = io.StringIO()
    call_command("access", *words, stdout=said)
    return said.getvalue()


def test_it_says_what_somebody_may_do_and_by_which_grant(office: World) -> None:
    said = access("explain", "--person", "county", "--at", "330106")
    assert "叶明远 (county) @ 西湖区" in said
    assert "系统授予，依据：测试" in said
    assert "advisers.appoint  聘任法律顾问" in said


def test_at_a_place_he_does_not_reach_it_says_so_and_names_no_grant(office: World) -> None:
    said = access("explain", "--person", "county", "--at", "330102")
    assert "管不到这个地方" in said
    assert "advisers.appoint" not in said


def test_it_says_who_may_do_what_at_a_place(office: World) -> None:
    said = access("explain", "--at", "330106109")
    assert "双浦镇 (330106109" in said
    assert "何淑兰 (street)" in said
    assert "叶明远 (county)" in said
    assert "duty.remind  提醒顾问到点" in said
    assert "方一诺" not in said  # another street's
    assert "范青禾" not in said  # another county's


def test_it_says_who_could_have_seen_a_thing_in_each_body_that_knows_it(office: World) -> None:
    team = office.scope("county")
    with inside(team, read_only=False):
        audit.record(scope=team, act="advisers.adviser.registered", subject=("adviser", "a-1"), now=NOW,
                     node_id=office.node("330106109200"))  # fmt: skip
        audit.record(scope=team, act="advisers.numbers.shown", subject=("adviser", "a-1"), now=NOW, why="核对执业证",
                     node_id=office.node("330106109200"))  # fmt: skip
    said = access("explain", "--thing", "adviser:a-1", "--on", str(TODAY))
    assert "西湖区  顾问 a-1  2026-11-16" in said
    assert "看过完整号码：叶明远" in said
    assert "核对执业证" in said
    assert "何淑兰 (street)" in said
    assert "advisers.read  看法律顾问" in said
    assert "方一诺" not in said  # of another street
    assert "范青禾" not in said
    assert access("explain", "--thing", "adviser:a-1", "--at", "330106", "--on", str(TODAY)) == said


def test_a_lost_password_is_replaced_at_the_terminal(office: World) -> None:
    password = access("reset", "system").split("\n")[1].strip()
    client = Client()
    client.post("/accounts/login/", {"login": "system", "password": password})
    assert client.get("/").headers["Location"] == "/accounts/password/change/"
    with shared(read_only=True):
        booked = AuditEntry.objects.get(act="identity.password.reset")
    assert (booked.subject_id, booked.person_id) == (str(number("system")), 0)


def test_a_lost_second_factor_is_taken_away_at_the_terminal(office: World) -> None:
    with pytest.raises(CommandError, match="没有设第二种登录方式"):
        access("factors", "system", "--why", "手机丢了")
    give_app(person_id=number("system"), secret=APP_SECRET)
    assert "马上重新设" in access("factors", "system", "--why", "手机丢了")
    assert not has_second(number("system"))


def test_an_administrator_who_leaves_is_ended_at_the_terminal(office: World) -> None:
    held = Binding.objects.get(person_id=number("system"))
    access("end", str(held.id), "--why", "调离")
    assert roles_of("system") == set()
    with pytest.raises(CommandError, match="已经结束"):
        access("end", str(held.id), "--why", "调离")


def test_the_review_is_previewed_and_previewing_changes_nothing(office: World) -> None:
    Binding.objects.update(created_at=clock.now() - timedelta(days=200))
    said = access("review")
    assert "王桂英 (liaison)" in said
    assert "会结束" in said
    assert roles_of("liaison", TODAY) == {"liaison"}


@pytest.mark.parametrize("words", [("explain", "--person", "nobody"), ("reset", "nobody"),
                                   ("explain", "--person", "county", "--at", "99"), ("explain",),
                                   ("explain", "--at", "330106", "--on", "2026-11-16"),
                                   ("explain", "--person", "county", "--thing", "adviser:a-1"),
                                   ("explain", "--thing", "adviser:nobody"),
                                   ("explain", "--thing", "adviser:a-1", "--on", "yesterday")])  # fmt: skip
def test_a_name_or_code_nobody_has_is_a_sentence(office: World, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="。"):
        access(*words)


def test_the_word_stands_in_the_command_line() -> None:
    word: Any = next(command for command in COMMANDS if command.name == "access")
    assert word.answer == "falin.runtime.management:access"
