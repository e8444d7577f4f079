"""
Place of the people of the load drill: arrivals that come whether or not the ones before were answered.

A process of its own over HTTP. Each arrival has its moment; how long it took is counted from that moment, not from when a
connection was free, so that a server that stands still is seen to stand still.

``python -m loading.people ADDRESS WORLD``; one JSON object a line comes in ({"rate": 50, "seconds": 60, "name": "…"}), and
one a line goes out when that many seconds of arrivals are answered.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from killing.users import TOKEN, Ledger, User

SHANGHAI = ZoneInfo("Asia/Shanghai")
SLOT = timedelta(minutes=5)
PATIENCE = 30.0
# What is asked for, in hundredths: 56 pages read, 14 written by forms, 24 reads and 6 writes by the API.
MIX: dict[str, int] = {
    "page home of a team": 6, "page home of an adviser": 6, "page advisers": 8, "page one adviser": 5,
    "page advisers found": 3, "page vacancies": 3, "page who is behind": 6, "page figures of the county": 6,
    "page own visits": 5, "page form of a visit": 5, "page history": 3, "write visit by form": 14,
    "api advisers": 5, "api one adviser": 4, "api vacancies": 3, "api behind": 3, "api own visits": 4, "api figures": 3,
    "api search": 2, "write visit by api": 6,
}  # fmt: skip
assert sum(MIX.values()) == 100


@dataclass(slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    right: frozenset[int] = frozenset({200})


@dataclass(slots=True)
class Taken:
    """What came of the arrivals of one stretch."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    shed: int = 0
    shed_without_word: int = 0  # 503 without Retry-After
    sent: int = 0


