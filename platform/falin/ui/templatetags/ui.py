"""Place of the components as template tags. How each is used, in all its states, is shown on the style page."""

import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.forms import BaseForm, BoundField
from django.forms.widgets import (
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    HiddenInput,
    PasswordInput,
    RadioSelect,
)
from django.http import HttpRequest
from django.templatetags.static import PrefixNode
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from falin.kernel import crypto, formats
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from falin.ui import days, icons, tables
from falin.ui.figures import Bullet, Figure, MapPoint, MapRow, State
from falin.ui.pointing import Drawing
from falin.ui.tables import Column, Shown
from falin.ui.undo import Undo, read_undo
from falin.ui.widgets import DayInput

register = template.Library()


# ---------------------------------------------------------------- small signs


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon from the sheet: `{% icon "phone" %}`, `{% icon "right" "f-i--end" %}`."""
    return icons.drawn(name, f"f-i {css}".strip())


@register.simple_tag
def level_mark(number: int) -> SafeString:
    """The five strokes, the one of this level dark."""
    return icons.level(int(number))


@register.simple_tag
def status(kind: str, text: object, css: str = "") -> SafeString:
    """Shape + colour + words: `{% status "watch" "还差半小时" %}`. Kinds: ok, watch, act, info, idle."""
    state = State(kind)
    shape = icons.drawn(f"s-{state.value}", "f-shape")
    return format_html(
        '<span class="f-tag f-tag--{}{}">{}{}</span>', state.value, f" {css}" if css else "", shape, text
    )


@register.simple_tag
def asset(path: str) -> str:
    """The address of a built file; never raises, so that a page about an error cannot fail on its own style sheet."""
    try:
        return str(staticfiles_storage.url(path))
    except (ValueError, AttributeError):
        return f"{PrefixNode.handle_simple('STATIC_URL')}{path}"


@register.simple_tag
def address(name: str) -> str:
    """The address of a named view, or nothing where this installation has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def form_keys(context: template.Context, once: bool = True) -> SafeString:  # noqa: FBT001, FBT002 -- a tag's argument
    """
    What every form of a signed-in person carries unseen: the form token, the role he saw himself act in, and a key.

    Sent twice, the same key gets the first answer; ``once=False`` where the answer must not be kept (a password).
    """
    request: HttpRequest = context["request"]
    hat = getattr(getattr(request, "scope", None), "hat", "")
    hidden = [("csrfmiddlewaretoken", str(context.get("csrf_token", ""))), ("_hat", hat)]
    if once:
        hidden.append(("_once", request.POST.get("_once") or uuid4().hex))
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', hidden)


@register.simple_tag(takes_context=True)
def draft(context: template.Context, name: str, of: object = "", step: str = "") -> SafeString:
    """
    A form whose half-written input stays on this device: `<form {% draft "visit" visit.id %}>`; the page brings the rest along.

    Sealed fields are never kept (`widgets.SEALED`). Where a form is read again before it is done, `step="checked"` stands at
    what is sent then, and `step="done"` where the answer is no other page. The key it is sealed by is the person's and stands
    on the page alone (decision 32); where nobody is signed in, none is kept.
    """
    scope = getattr(context["request"], "scope", None)
    if scope is None:
        return mark_safe("")
    context["request"].keeps_draft = True
    key = crypto.blind_index(str(scope.person_id), tenant=PUBLIC_SCHEMA, purpose="person.draft")
    full = f"{name}-{of}" if of != "" else name
    last = format_html(' data-draft-step="{}"', step) if step else ""
    return format_html('data-draft="{}" data-draft-key="{}"{}', full, b64encode(_masked(key)).decode(), last)


def _masked(secret: bytes) -> bytes:
    """A mask and the secret under it: what stays the same for a person stands anew on each compressed page (decision 71)."""
    mask = secrets.token_bytes(len(secret))
    return mask + bytes(one ^ other for one, other in zip(mask, secret, strict=True))


# ---------------------------------------------------------------- filters


def _or_none(value: object) -> str | None:
    return formats.none() if value is None or value == "" else None


@register.filter
def undo_of(carried: str) -> Undo | None:
    """The way to undo that a message carries."""
    return read_undo(carried or "")


