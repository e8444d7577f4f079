"""Somebody writes about a thing, names who should read it, and takes it back."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from falin.kernel import audit, crypto, outbox
from falin.kernel.refusals import Missing, Refused
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import Comment
from services.desk.queries.comments import TEXT, infos_of
from services.desk.queries.things import find_thing
from services.desk.rules import checked_comment, checked_told
from services.desk.types import CommentInfo


def write_comment(
    *, scope: Scope, kind: str, subject_id: str, text: str, tell: Collection[int], now: datetime
) -> CommentInfo:  # fmt: skip
    """
    Write a sentence about a thing; whom it names is told.

    :param tell: people among the thing's readers.
    :raises Missing: the thing is not the scope's to see. :raises Invalid: at the field.
    """
    policies.check_may_join(scope)
    thing = find_thing(scope=scope, kind=kind, subject_id=subject_id, now=now)
    words = checked_comment(text)
    told = checked_told(tell, [reader.person_id for reader in thing.readers])
    row = Comment(kind=thing.kind, subject_id=thing.id, person_id=scope.person_id, told=told, at=now)
    row.text_sealed = crypto.encrypt(words, TEXT.place(scope.schema, row.id))
    row.save(force_insert=True)
    # Booked under the thing: its history says that it was spoken about, and not what was said.
    audit.record(scope=scope, act="desk.comment.written", subject=(thing.kind.value, thing.id), node_id=thing.node_id,
                 now=now, after={"told": len(told)})  # fmt: skip
    outbox.put(scope=scope, event="desk.comment.written", version=1, key=f"comment:{row.id}", now=now,
               payload={"comment": str(row.id), "kind": thing.kind.value, "subject": thing.id, "thing": thing.title,
                        "who": scope.person_name, "told": told})  # fmt: skip
    return infos_of(scope, [row])[0]


def take_back_comment(*, scope: Scope, comment_id: uuid.UUID, now: datetime) -> tuple[str, str]:
    """
    Take one's own sentence back: its words go, that there was one stays. The kind and the id of the thing.

    :raises Missing: there is none of one's own. :raises Refused: it was taken back.
    """
    policies.check_may_join(scope)
    locked = Comment.objects.select_for_update(of=("self",))
    row = locked.filter(id=comment_id, person_id=scope.person_id).first()
    if row is None:
        raise Missing("desk.no_such_comment", _("没有这条评论，或者它不是您写的。"))
    if row.taken_back_at is not None:
        raise Refused("desk.comment_taken_back", _("这条评论已经收回了。"))
    row.text_sealed, row.taken_back_at = b"", now
    row.save(update_fields=["text_sealed", "taken_back_at"])
    audit.record(scope=scope, act="desk.comment.taken_back", subject=(row.kind, row.subject_id), node_id=None,
                 now=now)  # fmt: skip
    outbox.put(scope=scope, event="desk.comment.taken_back", version=1, key=f"comment:{row.id}", now=now,
               payload={"comment": str(row.id), "written_at": row.at.isoformat(), "told": row.told})  # fmt: skip
    return row.kind, row.subject_id
