"""Views of lists that people keep: their own, and those of their role."""

from __future__ import annotations

from typing import Any

import pytest

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.desk import commands, queries
from services.desk.commands import views
from services.desk.models import SavedView
from services.desk.types import ViewInfo
from tenants.identity.api import Role
from tenants.identity.models import Binding
from tests.app.identity.cast import hold
from tests.world import NOW, TODAY, World


def _save(scope: Scope, title: str = "快到期的", query: str = "view=ending&after=abc", **more: object) -> ViewInfo:
    given = {"page": "advisers", "shared": False, **more}
    with inside(scope, read_only=False):
        return commands.save_view(scope=scope, title=title, query=query, now=NOW, **given)  # type: ignore[arg-type]


def _views(scope: Scope, page: str = "advisers") -> list[tuple[str, str, bool]]:
    with inside(scope, read_only=True):
        return [(view.title, view.query, view.own) for view in queries.list_views(scope=scope, page=page, on=TODAY)]


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


def _drop(scope: Scope, view_id: int) -> str:
    with inside(scope, read_only=False):
        return commands.drop_view(scope=scope, view_id=view_id, now=NOW)


def _ends(scope: Scope) -> None:
    Binding.objects.filter(person_id=scope.person_id, role=scope.role).update(ended_at=NOW)


def test_what_was_shared_by_who_left_the_role_is_dropped_by_any_who_has_it_and_booked(world: World) -> None:
    street, other = world.scope("street"), world.scope("street2")
    kept, own = _save(street, shared=True), _save(street, title="只有我")
    _ends(street)
    with inside(other, read_only=True):
        (left,) = queries.list_views(scope=other, page="advisers", on=TODAY)
    assert (left.own, left.may_drop) == (False, True)
    assert _drop(other, kept.id) == "advisers"
    assert _views(other) == []
    with inside(other, read_only=True):
        entry = AuditEntry.objects.get(act="desk.view.dropped")
    assert (entry.person_id, entry.before) == (other.person_id, {"name": "快到期的"})
    with pytest.raises(Missing):
        _drop(other, own.id)  # what he kept for himself is nobody's


def test_what_was_left_to_one_role_is_not_dropped_by_another_or_next_door(world: World) -> None:
    street = world.scope("street")
    kept = _save(street, shared=True)
    _ends(street)
    for who in ("county", "liaison", "county2"):
        with pytest.raises(Missing):
            _drop(world.scope(who), kept.id)
    assert len(_views(world.scope("street2"))) == 1


def test_who_holds_the_role_at_another_place_of_the_body_still_keeps_what_he_shared(world: World) -> None:
    street, other = world.scope("street"), world.scope("street2")
    kept = _save(street, shared=True)
    _ends(street)
    hold(world, "street", Role.STREET_OFFICER, "330106002")
    with pytest.raises(Missing):
        _drop(other, kept.id)
    with inside(other, read_only=True):
        assert [view.may_drop for view in queries.list_views(scope=other, page="advisers", on=TODAY)] == [False]


def test_who_holds_it_in_another_body_alone_has_left(world: World) -> None:
    street, other = world.scope("street"), world.scope("street2")
    kept = _save(street, shared=True)
    _ends(street)
    hold(world, "street", Role.STREET_OFFICER, "330102001")
    assert _drop(other, kept.id) == "advisers"


def test_the_page_offers_it_where_it_was_left_behind_and_says_why(world: World, sign_in: Any) -> None:
    street = world.scope("street")
    kept = _save(street, shared=True)
    address = f"/desk/views/{kept.id}/drop/"
    assert address not in sign_in("street2").get("/desk/views/advisers/").content.decode()
    _ends(street)
    client = sign_in("street2")
    page = client.get("/desk/views/advisers/").content.decode()
    assert address in page and "他已离开这个身份" in page
    assert client.get("/api/v1/desk/views/?page=advisers").json()[0]["may_drop"] is True
    assert "已删掉" in client.post(address, follow=True).content.decode()


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


NUMBERS = [{"title": "张三 13812345678"}, {"query": "q=330106198501010011"}, {"query": "q=%EF%BC%91%EF%BC%93812345678"},
           {"query": "张三 13812345678"}]  # fmt: skip


@pytest.mark.parametrize("given", NUMBERS)
def test_a_view_keeps_nobodys_number(world: World, given: dict[str, str]) -> None:
    """A telephone number in a view's name was an error page; one in its filter lay in clear."""
    with pytest.raises(Invalid) as refused:
        _save(world.scope("county"), **given)
    assert (refused.value.code, refused.value.field) == ("desk.view_number", "title")
    assert not SavedView.objects.exists()


def test_of_one_role_so_many_are_shared_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_SHARED", 3)
    street, other = world.scope("street"), world.scope("street2")
    for number in range(3):
        _save(street, title=str(number), shared=True)
    with pytest.raises(Invalid) as refused:
        _save(other, shared=True)
    assert (refused.value.code, refused.value.field) == ("desk.too_many_shared", "shared")
    _save(street, title="2", query="view=free", shared=True)  # one of the three
    _save(other)
    _save(world.scope("county"), shared=True)
    assert len(_views(other)) == 4


def test_two_of_one_role_keep_views_of_one_name_beside_each_other(world: World) -> None:
    street, other = world.scope("street"), world.scope("street2")
    _save(street, title="常看", query="view=free", shared=True)
    _save(other, title="常看", query="view=ending", shared=True)
    assert _views(street) == [("常看", "view=free", True), ("常看", "view=ending", False)]
    assert _views(other) == [("常看", "view=ending", True), ("常看", "view=free", False)]


def test_a_view_opens_nothing_its_reader_may_not_see_and_markup_in_its_name_is_words(
    world: World, sign_in: Any
) -> None:  # fmt: skip
    """A column that is no more, a street of others, a script for a name: the list opens, in one's own scope."""
    elsewhere = f"street={world.node('330102001')}&col=gone&col=name&sort=-gone&view=nonsense"
    _save(world.scope("street"), title='<script>alert("1")</script>', query=elsewhere, shared=True)
    page = sign_in("street2").get("/desk/views/advisers/").content.decode()
    assert "<script>alert(" not in page and "&lt;script&gt;alert(" in page
    answer = sign_in("street2").get(f"/advisers/?{elsewhere}")
    assert answer.status_code == 200
    assert "清波街道" not in answer.content.decode()
