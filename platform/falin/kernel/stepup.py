"""
The place of steps of proof: how strongly whoever holds a session has shown who he is, and before which acts he shows it
again (decision 20).

Level 1 is signing in, level 2 a second factor within eight hours, level 3 proving anew within five minutes, with the
second factor where the person has one. Who has none, and need not have one (``identity.second_factor``), gives his
password again at either. The home a person signed in at (built-in, Keycloak) writes what was proved into the session;
doors only read it. How one proves is the home's affair: it names the address.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, resume_request
from allauth.core.internal.httpkit import serialize_request
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from falin.kernel import crypto
from falin.kernel.clock import now
from falin.kernel.crypto import Place, Unreadable
from falin.kernel.refusals import Forbidden
from falin.kernel.scope import PUBLIC_SCHEMA

KEY = "proof"  # in the session
ASKED = "asked"  # in the session: what was sent before the proof, sealed, for it may hold a telephone or a name
SIGNED_IN, SECOND, FRESH = 1, 2, 3
SECOND_HOLDS = timedelta(hours=8)
FRESH_HOLDS = timedelta(minutes=5)
BUILTIN = "builtin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    What was proved in a session, and when.

    :param level: 1, or 2 where the sign-in took a second factor. :param fresh_at: proved anew by the strongest the person
        has; the home answers for that. :param home: who asks again.
    """

    level: int
    signed_at: datetime
    second_at: datetime | None = None
    fresh_at: datetime | None = None
    home: str = BUILTIN

    def reaches(self, level: int, now: datetime) -> bool:
        """Whether it is enough for a step at this moment."""
        if level >= FRESH:
            return self.fresh_at is not None and timedelta(0) <= now - self.fresh_at < FRESH_HOLDS
        if level == SECOND:
            proved = [at for at in (self.second_at, self.fresh_at) if at is not None]
            return any(timedelta(0) <= now - at < SECOND_HOLDS for at in proved)
        return True


class StepUp(Forbidden):
    """A program asked for something that needs a stronger or newer proof than its session has."""

    def __init__(self, level: int, where: str) -> None:
        words = {
            SECOND: _("这一步要用第二种方式确认是您本人。请先在 %(where)s 确认，8 小时内有效。"),
            FRESH: _("这一步要再次确认是您本人。请先在 %(where)s 确认，5 分钟内再试。"),
        }
        super().__init__("kernel.step_up", words[level] % {"where": where})
        self.level, self.where = level, where


# home → the address at which it asks for a level; filled by the homes when Django is ready
Home = Callable[[HttpRequest, int], str]
_homes: dict[str, Home] = {}


def register_home(name: str, home: Home) -> None:
    _homes[name] = home


def proof_of(request: HttpRequest) -> Proof | None:
    """What the session's home wrote; ``None`` where nobody is signed in, or since before there were levels."""
    kept: dict[str, Any] | None = request.session.get(KEY)
    if kept is None:
        return None
    second, fresh = (_moment(kept[name]) if kept[name] else None for name in ("second_at", "fresh_at"))
    return Proof(level=kept["level"], signed_at=_moment(kept["signed_at"]), second_at=second, fresh_at=fresh,
                 home=kept["home"])  # fmt: skip


def keep(request: HttpRequest, proof: Proof) -> None:
    """
    Write what was proved into the session. A session that already held a proof gets a new key: whoever knew the old one
    does not rise with it. (At sign-in Django has changed the key already.)
    """
    if KEY in request.session:
        request.session.cycle_key()
    request.session[KEY] = {
        "level": proof.level, "signed_at": proof.signed_at.timestamp(), "home": proof.home,
        "second_at": proof.second_at and proof.second_at.timestamp(),
        "fresh_at": proof.fresh_at and proof.fresh_at.timestamp(),
    }  # fmt: skip


def reached(request: HttpRequest, level: int) -> bool:
    """Whether the session's proof is enough for a step."""
    proof = proof_of(request)
    return proof is not None and proof.reaches(level, now())


def where(request: HttpRequest, level: int) -> str:
    """The address at which the person's home asks him for a level."""
    proof = proof_of(request)
    return _homes[proof.home if proof else BUILTIN](request, level)


def ask_again(request: HttpRequest, level: int, *, resumes: bool = True) -> HttpResponseRedirect:
    """
    To where the home asks for proof; what was sent is kept meanwhile, and done by ``resume``. A file is not kept, nor is
    what answers with one done there: then back to where the person came from, who asks again.
    """
    back = request.get_full_path()
    if request.FILES or not resumes:
        again = _("文件没有留下，确认以后请重新选一次。") if request.FILES else _("确认以后请再点一次下载。")
        messages.info(request, again)
        came = request.headers.get("Referer", "")
        ours = url_has_allowed_host_and_scheme(came, {request.get_host()})
        back = urlunsplit(("", "", *urlsplit(came)[2:4], "")) if ours else "/"
    elif request.method == "POST":
        # Without the query, which is kept with the rest: allauth compares the path alone when it takes up again.
        back = request.path
        sealed = crypto.encrypt(serialize_request(request), _place(request))
        request.session[ASKED] = base64.b64encode(sealed).decode()
    address = where(request, level)
    return HttpResponseRedirect(f"{address}{'&' if '?' in address else '?'}{urlencode({'next': back})}")


def take_up(request: HttpRequest) -> None:
    """After a proof: put what was sent before it where allauth looks for it; another person's is left where it fell."""
    sealed = request.session.pop(ASKED, "")
    if sealed:
        with contextlib.suppress(Unreadable):
            request.session[STATE_SESSION_KEY] = {"request": crypto.decrypt(base64.b64decode(sealed), _place(request))}


def resume(request: HttpRequest) -> HttpResponseBase | None:
    """To where the person came from, or what he had sent done; for a home that has no page of allauth's to do it."""
    take_up(request)
    response: HttpResponseBase | None = resume_request(request)
    return response


def _place(request: HttpRequest) -> Place:
    """Whose it is: of who is signed in, and of nobody else who comes to this browser."""
    return Place(PUBLIC_SCHEMA, "session", ASKED, str(request.session[SESSION_KEY]))


def _moment(stamp: float) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)
