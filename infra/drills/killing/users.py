"""
Place of the people who keep working while processes die: advisers with their phones, the county's team with its sheets.

A process of its own, over HTTP, that knows nothing of Falin but its addresses. Like a phone it sends the same thing again,
under the same id or key, until it is answered. Every act and its answer stands in the ledger, one JSON line each.

``python -m killing.users ADDRESS PEOPLE LEDGER SEED ROWS``; when standard input closes, everybody finishes what he has begun.
"""

from __future__ import annotations

import http.client
import io
import json
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from falin.runtime.demo import people

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKEN = "d" * 32  # cookie and header have to agree, nothing more
PATIENCE = 15.0  # seconds for one answer
SIGN_IN_WITHIN = 90.0  # seconds
AGAIN_AFTER = 0.5
SLOT = timedelta(minutes=10)
FIRST_SERIAL = 1_000
DESKS = 2  # sessions of a county's team at the same time
OVER = threading.Event()


@dataclass(slots=True)
class Ledger:
    """What was asked and what was answered. One line an act, written when it is over."""

    path: Path
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, **line: Any) -> None:
        with self.lock, self.path.open("a") as book:
            book.write(json.dumps(line, ensure_ascii=False) + "\n")


@dataclass(slots=True)
class Answer:
    """The final answer to an act, and what it took to get it."""

    status: int
    body: dict[str, Any]
    sent: int
    waited: float
    troubles: dict[str, int]

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))


