"""What was said about a thing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from falin.kernel import crypto
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from services.desk.models import Comment
from services.desk.queries.things import find_thing
from services.desk.types import CommentInfo, Talk
from tenants.identity.api import names_of

SIZE = 200


def _of_tenant(schema: str) -> QuerySet[Comment]:
    rows = Comment.objects.all()
    return rows.none() if schema == PUBLIC_SCHEMA else rows  # the shared schema has no such table


TEXT = crypto.Sealed(table="desk_comment", field="text_sealed", column="text", rows=_of_tenant)


def get_talk(*, scope: Scope, kind: str, subject_id: str, now: datetime) -> Talk:
    """
    What was said about a thing, the last of it, in the order it was said.

    :raises Missing: the thing is not the scope's to see.
    """
    thing = find_thing(scope=scope, kind=kind, subject_id=subject_id, now=now)
    rows = Comment.objects.filter(kind=thing.kind, subject_id=thing.id).order_by("-at", "-id")[:SIZE]
    return Talk(thing=thing, comments=tuple(infos_of(scope, reversed(rows))))


def infos_of(scope: Scope, rows: Iterable[Comment]) -> list[CommentInfo]:
    rows = list(rows)
    names = names_of({row.person_id for row in rows}.union(*(row.told for row in rows)))
    return [
        CommentInfo(
            id=row.id, person_id=row.person_id, name=names.get(row.person_id, ""), at=row.at,
            text=crypto.decrypt(row.text_sealed, TEXT.place(scope.schema, row.id)),
            told=tuple(names[person] for person in row.told if person in names),
            own=row.person_id == scope.person_id, taken_back_at=row.taken_back_at,
        )
        for row in rows
    ]  # fmt: skip
