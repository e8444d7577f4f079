"""The changes of an update of places in words, as its pages, its report and the command line say them."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from falin.kernel.scope import Scope
from tenants.divisions import api
from tenants.divisions.types import Decision
from tenants.divisions.types.updates import BEGINS, ENDS

STEP = 1_000


def said_of(change: api.Change) -> str:
    """What was decided of a change, in words."""
    if change.same is not None:
        return _("认定为同一个地方")
    if change.decision == Decision.ACCEPTED and "-" in change.target and change.kind not in BEGINS | ENDS:
        return _("不是同一个地方：旧的撤销，新的另设")
    return {Decision.ACCEPTED: _("接受"), Decision.REFUSED: _("不接受")}.get(change.decision, _("没决定"))


def joined_of(change: api.Change) -> str:
    """What a place that ends goes into, or a new one came out of, as far as it is said."""
    if change.same is not None:
        return ""
    if change.target:
        return "、".join(code for code in change.target if code != "-") or _("没有")
    named = change.kind in {api.ChangeKind.MERGED, api.ChangeKind.SPLIT}
    return change.candidates[0].name if named and change.candidates else ""


def head() -> list[str]:
    return [
        _("变化"), _("依据"), _("级别"), _("原代码"), _("原名称"), _("原上级"), _("新代码"), _("新名称"), _("新上级"),
        _("并入、分出或者同一个地方"), _("决定"),
    ]  # fmt: skip


def rows(update_id: int, *, scope: Scope) -> Iterator[list[str]]:
    """Every change of an update with its decision, however many there are, under ``head``."""
    after = 0
    while found := api.list_changes(update_id, scope=scope, after=after, size=STEP):
        for one in found:
            other = one.same or (one.candidates[0] if one.share else None)
            joined = f"{other.name} {other.code} {one.share}".strip() if other else joined_of(one)
            yield [
                str(api.CHANGE_LABELS[one.kind]), str(api.WHY_LABELS[one.reason]), str(api.LEVEL_LABELS[one.level]),
                one.before_code, one.before_name, one.before_path, one.after_code, one.after_name, one.after_path, joined,
                said_of(one),
            ]  # fmt: skip
        after = found[-1].id
