"""What a page of figures says: numbers written out, states named, the sentence at the top. No markup, no tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from falin.kernel import formats, parameters
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.ui.figures import Bullet, Fact, Figure, State
from falin.ui.shell import Crumb
from services.duty.api import HOURS_A_MONTH, LECTURES_A_QUARTER
from services.indicators import policies, queries, rules
from services.indicators.types import PlaceFigures, PlaceTally, Ratio, Tally, TargetState
from tenants.divisions.api import LEVEL_LABELS, VIEW_LABELS
from tenants.divisions.types import Division, Level, View

STATES: Final = {
    TargetState.OK: State.OK,
    TargetState.WATCH: State.WATCH,
    TargetState.ACT: State.ACT,
    TargetState.NONE: State.IDLE,
}
NAMED_IN_LEAD: Final = 2
MONTHS_IN_MATRIX: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The target for coverage at a place, the pace of this month, and where the way there began."""

    target: int
    start: int
    pace: Fraction

    def state(self, ratio: Ratio) -> TargetState:
        return rules.target_state(ratio, aim=self.pace, floor=self.start)

    def bullet(self, ratio: Ratio, floor: int) -> Bullet | None:
        """:param floor: the per cent its scale begins at."""
        value = rules.percent(ratio)
        if value is None:
            return None
        return Bullet(value=float(value), target=float(self.target), pace=float(rules.rounded(self.pace)),
                      low=float(self.start), floor=float(floor), state=STATES[self.state(ratio)])  # fmt: skip

    def floor(self, ratios: Iterable[Ratio]) -> int:
        """Where a scale begins that shows how these differ: the ten below all of them and the pace; 0 below the middle."""
        shares = [Fraction(one.part * 100, one.whole) for one in ratios if one.exists]
        tens = int(min([*shares, self.pace]) // 10 * 10)
        return min(tens, 90) if tens >= 50 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A place in the table of a page."""

    rank: int | None
    name: str
    level: int
    url: str
    tally: Tally | None
    coverage: Decimal | None
    bullet: Bullet | None
    hours_met: Decimal | None
    change: int | None  # covered communities against the month before
    state: State
    state_text: str
    css: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    """A month in the little table of the course so far."""

    label: str
    url: str
    here: bool
    coverage: Decimal | None
    hours_met: Decimal | None
    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    text: str
    shade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Place × month."""

    caption: str
    months: tuple[str, ...]
    rows: tuple[tuple[Row, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way down to a place, as the frame's ``trail`` part draws it."""

    trail: tuple[Crumb, ...]
    below: tuple[Crumb, ...]
    below_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All a template of this service is told about a place."""

    place: Division
    level_name: str
    title: str
    month: Month | None
    month_text: str
    way: Way
    places: tuple[Choice, ...]  # other places of the same person
    months: tuple[Choice, ...]
    sub: str
    note: str
    restated: str
    lead: SafeString | str
    figures: tuple[Figure, ...]
    rows: tuple[Row, ...]
    whole: Row | None
    rows_title: str
    rows_note: str
    scale: str  # from where to where the bars of the rows are drawn
    compares: bool  # whether any row has a month before to be held against
    child_label: str
    history: tuple[MonthRow, ...]
    matrix: Matrix | None
    origin: str  # what stands with a picture of the page's tables
    published: bool
    running: bool  # the month is not over, or was published before it was
    aim_text: str
    hours_text: str
    lectures_text: str
    reported_text: str
    may_publish: bool
    may_export: bool
    may_read_lines: bool
    query: str
    views: tuple[Choice, ...]  # the tree of the time and today's, where they differ
    estimated: str


def page_of(figures: PlaceFigures, scope: Scope, *, today: datetime, both_trees: bool = False) -> Page:
    """Everything the page of a place shows; ``both_trees`` where the tree of the month is not today's."""
    month = figures.month
    aim = aim_of(figures) if month else None
    ranking = queries.rank(figures.children)
    order = {one.place.id: position for position, one in enumerate(ranking.rows)}
    ranks = {one.place.id: one.rank for one in ranking.rows}
    floor = aim.floor(one.tally.coverage for one in figures.children if one.tally) if aim else 0
    rows = tuple(
        _row(child, ranks[child.place.id], figures, aim, floor)
        for child in sorted(figures.children, key=lambda child: order[child.place.id])
    )
    # While some counties are missing, the sum of one month says nothing against the sum of another.
    history = figures.series if figures.reported == figures.expected else ()
    whole = _whole(PlaceTally(place=figures.place, tally=figures.tally, history=history), figures, aim, floor)
    child_label = _child_label(figures)
    return Page(
        place=figures.place,
        level_name=str(LEVEL_LABELS[figures.place.level]),
        title=figures.place.name,
        month=month,
        month_text=formats.month(month.first_day) if month else "",
        way=_way(figures, scope, child_label),
        places=_places(figures, scope),
        months=month_choices(figures.months, month),
        sub=_sub(figures),
        note=_note(figures),
        restated=_restated(figures),
        lead=_lead(figures, aim, rows),
        figures=tuple(_band(figures, aim)),
        rows=rows,
        whole=whole,
        rows_title=_rows_title(figures),
        rows_note=_rows_note(figures, aim, child_label),
        scale=f"{floor}%–100%",
        compares=any(row.change is not None for row in rows),
        child_label=child_label,
        history=tuple(_history(figures)),
        matrix=_matrix(figures, aim, rows),
        origin=origin_of(figures) if figures.published else "",
        published=figures.tally is not None,
        running=bool(figures.published and figures.published.edition == 0),
        aim_text=_aim_text(figures, aim),
        hours_text=_hours_text(figures, month or Month.of(today)),
        lectures_text=_lectures_text(figures, month or Month.of(today)),
        reported_text=_reported_text(figures),
        may_publish=policies.may_publish(scope, figures.place) and (month is None or month <= Month.of(today)),
        may_export=policies.may_export(scope, figures.place.level) and figures.tally is not None,
        may_read_lines=policies.may_read_lines(scope),
        query=query(month, figures.view),
        views=_views(figures, both_trees=both_trees),
        estimated=_estimated(figures),
    )


def on_of(figures: PlaceFigures) -> date:
    """The day the programme's figures are read for: the first of the month."""
    assert figures.month is not None
    return figures.month.first_day


def origin_of(figures: PlaceFigures) -> str:
    """Place, period and source: what must stand with a picture of these figures wherever it goes."""
    assert figures.month is not None and figures.published is not None
    return _("%(place)s，%(month)s，数到 %(day)s。来源：法邻，各县（区）汇总发布。") % {
        "place": figures.place.name, "month": formats.month(figures.month.first_day),
        "day": formats.day(figures.published.as_of),
    }  # fmt: skip


def aim_of(figures: PlaceFigures) -> Aim:
    assert figures.month is not None
    on, node_id = on_of(figures), figures.place.id
    target = parameters.value(rules.COVERAGE_TARGET, node_id=node_id, on=on)
    start = min(target, parameters.value(rules.COVERAGE_START, node_id=node_id, on=on))
    return Aim(target=target, start=start, pace=rules.pace(start=start, target=target, month=figures.month))


def month_choices(months: Iterable[Month], chosen: Month | None) -> tuple[Choice, ...]:
    """The months of the select, latest first; the one asked for is among them even when nothing was published in it."""
    every = sorted({*months, *([chosen] if chosen else [])}, reverse=True)
    return tuple(
        Choice(value=str(month), label=formats.month(month.first_day), chosen=month == chosen) for month in every
    )


# ---- where one is ---------------------------------------------------------------------------------------------------


def address(place: Division, month: Month | None, view: View = View.AS_WAS) -> str:
    url = reverse("figures:place", args=[place.id])
    return url + query(month, view)


def query(month: Month | None, view: View) -> str:
    """What an address says of month and tree; the tree of the time goes without saying."""
    if month is None:
        return ""
    return f"?month={month}" + (f"&view={view}" if view != View.AS_WAS else "")


def _way(figures: PlaceFigures, scope: Scope, child_label: str) -> Way:
    trail, within = [], False
    for place in figures.path:
        within = within or place.id in scope.roots
        last = place.id == figures.place.id
        trail.append(Crumb(label=place.name, level=int(place.level),
                           url="" if last or not within else address(place, figures.month, figures.view)))  # fmt: skip
    below = tuple(
        Crumb(
            label=child.place.name, level=int(child.place.level), url=address(child.place, figures.month, figures.view)
        )
        for child in figures.children
    )
    return Way(trail=tuple(trail), below=below, below_label=_("选择%(level)s") % {"level": child_label})


def _places(figures: PlaceFigures, scope: Scope) -> tuple[Choice, ...]:
    """Other places the person holds the same role for, when there are several."""
    if len(scope.roots) < 2:
        return ()
    here = {place.id for place in figures.path}
    return tuple(
        Choice(value=address(place, figures.month, figures.view), label=place.name, chosen=place.id in here)
        for place in queries.own_places(scope)
    )


def _child_label(figures: PlaceFigures) -> str:
    levels = {child.place.level for child in figures.children}
    if len(levels) == 1:
        return str(LEVEL_LABELS[levels.pop()])
    return _("下级地方")


def _views(figures: PlaceFigures, *, both_trees: bool) -> tuple[Choice, ...]:
    if not both_trees and figures.view == View.AS_WAS:
        return ()
    return tuple(
        Choice(value=address(figures.place, figures.month, view), label=str(label), chosen=view == figures.view)
        for view, label in VIEW_LABELS.items()
    )


def _estimated(figures: PlaceFigures) -> str:
    if figures.view == View.AS_WAS:
        return ""
    said = _("当时的数按现在的区划重新归并，总数不变；正式发布的是“按当时的区划”。")
    if figures.estimated:
        words = ngettext("其中 %(n)s 个社区后来分开或者并入别处，按份额估算。",
                         "其中 %(n)s 个社区后来分开或者并入别处，按份额估算。", figures.estimated)  # fmt: skip
        return said + words % {"n": figures.estimated}
    return said


# ---- words ----------------------------------------------------------------------------------------------------------


def _sub(figures: PlaceFigures) -> str:
    if figures.tally is None:
        return ""
    parts = [ngettext("%(n)s 个社区和村", "%(n)s 个社区和村", figures.tally.communities) % {
        "n": formats.number(figures.tally.communities)}]  # fmt: skip
    assert figures.published is not None
    parts.append(_("数据截止 %(day)s 24 时") % {"day": formats.short_day(figures.published.as_of)}
                 if figures.published.edition else
                 _("本月未完，数到 %(day)s") % {"day": formats.short_day(figures.published.as_of)})  # fmt: skip
    parts.append(_("%(moment)s 发布") % {"moment": formats.moment(figures.published.published_at)})
    return "\u2002|\u2002".join(parts)


def _note(figures: PlaceFigures) -> str:
    """What one must know before reading the numbers; nothing that was not reported counts as 0."""
    if figures.tally is None:
        return ""
    missing = figures.expected - figures.reported
    if missing > 0:
        return ngettext(
            "还有 %(n)s 个县（区）没有发布这个月，下面的合计不含它们；没有发布的不当作 0。",
            "还有 %(n)s 个县（区）没有发布这个月，下面的合计不含它们；没有发布的不当作 0。",
            missing,
        ) % {"n": missing}
    assert figures.published is not None
    if figures.published.first_as_of != figures.published.as_of:
        earliest = formats.short_day(figures.published.first_as_of)
        return _("各县（区）数到的日子不同，最早的数到 %(day)s。") % {"day": earliest}
    return ""


def _restated(figures: PlaceFigures) -> str:
    found = figures.published
    if found is None or not found.restated:
        return ""
    if figures.expected > 1:
        words = ngettext("%(n)s 个县（区）有变动，重新发布过", "%(n)s 个县（区）有变动，重新发布过", found.restated)
        return words % {"n": found.restated}
    return _("第 %(n)s 次发布，数有变动") % {"n": found.edition}


def _points(gap: Fraction) -> str:
    shown = rules.rounded(abs(gap))
    return _("不到 0.1 点") if shown == 0 else _("%(n)s 点") % {"n": formats.number(shown, 1)}


def state_words(ratio: Ratio, aim: Aim) -> str:
    gap = rules.gap_to(ratio, aim.pace)
    if gap is None:
        return _("没有社区")
    if ratio.part == ratio.whole:
        return _("已配齐")
    if gap <= 0:
        return _("已达本月应达")
    return _("落后 %(points)s") % {"points": _points(gap)}


def _lead(figures: PlaceFigures, aim: Aim | None, rows: tuple[Row, ...]) -> SafeString | str:
    tally = figures.tally
    if tally is None or aim is None or figures.month is None:
        return ""
    if figures.place.level == Level.COMMUNITY:
        return _lead_of_community(figures, tally)
    if not tally.communities:
        return _("这里没有社区和村，所以没有比率。")
    said = [_said_of_gap(tally), _said_of_pace(tally, aim, figures.month), _said_of_worst(tally, rows)]
    return format_html_join("", "{}", ((one,) for one in said if one))


def _said_of_gap(tally: Tally) -> SafeString:
    numbers = {"all": formats.number(tally.communities), "has": formats.number(tally.covered),
               "lacks": formats.number(tally.missing)}  # fmt: skip
    if not tally.missing:
        return format_html(_("{all} 个社区和村<b>都有法律顾问</b>。"), **numbers)
    return format_html(_("{all} 个社区和村里，{has} 个有法律顾问，<b>还差 {lacks} 个</b>。"), **numbers)


def _said_of_pace(tally: Tally, aim: Aim, month: Month) -> SafeString:
    gap = rules.gap_to(tally.coverage, aim.pace)
    assert gap is not None
    if not tally.missing:
        return SafeString("")
    pace = formats.percent(rules.rounded(aim.pace))
    told = {"target": aim.target, "month": month.month, "pace": pace, "gap": _points(gap)}
    if gap > 0:
        return format_html(_("要在年底到 {target}%，{month} 月末应达 {pace}，现在<b>落后 {gap}</b>。"), **told)
    return format_html(_("要在年底到 {target}%，{month} 月末应达 {pace}，现在已经到了。"), **told)


def _said_of_worst(tally: Tally, rows: tuple[Row, ...]) -> SafeString:
    """Where most of the gap lies, if few places hold much of it."""
    lacking = sorted((row for row in rows if row.tally and row.tally.missing),
                     key=lambda row: -(row.tally.missing if row.tally else 0))  # fmt: skip
    named = lacking[:NAMED_IN_LEAD]
    held = sum(row.tally.missing for row in named if row.tally)
    if len(lacking) <= 1 or held * 3 < tally.missing:
        return SafeString("")
    share = rules.percent(Ratio(held, tally.missing), 0)
    names = _("和").join(row.name for row in named)
    if len(lacking) == len(named):
        return format_html(_("缺口都在<b>{names}</b>。"), names=names)
    return format_html(_("缺口的 {share}% 在<b>{names}</b>。"), names=names, share=share)


def _lead_of_community(figures: PlaceFigures, tally: Tally) -> SafeString:
    if not tally.communities and figures.view == View.AS_WAS:
        return format_html("{}", _("这个月里已经撤销或划出：在这里做过的，仍计入原来的乡镇和县；配备率不再算它。"))
    month = formats.month(figures.month.first_day) if figures.month else ""
    done = formats.hours(tally.minutes)
    if not tally.pairs and tally.covered:
        return format_html(
            "{}", _("这里有法律顾问，聘任还在原来的县（区）的账上，到点时长也计在那里；数据移交以后计在这里。")
        )
    if not tally.pairs:
        return format_html(_("{month}这里<b>没有法律顾问</b>，所以没有到点时长可比。"), month=month)
    owed = formats.hours(tally.required_minutes)
    if tally.met == tally.pairs:
        return format_html(_("{month}顾问到点 {done}，应达 {owed}，<b>已达标</b>。"), month=month, done=done, owed=owed)
    return format_html(_("{month}顾问到点 {done}，应达 {owed}，<b>还没达标</b>。"), month=month, done=done, owed=owed)


def _rows_title(figures: PlaceFigures) -> str:
    return _("各社区和村") if figures.place.level == Level.STREET else _("谁落后，谁在追")


def _rows_note(figures: PlaceFigures, aim: Aim | None, child_label: str) -> str:
    told = {"n": formats.number(len(figures.children)), "level": child_label}
    if figures.place.level == Level.STREET:
        return _("%(n)s 个，没有顾问的排在前面；点名字看到访记录") % told
    return _("%(n)s 个%(level)s，从落后的排起；竖线是目标，空心线是本月应达") % told if aim else ""


def _aim_text(figures: PlaceFigures, aim: Aim | None) -> str:
    if aim is None or figures.month is None:
        return ""
    return _("从年初 %(start)s%% 匀速到年底 %(target)s%%，%(month)s 月末应达 %(pace)s") % {
        "start": aim.start, "target": aim.target, "month": figures.month.month,
        "pace": formats.percent(rules.rounded(aim.pace)),
    }  # fmt: skip


def _hours_text(figures: PlaceFigures, month: Month) -> str:
    hours = parameters.value(HOURS_A_MONTH, node_id=figures.place.id, on=month.first_day)
    return _("每名顾问每月在每个社区至少 %(n)s 小时，月中到任的按天折算；一份聘任达到应达时长算达标") % {"n": hours}


def _lectures_text(figures: PlaceFigures, month: Month) -> str:
    wanted = _lectures_a_quarter(figures, month)
    return _("每个社区每季度至少 %(n)s 场，讲座也算一次到访") % {"n": wanted} if wanted else _("讲座也算一次到访")


def _lectures_a_quarter(figures: PlaceFigures, month: Month) -> int:
    """The figure in force on the first of the quarter holds for the whole of it."""
    return parameters.value(LECTURES_A_QUARTER, node_id=figures.place.id, on=month.quarter[0].first_day)


def _reported_text(figures: PlaceFigures) -> str:
    if figures.expected < 2:
        return ""
    told = {"expected": figures.expected, "reported": figures.reported}
    return _("%(expected)s 个县（区）应发布，%(reported)s 个已发布；没有发布的不当作 0") % told


# ---- the band of figures --------------------------------------------------------------------------------------------


def _band(figures: PlaceFigures, aim: Aim | None) -> Iterable[Figure]:
    tally = figures.tally
    if tally is None or aim is None:
        return
    running = bool(figures.published and figures.published.edition == 0)
    if figures.place.level == Level.COMMUNITY:
        yield _has_adviser(tally, figures.view)
        yield _hours_of_community(figures, tally, running=running)
    else:
        yield _coverage(figures, tally, aim)
        yield _hours(figures, tally, running=running)
    yield _visits(figures, tally)
    yield _lectures(figures, tally)
    if figures.place.level != Level.COMMUNITY:
        yield _missing(figures, tally)


def _percent_text(ratio: Ratio) -> str:
    value = rules.percent(ratio)
    return "" if value is None else formats.number(value, 1)


def _trend(figures: PlaceFigures, of: Any) -> tuple[float, ...]:
    values = [of(each.tally) for each in figures.series]
    return tuple(float(value) for value in values if value is not None)


def _coverage(figures: PlaceFigures, tally: Tally, aim: Aim) -> Figure:
    rural = Ratio(tally.covered - tally.urban_covered, tally.communities - tally.urban)
    return Figure(
        name=_("顾问配备率"), value=_percent_text(tally.coverage), unit="%", none=_("没有社区"),
        state=STATES[aim.state(tally.coverage)], state_text=state_words(tally.coverage, aim),
        bullet=aim.bullet(tally.coverage, aim.floor([tally.coverage])),
        facts=(
            Fact(label=_("年底目标"), value=f"{aim.target}%"),
            Fact(label=_("本月应达"), value=formats.percent(rules.rounded(aim.pace))),
            Fact(label=_("城镇"), value=_share_words(Ratio(tally.urban_covered, tally.urban))),
            Fact(label=_("农村"), value=_share_words(rural)),
        ),
        trend=_trend(figures, lambda each: rules.percent(each.coverage, 2)),
    )  # fmt: skip


def _share_words(ratio: Ratio) -> str:
    value = rules.percent(ratio)
    return _("没有社区") if value is None else formats.percent(value)


def _hours_state(figures: PlaceFigures, tally: Tally, *, running: bool) -> tuple[State, str]:
    if not tally.pairs:
        return State.IDLE, _("本月没有聘任")
    if tally.met == tally.pairs:
        return State.OK, _("全部达标")
    if running:
        return State.INFO, _("本月未完")
    target = parameters.value(rules.HOURS_TARGET, node_id=figures.place.id, on=on_of(figures))
    state = rules.target_state(tally.hours_met, aim=Fraction(target), floor=0)
    return STATES[state], _("%(n)s 份没有达标") % {"n": formats.number(tally.pairs - tally.met)}


def _hours(figures: PlaceFigures, tally: Tally, *, running: bool) -> Figure:
    state, words = _hours_state(figures, tally, running=running)
    value = rules.percent(tally.hours_met)
    return Figure(
        name=_("到点时长达标率"), value=_percent_text(tally.hours_met), unit="%", none=_("没有聘任"), state=state,
        state_text=words, bullet=None if value is None else Bullet(value=float(value), target=100.0, state=state),
        facts=(
            Fact(label=_("达标"), value=_("%(met)s / %(all)s 份聘任") % {
                "met": formats.number(tally.met), "all": formats.number(tally.pairs)}),
            Fact(label=_("实际到点"), value=_whole_hours(tally.minutes)),
            Fact(label=_("应达"), value=_whole_hours(tally.required_minutes)),
        ),
        trend=_trend(figures, lambda each: rules.percent(each.hours_met, 2)),
    )  # fmt: skip


def _whole_hours(minutes: int) -> str:
    return _("%(n)s 小时") % {"n": formats.number(Decimal(minutes) / 60, 0 if minutes >= 6000 else 1)}


def _visits(figures: PlaceFigures, tally: Tally) -> Figure:
    each = rules.rounded(Fraction(tally.visits, tally.communities)) if tally.communities else None
    length = formats.hours(int(rules.rounded(Fraction(tally.minutes, tally.visits), 0))) if tally.visits else ""
    facts = [Fact(label=_("平均每次"), value=length)] if length else []
    if figures.place.level != Level.COMMUNITY and each is not None:
        facts.append(Fact(label=_("每个社区"), value=_("%(n)s 次") % {"n": formats.number(each, 1)}))
    return Figure(
        name=_("到访"), value=formats.number(tally.visits), unit=_("次"),
        facts=(*facts, *_against_before(figures, "visits")), trend=_trend(figures, lambda each: each.visits),
    )  # fmt: skip


def _against_before(figures: PlaceFigures, name: str) -> tuple[Fact, ...]:
    before = _month_before(figures)
    return (Fact(label=_("上月"), value=formats.number(getattr(before, name))),) if before else ()


def _month_before(figures: PlaceFigures) -> Tally | None:
    if figures.month is None:
        return None
    wanted = figures.month.plus(-1)
    return next((each.tally for each in figures.series if each.month == wanted), None)


def _lectures(figures: PlaceFigures, tally: Tally) -> Figure:
    assert figures.month is not None
    so_far = len(rules.months_of_quarter_so_far(figures.month))
    wanted = tally.communities * _lectures_a_quarter(figures, figures.month)
    done = Ratio(figures.quarter_lectures, wanted)
    value = rules.percent(done)
    # One place owes one lecture, not a third of one a month: its quarter is judged at its end.
    due = Fraction(100 * so_far, 3) if figures.place.level != Level.COMMUNITY or so_far == 3 else None
    state, words = _lectures_state(done, due)
    bullet = None if value is None else Bullet(value=min(float(value), 100.0), target=100.0, state=state,
                                               pace=None if due is None else float(rules.rounded(due)))  # fmt: skip
    return Figure(
        name=_("讲座"), value=formats.number(tally.lectures), unit=_("场"), state=state, state_text=words, bullet=bullet,
        facts=(
            Fact(label=_("本季已办"), value=_("%(n)s 场") % {"n": formats.number(figures.quarter_lectures)}),
            Fact(label=_("本季应办"), value=_("%(n)s 场") % {"n": formats.number(wanted)}),
        ),
        trend=_trend(figures, lambda each: each.lectures),
    )  # fmt: skip


def _lectures_state(done: Ratio, due: Fraction | None) -> tuple[State | None, str]:
    state = rules.target_state(done, aim=Fraction(100) if due is None else due, floor=0)
    if state == TargetState.NONE:
        return None, ""
    if state == TargetState.OK:
        return State.OK, _("赶得上本季") if done.part < done.whole else _("本季已办够")
    return (State.INFO, _("本季还没办")) if due is None else (STATES[state], _("本季落后"))


def _missing(figures: PlaceFigures, tally: Tally) -> Figure:
    urban = tally.urban - tally.urban_covered
    before = _month_before(figures)
    facts = [
        Fact(label=_("城镇"), value=formats.number(urban)),
        Fact(label=_("农村"), value=formats.number(tally.missing - urban)),
    ]
    if before is not None:
        facts.append(Fact(label=_("上月还差"), value=formats.number(before.missing)))
    return Figure(
        name=_("还差"), value=formats.number(tally.missing), unit=_("个社区"),
        state=State.OK if not tally.missing else None, state_text=_("已配齐") if not tally.missing else "",
        facts=tuple(facts), trend=_trend(figures, lambda each: each.missing),
    )  # fmt: skip


def _has_adviser(tally: Tally, view: View) -> Figure:
    there = tally.covered > 0
    state, words = (TargetState.OK, _("已配备")) if there else (TargetState.ACT, _("空缺"))
    if not tally.communities:
        state, words = _adviser_state(tally, view)
    return Figure(
        name=_("法律顾问"), value=_("有") if there else _("没有"), state=STATES[state], state_text=words,
        facts=(Fact(label=_("本月聘任"), value=_("%(n)s 份") % {"n": tally.pairs}),),
    )  # fmt: skip


def _hours_of_community(figures: PlaceFigures, tally: Tally, *, running: bool) -> Figure:
    state, words = _hours_state(figures, tally, running=running)
    share = Ratio(tally.minutes, tally.required_minutes)
    value = rules.percent(share)
    return Figure(
        name=_("到点时长"), value=formats.number(Decimal(tally.minutes) / 60, 1), unit=_("小时"), state=state,
        state_text=words,
        bullet=None if value is None else Bullet(value=min(float(value), 100.0), target=100.0, state=state),
        facts=(
            Fact(label=_("应达"), value=_whole_hours(tally.required_minutes)),
            Fact(label=_("达标"), value=_("%(met)s / %(all)s 份聘任") % {"met": tally.met, "all": tally.pairs}),
        ),
    )  # fmt: skip


# ---- tables ---------------------------------------------------------------------------------------------------------


def _row(child: PlaceTally, rank: int | None, figures: PlaceFigures, aim: Aim | None, floor: int) -> Row:
    tally, month = child.tally, figures.month
    url = address(child.place, month, figures.view)
    before = child.at(month.plus(-1)) if month else None
    if tally is None or aim is None:
        return Row(
            rank=None, name=child.place.name, level=int(child.place.level), url=url, tally=None,
            coverage=None, bullet=None, hours_met=None, change=None, state=State.IDLE, state_text=_("没有发布"),
            css="is-off",
        )  # fmt: skip
    state = aim.state(tally.coverage)
    words = state_words(tally.coverage, aim)
    if child.place.level == Level.COMMUNITY:
        state, words = _adviser_state(tally, figures.view)
    return Row(
        rank=rank, name=child.place.name, level=int(child.place.level), url=url, tally=tally,
        coverage=rules.percent(tally.coverage), bullet=aim.bullet(tally.coverage, floor),
        hours_met=rules.percent(tally.hours_met), change=tally.covered - before.covered if before else None,
        state=STATES[state], state_text=words, css="is-act" if state == TargetState.ACT else "",
    )  # fmt: skip


def _whole(own: PlaceTally, figures: PlaceFigures, aim: Aim | None, floor: int) -> Row | None:
    """The last line of the table: the place itself, under another name."""
    if own.tally is None:
        return None
    row = replace(_row(own, None, figures, aim, floor), name=_("合计"))
    if own.place.level == Level.STREET:
        has, every = formats.number(own.tally.covered), formats.number(own.tally.communities)
        return replace(row, state_text=f"{has} / {every}")
    return row


def _adviser_state(tally: Tally, view: View) -> tuple[TargetState, str]:
    """Of one community. One that ended within the month, or has a part of another's counts alone, lacks no adviser."""
    if not tally.communities:
        return TargetState.NONE, _("当月已撤销或划出") if view == View.AS_WAS else _("不计个数")
    return (TargetState.OK, _("有顾问")) if tally.covered else (TargetState.ACT, _("没有顾问"))


def _history(figures: PlaceFigures) -> Iterable[MonthRow]:
    for each in reversed(figures.series):
        yield MonthRow(
            label=formats.month(each.month.first_day), url=address(figures.place, each.month, figures.view),
            here=each.month == figures.month, coverage=rules.percent(each.tally.coverage),
            hours_met=rules.percent(each.tally.hours_met), visits=each.tally.visits,
        )  # fmt: skip


def _matrix(figures: PlaceFigures, aim: Aim | None, rows: tuple[Row, ...]) -> Matrix | None:
    """Streets × months, where there are no outlines to colour. One month alone says nothing."""
    if aim is None or not figures.place.is_county_body:
        return None
    months = [each.month for each in figures.series][-MONTHS_IN_MATRIX:]
    if len(months) < 2:
        return None
    children = {address(child.place, figures.month, figures.view): child for child in figures.children}
    made = tuple((row, tuple(_cell(children[row.url].at(month)) for month in months)) for row in rows)
    return Matrix(
        caption=_("各地每月到点时长达标率，%"), months=tuple(_short_month(month) for month in months), rows=made,
    )  # fmt: skip


def _short_month(month: Month) -> str:
    return _("%(n)s月") % {"n": month.month}


def _cell(tally: Tally | None) -> Cell:
    value = rules.percent(tally.hours_met, 0) if tally else None
    if tally is None or value is None:
        return Cell(text="", shade="")
    return Cell(text=formats.number(value), shade=shade_of_hours(tally.hours_met))


def shade_of_hours(ratio: Ratio) -> str:
    if not ratio.exists:
        return ""
    for limit, shade in ((50, "d1"), (70, "d2"), (90, "d3"), (100, "d5")):
        if ratio.part * 100 < ratio.whole * limit:
            return shade
    return "d7"
