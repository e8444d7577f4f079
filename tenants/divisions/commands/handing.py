"""
The place where counties carry out in their own tables what an update of places did to theirs (decision 40).

The update's transaction writes what there is to do and an event for each county; the county's relay calls ``settle`` there.
What is done follows from how the update stands, not from the event: told twice, late or out of order it comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from falin.kernel.scope import Scope
from tenants.divisions import above, hanging
from tenants.divisions.models import DivisionHandover, DivisionUpdate
from tenants.divisions.types import UpdateState

CHANGED: Final = "divisions.update.changed"  # told in each county's own outbox: it was applied, or undone


def tell_counties(*, update: DivisionUpdate, heirs: Mapping[int, Mapping[int, int]], now: datetime) -> None:
    """
    Write down what each county has to carry out, and tell its body, in the update's transaction.

    :param heirs: county → the places of it that ended, and the one place of the same county each went to; a county of
        which something only lies otherwise than before has none.
    """
    told = [county for county in heirs if _tell(county, update.pk, now)]
    DivisionHandover.objects.bulk_create(
        (DivisionHandover(update=update, county_id=county, heirs=dict(heirs[county])) for county in told),
        ignore_conflicts=True,  # applied again: what was found the first time
    )


def tell_again(*, update: DivisionUpdate, now: datetime) -> None:
    """The update stands otherwise than before: each county that had something to carry out looks again."""
    for county in DivisionHandover.objects.filter(update=update).order_by("id").values_list("county_id", flat=True):
        _tell(county, update.pk, now)


def _tell(county: int, update: int, now: datetime) -> bool:
    return hanging.told_body(node_id=county, event=CHANGED, key=f"update:{update}", payload={"update": update}, now=now)


def settle(*, scope: Scope, update_id: int, now: datetime) -> None:
    """In the open transaction's county: carry out what an applied update asks, or take it back where it was undone."""
    row = (
        DivisionHandover.objects.select_for_update(of=("self",))
        .filter(update=update_id, county_id__in=scope.roots)
        .first()
    )
    if row is None:
        return
    update = DivisionUpdate.objects.get(pk=update_id)
    above.follow_tree(scope=scope)
    applied = update.state == UpdateState.APPLIED
    if applied == (row.settled_at is not None):
        return
    if applied:
        heirs = {int(gone): heir for gone, heir in row.heirs.items()}
        handed = hanging.handed_over(
            scope=scope, heirs=heirs, day=update.day, why=_("区划更新：由接手的地方继续"), now=now
        )
        row.went = {kind: list(one.went) for kind, one in handed.items()}
        row.stands = {kind: list(one.stands) for kind, one in handed.items()}
        row.left = {kind: {str(node): dict(why) for node, why in one.left.items()} for kind, one in handed.items()}
        row.settled_at = now
    else:
        hanging.taken_back(scope=scope, done=row.went, why=_("区划更新撤回：回到原来的地方"), now=now)
        row.went, row.stands, row.left, row.settled_at = {}, {}, {}, None
    row.save(update_fields=["went", "stands", "left", "settled_at"])


def standing_by(rows: Iterable[DivisionHandover]) -> dict[str, set[str]]:
    """What stands by handing over alone, by the names of the kinds."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for kind, stands in row.stands.items():
            found.setdefault(kind, set()).update(stands)
    return found