@register.filter
def cn_date(value: date | datetime | None) -> str:
    """2026年11月22日."""
    return _or_none(value) or formats.day(value)  # type: ignore[arg-type]


@register.filter
def cn_day(value: date | datetime | None) -> str:
    """11月22日."""
    return _or_none(value) or formats.short_day(value)  # type: ignore[arg-type]


@register.filter
def cn_month(value: date | datetime | None) -> str:
    """2026年11月."""
    return _or_none(value) or formats.month(value)  # type: ignore[arg-type]


@register.filter
def cn_moment(value: datetime | None) -> str:
    """2026年11月22日 09:05."""
    return _or_none(value) or formats.moment(value)  # type: ignore[arg-type]


@register.filter
def cn_weekdays(days: Iterable[int]) -> str:
    """周二、周四, from 2 and 4."""
    return formats.weekdays(days)


@register.filter
def hours(minutes: int | None) -> str:
    """2 小时 30 分, from minutes."""
    return _or_none(minutes) or formats.hours(int(minutes or 0))


@register.filter
def percent(value: float | Decimal | None, places: int = 1) -> str:
    """98.4%, from 98.4."""
    return _or_none(value) or formats.percent(value, places)  # type: ignore[arg-type]


@register.filter
def yuan(fen: int | None) -> str:
    """¥1,234.50, from fen."""
    return _or_none(fen) or formats.yuan(int(fen or 0))


@register.filter
def number(value: float | Decimal | None, places: int = 0) -> str:
    """25,547. What is not a number comes back as it is."""
    if value is None or value == "":
        return formats.none()
    return formats.number(value, places) if formats.is_number(value) else str(value)


@register.filter
def grouped(number: str) -> SafeString:
    """A telephone or identity number in clear, in groups and on one line: `{{ account.phone|grouped }}`."""
    return format_html('<span class="f-nw">{}</span>', formats.grouped(number))


@register.filter
def initial(name: str) -> str:
    """The first character of a name, for the round sign beside it."""
    return str(name)[:1]


# ---------------------------------------------------------------- forms


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, HiddenInput):
        return "hidden"
    if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        return "options"
    if isinstance(widget, CheckboxInput):
        return "tick"
    return "file" if isinstance(widget, FileInput) else "plain"


def _described(bound: BoundField) -> str:
    ids = [f"{bound.auto_id}_day"] if isinstance(bound.field.widget, DayInput) else []
    if bound.help_text:
        ids.append(f"{bound.auto_id}_hint")
    if bound.errors:
        ids.append(f"{bound.auto_id}_error")
    return " ".join(ids)


def _attributes(bound: BoundField, kind: str, width: str) -> dict[str, Any]:
    attrs: dict[str, Any] = {}
    if kind in {"plain", "file"}:
        own = bound.field.widget.attrs.get("class", "")
        attrs["class"] = " ".join(part for part in ("f-in", f"f-in--w{width}" if width else "", own) if part)
    if bound.field.widget.attrs.get("autocomplete") == "new-password":
        attrs["pattern"] = ".{15,}"  # so that the style sheet can say when it is long enough
    if described := _described(bound):
        attrs["aria-describedby"] = described
    if bound.errors and kind in {"plain", "file", "tick"}:
        attrs["aria-invalid"] = "true"
    return attrs


def _day(bound: BoundField) -> dict[str, str]:
    return {"said": days.said(bound.value()), "exceptions": days.exceptions(), "free": days.free()}


@register.inclusion_tag("ui/parts/field.html")
def field(bound: BoundField, width: str = "", suffix: str = "", look: str = "") -> dict[str, Any]:
    """A form field: label, hint, fault and control, tied together.

    `width` 6, 10, 14 or 20; `suffix` a unit behind the control; `look="seg"` shows radios side by side for the thumb,
    `look="row"` in one line.
    """
    kind = _kind(bound)
    attrs = _attributes(bound, kind, str(width))
    control: SafeString | None = None
    options: list[Any] = []
    if kind == "options":
        options = list(bound.subwidgets)
    else:
        control = bound.as_widget(attrs=attrs)
    return {
        "bound": bound,
        "kind": kind,
        "look": look,
        "suffix": suffix,
        "control": control,
        "options": options,
        "described": attrs.get("aria-describedby", ""),
        "secret": isinstance(bound.field.widget, PasswordInput),
        "fresh": "pattern" in attrs,
        "optional": not bound.field.required and kind != "tick",
        "day": _day(bound) if isinstance(bound.field.widget, DayInput) else None,
    }


