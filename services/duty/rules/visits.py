"""What a visit may look like (R2.4, R2.9), and which months it counts in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from falin.kernel.periods import Month, split_by_month
from falin.kernel.refusals import Invalid
from services.duty.types import VisitContent, VisitKind

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(hours=12)
MOST_ATTENDEES = 20_000


def tidy(content: VisitContent) -> VisitContent:
    """Whole minutes, no stray spaces, and nothing of a lecture on a plain visit's head count."""
    return replace(
        content,
        begins_at=content.begins_at.replace(second=0, microsecond=0),
        ends_at=content.ends_at.replace(second=0, microsecond=0),
        topic=" ".join(content.topic.split()),
        note=content.note.strip(),
        attendees=content.attendees if content.kind == VisitKind.LECTURE else None,
    )


def check_content(content: VisitContent, *, now: datetime) -> None:
    """:raises Invalid: at the field that cannot be right."""
    _check_times(content.begins_at, content.ends_at, now)
    if content.kind == VisitKind.LECTURE:
        if not content.topic:
            raise Invalid("duty.topic_missing", _("讲座要写题目。"), field="topic")
        if content.attendees is None or content.attendees < 1:
            raise Invalid("duty.attendees_missing", _("讲座要写到场人数，至少 1 人。"), field="attendees")
        if content.attendees > MOST_ATTENDEES:
            raise Invalid("duty.attendees_too_many", _("到场人数太多了，请检查。"), field="attendees")
    if len(content.topic) > 100:
        raise Invalid("duty.topic_too_long", _("题目最多 100 个字。"), field="topic")
    if len(content.note) > 2000:
        raise Invalid("duty.note_too_long", _("记录最多 2000 个字。"), field="note")


def _check_times(begins_at: datetime, ends_at: datetime, now: datetime) -> None:
    if begins_at.year < 2000:  # before the programme; and arithmetic on the first years of the calendar fails
        raise Invalid("duty.too_long_ago", _("日期不对，请重填。"), field="begins_at")
    if ends_at <= begins_at:
        text = _("结束时间要晚于开始时间。过了零点才结束的，请勾选“第二天结束”。")
        raise Invalid("duty.ends_before_it_begins", text, field="ends_at")
    if begins_at > now:
        raise Invalid("duty.in_the_future", _("开始时间还没有到。到访结束以后再记。"), field="begins_at")
    if ends_at > now:
        raise Invalid("duty.in_the_future", _("结束时间还没有到。到访结束以后再记。"), field="ends_at")
    if ends_at - begins_at < SHORTEST:
        raise Invalid("duty.too_short", _("不到 5 分钟的不算一次到访。"), field="ends_at")
    if ends_at - begins_at > LONGEST:
        raise Invalid("duty.too_long", _("一次到访最长 12 小时。请检查起止时间。"), field="ends_at")


def months_of(content: VisitContent) -> tuple[Month, ...]:
    """The one or two months whose hours the visit counts in, earliest first."""
    return tuple(month for month, _minutes in split_by_month(content.begins_at, content.ends_at))
