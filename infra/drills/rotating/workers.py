"""
Place of the processes of the drill `rotate`: each a Django of its own, so that nobody shares another's opened keys.

``python -m rotating.workers ACT …`` does one thing and writes one JSON line: ``make`` the register, ``read`` and ``write``
until standard input closes, ``ask`` for a rotation, ``work`` on it, ``check`` every row.
"""

from __future__ import annotations

import json
import random
import select
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import django

PROVINCE, COUNTY = "33", "330106"
CHUNK = 1000


def make(rows: int) -> dict[str, Any]:
    """A province with one county, its team, and that many advisers on the register."""
    from django.core.management import call_command

    from falin.kernel.clock import now
    from falin.kernel.transactions import inside, shared
    from services.advisers.commands.registering import adviser_row, register_firm
    from services.advisers.models import Adviser, Firm
    from services.advisers.queries import home_of
    from tenants.divisions.api import Level, find_by_code, import_divisions
    from tenants.divisions.types import ListedRow
    from tenants.identity.api import Role, create_person, grant_role
    from tenants.registry.api import Kind, provision_tenant

    call_command("migrate_cell", verbosity=0, spares=0)
    places = [
        ListedRow(Level.PROVINCE, PROVINCE, "演练省", ""),
        ListedRow(Level.CITY, "3301", "演练市", PROVINCE),
        ListedRow(Level.COUNTY, COUNTY, "演练区", "3301"),
        ListedRow(Level.STREET, f"{COUNTY}001", "第1街道", COUNTY),
        ListedRow(Level.COMMUNITY, f"{COUNTY}001001", "第1社区", f"{COUNTY}001"),
    ]
    with shared(read_only=False) as system:
        import_divisions(rows=iter(places), province=PROVINCE, as_of=date(2023, 6, 30), source="drill", now=now())
    for level, code, kind in ((Level.PROVINCE, PROVINCE, Kind.PROVINCE), (Level.COUNTY, COUNTY, Kind.COUNTY)):
        place = find_by_code(level, code)
        assert place
        provision_tenant(node_id=place.id, kind=kind, name=place.name, now=now())
    with shared(read_only=False) as system:
        person = create_person(scope=system, username="team", name="专班", password=None, encoded="!", now=now())
        grant_role(scope=system, person_id=person.id, role=Role.COUNTY_TEAM, node_id=place.id, reason="演练", now=now())
    team = _team()
    with inside(team, read_only=False):
        firm = Firm.objects.get(id=register_firm(scope=team, name="演练律师事务所", now=now()).id)
        home = home_of(team)
    for begin in range(0, rows, CHUNK):
        with inside(team, read_only=False):
            Adviser.objects.bulk_create(
                adviser_row(
                    home=home, firm=firm, name="演练员", id_number=_identity(number), phone=_phone(number), licence="",
                    specialties=(), exam_passed_on=None, now=now(),
                )
                for number in range(begin, min(rows, begin + CHUNK))
            )  # fmt: skip
    return {"schema": home.province_schema, "firm": str(firm.id)}


def _identity(number: int) -> str:
    """Eighteen digits of nobody: of the year 1901, without a true check character."""
    return f"{number // 10_000_000:06d}1901{number % 10_000_000:07d}0"


def _phone(number: int) -> str:
    return f"1{3_000_000_000 + number}"


def _team() -> Any:
    from falin.kernel.clock import legal_day, now
    from tenants.identity.api import find_person, read_signed_in, scope_of

    person = find_person("team")
    assert person
    signed_in = read_signed_in(person_id=person.id, on=legal_day(now()))
    assert signed_in
    return scope_of(signed_in, signed_in.hats[0])


def _system() -> Any:
    from falin.config.tasks import systems
    from falin.kernel.models import DataKey

    having = set(DataKey.objects.values_list("tenant", flat=True))
    return next(scope for scope in systems() if scope.schema in having)


def _until_told(act: Callable[[], str]) -> dict[str, Any]:
    """Acts again and again until standard input closes; how often each went well, what went wrong, the longest wait."""
    done, wrong, longest = Counter[str](), Counter[str](), 0.0
    while not select.select([sys.stdin], [], [], 0)[0]:
        began = time.monotonic()
        try:
            done[act()] += 1
        except Exception as error:
            wrong[f"{type(error).__name__}: {error}"[:120]] += 1
        longest = max(longest, time.monotonic() - began)
    return {"done": done, "wrong": wrong, "longest": longest}


