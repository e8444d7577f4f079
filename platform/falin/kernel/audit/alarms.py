"""
The place of odd patterns: declared rules, looked for in each batch as it is sealed.

An alarm is itself a booked act (``RAISED``) of the system, so it is sealed with the next batch and cannot be taken back. It
is raised once for each rule, person and occasion, and names its rule. Which acts a rule looks at follows from their
names: whoever books a clear view of personal data ends the act's name in ``.shown`` (and says how many the person had
that day, wherever he works, as ``seen_today``), a search by somebody's whole number in
``.looked_up``, an export in
``.exported`` (of one person's whole record ``.record.taken``, of a whole tenant ``registry.archive.asked``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from falin.kernel import audit, parameters
from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.models import AuditEntry
from falin.kernel.scope import Scope

RAISED = "audit.alarm.raised"
SHOWN, LOOKED_UP = ".shown", ".looked_up"
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)  # of Shanghai
CLEAR_VIEWS = parameters.declare(parameters.Parameter(
    key="audit.clear_views_a_day", label=gettext_noop("一人一天查看完整个人信息，超过几次就提醒"),
    unit=gettext_noop("次"), default=30, minimum=1,
    maximum=1000, rule="A1", set_by=(), direction=-1,
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is odd, in words; which acts it looks at; and what makes one of them odd: the occasion and its facts."""

    code: str
    name: Any
    sentence: Any
    acts: tuple[str, ...]  # endings of names
    judge: Callable[[AuditEntry], tuple[str, dict[str, Any]] | None]


def _many_clear_views(entry: AuditEntry) -> tuple[str, dict[str, Any]] | None:
    day = legal_day(entry.at)
    begin = datetime.combine(day, time(), SHANGHAI)
    looks = AuditEntry.objects.filter(person_id=entry.person_id, at__gte=begin, at__lt=begin + timedelta(days=1))
    # Each body has its own log: how many he saw that day in all of them, the clear view itself says.
    shown = max(looks.filter(act__endswith=SHOWN).count(), int(entry.after.get("seen_today", 0)))
    seen = shown + looks.filter(act__endswith=LOOKED_UP).count()
    if seen <= parameters.value(CLEAR_VIEWS, node_id=entry.node_id, on=day):
        return None
    return f"{entry.person_id}:{day}", {"times": seen, "day": str(day)}


def _export_at_night(entry: AuditEntry) -> tuple[str, dict[str, Any]] | None:
    local = entry.at.astimezone(SHANGHAI)
    if NIGHT_ENDS <= local.time() < NIGHT_BEGINS:
        return None
    return str(entry.id), {"act": entry.act, "entry": entry.id}


def _grant_to_oneself(entry: AuditEntry) -> tuple[str, dict[str, Any]] | None:
    if (entry.subject_kind, entry.subject_id) != ("person", str(entry.person_id)):
        return None
    return str(entry.id), {"role": entry.after.get("role", ""), "entry": entry.id}


_RESETS = ("identity.password.reset", "identity.factors.reset")


def _password_and_factors(entry: AuditEntry) -> tuple[str, dict[str, Any]] | None:
    """Whoever did the one and whoever the other: together they open somebody's account."""
    other = AuditEntry.objects.filter(
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        act__in={*_RESETS} - {entry.act},
        id__lt=entry.id,
        at__gt=entry.at - timedelta(days=7),
    )
    return (str(entry.id), {"act": entry.act, "entry": entry.id}) if other.exists() else None


RULES = (
    Rule(code="A1", name=_("一天内大量查看完整个人信息"),
         sentence=_("同一个人一天内查看完整个人信息、按号码查人的次数合起来超过上限。"),
         acts=(SHOWN, LOOKED_UP), judge=_many_clear_views),
    Rule(code="A2", name=_("夜间导出"), sentence=_("晚上 10 点到早上 6 点之间导出了数据。"),
         acts=(".exported", ".record.taken", "registry.archive.asked"), judge=_export_at_night),
    Rule(code="A3", name=_("给自己授予身份"), sentence=_("授予身份的人和得到身份的人是同一个人。"),
         acts=("identity.role.granted", "identity.role.confirmed"), judge=_grant_to_oneself),
    Rule(code="A4", name=_("密码和第二种登录方式都重设了"),
         sentence=_("7 天内，一个人的密码和第二种登录方式都被别人重设。"), acts=_RESETS, judge=_password_and_factors),
)  # fmt: skip


def look_at(*, scope: Scope, since: int, upto: int, now: datetime) -> list[str]:
    """Hold the entries that are being sealed against each rule; the occasions that are new, as subjects of alarms."""
    raised: list[str] = []
    for rule in RULES:
        odd = reduce(or_, (Q(act__endswith=ending) for ending in rule.acts))
        for entry in AuditEntry.objects.filter(odd, xact__gte=since, xact__lt=upto, person_id__gt=0).order_by("id"):
            found = rule.judge(entry)
            if found is None:
                continue
            occasion, facts = f"{rule.code}:{found[0]}", found[1]
            if AuditEntry.objects.filter(subject_kind="alarm", subject_id=occasion, act=RAISED).exists():
                continue
            audit.record(scope=scope, act=RAISED, subject=("alarm", occasion), node_id=entry.node_id, now=now,
                         after={"rule": rule.code, "person": entry.person_id, **facts})  # fmt: skip
            raised.append(occasion)
    return raised


def recent(*, limit: int) -> list[AuditEntry]:
    """The newest alarms of the open transaction's tenant."""
    return list(AuditEntry.objects.filter(act=RAISED).order_by("-id")[:limit])


def rule_of(entry: AuditEntry) -> Rule | None:
    return next((rule for rule in RULES if rule.code == entry.after.get("rule")), None)
