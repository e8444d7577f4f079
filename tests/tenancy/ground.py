"""
What the matrix stands on, read without Falin: every row of the peopled world as PostgreSQL's superuser sees it, with the
words that give it away in an answer, and the people who ask.

Places are told apart by their official codes alone: what lies below a place begins with its code.
"""

from __future__ import annotations

import html
import io
import re
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import psycopg
from django.test import Client
from psycopg.rows import dict_row

from tests import databases, peopled
from tests.fixtures.adviser_sheets import identity, phone
from tests.world import PEOPLE, PLACES

ROLES = ("province_leader", "city_officer", "county_team", "street_officer", "liaison", "adviser", "firm_manager",
         "auditor", "operator", "county_finance", "inspector", "evaluator", "data_steward", "system_administrator",
         "security_administrator", "audit_administrator", "resident")  # fmt: skip
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


STALE = 60.0  # seconds; a proof holds for five minutes, a world for the whole run


@dataclass(frozen=True, slots=True)
class Fact:
    """A row, by one of the words that give it away, and whose it is."""

    word: str
    kind: str
    codes: frozenset[str] = frozenset()  # the places it belongs to
    schema: str = ""
    advisers: frozenset[str] = frozenset()
    firm: str = ""
    person: int = 0
    county: str = ""  # of an adviser: the county that entered him
    gave: frozenset[str] = frozenset()  # of a person: the places for which he gave or decided roles

    def __str__(self) -> str:
        return f"{self.kind} {self.word} ({', '.join(sorted(self.codes))})"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who asks: a role at a place. ``adviser`` and ``firm`` say whose own rows he may see."""

    label: str
    role: str
    username: str
    place: str  # code
    tenant: str  # code of the body whose schema he works in; "" for the shared one
    adviser: str = ""
    firm: str = ""
    places: frozenset[str] = frozenset()  # an adviser's communities in this tenant
    served: frozenset[str] = frozenset()  # communities he or his firm's advisers serve or served, in every county
    person: int = 0
    schema: str = "public"
    met: frozenset[int] = frozenset()  # people who acted in the tenant he works in; an adviser's: who saw his numbers

    @property
    def roots(self) -> frozenset[str]:
        return self.places or frozenset({self.place})

    def reaches(self, codes: Iterable[str]) -> bool:
        """Whether one of the places is his or lies below."""
        return any(code.startswith(root) for code in codes for root in self.roots)

    def relation(self, code: str) -> str:
        """How a place stands to his own: own, child, parent, neighbour, stranger."""
        own = self.place
        if code in self.roots:
            return "own"
        if any(code.startswith(root) for root in self.roots):
            return "child"
        if own.startswith(code):
            return "parent"
        return "neighbour" if code[:4] == own[:4] else "stranger"


NOBODY = Reader("nobody", "nobody", "", "", "")


@dataclass
class Ground:
    """One copy of the peopled world."""

    url: str
    facts: tuple[Fact, ...]
    node: dict[str, int]  # code → node
    code: dict[int, str]
    schema: dict[str, str]  # code of a body → its schema
    rows: dict[str, list[dict[str, Any]]]  # table → rows of every schema, each with its ``schema`` and ``code``
    person: dict[str, int]
    clients: dict[tuple[str, str], Client] = field(default_factory=dict)
    proved: dict[tuple[str, str], float] = field(default_factory=dict)  # when each last showed who he is

    @cached_property
    def readers(self) -> dict[str, Reader]:
        return {reader.label: _with_company(self, reader) for reader in _readers(self)}

    def client(self, reader: Reader) -> Client:
        """A browser in which the reader is signed in and wears the right hat."""
        key = (reader.username, reader.tenant)
        if key not in self.clients:
            client = Client(raise_request_exception=False)
            if reader.username:
                from tenants.identity.models import Person

                client.force_login(Person.objects.get(username=reader.username), BACKEND)
                if reader.role == "adviser":
                    session = client.session
                    session["hat"] = f"adviser@{self.tenant_number(reader.tenant)}"
                    session.save()
            self.clients[key] = client
        if reader.username and time.time() - self.proved.get(key, 0) > STALE:
            self.prove(reader)
        return self.clients[key]

    def prove(self, reader: Reader) -> None:
        """The reader shows anew who he is, for doors that ask again. Some doors end what he showed before."""
        key = (reader.username, reader.tenant)
        session = self.clients[key].session
        if "proof" in session:
            session["proof"] = {**session["proof"], "fresh_at": time.time()}
            session.save()
        self.proved[key] = time.time()
        self.touched()

    def tenant_number(self, code: str) -> int:
        return int(self.schema[code].lstrip("t"))

    @cached_property
    def superusers(self) -> list[psycopg.Connection[dict[str, Any]]]:
        """One at each node of the run's cluster."""
        return [psycopg.connect(url, autocommit=True, row_factory=dict_row) for url in databases.at_nodes(self.url)]

    def close(self) -> None:
        for one in self.__dict__.pop("superusers", []):
            one.close()

    def touched(self) -> list[str]:
        """What was written and committed since the last time this was asked, as ``schema.table act``."""
        found = [row for one in self.superusers for row in one.execute("delete from public.tests_touched returning *")]
        return sorted(
            {f"{row['schema_name']}.{databases.whole(row['table_name'])} {row['act'].lower()}" for row in found}
        )

    def of(self, kind: str) -> Iterator[Fact]:
        return (fact for fact in self.facts if fact.kind == kind)

    def said_in(self, text: str) -> list[Fact]:
        """Every row an answer gives away. Each word is looked for only where letters of its kind stand together."""
        kept = {kind: "\n".join(kind.findall(text)) if kind.pattern else text for kind in KINDS_OF_WORD}
        return [fact for kind, facts in self._by_kind for fact in facts if fact.word in kept[kind]]

    @cached_property
    def _by_kind(self) -> list[tuple[re.Pattern[str], list[Fact]]]:
        apart: dict[re.Pattern[str], list[Fact]] = {kind: [] for kind in KINDS_OF_WORD}
        for fact in self.facts:
            apart[next(kind for kind in KINDS_OF_WORD if not kind.pattern or kind.fullmatch(fact.word))].append(fact)
        return list(apart.items())


