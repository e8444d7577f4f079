"""When a community's adviser can be met goes on the notice board, and comes off it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from falin.kernel import audit, outbox, undoing
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from services.duty import policies
from services.duty.models import PostedHours
from services.duty.queries.posted import info_of
from services.duty.types import HoursPosted
from tenants.divisions.api import Division, Level, list_divisions

_WITHDRAWN: Final = "duty.hours.withdrawn"


def post_hours(
    *, scope: Scope, node_id: int, weekdays: Collection[int], begins_at: time, ends_at: time, room: str, now: datetime
) -> HoursPosted:  # fmt: skip
    """
    Say when and where a community's adviser can be met; saying it again replaces what was posted.

    :raises Missing: no such community in the scope. :raises Invalid: no day, or the hours run backwards.
    """
    policies.check_may_post(scope)
    place = _community(scope, node_id)
    days = sorted(set(weekdays))
    if not days or days[0] < 1 or days[-1] > 7:
        raise Invalid("duty.no_weekday", _("请选星期几。"), field="weekdays")
    if ends_at <= begins_at:
        raise Invalid("duty.hours_run_backwards", _("结束的时间要晚于开始的时间。"), field="ends_at")
    before = PostedHours.objects.filter(node_id=place.id).first()
    row = _row(scope, place, days, begins_at, ends_at, room.strip(), now)
    PostedHours.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["node_id"],
        update_fields=["province_id", "city_id", "county_id", "street_id", "weekdays", "begins_at", "ends_at", "room",
                       "person_id", "posted_at"],
    )  # fmt: skip
    _book(scope, "duty.hours.posted", place.id, before=facts_of(before), after=facts_of(row), now=now)
    return info_of(row)


def withdraw_hours(*, scope: Scope, node_id: int, now: datetime) -> None:
    """
    Take what is posted for a community off the board.

    :raises Missing: no such community in the scope, or nothing is posted.
    """
    policies.check_may_post(scope)
    place = _community(scope, node_id)
    row = PostedHours.objects.select_for_update(of=("self",)).filter(node_id=place.id).first()
    if row is None:
        raise Missing("duty.nothing_posted", _("这个社区没有公布值班时间。"))
    take_off(scope, row, now)


def restore_hours(*, scope: Scope, node_id: int, now: datetime) -> HoursPosted:
    """
    Take back that one withdrew a community's hours a moment ago: they stand on the board as they stood.

    :raises Missing: no such community in the scope. :raises Refused: nothing was withdrawn, too late, or by somebody else.
    """
    policies.check_may_post(scope)
    place = _community(scope, node_id)
    withdrawn = undoing.just_done(scope=scope, act=_WITHDRAWN, subject=("division", place.id), now=now)
    if withdrawn is None:
        raise policies.too_late_to_restore_hours()
    was = withdrawn.before
    row = _row(scope, place, was["weekdays"], time.fromisoformat(was["begins_at"]), time.fromisoformat(was["ends_at"]),
               was["room"], now)  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody posts, or presses too, at this moment
        raise policies.too_late_to_restore_hours() from None
    _book(scope, "duty.hours.restored", place.id, before={}, after=facts_of(row), now=now)
    return info_of(row)


def take_off(scope: Scope, row: PostedHours, now: datetime) -> None:
    """A row of the board goes, and that is booked; the caller has asked whether it may."""
    node_id = row.node_id  # its key, which the row forgets as it goes
    row.delete()
    _book(scope, _WITHDRAWN, node_id, before=facts_of(row), after={}, now=now)


def _row(
    scope: Scope, place: Division, days: list[int], begins_at: time, ends_at: time, room: str, now: datetime
) -> PostedHours:  # fmt: skip
    assert place.county_id is not None  # a community in a scope lies in the county-grade body that has the tenant
    return PostedHours(
        node_id=place.id, province_id=place.province_id, city_id=place.city_id, county_id=place.county_id,
        street_id=place.street_id, weekdays=days, begins_at=begins_at, ends_at=ends_at, room=room,
        person_id=scope.person_id, posted_at=now,
    )  # fmt: skip


def _community(scope: Scope, node_id: int) -> Division:
    for place in list_divisions([node_id]):
        above = {place.province_id, place.city_id, place.county_id, place.street_id, place.id}
        if place.level == Level.COMMUNITY and above & set(scope.roots):
            return place
    raise Missing("duty.no_such_place", _("没有这个社区，或者不归您管。"))


def facts_of(row: PostedHours | None) -> dict[str, object]:
    """What a row says, as it is booked."""
    if row is None:
        return {}
    return {"weekdays": list(row.weekdays), "begins_at": f"{row.begins_at:%H:%M}", "ends_at": f"{row.ends_at:%H:%M}",
            "room": row.room}  # fmt: skip


def _book(
    scope: Scope, act: str, node_id: int, *, before: dict[str, object], after: dict[str, object], now: datetime
) -> None:
    audit.record(scope=scope, act=act, subject=("division", node_id), node_id=node_id, now=now, before=before,
                 after=after)  # fmt: skip
    outbox.put(
        scope=scope, event=act, version=1, key=f"hours:{node_id}", now=now, payload={"node_id": node_id, **after}
    )
