"""How a person wants to be told."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import ChosenWay
from services.desk.types import NoticeKind, Way


def choose_way(*, scope: Scope, kind: NoticeKind, way: Way, now: datetime) -> None:
    """
    Say how one wants to be told of a kind from now on.

    :raises Missing: nothing of the kind ever comes to this role.
    """
    policies.check_may_read_own(scope)
    if kind not in policies.kinds_of(scope):
        raise Missing("desk.no_such_kind", _("您现在的身份收不到这一类通知。"))
    earlier = ChosenWay.objects.filter(person_id=scope.person_id, kind=kind).first()
    if earlier is not None and earlier.way == way:
        return
    ChosenWay.objects.update_or_create(person_id=scope.person_id, kind=kind, defaults={"way": way})
    audit.record(scope=scope, act="desk.way.chosen", subject=("person", scope.person_id), node_id=None, now=now,
                 before={"way": earlier.way} if earlier else {}, after={"notice": kind.value, "way": way.value})  # fmt: skip