class User:
    """Somebody with a session, who asks until he is answered."""

    def __init__(self, *, address: str, username: str, password: str, ledger: Ledger, seed: str) -> None:
        parts = urlsplit(address)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.username, self.password, self.ledger = username, password, ledger
        self.chance = random.Random(seed)  # noqa: S311 (a drill is repeatable)
        self.cookies = {"csrftoken": TOKEN}
        self.line: http.client.HTTPConnection | None = None

    def sign_in(self) -> None:
        form = urlencode({"login": self.username, "password": self.password, "csrfmiddlewaretoken": TOKEN})
        patient_until = time.monotonic() + SIGN_IN_WITHIN
        while True:
            answer = self.ask("POST", "/accounts/login/", form.encode(), "application/x-www-form-urlencoded")
            if answer.status == 302 or time.monotonic() > patient_until:
                break
            time.sleep(
                1
            )  # sign-ins whose answers were lost count as guesses until they are over, and slow the next one
        assert answer.status == 302, (self.username, answer)
        assert "sessionid" in self.cookies, self.username

    def prove(self) -> None:
        """Gives the password again, as publishing asks for; an answer that is lost takes the session's new key with it."""
        while True:
            before = self.cookies["sessionid"]
            form = urlencode({"password": self.password, "csrfmiddlewaretoken": self.cookies["csrftoken"]})
            answer = self.ask("POST", "/accounts/reauthenticate/", form.encode(), "application/x-www-form-urlencoded")
            if answer.status == 302 and self.cookies["sessionid"] not in {before, ""}:
                return
            self.sign_in()

    def say(self, path: str, content: dict[str, Any], **headers: str) -> Answer:
        return self.ask("POST", path, json.dumps(content).encode(), "application/json", **headers)

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "", **headers: str) -> Answer:
        """Sends, and sends again after silence or trouble, until there is an answer that stands."""
        began, sent, troubles = time.monotonic(), 0, {}
        while True:
            sent += 1
            try:
                status, found = self._once(method, path, body, kind, headers)
            except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
                trouble = type(error).__name__
            else:
                if status < 500:
                    return Answer(status, found, sent, time.monotonic() - began, troubles)
                trouble = str(status)
            self._hang_up()
            troubles[trouble] = troubles.get(trouble, 0) + 1
            time.sleep(AGAIN_AFTER)

    def _once(
        self, method: str, path: str, body: bytes, kind: str, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:  # fmt: skip
        if self.line is None:
            self.line = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        own = {"X-CSRFToken": TOKEN, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if kind:
            own["Content-Type"] = kind
        self.line.request(method, path, body, own | {name.replace("_", "-"): text for name, text in headers.items()})
        answer = self.line.getresponse()
        text = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _is, value = cookie.partition(";")[0].partition("=")
            if name != "csrftoken":
                self.cookies[name] = value
        found = json.loads(text) if "json" in answer.headers.get("Content-Type", "") and text else {}
        return answer.status, found if isinstance(found, dict) else {}

    def _hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None

    def note(self, act: str, answer: Answer, **more: Any) -> None:
        self.ledger.write(
            at=datetime.now(UTC).isoformat(), who=self.username, act=act, status=answer.status, code=answer.code,
            sent=answer.sent, waited=round(answer.waited, 3), troubles=answer.troubles, **more,
        )  # fmt: skip


def be_an_adviser(user: User, places: list[int], first_days: list[date]) -> None:
    """Visits, one after another; every sixth is corrected, every fifteenth voided."""
    user.sign_in()
    number = 0
    while not OVER.is_set():
        time.sleep(user.chance.uniform(0.1, 0.5))
        begin = datetime.combine(first_days[number % len(first_days)], datetime.min.time(), SHANGHAI)
        begin += SLOT * (number // len(first_days))
        number += 1
        visit = {"id": str(uuid.UUID(int=user.chance.getrandbits(128), version=4)), "kind": "visit",
                 "node_id": user.chance.choice(places), "begins_at": begin.isoformat(),
                 "ends_at": (begin + SLOT).isoformat(), "note": f"第 {number} 次",
                 "written_at": (begin + SLOT).isoformat()}  # fmt: skip
        user.note("visit", user.say("/api/v1/duty/visits/", visit), id=visit["id"], node=visit["node_id"],
                  begins_at=visit["begins_at"], ends_at=visit["ends_at"])  # fmt: skip
        if number % 6 == 0:
            mended = visit | {"ends_at": (begin + SLOT / 2).isoformat(), "why": "时间记长了"}
            answer = user.say(f"/api/v1/duty/visits/{visit['id']}/correct/", mended)
            user.note("correct", answer, id=visit["id"], ends_at=mended["ends_at"])
        elif number % 15 == 0:
            user.note("void", user.say(f"/api/v1/duty/visits/{visit['id']}/void/", {"why": "记重了"}), id=visit["id"])


def be_a_team(user: User, county: dict[str, Any], months: list[str], serials: Callable[[], range]) -> None:
    """Imports of hundreds of advisers as jobs, and roll-ups in between; some imports are stopped."""
    user.sign_in()
    user.prove()
    round_ = 0
    while not OVER.is_set():
        round_ += 1
        _publish(user, county, user.chance.choice(months))
        found = _upload(user, county["code"], serials())
        if found is None:
            continue
        state = _follow(user, found, county, months)
        tries = 0
        while state in {"checked", "failed", "stopped"} and tries < 4:
            tries += 1
            answer = user.say(f"/api/v1/advisers/imports/{found}/confirm/", {}, Idempotency_Key=_key(user))
            user.note("confirm", answer, id=found)
            if answer.status != 202:
                break
            if round_ % 4 == 0 and tries == 1:
                time.sleep(user.chance.uniform(0, 3))
                stop = user.say(f"/api/v1/advisers/imports/{found}/stop/", {}, Idempotency_Key=_key(user))
                user.note("stop", stop, id=found)
            state = _follow(user, found, county, months)
            if OVER.is_set():
                break
    for month in months:
        _publish(user, county, month)


def _publish(user: User, county: dict[str, Any], month: str) -> None:
    address = f"/api/v1/figures/{county['node']}/publish/"
    user.note("publish", user.say(address, {"month": month}, Idempotency_Key=_key(user)), month=month)


def _upload(user: User, code: str, serials: range) -> str | None:
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="drill-{serials.start}.xlsx"\r\n'
        "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\r\n\r\n"
    )
    body = head.encode() + _sheet(code, serials) + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    answer = user.ask("POST", "/api/v1/advisers/imports/", body, kind, Idempotency_Key=_key(user))
    user.note("import", answer, id=answer.body.get("id"), rows=len(serials))
    return str(answer.body["id"]) if answer.status == 202 else None


def _follow(user: User, found: str, county: dict[str, Any], months: list[str]) -> str:
    """Looks at the import until nothing moves any more, rolling up meanwhile."""
    while True:
        time.sleep(user.chance.uniform(0.5, 1.5))
        state = str(user.ask("GET", f"/api/v1/advisers/imports/{found}/").body.get("state", ""))
        if state not in {"checking", "loading"} or OVER.is_set():
            return state
        _publish(user, county, user.chance.choice(months))


def _sheet(code: str, serials: range) -> bytes:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("顾问名册")
    sheet.append(["姓名", "身份证号", "手机号", "执业机构", "考试通过日期"])
    for serial in serials:
        who = people.adviser(province="演练省", county=code, county_code=code, number=serial, serial=serial, firms=20)
        sheet.append([who.name, who.id_number, who.phone, who.firm, who.exam_passed_on.isoformat()])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _key(user: User) -> str:
    return f"{user.chance.getrandbits(128):032x}"


class Serials:
    """Numbers of invented people, a sheet's worth at a time, each given out once."""

    def __init__(self, rows: int) -> None:
        self.rows, self.next, self.lock = rows, FIRST_SERIAL, threading.Lock()

    def __call__(self) -> range:
        with self.lock:
            self.next += self.rows
            return range(self.next - self.rows, self.next)


def main(address: str, world: Path, ledger: Path, seed: str, rows: int) -> int:
    """Everybody at work until standard input closes."""
    told = json.loads(world.read_text())
    book, serials = Ledger(ledger), Serials(rows)
    first_days = [date.fromisoformat(day) for day in told["first_days"]]
    failures: list[BaseException] = []
    threads: list[threading.Thread] = []

    def begin(username: str, desk: str, work: Callable[..., None], *more: Any) -> None:
        user = User(
            address=address, username=username, password=told["password"], ledger=book, seed=f"{seed}/{username}{desk}"
        )

        def run() -> None:
            try:
                work(user, *more)
            except BaseException as error:
                failures.append(error)
                raise

        threads.append(threading.Thread(target=run, name=username, daemon=True))

    for county in told["counties"]:
        for desk in range(DESKS):
            begin(county["team"], f"/{desk}", be_a_team, county, told["months"], serials)
        for adviser in county["advisers"]:
            begin(adviser["username"], "", be_an_adviser, adviser["places"], first_days)
    for thread in threads:
        thread.start()
    sys.stdin.read()
    OVER.set()
    for thread in threads:
        thread.join()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5])))
