"""
Places for people: the words a page says, and the long work behind a page: comparing a list, applying an update.

The tree itself and its rules are one floor below, in ``tenants.divisions``.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from falin.kernel import audit, clock, files, formats, jobs
from falin.kernel.outbox import Event
from falin.kernel.refusals import Invalid
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, rehearsed, shared
from tenants.divisions import api, hanging, policies
from tenants.divisions.types import Division, Level, LineageKind, ListedRow, Version
from tenants.identity.api import system_of
from tenants.registry.api import find_tenant_of

PREPARE, APPLY, UNDO = "portal.prepare_places", "portal.apply_places", "portal.undo_places"
LIST_PURPOSE = "places-list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a place came out of, or what became of it, as one line of its history."""

    day: date
    kind: str
    label: str
    others: tuple[Division, ...]
    estimated: bool
    forwards: bool
    share: str = ""  # of a boundary that somebody counted: how much of the one that gave


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A place with everything its page says, as of a day."""

    place: Division
    ended_on: date | None
    path: tuple[Division, ...]
    administrative: tuple[Division, ...]
    statistical: tuple[Division, ...]
    counts: tuple[tuple[str, int], ...]
    versions: tuple[Version, ...]
    lines: tuple[Line, ...]
    facts: tuple[api.Fact, ...]
    outline: str


def shown(node_id: int, *, on: date | None) -> Shown:
    """
    A place as it is, as it was on a day, or as it last was.

    :raises Missing: there never was such a place, or not on that day.
    """
    versions = api.list_versions(node_id)
    ended_on = versions[0].ends if versions else None
    day = on if on is not None else ended_on and _eve(ended_on)
    place = api.get_division(node_id, on=day)
    children = api.list_children(node_id, on=day)
    counts = api.count_by_level(node_id, on=day)
    return Shown(
        place=place, ended_on=ended_on, path=tuple(api.list_path(node_id, on=day)),
        administrative=tuple(child for child in children if child.kind == api.Kind.ADMINISTRATIVE),
        statistical=tuple(child for child in children if child.kind == api.Kind.STATISTICAL),
        counts=tuple((str(api.LEVEL_LABELS[level]), count) for level, count in counts.items()
                     if count and level > place.level),
        versions=tuple(versions), lines=tuple(_lines(node_id)), facts=tuple(api.list_facts(node_id, on=day)),
        outline=path_of(api.find_boundary(node_id, on=day)),
    )  # fmt: skip


def _eve(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _lines(node_id: int) -> Iterable[Line]:
    """Its lineage, newest first; of one day, kind and counted share together."""
    grouped: dict[tuple[date, str, bool, Fraction], list[Any]] = {}
    for row in api.list_lineage(node_id):
        if row.from_id != row.to_id:
            counted = row.share.of if row.share and row.kind == LineageKind.BOUNDARY else Fraction(0)
            grouped.setdefault((row.day, row.kind.value, row.from_id == node_id, counted), []).append(row)
    for (day, kind, forwards, counted), rows in sorted(grouped.items(), reverse=True):
        nodes = [row.to_id if forwards else row.from_id for row in rows]
        known = {one.id: one for one in api.list_divisions(nodes, on=day if forwards else _eve(day))}
        yield Line(
            day=day, kind=kind, label=str(api.LINEAGE_LABELS[rows[0].kind]), forwards=forwards,
            others=tuple(known[node] for node in nodes if node in known),
            estimated=any(row.share is None or row.share.estimated for row in rows),
            share=formats.percent(Decimal(counted.numerator * 100) / counted.denominator, 2) if counted else "",
        )  # fmt: skip


def path_of(geometry: Any) -> str:
    """An outline as the path of a drawing 400 wide and up to 300 high; nothing where there is none."""
    if not geometry:
        return ""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    points = [point for polygon in polygons for ring in polygon for point in ring]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    narrow = 0.86  # a degree of longitude beside one of latitude, in the middle of the country
    scale = min(380 / max((east - west) * narrow, 1e-6), 280 / max(north - south, 1e-6))
    return "".join(
        "M" + "L".join(
            f"{10 + (x - west) * narrow * scale:.1f} {10 + (north - y) * scale:.1f}" for x, y, *_height in ring
        ) + "Z"
        for polygon in polygons for ring in polygon
    )  # fmt: skip


# ---- updates ---------------------------------------------------------------------------------------------------------
def ask_comparison(
    *, scope: Scope, day: date, source: str, edition: str = "", upload: bytes | None = None, under: str = "",
    columns: Mapping[str, str] = api.LIST_COLUMNS, now: datetime,
) -> uuid.UUID:  # fmt: skip
    """
    Queue: compare a list with the tree of the scope's province.

    An uploaded list is read here, so that what is wrong with it is said at once; an edition of the national list is
    fetched by the worker.

    :param under: the code of a place, to compare below it only. :param columns: which column of an uploaded list holds what.
    :raises Refused: another update is under way, the day is too early, a row cannot be read.
    """
    scope.require(policies.UPDATE)  # before its places are looked at: not every role has one
    province = province_of(scope)
    policies.check_may_prepare(scope, province=province, day=day)
    place = api.standing_at(under, province, field="under") if under.strip() else None
    file = ""
    if upload is not None:
        rows, errors = api.read_uploaded_list(upload, columns)
        if errors or not rows:
            raise Invalid("portal.list_rows", told(errors), field="file")
        stored = files.keep_result(scope=scope, data=_as_csv(rows), name=f"places-{day}.csv", content_type="text/csv",
                                   purpose=LIST_PURPOSE, now=now)  # fmt: skip
        file = str(stored.id)
    elif edition not in api.EDITIONS:
        raise Invalid("portal.no_list", _("请选一份名录，或者上传一份。"), field="edition")
    audit.record(scope=scope, act="divisions.update.asked", subject=("province", province), node_id=None, now=now,
                 after={"source": source, "day": day.isoformat()})  # fmt: skip
    return jobs.ask(
        scope=scope, kind=PREPARE, title=_("比对区划名录：%(source)s") % {"source": source}, now=now,
        parameters={"province": province, "day": day.isoformat(), "source": source, "edition": edition, "file": file,
                    "under": place.code if place else ""},
    )  # fmt: skip


def columns_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Which column of an uploaded list holds what; one that was left empty has the usual name."""
    named = {field: str(given.get(f"{field}_column", "")).strip() for field in api.LIST_COLUMNS}
    return {field: name or api.LIST_COLUMNS[field] for field, name in named.items()}


