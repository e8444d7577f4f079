"""How a station and its hours are said, the same on every page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats
from services.stations.types import Opening, Tier

TIER_LABELS = {
    Tier.CENTRE: gettext_lazy("县（区）中心"), Tier.STATION: gettext_lazy("街道（乡镇）工作站"),
    Tier.STUDIO: gettext_lazy("社区（村）工作室"),
}  # fmt: skip


def opening_words(opening: Iterable[Opening]) -> list[str]:
    """
    A line for each kind of day, days that follow each other drawn together: 周一至周五 09:00–12:00、14:00–17:30.

    A form reads back what stands here.
    """
    by_day = {day: times_words(spans) for day, spans in groupby(sorted(opening), key=lambda one: one.weekday)}
    kinds: dict[str, list[int]] = {}
    for day, words in by_day.items():
        kinds.setdefault(words, []).append(day)
    return [f"{_days(days)} {words}" for words, days in kinds.items()]


def times_words(spans: Iterable[Opening]) -> str:
    return _("、").join(f"{one.begins_at:%H:%M}–{one.ends_at:%H:%M}" for one in spans)


def _days(days: list[int]) -> str:
    if len(days) == 7:
        return _("每天")
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return _("、").join(
        _("%(first)s至%(last)s") % {"first": formats.weekdays(run[:1]), "last": formats.weekdays(run[-1:])}
        if len(run) > 2 else formats.weekdays(run)
        for run in runs
    )  # fmt: skip