def _anchor(bound: BoundField) -> str:
    return f"{bound.auto_id}_0" if _kind(bound) == "options" else str(bound.auto_id)


def _named(bound: BoundField, text: str) -> str:
    """The fault with its field's name before it, unless the sentence already names it."""
    return text if str(bound.label) in text else f"{bound.label}：{text}"


@register.inclusion_tag("ui/parts/error_summary.html")
def error_summary(*forms: BaseForm) -> dict[str, Any]:
    """What must be mended, on top of the page, each line leading to its field. Silent where nothing is wrong."""
    faults: list[tuple[str, str]] = []
    for form in forms:
        if not form.is_bound:
            continue
        faults += [("", str(text)) for text in form.non_field_errors()]
        faults += [(_anchor(bound), _named(bound, str(text))) for bound in form for text in bound.errors]
    return {"faults": faults}


# ---------------------------------------------------------------- bars and figures


def _place(value: float, bullet: Bullet) -> float:
    length = bullet.high - bullet.floor
    share = (value - bullet.floor) / length * 100 if length else 0.0
    return round(min(max(share, 0.0), 100.0), 2)


def _bar_class(bullet: Bullet) -> str:
    """Behind the pace (or the target, where no pace is set): ochre. By more than a fifth of the way: vermilion."""
    if bullet.state is not None:
        return {State.WATCH: "behind", State.ACT: "far"}.get(bullet.state, "")
    aim = bullet.pace if bullet.pace is not None else bullet.target
    if aim is None or bullet.value >= aim:
        return ""
    return "far" if aim - bullet.value > (aim - bullet.low) / 5 else "behind"


def _bar_words(bullet: Bullet) -> str:
    words = [f"{bullet.value:g}{bullet.unit}"]
    if bullet.pace is not None:
        words.append(_("本月应达 %(pace)s") % {"pace": f"{bullet.pace:g}{bullet.unit}"})
    if bullet.target is not None:
        words.append(_("目标 %(target)s") % {"target": f"{bullet.target:g}{bullet.unit}"})
    return "，".join(words)


def draw_bullet(bullet: Bullet, css: str = "") -> SafeString:
    """The bar as SVG: value, pace as a hollow notch, target as a stroke of ink; on a scale from elsewhere a point, no bar."""
    state, end = _bar_class(bullet), _place(bullet.value, bullet)
    ground = '<rect class="bg" width="100%" y="20%" height="60%"/>'
    value = f'<rect class="v" width="{end}%" y="20%" height="60%"/>'
    if bullet.floor:
        ground = '<line class="s" x1="0" x2="100%" y1="50%" y2="50%"/>'
        value = f'<circle class="v" cx="{end}%" cy="50%" r=".4em"/>'
    marks = ""
    if bullet.pace is not None:
        at = _place(bullet.pace, bullet)
        marks += f'<line class="p0" x1="{at}%" x2="{at}%" y1="10%" y2="90%"/>'
        marks += f'<line class="p1" x1="{at}%" x2="{at}%" y1="17%" y2="83%"/>'
    if bullet.target is not None:
        at = _place(bullet.target, bullet)
        marks += f'<line class="t" x1="{at}%" x2="{at}%" y1="0" y2="100%"/>'
    parts = (
        (ground, marks, value) if bullet.floor else (ground, value, marks)
    )  # a point stands before what it is held to
    return format_html(
        '<svg class="f-bul{}{}" role="img" aria-label="{}">{}</svg>',
        f" f-bul--{state}" if state else "",
        f" {css}" if css else "",
        _bar_words(bullet),
        mark_safe("".join(parts)),  # noqa: S308  numbers only
    )


@register.simple_tag
def bullet(
    value: float | Bullet | None,
    target: float | None = None,
    pace: float | None = None,
    low: float = 0.0,
    high: float = 100.0,
    unit: str = "%",
    css: str = "f-bul--sm",
) -> SafeString | str:
    """`{% bullet 96.5 100 98.9 low=90 %}`, `{% bullet row.bullet %}`: a small bar for a table. No value: a word."""
    if value is None:
        return formats.none()
    if isinstance(value, Bullet):
        return draw_bullet(value, css)
    return draw_bullet(Bullet(value=float(value), target=target, pace=pace, low=low, high=high, unit=unit), css)


