"""The register of people, one person, what he may do and why, and who may act at a place."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.portal import people
from falin.portal.web.tables import PEOPLE, VIEW_LABELS, view_of
from falin.ui.figures import Pager
from falin.ui.tables import turned
from tenants.divisions.api import Division
from tenants.identity import policies, queries
from tenants.identity.roles import ROLES
from tenants.identity.types import State


@door(grant=policies.READ)
def register(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Who holds what in one's own places; found by name, pinyin or sign-in name."""
    today = legal_day(now())
    text = request.GET.get("q", "")[:60]
    view = view_of(request.GET)
    page = queries.search_people(scope=scope, on=today, text=text, view=view, after=request.GET.get("after", ""),
                                 sort=request.GET.get("sort", ""))  # fmt: skip
    context = {
        "rows": people.rows_of(scope, page.rows, today), "text": text, "view": view.value,
        "tabs": [(words, turned(request.GET, view=one.value, q=""), one == view) for one, words in VIEW_LABELS.items()],
        "pager": Pager(
            shown="", previous_url=turned(request.GET) if request.GET.get("after") else "",
            next_url=turned(request.GET, after=page.after) if page.after else "",
        ),
        "may_grant": scope.may(policies.GRANT), "table": PEOPLE.shown(request.GET),
    }  # fmt: skip
    return render(request, "portal/people/register.html", context)


@door(grant=policies.READ)
def person(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """One person: what he holds, what he held, and what may be done about him."""
    return render(request, "portal/people/person.html", page_of(scope, person_id))


def page_of(scope: Scope, person_id: int) -> dict[str, Any]:
    today = legal_day(now())
    record = queries.get_record(scope=scope, person_id=person_id, on=today)
    lines = people.lines_of(scope, record.bindings, today)
    posts = {line.binding.role for line in lines
             if line.mine and line.binding.state == State.IN_FORCE and ROLES[line.binding.role].by_appointment}  # fmt: skip
    himself = record.person.id == scope.person_id
    acting = scope.may(policies.GRANT) and not himself
    charge = (bool({policies.GRANT, policies.CONFIRM} & scope.grants) and not himself
              and queries.may_charge(scope=scope, person_id=person_id, on=today))  # fmt: skip
    suspended_by = queries.names_of({one.begun_by for one in record.suspensions})
    asked = queries.find_correction(scope=scope, person_id=person_id, on=today) if charge else None
    return {
        "asked": asked, "record": record, "person": record.person, "current": [line for line in lines if not line.over],
        "past": [line for line in lines if line.over], "may_grant": acting, "may_hand_over": acting and bool(posts),
        "may_charge": charge, "himself": himself,
        "may_erase": not himself and queries.may_erase_contacts(scope=scope, person_id=person_id, on=today),
        "suspensions": [(one, suspended_by.get(one.begun_by, _("系统"))) for one in record.suspensions],
    }  # fmt: skip


@door(grant=policies.READ)
def rights(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """What a person may do, at a place or wherever it was given, and by which grant."""
    at, said, bad = _place_asked(scope, request)
    explained = queries.list_rights(scope=scope, person_id=person_id, at=at, on=legal_day(now()))
    context = {"explained": explained, "rows": _rights(scope, explained.rights), "at": at, "said": said, "bad": bad}
    return render(request, "portal/people/rights.html", context, status=422 if bad else 200)


@door(grant=policies.READ)
def who(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Who may act at a place: of one's own people, with what lets them."""
    at, said, bad = _place_asked(scope, request)
    found: list[queries.Right] = []
    if at is not None:
        try:
            found = queries.list_who(scope=scope, at=at, on=legal_day(now()))
        except Refused as refused:
            bad = refused.message
    context = {"rows": _rights(scope, found), "at": at, "said": said, "bad": bad}
    return render(request, "portal/people/who.html", context, status=422 if bad else 200)


def _place_asked(scope: Scope, request: HttpRequest) -> tuple[Division | None, str, str]:
    """The place a query names, what was written, and what is wrong with it."""
    said = request.GET.get("at", "")[:60].strip()
    if not said:
        return None, "", ""
    found = people.any_place(scope, said)
    if len(found) == 1:
        return found[0], said, ""
    many = _("有 %(n)s 个地方都像是这个名字，请写区划代码或完整的名称。") % {"n": len(found)}
    return None, said, many if found else _("您的辖区里没有这个地方。")


def _rights(scope: Scope, found: Any) -> list[dict[str, Any]]:
    lines = people.lines_of(scope, [right.binding for right in found], legal_day(now()))
    return [
        {
            "line": line,
            "reaches": right.reaches,
            "stopped": right.stopped,
            "words": [people.GRANT_WORDS[grant] for grant in right.grants],
        }
        for line, right in zip(lines, found, strict=True)
    ]
