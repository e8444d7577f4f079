"""Whom a community could get as its adviser, each with what speaks for and against him."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from falin.kernel import formats
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.models import Adviser, Appointment, Seat
from services.advisers.queries.appointments import touching
from services.advisers.queries.coverage import community_in
from services.advisers.queries.homes import home_of
from services.advisers.queries.register import adviser_info, most_communities, reads_like, with_held, within_view
from services.advisers.rules import obstacle_to
from services.advisers.types import Candidate, Obstacle, Reason, TakenSeat
from tenants.divisions.api import subtree_ids

MOST_SHOWN = 12
MOST_LOOKED_AT = 400


def list_candidates(
    *, scope: Scope, node_id: int, on: date, text: str = "", limit: int = MOST_SHOWN
) -> list[Candidate]:
    """
    Advisers for a community, who may be appointed from ``on`` first: known there, near, with few communities.

    Without ``text`` the county's own advisers; with it the whole province's register, by name, firm or reading. Of
    another county's adviser only what an appointment needs is said: no telephone, no names of his places.

    :raises Missing: the community is not in the scope.
    """
    policies.check_may_appoint(scope)
    place = community_in(scope, node_id)
    home = home_of(scope)
    if text.strip():
        rows = Adviser.objects.filter(reads_like(text, "name", "pinyin", "firm__name", "firm__pinyin"))
        rows = rows.filter(province_id=home.province_id)
    else:
        rows = within_view(scope)
    rows = rows.filter(erased_at__isnull=True)
    found = list(with_held(rows, on).select_related("firm").order_by("held", "pinyin", "id")[:MOST_LOOKED_AT])
    seats = _seats_of(found, on)
    near = Counter[uuid.UUID]()
    if place.street_id:
        near.update(
            Appointment.objects.in_scope(scope)
            .filter(touching(on, on), node_id__in=subtree_ids(place.street_id))
            .values_list("adviser_id", flat=True)
        )
    known = set(Appointment.objects.in_scope(scope).filter(node_id=node_id).values_list("adviser_id", flat=True))
    most = most_communities(scope, on)
    candidates = [
        _candidate(scope, row, seats[row.id], most, home.node_id, node_id, on, near[row.id], row.id in known)
        for row in found
    ]
    return sorted(candidates, key=_best_first)[:limit]


def get_candidate(*, scope: Scope, node_id: int, adviser_id: uuid.UUID, on: date) -> Candidate:
    """
    One adviser of the province as a candidate for a community.

    :raises Missing:
    """
    policies.check_may_appoint(scope)
    community_in(scope, node_id)
    home = home_of(scope)
    rows = Adviser.objects.filter(province_id=home.province_id, id=adviser_id).select_related("firm")
    row = with_held(rows, on).first()
    if row is None:
        raise policies.no_adviser()
    known = Appointment.objects.in_scope(scope).filter(node_id=node_id, adviser_id=adviser_id).exists()
    seats = _seats_of([row], on)[row.id]
    return _candidate(scope, row, seats, most_communities(scope, on), home.node_id, node_id, on, 0, known)


def _seats_of(rows: Iterable[Adviser], on: date) -> dict[uuid.UUID, list[TakenSeat]]:
    """Seats in the way of an appointment that begins on a day and runs on."""
    seats: dict[uuid.UUID, list[TakenSeat]] = defaultdict(list)
    for seat in Seat.objects.filter(touching(on, date.max), adviser__in=[row.id for row in rows]).order_by("slot"):
        seats[seat.adviser_id].append(
            TakenSeat(slot=seat.slot, node_id=seat.node_id, county_id=seat.county_id, begins_on=seat.begins_on,
                      ends_on=seat.ends_on)
        )  # fmt: skip
    return seats


def _candidate(
    scope: Scope, row: Any, seats: list[TakenSeat], most: int, county_id: int, node_id: int, on: date, near: int,
    was_here: bool,  # noqa: FBT001
) -> Candidate:  # fmt: skip
    info = adviser_info(row, scope=scope, held=row.held, on=on)
    obstacle = obstacle_to(
        seats=seats, most=most, exam_passed_on=row.exam_passed_on, banned_until=row.banned_until, node_id=node_id,
        begins_on=on, ends_on=None,
    )  # fmt: skip
    if obstacle is not None:
        reasons = _against(row, obstacle, seats, most, county_id)
    else:
        reasons = _in_favour(len(seats), most, near, was_here)
    return Candidate(
        adviser=info, may=obstacle is None, obstacle=obstacle, reasons=tuple(reasons), same_street=near,
        was_here=was_here,
    )  # fmt: skip


def _in_favour(held: int, most: int, near: int, was_here: bool) -> list[Reason]:  # noqa: FBT001
    left = ngettext("还可以接 %(n)d 个", "还可以接 %(n)d 个", most - held) % {"n": most - held}
    now = ngettext("现在服务 %(n)d 个社区", "现在服务 %(n)d 个社区", held) % {"n": held}
    now = now if held else _("现在没有服务社区")
    reasons = [Reason(good=True, text=_("%(now)s，%(left)s") % {"now": now, "left": left})]
    if was_here:
        reasons.append(Reason(good=True, text=_("以前在这里任过顾问")))
    if near:
        text = ngettext("在同一街镇服务 %(n)d 个社区", "在同一街镇服务 %(n)d 个社区", near) % {"n": near}
        reasons.append(Reason(good=True, text=text))
    return reasons


def _against(row: Any, obstacle: Obstacle, seats: list[TakenSeat], most: int, county_id: int) -> list[Reason]:
    if obstacle == Obstacle.FULL:
        here = sum(1 for seat in seats if seat.county_id == county_id)
        words = {"count": policies.held_words(here, len(seats) - here), "most": most, "next": len(seats) + 1}
        text = _("%(count)s，一名顾问最多服务 %(most)d 个，再聘就是第 %(next)d 个") % words
        return [Reason(good=False, text=text, help=_("想请这位顾问，先结束或移交其中一个社区"))]
    if obstacle == Obstacle.NOT_EXAMINED:
        return [Reason(good=False, text=_("上岗前须通过统一考试，还没有成绩"), help=_("考过以后先登记成绩，再聘任"))]
    if obstacle == Obstacle.BANNED:
        words = {"until": formats.day(row.banned_until), "why": row.ban_reason}
        text = _("在%(until)s以前（含当日）不得聘任：%(why)s") % words
        return [Reason(good=False, text=text, help=_("期满以后可以聘任"))]
    if obstacle == Obstacle.HELD_ALREADY:
        return [Reason(good=False, text=_("已经是这个社区的顾问"), help=_("续聘请在期满以后重新聘任"))]
    text = _("统一考试在%(day)s通过") % {"day": formats.day(row.exam_passed_on)}
    return [Reason(good=False, text=text, help=_("聘任不能早于这一天"))]


def _best_first(candidate: Candidate) -> tuple[bool, bool, int, int, str, str]:
    who = candidate.adviser
    return (not candidate.may, not candidate.was_here, -candidate.same_street, who.held, who.pinyin, str(who.id))