@register.simple_tag
def progress(share: float, words: str = "") -> SafeString:
    """How far a long job is: `{% progress 62 "已处理 3,120 行，共 5,000 行" %}`, share in percent."""
    part = round(min(max(float(share), 0.0), 100.0), 1)
    return format_html(
        '<svg class="f-prog" role="img" aria-label="{}"><rect class="bg" width="100%" height="100%"/>'
        '<rect class="v" width="{}%" height="100%"/></svg>',
        words or f"{part:g}%",
        part,
    )


@register.simple_tag
def spark(values: Sequence[float], target: float | None = None) -> SafeString:
    """The course of a figure as a thin line; silent, the table has the numbers."""
    points = [float(v) for v in values]
    if len(points) < 2:
        return SafeString("")
    every = [*points, float(target)] if target is not None else points
    low, high = min(every), max(every)
    span = (high - low) or 1.0
    step = 100 / (len(points) - 1)
    path = "L".join(f"{i * step:.1f} {30 - (v - low) / span * 28:.1f}" for i, v in enumerate(points))
    aim = "" if target is None else f'<path class="t" d="M0 {30 - (float(target) - low) / span * 28:.1f}h100"/>'
    return mark_safe(  # noqa: S308  numbers only
        '<svg class="f-spark" viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'{aim}<path class="l" d="M{path}"/></svg>'
    )


@register.inclusion_tag("ui/parts/figure.html", name="figure")
def figure_tag(figure: Figure) -> dict[str, Any]:
    """One figure of a band: number, state, bar, lines, who set the target."""
    bar = draw_bullet(figure.bullet) if figure.bullet else ""
    return {"figure": figure, "bar": bar, "none": figure.none or formats.none()}


@register.inclusion_tag("ui/parts/figures.html")
def figures(all_figures: Iterable[Figure]) -> dict[str, Any]:
    """A band of two to five figures under one thick-and-thin rule."""
    made = list(all_figures)
    return {"figures": made, "count": len(made)}


# ---------------------------------------------------------------- tables


@register.inclusion_tag("ui/parts/pager.html")
def pager(page: object, label: str = "") -> dict[str, Any]:
    """Turning pages by key; `page` has `shown`, `previous_url`, `next_url` (see `falin.ui.figures.Pager`).

    `label` tells several of them on one page apart for a screen reader.
    """
    return {"page": page, "label": label or _("翻页")}


@register.simple_tag(takes_context=True)
def sort_header(
    context: Mapping[str, Any], key: str, label: str, *, numeric: bool = False, default: str = "", first: bool = False
) -> SafeString:
    """A head cell whose words sort the table: `{% sort_header "hours" "本月到点" numeric=True default="-hours" %}`.

    The order lives in the address (`?sort=hours`, `?sort=-hours`); `default` says which holds when none is named. On a
    phone, where rows are cards, the heads that sort stand above them in a line; `first` is the one the line begins with.
    """
    request: HttpRequest = context["request"]
    return _sorting_head(request, Column(key=key, label=label, value=str, numeric=numeric),
                         sort=request.GET.get(tables.SORT, default), first=first)  # fmt: skip


def _sorting_head(request: HttpRequest, column: Column, *, sort: str, first: bool) -> SafeString:
    order = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "")
    return format_html(
        '<th scope="col" class="{}f-sorts"{}{}><a class="f-sort" href="{}">{}'
        '<svg viewBox="0 0 10 14" aria-hidden="true" focusable="false"><path class="u" d="M5 0l4.500 6h-9z"/>'
        '<path class="d" d="M5 14 .5 8h9z"/></svg></a></th>',
        "n " if column.numeric else "",
        format_html(' data-label="{}"', _("排序")) if first else "",
        format_html(' aria-sort="{}"', order) if order else "",
        tables.turned(request.GET, sort=f"-{column.key}" if order == "ascending" else column.key),
        column.label,
    )


