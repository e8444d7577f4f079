"""
The place of what one tenant may take of what all share: room for files, jobs a day, rows of an export.

Each limit is a setting of the programme (``kernel.parameters``) at the place where the tenant has its seat, said by the
province for all its bodies or for one of them; it is asked where something is taken, and nowhere else. The shared
schema's own work has no limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from falin.kernel import parameters
from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.models import Job, StoredFile
from falin.kernel.parameters import Parameter, declare
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope

MB: Final = 1024 * 1024
STORAGE = declare(Parameter(
    key="kernel.storage_mb", label=gettext_noop("一个单位的文件总共"), unit="MB", default=20_480, minimum=100,
    maximum=1_048_576, rule="decision 27", set_by=("province",), by_body=True,
))  # fmt: skip
JOBS_A_DAY = declare(Parameter(
    key="kernel.jobs_a_day", label=gettext_noop("一个单位一天提交的任务"), unit=gettext_noop("项"), default=500, minimum=10,
    maximum=10_000, rule="decision 27", set_by=("province",), by_body=True,
))  # fmt: skip
EXPORT_ROWS = declare(Parameter(
    key="kernel.export_rows", label=gettext_noop("一次导出最多"), unit=gettext_noop("行"), default=200_000, minimum=1_000,
    maximum=2_000_000, rule="decision 27", set_by=("province",), by_body=True,
))  # fmt: skip

# What is counted beside the database: a limit, and what of it (schema, at a moment) is taken; None while nobody counts.
_counted: dict[Parameter, Callable[[str, datetime], int | None]] = {}
_seat: list[Callable[[int], int | None]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One limit as its tenant stands to it; ``used`` is ``None`` for what is taken and gone again, like an export."""

    parameter: Parameter
    used: int | None
    limit: int


class OverQuota(Refused):
    """The tenant has taken what it may; others go on."""

    status = 429


def seats_with(reader: Callable[[int], int | None]) -> None:
    """Have ``reader(tenant_id)`` say at which place a tenant has its seat; wired by the composition root."""
    _seat[:] = [reader]


def count_with(parameter: Parameter, taken: Callable[[str, datetime], int | None]) -> None:
    """Have a limit told beside the others, its use read by ``taken``; wired by the composition root."""
    _counted[parameter] = taken


def limit(parameter: Parameter, scope: Scope, *, now: datetime) -> int:
    """What the scope's tenant may take."""
    node_id = _seat[0](scope.tenant_id) if _seat else None
    return parameters.value(parameter, node_id=node_id, on=legal_day(now))


def check_room(scope: Scope, size: int, *, now: datetime) -> None:
    """:raises OverQuota: a file of this size does not fit beside those that are there."""
    most = limit(STORAGE, scope, now=now) if scope.tenant_id else 0
    if most and (StoredFile.objects.aggregate(size=Sum("size"))["size"] or 0) + size > most * MB:
        raise OverQuota(
            "kernel.no_room",
            _(
                "本单位的文件已经快满 %(most)s MB，放不下这个文件了。"
                "请联系平台运维清理，或者请省里在“设定”里调高上限；别的事照常能办。"
            )
            % {"most": f"{most:,}"},
            field="file",
        )


def check_may_ask(scope: Scope, *, now: datetime) -> None:
    """:raises OverQuota: the tenant's people have asked for as many jobs today as they may."""
    most = limit(JOBS_A_DAY, scope, now=now) if scope.tenant_id and scope.person_id else 0
    today = Job.objects.filter(created_at__gte=_midnight(now)).exclude(person_id=0)
    if most and today.count() >= most:
        raise OverQuota(
            "kernel.jobs_a_day",
            _("本单位今天提交的任务已经到 %(most)s 项，明天零点以后再提交；常常不够，请省里在“设定”里调高上限。")
            % {"most": f"{most:,}"},
        )


def check_export(scope: Scope, rows: int, *, now: datetime) -> None:
    """:raises OverQuota: more rows than one export may have."""
    most = limit(EXPORT_ROWS, scope, now=now) if scope.tenant_id else 0
    if most and rows > most:
        raise OverQuota(
            "kernel.export_rows",
            _("这次要导出 %(rows)s 行，一次最多 %(most)s 行。请缩小范围，分几次导出。")
            % {"rows": f"{rows:,}", "most": f"{most:,}"},
        )


def uses(scope: Scope, *, now: datetime) -> list[Use]:
    """How the scope's own tenant stands to its limits."""
    taken = taken_by(scope.schema, now=now)
    return [Use(parameter=one, used=used, limit=limit(one, scope, now=now)) for one, used in taken.items()]


def taken_by(schema: str, *, now: datetime) -> dict[Parameter, int | None]:
    """What a tenant has taken of each limit, read from any transaction; ``None`` of what is measured each time by itself."""
    with connection.cursor() as cursor:
        cursor.execute("select bytes, jobs from public.taken_by(%s, %s)", [[schema], _midnight(now)])
        found = cursor.fetchone() or (0, 0)
    counted = {one: taken(schema, now) for one, taken in _counted.items()}
    return {STORAGE: -(-found[0] // MB), JOBS_A_DAY: found[1], EXPORT_ROWS: None,
            **{one: used for one, used in counted.items() if used is not None}}  # fmt: skip


def _midnight(now: datetime) -> datetime:
    return datetime.combine(legal_day(now), time(), tzinfo=SHANGHAI)
