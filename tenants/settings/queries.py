"""
Every way settings are read: the figure in force somewhere, where it comes from, what a change would touch.

A process keeps what was said for a minute. Nothing can be said for a day that begins sooner than that, so what it keeps
is right all the same.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q

from falin.kernel import parameters
from falin.kernel.parameters import Parameter
from falin.kernel.scope import Scope
from tenants.divisions.api import Division, list_communities, list_divisions, list_path
from tenants.divisions.models import DivisionVersion, DivisionVersions
from tenants.identity.api import names_of
from tenants.settings import policies
from tenants.settings.models import Setting
from tenants.settings.rules import effective, in_force, is_looser
from tenants.settings.types import Effective, Shown, Statement, Told, Touched

KEPT: Final = timedelta(minutes=1)
Path = tuple[tuple[int, int], ...]  # places with their levels, from the province down


class _Kept:
    """What this process read lately: statements by figure and place, and the paths of places."""

    def __init__(self) -> None:
        self.until = 0.0
        self.said: dict[str, dict[int, list[Statement]]] = {}
        self.paths: dict[tuple[int, date], Path] = {}

    def fresh(self) -> _Kept:
        if time.monotonic() > self.until:
            said: dict[str, dict[int, list[Statement]]] = {}
            for row in Setting.objects.order_by("id"):
                said.setdefault(row.key, defaultdict(list))[row.node_id].append(statement_of(row))
            self.said, self.paths = said, {}  # whole, at once: other threads read meanwhile
            self.until = time.monotonic() + KEPT.total_seconds()
        return self


_kept = _Kept()


def forget() -> None:
    """Read everything again at the next question."""
    _kept.until = 0.0


def statement_of(row: Setting) -> Statement:
    return Statement(id=row.id, key=row.key, node_id=row.node_id, value=row.value, locked=row.locked,
                     valid_from=row.valid_from)  # fmt: skip


def parameter_of(key: str) -> Parameter:
    """:raises Missing: no figure of that name is declared."""
    found = next((parameter for parameter in parameters.declared() if parameter.key == key), None)
    if found is None:
        raise policies.unknown()
    return found


def value_said(parameter: Parameter, said: int | str | None) -> int | None:
    """
    The number a figure is kept as, from what somebody said.

    :raises Invalid: at the field: no number, or no option of that word.
    """
    if said is None:
        return None
    try:
        value = parameter.read(said)
    except ValueError:
        raise policies.unreadable(parameter) from None
    if abs(value) >= 2**31:
        raise policies.unreadable(parameter)
    return value


def resolve(key: str, node_id: int | None, on: date) -> int | None:
    """What ``kernel.parameters`` asks: the figure in force at a place on a day; ``None`` where nobody said anything."""
    said = _kept.fresh().said.get(key)
    if not said or node_id is None:
        return None
    return effective(parameter_of(key), _path(node_id, on), said, on).value


def _path(node_id: int, on: date) -> Path:
    """
    From the province down to the place, as it was on the day. Of a place that was not there then: as it last was before,
    and of one that began later as it first was. It answers to what lies above it, not to what its predecessors did.
    """
    kept = _kept.paths
    if (node_id, on) not in kept:
        # A list asks for every community of a county, one after another: they are fetched together.
        there = DivisionVersion.objects.on_day(on)
        county = there.filter(node=node_id).values("county_id")
        found = _paths(there.filter(Q(county_id__in=county) | Q(node=node_id)), on)
        if node_id not in found:
            found |= _paths(_not_there(node_id, on), on)
        kept.update({(node, on): path for node, path in {node_id: (), **found}.items()})
    return kept[node_id, on]


def _not_there(node_id: int, on: date) -> DivisionVersions:
    """All versions of the places, of any county this one ever lay in, that were not there on the day."""
    county = DivisionVersion.objects.filter(node=node_id).values("county_id")
    near = DivisionVersion.objects.filter(Q(county_id__in=county) | Q(node=node_id))
    absent = near.filter(~Exists(DivisionVersion.objects.on_day(on).filter(node=OuterRef("node"))))
    versions: DivisionVersions = DivisionVersion.objects.filter(node__in=absent.order_by().values("node"))
    return versions


def _paths(versions: DivisionVersions, on: date) -> dict[int, Path]:
    """The path of each place: of the last of its versions that began by the day, else of its first."""
    found: dict[int, Path] = {}
    columns = ("node_id", "valid_from", "level", "province_id", "city_id", "county_id", "street_id")
    for own, begins, level, *above in versions.order_by("valid_from").values_list(*columns):
        if own not in found or begins <= on:
            # In a city without counties the city is its own county body: it stands on the path once, as a city.
            steps = dict(reversed([(node, step) for step, node in enumerate(above, start=1) if node is not None]))
            found[own] = tuple(sorted({**steps, own: level}.items(), key=lambda step: step[1]))
    return found


def statements_at(key: str, node_id: int) -> list[Statement]:
    return [statement_of(row) for row in Setting.objects.filter(key=key, node_id=node_id).order_by("id")]


def effective_above(parameter: Parameter, node_id: int, on: date) -> Effective:
    """What a place inherits: the figure as if it had said nothing itself."""
    above = [(place.id, int(place.level)) for place in list_path(node_id)[:-1]]
    said = {node: statements_at(parameter.key, node) for node, _level in above}
    return effective(parameter, above, said, on)


def list_settings(*, scope: Scope, node_id: int, on: date) -> list[Shown]:
    """
    Every declared figure that concerns the scope, as it is in force at a place of it.

    :raises Missing: the place is not in the scope.
    """
    scope.require(policies.READ)
    return [explain(scope=scope, key=one.key, node_id=node_id, on=on) for one in list_concerned(scope=scope)]


def list_concerned(*, scope: Scope) -> list[Parameter]:
    """The figures somebody reads: all, or of who sets policies the policies."""
    return [one for one in parameters.declared() if policies.concerns(scope, one)]


def explain(*, scope: Scope, key: str, node_id: int, on: date) -> Shown:
    """
    One figure at a place on a day: the value, where it comes from, since when, who said so, and all that was said.

    :raises Missing: unknown figure, or a place that is not in the scope.
    """
    scope.require(policies.READ)
    parameter = parameter_of(key)
    path = list_path(node_id, on=on)
    place = path[-1]
    if not (policies.concerns(scope, parameter) and _in_reach(scope, path)):
        raise policies.unknown()
    rows = list(Setting.objects.filter(key=key, node_id__in=[step.id for step in path]).order_by("id"))
    said: dict[int, list[Statement]] = defaultdict(list)
    for row in rows:
        said[row.node_id].append(statement_of(row))
    found = effective(parameter, [(step.id, int(step.level)) for step in path], said, on)
    people = names_of({row.person_id for row in rows})
    places = {step.id: step.name for step in path}
    outcomes = {statement.id: outcome for statement, outcome in found.outcomes}
    told = {
        row.id: Told(statement=statement_of(row), place=places[row.node_id], person=people.get(row.person_id, ""),
                     why=row.why, recorded_at=row.recorded_at, outcome=outcomes.get(row.id),
                     words="" if row.value is None else parameter.told(row.value))
        for row in rows
    }  # fmt: skip
    coming = [told[row.id] for row in rows if row.node_id == node_id and row.valid_from > on]
    return Shown(
        parameter=parameter, place=place, on=on, value=found.value,
        origin=told[found.origin.id] if found.origin else None, lock=told[found.lock.id] if found.lock else None,
        steps=tuple(told[statement.id] for statement, _outcome in found.outcomes),
        coming=tuple(sorted(coming, key=lambda one: one.statement.valid_from)),
        may_set=policies.may_set(scope, parameter, place), below=len(_said_below(key, node_id, on)),
    )  # fmt: skip


def _in_reach(scope: Scope, path: Sequence[Division]) -> bool:
    """One's own places, all below them, and, because it binds them, all above them."""
    mine = set(scope.roots)
    if mine & {step.id for step in path}:
        return True
    return any(path[-1].id in {step.id for step in list_path(root)} for root in mine)


