"""The place where posted hours go on at the community that took over, and come back when that is undone (decision 40)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from falin.kernel.scope import Scope
from services.duty import policies
from services.duty.commands.posting import facts_of, post_hours, take_off
from services.duty.models import PostedHours
from tenants.divisions.hanging import Handed


def follow_places(*, scope: Scope, heirs: Mapping[int, int], day: date, why: str, now: datetime) -> Handed:
    """
    What is posted for a community that ended goes on the notice of the one that took over, unless that has its own.

    :param heirs: communities that ended, and where each went.
    """
    acting, went = _acting(scope), list[dict[str, Any]]()
    for row in PostedHours.objects.select_for_update(of=("self",)).filter(node_id__in=heirs).order_by("node_id"):
        gone, heir, facts = row.node_id, heirs[row.node_id], facts_of(row)
        own = PostedHours.objects.filter(node_id=heir).exists()
        take_off(acting, row, now)
        if not own:
            _post(acting, heir, facts, now)
        went.append({"from": gone, "goes_on": None if own else heir, **facts})
    return Handed(went=went, stands=[str(one["goes_on"]) for one in went if one["goes_on"]])


def come_back(*, scope: Scope, went: Sequence[Mapping[str, Any]], why: str, now: datetime) -> None:
    """What ``follow_places`` did is taken back; what was posted anew since stays."""
    acting = _acting(scope)
    for done in went:
        facts = {name: done[name] for name in ("weekdays", "begins_at", "ends_at", "room")}
        row = PostedHours.objects.select_for_update(of=("self",)).filter(node_id=done["goes_on"] or 0).first()
        if row is not None and facts_of(row) == facts:
            take_off(acting, row, now)
        if not PostedHours.objects.filter(node_id=done["from"]).exists():
            _post(acting, done["from"], facts, now)


def _acting(scope: Scope) -> Scope:
    """The county's own system, with the grant of who posts."""
    return replace(scope, grants=scope.grants | {policies.POST})


def _post(scope: Scope, node_id: int, facts: Mapping[str, Any], now: datetime) -> None:
    post_hours(scope=scope, node_id=node_id, weekdays=facts["weekdays"], begins_at=time.fromisoformat(facts["begins_at"]),
               ends_at=time.fromisoformat(facts["ends_at"]), room=facts["room"], now=now)  # fmt: skip
