"""A write that is asked for twice under one key happens once, and the second asker gets the first answer."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.test import RequestFactory

from falin.kernel import idempotency
from falin.kernel.doors import door
from falin.kernel.models import IdempotencyKey
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.advisers.models import Vacancy
from tests.world import NOW, World


@door(grant="advisers.appoint", reads="GET", writes="POST")
def _write(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    Vacancy.objects.create(node_id=int(request.POST["node"]), reason="hiring", said_at=NOW, person_id=scope.person_id)
    return HttpResponseRedirect("/done/")


@door(grant="advisers.appoint", reads="GET", writes="POST")
def _refuse(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    Vacancy.objects.create(node_id=int(request.POST["node"]), reason="hiring", said_at=NOW, person_id=scope.person_id)
    return HttpResponse("no", status=422)


def _ask(view: Any, scope: Scope, **fields: Any) -> HttpResponseBase:
    request = RequestFactory().post("/x/", fields)
    request.scope = scope  # type: ignore[attr-defined]
    return view(request)  # type: ignore[no-any-return]


def _count(scope: Scope) -> int:
    with inside(scope, read_only=True):
        return int(Vacancy.objects.in_scope(scope).count())


def test_a_second_click_gets_the_first_answer_and_acts_no_second_time(world: World) -> None:
    scope, node = world.scope("county"), world.node("330106109200")
    first = _ask(_write, scope, node=node, _once="k1")
    second = _ask(_write, scope, node=node, _once="k1")
    assert (first.status_code, second.status_code, second.headers["Location"]) == (302, 302, "/done/")
    assert _count(scope) == 1


def test_a_key_used_for_something_else_is_refused(world: World) -> None:
    scope = world.scope("county")
    _ask(_write, scope, node=world.node("330106109200"), _once="k1")
    assert _ask(_write, scope, node=world.node("330106109201"), _once="k1").status_code == 409
    assert _count(scope) == 1


def test_another_persons_key_of_the_same_name_is_his_own(world: World) -> None:
    county, other = world.scope("county"), world.scope("county2")
    _ask(_write, county, node=world.node("330106109200"), _once="k1")
    assert _ask(_write, other, node=world.node("330102001001"), _once="k1").status_code == 302


def test_a_refused_act_leaves_nothing_and_frees_the_key(world: World) -> None:
    scope, node = world.scope("county"), world.node("330106109200")
    assert _ask(_refuse, scope, node=node, _once="k1").status_code == 422
    assert _count(scope) == 0
    assert _ask(_write, scope, node=node, _once="k1").status_code == 302


def test_two_clicks_at_the_same_moment_act_once(world: World) -> None:
    scope, node = world.scope("county"), world.node("330106109200")
    together, answers = Barrier(2), []

    def click() -> None:
        together.wait()
        try:
            answers.append(_ask(_write, scope, node=node, _once="k1").status_code)
        finally:
            connection.close()

    from django.db import connections

    connections.settings["default"]["NAME"] = connection.settings_dict["NAME"]
    threads = [Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302, 302]
    assert _count(scope) == 1


def test_keys_are_forgotten_after_a_day(world: World) -> None:
    scope = world.scope("county")
    _ask(_write, scope, node=world.node("330106109200"), _once="k1")
    with inside(scope, read_only=False):
        IdempotencyKey.objects.update(at=NOW)
        assert idempotency.forget_old(now=NOW + timedelta(hours=23)) == 0
        assert idempotency.forget_old(now=NOW + timedelta(hours=25)) == 1