def _said_below(key: str, node_id: int, on: date) -> list[Statement]:
    """What places below have said, as far as it is their last word on the day."""
    versions = DivisionVersion.objects.on_day(on).below(node_id).exclude(node=node_id)
    rows = Setting.objects.filter(key=key, node_id__in=versions.order_by().values("node_id")).order_by("id")
    by_place: dict[int, list[Statement]] = defaultdict(list)
    for row in rows:
        by_place[row.node_id].append(statement_of(row))
    last = (in_force(statements, on) for statements in by_place.values())
    return [statement for statement in last if statement is not None and statement.value is not None]


def what_it_touches(*, key: str, node_id: int, value: int | str | None, locked: bool, valid_from: date) -> Touched:
    """
    What a statement would do below: whose own figure it overrides, and how many communities lie under the place.

    :raises Invalid: the value is none.
    """
    parameter = parameter_of(key)
    value = value_said(parameter, value)
    inherited = effective_above(parameter, node_id, valid_from).value if value is None else value
    below = _said_below(key, node_id, valid_from)
    hit = [one for one in below if locked or is_looser(parameter, one.value or 0, inherited)]
    names = [place.name for place in list_divisions([one.node_id for one in hit])]
    return Touched(overridden=tuple(names), communities=len(list_communities(node_id)))
