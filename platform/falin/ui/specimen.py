"""Place of the invented content of the style page. Nobody real, nothing counted."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from falin.ui import geo, icons, specimen_states
from falin.ui.figures import Bullet, Fact, Figure, MapRow, Pager, Shade, State
from falin.ui.shell import Crumb, Hat, NavGroup, NavItem, Shell
from falin.ui.widgets import AmountInput, DayInput, PhoneInput


class SpecimenForm(forms.Form):
    """Every kind of control once."""

    name = forms.CharField(label=_("姓名"), help_text=_("和执业证上一样"))
    phone = forms.CharField(label=_("手机"), widget=PhoneInput, required=False)
    community = forms.ChoiceField(label=_("社区"), choices=[("", _("请选择")), ("1", _("翠苑一区社区"))])
    starts_on = forms.DateField(label=_("聘任开始日"), widget=DayInput, help_text=_("不能早于考试通过的那天"))
    amount = forms.DecimalField(label=_("每月补助"), widget=AmountInput)
    kind = forms.ChoiceField(
        label=_("聘任方式"), widget=forms.RadioSelect, choices=[("a", _("一社区一顾问")), ("b", _("结对"))]
    )
    answer = forms.ChoiceField(
        label=_("顾问在岗"),
        widget=forms.RadioSelect,
        choices=[("y", _("符合")), ("n", _("不符合")), ("u", _("看不到"))],
    )
    skills = forms.MultipleChoiceField(
        label=_("专长"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[("1", _("婚姻家庭")), ("2", _("劳动")), ("3", _("土地承包"))],
    )
    paper = forms.FileField(label=_("聘任合同"), required=False, help_text=_("PDF 或照片，最大 10 MB"))
    remind = forms.BooleanField(label=_("合同期满前 30 天提醒我"), required=False)
    password = forms.CharField(label=_("新密码"), required=False,
                               widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))  # fmt: skip
    note = forms.CharField(label=_("理由"), widget=forms.Textarea(attrs={"rows": 3}), required=False)


def shell() -> Shell:
    """A frame with every part in it."""
    here = Hat(key="1", role="区司法局 · 工作专班", place="西湖区", level=3)
    return Shell(
        person="叶明远",
        owner="西湖区司法局",
        active=here,
        hats=(here, Hat(key="2", role="街道联络员", place="翠苑街道", level=4)),
        switch_url="/style/",
        nav=(
            NavGroup(
                items=(
                    NavItem(label="样张", url="/style/", icon="home", current=True),
                    NavItem(label="待您决定", url="/style/#f-status", icon="bell", count=3, urgent=True),
                )
            ),
            NavGroup(
                title="件",
                items=(
                    NavItem(label="表单", url="/style/#f-forms", icon="edit"),
                    NavItem(label="表格", url="/style/#f-tables", icon="list", count=12),
                    NavItem(label="数和图", url="/style/#f-figures", icon="chart"),
                ),
            ),
        ),
        trail=(
            Crumb(label="浙江省", level=1, url="/style/"),
            Crumb(label="杭州市", level=2, url="/style/"),
            Crumb(label="西湖区", level=3),
        ),
        below=(Crumb(label="翠苑街道", level=4, url="/style/"), Crumb(label="双浦镇", level=4, url="/style/")),
        below_label="选择街道",
        search_url="/style/",
        notices_url="/style/",
    )


def figures() -> tuple[Figure, ...]:
    """One at target, one behind, one far behind, one without a value, one with a long text."""
    return (
        Figure(
            name="调解成功率",
            value="88.6",
            unit="%",
            url="#f-figures",
            state=State.OK,
            state_text="已达标",
            bullet=Bullet(value=88.6, target=85, low=70),
            facts=(Fact(label="年底目标", value="≥ 85%"), Fact(label="高出", value="3.6 点")),
            origin="省定，下级可加严",
            origin_level=1,
            trend=(82, 83, 85, 84, 86, 88, 88.6),
        ),
        Figure(
            name="顾问配备率",
            value="98.4",
            unit="%",
            state=State.WATCH,
            state_text="落后 0.5 点",
            bullet=Bullet(value=98.4, target=100, pace=98.9, low=90, floor=90),
            facts=(Fact(label="本月应达", value="98.9%"), Fact(label="还差", value="403 个社区")),
            origin="市定，提前到 11 月底",
            origin_level=2,
            trend=(95.1, 95.6, 96.2, 96.5, 97, 97.9, 98.4),
        ),
        Figure(
            name="到点时长够的顾问",
            value="71.0",
            unit="%",
            state=State.ACT,
            state_text="按现速年底差 9 点",
            bullet=Bullet(value=71, target=100, pace=90),
            facts=(Fact(label="够 8 小时", value="59 人"),),
        ),
        Figure(
            name="新设社区的配备率",
            none="还没有",
            state=State.IDLE,
            state_text="这个月没有新设社区，不当作 0",
            facts=(Fact(label="算作有", value="合同有效，且通过统一考试的顾问，名字特别长的也放得下"),),
        ),
    )


_SHADES = ("d1", "d2", "d3", "d5", "d7")


def drawn_map(folder: Path) -> dict[str, Any]:
    """The first province drawn on this installation, coloured by invented numbers; without one, a table."""
    drawing = next((geo.load_geo(path) for path in sorted(folder.glob("*.json"))), None)
    if drawing is None:
        return {"map_geo": None, "map_rows": (MapRow(code="330106", name="西湖区", value="97.3%", shade="d3"),)}
    rows = []
    for index, county in enumerate(drawing["counties"]):
        known = index % 17 != 5
        rows.append(
            MapRow(
                code=county["code"],
                name=county["name"],
                value=f"{95 + index * 7 % 50 / 10:.1f}%" if known else "",
                shade=_SHADES[index * 7 % 50 // 10] if known else "",
                url=f"/style/?place={county['code']}#f-figures" if known else "",
            )
        )
    return {"map_geo": drawing, "map_rows": rows, "map_cities": {city["code"]: "98.1" for city in drawing["cities"]}}


def context(geo_folder: Path) -> dict[str, Any]:
    """Everything `ui/style.html` shows."""
    wrong = SpecimenForm({"name": "", "starts_on": "", "community": "", "amount": "一百"}, auto_id="bad_%s")
    right = SpecimenForm(initial={"name": "周以宁", "kind": "a", "remind": True}, auto_id="good_%s")
    return {
        **specimen_states.context(SpecimenForm(initial={"kind": "a"}, auto_id="one_%s")),
        "shell": shell(),
        "map_legend": tuple(
            Shade(shade=shade, text=str(text))
            for shade, text in zip(
                (*_SHADES, ""), ("< 96%", "96–97%", "97–98%", "98–99%", "> 99%", _("没有数据")), strict=True
            )
        ),
        "map_cities": {},
        **drawn_map(geo_folder),
        "wrong": wrong,
        "right": right,
        "figures_shown": figures(),
        "icon_names": [name for name in icons.names() if not name.startswith("s-")],
        "today": date(2026, 11, 22),
        "moment": datetime(2026, 11, 22, 1, 5, tzinfo=UTC),
        "levels": ((1, _("省")), (2, _("市")), (3, _("县")), (4, _("街道")), (5, _("社区"))),
        "pager_both": Pager(shown="第 13–24 名，共 88 名", previous_url="?before=13", next_url="?after=24"),
        "pager_first": Pager(shown="第 1–12 名，共 88 名", next_url="?after=12"),
        "rows": (
            ("许望舒", "浙江听澜律师事务所", "塘苗社区、九莲社区、花园社区", 1530, 1440, State.OK, "在任", ""),
            (
                "陆知微",
                "浙江明溪律师事务所",
                "翠苑一区社区、翠苑二区社区",
                930,
                960,
                State.WATCH,
                "差半小时",
                "is-watch",
            ),
            ("宋砚秋", "浙江听澜律师事务所", "文三社区、文锦社区", 270, 960, State.ACT, "到点时长不足", "is-act"),
            ("范知白", "杭州桐声律师事务所", "", None, 480, State.IDLE, "待统一考试", "is-off"),
        ),
        "matrix": (
            ("大峃镇", (("83", "d3"), ("86", "d5"), ("79", "d2"), ("82", "d3"))),
            ("珊溪镇", (("88", "d5"), ("78", "d2"), ("74", "d1"), ("71", "d1"))),
            ("二源镇", (("", ""), ("91", "d6"), ("93", "d7"), ("85", "d4"))),
        ),
    }


def page_context(page: str) -> dict[str, Any]:
    """Everything one of the whole pages beside it shows."""
    one_thing = SpecimenForm(initial={"kind": "a"}, auto_id="one_%s")
    return specimen_states.page_context(page, one_thing, figures()[:3], shell())
