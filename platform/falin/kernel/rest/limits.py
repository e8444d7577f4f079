"""
The place of rates: how often one token or session may knock at the API in a minute, and the programs of one body in a day.

Counted over all processes by the broker, in one round trip and only for the API; pages are not counted. A broker that is
away counts nobody: requests go on, and it is asked again after a while.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import redis
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from falin.kernel import parameters
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope

MINUTE, DAY = 60, 86_400
A_MINUTE = parameters.declare(parameters.Parameter(
    key="api.calls_a_minute", label=gettext_noop("一个令牌一分钟最多调用接口"), unit=gettext_noop("次"), default=600,
    minimum=10, maximum=100_000, rule="decision 28", set_by=("province",), by_body=True,
))  # fmt: skip
A_DAY = parameters.declare(parameters.Parameter(
    key="api.calls_a_day", label=gettext_noop("一个单位的程序一天最多调用接口"), unit=gettext_noop("次"),
    default=200_000, minimum=1000, maximum=100_000_000, rule="decision 28", set_by=("province",), by_body=True,
))  # fmt: skip
PAUSE = 5.0  # seconds before a broker that was away is asked again
log = logging.getLogger("falin.limits")


class Counter(Protocol):
    """``None`` from either: nobody counts now."""

    def __call__(self, counters: Sequence[tuple[str, int]]) -> Sequence[int] | None:
        """(name of the counter, seconds it lives) for each → what each stands at with this call."""

    def read(self, name: str) -> int | None:
        """What one stands at."""


_counter: list[Counter] = []


def count_with(counter: Counter | None) -> None:
    """Have calls counted by ``counter``; wired by the composition root. ``None``: not at all."""
    _counter[:] = [counter] if counter else []


class TooManyCalls(Refused):
    """The minute's or the day's calls are used up; when to come back is said."""

    status = 429

    def __init__(self, code: str, message: str, seconds: int) -> None:
        super().__init__(code, message)
        self.retry_after = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One limit as it stands after a call: so many in so many seconds, so many left, anew in so many seconds."""

    name: str
    limit: int
    window: int
    left: int
    anew: int


def spend(*, scope: Scope, by_token: bool, schema: str, now: datetime) -> tuple[Rate, ...]:
    """
    Count one call; how the limits stand after it. Nothing where nobody counts.

    :param schema: of the tenant whose day it is counted in.
    :raises TooManyCalls: before anything is done.
    """
    if not _counter:
        return ()
    stamp = _stamp(now)
    asked = [("minute", MINUTE, f"{scope.person_id}:{scope.hat}", A_MINUTE)]
    if by_token:
        asked.append(("day", DAY, schema, A_DAY))
    counts = _counter[0]([(_place(name, whose, stamp, window), window) for name, window, whose, _limit in asked])
    if counts is None:
        return ()
    # An adviser has no place of his own: what holds where he serves holds for him.
    node_id, on = next(iter(scope.roots or sorted(scope.nodes)), None), legal_day(now)
    rates = []
    for (name, window, _whose, parameter), count in zip(asked, counts, strict=True):
        limit = parameters.value(parameter, node_id=node_id, on=on)
        rate = Rate(name=name, limit=limit, window=window, left=max(0, limit - count), anew=window - stamp % window)
        if count > limit:
            raise _too_many(rate)
        rates.append(rate)
    return tuple(rates)


def calls_today(schema: str, now: datetime) -> int | None:
    """How often a body's programs have called since midnight; ``None`` where nobody counts."""
    return _counter[0].read(_place("day", schema, _stamp(now), DAY)) if _counter else None


def _stamp(now: datetime) -> int:
    """Seconds whose days begin at midnight here, as people read "tomorrow"."""
    return int(now.timestamp()) + 8 * 3600


def _place(name: str, whose: str, stamp: int, window: int) -> str:
    return f"{name}:{whose}:{stamp // window}"


def _too_many(rate: Rate) -> TooManyCalls:
    if rate.name == "day":
        text = _("本单位今天调用接口的次数用完了（一天 %(n)s 次），明天再来；常常不够，请省里在“设定”里调高上限。")
        return TooManyCalls("kernel.quota_used_up", text % {"n": rate.limit}, rate.anew)
    text = _("调用得太快：一分钟最多 %(n)s 次。请 %(s)s 秒后再试。") % {"n": rate.limit, "s": rate.anew}
    return TooManyCalls("kernel.too_many_calls", text, rate.anew)


def headers_of(rates: Sequence[Rate]) -> dict[str, str]:
    """``RateLimit-Policy`` and ``RateLimit``, as the IETF's draft has them."""
    return {
        "RateLimit-Policy": ", ".join(f'"{one.name}";q={one.limit};w={one.window}' for one in rates),
        "RateLimit": ", ".join(f'"{one.name}";r={one.left};t={one.anew}' for one in rates),
    }


class BrokerCounter:
    """
    Counts in the broker. ``space`` keeps installations apart that share one.

    :param patience: seconds a call waits for the broker at most; the next ones not at all.
    """

    def __init__(self, url: str, space: str, *, patience: float = 0.05) -> None:
        self._broker: Any = redis.Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=patience)
        self._space = space
        self._again_at = 0.0

    def __call__(self, counters: Sequence[tuple[str, int]]) -> Sequence[int] | None:
        answer = self._asked(lambda: self._added(counters))
        return None if answer is None else [int(count) for count in answer[::2]]

    def read(self, name: str) -> int | None:
        answer = self._asked(lambda: [self._broker.get(self._key(name)) or 0])
        return None if answer is None else int(answer[0])

    def _added(self, counters: Sequence[tuple[str, int]]) -> list[Any]:
        line = self._broker.pipeline(transaction=False)
        for name, seconds in counters:
            line.incr(self._key(name))
            line.expire(self._key(name), seconds)
        added: list[Any] = line.execute()
        return added

    def _key(self, name: str) -> str:
        return f"falin:calls:{self._space}:{name}"

    def _asked(self, ask: Callable[[], list[Any]]) -> list[Any] | None:
        if time.monotonic() < self._again_at:
            return None
        try:
            return ask()
        except (redis.RedisError, OSError) as error:
            self._again_at = time.monotonic() + PAUSE
            log.warning("calls are not counted: the broker is away (%s)", type(error).__name__)
            return None
