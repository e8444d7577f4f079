"""The place where roles go on at the place that took over theirs, and come back when that is undone (decision 34)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from falin.kernel import clock
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from tenants.divisions.api import Division, list_divisions
from tenants.divisions.hanging import Carried
from tenants.identity import policies
from tenants.identity.commands.booking import book, facts_of
from tenants.identity.commands.granting import check_separate, end_these, tenant_of, with_deputies
from tenants.identity.models import Binding
from tenants.identity.queries.register import open_on
from tenants.identity.rules import SEPARATIONS
from tenants.identity.types import Role, Standing

OTHER_BODY, ALONE = "identity.other_body", "identity.principal_not_there"
NOT_BACK = "identity.role.not_back"
# Why a role may not be held at a place any more, in words.
STAYS_ENDED: Mapping[str, Any] = {
    **{f"identity.{rule.code}": rule.sentence for rule in SEPARATIONS},
    "identity.wrong_level": _("这个身份不能设在这一级。"), OTHER_BODY: _("这个地方不归原来的单位了。"),
    ALONE: _("被代理的人在那里已经没有这个身份。"),
}  # fmt: skip


def carry_roles(*, scope: Scope, heirs: Mapping[int, int], why: str, now: datetime) -> Carried:
    """
    Confirmed roles at places that ended go on at the one place that took over, in the same body and for the same days.

    Not those of firms and advisers, which follow an appointment; nor one that may not be held there. They stay listed.

    :param heirs: places that ended, and where each went.
    """
    today = clock.legal_day(now)
    places = {place.id: place for place in list_divisions(set(heirs.values()))}
    rows = Binding.objects.select_for_update(of=("self",)).filter(
        open_on(today), node_id__in=heirs, standing=Standing.CONFIRMED, subject_id=""
    ).order_by(F("acting_for").asc(nulls_first=True), "id")  # fmt: skip
    carried: list[tuple[int, int | None]] = []
    became: dict[int, int] = {}
    for row in rows:
        place = places.get(heirs[row.node_id])
        if place is None or _against(row, place, became):
            continue
        end_these([row], scope, why, now)
        held = Binding.objects.filter(person_id=row.person_id, role=row.role, node_id=place.id, subject_id="",
                                      standing=Standing.CONFIRMED, ended_at__isnull=True).first()  # fmt: skip
        became[row.pk] = held.pk if held else _again(scope, row, place.id, became, why, now)
        carried.append((row.pk, None if held else became[row.pk]))
    return carried


def bring_back(*, scope: Scope, carried: Carried, why: str, now: datetime) -> list[dict[str, Any]]:
    """
    What ``carry_roles`` did is taken back, in the tree as it was; a role that somebody ended since stays ended.

    So does one that may not be held there beside what the person was given since: each such with the reason's code. It is
    booked with the person, and he is told.
    """
    begun = Binding.objects.in_bulk([new for _old, new in carried if new is not None])
    standing = [(old, new) for old, new in carried if new is None or begun[new].ended_at is None]
    ending = with_deputies([begun[new] for _old, new in standing if new is not None])
    end_these({row.pk: row for row in ending}.values(), scope, why, now)
    ended, became = Binding.objects.in_bulk([old for old, _new in standing]), dict[int, int]()
    places = {place.id: place for place in list_divisions({row.node_id for row in ended.values()})}
    stayed: list[dict[str, Any]] = []
    for old, _new in standing:
        row = ended[old]
        if row.valid_to is not None and row.valid_to < clock.legal_day(now):
            continue
        if code := _against(row, places.get(row.node_id), became):
            stayed.append({"person": row.person_id, "role": row.role, "node": row.node_id, "why": code})
            book(scope=scope, act=NOT_BACK, person_id=row.person_id, node_id=row.node_id, why=why,
                 after={"role": row.role, "node": row.node_id, "because": code}, now=now)  # fmt: skip
        else:
            became[old] = _again(scope, row, row.node_id, became, why, now)
    return stayed


def _against(row: Binding, place: Division | None, became: Mapping[int, int]) -> str:
    """
    Why a role may not be held at a place, as a code: not of its level or body, parted from another role of the person's,
    or in the stead of somebody who does not hold it there. Nothing, where it may.
    """
    role = Role(row.role)
    if row.acting_for_id and row.acting_for_id not in became:
        return ALONE
    try:
        if place is None or tenant_of(role, place) != row.tenant_id:
            return OTHER_BODY
        policies.check_fits(role, place, "")
        check_separate(row.person_id, role, place, row.valid_from, row.valid_to)
    except Refused as refused:
        return refused.code
    return ""


def _again(
    scope: Scope, row: Binding, node_id: int, became: Mapping[int, int], why: str, now: datetime
) -> int:  # fmt: skip
    """The same role from today, at a place; whoever had to confirm it has, and its next review is due when it was."""
    binding = Binding(
        person_id=row.person_id, role=row.role, node_id=node_id, tenant_id=row.tenant_id, valid_to=row.valid_to,
        valid_from=max(row.valid_from, clock.legal_day(now)), granted_by=row.granted_by, granted_as=row.granted_as,
        decided_by=row.decided_by, decided_at=row.decided_at, reviewed_at=row.reviewed_at or row.created_at, reason=why,
        created_at=now, acting_for_id=became.get(row.acting_for_id) if row.acting_for_id else None,
    )  # fmt: skip
    binding.save(force_insert=True)
    book(scope=scope, act="identity.role.granted", person_id=row.person_id, node_id=node_id, why=why,
         after=facts_of(binding), now=now)  # fmt: skip
    return int(binding.pk)