@register.simple_tag(takes_context=True)
def saved_views(context: Mapping[str, Any], page: str) -> SafeString:
    """The way to the views kept of a list, with the filters that stand in the address: ``{% saved_views "advisers" %}``."""
    request: HttpRequest = context["request"]
    try:
        where = reverse("desk:views", args=[page])
    except NoReverseMatch:
        return SafeString("")
    query = request.GET.urlencode()
    return format_html(
        '<a class="f-btn" href="{}{}">{}{}</a>', where, f"?{query}" if query else "", icon("star"), _("常用视图")
    )


@register.simple_tag(takes_context=True)
def history_of(
    context: Mapping[str, Any], kind: str, thing: object, at: int | None = None, css: str = "f-btn f-btn--quiet"
) -> SafeString:
    """
    The quiet way to what was booked of a thing: `{% history_of "adviser" adviser.id %}`; nothing for who may not read it.

    `at` the place where it lies, on pages that also show what lies beyond the reader's places: its history is not his.
    """
    scope: Scope | None = getattr(context["request"], "scope", None)
    if scope is None or not scope.may("history.read") or (at is not None and not scope.sees(at)):
        return SafeString("")
    try:
        where = reverse("portal:history-of", args=[kind, thing])
    except NoReverseMatch:
        return SafeString("")
    return format_html('<a class="{}" href="{}">{}{}</a>', css, where, icon("history"), _("操作记录"))


@register.simple_tag(takes_context=True)
def heads(context: Mapping[str, Any], shown: Shown) -> SafeString:
    """The head of a declared list, as far as its columns are shown, with the ways to sort it: `{% heads table %}`."""
    plain = '<th scope="col"{}>{}</th>'
    sort = shown.sort or shown.table.order
    first = next((column for column in shown.heads if column.sorts), None)
    return format_html_join("", "{}", (
        (_sorting_head(context["request"], column, sort=sort, first=column is first) if column.sorts
         else format_html(plain, mark_safe(' class="n"') if column.numeric else "", column.label),)
        for column in shown.heads
    ))  # fmt: skip


@register.simple_tag(takes_context=True)
def kept_look(context: Mapping[str, Any]) -> SafeString:
    """Carries the chosen columns and the order of a list through a form of its filters."""
    request: HttpRequest = context["request"]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', (
        (name, one) for name in (tables.CHOSEN, tables.SORT) for one in request.GET.getlist(name) if one
    ))  # fmt: skip


