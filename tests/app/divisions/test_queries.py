"""The tree is read: by identity, by code, downwards, upwards, as of a day."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from falin.kernel.transactions import shared
from tenants.divisions import api
from tenants.divisions.api import Level
from tenants.divisions.commands.writing import open_places, write_difference
from tenants.divisions.models import DivisionVersion
from tenants.divisions.types import ListedRow
from tests.world import NOW, PLACES, World

RENAMED = date(2025, 1, 1)


@pytest.fixture
def tree(world: World) -> Iterator[World]:
    """The small world, in one reading and writing transaction."""
    with shared(read_only=False):
        yield world


def rename(world: World, code: str, name: str, *, on: date = RENAMED) -> None:
    """The second version of a place, as a reviewed update writes it."""
    before = {place.node: place for place in open_places("33")}
    node = world.node(code)
    write_difference(before, before | {node: before[node]._replace(name=name)}, day=on, update=1)


def names(places: list[api.Division]) -> list[str]:
    return [place.name for place in places]


def test_a_place_is_found_by_identity_and_by_code(tree: World) -> None:
    county = api.get_division(tree.node("330106"))
    assert (county.name, county.level, county.code) == ("西湖区", Level.COUNTY, "330106000000")
    assert api.find_by_code(Level.COUNTY, "330106") == county
    assert api.find_by_code(Level.COUNTY, "330106000000") == county
    assert api.find_by_code(Level.CITY, "330106") is None
    assert api.find_by_code(Level.COUNTY, "330199") is None
    assert names(api.list_provinces()) == ["浙江省"]


@pytest.mark.usefixtures("tree")
def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(api.UnknownDivision):
        api.get_division(0)
    assert api.subtree_ids(0) == ()
    assert api.list_divisions([]) == []


def test_children_and_path(tree: World) -> None:
    assert names(api.list_children(tree.node("33"))) == ["杭州市", "宁波市"]
    assert names(api.list_path(tree.node("330106109200"))) == ["浙江省", "杭州市", "西湖区", "双浦镇", "湖埠村"]
    assert names(api.list_path(tree.node("33"))) == ["浙江省"]
    ids = [tree.node("330106"), tree.node("3302")]
    assert names(api.list_divisions(ids)) == ["宁波市", "西湖区"]


def test_what_lies_below(tree: World) -> None:
    city = tree.node("3301")
    assert names(api.list_streets(city)) == ["清波街道", "湖滨街道", "北山街道", "双浦镇"]
    assert names(api.list_communities(tree.node("330106109"))) == ["袁浦社区", "湖埠村", "灵山村"]
    assert names(api.list_county_bodies(tree.node("33"))) == ["上城区", "西湖区", "海曙区", "江北区"]
    assert names(api.list_county_bodies(tree.node("330106"))) == ["西湖区"]
    assert set(api.subtree_ids(city)) == {tree.node(code) for code in PLACES if code.startswith("3301")}
    community = tree.node("330106109200")
    assert api.subtree_ids(community) == (community,)
    assert api.count_by_level(city) == {
        Level.PROVINCE: 0, Level.CITY: 1, Level.COUNTY: 2, Level.STREET: 4, Level.COMMUNITY: 10
    }  # fmt: skip


def test_a_place_is_read_as_it_was_on_the_day(tree: World) -> None:
    rename(tree, "330106109", "之江镇")
    node = tree.node("330106109")
    before = RENAMED.replace(year=2024)
    assert api.get_division(node).name == "之江镇"
    assert api.get_division(node, on=RENAMED).name == "之江镇"
    assert api.get_division(node, on=before).name == "双浦镇"
    found = api.find_by_code(Level.STREET, "330106109", on=before)
    assert found is not None
    assert (found.id, found.name) == (node, "双浦镇")
    assert names(api.list_path(tree.node("330106109200"), on=before))[3] == "双浦镇"
    assert len(api.subtree_ids(tree.node("33"), on=before)) == len(PLACES)
    assert api.subtree_ids(tree.node("33"), on=before) == api.subtree_ids(tree.node("33"))
    with pytest.raises(api.UnknownDivision):
        api.get_division(node, on=date(2020, 1, 1))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("西湖", ["西湖区"]),
        ("湖", ["湖埠村", "湖滨街道", "西湖区"]),
        ("xihu", ["西湖区"]),
        ("Xi Hu", ["西湖区"]),
        ("hzs", ["杭州市"]),
        ("湖埠村", ["湖埠村"]),
        ("%", []),
        ("  ", []),
        ("没有这里", []),
        ("湖埠", ["湖埠村"]),
        ("埠", ["湖埠村"]),
        ("埠村", ["湖埠村"]),
        ("村", ["湖埠村", "灵山村"]),
        ("街道", ["北山街道", "清波街道", "湖滨街道", "南门街道", "中马街道"]),
    ],
)
@pytest.mark.usefixtures("tree")
def test_search_by_name_pinyin_and_initials(text: str, found: list[str]) -> None:
    assert sorted(names(api.search(text))) == sorted(found)


HARD = {"3302": "大理市", "330203": "石家庄县", "330203001": "小河理生活区", "330106109201": "灵山虚拟社区",
        "330106109200": "湖埠家委会", "330106002002": "栖霞社区居民委员会", "330205001": "中马社区"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "first", "others"),
    [
        ("理", ["大理市", "小河理生活区"], 0),
        ("家", ["石家庄县", "湖埠家委会"], 0),
        ("小", ["小河理生活区"], 0),
        ("区", ["上城区", "西湖区", "江北区", "小河理生活区", "中马社区"], 12),
        ("民", ["栖霞社区居民委员会"], 0),
        ("社区", ["中马社区"], 12),
        ("居民委", ["栖霞社区居民委员会"], 0),
        ("生活", ["小河理生活区"], 0),
        ("虚拟", ["灵山虚拟社区"], 0),
        ("家委会", ["湖埠家委会"], 0),
        ("工作站", [], 0),
        ("管理", [], 0),
    ],
)
def test_a_piece_of_the_words_for_a_committee_finds_upper_places_first_and_then_communities(
    tree: World, text: str, first: list[str], others: int
) -> None:
    """理 is a piece of 社区管理委员会 and half of 大理; both are looked for."""
    for code, name in HARD.items():
        rename(tree, code, name)
    for found in (api.search(text), api.search(text, on=RENAMED), api.search(text, root_id=tree.node("33"))):
        assert names(found)[: len(first)] == first
        rest = found[len(first) :]
        assert all(text in place.name for place in rest)
        assert {place.level for place in rest} <= {Level.COMMUNITY}
        assert len({place.id for place in found}) == len(first) + others
    assert len(api.search(text, limit=2)) == min(2, len(first) + others)
    assert [text in name for name in names(api.search(text, on=RENAMED.replace(year=2024)))].count(False) == 0


def test_search_below_a_province_stays_there_for_any_word(tree: World) -> None:
    elsewhere = [
        ListedRow(Level.PROVINCE, "50", "重庆市", ""),
        ListedRow(Level.CITY, "5002", "县", "50"),
        ListedRow(Level.COUNTY, "500229", "城口县", "5002"),
        ListedRow(Level.STREET, "500229001", "葛城街道", "500229"),
        ListedRow(Level.COMMUNITY, "500229001001", "阿家社区居委会", "500229001"),
    ]
    api.import_divisions(rows=iter(elsewhere), province="50", as_of=date(2023, 6, 30), source="别省", now=NOW)
    assert "阿家社区居委会" in names(api.search("社区"))
    assert "阿家社区居委会" not in names(api.search("社区", root_id=tree.node("33")))


def test_parts_that_an_older_release_left_out_are_put_in_once(tree: World) -> None:
    for code, name in HARD.items():
        rename(tree, code, name)
    with connection.cursor() as cursor:
        cursor.execute('select level, "inner", part, version_id from divisions_namepart order by 4, 3')
        whole = cursor.fetchall()
        cursor.execute("delete from divisions_namepart where part ~ '^(虚?拟社区|家?委会|生?活区)$' or part = '区'")
        assert 0 < cursor.rowcount < len(whole)
        for _time in range(2):
            cursor.execute(import_module("tenants.divisions.migrations.0008_parts_of_rare_words").PARTS)
        cursor.execute('select level, "inner", part, version_id from divisions_namepart order by 4, 3')
        assert cursor.fetchall() == whole


def test_search_stays_below_its_root_and_within_its_limit(tree: World) -> None:
    assert names(api.search("湖", root_id=tree.node("330102"))) == ["湖滨街道"]
    assert names(api.search("湖", root_id=tree.node("3302"))) == []
    assert len(api.search("社区", limit=3)) == 3


def test_search_puts_whole_names_and_upper_levels_first(tree: World) -> None:
    rename(tree, "330106109201", "西湖区")
    assert [place.level for place in api.search("西湖区")] == [Level.COUNTY, Level.COMMUNITY]
    assert names(api.search("湖")) == ["西湖区", "湖滨街道", "湖埠村", "西湖区"]


def _refused_by(constraint: str, row: DivisionVersion) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        row.save(force_insert=True)
    assert constraint in str(refused.value)


def _copy(world: World, place: str, /, **changes: object) -> DivisionVersion:
    row: DivisionVersion = DivisionVersion.objects.get(node=world.node(place), valid_to=None)
    row.pk = None
    for field, value in changes.items():
        setattr(row, field, value)
    return row


def test_a_node_has_one_open_version(tree: World) -> None:
    _refused_by("one_open_version_for_each_node", _copy(tree, "330106", code="330199000000"))


def test_a_level_and_code_are_open_once(tree: World) -> None:
    other = _copy(tree, "330106", node_id=tree.node("33"))
    DivisionVersion.objects.filter(node=tree.node("33")).update(valid_to=RENAMED)
    _refused_by("one_open_division_for_each_level_and_code", other)


def test_the_same_code_may_stand_at_two_levels(tree: World) -> None:
    row = _copy(tree, "330106", node_id=999_999, level=Level.STREET)
    row.save(force_insert=True)
    assert DivisionVersion.objects.filter(code="330106000000").count() == 2


def test_closed_periods_do_not_overlap(tree: World) -> None:
    early, late = date(2020, 1, 1), date(2022, 1, 1)
    _copy(tree, "330106", valid_from=early, valid_to=late).save(force_insert=True)
    _refused_by(
        "periods_of_a_node_do_not_overlap",
        _copy(tree, "330106", valid_from=date(2021, 12, 31), valid_to=date(2022, 6, 1)),
    )
    _copy(tree, "330106", valid_from=late, valid_to=date(2022, 6, 1)).save(force_insert=True)


def test_what_is_no_code_no_level_or_no_period_is_refused(tree: World) -> None:
    _refused_by("a_division_code_has_twelve_digits", _copy(tree, "330106", code="33010600000a"))
    _refused_by("a_division_has_one_of_five_levels", _copy(tree, "330106", level=6))
    _refused_by("only_a_province_has_no_parent", _copy(tree, "330106", parent_id=None))
    day = date(2022, 1, 1)
    _refused_by("a_division_period_ends_after_it_begins", _copy(tree, "330106", valid_from=day, valid_to=day))


def test_a_former_name_leads_to_the_place_as_it_is_called_now(tree: World) -> None:
    rename(tree, "330106109", "之江镇")
    for words in ("双浦", "浦", "shuangpu", "spz"):
        (found,) = [one for one in api.look_up(words) if one.place.id == tree.node("330106109")]
        assert (found.place.name, found.former_name, found.ended_on) == ("之江镇", "双浦镇", None)
    assert names(api.search("双浦")) == []
    assert names(api.search("双浦", on=RENAMED.replace(year=2024))) == ["双浦镇"]
    assert [one.former_name for one in api.look_up("之江镇")] == [""]


def test_a_place_that_is_no_more_is_found_with_the_day_it_ended(tree: World) -> None:
    before = {place.node: place for place in open_places("33")}
    gone = tree.node("330106109201")
    write_difference(before, {node: place for node, place in before.items() if node != gone}, day=RENAMED, update=1)
    for text in ("灵山", "330106109201"):  # by its code as by its name
        (found,) = api.look_up(text)
        assert (found.place.id, found.place.name, found.former_name, found.ended_on) == (gone, "灵山村", "", RENAMED)
    last = RENAMED - timedelta(days=1)
    assert [(one.place.id, one.ended_on) for one in api.look_up("330106109201", on=last)] == [(gone, None)]
    assert api.look_up("330106109201", on=RENAMED) == []


def test_a_code_that_passed_on_finds_who_has_it_now_before_who_had_it(tree: World) -> None:
    before = {place.node: place for place in open_places("33")}
    had, has = tree.node("330106109201"), tree.node("330106109200")
    after = before | {had: before[had]._replace(code="330106109209"), has: before[has]._replace(code="330106109201")}
    write_difference(before, after, day=RENAMED, update=1)
    found = api.look_up("330106109201")
    assert [(one.place.id, one.place.code, one.former_name, one.ended_on) for one in found] == [
        (has, "330106109201", "", None), (had, "330106109209", "", None),
    ]  # fmt: skip
    assert [one.place.id for one in api.look_up("330106109201", on=date(2024, 1, 1))] == [had]


def test_on_a_day_places_are_found_by_what_they_were_called_then(tree: World) -> None:
    rename(tree, "330106109", "之江镇")
    before = RENAMED.replace(year=2024)
    assert [(one.place.name, one.former_name) for one in api.look_up("双浦", on=before)] == [("双浦镇", "")]
    assert api.look_up("双浦", on=RENAMED) == []
    assert api.look_up("之江", on=before) == []


@pytest.mark.usefixtures("tree")
def test_a_code_is_looked_up_at_its_level() -> None:
    assert [one.place.name for one in api.look_up("330106")] == ["西湖区"]
    assert [one.place.name for one in api.look_up("330106109200")] == ["湖埠村"]


def test_a_code_is_one_places_at_a_time(tree: World) -> None:
    rename(tree, "330106109201", "灵峰村")
    ended = DivisionVersion.objects.get(node=tree.node("330106109201"), valid_to=RENAMED)
    ended.pk, ended.node_id, ended.valid_from = None, 999_999, date(2024, 1, 1)
    _refused_by("a_code_is_one_places_at_a_time", ended)


def test_a_new_version_does_not_begin_before_the_old_one_ends(tree: World) -> None:
    rename(tree, "330106109201", "灵峰村")
    rows = DivisionVersion.objects.filter(node=tree.node("330106109201"), valid_to=None)
    with pytest.raises(IntegrityError, match=r"do_not_overlap|one_places_at_a_time"), transaction.atomic():
        rows.update(valid_from=date(2024, 1, 1))


def test_the_tree_leaves_as_the_same_bytes(tree: World) -> None:
    first, second = io.StringIO(), io.StringIO()
    assert api.write_tree_to(first) == api.write_tree_to(second, province="33") == len(PLACES)
    assert first.getvalue() == second.getvalue()
    rename(tree, "330106109", "之江镇")
    third, fourth = io.StringIO(), io.StringIO()
    api.write_tree_to(third)
    api.write_tree_to(fourth, on=RENAMED.replace(year=2024))
    assert third.getvalue() != first.getvalue()
    assert fourth.getvalue() == first.getvalue()