class People:
    """Who they are, and what each does next."""

    def __init__(self, world: dict[str, Any], address: str, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.sessions: dict[str, str] = {}
        ledger = Ledger(Path("/dev/null"))
        for name in self._usernames():
            user = User(address=address, username=name, password=world["password"], ledger=ledger, seed=name)
            user.sign_in()
            self.sessions[name] = "; ".join(f"{key}={value}" for key, value in user.cookies.items())
        self.slots = dict.fromkeys((one["username"] for one in self._advisers()), 0)

    def _usernames(self) -> list[str]:
        return [one["team"] for one in self.world["counties"]] + [one["username"] for one in self._advisers()]

    def _advisers(self) -> list[dict[str, Any]]:
        return [one for county in self.world["counties"] for one in county["advisers"]]

    def request(self, what: str) -> Request:
        county = self.chance.choice(self.world["counties"])
        adviser = self.chance.choice(county["advisers"])
        kind, _space, rest = what.partition(" ")
        if what == "write visit by form":
            return self._by_form(adviser)
        if what == "write visit by api":
            return self._by_api(adviser)
        path, own = self._address(rest, county)
        who = adviser["username"] if own else county["team"]
        if kind == "page":
            return Request("GET", path, {"Cookie": self.sessions[who]})
        token = adviser["token"] if own else county["token"]
        return Request("GET", f"/api/v1{path}", {"Authorization": f"Bearer {token}"})

    def _address(self, what: str, county: dict[str, Any]) -> tuple[str, bool]:
        """The address, and whether it is an adviser's own."""
        found = {
            "home of a team": ("/", False), "home of an adviser": ("/duty/", True), "advisers": ("/advisers/", False),
            "one adviser": (f"/advisers/{self.chance.choice(county['register'])}/", False),
            "advisers found": (f"/advisers/?q={quote('王')}", False), "vacancies": ("/advisers/vacancies/", False),
            "who is behind": ("/duty/behind/", False), "behind": ("/duty/behind/", False),
            "figures of the county": (f"/figures/{county['node']}/", False),
            "figures": (f"/figures/{county['node']}/", False), "own visits": ("/duty/visits/", True),
            "form of a visit": ("/duty/log/", True), "history": ("/history/", False),
            "search": (f"/search/?q={quote('社区')}", False),
        }  # fmt: skip
        return found[what]

    def _time(self, adviser: dict[str, Any]) -> datetime:
        """A stretch of his time nobody booked yet."""
        number = self.slots[adviser["username"]]
        self.slots[adviser["username"]] += 1
        days = [date.fromisoformat(day) for day in self.world["first_days"]]
        begin = datetime.combine(days[number % len(days)], datetime.min.time(), SHANGHAI)
        day, slot = divmod(number // len(days), 280)  # all within one day of the clock
        return begin + timedelta(days=day) + SLOT * slot

    def _by_form(self, adviser: dict[str, Any]) -> Request:
        begin = self._time(adviser)
        form = {"visit_id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), "kind": "visit",
                "node_id": self.chance.choice(adviser["places"]), "on_day": begin.date().isoformat(),
                "begins_at": f"{begin:%H:%M}", "ends_at": f"{begin + SLOT:%H:%M}", "note": "入户解答",
                "csrfmiddlewaretoken": TOKEN}  # fmt: skip
        headers = {"Cookie": self.sessions[adviser["username"]], "Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", "/duty/log/", headers, urlencode(form).encode(), frozenset({302}))

    def _by_api(self, adviser: dict[str, Any]) -> Request:
        begin = self._time(adviser)
        visit = {"id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), "kind": "visit",
                 "node_id": adviser["token_place"], "begins_at": begin.isoformat(),
                 "ends_at": (begin + SLOT).isoformat(), "written_at": (begin + SLOT).isoformat()}  # fmt: skip
        headers = {"Authorization": f"Bearer {adviser['token']}", "Content-Type": "application/json",
                   "Idempotency-Key": uuid.UUID(int=self.chance.getrandbits(128)).hex}  # fmt: skip
        return Request("POST", "/api/v1/duty/visits/", headers, json.dumps(visit).encode(), frozenset({201}))


class Lines:
    """Connections to the server, as many as are wanted at once, kept alive between."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: Request) -> tuple[int, dict[str, str]]:
        """Status and headers. A kept connection that the server had closed meanwhile is replaced once."""
        for line in (self.free.pop() if self.free else None, None):
            reader, writer = line or await asyncio.open_connection(self.host, self.port)
            try:
                status, headers = await self._exchange(reader, writer, request)
            except (ConnectionError, asyncio.IncompleteReadError):
                writer.close()
                if line is None:
                    raise
                continue
            if headers.get("connection", "").lower() == "close":
                writer.close()
            else:
                self.free.append((reader, writer))
            return status, headers
        raise ConnectionResetError

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
    ) -> tuple[int, dict[str, str]]:
        own = {"Host": f"{self.host}:{self.port}", "X-CSRFToken": TOKEN, "Accept": "*/*", **request.headers}
        if request.body:
            own["Content-Length"] = str(len(request.body))
        head = "".join(f"{name}: {value}\r\n" for name, value in own.items())
        writer.write(f"{request.method} {request.path} HTTP/1.1\r\n{head}\r\n".encode() + request.body)
        await writer.drain()
        first = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in first[1:] if line)
        }
        body = b""
        if "chunked" in headers.get("transfer-encoding", ""):
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        if "problem" in headers.get("content-type", ""):
            headers["code"] = json.loads(body)["code"]
        return int(first[0].split(" ")[1]), headers


async def stretch(people: People, lines: Lines, chance: random.Random, rate: float, seconds: float) -> Taken:
    """Arrivals at random moments, ``rate`` a second on average, for so long; then everybody's answer is waited for."""
    taken, under_way = Taken(), set[asyncio.Task[None]]()
    names, weights = list(MIX), list(MIX.values())
    loop = asyncio.get_running_loop()
    began = due = loop.time()
    while (due := due + chance.expovariate(rate)) - began < seconds:
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        what = chance.choices(names, weights)[0]
        task = loop.create_task(_one(lines, people.request(what), what, due, taken))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    if under_way:
        await asyncio.wait(under_way)
    return taken


async def _one(lines: Lines, request: Request, what: str, due: float, taken: Taken) -> None:
    loop = asyncio.get_running_loop()
    taken.sent += 1
    try:
        status, headers = await asyncio.wait_for(lines.ask(request), PATIENCE)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        _count(taken.wrong, f"{what}: {type(error).__name__}")
        return
    if status == 503:
        taken.shed += 1
        taken.shed_without_word += "retry-after" not in headers
    elif status not in request.right:
        _count(taken.wrong, f"{what}: {status} {headers.get('code', '')}".strip())
    else:
        taken.milliseconds.setdefault(what, []).append((loop.time() - due) * 1000)


def _count(book: dict[str, int], name: str) -> None:
    book[name] = book.get(name, 0) + 1


def told(taken: Taken, seconds: float, cpu: float, share: Callable[[list[float], float], float]) -> dict[str, Any]:
    """A stretch in figures."""
    every = sorted(one for found in taken.milliseconds.values() for one in found)
    return {
        "sent": taken.sent, "answered": len(every), "shed": taken.shed, "shed_without_word": taken.shed_without_word,
        "wrong": taken.wrong, "a_second": round(len(every) / seconds, 1), "p50": share(every, 0.5),
        "p95": share(every, 0.95), "p99": share(every, 0.99), "longest": share(every, 1.0),
        "generator_cpu": round(cpu / seconds, 3),
        "by_kind": {name: [len(found), share(sorted(found), 0.5), share(sorted(found), 0.95)]
                    for name, found in sorted(taken.milliseconds.items())},
    }  # fmt: skip


def share(ordered: list[float], part: float) -> float:
    """The value that so much of an ordered list lies at or under; 0 of an empty one."""
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 1) if ordered else 0.0


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(address: str, world: Path, seed: str) -> int:
    chance = random.Random(seed)  # noqa: S311 (a drill is repeatable)
    people, lines = People(json.loads(world.read_text()), address, chance), Lines(address)
    print("ready", flush=True)

    async def work() -> None:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            asked = json.loads(line)
            began, used = time.monotonic(), _cpu()
            taken = await stretch(people, lines, chance, asked["rate"], asked["seconds"])
            print(json.dumps(told(taken, time.monotonic() - began, _cpu() - used, share)), flush=True)

    asyncio.run(work())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
