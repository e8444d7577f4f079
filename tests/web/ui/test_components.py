"""Components as templates draw them."""

import re
from datetime import date
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from falin.ui.figures import Bullet, Figure, MapRow, Pager, Shade, State
from falin.ui.specimen import SpecimenForm

LOAD = "{% load i18n ui %}"


def drawn(source: str, **given: Any) -> str:
    return Template(LOAD + source).render(Context(given))


def test_a_status_is_shape_colour_and_words() -> None:
    page = drawn('{% status "watch" words %}', words="还差 <30> 分")
    assert 'class="f-tag f-tag--watch"' in page
    assert "<svg" in page
    assert "还差 &lt;30&gt; 分" in page


def test_an_unknown_status_is_an_error_of_the_page_author() -> None:
    with pytest.raises(ValueError, match="loud"):
        drawn('{% status "loud" "x" %}')


@pytest.mark.parametrize(
    ("value", "pace", "css"),
    [(99.0, 98.9, "f-bul f-bul--sm"), (98.4, 98.9, "f-bul--behind"), (96.5, 98.9, "f-bul--far")],
)
def test_a_bar_is_coloured_by_how_far_it_is_behind(value: float, pace: float, css: str) -> None:
    page = drawn("{% bullet value 100 pace low=90 %}", value=value, pace=pace)
    assert css in page
    assert f'aria-label="{value:g}%，本月应达 98.9%，目标 100%"' in page
    assert "style=" not in page


def test_a_bar_never_leaves_its_ground() -> None:
    assert 'width="100.0%"' in drawn("{% bullet 140 100 %}")
    assert 'class="v" width="0.0%"' in drawn("{% bullet value 100 %}", value=-5)


def test_a_bar_is_drawn_from_nothing_wherever_the_way_began() -> None:
    assert 'class="v" width="90.0%"' in drawn("{% bullet 90 100 low=80 %}")


def test_on_a_scale_that_begins_elsewhere_a_value_is_a_point_and_no_bar() -> None:
    page = drawn("{% bullet one %}", one=Bullet(value=97.0, target=100.0, pace=99.0, low=90.0, floor=90.0))
    assert '<circle class="v" cx="70.0%"' in page and "<rect" not in page
    assert 'class="t" x1="100.0%"' in page and 'class="p0" x1="90.0%"' in page
    figure = Figure(name="配备率", value="97.0", bullet=Bullet(value=97.0, floor=90.0))
    assert "<span>90%</span><span>100%</span>" in drawn("{% figure one %}", one=figure)


@pytest.mark.parametrize(
    ("state", "css"), [(State.OK, ""), (State.INFO, ""), (State.WATCH, "behind"), (State.ACT, "far")]
)
def test_where_the_rule_has_spoken_a_bar_wears_its_colour(state: State, css: str) -> None:
    page = drawn("{% bullet one %}", one=Bullet(value=50.0, target=100.0, state=state))
    assert [one for one in ("behind", "far") if f"f-bul--{one}" in page] == ([css] if css else [])


@pytest.mark.parametrize("value", ["2026-10-01", date(2026, 10, 1)])
def test_a_date_field_says_what_day_stands_in_it(value: object) -> None:
    page = drawn("{% field form.starts_on %}", form=SpecimenForm({"starts_on": value}))
    assert re.search(r'id="id_starts_on_day"[^>]*>2026年10月1日 周四，国庆节，不上班<', page)
    assert 'aria-describedby="id_starts_on_day id_starts_on_hint"' in page


def test_no_value_is_a_word_and_never_zero() -> None:
    assert drawn("{% bullet value 100 %}", value=None) == "没有"
    assert drawn("{{ v|percent }} {{ v|hours }} {{ v|yuan }} {{ v|cn_date }} {{ v|number }}", v=None) == " ".join(
        ["没有"] * 5
    )
    assert drawn("{{ v|hours }} {{ v|yuan }}", v=0) == "0 小时 ¥0.00"


def test_a_figure_without_a_value_says_so() -> None:
    page = drawn(
        "{% figures all %}",
        all=[Figure(name="配备率", none="还没有"), Figure(name="b", value="1", bullet=Bullet(value=1))],
    )
    assert "还没有" in page
    assert "f-figs--2" in page


def test_a_field_ties_label_hint_fault_and_control_together() -> None:
    form = SpecimenForm({"name": ""})
    page = drawn("{% field form.name %}", form=form)
    assert '<label class="f-label" for="id_name">' in page
    assert 'id="id_name_hint"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-describedby="id_name_hint id_name_error"' in page
    assert 'aria-invalid="true"' in page
    assert page.count("aria-invalid") == 1


