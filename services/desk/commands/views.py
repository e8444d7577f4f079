"""A view of a list is kept under a name, and dropped."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import SavedView
from services.desk.types import LISTS, ViewInfo
from tenants.identity.api import still_alike

_WHERE_ONE_STOOD = ("after", "before", "page")  # is no part of a view
MOST = 30
MOST_SHARED = 100  # of one list in one role: all of them are read before one is chosen


def save_view(*, scope: Scope, page: str, title: str, query: str, shared: bool, now: datetime) -> ViewInfo:
    """
    Keep a list's filters and order under a name; saved again under it, they take the place of what was kept.

    :raises Missing: there is no such list. :raises Invalid: too long, or more views than one keeps track of.
    """
    policies.check_may_keep_views(scope)
    if page not in LISTS:
        raise Missing("desk.no_such_list", _("没有这个列表。"))
    asked = parse_qsl(query, keep_blank_values=True)
    kept = urlencode([(name, value) for name, value in asked if name not in _WHERE_ONE_STOOD])
    if len(kept) > 1000 or len(asked) > 100:
        raise Invalid("desk.view_too_long", _("筛选条件太多，存不下。"), field="title")
    if audit.looks_personal(" ".join([title, *(word for pair in asked for word in pair)])):
        raise Invalid("desk.view_number", _("名称和筛选条件里不要有身份证号、手机号：视图会存下来。"), field="title")
    mine = SavedView.objects.filter(person_id=scope.person_id, page=page)
    if mine.exclude(title=title).count() >= MOST:
        raise Invalid("desk.too_many_views", _("一个列表最多存 30 个视图，请先删掉不用的。"), field="title")
    theirs = SavedView.objects.filter(role=scope.role, page=page).exclude(person_id=scope.person_id, title=title)
    if shared and theirs.count() >= MOST_SHARED:
        words = _("同一身份的人在这个列表共享的视图已经有 %(n)d 个，够多了。可以存成只有自己用的。")
        raise Invalid("desk.too_many_shared", words % {"n": MOST_SHARED}, field="shared")
    row, _made = SavedView.objects.update_or_create(
        person_id=scope.person_id, page=page, title=title,
        defaults={"query": kept, "role": scope.role if shared else "", "made_at": now},
    )  # fmt: skip
    audit.record(scope=scope, act="desk.view.saved", subject=("view", row.id), node_id=None, now=now,
                 after={"name": title})  # fmt: skip
    return ViewInfo(id=row.id, title=row.title, query=row.query, shared=shared, own=True, may_drop=True)


def drop_view(*, scope: Scope, view_id: int, now: datetime) -> str:
    """
    Drop a view of one's own, or one left to one's role by who holds it no more; which list it was of.

    :raises Missing: it is somebody else's.
    """
    policies.check_may_keep_views(scope)
    row = SavedView.objects.select_for_update(of=("self",)).filter(id=view_id).first()
    here = still_alike(scope=scope, person_ids=[row.person_id], on=legal_day(now)) if row else set()
    if row is None or not policies.may_drop_view(scope, row, here):
        raise Missing("desk.no_such_view", _("没有这个视图，或者它不是您的。"))
    number = row.id
    row.delete()
    audit.record(scope=scope, act="desk.view.dropped", subject=("view", number), node_id=None, now=now,
                 before={"name": row.title})  # fmt: skip
    return str(row.page)
