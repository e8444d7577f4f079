"""
Place of the invented content for states of the style page: said and undone, right role and wrong role, long words; and of
the whole pages beside it, which a part cannot show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any, Final

from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from falin.kernel.squares import square_svg
from falin.ui.figures import MapRow
from falin.ui.pointing import Drawing, Outline, draw

LONG_PLACE = "乌鲁木齐县甘沟乡喀什尕尔路与托里乡交界处高山牧场第二居民点社区居民委员会"
LONG_FIRM = "北京市某某某某（杭州、宁波、温州、乌鲁木齐）联合律师事务所西湖分所"
MOMENT = datetime(2026, 11, 22, 1, 5, tzinfo=UTC)

# Whole pages, in the order of the list on the style page: name → what it is called there.
PAGES: Final = {
    "403": _("身份不对：不能看这一页"),
    "refused": _("身份对，这一步不能做"),
    "other_hat": _("身份换过了，没有提交"),
    "elsewhere": _("在另一台服务器上"),
    "moving": _("正在搬，请等几秒"),
    "404": _("没有这一页，或者不是自己的"),
    "400": _("请求看不明白"),
    "500": _("系统出了问题"),
    "503": _("暂时不能办理"),
    "wrong_host": _("没有这个网址"),
    "offline": _("没有网络"),
    "onsite": _("在社区里用手机填"),
    "public": _("居民看的公开页面"),
    "wall": _("大屏"),
}
_REFUSALS: Final = {
    "other_hat": _("您打开这一页时是街道联络员，现在是区司法局的工作专班。"),
    "elsewhere": _("宁波市的工作在另一台服务器上。"),
    "moving": _("西湖区正在搬到另一台服务器，几秒钟就好。"),
}
_OF_THE_STYLE_PAGE: Final = ("onsite", "public", "wall")


def template_of(page: str) -> str:
    return f"ui/style/{page}.html" if page in _OF_THE_STYLE_PAGE else f"ui/{page}.html"


@dataclass(frozen=True, slots=True)
class Said:
    """As Django's messages framework carries it."""

    words: str
    level_tag: str
    extra_tags: str = ""

    def __str__(self) -> str:
        return self.words


_SAID = (
    Said("已停止聘任何叙。", "success", "/style/?adviser=1"),
    Said("已经发出提醒 14 条，2 人没有手机号，没有发到。", "warning"),
    Said("没有办成：这个人已经服务三个社区。", "error"),
    Said(f"已选中{LONG_PLACE}，接下来的数都是这里的。", "info"),
)


def _day(day: date, **given: Any) -> SimpleNamespace:
    plain = {
        "inside": True,
        "today": False,
        "works": day.isoweekday() < 6,
        "made_up": False,
        "holiday": "",
        "entries": (),
    }
    return SimpleNamespace(day=day, weekday=(day.isoweekday(),), **{**plain, **given})


def _entry(words: str, sign: str, begins_at: time | None = None) -> SimpleNamespace:
    return SimpleNamespace(words=words, sign=sign, begins_at=begins_at, url="/style/#f-days")


def days() -> tuple[SimpleNamespace, ...]:
    """Two weeks with every kind of day and of entry."""
    busy = (
        _entry("翠苑一区社区", "done", time(9)),
        _entry("双浦镇湖埠村，讲座：老年人权益保障与民法典", "plan", time(14)),
    )
    kinds: dict[int, dict[str, Any]] = {
        28: {"inside": False}, 1: {"holiday": "国庆节", "works": False}, 5: {"entries": busy},
        6: {"today": True, "entries": (_entry("九月要在今天结账", "due"),)}, 8: {"entries": (_entry("聘任到期 3 份", "ends"),)},
        10: {"made_up": True, "works": True},
    }  # fmt: skip
    whole = [*(date(2026, 9, number) for number in (28, 29, 30)), *(date(2026, 10, number) for number in range(1, 12))]
    return tuple(_day(day, **kinds.get(day.day, {"inside": day.month == 10})) for day in whole)


