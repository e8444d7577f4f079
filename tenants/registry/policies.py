"""Who may do what with a tenant: the operator, and where it hurts two of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from falin.kernel.models import DataKey
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from tenants.registry.models import Archive, Cell, Deed, Tenant
from tenants.registry.schemas import left_of
from tenants.registry.types import DESTROYS, Act, Kind, Outcome, State

MANAGE = "tenants.manage"


def check_may_manage(scope: Scope) -> None:
    """:raises Forbidden: he is no operator, or acts inside a tenant."""
    scope.require(MANAGE)
    assert scope.schema == PUBLIC_SCHEMA, "the directory is the platform's"


def check_reason(why: str) -> str:
    """:raises Invalid: no reason is given."""
    if not why.strip():
        raise Invalid("registry.no_reason", _("请写明原因，这个单位的人和审计都会看到。"), field="why")
    return why.strip()[:200]


def check_may_open(tenant: Tenant, undone: Sequence[str]) -> None:
    """:raises Refused: it is not being prepared, or something that is needed was not done."""
    if tenant.state != State.PREPARING:
        raise Refused("registry.not_preparing", _("这个单位不在准备中，不用开通。"))
    if undone:
        raise Refused("registry.steps_left", _("还不能开通，先办好：%(steps)s。") % {"steps": "、".join(undone)})


def check_may_suspend(tenant: Tenant) -> None:
    """:raises Refused: it is not open."""
    if tenant.state != State.OPEN:
        raise Refused("registry.not_open", _("这个单位现在不是开通状态，不用停用。"))


def check_may_reopen(tenant: Tenant) -> None:
    """:raises Refused: it is open, or its removal was confirmed."""
    if tenant.state == State.PREPARING:
        raise Refused("registry.is_preparing", _("这个单位还在准备，请从开通清单开通。"))
    if tenant.state not in {State.SUSPENDED, State.CLOSED}:
        raise Refused("registry.is_open", _("这个单位已经是开通状态。"))
    if tenant.into_id is not None:
        raise Refused("registry.merged_away", _("这个单位已经并入别的单位，人和事都在那里，不能重新开通。"))
    if Deed.objects.filter(tenant_id=tenant.id, act=Act.REMOVE, outcome=Outcome.CONFIRMED).exists():
        raise Refused("registry.being_removed", _("这个单位的删除已经确认。要重新开通，请先撤回删除。"))


def check_may_close(tenant: Tenant) -> None:
    """:raises Refused: it is closed."""
    if tenant.state not in {State.PREPARING, State.OPEN, State.SUSPENDED}:
        raise Refused("registry.is_closed", _("这个单位已经关闭了。"))


def check_may_confirm(scope: Scope, deed: Deed) -> None:
    """:raises Refused: it was decided. :raises Invalid: he asked for it himself."""
    if deed.outcome != Outcome.WAITING:
        raise Refused("registry.decided", _("这件事已经有人处理过了。"))
    if deed.asked_by == scope.person_id:
        raise Refused("registry.own_deed", _("是您自己提出的，要由另一名运维人员确认。"))


def check_may_remove(tenant: Tenant) -> None:
    """:raises Refused: it is not closed, or nothing was exported since: what the archive law keeps must lie elsewhere."""
    if tenant.state != State.CLOSED:
        raise Refused("registry.not_closed", _("先关闭这个单位，再提出删除。"))
    if tenant.kind == Kind.PROVINCE and Tenant.objects.exclude(id=tenant.id).exists():
        raise Refused("registry.has_counties", _("省级还管着县（区）的登记册。请最后删除它。"))
    # A backup of ours goes when the body does, and hands nothing over.
    handed_over = Archive.objects.filter(tenant_id=tenant.id, at__gte=tenant.state_at, number=None)
    if not handed_over.exists():
        raise Refused("registry.not_archived", _("关闭以后还没有导出过。请先导出并移交档案，再提出删除。"))


def check_may_clear(tenant: Tenant) -> None:
    """:raises Refused: it left nothing behind here."""
    away = tenant.state == State.ELSEWHERE and DataKey.objects.filter(tenant=tenant.schema_name).exists()
    if not away and not left_of(tenant.schema_name):
        raise Refused("registry.nothing_left", _("这个单位在这个库里没有留下旧的副本。"))


def check_may_change(tenant: Tenant) -> None:
    """:raises Refused: it is not open or suspended, or merges and splits are not a county's."""
    if tenant.state not in {State.OPEN, State.SUSPENDED}:
        raise Refused("registry.not_in_use", _("这个单位不在使用，不能并入、分出或搬库。"))


def check_is_county(tenant: Tenant) -> None:
    """:raises Refused: it is the province."""
    if tenant.kind != Kind.COUNTY:
        raise Refused("registry.no_county", _("并入和分出只在县（区）之间办。"))


def check_may_move(cell: str) -> None:
    """:raises Invalid: there is no such cell, it is this one, or nobody said how it is reached."""
    if cell == settings.CELL or not Cell.objects.filter(code=cell).exists():
        raise Invalid("registry.no_cell", _("没有这个库，或者就是现在这个库。"), field="target")
    if cell not in settings.CELL_RECEIVERS:
        raise Invalid(
            "registry.no_receiver", _("这台服务器还不知道怎么连到那个库（FALIN_CELL_RECEIVERS）。"), field="target"
        )


def check_is_due(deed: Deed, now: datetime) -> None:
    """:raises Refused: it was not confirmed, or its day has not come."""
    if deed.act not in DESTROYS or deed.outcome != Outcome.CONFIRMED or deed.due_at is None or deed.due_at > now:
        raise Refused("registry.not_due", _("还没有确认，或者等待期还没有过。"))


def no_tenant() -> Missing:
    return Missing("registry.no_tenant", _("没有这个单位。"))


def no_archive() -> Missing:
    return Missing("registry.no_such_archive", _("没有这份档案。"))


def no_deed() -> Missing:
    return Missing("registry.no_deed", _("没有这件待办。"))
