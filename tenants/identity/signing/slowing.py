"""
The place where guessing is made slow, without letting anybody shut somebody else out.

Wrong tries are counted by person and network, and by network over all persons; from the fifth one on each costs twice the
wait of the one before. A device on which the person has signed in before is counted for itself, so others' tries do not
touch him. Counted in a table of the database, by one statement that also claims the try: it holds over all processes, and
a hundred tries sent at once are a hundred tries. (A cache in the database would need a lock and three statements for the
same.) Names are kept as keyed hashes, whether there is such a person or not.

A clock that was wrong and is put back keeps nobody waiting: a try that was free says nothing of later ones, and a wait
longer than there is any was written by such a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from falin.kernel.crypto import blind_index
from falin.kernel.scope import PUBLIC_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many tries are free in a window, and how long the wait becomes at most."""

    kind: str
    free: int
    longest: timedelta
    window: timedelta = timedelta(hours=1)


PERSON = Pace(kind="person", free=5, longest=timedelta(minutes=15))
DEVICE = Pace(kind="device", free=10, longest=timedelta(minutes=15))
NETWORK = Pace(kind="network", free=60, longest=timedelta(minutes=1))
ASKING = Pace(kind="asking", free=5, longest=timedelta(hours=1))  # for codes, by name and network
ASKING_DEVICE = Pace(kind="asking-device", free=5, longest=timedelta(hours=1))
ASKING_NETWORK = Pace(kind="asking-network", free=30, longest=timedelta(minutes=10))
DIGITS = Pace(kind="digits", free=5, longest=timedelta(minutes=15))  # of a second factor, by name and network
DIGITS_DEVICE = Pace(kind="digits-device", free=10, longest=timedelta(minutes=15))
# All strangers together: about forty tries a day at a million numbers, of which three are right at any moment.
DIGITS_PERSON = Pace(kind="digits-person", free=20, longest=timedelta(hours=1), window=timedelta(days=1))
TRYING = Pace(kind="trying", free=5, longest=timedelta(hours=1))  # codes against one name, by one browser

_APART = timedelta(minutes=1)  # so far the clocks of two servers may differ
_CLAIM = """
insert into public.identity_slowdown as s (key, failures, last_at, until)
    values (%(key)s, 1, %(now)s, %(since)s)
on conflict (key) do update set
    failures = case when s.last_at < %(since)s then 1 else s.failures + 1 end,
    last_at = %(now)s,
    until = case when s.last_at < %(since)s or s.failures + 1 < %(free)s then %(since)s
        else %(now)s + least(%(longest)s, interval '1 second' * 2 ^ least(s.failures + 1 - %(free)s, 12)) end
where s.until <= %(now)s or s.until > %(unreal)s
returning failures
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A try that was let through, counted as wrong until it is released; or how long one has to wait."""

    keys: tuple[tuple[Pace, bytes], ...]
    wait: timedelta | None = None
    just_slowed: bool = False  # the first one that will make the next one wait


def to_wait(wait: timedelta) -> str:
    """What somebody reads who has to wait."""
    seconds = int(wait.total_seconds()) + 1
    if seconds > 60:
        return _("试的次数太多了，请过 %(n)s 分钟再试。") % {"n": -(-seconds // 60)}
    return _("试的次数太多了，请过 %(n)s 秒再试。") % {"n": seconds}


def key_of(pace: Pace, *parts: str) -> bytes:
    return blind_index("\0".join(parts), tenant=PUBLIC_SCHEMA, purpose=f"slow.{pace.kind}")


def claim(counted: Iterable[tuple[Pace, tuple[str, ...]]], *, now: datetime) -> Claim:
    """Count a try by each of these; where one of them has to wait, nothing more is done."""
    taken: list[tuple[Pace, bytes]] = []
    just_slowed = False
    with connection.cursor() as cursor:
        for pace, parts in counted:
            key = key_of(pace, *parts)
            given: dict[str, Any] = {
                "key": key, "now": now, "since": now - pace.window, "free": pace.free, "longest": pace.longest,
                "unreal": now + pace.longest + _APART,
            }  # fmt: skip
            cursor.execute(_CLAIM, given)
            row = cursor.fetchone()
            if row is None:
                _give_back(taken, now)
                cursor.execute("select until from public.identity_slowdown where key = %s", [key])
                found = cursor.fetchone()
                return Claim(keys=(), wait=max(found[0] - now, timedelta(seconds=1)) if found else timedelta(seconds=1))
            taken.append((pace, key))
            just_slowed = just_slowed or row[0] == pace.free
    return Claim(keys=tuple(taken), just_slowed=just_slowed)


def release(claimed: Claim, *, now: datetime) -> None:
    """The try was right after all: the person begins anew, his network loses one wrong try."""
    _give_back([(pace, key) for pace, key in claimed.keys if pace == NETWORK], now)
    with connection.cursor() as cursor:
        for pace, key in claimed.keys:
            if pace != NETWORK:
                cursor.execute("delete from public.identity_slowdown where key = %s", [key])


def _give_back(taken: Iterable[tuple[Pace, bytes]], now: datetime) -> None:
    with connection.cursor() as cursor:
        for pace, key in taken:
            cursor.execute(
                "update public.identity_slowdown set failures = greatest(failures - 1, 0), until = %s where key = %s",
                [now - pace.window, key],
            )


def forget_old(*, now: datetime) -> int:
    """Drop what no longer slows anybody."""
    with connection.cursor() as cursor:
        cursor.execute("delete from public.identity_slowdown where last_at < %s and until < %s",
                       [now - timedelta(hours=2), now])  # fmt: skip
        return int(cursor.rowcount)