def enter_boundary(
    *, scope: Scope, from_code: str, to_code: str, share: str, day: date, source: str, now: datetime
) -> int:  # fmt: skip
    """A counted share that went over to another place, in the scope's province, as an update; its number."""
    scope.require(policies.UPDATE)  # before its places are looked at
    return api.prepare_boundary(scope=scope, from_code=from_code, to_code=to_code, share=share, day=day, source=source,
                                province=province_of(scope), now=now)  # fmt: skip


def told(errors: list[tuple[int, str]]) -> str:
    """The first rows that are wrong, and how many more."""
    first = "；".join(_("第 %(row)d 行：%(what)s") % {"row": row, "what": what} for row, what in errors[:5])
    if len(errors) > 5:
        return _("%(first)s；另有 %(more)d 行也不对。") % {"first": first, "more": len(errors) - 5}
    return f"{first}。" if first else _("表里没有一行区划。")


def _as_csv(rows: Iterable[ListedRow]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows((int(row.level), *row[1:]) for row in rows)
    return out.getvalue().encode()


def _from_csv(data: bytes) -> Iterable[ListedRow]:
    for level, code, name, parent in csv.reader(io.StringIO(data.decode())):
        yield ListedRow(Level(int(level)), code, name, parent)


def edition_named(edition: str) -> str:
    return _("国家名录 %(edition)s 版") % {"edition": edition}


def province_of(scope: Scope) -> str:
    """The two digits of the province a scope works in."""
    return api.get_division(scope.roots[0]).code[:2]


def compare(run: jobs.Run) -> dict[str, Any]:
    """The job behind ``ask_comparison``."""
    given = run.parameters
    province = str(given["province"])
    run.progress(0, 3, _("取区划名录"))
    if given["file"]:
        with inside(run.scope, read_only=True):
            _row, content = files.open_file(scope=run.scope, file_id=uuid.UUID(given["file"]))
            with content:
                rows = list(_from_csv(content.read()))
    else:
        archive = api.fetch_list(settings.HOME, edition=given["edition"])
        rows = list(api.read_list(archive, province=province))
    run.progress(1, 3, _("逐处比对"))
    with inside(run.scope, read_only=False):
        update = api.prepare_update(scope=run.scope, rows=rows, province=province, source=given["source"],
                                    under=given.get("under", ""),
                                    day=date.fromisoformat(given["day"]), now=clock.now())  # fmt: skip
    run.progress(2, 3, _("数一数要撤销的地方还挂着什么"))
    count_hanging(run.scope, update)
    return {"update": update}


def count_hanging(scope: Scope, update: int) -> None:
    """Each county counts what hangs on its places that would end, in its own name; the numbers go to the update."""
    with inside(scope, read_only=True):
        ending = api.list_ending(update, scope=scope)
    counts: dict[str, dict[int, int]] = {}
    for found in _asked(ending, hanging.counted_within):
        for kind, held in found.items():
            counts.setdefault(kind, {}).update(held)
    with inside(scope, read_only=False):
        api.note_hanging(scope=scope, update_id=update, counts=counts)


def _asked(nodes: Mapping[int, list[int]], ask: Callable[[list[int]], Any]) -> Iterator[Any]:
    """What each county says of its places: in its own tables, in its own name."""
    with shared(read_only=True):
        tenants = {county: find_tenant_of(county) for county in nodes}
    for county, tenant in tenants.items():
        if tenant is not None:
            with inside(system_of(tenant), read_only=True):
                answer = ask(nodes[county])
            yield answer


def ask_application(*, scope: Scope, update_id: int, now: datetime) -> uuid.UUID:
    """The second person's yes, and the work queued."""
    api.confirm_update(scope=scope, update_id=update_id, now=now)
    return jobs.ask(scope=scope, kind=APPLY, title=_("应用区划更新"), parameters={"update": update_id}, now=now)


def apply(run: jobs.Run) -> dict[str, Any]:
    """The job behind ``ask_application``: one transaction; who is killed in it leaves the old tree."""
    run.progress(0, 2, _("核对决定，算出新的区划"))
    with inside(run.scope, read_only=False):
        ended, begun = api.apply_update(scope=run.scope, update_id=int(run.parameters["update"]), now=clock.now())
    return {"update": run.parameters["update"], "ended": ended, "begun": begun}


def ask_undoing(*, scope: Scope, update_id: int, why: str, now: datetime) -> uuid.UUID | None:
    """
    Take an applied update back, or, where it made places, queue that: each county is asked what stands on them.

    What the shared tables have against it is said at once.

    :returns: the job; ``None`` where it is done.
    :raises Refused: it was not applied, or something stands on it.
    """
    take_back = partial(api.undo_update, scope=scope, update_id=update_id, within={}, why=why, now=now)
    if not api.list_made(update_id, scope=scope):
        take_back()
        return None
    with rehearsed():
        take_back()
    return jobs.ask(
        scope=scope, kind=UNDO, title=_("撤回区划更新"), parameters={"update": update_id, "why": why}, now=now
    )


def undo(*, scope: Scope, update_id: int, why: str) -> None:
    """
    Take an applied update back, after each county has said what stands there on the places it made.

    :raises Refused: it was not applied, or something stands on it.
    """
    with inside(scope, read_only=True):
        made = api.list_made(update_id, scope=scope)
    within = Counter[str]()
    for found in _asked(made, hanging.standing_within):
        within.update(found)
    with inside(scope, read_only=False):
        api.undo_update(scope=scope, update_id=update_id, within=within, why=why, now=clock.now())


def carry_out_undoing(run: jobs.Run) -> dict[str, Any]:
    """The job behind ``ask_undoing``; what a county has against it is how the job ends."""
    run.progress(0, 1, _("问各县，新设的地方上有没有新的记录"))
    undo(scope=run.scope, update_id=int(run.parameters["update"]), why=str(run.parameters["why"]))
    run.progress(1, 1, _("已撤回，区划回到原来的样子。"))
    return {"update": run.parameters["update"]}


def on_update_changed(scope: Scope, event: Event) -> None:
    """Handler of ``divisions.update.changed`` (v1), in each county it concerns; delivered twice it does nothing more."""
    api.settle(scope=scope, update_id=int(event.payload["update"]), now=clock.now())


def register_jobs() -> None:
    jobs.register(PREPARE, compare)
    jobs.register(APPLY, apply)
    jobs.register(UNDO, carry_out_undoing)
