"""
The place of "the same place as": one that ended and one that began, of which a person says that they are one.

No rule joins what was renamed, recoded and moved at once. Either of the two names the other by its code, and whoever
decides one decides both; decided otherwise, it leaves the other open again.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from falin.kernel.refusals import Invalid
from tenants.divisions.models import LEVEL_LABELS, DivisionChange, DivisionUpdate, DivisionVersion
from tenants.divisions.rules import SAME, same_as
from tenants.divisions.types import Level
from tenants.divisions.types.updates import BEGINS, ENDS


def own_code(change: DivisionChange) -> str:
    """What the place of a change that only ends or begins is called by: the code that it gives up, or is given."""
    if change.to is not None:
        return str(change.to[1])
    return str(DivisionVersion.objects.on_day(None).get(node=change.node_id).code)


def pair_of(update: DivisionUpdate, change: DivisionChange) -> DivisionChange | None:
    """The other one of a pair that was decided."""
    code = same_as(change.target)
    return next((one for one in _opposite(update, change, code) if one.level == change.level), None) if code else None


def find_twin(update: DivisionUpdate, change: DivisionChange, code: str) -> DivisionChange:
    """:raises Invalid: nothing of this code begins (or ends) by the update, or another level does, or it is taken."""
    found = _opposite(update, change, code)
    if not found:
        told = (_("这次更新里没有代码是 %(code)s 的新地方。") if change.kind in ENDS
                else _("这次更新里没有代码是 %(code)s、要撤销的地方。"))  # fmt: skip
        raise Invalid("divisions.no_twin", told % {"code": code}, field="target")
    twin = next((one for one in found if one.level == change.level), None)
    if twin is None:
        raise Invalid(
            "divisions.other_level", _("%(code)s 是%(level)s，和这个地方不是同一级，不能是同一个地方。")
            % {"code": code, "level": LEVEL_LABELS[Level(found[0].level)]}, field="target",
        )  # fmt: skip
    taken = same_as(twin.target)
    if taken and taken != own_code(change):
        raise Invalid(
            "divisions.taken", _("%(code)s 已经认定和 %(other)s 是同一个地方。要改，先改那一处的决定。")
            % {"code": code, "other": taken}, field="target",
        )  # fmt: skip
    return twin


def mirrored(change: DivisionChange) -> list[str]:
    """What the other one of a pair says of this one."""
    return [f"{SAME}{own_code(change)}"]


def _opposite(update: DivisionUpdate, change: DivisionChange, code: str) -> list[DivisionChange]:
    """What begins with a code, seen from a place that ends; what ends with it, seen from one that begins."""
    if change.kind in ENDS:
        return list(update.changes.filter(kind__in=BEGINS, to__1=code).order_by("id"))
    nodes = DivisionVersion.objects.on_day(None).filter(code=code).values("node")
    return list(update.changes.filter(kind__in=ENDS, node_id__in=nodes).order_by("id"))