@register.inclusion_tag("ui/parts/table_tools.html", takes_context=True)
def table_tools(context: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """What goes with a declared list: which columns it shows, and the way to take it along: `{% table_tools table %}`."""
    request: HttpRequest = context["request"]
    scope = getattr(request, "scope", None)
    try:
        export = reverse("portal:list-export", args=[shown.table.name])
    except NoReverseMatch:
        export = ""
    if scope is None or not scope.may(shown.table.export):
        export = ""
    query = request.GET.urlencode()
    asked = [(name, one) for name, values in request.GET.lists() for one in values if name != tables.CHOSEN]
    return {
        "request": request, "shown": shown, "export": f"{export}?{query}" if export and query else export,
        "choices": [(column, shown.has[column.key]) for column in shown.table.columns[1:]], "asked": asked,
        "name": tables.CHOSEN,
    }  # fmt: skip


TILES_ACROSS = 15


@register.simple_tag
def tiles(covered: int, ending: int, vacant: int, label: str) -> SafeString:
    """
    One square a community, those without at the end: `{% tiles 26 2 3 "双浦镇 31 个社区，3 个没有顾问……" %}`.

    A kind is one path whose dashes are its squares, so that six hundred weigh what six do.
    """
    drawn, first = [], 0
    for kind, count in (("full", covered), ("soon", ending), ("none", vacant)):
        if count:
            drawn.append((_tiles_of(kind, _rows_of_tiles(first, first + count)),))
        first += count
    rows = -(-first // TILES_ACROSS)
    return format_html(
        '<svg class="f-tiles__b" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        TILES_ACROSS * 16 - 2, max(rows * 16 - 2, 0), label, format_html_join("", "{}", drawn),
    )  # fmt: skip


@register.simple_tag
def tile(kind: str) -> SafeString:
    """One square for the legend: `{% tile "soon" %}`; full, soon or none."""
    return format_html(
        '<svg class="f-tile" viewBox="0 0 14 14" aria-hidden="true">{}</svg>', _tiles_of(kind, "M0 7h14")
    )


def _tiles_of(kind: str, path: str) -> SafeString:
    """The squares, and what is cut out of them again, so that a kind is told by its shape too."""
    cut = "" if kind == "full" else format_html('<path class="cut" d="{}"/>', path)
    return format_html('<g class="{}"><path d="{}"/>{}</g>', kind, path, cut)


def _rows_of_tiles(first: int, end: int) -> str:
    """Squares of 14 with 2 between them; the numbers fall row by row."""
    strokes = []
    for row in range(first // TILES_ACROSS, -(-end // TILES_ACROSS)):
        start, stop = max(first, row * TILES_ACROSS), min(end, (row + 1) * TILES_ACROSS)
        strokes.append(f"M{start % TILES_ACROSS * 16} {row * 16 + 7}h{(stop - start) * 16 - 2}")
    return "".join(strokes)


@register.inclusion_tag("ui/parts/empty.html")
def empty(sentence: str, url: str = "", label: str = "", more: str = "", sign: str = "box") -> dict[str, Any]:
    """Nothing here yet, and what to do next: `{% empty "还没有顾问" url "登记第一名" more="先从律所名册导入。" %}`."""
    return {"sentence": sentence, "url": url, "label": label, "more": more, "sign": sign}


# ---------------------------------------------------------------- maps


def _map_labels(geo: Mapping[str, Any], texts: Mapping[str, str]) -> list[tuple[str, Sequence[int], str]]:
    """Names on the map: of the cities; where there is only one, of the counties that have room for theirs."""
    if len(geo["cities"]) > 1:
        return [(city["name"], city["label"], texts.get(city["code"], "")) for city in geo["cities"]]
    return [(county["short"], county["label"], "") for county in geo["counties"] if county["short"]]


@register.inclusion_tag("ui/parts/choropleth.html")
def choropleth(
    geo: Mapping[str, Any] | None,
    rows: Iterable[Any],
    *,
    title: str,
    legend: Iterable[Any] = (),
    cities: Mapping[str, str] | None = None,
    value_label: str = "",
    approval: str = "",
    caption: str = "",
    origin: str = "",
) -> dict[str, Any]:
    """Counties coloured by class, each a link, with the same data as a table below.

    `geo` as `falin.ui.geo.load_geo` gives it (None: only the table stands); `rows` of `falin.ui.figures.MapRow`;
    `legend` of `Shade`; `cities` the text under a city's name by city code; `approval` the map's approval number;
    `origin` place, period and source, which stand in the picture somebody takes away (none: there is no such picture).
    """
    by_code = {row.code: row for row in rows}
    shapes = [(county, by_code.get(county["code"])) for county in geo["counties"]] if geo else []
    labels = _map_labels(geo, cities or {}) if geo else []
    return {
        "geo": geo,
        "title": title,
        "shapes": shapes,
        "labels": labels,
        "rows": list(by_code.values()),
        "legend": list(legend),
        "value_label": value_label or title,
        "approval": approval,
        "caption": caption,
        "origin": origin,
        "demo": settings.DEMO,
    }


@register.inclusion_tag("ui/parts/pointing_map.html")
def pointing_map(
    drawing: Drawing | None, rows: Iterable[MapRow], *, title: str, caption: str = "", points: Iterable[MapPoint] = ()
) -> dict[str, Any]:  # fmt: skip
    """
    A map to choose a place on, and the same choice as a list beside it; without a drawing only the list stands.

    `drawing` as `falin.ui.pointing.draw` gives it; of `rows` (`falin.ui.figures.MapRow`) each leads to its `url`, and says its
    `value` below its name. What has no outline stands in the list alone. `points` lie on top, each a link of its own.
    """
    by_code = {row.code: row for row in rows}
    areas = [(area, by_code[area.code]) for area in drawing.areas] if drawing else []
    numbers = {area.code: area.number for area, _row in areas}
    return {
        "drawing": drawing,
        "areas": areas,
        "rows": [(row, numbers.get(row.code, "")) for row in by_code.values()],
        "points": list(points) if drawing else [],
        "title": title,
        "caption": caption,
    }