def test_choices_are_a_group_with_a_legend() -> None:
    page = drawn('{% field form.answer look="seg" %}{% field form.kind %}', form=SpecimenForm())
    assert page.count("<fieldset") == 2
    assert page.count('type="radio"') == 5
    assert 'class="f-seg"' in page


def test_what_need_not_be_filled_in_says_so() -> None:
    assert "（选填）" in drawn("{% field form.phone %}", form=SpecimenForm())
    assert "（选填）" not in drawn("{% field form.name %}{% field form.remind %}", form=SpecimenForm())


def test_the_summary_leads_to_each_fault() -> None:
    page = drawn("{% error_summary form %}", form=SpecimenForm({}))
    assert '<a href="#id_name">' in page
    assert '<a href="#id_kind_0">' in page  # the first of a group, for a group itself takes no focus
    assert "姓名：" in page
    assert drawn("{% error_summary form %}", form=SpecimenForm()).strip() == ""


def test_a_fault_is_shown_as_text() -> None:
    class Form(forms.Form):
        def clean(self) -> None:
            raise forms.ValidationError("<b>满 3 个社区</b>")

    assert "&lt;b&gt;满 3 个社区" in drawn("{% error_summary form %}", form=Form({}))


@pytest.mark.parametrize(
    ("query", "order", "leads_to"),
    [
        ("", "descending", "sort=hours"),
        ("sort=hours", "ascending", "sort=-hours"),
        ("sort=name&street=3&after=9", "", "street=3&amp;sort=hours"),
    ],
)
def test_a_head_sorts_and_keeps_the_filters(query: str, order: str, leads_to: str) -> None:
    request = RequestFactory().get(f"/advisers/?{query}")
    page = drawn('{% sort_header "hours" "时长" numeric=True default="-hours" %}', request=request)
    assert (f'aria-sort="{order}"' in page) if order else ("aria-sort" not in page)
    assert f'href="?{leads_to}"' in page


def test_turning_pages_shows_only_what_there_is() -> None:
    first = drawn("{% pager page %}", page=Pager(shown="第 1–12 名", next_url="?after=12"))
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert "f-btn" not in drawn("{% pager page %}", page=Pager(shown="共 3 名"))


def test_a_map_is_links_classes_and_a_table_of_the_same() -> None:
    geo = {
        "viewBox": "0 0 10 10",
        "outline": "M0 0l9 0 0 9z",
        "borders": "",
        "counties": [
            {"code": "330106", "name": "西湖区", "d": "M0 0l9 0 0 9z", "label": [1, 1], "short": "西湖"},
            {"code": "330109", "name": "萧山区", "d": "M0 0l9 0 0 9z", "label": [1, 1], "short": ""},
        ],
        "cities": [{"code": "3301", "name": "杭州", "label": [1, 1]}],
    }
    rows = [MapRow(code="330106", name="西湖区", value="97.3%", shade="d3", url="/places/1/")]
    legend = [Shade(shade="d3", text="97–98%", count=1)]
    page = drawn('{% choropleth geo rows title="配备率" legend=legend %}', geo=geo, rows=rows, legend=legend)
    assert '<a href="/places/1/" aria-label="西湖区 97.3%"><path class="k d3"' in page
    assert '<path class="k" fill="url(#f-hatch)"' in page  # no row for this county: hatched, not white
    assert page.count("97.3%") == 3  # name of the link, tip, table
    assert "由运营方确认后填写" in page
    assert "style=" not in page
    assert "浙S(2026)1号" in drawn('{% choropleth g r title="x" approval="浙S(2026)1号" %}', g=geo, r=rows)


def test_without_outlines_the_table_stands_open() -> None:
    page = drawn('{% choropleth geo rows title="配备率" %}', geo=None, rows=[MapRow(code="1", name="西湖区", value="")])
    assert '<details class="f-data" open>' in page
    assert "没有" in page
    assert "<svg" not in page


def test_where_there_is_nothing_the_page_says_so_and_what_to_do_next() -> None:
    page = drawn(
        '{% empty sentence url "登记第一名" more="先从律所名册导入。" sign="users" %}',
        sentence="还没有 <顾问>",
        url="/advisers/new/",
    )
    assert '<p class="f-empty__t">还没有 &lt;顾问&gt;</p>' in page and "<p>先从律所名册导入。</p>" in page
    assert '<a class="f-btn f-btn--main" href="/advisers/new/">登记第一名</a>' in page
    for nothing_to_do in ('{% empty "没有" %}', '{% empty "没有" "" "登记" %}', '{% empty "没有" "/new/" %}'):
        assert "<a" not in drawn(nothing_to_do)


def test_an_address_that_is_not_installed_is_empty() -> None:
    assert drawn('{% address "nowhere:at-all" %}') == ""


def test_the_address_of_a_file_never_fails() -> None:
    assert drawn('{% asset "not-there.css" %}').endswith("not-there.css")
