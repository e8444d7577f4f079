"""Views of lists that people keep: their own, and those of their role."""

from __future__ import annotations

import pytest

from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.desk import commands, queries
from services.desk.types import ViewInfo
from tests.world import NOW, World


def _save(scope: Scope, title: str = "快到期的", query: str = "view=ending&after=abc", **more: object) -> ViewInfo:
    given = {"page": "advisers", "shared": False, **more}
    with inside(scope, read_only=False):
        return commands.save_view(scope=scope, title=title, query=query, now=NOW, **given)  # type: ignore[arg-type]


def _views(scope: Scope, page: str = "advisers") -> list[tuple[str, str, bool]]:
    with inside(scope, read_only=True):
        return [(view.title, view.query, view.own) for view in queries.list_views(scope=scope, page=page)]


def test_a_view_keeps_filters_and_order_and_not_where_one_stood(world: World) -> None:
    scope = world.scope("county")
    _save(scope)
    assert _views(scope) == [("快到期的", "view=ending", True)] and _views(scope, "behind") == []


def test_a_view_saved_again_under_its_name_takes_the_place_of_what_was(world: World) -> None:
    scope = world.scope("county")
    _save(scope)
    _save(scope, query="view=free")
    assert _views(scope) == [("快到期的", "view=free", True)]


def test_what_is_shared_is_had_by_ones_role_and_by_nobody_else(world: World) -> None:
    street, other, county = world.scope("street"), world.scope("street2"), world.scope("county")
    _save(street)
    _save(street, title="给大家", shared=True)
    assert _views(other) == [("给大家", "view=ending", False)]
    assert _views(county) == [] and _views(world.scope("county2")) == []


def test_nobody_drops_anothers_view(world: World) -> None:
    street, other = world.scope("street"), world.scope("street2")
    kept = _save(street, shared=True)
    with pytest.raises(Missing), inside(other, read_only=False):
        commands.drop_view(scope=other, view_id=kept.id, now=NOW)
    with inside(street, read_only=False):
        assert commands.drop_view(scope=street, view_id=kept.id, now=NOW) == "advisers"
    assert _views(street) == []


def test_what_is_too_long_too_many_or_of_no_list_is_refused(world: World) -> None:
    scope = world.scope("county")
    with pytest.raises(Missing):
        _save(scope, page="nothing")
    with pytest.raises(Invalid):
        _save(scope, query="q=" + "x" * 1000)
    with pytest.raises(Invalid):
        _save(scope, query="a=b&" * 200)
    for number in range(30):
        _save(scope, title=str(number))
    with pytest.raises(Invalid):
        _save(scope)
    _save(scope, title="7", query="view=free")
    assert len(_views(scope)) == 30
