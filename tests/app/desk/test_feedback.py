"""What people say of pages: what is kept of it, who reads it, who is told of the answer. The first day is put away."""

from __future__ import annotations

import pytest
import time_machine
from django.db import IntegrityError

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import Forbidden, Scope
from falin.kernel.transactions import inside
from services.desk import commands, queries
from services.desk.models import Feedback
from services.desk.queries.feedback import first_day_is_put_away, list_feedback, own_feedback
from services.desk.rules import A_DAY, page_kept
from services.desk.tasks import send_due
from services.desk.types import FeedbackInfo, FeedbackState, NoticeKind
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
from tests.world import NOW, World


def _say(scope: Scope, text: str = "按钮找不到", page: str = "/people/12/grant/?q=王") -> FeedbackInfo:
    with inside(scope, read_only=False):
        return commands.send_feedback(scope=scope, page=page, text=text, now=NOW)


def _answer(scope: Scope, number: int, answer: str = "下个版本移到上面") -> FeedbackInfo:
    with inside(scope, read_only=False):
        return commands.answer_feedback(scope=scope, feedback_id=number, answer=answer, now=NOW)


def test_of_the_page_is_kept_which_and_not_whose(world: World) -> None:
    said = _say(world.scope("street"))
    assert (said.page, said.role, said.text) == ("/people/…/grant/", "street_officer", "按钮找不到")
    assert page_kept("/advisers/0b9b7c51-4d1e-4f6b-9c7d-1f2e3d4c5b6a/#a") == "/advisers/…/"
    assert page_kept("https://else.example/1") == "/" and page_kept("//else.example") == "/"


@pytest.mark.parametrize(("text", "code"), [
    ("  ", "desk.feedback_empty"), ("字" * 1001, "desk.feedback_too_long"),
    ("王某 13912345678 打不开", "desk.feedback_with_numbers"), ("139 1234 5678", "desk.feedback_with_numbers"),
    ("１３９１２３４５６７８", "desk.feedback_with_numbers"), ("33010619900101123X", "desk.feedback_with_numbers"),
])  # fmt: skip
def test_nobodys_number_is_taken_and_a_refusal_leaves_nothing(world: World, text: str, code: str) -> None:
    scope = world.scope("street")
    with pytest.raises(Invalid) as refused:
        _say(scope, text)
    assert (refused.value.code, refused.value.field) == (code, "text")
    with inside(scope, read_only=True):
        assert not Feedback.objects.exists()
        assert not AuditEntry.objects.filter(act="desk.feedback.sent").exists()
        assert not OutboxEvent.objects.filter(event="desk.feedback.sent").exists()


def test_nobody_is_flooded_by_one_person(world: World) -> None:
    scope = world.scope("street")
    for number in range(A_DAY):
        _say(scope, f"第{number}条")
    with pytest.raises(Invalid):
        _say(scope, "再来")


def test_the_operator_and_the_provinces_administrator_read_it_and_nobody_else(world: World) -> None:
    said = _say(world.scope("street"))
    operator = world.scope("operator")
    with inside(operator, read_only=True):
        (row,) = list_feedback(scope=operator, state=FeedbackState.NEW).rows
    assert (row.id, row.body, row.state) == (said.id, "西湖区", FeedbackState.NEW)
    for name in ("county", "street2", "leader"):
        other = world.scope(name)
        with inside(other, read_only=True):
            assert own_feedback(scope=other) == []
            with pytest.raises(Forbidden):
                list_feedback(scope=other)
        with pytest.raises(Forbidden):
            _answer(other, said.id)


def test_an_administrator_of_another_province_has_neither_it_nor_its_number(world: World) -> None:
    from dataclasses import replace

    said = _say(world.scope("street"))
    stranger = replace(world.scope("operator"), role="system_administrator", roots=(99_999_999,))
    with inside(stranger, read_only=True):
        assert list_feedback(scope=stranger).rows == ()
    with pytest.raises(Missing):
        _answer(stranger, said.id)


def test_it_is_answered_once_and_with_words(world: World) -> None:
    said, operator = _say(world.scope("street")), world.scope("operator")
    with pytest.raises(Invalid) as refused:
        _answer(operator, said.id, " ")
    assert refused.value.field == "answer"
    assert _answer(operator, said.id).state == FeedbackState.ANSWERED
    with pytest.raises(Refused):
        _answer(operator, said.id, "又一次")
    with pytest.raises(IntegrityError), inside(operator, read_only=False):
        Feedback.objects.update(answer="")


def test_the_writer_is_told_of_the_answer_once_and_in_his_own_body(world: World) -> None:
    writer, other = world.scope("street"), world.scope("county2")
    _answer(world.scope("operator"), _say(writer).id)
    with time_machine.travel(NOW, tick=False):
        for code in ("330106", "330106", "330102"):
            send_due(system_of(find_by_schema(world.schema(code))))
    with inside(writer, read_only=True):
        (told,) = queries.list_notices(scope=writer).rows
    assert told.kind == NoticeKind.FEEDBACK_ANSWERED and "提的意见有答复了" in told.sentence
    with inside(other, read_only=True):
        assert queries.list_notices(scope=other).rows == ()


def test_the_first_day_is_put_away_once_in_one_role(world: World) -> None:
    scope = world.scope("street")
    for _again in range(2):
        with inside(scope, read_only=False):
            commands.put_away_first_day(scope=scope, now=NOW)
    with inside(scope, read_only=True):
        assert first_day_is_put_away(scope=scope)
        assert AuditEntry.objects.filter(act="desk.first_day.put_away").count() == 1
    other = world.scope("street2")
    with inside(other, read_only=True):
        assert not first_day_is_put_away(scope=other)
