"""When advisers can be met: who may post it, for which communities, and what everybody then reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.transactions import inside
from services.duty.commands import post_hours, restore_hours, withdraw_hours
from services.duty.models import PostedHours
from services.duty.queries import list_posted, list_posts
from tenants.identity.api import public_of
from tenants.registry.api import find_by_schema
from tests.app.duty.cast import GEM, SPRING, VILLAGE
from tests.world import NOW, World


def _post(world: World, who: str, code: str = GEM, **changes: Any) -> None:
    scope = world.scope(who)
    given = {"weekdays": [4, 2], "begins_at": time(9), "ends_at": time(11), "room": " 一楼 ", **changes}
    with inside(scope, read_only=False):
        post_hours(scope=scope, node_id=world.node(code), now=NOW, **given)


def _posted(world: World, county: str) -> dict[int, Any]:
    tenant = find_by_schema(world.schema(county))
    assert tenant is not None
    scope = public_of(tenant)
    with inside(scope, read_only=True):
        return list_posted(scope=scope)


def _written(world: World) -> tuple[int, int]:
    with inside(world.scope("county"), read_only=True):
        return (AuditEntry.objects.filter(act__startswith="duty.hours").count(),
                OutboxEvent.objects.filter(event__startswith="duty.hours").count())  # fmt: skip


@pytest.mark.parametrize(("who", "code"), [("county", GEM), ("street2", GEM), ("liaison", VILLAGE)])
def test_county_street_and_community_post_for_their_own_and_everybody_reads_it(
    who: str, code: str, world: World
) -> None:
    _post(world, who, code)
    (posted,) = _posted(world, "330106").values()
    assert (posted.node_id, posted.weekdays, posted.room) == (world.node(code), (2, 4), "一楼")
    assert _written(world) == (1, 1)


def test_what_is_posted_again_takes_the_place_of_what_was(world: World) -> None:
    _post(world, "county")
    _post(world, "county", room="二楼")
    (posted,) = _posted(world, "330106").values()
    assert posted.room == "二楼"
    with inside(world.scope("county"), read_only=True):
        entry = AuditEntry.objects.filter(act="duty.hours.posted").latest("id")
    assert (entry.before["room"], entry.after["room"]) == ("一楼", "二楼")


def test_what_is_withdrawn_is_gone_and_cannot_be_withdrawn_again(world: World) -> None:
    _post(world, "county")
    scope = world.scope("county")
    with inside(scope, read_only=False):
        withdraw_hours(scope=scope, node_id=world.node(GEM), now=NOW)
    assert _posted(world, "330106") == {}
    with inside(scope, read_only=True):
        entry = AuditEntry.objects.get(act="duty.hours.withdrawn")
        told = OutboxEvent.objects.get(event="duty.hours.withdrawn").payload
    assert (entry.subject_id, entry.node_id, told["node_id"]) == (str(world.node(GEM)), *[world.node(GEM)] * 2)
    with pytest.raises(Missing), inside(scope, read_only=False):
        withdraw_hours(scope=scope, node_id=world.node(GEM), now=NOW)


def _withdraw(world: World, who: str = "county", now: datetime = NOW) -> None:
    scope = world.scope(who)
    with inside(scope, read_only=False):
        withdraw_hours(scope=scope, node_id=world.node(GEM), now=now)


def _restore(world: World, who: str = "county", now: datetime = NOW) -> None:
    scope = world.scope(who)
    with inside(scope, read_only=False):
        restore_hours(scope=scope, node_id=world.node(GEM), now=now)


def _stays(world: World, who: str = "county", now: datetime = NOW) -> str:
    """What refuses the taking back; nothing was written of it."""
    before = _written(world)
    with pytest.raises(Refused) as refused:
        _restore(world, who, now)
    assert _written(world) == before
    return refused.value.code


def test_withdrawing_taken_back_puts_the_hours_up_as_they_stood_and_the_book_says_both(world: World) -> None:
    _post(world, "county")
    (was,) = _posted(world, "330106").values()
    later = NOW + timedelta(minutes=9)
    _withdraw(world)
    _restore(world, now=later)
    assert list(_posted(world, "330106").values()) == [replace(was, posted_at=later)]
    with inside(world.scope("county"), read_only=True):
        booked = (
            AuditEntry.objects.filter(act__startswith="duty.hours").order_by("id").values_list("act", "before", "after")
        )
        posted, withdrawn, restored = booked
        assert OutboxEvent.objects.filter(event="duty.hours.restored").count() == 1
    assert [entry[0] for entry in booked] == ["duty.hours.posted", "duty.hours.withdrawn", "duty.hours.restored"]
    assert restored[1:] == ({}, withdrawn[1]) == ({}, posted[2])


def test_after_ten_minutes_or_by_somebody_else_the_hours_stay_withdrawn(world: World) -> None:
    assert _stays(world) == "duty.too_late_to_restore_hours"  # nothing was ever there
    _post(world, "county")
    assert _stays(world) == "duty.too_late_to_restore_hours"  # nothing was withdrawn
    _withdraw(world)
    assert _stays(world, now=NOW + timedelta(minutes=10)) == "duty.too_late_to_restore_hours"
    assert _stays(world, "street2") == "duty.too_late_to_restore_hours"
    assert _posted(world, "330106") == {}


def test_what_was_posted_since_is_not_overwritten_by_taking_the_withdrawing_back(world: World) -> None:
    _post(world, "county")
    _withdraw(world)
    _post(world, "street2", room="二楼")
    assert _stays(world) == "duty.too_late_to_restore_hours"
    (posted,) = _posted(world, "330106").values()
    assert posted.room == "二楼"


@pytest.mark.parametrize(("who", "refusal"), [("liaison", Missing), ("leader", Forbidden)])
def test_nobody_takes_back_the_withdrawing_at_a_place_that_is_not_his(
    who: str, refusal: type[Exception], world: World
) -> None:
    _post(world, "county")
    _withdraw(world)
    before = _written(world)
    with pytest.raises(refusal):
        _restore(world, who)
    assert (_posted(world, "330106"), _written(world)) == ({}, before)


@pytest.mark.parametrize(
    ("who", "code", "refusal"),
    [("county", SPRING, Missing), ("street2", VILLAGE, Missing), ("liaison", GEM, Missing), ("leader", GEM, Forbidden)],
)  # fmt: skip
def test_nobody_posts_for_a_place_that_is_not_his(who: str, code: str, refusal: type[Exception], world: World) -> None:
    with pytest.raises(refusal):
        _post(world, who, code)
    assert (_posted(world, "330106"), _posted(world, "330102"), _written(world)) == ({}, {}, (0, 0))


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"weekdays": []}, "weekdays"), ({"weekdays": [0]}, "weekdays"), ({"weekdays": [8]}, "weekdays"),
     ({"ends_at": time(9)}, "ends_at")],
)  # fmt: skip
def test_hours_that_cannot_be_right_are_refused_at_their_field(
    changes: dict[str, Any], field: str, world: World
) -> None:  # fmt: skip
    with pytest.raises(Invalid) as refused:
        _post(world, "county", **changes)
    assert refused.value.field == field
    assert _written(world) == (0, 0)


def test_postgresql_itself_keeps_a_county_from_posting_for_its_neighbour(world: World) -> None:
    theirs = PostedHours(
        node_id=world.node(SPRING), province_id=world.node("33"), city_id=world.node("3301"), county_id=world.node("330102"),
        street_id=world.node("330102001"), weekdays=[1], begins_at=time(9), ends_at=time(10), room="x", person_id=1,
        posted_at=NOW,
    )  # fmt: skip
    with pytest.raises(DatabaseError, match="row-level security"), inside(world.scope("county"), read_only=False):
        theirs.save(force_insert=True)


def test_the_list_names_the_unposted_first(world: World) -> None:
    _post(world, "county")
    scope = world.scope("county")
    with inside(scope, read_only=True):
        posts = list_posts(scope=scope)
    assert [post.posted is None for post in posts] == [True] * (len(posts) - 1) + [False]
    assert posts[-1].node_name == "宝石社区" and posts[-1].street_name == "北山街道"