# Numbers and identifiers, Chinese words with digits among them, and whatever else there is.
KINDS_OF_WORD = (re.compile(r"[0-9a-fX-]{3,}"), re.compile(r"[0-9\u0080-\U0010ffff]{2,}"), re.compile(""))


def read_ground(url: str) -> Ground:
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as own:
        codes: dict[int, str] = {}
        for row in own.execute("select node_id, level, code from divisions_divisionversion where valid_to is null"):
            codes[row["node_id"]] = row["code"][: (2, 4, 6, 9, 12)[row["level"] - 1]]
        assert set(codes.values()) == set(PLACES)
        schemas = {row["schema_name"]: codes[row["node_id"]] for row in own.execute("select * from registry_tenant")}
        rows: dict[str, list[dict[str, Any]]] = {}
        tables = own.execute(
            "select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and (n.nspname = 'public' or n.nspname = any(%s)) order by 1, 2", [list(schemas)]
        ).fetchall()  # fmt: skip
        for table in tables:
            found = own.execute(f'select * from "{table["schema"]}"."{table["name"]}"').fetchall()
            for row in found:
                row["schema"], row["tenant"] = table["schema"], schemas.get(table["schema"], "")
                row["place"] = codes.get(row.get("node_id") or 0, "")
            rows.setdefault(table["name"], []).extend(found)
    node = {code: number for number, code in codes.items()}
    people = {row["username"]: row["id"] for row in rows["identity_person"]}
    return Ground(url=url, facts=tuple(_facts(rows)), node=node, code=codes, rows=rows, person=people,
                  schema={code: schema for schema, code in schemas.items()})  # fmt: skip


# ---- the words of each row -------------------------------------------------------------------------------------------
def _facts(rows: dict[str, list[dict[str, Any]]]) -> Iterator[Fact]:
    yield from _facts_of_the_register(rows)
    yield from _facts_of_counties(rows)
    for row in rows["kernel_job"]:
        held = row["state"] == "held"
        for word in (str(row["id"]), row["parameters"]["purpose"] if held else row["title"]):
            yield Fact(word, "held" if held else "job", schema=row["schema"], person=row["person_id"])
    for row in rows["kernel_auditentry"]:
        if re.search(r"\d{5}号", row["why"]) and row["act"] != "advisers.numbers.shown":  # a fact of its own, below
            yield Fact(row["why"], "why", frozenset({row["place"]} - {""}), row["schema"])
    advisers = {row["name"] for row in rows["advisers_adviser"]}
    bindings = rows["identity_binding"]
    for row in rows["identity_person"]:
        held = [one for one in bindings if one["person_id"] == row["id"]]
        gave = {
            one["place"] for one in bindings if row["id"] in {one["granted_by"], one["decided_by"], one["ended_by"]}
        }
        if row["name"] not in advisers:
            yield Fact(row["name"], "person", frozenset(one["place"] for one in held), schema=row["username"],
                       person=row["id"], firm="".join(one["subject_id"] for one in held), gave=frozenset(gave))  # fmt: skip
    tenants = {row["id"]: row["schema_name"] for row in rows["registry_tenant"]}
    of_binding = {row["id"]: row for row in bindings}
    for row in rows["identity_accesstoken"]:
        held = of_binding[row["binding_id"]]
        yield Fact(row["name"], "token", frozenset({held["place"]}), tenants.get(held["tenant_id"], "public"),
                   person=held["person_id"])  # fmt: skip
    for row in bindings:
        if row["standing"] == "proposed":
            for word in (row["reason"], str(row["proposal"])):
                yield Fact(word, "proposal", frozenset({row["place"]}), person=row["person_id"])
    for code, name in PLACES.items():
        yield Fact(name, "place", frozenset({code}))
    yield from _facts_of_talks(rows)