def comments() -> tuple[SimpleNamespace, ...]:
    """One's own, somebody else's with people told, one that was taken back, and a long one."""
    link = "https://example.cn/" + "a" * 90
    return tuple(
        SimpleNamespace(id=number, name=name, at=MOMENT, text=text, told=told, own=own, taken_back_at=MOMENT if back else None)
        for number, (name, text, told, own, back) in enumerate((
            ("叶明远", "下周二我和他去一趟。", ("何淑兰", "方一诺"), True, False), ("何淑兰", "", (), False, True),
            ("方一诺", f"第一行\n第二行 {link}", (), False, False),
        ), start=1)
    )  # fmt: skip


def areas() -> tuple[Drawing | None, tuple[MapRow, ...]]:
    """A map with a name that has room, one that has none and is numbered, and a place that nobody drew."""

    def ring(west: float, south: float, east: float, north: float) -> dict[str, Any]:
        return {
            "type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
        }

    drawing = draw([
        Outline(code="a", name="双浦镇", shapes=[ring(120.0, 30.0, 120.06, 30.05)]),
        Outline(code="b", name="翠苑街道", shapes=[ring(120.06, 30.0, 120.1, 30.03)]),
        Outline(code="c", name="转塘之江旅游度假区街道", shapes=[ring(120.06, 30.03, 120.1, 30.05)]),
    ])  # fmt: skip
    names = (("a", "双浦镇"), ("b", "翠苑街道"), ("c", "转塘之江旅游度假区街道"), ("d", "还没有画边界的街道"))
    return drawing, tuple(
        MapRow(code=code, name=name, value="12 个社区（村）", url="/style/#f-after") for code, name in names
    )


def page_context(page: str, one_thing: Any, figures: Any, shell: Any) -> dict[str, Any]:
    """What a whole page is told."""
    drawing, rows = areas()
    said = _REFUSALS.get(page, _("只有县（区）专班能做这一步。"))
    refused = SimpleNamespace(message=said, meant="2", address="https://ningbo.example.cn/")
    return {
        "shell": shell, "refused": refused, "sent": (), "host": "xihu.example.cn", "main": "/", "drawing": drawing,
        "areas": rows, "one_thing": one_thing, "figures_shown": figures, "moment": MOMENT, "weekdays": (2, 4),
        "long_place": LONG_PLACE, "long_firm": LONG_FIRM,
        "ranking": ((1, LONG_PLACE, "91.2%", "is-act"), (2, "双浦镇", "96.0%", "is-watch"), (3, "翠苑街道", "100%", "")),
    }  # fmt: skip


def context(one_thing: Any) -> dict[str, Any]:
    """What the sections of states on the style page are told."""

    def who(name: Any, *, acts: bool, second: bool = False, why: Any = "") -> SimpleNamespace:
        shown = SimpleNamespace(table=SimpleNamespace(asks_a_second=second))
        return SimpleNamespace(name=name, acts=acts, why=why, shown=shown, export="/style/" if acts else "")

    columns = tuple((SimpleNamespace(key=key, label=label), key != "firm")
                    for key, label in (("firm", _("律所")), ("hours", _("本月到点")), ("state", _("状态"))))  # fmt: skip
    return {
        "said": _SAID, "one_thing": one_thing, "days": days(), "comments": comments(), "columns": columns,
        "words_running": _("正在做"), "words_waiting": _("排队中"), "words_held": _("等另一个人确认"),
        "words_done": _("做完了"),
        "people": (
            who(_("能办的人"), acts=True),
            who(_("不能办的人"), acts=False, why=_("这一步由县（区）专班办。您可以看，不能改。")),
            who(_("要另一个人确认的"), acts=True, second=True),
        ),
        "whole_pages": PAGES.items(), "long_place": LONG_PLACE, "long_firm": LONG_FIRM,
        "long_words": "到点时长连续三个月不足，已经提醒两次，48 小时内请县（区）答复", "long_line": "falin_" + "Ab3dE5" * 24,
        "finger": ":".join(f"{number:02X}" for number in range(32)), "codes": ("4821-9930", "1174-0562", "9083-4417"),
        "square": mark_safe(square_svg("https://example.cn/", label="https://example.cn/")),  # noqa: S308 - our own drawing
        "map_origin": "浙江省 · 2026年10月 · 编的数",
    }  # fmt: skip
