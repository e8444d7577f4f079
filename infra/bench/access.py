"""
`falin bench access`: what encryption costs whoever reads a list, and whoever looks for somebody by his identity number.

`clear-1000` decrypts 1,000 values, each bound to its row, beside the same values as Fernet tokens (the encrypted fields
of Django packages), which are bound to nothing. `blind-index` finds one person among a million by the keyed hash of his
number, beside the same query of the same table by a clear, indexed column. In turns, in one process.

`list` is what deciding adds to a list page of 50 rows over having read the person: his role's grant for the page, and for
each row whether its place is his and whether he may act on it. The peer is plain Django's `user.has_perm` with groups: the
fewest moving parts there are, cached for the request, and without any notion of places. (django-guardian keeps a row for
each person and object and so answers another question; django-rules asks no table and would measure Python alone.)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the stand and the peers lie beside this file

from stand.children import Child
from stand.ground import Database, ground
from stand.lines import Goal, Line, line, show

from falin.runtime.home import Home
from falin.runtime.sentences import say

FIRM = "0" * 32
CLEAR = Goal(words="value ≤ 20 ms", reached=lambda value, peer: value <= 20)
# A street's officer; a city's, who reaches its bodies; somebody with two roles that a rule may part.
WHO = {"street": "access/list", "city": "access/list/city", "two": "access/list/two-roles"}
LIST = Goal(words="value ≤ 0.3 ms", reached=lambda value, peer: value <= 0.3)
INDEX = Goal(words="value ≤ 2 ms", reached=lambda value, peer: value <= 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured: people on the register, rounds, lookups in one round."""

    rows: int = 1_000_000
    rounds: int = 41
    lookups: int = 50
    listed: int = 50
    communities: int = 19


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench access`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    with ground(home) as base, base.database("access") as database, base.database("permissions") as theirs:
        say("正在准备登记册…", "filling the register…")
        with Child("ours.access", settings="falin.config.settings", environ={
            "FALIN_HOME": str(base.home.root), "DATABASE_URL": database.app, "DATABASE_OWNER_URL": database.owner,
        }) as child, Child("peers.plain_django.permitting", settings="peers.plain_django.settings", environ={
            "BENCH_DATABASE_URL": theirs.owner,
        }) as peer:  # fmt: skip
            _fill(database, child("make", communities=size.communities), size.rows)
            say("正在量解密和查找…", "measuring reading and finding…")
            times: dict[str, list[float]] = {
                order: []
                for order in (
                    "read_ours",
                    "read_theirs",
                    "find_ours",
                    "find_theirs",
                    "list_theirs",
                    *(f"list_{who}" for who in WHO),
                )
            }
            child("people")
            peer("make")
            for number in range(size.rounds + 1):
                for side in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
                    times[f"read_{side}"].append(child(f"read_{side}"))
                    if side == "theirs":
                        times["list_theirs"].append(peer("decide", rows=size.listed, times=size.lookups))
                    else:
                        for who in WHO:
                            times[f"list_{who}"].append(child("decide", rows=size.listed, times=size.lookups, who=who))
                    times[f"find_{side}"].append(child(f"find_{side}", first=number * size.lookups, count=size.lookups))
    warm = {order: taken[1:] for order, taken in times.items()}
    return [
        line(case="access/clear-1000", unit="ms", ours=warm["read_ours"], peer="Fernet", theirs=warm["read_theirs"],
             goal=CLEAR),
        *(line(case=case, unit="ms", ours=warm[f"list_{who}"], peer="user.has_perm, no places",
               theirs=warm["list_theirs"], goal=LIST) for who, case in WHO.items()),
        line(case="access/blind-index", unit="ms", ours=warm["find_ours"], peer="clear indexed column",
             theirs=warm["find_theirs"], goal=INDEX),
    ]  # fmt: skip


def _fill(database: Database, made: dict[str, Any], rows: int) -> None:
    """
    The register full of people; the findable ones lie scattered among them. Filled by SQL: what is measured is looking
    for somebody, and a million encryptions would only take minutes.
    """
    known = ", ".join(
        f"('{number}', '\\x{index}'::bytea)"
        for number, index in zip(made["numbers"], made["indexes"], strict=True)
    )  # fmt: skip
    database.said_by_admin(
        "insert into advisers_firm (id, province_id, name, pinyin, credit_code, phone, created_at)"  # noqa: S608
        f" values ('{FIRM}', {made['province']}, '律所', '', '', '', now())",
        f"""
        insert into advisers_adviser (id, province_id, firm_id, name, pinyin, licence, id_sealed, id_index, phone_sealed,
            phone_index, phone_tail, specialties, ban_reason, registered_by, created_at)
        select gen_random_uuid(), {made["province"]}, '{FIRM}', number, '', number, '', index, '',
            sha256(('t' || number)::bytea), '', '[]', '', 1, now()
        from (select 'L' || g, sha256(('i' || g)::bytea) from generate_series(1, {rows}) g union all values {known})
            as people (number, index)
        """,  # noqa: S608
        "create index bench_clear on advisers_adviser (province_id, licence)",
        "vacuum analyze advisers_adviser",
    )