def _facts_of_talks(rows: dict[str, list[dict[str, Any]]]) -> Iterator[Fact]:
    """Comments by their numbers, with the places and the adviser of what they are about."""
    appointments = rows["advisers_appointment"]
    named = {str(row["id"]): row for table in ("advisers_appointment", "duty_visit") for row in rows[table]}
    places = {str(row["node_id"]): row["place"] for row in rows["divisions_divisionversion"]}
    bodies = {row["node_id"]: row["place"] for row in rows["registry_tenant"]}
    entered = {str(row["id"]): bodies[row["registered_by"]] for row in rows["advisers_adviser"]}
    for row in rows["desk_comment"]:
        about, kind = row["subject_id"], row["kind"]
        if kind == "adviser":
            codes, own = {one["place"] for one in appointments if str(one["adviser_id"]) == about}, {about}
        elif kind == "division":
            codes, own = {places[about]}, set()
        else:
            codes, own = {named[about]["place"]}, {str(named[about]["adviser_id"])}
        yield Fact(str(row["id"]), f"comment on {kind}", frozenset(codes), row["schema"], frozenset(own),
                   person=row["person_id"], county=entered.get(about, ""))  # fmt: skip


def _facts_of_the_register(rows: dict[str, list[dict[str, Any]]]) -> Iterator[Fact]:
    serving: dict[str, set[str]] = {}
    for row in rows["advisers_appointment"]:
        serving.setdefault(str(row["adviser_id"]), set()).add(row["place"])
    bodies = {row["node_id"]: row["place"] for row in rows["registry_tenant"]}
    for row in rows["advisers_adviser"]:
        own = str(row["id"])
        for word in (own, row["name"]):
            yield Fact(word, "adviser", frozenset(serving.get(own, ())), advisers=frozenset({own}),
                       firm=str(row["firm_id"]), county=bodies[row["registered_by"]])  # fmt: skip
    own = {row["name"]: row for row in rows["advisers_adviser"]}
    for number, adviser in enumerate(peopled.ADVISERS, start=1):
        row = own[adviser.name]
        for word in (identity(number), phone(number)):
            yield Fact(word, "secret", frozenset(serving.get(str(row["id"]), ())), county=bodies[row["registered_by"]],
                       advisers=frozenset({str(row["id"])}))  # fmt: skip
    for row in rows["advisers_clearview"]:
        yield Fact(row["reason"], "seen", frozenset({row["place"]}), advisers=frozenset({str(row["adviser_id"])}))
    for row in rows["advisers_firm"]:
        home = frozenset(
            bodies[one["registered_by"]] for one in rows["advisers_adviser"] if one["firm_id"] == row["id"]
        )
        members = frozenset(str(one["id"]) for one in rows["advisers_adviser"] if one["firm_id"] == row["id"])
        for word in (str(row["id"]), row["name"]):
            yield Fact(word, "firm", home, advisers=members, firm=str(row["id"]))


def _facts_of_counties(rows: dict[str, list[dict[str, Any]]]) -> Iterator[Fact]:
    for table, words in _WORDS.items():
        for row in rows[table]:
            for kind, word in words(row).items():
                for one in word if isinstance(word, list) else [word]:
                    if one:
                        yield _fact(row, one, kind)
    photos = {row["photo_id"]: row["adviser_id"] for row in rows["duty_visit"]}
    for row in rows["kernel_storedfile"]:
        if row["purpose"] == "stations-sheet":
            yield from _facts_of_stations_sheet(row)
            continue
        if row["purpose"] != "photo":
            yield _fact(row, row["id"], "sheet file")
            continue
        whose, word = {**row, "adviser_id": photos[row["id"]]}, row["name"].removesuffix(".png")
        for one in (row["id"], word, word.encode("unicode_escape").decode()):
            yield _fact(whose, one, "photo")
    for row in rows["kernel_outboxevent"]:
        if row["event"] == "tests.place.noted":
            yield _fact(row, row["payload"]["word"], "payload")
            yield _fact(row, row["error"].split(": ")[1], "payload")


