"""Falin's child of the bench `access`: reads encrypted numbers and finds people by them; and the same by plainer means."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import django
from stand.children import obey

PROVINCE = "33"
COUNTIES = range(2, 15)
FINDABLE = 1000  # people among all whose number is known to the bench
_kept: dict[str, Any] = {}


def make(communities: int) -> dict[str, Any]:
    """
    A province with its key, and one street of so many communities in it; ciphertexts for 1,000 rows, ours and Fernet's;
    the blind indexes of those to be found.
    """
    django.setup()
    from cryptography.fernet import Fernet
    from django.core.management import call_command

    from falin.kernel import crypto
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside, shared
    from services.advisers.queries.sealed import ID_NUMBER
    from tenants.divisions.api import find_by_code, import_divisions
    from tenants.divisions.types import Level, ListedRow
    from tenants.identity.api import system_of
    from tenants.registry.api import Kind, provision_tenant

    rows = [
        ListedRow(Level.PROVINCE, PROVINCE, "浙江省", ""), ListedRow(Level.CITY, "3301", "杭州市", PROVINCE),
        *(ListedRow(Level.COUNTY, f"3301{number:02d}", f"区{number}", "3301") for number in COUNTIES),
        ListedRow(Level.STREET, "330106002", "北山街道", "330106"),
        *(ListedRow(Level.COMMUNITY, f"330106002{number:03d}", f"社区{number}", "330106002")
          for number in range(1, communities + 1)),
    ]  # fmt: skip
    call_command("migrate_cell", spares=0, verbosity=0)
    with shared(read_only=False):
        import_divisions(rows=iter(rows), province=PROVINCE, as_of=date(2023, 6, 30), source="bench", now=now())
    place = find_by_code(Level.PROVINCE, PROVINCE)
    assert place
    tenant = provision_tenant(node_id=place.id, kind=Kind.PROVINCE, name="浙江省", now=now())
    numbers = [_number(one) for one in range(FINDABLE)]
    fernet, scope = Fernet(Fernet.generate_key()), system_of(tenant)
    with inside(scope, read_only=False):
        places = [ID_NUMBER.place(tenant.schema, f"{one:032x}") for one in range(FINDABLE)]
        tokens = [crypto.encrypt(number, at) for number, at in zip(numbers, places, strict=True)]
        indexes = [crypto.blind_index(one, tenant=tenant.schema, purpose="adviser.id").hex() for one in numbers]
    _kept.update(numbers=numbers, places=places, tokens=tokens, scope=scope, province=place.id, fernet=fernet,
                 theirs=[fernet.encrypt(number.encode()) for number in numbers])  # fmt: skip
    return {"province": place.id, "indexes": indexes, "numbers": numbers}


def people() -> None:
    """
    The officer of the street, in the first of a city's thirteen counties; the city's own officer; and somebody with two
    roles that a rule would part if their places lay in one another.
    """
    from falin.kernel.clock import now
    from falin.kernel.transactions import shared
    from tenants.divisions.api import find_by_code, list_county_bodies, subtree_ids
    from tenants.divisions.types import Level
    from tenants.identity.api import Role, create_person, grant_role
    from tenants.registry.api import Kind, provision_tenant

    city, county, beside, street = (
        find_by_code(level, code) for level, code in (
            (Level.CITY, "3301"), (Level.COUNTY, "330106"), (Level.COUNTY, "330107"), (Level.STREET, "330106002")
        )
    )  # fmt: skip
    assert county
    assert street
    assert city
    assert beside
    for body in (county, beside):
        provision_tenant(node_id=body.id, kind=Kind.COUNTY, name=body.name, now=now())
    held = {"street": [(Role.STREET_OFFICER, street)], "city": [(Role.CITY_OFFICER, city)],
            "two": [(Role.STREET_OFFICER, street), (Role.AUDITOR, beside)]}  # fmt: skip
    with shared(read_only=False) as system:
        for username, roles in held.items():
            who = create_person(scope=system, username=username, name="叶明远", password=None, encoded="!", now=now())
            for role, place in roles:
                grant_role(scope=system, person_id=who.id, role=role, node_id=place.id, reason="bench", now=now())
            _kept[username] = who.id
    streets = list(subtree_ids(street.id))
    bodies = [one.id for one in list_county_bodies(city.id)]
    _kept.update(street_rows=("advisers.read", streets), two_rows=("advisers.read", streets),
                 city_rows=("figures.read", bodies))  # fmt: skip


def decide(rows: int, times: int, who: str) -> float:
    """
    Milliseconds that deciding for the page and for each of its rows adds to having read the person.

    One statement brings the person with his roles and places; what reading him alone takes, the same way, is taken off.
    """
    from falin.kernel.clock import legal_day, now
    from tenants.identity.queries import read_signed_in, scope_of
    from tenants.identity.roles import GRANTS

    person, (grant, nodes), today, spent = _kept[who], _kept[f"{who}_rows"], legal_day(now()), 0.0
    _read_alone(person)
    for _time in range(times):
        began = time.perf_counter()
        signed_in = read_signed_in(person_id=person, on=today)
        assert signed_in
        hat = next((one for one in signed_in.hats if grant in GRANTS[one.role]), None)
        assert hat
        scope = scope_of(signed_in, hat)
        scope.require(grant)
        assert all(scope.sees(nodes[row % len(nodes)]) and scope.may("comments.join") for row in range(rows))
        middle = time.perf_counter()
        _read_alone(person)
        spent += (middle - began) - (time.perf_counter() - middle)
    return spent * 1000 / times


def _read_alone(person_id: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select username, name, password, must_change_password, session_epoch from public.identity_person"
            " where id = %s and is_active", [person_id],
        )  # fmt: skip
        assert cursor.fetchone()


def _number(one: int) -> str:
    return f"330000190101{one:05d}X"


def read_ours() -> float:
    """Milliseconds to decrypt 1,000 rows, each bound to its own row."""
    from falin.kernel import crypto

    began = time.perf_counter()
    found = [crypto.decrypt(token, at) for token, at in zip(_kept["tokens"], _kept["places"], strict=True)]
    taken = time.perf_counter() - began
    assert found == _kept["numbers"]
    return taken * 1000


def read_theirs() -> float:
    """The same 1,000 values as Fernet tokens, as the encrypted fields of Django packages keep them: bound to no row."""
    began = time.perf_counter()
    found = [_kept["fernet"].decrypt(token).decode() for token in _kept["theirs"]]
    taken = time.perf_counter() - began
    assert found == _kept["numbers"]
    return taken * 1000


def find_ours(first: int, count: int) -> float:
    """Milliseconds for one lookup by identity number, the keyed hash with it."""
    from falin.kernel import crypto

    tenant = _kept["scope"].schema
    return _find(
        first, count, lambda number: {"id_index": crypto.blind_index(number, tenant=tenant, purpose="adviser.id")}
    )


def find_theirs(first: int, count: int) -> float:
    """The same lookup in the same table by a clear column with an index of its own."""
    return _find(first, count, lambda number: {"licence": number})


def _find(first: int, count: int, asked: Any) -> float:
    from falin.kernel.transactions import inside
    from services.advisers.models import Adviser

    with inside(_kept["scope"], read_only=True):
        rows = Adviser.objects.filter(province_id=_kept["province"])
        rows.first()
        began = time.perf_counter()
        for number in (_kept["numbers"][(first + one) % FINDABLE] for one in range(count)):
            (row,) = rows.filter(**asked(number)).values_list("name")
            assert row == (number,)
        return (time.perf_counter() - began) * 1000 / count


if __name__ == "__main__":
    obey({"make": make, "read_ours": read_ours, "read_theirs": read_theirs, "find_ours": find_ours,
          "find_theirs": find_theirs, "people": people, "decide": decide})  # fmt: skip
