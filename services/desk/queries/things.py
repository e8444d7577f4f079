"""The things people speak about, each asked of the service whose it is: seen there, it may be spoken about."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Forbidden, Missing
from falin.kernel.scope import Scope
from services.advisers.api import get_adviser, get_appointment
from services.desk import policies
from services.desk.types import Thing, ThingKind
from services.duty.api import get_visit, place_names
from tenants.divisions.api import get_division
from tenants.identity.api import Role, list_colleagues

_COUNTY_SIDE = frozenset({Role.COUNTY_TEAM, Role.STREET_OFFICER, Role.LIAISON})


def find_thing(*, scope: Scope, kind: str, subject_id: str, now: datetime) -> Thing:
    """
    A thing of the scope.

    :raises Missing: there is none, or it is not the scope's to see: which is not said.
    """
    policies.check_may_join(scope)
    try:
        return _FIND[ThingKind(kind)](scope, subject_id, now)
    except (ValueError, Forbidden, Missing):
        raise Missing("desk.no_such_thing", _("没有这一项，或者它不归您看。")) from None


def _adviser(scope: Scope, subject_id: str, now: datetime) -> Thing:
    today = legal_day(now)
    found = get_adviser(scope=scope, adviser_id=uuid.UUID(subject_id), on=today)
    nodes = {line.appointment.node_id for line in found.appointments if not line.over} or set(scope.roots)
    readers = list_colleagues(scope=scope, roles=_COUNTY_SIDE, node_ids=nodes, on=today)
    return Thing(kind=ThingKind.ADVISER, id=str(found.adviser.id), title=found.adviser.name, node_id=None,
                 readers=tuple(readers))  # fmt: skip


def _appointment(scope: Scope, subject_id: str, now: datetime) -> Thing:
    scope.require("advisers.read")
    today = legal_day(now)
    line = get_appointment(scope=scope, appointment_id=uuid.UUID(subject_id), on=today)
    item = line.appointment
    readers = list_colleagues(scope=scope, roles=_COUNTY_SIDE, node_ids=[item.node_id], on=today)
    title = _("%(name)s在%(place)s的聘任") % {"name": item.adviser_name, "place": line.community}
    return Thing(kind=ThingKind.APPOINTMENT, id=str(item.id), title=title, node_id=item.node_id, readers=tuple(readers))


def _visit(scope: Scope, subject_id: str, now: datetime) -> Thing:
    found = get_visit(scope=scope, visit_id=uuid.UUID(subject_id))
    node_id = found.content.node_id
    readers = list_colleagues(scope=scope, roles={Role.COUNTY_TEAM, Role.STREET_OFFICER}, node_ids=[node_id],
                              on=legal_day(now), adviser_id=str(found.adviser_id))  # fmt: skip
    name, _street = place_names({node_id}).get(node_id, ("", ""))
    title = _("%(name)s %(day)s到%(place)s") % {
        "name": found.adviser_name, "day": formats.day(found.content.on_day), "place": name,
    }  # fmt: skip
    return Thing(kind=ThingKind.VISIT, id=str(found.id), title=title, node_id=node_id, readers=tuple(readers))


def _place(scope: Scope, subject_id: str, now: datetime) -> Thing:
    """
    Everybody may look at the whole tree; spoken about is a place of one's own, by those who are there for the place.

    Who is bound to rows of his own (an adviser, a firm) is there for those.
    """
    place = get_division(int(subject_id))
    above = {place.id, place.province_id, place.city_id, place.county_id, place.street_id}
    if scope.subject_id or not above & set(scope.roots):
        raise Missing("desk.no_such_thing", _("没有这一项，或者它不归您看。"))
    roles = _COUNTY_SIDE | {Role.PROVINCE_LEADER, Role.CITY_OFFICER}
    readers = list_colleagues(scope=scope, roles=roles, node_ids=[place.id], on=legal_day(now))
    return Thing(kind=ThingKind.PLACE, id=str(place.id), title=place.name, node_id=place.id, readers=tuple(readers))


_FIND: Mapping[ThingKind, Callable[[Scope, str, datetime], Thing]] = {
    ThingKind.ADVISER: _adviser, ThingKind.APPOINTMENT: _appointment, ThingKind.VISIT: _visit, ThingKind.PLACE: _place,
}  # fmt: skip