def read(rows: int, seed: str) -> dict[str, Any]:
    """Finds people by their identity number and reads theirs."""
    from falin.kernel import crypto
    from falin.kernel.transactions import inside
    from services.advisers.models import Adviser
    from services.advisers.queries.sealed import ID_NUMBER

    chance, system = random.Random(seed), _system()  # noqa: S311

    def one() -> str:
        number = _identity(chance.randrange(rows))
        with inside(system, read_only=True):
            index = crypto.blind_index(number, tenant=system.schema, purpose="adviser.id")
            row = Adviser.objects.get(id_index=index)
            found = crypto.decrypt(row.id_sealed, ID_NUMBER.place(system.schema, row.id))
        if found != number:
            raise ValueError("another number came back")
        return "read"

    return _until_told(one)


def write(rows: int, seed: str, firm: str) -> dict[str, Any]:
    """Changes telephones and registers newcomers, by the commands of the pages."""
    from falin.kernel import crypto
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside
    from services.advisers.api import register_adviser
    from services.advisers.commands import update_adviser
    from services.advisers.models import Adviser

    chance, team, tenant = random.Random(seed), _team(), _system().schema  # noqa: S311
    serial = int(seed) * 1_000_000

    def one() -> str:
        nonlocal serial
        serial += 1
        with inside(team, read_only=False):
            if chance.random() < 0.3:
                register_adviser(
                    scope=team, firm_id=uuid.UUID(firm), name="新来员", id_number=_identity(rows + serial),
                    phone=_phone(200_000_000 + serial), now=now(),
                )  # fmt: skip
                return "registered"
            index = crypto.blind_index(_identity(chance.randrange(rows)), tenant=tenant, purpose="adviser.id")
            row = Adviser.objects.get(id_index=index)
            update_adviser(scope=team, adviser_id=row.id, phone=_phone(400_000_000 + serial), now=now())
            return "changed"

    return _until_told(one)


def ask() -> dict[str, Any]:
    from falin.kernel import jobs
    from falin.kernel.clock import now
    from falin.kernel.crypto import rotation
    from falin.kernel.transactions import inside

    jobs.send_with(lambda *_job: None)
    with inside(_system(), read_only=False):
        return {"job": str(rotation.rotate_data(scope=_system(), now=now()))}


def work(job_id: str) -> dict[str, Any]:
    """The job, by a worker of its own; one that a killed worker left is taken up as the sweep does."""
    from falin.kernel import jobs
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside

    system = _system()
    with inside(system, read_only=False):
        jobs.sweep(scope=system, now=now() + jobs.SILENT)
    return {"state": jobs.work(system=system, job_id=uuid.UUID(job_id))}


def check() -> dict[str, Any]:
    """Every value opens, is under the newest key, and is the very number its blind index was made of."""
    from falin.kernel import crypto
    from falin.kernel.transactions import inside
    from services.advisers.models import Adviser
    from services.advisers.queries.sealed import ID_NUMBER, PHONE

    system, found = _system(), Counter[str]()
    with inside(system, read_only=True):
        head = crypto.keys_of(system.schema).head
        for row in Adviser.objects.iterator(chunk_size=2000):
            for sealed, column, index, purpose in (
                (row.id_sealed, ID_NUMBER, row.id_index, "adviser.id"),
                (row.phone_sealed, PHONE, row.phone_index, "adviser.phone"),
            ):
                found["values"] += 1
                found["old"] += bytes(sealed)[:5] != head
                try:
                    text = crypto.decrypt(sealed, column.place(system.schema, row.id))
                except crypto.Unreadable:
                    found["unreadable"] += 1
                    continue
                found["wrong"] += crypto.blind_index(text, tenant=system.schema, purpose=purpose) != bytes(index)
    return {name: found[name] for name in ("values", "old", "unreadable", "wrong")}


ACTS: dict[str, Callable[..., dict[str, Any]]] = {
    "make": make, "read": read, "write": write, "ask": ask, "work": work, "check": check,
}  # fmt: skip

if __name__ == "__main__":
    django.setup()
    name, *rest = sys.argv[1:]
    given = [int(rest[0]), *rest[1:]] if name in {"make", "read", "write"} else rest
    answers, sys.stdout = sys.stdout, sys.stderr
    answers.write(json.dumps(ACTS[name](*given)) + "\n")
