"""What the portal's pages show, put together from the services' own queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from falin.kernel.models import AuditEntry, Delivery, Job
from falin.kernel.scope import Scope
from falin.portal.acts import WORDS
from falin.portal.shell import ROLE_LABELS
from tenants.divisions.api import count_by_level, list_county_bodies, list_divisions, list_provinces
from tenants.divisions.types import Level
from tenants.identity.api import Role, names_of
from tenants.registry.api import Kind, TenantInfo, list_tenants

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line of a history: when, who in which role, what, where, why, and what changed."""

    id: int
    at: datetime
    person: str
    role: str
    words: str
    place: str
    why: str
    kind: str
    subject_id: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    acts: tuple[Act, ...]
    older: int | None
    kind: str = ""


def recent_history(*, scope: Scope, before: int | None) -> History:
    """The newest acts of the scope's tenant and places, a page at a time."""
    scope.require("history.read")
    rows = AuditEntry.objects.order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    return _history(scope, list(rows[: PAGE + 1]))


def history_of(*, scope: Scope, kind: str, subject_id: str) -> History:
    """Everything booked about one thing, newest first."""
    scope.require("history.read")
    rows = AuditEntry.objects.filter(subject_kind=kind, subject_id=subject_id).order_by("-id")
    return _history(scope, list(rows[: PAGE + 1]), kind=kind)


def _history(scope: Scope, rows: list[AuditEntry], kind: str = "") -> History:
    older = rows[PAGE - 1].id if len(rows) > PAGE else None
    seen = [row for row in rows[:PAGE] if row.node_id is None or scope.sees(row.node_id)]
    people = names_of({row.person_id for row in seen})
    places = {place.id: place.name for place in list_divisions(sorted({row.node_id for row in seen if row.node_id}))}
    return History(acts=tuple(_act(row, people, places) for row in seen), older=older, kind=kind)


def _act(row: AuditEntry, people: Mapping[int, str], places: Mapping[int, str]) -> Act:
    facts = {**row.before, **row.after}
    return Act(
        id=row.id, at=row.at, person=people.get(row.person_id, _("系统")),
        role=str(ROLE_LABELS[Role(row.role)]) if row.role in set(Role) else "",
        words=str(WORDS.get(row.act, row.act)), place=places.get(row.node_id or 0, ""), why=row.why,
        kind=row.subject_kind, subject_id=row.subject_id,
        changes=tuple((name, _text(row.before.get(name)), _text(row.after.get(name))) for name in facts),
    )  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How far the first start is."""

    province: TenantInfo | None
    counts: tuple[tuple[Level, int], ...]
    open_counties: tuple[TenantInfo, ...]
    counties: list[tuple[int, str]]
    working: tuple[Job, ...]
    failed: tuple[Job, ...]


def setup_page() -> Setup:
    """Province, list and counties as they stand; jobs under way in the shared schema."""
    tenants = list_tenants()
    province = next((tenant for tenant in tenants if tenant.kind == Kind.PROVINCE), None)
    standing = {tenant.node_id for tenant in tenants}
    provinces = list_provinces()
    bodies = [body for root in provinces for body in list_county_bodies(root.id)]
    jobs = list(Job.objects.order_by("-created_at")[:20])
    return Setup(
        province=province,
        counts=tuple(count_by_level(provinces[0].id).items()) if provinces else (),
        open_counties=tuple(tenant for tenant in tenants if tenant.kind == Kind.COUNTY),
        counties=[(body.id, body.name) for body in bodies if body.id not in standing],
        working=tuple(job for job in jobs if job.state in {"queued", "running"}),
        failed=tuple(job for job in jobs[:3] if job.state == "failed"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    schema: str
    name: str
    waiting: int
    oldest_seconds: int
    measured_at: datetime
    set_aside: tuple[Mapping[str, Any], ...]


def delivery(*, now: datetime) -> list[DeliveryRow]:
    """How far each tenant's events are delivered, as the relay last measured; what stands aside first."""
    names = {tenant.schema: tenant.name for tenant in list_tenants()}
    rows = [
        DeliveryRow(schema=row.schema, name=names.get(row.schema, row.schema), waiting=row.waiting,
                    oldest_seconds=row.oldest_seconds, measured_at=row.measured_at, set_aside=tuple(row.set_aside))
        for row in Delivery.objects.order_by("schema")
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-len(row.set_aside), -row.waiting, row.schema))


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing to do: what, how many, where; ``act`` marks what a person must decide."""

    words: str
    count: int
    url: str
    kind: str = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    sentence: str
    due: tuple[Due, ...]
    go: tuple[tuple[str, str, str], ...]  # words, address, icon: where this role usually goes


def today(*, scope: Scope, now: datetime) -> Today:
    """What is due for this role, and where it usually goes."""
    scope.require("home.read")
    return Today(sentence="", due=(), go=())
