"""What a county tells everybody: written, published, corrected, withdrawn; who reads what of it, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import Forbidden, Scope
from falin.kernel.transactions import inside
from services.desk import commands, queries
from services.desk.api import get_public_news, list_public_news
from services.desk.models import News
from services.desk.types import NewsInfo, NewsState
from tenants.identity.api import public_of
from tenants.registry.api import find_by_schema
from tests.world import NOW, TODAY, World

SAID: dict[str, Any] = {"title": "法律讲座改期", "text": "周六上午\n\n在社区一楼", "begins_on": TODAY, "ends_on": None}


def _do(scope: Scope, command: Callable[..., NewsInfo], **given: Any) -> NewsInfo:
    with inside(scope, read_only=False):
        return command(scope=scope, now=NOW, **given)


def _published(scope: Scope, **given: Any) -> int:
    number = _do(scope, commands.write_news, **{**SAID, **given}).number
    _do(scope, commands.publish_news, number=number)
    return number


def _public(world: World, code: str = "330106", on: date = TODAY) -> list[int]:
    tenant = find_by_schema(world.schema(code))
    assert tenant is not None
    scope = public_of(tenant)
    with inside(scope, read_only=True):
        return [one.number for one in list_public_news(scope=scope, on=on).rows]


def test_everybody_reads_what_is_published_on_its_days_and_nothing_else(world: World) -> None:
    scope = world.scope("county")
    today = _published(scope)
    later = _published(scope, begins_on=TODAY + timedelta(days=2))
    short = _published(scope, ends_on=TODAY + timedelta(days=1))
    draft = _do(scope, commands.write_news, **SAID).number
    assert (today, later, short, draft) == (1, 2, 3, 4)  # each county counts its own
    assert _public(world) == [3, 1]
    assert _public(world, on=TODAY + timedelta(days=1)) == [3, 1]  # the last day counts
    assert _public(world, on=TODAY + timedelta(days=2)) == [2, 1]
    assert _public(world, on=TODAY - timedelta(days=1)) == []
    assert _public(world, "330102") == []  # the neighbour says its own
    with inside(scope, read_only=True):
        assert [one.number for one in queries.list_news(scope=scope).rows] == [4, 3, 2, 1]
        assert [one.number for one in queries.list_news(scope=scope, state=NewsState.DRAFT).rows] == [4]


def test_a_draft_and_what_was_withdrawn_are_read_by_nobody_outside(world: World) -> None:
    scope = world.scope("county")
    draft = _do(scope, commands.write_news, **SAID).number
    gone = _published(scope)
    _do(scope, commands.withdraw_news, number=gone, why="写错了地方")
    tenant = find_by_schema(scope.schema)
    assert tenant is not None
    public = public_of(tenant)
    with inside(public, read_only=True):
        for number in (draft, gone, 99):
            with pytest.raises(Missing):
                get_public_news(scope=public, number=number, on=TODAY)
        with pytest.raises(Forbidden):
            queries.list_news(scope=public)
        with pytest.raises(Forbidden):
            queries.get_news(scope=public, number=draft)


def test_a_correction_says_since_when_and_the_history_keeps_what_was_said(world: World) -> None:
    scope = world.scope("county")
    number = _published(scope)
    changed = _do(scope, commands.change_news, number=number, **{**SAID, "title": "法律讲座照常"})
    assert (changed.title, changed.changed_at, changed.state) == ("法律讲座照常", NOW, NewsState.PUBLISHED)
    _do(scope, commands.withdraw_news, number=number, why="讲座取消")
    with inside(scope, read_only=True):
        acts = list(AuditEntry.objects.filter(subject_kind="news").order_by("id").values_list("act", flat=True))
        was = AuditEntry.objects.get(act="desk.news.changed")
        withdrawn = AuditEntry.objects.get(act="desk.news.withdrawn")
        assert (was.before["title"], was.after["title"]) == ("法律讲座改期", "法律讲座照常")
        assert (withdrawn.why, withdrawn.before["title"]) == ("讲座取消", "法律讲座照常")
        assert list(OutboxEvent.objects.filter(key="news:1").order_by("id").values_list("event", flat=True)) == acts
    assert acts == ["desk.news.written", "desk.news.published", "desk.news.changed", "desk.news.withdrawn"]


def test_what_was_withdrawn_stays_so(world: World) -> None:
    scope = world.scope("county")
    number = _published(scope)
    _do(scope, commands.withdraw_news, number=number, why="讲座取消")
    for command, given in (
        (commands.publish_news, {}), (commands.change_news, SAID), (commands.withdraw_news, {"why": "再撤"}),
    ):  # fmt: skip
        with pytest.raises(Refused):
            _do(scope, command, number=number, **given)
    assert _public(world) == []


def test_saying_the_same_again_and_publishing_twice_change_nothing(world: World) -> None:
    scope = world.scope("county")
    number = _published(scope)
    again = _do(scope, commands.publish_news, number=number)
    same = _do(scope, commands.change_news, number=number, **SAID)
    assert (again.published_at, same.changed_at) == (NOW, None)
    with inside(scope, read_only=True):
        assert AuditEntry.objects.filter(subject_kind="news").count() == 2


@pytest.mark.parametrize(("given", "field"), [
    ({"title": "  "}, "title"), ({"title": "字" * 61}, "title"), ({"text": "\n \n"}, "text"), ({"text": "字" * 5001}, "text"),
    ({"text": "请找王某 13912345678"}, "text"), ({"title": "33010619900101123X"}, "title"),
    ({"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_leaves_nothing(world: World, given: dict[str, Any], field: str) -> None:
    scope = world.scope("county")
    with pytest.raises(Invalid) as wrong:
        _do(scope, commands.write_news, **{**SAID, **given})
    assert wrong.value.field == field
    with inside(scope, read_only=True):
        assert not News.objects.exists()
        assert not AuditEntry.objects.filter(subject_kind="news").exists()
        assert not OutboxEvent.objects.filter(event__startswith="desk.news").exists()


def test_what_is_over_is_not_published_and_no_reason_withdraws_nothing(world: World) -> None:
    scope = world.scope("county")
    number = _do(
        scope, commands.write_news, **{**SAID, "begins_on": date(2026, 1, 1), "ends_on": date(2026, 2, 1)}
    ).number
    with pytest.raises(Refused, match="已经过了"):
        _do(scope, commands.publish_news, number=number)
    with pytest.raises(Invalid):
        _do(scope, commands.withdraw_news, number=number, why=" ")


def test_paragraphs_are_kept_plain(world: World) -> None:
    made = _do(world.scope("county"), commands.write_news, **{**SAID, "text": "一\r\n二\r\n\r\n\r\n\r\n三\x07 "})
    assert made.paragraphs == ["一\n二", "三"]


@pytest.mark.parametrize("who", ["street", "city", "liaison"])
def test_only_the_countys_team_writes(world: World, who: str) -> None:
    scope = world.scope(who)
    with pytest.raises(Forbidden):
        _do(scope, commands.write_news, **SAID)


def test_a_neighbour_reads_and_touches_nothing_and_the_database_holds_that(world: World) -> None:
    _published(world.scope("county"))
    neighbour = world.scope("county2")
    with inside(neighbour, read_only=False), pytest.raises(Missing):
        commands.change_news(scope=neighbour, number=1, now=NOW, **SAID)
    with inside(world.scope("county"), read_only=True):
        theirs = News.objects.get()
    with inside(neighbour, read_only=False):
        assert News.objects.count() == 0
        theirs.pk = None
        theirs.number = 2
        with pytest.raises(DatabaseError):
            theirs.save(force_insert=True)