def _facts_of_stations_sheet(row: dict[str, Any]) -> Iterator[Fact]:
    for one in (row["id"], row["name"].removesuffix(".csv")):
        yield _fact(row, one, "station sheet")
    for one in peopled.station_names(row["tenant"]):
        yield _fact(row, one, "station sheet file")


def _fact(row: dict[str, Any], word: Any, kind: str) -> Fact:
    own = str(row.get("adviser_id") or "")
    return Fact(
        str(word), kind, frozenset({row["place"] or row["tenant"]}), row["schema"], frozenset({own} - {""}),
        str(row.get("firm_id") or ""), row.get("person_id") or 0,
    )  # fmt: skip


# Table → the words that give one of its rows away, by the kind of row they tell of.
_WORDS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "advisers_appointment": lambda row: {"appointment": row["id"], "ended why": row["ended_why"]},
    "advisers_vacancy": lambda row: {"vacancy": row["note"]},
    "duty_visit": lambda row: {
        "visit": row["id"], "note": row["note"], "topic": row["topic"], "voided why": row["void_why"],
    },
    "advisers_importsheet": lambda row: {
        "sheet": [row["id"], row["name"].removesuffix(".xlsx")], "sheet file": peopled.sheet_names(row["tenant"]),
    },
    "stations_station": lambda row: {
        "closed station" if row["closed_on"] else "station": [row["id"], row["name"]], "closed why": row["closed_why"],
    },
    "indicators_run": lambda row: {"run": row["id"]},
    "kernel_webhookendpoint": lambda row: {"webhook": [row["id"], row["name"]]},
}  # fmt: skip


# ---- who asks --------------------------------------------------------------------------------------------------------
def _readers(ground: Ground) -> Iterator[Reader]:
    for username, (_name, role, code) in {**PEOPLE, **peopled.PEOPLE}.items():
        above = role.value in {"province_leader", "city_officer"} or len(code) == 4
        yield Reader(username, role.value, username, code, code[:2] if above else code[:6])
    yield Reader("operator", "operator", "operator", "33", "")
    yield Reader("resident", "resident", "resident", "330106109200", "330106")
    own = {row["username"]: row["id"] for row in ground.rows["identity_person"]}
    for username, (_name, county) in peopled.MANAGERS.items():
        firm = next(str(row["id"]) for row in ground.rows["advisers_firm"] if row["name"] == peopled.FIRMS[county])
        yield Reader(username, "firm_manager", username, "33", "33", firm=firm)
    for adviser in peopled.ADVISERS:
        if not adviser.places:
            continue
        number = str(
            next(row["id"] for row in ground.rows["advisers_adviser"] if row["person_id"] == own[adviser.username])
        )
        firm = next(str(row["firm_id"]) for row in ground.rows["advisers_adviser"] if str(row["id"]) == number)
        for county in sorted({place[:6] for place in adviser.places}, reverse=True):
            here = [place for place in adviser.places if place[:6] == county]
            label = adviser.username if county == adviser.places[0][:6] else f"{adviser.username}@{county}"
            yield Reader(label, "adviser", adviser.username, here[0], county, number, firm, frozenset(here))


def _with_company(ground: Ground, reader: Reader) -> Reader:
    served: set[str] = set()
    for row in ground.rows["advisers_appointment"]:
        if str(row["adviser_id"]) == reader.adviser or (
            reader.role == "firm_manager" and str(row["firm_id"]) == reader.firm
        ):
            served.add(row["place"])
    schema = ground.schema.get(reader.tenant, "public")
    met = {row["person_id"] for row in ground.rows["kernel_auditentry"] if row["schema"] == schema}
    if reader.role == "adviser":  # in whatever county: whoever saw his numbers
        met = {
            row["person_id"] for row in ground.rows["advisers_clearview"] if str(row["adviser_id"]) == reader.adviser
        }
    return replace(reader, served=frozenset(served), person=ground.person[reader.username], schema=schema,
                   met=frozenset(met))  # fmt: skip


# One of each role, in the same corner of the world, so that what is child, parent, neighbour and stranger differs.
CAST = ("leader", "city", "county", "street", "liaison", "wenruoxi", "manager", "auditor", "operator", "finance",
        "inspector", "evaluator", "steward", "sysadmin", "security", "auditadmin", "resident")  # fmt: skip
MORE = ("liaison2", "auditor3", "auditor2", "city2", "county2", "wenruoxi@330102", "songhuaijin", "manager2")


# ---- answers ---------------------------------------------------------------------------------------------------------
def text_of(response: Any) -> str:
    """All that an answer says: markup, scripts' data, sheets and bytes alike."""
    data: bytes = b"".join(response.streaming_content) if response.streaming else response.content
    heads = unquote(" ".join(f"{name}: {value}" for name, value in response.headers.items()))
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    return heads + "\n" + html.unescape(data.decode("utf-8", "replace"))
