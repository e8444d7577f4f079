"""Who is told, and who tells: each check raises with the sentence the person will read."""

from __future__ import annotations

from collections.abc import Collection

from falin.kernel.scope import Scope
from services.desk.models import SavedView
from services.desk.rules import ROLES
from services.desk.types import NoticeKind

OWN, TELL, VIEWS = "notices.own", "desk.tell", "views.own"
JOIN = "comments.join"
SEND_FEEDBACK, ANSWER_FEEDBACK = "feedback.own", "feedback.answer"
WRITE_NEWS = "news.write"


def check_may_read_own(scope: Scope) -> None:
    """One's own notices, and how one is told: nobody reads or chooses for another."""
    scope.require(OWN)


def check_may_keep_views(scope: Scope) -> None:
    """Keep views of lists; what a view shows is asked of the list's own door each time it is opened."""
    scope.require(VIEWS)


def may_drop_view(scope: Scope, view: SavedView, here: Collection[int]) -> bool:
    """
    Whoever keeps it drops it. Once he holds the role no more with which he shared it, it is for those it was left to.

    :param here: who of its owners still holds the scope's role in its body.
    """
    return view.person_id == scope.person_id or (view.role == scope.role and view.person_id not in here)


def check_may_join(scope: Scope) -> None:
    """Read and write about things; whether a thing is one's to see is asked of its own service."""
    scope.require(JOIN)


def check_may_send_feedback(scope: Scope) -> None:
    """Say what is wrong on a page, and read the answers to oneself."""
    scope.require(SEND_FEEDBACK)


def check_may_answer_feedback(scope: Scope) -> None:
    """Read and answer what others said: who looks after the platform."""
    scope.require(ANSWER_FEEDBACK)


def check_may_write_news(scope: Scope) -> None:
    """Write, publish, correct and withdraw what one's county tells everybody; read its drafts."""
    scope.require(WRITE_NEWS)


def check_may_read_public_news(scope: Scope) -> None:
    """What is published is for everybody: those who come without signing in."""
    scope.require("public.read")


def check_may_tell(scope: Scope) -> None:
    """Tell people of what happened: the system, which hears of it."""
    scope.require(TELL)


def kinds_of(scope: Scope) -> list[NoticeKind]:
    """What may come to somebody in this role."""
    return [kind for kind in NoticeKind if (roles := ROLES[kind]) is None or scope.role in roles]
