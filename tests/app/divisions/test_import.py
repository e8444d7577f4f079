"""A list is brought into the tree: once, completely, without touching what stands."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel.refusals import Invalid, Refused
from falin.kernel.transactions import shared
from tenants.divisions.api import (
    ImportResult,
    Level,
    get_division,
    import_divisions,
    list_path,
    write_tree_to,
)
from tenants.divisions.commands import writing
from tenants.divisions.models import DivisionImport, DivisionVersion, NamePart, Node
from tenants.divisions.types import Committee, ListedRow, RefusalReason
from tenants.registry.api import django_as_owner
from tests.world import NOW, World, rows

AS_OF = date(2023, 6, 30)
GUANGDONG = (
    ListedRow(Level.PROVINCE, "44", "广东省", ""),
    ListedRow(Level.CITY, "4419", "东莞市", "44"),
    ListedRow(Level.COUNTY, "441900", "东莞市", "4419"),
    ListedRow(Level.STREET, "441900003", "东城街道", "441900"),
    ListedRow(Level.COMMUNITY, "441900003001", "岗贝社区", "441900003"),
    ListedRow(Level.COMMUNITY, "441900003200", "桑园村委会", "441900003"),
)


def bring(
    listed: Iterable[ListedRow], *, province: str | None, as_of: date = AS_OF, source: str = "tests"
) -> ImportResult:
    with shared(read_only=False):
        return import_divisions(rows=listed, province=province, as_of=as_of, source=source, now=NOW)


def everything() -> list[tuple[object, ...]]:
    with shared(read_only=True):
        return [
            *DivisionVersion.objects.order_by("id").values_list(),
            *Node.objects.order_by("id").values_list(),
            *DivisionImport.objects.order_by("id").values_list(),
        ]


@pytest.mark.usefixtures("world")
def test_a_province_beside_another_gets_its_own_tree() -> None:
    result = bring(GUANGDONG, province="44")
    assert (result.created, result.unchanged) == (5, 0)
    assert result.counts == {
        Level.PROVINCE: 1, Level.CITY: 1, Level.COUNTY: 0, Level.STREET: 1, Level.COMMUNITY: 2
    }  # fmt: skip
    with shared(read_only=True):
        village = DivisionVersion.objects.get(code="441900003200")
        place = get_division(village.node_id)
        path = list_path(place.id)
        assert [step.name for step in path] == ["广东省", "东莞市", "东城街道", "桑园村委会"]
        assert place.county_id == path[1].id == path[1].county_id
        assert (place.committee, place.urban, place.urban_derived) == (Committee.VILLAGERS, False, True)
        assert (path[2].urban, path[2].urban_derived) == (None, False)
        assert (village.valid_from, village.valid_to) == (AS_OF, None)


@pytest.mark.usefixtures("world")
def test_the_record_names_what_was_refused() -> None:
    result = bring(GUANGDONG, province="44", source="a list")
    assert [row.reason for row in result.refused] == [RefusalReason.STANDS_FOR_CITY]
    with shared(read_only=True):
        record = DivisionImport.objects.get(pk=result.import_id)
    assert (record.source, record.as_of, record.province, record.created_at) == ("a list", AS_OF, "44", NOW)
    assert record.counts == {"province": 1, "city": 1, "county": 0, "street": 1, "community": 2}
    assert record.refused == [
        {"level": "county", "code": "441900", "name": "东莞市", "reason": "stands_for_city"}
    ]  # fmt: skip


@pytest.mark.usefixtures("world")
def test_the_same_list_again_changes_nothing() -> None:
    before = everything()
    result = bring(rows(), province="33")
    assert (result.import_id, result.created) == (None, 0)
    assert result.unchanged == len(list(rows()))
    assert everything() == before


def _renamed(listed: list[ListedRow]) -> list[ListedRow]:
    return [row._replace(name="宝石山社区") if row.code == "330106002001" else row for row in listed]


def _recoded(listed: list[ListedRow]) -> list[ListedRow]:
    return [row._replace(code="330106002009") if row.code == "330106002001" else row for row in listed]


def _more(listed: list[ListedRow]) -> list[ListedRow]:
    return [*listed, ListedRow(Level.COMMUNITY, "330106002003", "曙光社区", "330106002")]


def _fewer(listed: list[ListedRow]) -> list[ListedRow]:
    return [row for row in listed if row.code != "330106109201"]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("beside", [False, True], ids=["the province's list", "the country's"])
@pytest.mark.parametrize("other", [_renamed, _recoded, _more, _fewer])
def test_a_list_that_says_a_standing_province_otherwise_is_for_people_to_review(
    other: Callable[[list[ListedRow]], list[ListedRow]], *, beside: bool
) -> None:
    before = everything()
    listed = other(list(rows()))
    with pytest.raises(Refused, match="province_stands") as refused:
        bring([*listed, *GUANGDONG] if beside else listed, province=None if beside else "33", as_of=date(2024, 6, 30))
    assert "falin divisions diff" in refused.value.message
    assert f" {2 if other is _recoded else 1} 处" in refused.value.message
    assert everything() == before


@pytest.mark.usefixtures("world")
def test_the_country_is_brought_in_beside_a_province_that_stands() -> None:
    result = bring([*rows(), *GUANGDONG], province=None)
    assert (result.created, result.unchanged) == (5, len(list(rows())))
    assert bring(GUANGDONG, province="44").created == 0


@pytest.mark.usefixtures("world")
def test_a_list_without_the_province_is_refused_and_nothing_changes() -> None:
    before = everything()
    for listed, province in (((), "44"), (GUANGDONG, "33"), ((), None)):
        with pytest.raises(Invalid) as refused:
            bring(listed, province=province)
        assert refused.value.code == "divisions.no_such_province"
    assert everything() == before


@pytest.mark.usefixtures("world")
def test_an_import_takes_the_same_statements_whatever_its_size() -> None:
    elsewhere = [row._replace(code=f"45{row.code[2:]}", parent_code=f"45{row.parent_code[2:]}") for row in GUANGDONG]
    elsewhere[0] = ListedRow(Level.PROVINCE, "45", "广西壮族自治区", "")
    many = [
        ListedRow(Level.COMMUNITY, f"451900003{number:03}", f"{number}社区", "451900003") for number in range(3, 150)
    ]
    with CaptureQueriesContext(connection) as few:
        bring(GUANGDONG, province="44")
    with CaptureQueriesContext(connection) as more:
        assert bring([*elsewhere, *many], province="45").created == 152
    assert len(more) == len(few)


def _indexes() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select indexdef from pg_indexes where tablename = 'divisions_divisionversion' order by 1")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("owning", [True, False])
def test_a_countrys_first_rows_are_indexed_afterwards_and_nothing_of_it_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch, *, owning: bool
) -> None:
    """The owner takes the indexes off meanwhile; the application's role, which may not, brings the same tree in slower."""
    monkeypatch.setattr(writing, "_MANY", 10)
    with shared(read_only=True):
        before = io.StringIO()
        write_tree_to(before)
        indexes = _indexes()
    with shared(read_only=False):
        NamePart.objects.all().delete()
        DivisionVersion.objects.all().delete()
    with (
        django_as_owner() if owning else nullcontext(),
        shared(read_only=False),
        CaptureQueriesContext(connection) as sent,
    ):
        import_divisions(rows=rows(), province="33", as_of=date(2023, 6, 30), source="again", now=NOW)
    assert any(one["sql"].startswith("drop index") for one in sent) is owning
    with shared(read_only=True):
        after = io.StringIO()
        write_tree_to(after)
        assert _indexes() == indexes
    names = [line.split(",")[:3] for line in before.getvalue().splitlines()]
    assert [line.split(",")[:3] for line in after.getvalue().splitlines()] == names
