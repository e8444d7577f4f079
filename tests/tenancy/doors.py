"""
Every door there is, from the live list of addresses, and what the matrix has to know of it to knock.

The list of doors is never written down. What stands here is what no list can tell: which things an address names, what a
right form looks like, and which rows its rightful reader should find. A door that is missing here fails the matrix with
a sentence that says what to add.
"""

from __future__ import annotations

import base64
import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from openpyxl import load_workbook

from falin.kernel.checks import door_of, doorless, walk
from falin.kernel.rest import DoorView
from falin.portal import people_sheet
from services.desk.types import NoticeKind
from tenants.identity.queries.account import session_id
from tests import peopled
from tests.app.registry.archives import keys
from tests.fixtures.adviser_sheets import identity, phone
from tests.tenancy.ground import Fact, Ground, Reader, text_of
from tests.tenancy.reference import MAY, in_register, may_see
from tests.world import NOW, PLACES

COMMUNITIES = tuple(code for code in PLACES if len(code) == 12)


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one address."""

    name: str
    route: str
    method: str
    grant: str  # "" for a door open to everybody, and for a third party's
    writes: bool
    api: bool

    def __str__(self) -> str:
        return f"{self.method} {self.name}"

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(re.findall(r"<(?:\w+:)?(\w+)>", self.route))


@lru_cache(maxsize=1)
def every_door() -> tuple[Door, ...]:
    found: list[Door] = []
    for route, name, view in walk():
        owner = getattr(view, "cls", None)
        if isinstance(owner, type) and issubclass(owner, DoorView):
            for method, grant in owner.door_grants.items():
                found.append(Door(name, route, method, grant, method in owner.door_writes, True))
        elif door_of(view) is not None:
            grant = getattr(view, "door_grant", "")
            writes = getattr(view, "door_writes", frozenset() if grant else {"POST"})
            api, methods = route.startswith("api/"), _allowed(view) - {"HEAD", "OPTIONS"}
            found += [Door(name, route, method, grant, method in writes, api) for method in methods]
        else:
            assert doorless(view), route
            found.append(Door(name, route, "GET", "", False, route.startswith("api/")))
    return tuple(sorted(found, key=str))


def _allowed(view: Any) -> set[str]:
    answer = view(RequestFactory().generic("PURGE", "/"))
    assert answer.status_code == 405, f"{view} let a method through that nobody named"
    return {method.strip() for method in answer.headers["Allow"].split(",")}


# ---- the things an address names -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Thing:
    """What is asked for: the parts of the address, whose place it is, and more for the form."""

    parts: Mapping[str, Any]
    codes: frozenset[str]
    fact: Fact | None = None
    query: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def relation(self, reader: Reader) -> str:
        """The nearest its places come to the reader's own."""
        order = ("own", "child", "neighbour", "stranger", "parent")
        return min((reader.relation(code) for code in self.codes or {"0" * 12}), key=order.index)


@dataclass(frozen=True, slots=True)
class Asked:
    """The things of one kind, who may have them, and what else may come back than 200 or 404."""

    things: Callable[[Ground], Iterable[Thing]]
    may: Callable[[Reader, Thing], bool]
    empty: bool = False  # what is not the reader's is answered by an empty page
    also: frozenset[int] = frozenset()  # a thing one may have can still be refused for what it is


def _by_fact(reader: Reader, thing: Thing) -> bool:
    assert thing.fact is not None
    return may_see(reader, thing.fact)


def _on_county_side(reader: Reader, thing: Thing) -> bool:
    return reader.role in MAY["advisers.read"] and reader.reaches(thing.codes)


def _county_of(reader: Reader, thing: Thing) -> bool:
    return reader.role == "county_team" and reader.place in thing.codes


def _place_facts(reader: Reader, thing: Thing) -> bool:
    return reader.role not in {"adviser", "firm_manager"} and reader.reaches(thing.codes)


def _own_rows(reader: Reader, thing: Thing) -> bool:
    return reader.role == "adviser" and reader.adviser == thing.more["adviser"] and reader.reaches(thing.codes)


def _facts(kind: str, part: str) -> Callable[[Ground], Iterable[Thing]]:
    def things(ground: Ground) -> Iterable[Thing]:
        for fact in ground.of(kind):
            if re.fullmatch(r"[0-9a-f-]{36}", fact.word):
                yield Thing({part: fact.word}, fact.codes, fact)
        yield Thing({part: str(uuid.UUID(int=5))}, frozenset(), Fact("-" * 40, kind))

    return things


def _places(*levels: int) -> Callable[[Ground], Iterable[Thing]]:
    def things(ground: Ground) -> Iterable[Thing]:
        for code in PLACES:
            if len(code) in levels:
                yield Thing({"node_id": ground.node[code]}, frozenset({code}))
        yield Thing({"node_id": 99_999_999}, frozenset())

    return things


def _served(ground: Ground) -> Iterable[Thing]:
    served = {place for adviser in peopled.ADVISERS for place in adviser.places}
    return (thing for thing in _places(12)(ground) if not thing.codes or thing.codes & served)


def _sheets_to_mend(ground: Ground) -> Iterable[Thing]:
    mended = {str(row["id"]) for row in ground.rows["advisers_importsheet"] if row["errors_file"]}
    return (
        thing for thing in _facts("sheet", "import_id")(ground) if not thing.codes or thing.parts["import_id"] in mended
    )


def _brought_it(reader: Reader, thing: Thing) -> bool:
    assert thing.fact is not None
    return bool(thing.codes) and reader.person == thing.fact.person


def _ranked(ground: Ground) -> Iterable[Thing]:
    for code in PLACES:
        if len(code) < 12:
            level = {2: 2, 4: 3, 6: 4, 9: 5}[len(code)]
            yield Thing({"node_id": ground.node[code]}, frozenset({code}), query=f"month=2026-10&level={level}")


def _visits(ground: Ground) -> Iterable[Thing]:
    for row in ground.rows["duty_visit"]:
        if row["voided_at"] is None and row["begins_at"].month > 9:
            yield Thing({"visit_id": row["id"]}, frozenset({row["place"]}), Fact(str(row["id"]), "visit"),
                        more={"adviser": str(row["adviser_id"]), "node": row["node_id"]})  # fmt: skip


def _reminders(ground: Ground) -> Iterable[Thing]:
    # Each county counts its own from 1: the neighbour's number is somebody's here too, so the largest are asked for.
    for row in ground.rows["duty_reminder"]:
        number = row["id"]
        same = [one for one in ground.rows["duty_reminder"] if one["id"] == number]
        yield Thing({"reminder_id": number}, frozenset(one["place"] for one in same),
                    more={"adviser": str(row["adviser_id"]), "all": {str(one["adviser_id"]) for one in same},
                          "senders": {one["person_id"] for one in same}})  # fmt: skip


def _sent_by_himself(reader: Reader, thing: Thing) -> bool:
    return reader.person in thing.more["senders"] and reader.reaches(thing.codes)


def _own_reminder(reader: Reader, thing: Thing) -> bool:
    return reader.role == "adviser" and reader.adviser in thing.more["all"] and reader.reaches(thing.codes)


def _appointing(ground: Ground) -> Iterable[Thing]:
    free = next(row for row in ground.rows["advisers_adviser"] if row["name"] == "唐月初")
    for code in COMMUNITIES:
        yield Thing({"node_id": ground.node[code], "adviser_id": free["id"]}, frozenset({code}))


def _chosen(ground: Ground) -> Iterable[Thing]:
    return (Thing({}, frozenset({code}), query=f"community={ground.node[code]}") for code in COMMUNITIES)


def _histories(ground: Ground) -> Iterable[Thing]:
    for fact in ground.of("why"):
        row = next(row for row in ground.rows["kernel_auditentry"] if row["why"] == fact.word)
        parts = {"kind": row["subject_kind"], "subject_id": row["subject_id"]}
        yield Thing(parts, fact.codes, fact)


def _files(ground: Ground) -> Iterable[Thing]:
    for fact in (*ground.of("photo"), *ground.of("sheet file"), *ground.of("station sheet")):
        if re.fullmatch(r"[0-9a-f-]{36}", fact.word):
            yield Thing({"file_id": fact.word}, fact.codes, fact)
    yield Thing({"file_id": uuid.UUID(int=5)}, frozenset(), Fact("-" * 40, "photo"))


_POLICY = "identity.longest_grant"  # of the province, and no target of the programme


def _set_at(*levels: int) -> Callable[[Ground], Iterable[Thing]]:
    def things(ground: Ground) -> Iterable[Thing]:
        for code in PLACES:
            if len(code) in levels:
                node = ground.node[code]
                for key in ("duty.hours_a_month", *((_POLICY,) if len(code) == 2 else ())):
                    yield Thing({"key": key}, frozenset({code}), query=f"place={node}", more={"node": node})

    return things


def _touched(ground: Ground) -> Iterable[Thing]:
    for thing in _set_at(2, 4, 6)(ground):
        yield Thing(thing.parts, thing.codes, query=f"{thing.query}&value=9&valid_from=2030-01-01", more=thing.more)


def _sees_settings(reader: Reader, thing: Thing) -> bool:
    """What holds at a place binds those below it: they may read it."""
    return reader.reaches(thing.codes) or any(root.startswith(code) for root in reader.roots for code in thing.codes)


def _sees_setting(reader: Reader, thing: Thing) -> bool:
    """Who sets policies has no targets (decision 57), and reads none."""
    return _sees_settings(reader, thing) and (reader.role not in MAY["policies.set"] or thing.parts["key"] == _POLICY)


def _sets(reader: Reader, thing: Thing) -> bool:
    """Policies are the security administrator's, and he sets nothing else."""
    return bool(reader.roots & thing.codes) and (reader.role in MAY["policies.set"]) == (thing.parts["key"] == _POLICY)


def _once(**parts: Any) -> Callable[[Ground], Iterable[Thing]]:
    return lambda ground: [Thing(parts, frozenset())]


def _held(ground: Ground) -> Iterable[Thing]:
    """What a colleague asked to export; and one that nobody did."""
    for row in ground.rows["kernel_job"]:
        if row["state"] == "held":
            yield Thing({"job_id": row["id"]}, frozenset({row["tenant"]}), more={"person": row["person_id"]})
    yield Thing({"job_id": uuid.UUID(int=5)}, frozenset(), more={"person": 0})


def _says_yes(reader: Reader, thing: Thing) -> bool:
    return reader.role in MAY["lists.export"] and reader.reaches(thing.codes) and reader.person != thing.more["person"]


def _takes_lists(reader: Reader, thing: Thing) -> bool:
    return reader.role in MAY["advisers.read"] & MAY["lists.export"]


def _anybody(reader: Reader, thing: Thing) -> bool:
    return True


def _emergencies(ground: Ground) -> Iterable[Thing]:
    codes = {ground.tenant_number(code): code for code in ground.schema}
    for row in ground.rows["identity_emergency"]:
        yield Thing({"emergency_id": row["id"]}, frozenset({codes[row["tenant_id"]]}),
                    more={"waits": row["decided_at"] is None})  # fmt: skip
    yield Thing({"emergency_id": 99_999_999}, frozenset())


def _of_the_emergency(reader: Reader, thing: Thing) -> bool:
    """Its operator, the county's team, and the province's security administrator."""
    return bool(thing.codes) and (
        reader.role in {"operator", "security_administrator"}
        or (reader.role == "county_team" and reader.place in thing.codes)
    )


def _waits_for_a_yes(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return bool(thing.more["waits"])


def _sessions(ground: Ground) -> Iterable[Thing]:
    """The second browser of one county's team."""
    yield Thing({"session": session_id("0" * 32)}, frozenset({"330106"}))
    yield Thing({"session": "nobodys"}, frozenset())


def _own_session(reader: Reader, thing: Thing) -> bool:
    return reader.username == "county" and bool(thing.codes)


def _people(ground: Ground) -> Iterable[Thing]:
    """Officials, each with the roles and places he holds."""
    for fact in ground.of("person"):
        held = [row for row in ground.rows["identity_binding"] if row["person_id"] == fact.person]
        yield Thing({"person_id": fact.person}, fact.codes, fact, more={"roles": {row["role"] for row in held}})
    yield Thing({"person_id": 99_999_999}, frozenset(), Fact("-" * 40, "person"))


def _programs(ground: Ground) -> Iterable[Thing]:
    programs = {row["person_id"] for row in ground.rows["identity_serviceaccount"]}
    return (one for one in _people(ground) if not one.codes or one.parts["person_id"] in programs)


def _reads_shared(reader: Reader, thing: Thing) -> bool:
    """The log beside every tenant is for who reads the whole province's."""
    return reader.role in MAY["audit.read"] and reader.place == "33"


def _of_two(ground: Ground, row: dict[str, Any]) -> Thing:
    both = {row["kept_id"], row["gone_id"]}
    held = frozenset(one["place"] for one in ground.rows["identity_binding"] if one["person_id"] in both)
    more = {"kept_id": row["kept_id"], "gone_id": row["gone_id"]}
    return Thing({"merge_id": row["id"]} if row["id"] else {}, held, more=more)


def _merges(ground: Ground) -> Iterable[Thing]:
    yield from (_of_two(ground, row) for row in ground.rows["identity_personmerge"])
    yield Thing({"merge_id": 99_999_999}, frozenset())


def _twins(ground: Ground) -> Iterable[Thing]:
    for one, other in (("twin1", "twin2"), ("shut", "shut2"), ("street3", "liaison2")):
        thing = _of_two(ground, {"id": 0, "kept_id": ground.person[one], "gone_id": ground.person[other]})
        parts = {"one_id": thing.more["kept_id"], "other_id": thing.more["gone_id"]}
        yield Thing(parts, thing.codes, more=thing.more)


def _twins_sent(ground: Ground) -> Iterable[Thing]:
    return (Thing({}, thing.codes, more=thing.more) for thing in _twins(ground))


def _all_in_reach(reader: Reader, thing: Thing) -> bool:
    reads = reader.role in MAY["people.read"] - {"firm_manager"}
    return bool(thing.codes) and reads and all(reader.reaches([one]) for one in thing.codes)


def _gives_in_reach(reader: Reader, thing: Thing) -> bool:
    return reader.role in MAY["people.grant"] and _all_in_reach(reader, thing)


def _charge_of_both(reader: Reader, thing: Thing) -> bool:
    return reader.role in {"city_officer", "county_team"} and _all_in_reach(reader, thing)


def _sent_pair(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {**thing.more, "kept": thing.more["kept_id"], "reason": "已核实", "apart": ""}


def _sent_pair_json(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {**thing.more, "reason": "已核实", "apart": True}  # a page and its API do not take each other's


def _are_twins(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return bool(thing.more["kept_id"] == ground.person["twin1"])


def _tokens(ground: Ground) -> Iterable[Thing]:
    numbers = {row["name"]: row["id"] for row in ground.rows["identity_accesstoken"]}
    for fact in ground.of("token"):
        yield Thing({"token_id": numbers[fact.word]}, fact.codes, fact)
    yield Thing({"token_id": 99_999_999}, frozenset(), Fact("-" * 40, "token"))


def _bindings(ground: Ground) -> Iterable[Thing]:
    named = {fact.person: fact for fact in ground.of("person")}
    for row in ground.rows["identity_binding"]:
        if row["person_id"] in named:
            yield Thing({"binding_id": row["id"]}, frozenset({row["place"]}), named[row["person_id"]],
                        more={"role": row["role"], "standing": row["standing"]})  # fmt: skip
    yield Thing({"binding_id": 99_999_999}, frozenset(), Fact("-" * 40, "person"))


def _proposals(ground: Ground) -> Iterable[Thing]:
    for row in ground.rows["identity_binding"]:
        if row["standing"] == "proposed":
            yield Thing({"proposal": row["proposal"]}, frozenset({row["place"]}))
    yield Thing({"proposal": uuid.UUID(int=5)}, frozenset())


def _in_register(reader: Reader, thing: Thing) -> bool:
    assert thing.fact is not None
    return reader.role in MAY["people.read"] and in_register(reader, thing.fact)


def _binding_in_reach(reader: Reader, thing: Thing) -> bool:
    assert thing.fact is not None
    if reader.role == "firm_manager":
        return thing.fact.firm == reader.firm
    return reader.role in MAY["people.read"] and reader.reaches(thing.codes)


def _second(reader: Reader, thing: Thing) -> bool:
    """What the second officer of a city proposed, the first confirms; nobody else."""
    return reader.role == "city_officer" and reader.reaches(thing.codes)


def _tenants(*states: str) -> Callable[[Ground], Iterable[Thing]]:
    def things(ground: Ground) -> Iterable[Thing]:
        for row in ground.rows["registry_tenant"]:
            if not states or row["state"] in states:
                yield Thing({"tenant_id": row["id"]}, frozenset({row["place"]}), more={"state": row["state"]})
        yield Thing({"tenant_id": 99_999_999}, frozenset())

    return things


def _addresses(ground: Ground) -> Iterable[Thing]:
    named = {row["id"]: row["place"] for row in ground.rows["registry_tenant"]}
    for row in ground.rows["registry_domain"]:
        yield Thing({"tenant_id": row["tenant_id"], "address_id": row["id"]}, frozenset({named[row["tenant_id"]]}))
    yield Thing({"tenant_id": 99_999_999, "address_id": 1}, frozenset())


def _deeds(ground: Ground) -> Iterable[Thing]:
    named = {row["id"]: row["place"] for row in ground.rows["registry_tenant"]}
    for row in ground.rows["registry_deed"]:
        yield Thing({"deed_id": row["id"]}, frozenset({named[row["tenant_id"]]}))
    yield Thing({"deed_id": 99_999_999}, frozenset())


def _archives(ground: Ground) -> Iterable[Thing]:
    named = {row["id"]: row["place"] for row in ground.rows["registry_tenant"]}
    for row in ground.rows["registry_archive"]:
        yield Thing({"archive_id": row["id"]}, frozenset({named[row["tenant_id"]]}), more={"archive": str(row["id"])})
    yield Thing({"archive_id": uuid.UUID(int=5)}, frozenset(), more={"archive": str(uuid.UUID(int=5))})


def _opener(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    certificate, key = keys("省档案馆")
    return {"certificate": SimpleUploadedFile("c.pem", certificate), "key": SimpleUploadedFile("k.pem", key)}


def _opener_json(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    certificate, key = keys("省档案馆")
    return {"archive": thing.more["archive"], "certificate": certificate.decode(), "key": key.decode()}


def _runs_the_platform(reader: Reader, thing: Thing) -> bool:
    return reader.role == "operator" and bool(thing.codes)


def _is_in(state: str) -> Callable[[Ground, Reader, Thing], bool]:
    return lambda ground, reader, thing: thing.more.get("state") == state


def _same_house(reader: Reader, thing: Thing) -> bool:
    assert thing.fact is not None
    return reader.role in MAY["webhooks.manage"] and thing.fact.schema == reader.schema


def _any_place(reader: Reader, thing: Thing) -> bool:
    return reader.role in MAY["places.read"] and bool(thing.codes)


def _areas(ground: Ground) -> Iterable[Thing]:
    homes = {row["id"]: row["place"] for row in ground.rows["divisions_statisticalarea"]}
    for area, code in homes.items():
        yield Thing({"area_id": area}, frozenset({code}))
    yield Thing({"area_id": 99_999_999}, frozenset())


def _members(ground: Ground) -> Iterable[Thing]:
    homes = {row["id"]: row["place"] for row in ground.rows["divisions_statisticalarea"]}
    for row in ground.rows["divisions_areamember"]:
        yield Thing({"area_id": row["area_id"], "member_id": row["id"]}, frozenset({homes[row["area_id"]]}))
    yield Thing({"area_id": 99_999_999, "member_id": 1}, frozenset())


def _describes(reader: Reader, thing: Thing) -> bool:
    return reader.role in MAY["places.describe"] and reader.reaches(thing.codes)


def _looked_for(ground: Ground) -> Iterable[Thing]:
    return (Thing({}, frozenset({code}), query=f"q={name}") for code, name in PLACES.items())


def _reviews(reader: Reader, thing: Thing) -> bool:
    return reader.role in MAY["places.review"] and bool(thing.codes)


def _updates(ground: Ground) -> Iterable[Thing]:
    for row in ground.rows["divisions_divisionupdate"]:
        yield Thing({"update_id": row["id"]}, frozenset({"33"}), more={"state": row["state"]})
    yield Thing({"update_id": 99_999_999}, frozenset())


def _changes(ground: Ground) -> Iterable[Thing]:
    states = {row["id"]: row["state"] for row in ground.rows["divisions_divisionupdate"]}
    for row in ground.rows["divisions_divisionchange"]:
        yield Thing({"update_id": row["update_id"], "change_id": row["id"]}, frozenset({"33"}),
                    more={"state": states[row["update_id"]]})  # fmt: skip
    yield Thing({"update_id": 99_999_999, "change_id": 1}, frozenset())


def _notices(ground: Ground) -> Iterable[Thing]:
    # Each body counts its own from 1.
    for row in ground.rows["desk_notice"]:
        same = {(one["schema"], one["person_id"]) for one in ground.rows["desk_notice"] if one["id"] == row["id"]}
        yield Thing({"notice_id": row["id"]}, frozenset({row["tenant"]}), more={"whose": same})
    yield Thing({"notice_id": 99_999_999}, frozenset(), more={"whose": set()})


def _kept_views(ground: Ground) -> Iterable[Thing]:
    for row in ground.rows["desk_savedview"]:
        same = {(one["schema"], one["person_id"]) for one in ground.rows["desk_savedview"] if one["id"] == row["id"]}
        yield Thing({"view_id": row["id"]}, frozenset({row["tenant"]}), more={"whose": same})
    yield Thing({"view_id": 99_999_999}, frozenset(), more={"whose": set()})


def _spoken_of(ground: Ground) -> Iterable[Thing]:
    """The things that were spoken about, each with what was said, kinds in turn; and one that nobody has."""
    for row in sorted(ground.rows["desk_comment"], key=lambda row: (str(row["person_id"]), row["kind"])):
        fact = next(fact for fact in ground.facts if fact.word == str(row["id"]))
        yield Thing({"kind": row["kind"], "subject_id": row["subject_id"]}, fact.codes, fact)
    yield Thing({"kind": "visit", "subject_id": uuid.UUID(int=5)}, frozenset(), Fact("-" * 40, "comment on visit"))


def _sees_thing(reader: Reader, thing: Thing) -> bool:
    """An adviser on the province's register and a place are things of several bodies; what is said of them is one body's."""
    assert thing.fact is not None
    everywhere = thing.parts["kind"] in {"adviser", "division"} and bool(thing.codes)
    return may_see(reader, replace(thing.fact, schema=reader.schema) if everywhere else thing.fact)


def _comments(ground: Ground) -> Iterable[Thing]:
    for thing in _spoken_of(ground):
        assert thing.fact is not None
        word = thing.fact.word if thing.codes else uuid.UUID(int=5)
        yield Thing({"comment_id": word}, thing.codes, more={"person": thing.fact.person})


def _wrote(reader: Reader, thing: Thing) -> bool:
    return bool(thing.codes) and reader.person == thing.more["person"]


def _feedback(ground: Ground) -> Iterable[Thing]:
    for row in ground.rows["desk_feedback"]:
        yield Thing({"feedback_id": row["id"]}, frozenset(), more={"province": row["province_id"]})
    yield Thing({"feedback_id": 99_999_999}, frozenset(), more={"province": -1})


def _answers_feedback(reader: Reader, thing: Thing) -> bool:
    """The operator everybody's; the system administrator his province's, and there is one in the ground."""
    return thing.more["province"] != -1 and reader.role in {"operator", "system_administrator"}


def _own_notice(reader: Reader, thing: Thing) -> bool:
    return (reader.schema, reader.person) in thing.more["whose"]


def _of_a_county(**parts: str) -> Callable[[Ground], Iterable[Thing]]:
    def things(ground: Ground) -> Iterable[Thing]:
        yield Thing({"county": "330106", **parts}, frozenset({"330106"}))
        yield Thing({"county": "999999", **parts}, frozenset())

    return things


def _written_news(ground: Ground) -> Iterable[Thing]:
    # Each county counts its own from 1.
    for number in {row["number"] for row in ground.rows["desk_news"]}:
        rows = [row for row in ground.rows["desk_news"] if row["number"] == number]
        states = {row["place"]: row["state"] for row in rows}
        yield Thing({"number": number}, frozenset(states), more={"states": states})
    yield Thing({"number": 99_999_999}, frozenset(), more={"states": {}})


def _published_news(ground: Ground) -> Iterable[Thing]:
    for row in ground.rows["desk_news"]:
        if row["state"] == "published":
            yield Thing({"county": row["place"], "number": row["number"]}, frozenset({row["place"]}))
    yield Thing({"county": "330106", "number": 99_999_999}, frozenset())


def _news_is(*states: str) -> Callable[[Ground, Reader, Thing], bool]:
    return lambda ground, reader, thing: thing.more["states"].get(reader.place) in states


def _is_posted(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return bool(thing.codes & set(peopled.POSTED))


def _keeps_stations(reader: Reader, thing: Thing) -> bool:
    return reader.role in MAY["stations.keep"] and reader.reaches(thing.codes)


def _said_of_station(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    """At the place it asks for, or where the station is."""
    codes = thing.fact.codes if thing.fact else thing.codes
    node = thing.parts.get("node_id") or ground.node[next(iter(codes), "330106")]
    return {"node_id": node, "name": f"新站{uuid.uuid4().hex[:8]}", "address": "一楼", "opened_on": "2026-01-05"}


def _station_form(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {**_said_of_station(ground, reader, thing), "opening": "周一至周五 9:00-12:00"}


def _station_json(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    opening = [{"weekday": 1, "begins_at": "09:00", "ends_at": "12:00"}]
    return {**_said_of_station(ground, reader, thing), "opening": opening}


_A_STATION = Asked(_places(2, 4, 6, 9, 12), _keeps_stations)
PLACE = Asked(_places(2, 4, 6, 9, 12), _place_facts)
COMMUNITY = Asked(_places(12), _on_county_side)
# By the address's name, or by the names of its parts.
THINGS: dict[str | tuple[str, ...], Asked] = {
    ("node_id",): PLACE,
    "api-figures-ranking": Asked(_ranked, _place_facts),
    "api-figures-counties": Asked(_places(2, 4, 6), _place_facts),
    "api-figures-visits": Asked(_served, _place_facts),
    "figures:screen": Asked(_places(2, 4, 6, 9), _place_facts),
    "figures:publish": Asked(_places(4, 6, 9, 12), _county_of),
    "api-figures-publish": Asked(_places(4, 6, 9, 12), _county_of),
    "duty:post": COMMUNITY,
    "duty:withdraw": COMMUNITY,
    "duty:post-restore": COMMUNITY,
    "duty-api:post": COMMUNITY,
    "duty-api:post-restored": COMMUNITY,
    ("county",): Asked(_of_a_county(), _anybody),
    "api-public-communities": Asked(
        lambda ground: [replace(thing, query="q=bs") for thing in _of_a_county()(ground)], _anybody
    ),
    ("county", "code"): Asked(_of_a_county(code="330106002001"), _anybody),
    ("county", "street"): Asked(_of_a_county(street="330106109"), _anybody),
    ("county", "name"): Asked(_of_a_county(name="help"), _anybody),
    ("number",): Asked(_written_news, _county_of),
    ("county", "number"): Asked(_published_news, _anybody),
    "desk:views": Asked(_once(page="advisers"), _anybody),
    "ui:style-page": Asked(_once(page="public"), _anybody),
    "portal:list-export": Asked(_once(name="advisers"), _takes_lists),
    **dict.fromkeys(
        ("portal:export-confirm", "portal:export-refuse", "api-export-confirm", "api-export-refuse"),
        Asked(_held, _says_yes),
    ),
    ("view_id",): Asked(_kept_views, _own_notice),
    "desk-api:views": Asked(lambda ground: [Thing({}, frozenset(), query="page=advisers")], _anybody),
    **dict.fromkeys(("desk:comments", "desk-api:comments"), Asked(_spoken_of, _sees_thing)),
    ("comment_id",): Asked(_comments, _wrote),
    ("feedback_id",): Asked(_feedback, _answers_feedback),
    ("notice_id",): Asked(_notices, _own_notice),
    "desk-api:way": Asked(_once(kind="role_ending"), _anybody),
    "advisers:community": COMMUNITY,
    "advisers:explain": COMMUNITY,
    "advisers:choose": Asked(_chosen, _on_county_side),
    "advisers-api:explain": COMMUNITY,
    "advisers-api:candidates": COMMUNITY,
    "advisers-api:community": COMMUNITY,
    ("node_id", "adviser_id"): Asked(_appointing, _on_county_side),
    ("adviser_id",): Asked(_facts("adviser", "adviser_id"), _by_fact),
    ("appointment_id",): Asked(_facts("appointment", "appointment_id"), _on_county_side),
    ("station_id",): Asked(_facts("station", "station_id"), _by_fact),
    ("endpoint_id",): Asked(_facts("webhook", "endpoint_id"), _same_house),
    ("person_id",): Asked(_people, _in_register),
    ("binding_id",): Asked(_bindings, _binding_in_reach),
    **dict.fromkeys(
        ("portal:audit-shared", "api-audit-shared"), Asked(lambda ground: [Thing({}, frozenset({"33"}))], _reads_shared)
    ),
    ("merge_id",): Asked(_merges, _all_in_reach),
    ("one_id", "other_id"): Asked(_twins, _gives_in_reach),
    ("token_id",): Asked(_tokens, _by_fact),
    **dict.fromkeys(
        (
            "portal:account",
            "portal:account-owner",
            "portal:account-review",
            "portal:account-end",
            "people-api:account",
            "people-api:account-owner",
            "people-api:account-review",
        ),
        Asked(_programs, _in_register),
    ),
    ("proposal",): Asked(_proposals, _second),
    "people-api:who": Asked(_places(2, 4, 6, 9, 12), _place_facts),
    "portal:place": Asked(_places(2, 4, 6, 9, 12), _any_place),
    "places-api:place": Asked(_places(2, 4, 6, 9, 12), _any_place),
    "portal:places": Asked(_looked_for, _any_place),
    "places-api:search": Asked(_looked_for, _any_place),
    ("area_id",): Asked(_areas, _any_place),
    "portal:area-add": Asked(_areas, _describes),
    "places-api:area-members": Asked(_areas, _describes),
    ("area_id", "member_id"): Asked(_members, _describes),
    ("update_id",): Asked(_updates, _reviews),
    ("update_id", "change_id"): Asked(_changes, _reviews),
    "portal:calendar-feed": Asked(_once(token="nobodys"), _anybody),
    "portal:invitation": Asked(_once(token="nobodys"), _anybody),
    ("tenant_id",): Asked(_tenants(), _runs_the_platform),
    ("tenant_id", "address_id"): Asked(_addresses, _runs_the_platform),
    ("deed_id",): Asked(_deeds, _runs_the_platform),
    ("archive_id",): Asked(_archives, _runs_the_platform),
    ("visit_id",): Asked(_visits, _own_rows),
    ("reminder_id",): Asked(_reminders, _own_reminder),
    "advisers:import_errors": Asked(_sheets_to_mend, _brought_it),
    "advisers-api:import_errors": Asked(_sheets_to_mend, _brought_it),
    ("sheet_id",): Asked(_facts("station sheet", "sheet_id"), _by_fact),
    ("import_id",): Asked(_facts("sheet", "import_id"), _by_fact),
    ("job_id",): Asked(_facts("job", "job_id"), _by_fact),
    ("file_id",): Asked(_files, _by_fact),
    ("kind", "subject_id"): Asked(_histories, _by_fact, empty=True),
    "portal:settings": Asked(_set_at(2, 4, 6, 9, 12), _sees_settings),
    "portal:setting": Asked(_set_at(2, 4, 6, 9, 12), _sees_setting),
    "portal:setting-say": Asked(_set_at(2, 4, 6), _sets),
    "api-settings": Asked(_set_at(2, 4, 6, 9, 12), _sees_settings),
    "api-setting": Asked(_set_at(2, 4, 6, 9, 12), _sees_setting),
    "api-setting-touched": Asked(_touched, _sees_setting),
    "api-search": Asked(lambda ground: [Thing({}, frozenset(), query="q=区")], _anybody),
    "portal:first": Asked(_once(token="nobodys"), _anybody),
    "portal:help-topic": Asked(_once(key="today"), _anybody),
    "api-help-topic": Asked(_once(key="today"), _anybody),
    "portal:api-subject": Asked(_once(name="advisers"), _anybody),
    "mfa_remove_webauthn": Asked(_once(pk=1), _anybody),
    ("emergency_id",): Asked(_emergencies, _of_the_emergency),
    ("session",): Asked(_sessions, _own_session),
    ("purpose",): Asked(_once(purpose="email"), _anybody),
    ("level",): Asked(_once(level=2), _anybody),
}


def asked_of(door: Door) -> Asked | None:
    """What the door's address names; ``None`` where it names nothing."""
    parts = door.parameters
    found = THINGS.get(door.name) or THINGS.get(parts)
    if not (parts or found):
        return None
    assert found, f"{door} ({door.route}): say in THINGS of tests/tenancy/doors.py which things {parts} name, and whose"
    return found


def address(door: Door, thing: Thing | None) -> str:
    """The address, with the thing's parts in their places."""
    route = re.sub(r"\^|\$$", "", door.route)
    for name, value in (thing.parts if thing else {}).items():
        route = re.sub(rf"<(?:\w+:)?{name}>|\(\?P<{name}>(?:[^()]|\[[^\]]*\])*\)", str(value), route)
        route = route.replace(f"(?P{value})", str(value))
    query = thing.query if thing else ""
    return f"/{route}" + (f"?{query}" if query else "")


# ---- forms -----------------------------------------------------------------------------------------------------------
Body = Callable[[Ground, Reader, Thing], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Write:
    """What is sent. ``things`` are those the form names where the address names none."""

    body: Body = lambda ground, reader, thing: {}
    asked: Asked | None = None
    refused: frozenset[int] = frozenset({404})
    right: Callable[[Ground, Reader, Thing], bool] = lambda ground, reader, thing: True  # one that can be done
    done: frozenset[int] = frozenset({200, 201, 202, 204, 302})
    tries: bool = False  # what was sent is only tried: it changes nothing


def _form(**fields: Any) -> Body:
    return lambda ground, reader, thing: fields


def _sent_visit(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    node = thing.parts.get("node_id") or thing.more["node"]
    hour = 6 if "node_id" in thing.parts else 4  # each act at an hour of its own
    return {"visit_id": str(uuid.uuid4()), "node_id": node, "kind": "visit", "on_day": "2026-11-13", "why": "记错了",
            "begins_at": f"0{hour}:00", "ends_at": f"0{hour + 1}:00", "note": "送来的记事"}  # fmt: skip


def _sent_visit_json(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    node = thing.parts.get("node_id") or thing.more["node"]
    hour = 2 if "node_id" in thing.parts else 0
    begin, end = (f"2026-11-13T0{at}:00:00+08:00" for at in (hour, hour + 1))
    return {"id": str(uuid.uuid4()), "node_id": node, "kind": "visit", "begins_at": begin, "ends_at": end,
            "written_at": end, "why": "记错了"}  # fmt: skip


def _pairs(ground: Ground) -> Iterable[Thing]:
    for row in ground.rows["advisers_appointment"]:
        if row["ends_on"] is None:
            yield Thing({}, frozenset({row["place"]}), more={"node": row["node_id"], "adviser": str(row["adviser_id"])})


def _pair(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"node_id": thing.more["node"], "adviser_id": thing.more["adviser"], "month": "2026-10"}


def _ticked(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"pick": f"{thing.more['node']}:{thing.more['adviser']}", "month": "2026-10", "sure": "1"}


def _pairs_of_one(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    pair = _pair(ground, reader, thing)
    return {"pairs": [{name: pair[name] for name in ("node_id", "adviser_id")}], "month": pair["month"]}


def _reminder_named(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"reminder": thing.parts["reminder_id"]}


def _reminders_named(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"reminders": [thing.parts["reminder_id"]]}


def _communities(ground: Ground) -> Iterable[Thing]:
    return (Thing({"node_id": ground.node[code]}, frozenset({code})) for code in COMMUNITIES)


def _of_own_communities(reader: Reader, thing: Thing) -> bool:
    return reader.role == "adviser" and bool(reader.places & thing.codes)


def _name_of(name: str, ground: Ground) -> str:
    return str(next(row["id"] for row in ground.rows["advisers_adviser"] if row["name"] == name))


def _appointment_json(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"adviser_id": _name_of("唐月初", ground), "node_id": thing.parts["node_id"], "begins_on": "2026-11-16"}


def _replacement(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"new_adviser_id": _name_of("唐月初", ground), "on_day": "2026-11-20", "why": "工作调动"}


def _is_vacant(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return bool(thing.codes & set(peopled.VACANT))


def _holds(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return any(str(row["id"]) == str(thing.parts["appointment_id"]) and row["ends_on"] is None
               for row in ground.rows["advisers_appointment"])  # fmt: skip


def _has_no_account(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return any(str(row["id"]) == thing.parts["adviser_id"] and row["person_id"] is None
               for row in ground.rows["advisers_adviser"])  # fmt: skip


def _sheet_is(state: str) -> Callable[[Ground, Reader, Thing], bool]:
    return lambda ground, reader, thing: any(
        str(row["id"]) == thing.parts["import_id"] and row["state"] == state
        for row in ground.rows["advisers_importsheet"]
    )


def _serves_nowhere(ground: Ground, reader: Reader, thing: Thing) -> bool:
    """Neither serving nor banned: who is banned keeps his numbers until the ban ends, whichever act came first here."""
    return not _is_barred(ground, reader, thing) and not any(
        str(row["adviser_id"]) == thing.parts["adviser_id"] and row["ends_on"] is None
        for row in ground.rows["advisers_seat"]
    )


def _is_barred(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return any(
        str(row["id"]) == thing.parts["adviser_id"] and row["banned_until"] for row in ground.rows["advisers_adviser"]
    )


def _not_reminded(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return not any(row["node_id"] == thing.more["node"] and str(row["adviser_id"]) == thing.more["adviser"]
                   for row in ground.rows["duty_reminder"])  # fmt: skip


def _in_november(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return any(
        row["id"] == thing.parts["visit_id"] and row["begins_at"].month == 11 for row in ground.rows["duty_visit"]
    )


def _waits(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return any(
        str(row["id"]) == thing.parts["job_id"] and row["state"] == "queued" for row in ground.rows["kernel_job"]
    )


def _unread(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return reader.adviser in thing.more["all"]


def _new_adviser(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    firm = next(row for row in ground.rows["advisers_firm"] if row["name"] == peopled.FIRMS["330106"])
    return {"name": "来一新", "id_number": identity(777), "phone": phone(777), "firm_id": str(firm["id"])}


def _number_of_nobody(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"number": phone(778)}


def _new_adviser_form(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {**_new_adviser(ground, reader, thing), "firm_id": peopled.FIRMS["330106"]}


def _upload_of_stations(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("stations.csv", peopled.station_sheet("330106"))}


def _upload_of_places(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    lines = "".join(f"{code},{name}\n" for code, name in PLACES.items())
    return {"file": SimpleUploadedFile("places.csv", f"代码,名称\n{lines}".encode()), "source": "浙民区〔2026〕3号",
            "day": "2026-12-01"}  # fmt: skip


def _upload(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("sheet.xlsx", peopled.sheet_upload("sheet.xlsx").read())}


def _statement(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    """Sent as a form the place stands in the address, as JSON in the body."""
    day = max(NOW.date(), date.today()) + timedelta(days=40)  # noqa: DTZ011 -- far enough off for any clock
    return {
        "value": 9,
        "valid_from": day.isoformat(),
        "why": "按省里的通知",
        "checked": "on",
        "place": thing.more["node"],
    }


def _emergency(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    number = ground.tenant_number("330205")
    return {"tenant": number, "tenant_id": number, "incident": "E-1", "reason": "结账页面报错，要看十月的记录",
            "minutes": 30}  # fmt: skip


def _delivery(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    row = next(row for row in ground.rows["kernel_outboxevent"] if row["set_aside_at"])
    return {"event": f"{row['schema']}:{row['id']}"}


def _delivery_json(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    row = next(row for row in ground.rows["kernel_outboxevent"] if row["set_aside_at"])
    return {"schema": row["schema"], "event": row["id"]}


def _signs_in(ground: Ground, thing: Thing) -> bool:
    return thing.parts["person_id"] not in {row["person_id"] for row in ground.rows["identity_serviceaccount"]}


def _is_charge(active: bool = True) -> Callable[[Ground, Reader, Thing], bool]:
    """A street's or community's official, who is a county team's charge."""

    def right(ground: Ground, reader: Reader, thing: Thing) -> bool:
        known = {row["id"]: row["is_active"] for row in ground.rows["identity_person"]}
        works = thing.more.get("roles", {"none"}) <= {"street_officer", "liaison"} and _signs_in(ground, thing)
        gone = thing.parts["person_id"] in {ground.person[username] for username in peopled.LEFT}
        return reader.role == "county_team" and works and not gone and known.get(thing.parts["person_id"]) == active

    return right


def _has_lost_his_app(ground: Ground, reader: Reader, thing: Thing) -> bool:
    has_one = {row["user_id"] for row in ground.rows["mfa_authenticator"]}
    return thing.parts["person_id"] in has_one and _is_charge()(ground, reader, thing)


def _has_left(ground: Ground, reader: Reader, thing: Thing) -> bool:
    """Somebody who left a county team's charge, and whose telephone is still kept."""
    left = {ground.person[username] for username in peopled.LEFT}
    return reader.role == "county_team" and thing.parts["person_id"] in left


def _right_name(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    names = {row["id"]: row["username"] for row in ground.rows["identity_person"]}
    return {
        "name": f"改名{uuid.uuid4().hex[:6]}",
        "username": names.get(thing.parts["person_id"], "nobody"),
        "why": "户口簿",
    }


def _own_right_name(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"name": f"改名{uuid.uuid4().hex[:6]}", "username": reader.username}


def _in_the_county(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return reader.role in {"street_officer", "liaison"}


def _is_liaison(ground: Ground, reader: Reader, thing: Thing) -> bool:
    if thing.parts.get("person_id") in {ground.person[username] for username in peopled.LEFT}:
        return False
    return reader.role == "county_team" and "liaison" in (thing.more.get("roles") or {thing.more.get("role")})


def _role_of(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"role": "liaison", "node_id": ground.node["330106002001"], "begins_on": "2026-11-16",
            "ends_on": "2026-12-31", "reason": "双浦镇〔2026〕3号"}  # fmt: skip


def _newcomer(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {**_role_of(ground, reader, thing), "username": "newcomer", "name": "来一新"}


def _successor(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"role": "liaison", "successor_id": ground.person["street2"], "on_day": "2026-11-16", "reason": "工作调动"}


def _one_binding(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    number = thing.more["binding_id"]
    return {"binding": number, "bindings": [number]}


def _seen_binding(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"binding": thing.more["binding_id"], "sure": "1"}


def _program_is_charge(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return reader.role == "county_team"


def _new_rows(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    row = {"number": 2, "name": "来一新", "username": "fromasheet", "role": "liaison", "reason": "双浦镇〔2026〕3号",
           "node_id": ground.node["330106109001"], "begins_on": "2026-11-16", "ends_on": "2026-12-31"}  # fmt: skip
    return {"rows": json.dumps([row])}


def _new_sheet(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    book = load_workbook(io.BytesIO(people_sheet.template()))
    assert book.active is not None
    book.active.append(["来一新", "fromasheet", "社区联络员", "袁浦社区", "", "2026-12-31", "双浦镇〔2026〕3号"])
    out = io.BytesIO()
    book.save(out)
    return {"file": SimpleUploadedFile("sheet.xlsx", out.getvalue())}


def _new_rows_json(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    (row,) = json.loads(_new_rows(ground, reader, thing)["rows"])
    return {"rows": [{**row, "username": "fromaprogram"}], "rehearse": False}


def _has_sums(ground: Ground, reader: Reader, thing: Thing) -> bool:
    return bool(thing.codes) and max(map(len, thing.codes)) < 12


def _new_token(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    held = [row for row in ground.rows["identity_binding"] if row["person_id"] == reader.person]
    number = next((row["id"] for row in held if row["role"] == reader.role and row["ended_at"] is None), 0)
    return {
        "binding": number,
        "binding_id": number,
        "name": "新令牌",
        "scopes": ["jobs.own"],
        "expires_on": "2026-12-01",
    }


def _new_program(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {**_role_of(ground, reader, thing), **_GRANTED, "role": "street_officer", "place": "330106109",
            "node_id": ground.node["330106109"], "username": "newprogram", "name": "新程序", "owner": "street",
            "owner_id": ground.person["street"], "purpose": "每晚取数", "review_by": "2026-12-31"}  # fmt: skip


def _new_owner(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"owner": "street", "owner_id": ground.person["street"], "reason": "工作调动"}


def _update_is(state: str, *, decided: bool | None = None) -> Callable[[Ground, Reader, Thing], bool]:
    def right(ground: Ground, reader: Reader, thing: Thing) -> bool:
        own = [row for row in ground.rows["divisions_divisionchange"] if row["update_id"] == thing.parts["update_id"]]
        done = all(row["decision"] for row in own)
        return thing.more.get("state") == state and decided in {None, done}

    return right


_ONCE = frozenset({204, 302, 409})  # what one rightful reader ended, the next one finds ended
_NEWS = {"title": "法律讲座改期", "text": "改到周日。", "begins_on": NOW.date().isoformat()}
_POSITION = {"longitude": 120.1, "latitude": 30.3}
_BOUNDARY = _form(
    from_code="330106109200", to_code="330106109201", share="1/4", day="2026-12-01", source="杭民发〔2026〕9号"
)
_GROUP = _form(group="added.only_here", decision="accepted")
_DAYS = {"begins_on": "2026-11-16", "ends_on": "2026-12-31", "reason": "双浦镇〔2026〕3号"}
_GRANTED = {"role": "liaison", "place": "330106109001", "checked": "1", **_DAYS}
_WHY = _form(why="工作调动")
_REVIEWED = Asked(lambda ground: [Thing({}, thing.codes, thing.fact, more={**thing.more, **thing.parts})
                                  for thing in _bindings(ground)], _binding_in_reach)  # fmt: skip
_IN_FORM = frozenset({403, 404, 409, 422})  # a thing that a form names and the reader has not: refused at the field
_NOT_ONES_CHARGE = frozenset({403, 404, 422})
_A_MERGE = Asked(_merges, _charge_of_both)
_RECEIVER = {"name": "业务系统", "address": "https://example.org/hook", "events": ["duty.visit.logged"]}
_BAN = _form(until="2027-11-16", reason="违反执业纪律")
_END = _form(on_day="2026-11-20", why="工作调动")
_CORRECTION = _form(licence="13301201010000001", firm_id=peopled.FIRMS["330106"])
_REASON = _form(reason="hiring", note="下月补上")
_PASSED = _form(passed_on="2025-11-01")
_AN_APPOINTMENT = Asked(_communities, _on_county_side)
_A_PAIR = Asked(_pairs, _on_county_side)
_A_VISIT = Asked(_communities, _of_own_communities)


def _facts_of_own_place(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    rows = f"代码,人口,户数,面积\n{reader.place},100,40,5000\n".encode()
    return {"kind": "facts", "file": SimpleUploadedFile("facts.csv", rows), "day": "2026-01-01", "source": "年鉴"}


def _facts_as_json(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    rows = base64.b64encode(f"代码,人口\n{reader.place},100\n".encode()).decode()
    return {"kind": "facts", "content": rows, "day": "2026-01-01", "said_by": "年鉴"}


def _new_area(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
    return {"home": ground.node.get(reader.place, 1), "name": f"新园区 {uuid.uuid4()}", "listed": ""}


def _into_the_area(of_county: str, of_province: str, said: str) -> Body:
    """A community for each reader: what one drew in, another cannot draw in again."""

    def sent(ground: Ground, reader: Reader, thing: Thing) -> dict[str, Any]:
        code = of_county if reader.role == "county_team" else of_province
        return {"codes": [code] if said == "said_by" else code, "day": "2026-02-01", said: "园区批复"}

    return sent


WRITES: dict[str, Write] = {
    "POST portal:describe": Write(_facts_of_own_place),
    "POST places-api:describe": Write(_facts_as_json),
    "POST portal:area-new": Write(_new_area),
    "POST places-api:areas": Write(_new_area),
    "POST portal:area-add": Write(_into_the_area("330106002001", "330106002002", "source")),
    "POST places-api:area-members": Write(_into_the_area("330106109200", "330106109201", "said_by")),
    "POST portal:area-end": Write(_form(valid_to="2026-12-01", source="园区撤销"), done=_ONCE),
    "DELETE places-api:area-member": Write(_form(day="2026-12-01", said_by="园区撤销"), done=_ONCE),
    "POST advisers:import": Write(_upload),
    "POST advisers:import_columns": Write(_form(name="姓名"), right=_sheet_is("checked")),
    "PUT advisers-api:import_columns": Write(_form(columns={"name": "姓名"}), right=_sheet_is("checked")),
    "POST advisers:import_confirm": Write(right=_sheet_is("checked")),
    "POST advisers:import_stop": Write(right=_sheet_is("checking")),
    "POST advisers:new": Write(_new_adviser_form),
    "POST advisers:firm_new": Write(_form(name="浙江新来律师事务所")),
    "POST advisers:explain": Write(_REASON, right=_is_vacant),
    "POST advisers:appoint": Write(
        lambda ground, reader, thing: {"adviser_id": str(thing.parts["adviser_id"]), "begins_on": "2026-11-16"}
    ),
    "POST advisers:end": Write(_END, right=_holds),
    "POST advisers:resume": Write(),
    "DELETE advisers-api:end": Write(),
    "POST advisers:replace": Write(_replacement, right=_holds),
    "POST advisers:correct": Write(_CORRECTION),
    "POST advisers:look_up": Write(_number_of_nobody),
    "POST advisers-api:look_up": Write(_number_of_nobody),
    "POST advisers:identity": Write(_form(name="来改名", why="核对身份证")),
    "POST advisers-api:identity": Write(_form(name="来改名", why="核对身份证")),
    "POST advisers:examine": Write(_PASSED),
    "POST advisers:ban": Write(_BAN),
    "POST advisers:allow": Write(_form(why="查清了"), right=_is_barred),
    "POST advisers:account": Write(right=_has_no_account),
    "POST advisers:erase": Write(_form(why="本人要求"), right=_serves_nowhere),
    "DELETE advisers-api:numbers": Write(_form(why="本人要求"), right=_serves_nowhere),
    "POST advisers:numbers": Write(_form(reason="核对聘任合同")),
    "POST advisers-api:numbers": Write(_form(reason="核对聘任合同")),
    "POST advisers-api:advisers": Write(_new_adviser),
    "PATCH advisers-api:adviser": Write(_form(licence="13301201010000001")),
    "POST advisers-api:examination": Write(_PASSED),
    "POST advisers-api:ban": Write(_BAN),
    "DELETE advisers-api:ban": Write(_form(why="查清了"), right=_is_barred),
    "POST advisers-api:account": Write(right=_has_no_account),
    "POST advisers-api:firms": Write(_form(name="浙江新来律师事务所")),
    "POST advisers-api:appointments": Write(_appointment_json, _AN_APPOINTMENT, right=_is_vacant),
    "POST advisers-api:end": Write(_END, right=_holds),
    "POST advisers-api:replace": Write(_replacement, right=_holds),
    "POST advisers-api:explain": Write(_REASON, right=_is_vacant),
    "POST advisers-api:imports": Write(_upload),
    "POST advisers-api:import_confirm": Write(right=_sheet_is("checked")),
    "POST advisers-api:import_stop": Write(right=_sheet_is("checking")),
    "POST duty:log": Write(_sent_visit, _A_VISIT, _IN_FORM),
    "POST duty:correct": Write(_sent_visit, right=_in_november),
    "POST duty:void": Write(_form(why="记错了"), right=_in_november),
    "POST duty:restore": Write(),
    "DELETE duty-api:void": Write(),
    "POST duty:read-reminder": Write(right=_unread),
    "POST duty:remind": Write(_ticked, _A_PAIR, right=_not_reminded),
    "POST duty:remind-many": Write(_ticked, _A_PAIR, right=_not_reminded),
    "POST duty-api:reminders-many": Write(_pairs_of_one, _A_PAIR, right=_not_reminded),
    "POST duty:take-back": Write(_reminder_named, Asked(_reminders, _sent_by_himself)),
    "POST duty-api:reminders-take-back": Write(_reminders_named, Asked(_reminders, _sent_by_himself)),
    "POST duty:months": Write(_form(month="2026-10")),
    "POST duty-api:visits": Write(_sent_visit_json, _A_VISIT, _IN_FORM),
    "POST duty-api:correct": Write(_sent_visit_json, right=_in_november),
    "POST duty-api:void": Write(_form(why="记错了"), right=_in_november),
    "POST duty-api:reminders": Write(_pair, _A_PAIR, right=_not_reminded),
    "POST duty-api:read-reminder": Write(right=_unread),
    "POST duty-api:months": Write(_form(month="2026-10")),
    "POST figures:csv": Write(right=_has_sums),
    "POST figures:xlsx": Write(right=_has_sums),
    "POST figures:publish": Write(_form(month="2026-08")),
    "POST api-figures-publish": Write(_form(month="2026-08")),
    "POST portal:setting-say": Write(_statement, refused=_NOT_ONES_CHARGE),
    "POST api-setting": Write(_statement, Asked(_set_at(2, 4, 6), _sets), refused=_NOT_ONES_CHARGE),
    "POST portal:update-new": Write(_form(edition="2.7.0", day="2026-12-01")),
    "POST portal:update-boundary": Write(_BOUNDARY),
    "POST places-api:boundaries": Write(_BOUNDARY),
    "POST portal:update-group": Write(_GROUP, right=_update_is("deciding", decided=False)),
    "POST portal:update-decide": Write(_form(choice="refused"), right=_update_is("deciding")),
    "POST portal:update-submit": Write(right=_update_is("deciding", decided=True)),
    "POST portal:update-confirm": Write(right=_update_is("submitted")),
    "POST portal:update-send-back": Write(_form(why="再核对一遍"), right=_update_is("submitted")),
    "POST portal:update-drop": Write(_form(why="换一份名录"), right=_update_is("deciding")),
    "POST portal:update-undo": Write(_form(why="名录有误"), right=_update_is("applied")),
    "POST places-api:updates": Write(_form(edition="2.7.0", day="2026-12-01")),
    "POST places-api:lists": Write(_upload_of_places),
    "POST places-api:groups": Write(_GROUP, right=_update_is("deciding", decided=False)),
    "POST places-api:change": Write(_form(decision="refused"), right=_update_is("deciding")),
    "POST places-api:submission": Write(right=_update_is("deciding", decided=True)),
    "POST places-api:confirmation": Write(right=_update_is("submitted")),
    "DELETE places-api:confirmation": Write(_form(why="再核对一遍"), right=_update_is("submitted")),
    "DELETE places-api:application": Write(_form(why="名录有误"), right=_update_is("applied")),
    "POST places-api:drop": Write(_form(why="换一份名录"), right=_update_is("deciding")),
    "POST stations:sheets": Write(_upload_of_stations),
    "POST stations-api:sheets": Write(_upload_of_stations),
    "POST stations:sheet_enter": Write(),
    "POST stations-api:sheet_enter": Write(),
    "POST stations:new": Write(_station_form, _A_STATION, _IN_FORM),
    "POST stations-api:stations": Write(_station_json, _A_STATION, _IN_FORM),
    "POST stations:correct": Write(_station_form),
    "PUT stations-api:station": Write(_station_json),
    "POST stations:close": Write(_form(on_day="2026-11-16", why="搬到新址"), done=_ONCE),
    "POST stations-api:close": Write(_form(on_day="2026-11-16", why="搬到新址"), done=frozenset({200, 409})),
    "POST stations:reopen": Write(),
    "DELETE stations-api:close": Write(),
    "POST portal:public-stations-here": Write(_form(**_POSITION)),
    "POST api-public-stations-near": Write(_form(**_POSITION)),
    "POST duty:post": Write(_form(weekdays=["2", "4"], begins_at="09:00", ends_at="11:00", room="社区一楼")),
    "POST duty:withdraw": Write(right=_is_posted),
    "PUT duty-api:post": Write(_form(weekdays=[2, 4], begins_at="09:00", ends_at="11:00", room="社区一楼")),
    "DELETE duty-api:post": Write(right=_is_posted),
    "POST duty:post-restore": Write(),
    "POST duty-api:post-restored": Write(),
    "POST desk:news-new": Write(_form(**_NEWS)),
    "POST desk:news-change": Write(_form(**_NEWS), right=_news_is("draft", "published")),
    "POST desk:news-publish": Write(right=_news_is("draft")),
    "POST desk:news-withdraw": Write(_form(why="写错了地方"), right=_news_is("draft", "published")),
    "POST desk-api:news": Write(_form(**_NEWS)),
    "PUT desk-api:news-one": Write(_form(**_NEWS), right=_news_is("draft", "published")),
    "POST desk-api:news-publish": Write(right=_news_is("draft")),
    "POST desk-api:news-withdraw": Write(_form(why="写错了地方"), right=_news_is("draft", "published")),
    "POST portal:public-here": Write(_form(**_POSITION)),
    "POST api-public-near": Write(_form(**_POSITION)),
    "POST desk:views": Write(_form(title="快到期的")),
    "POST desk:view-drop": Write(),
    "POST desk-api:views": Write(_form(page="advisers", title="落后的", query="view=ending")),
    "DELETE desk-api:view": Write(),
    "POST portal:feedback": Write(_form(page="/duty/", text="看不懂")),
    "POST api-feedback": Write(_form(page="/duty/", text="看不懂")),
    "POST portal:feedback-answer": Write(_form(answer="改好了"), done=frozenset({302, 422})),
    "POST api-feedback-answer": Write(_form(answer="改好了"), done=frozenset({200, 409})),
    "POST portal:first-day-away": Write(),
    "DELETE api-first-day": Write(),
    "POST desk:comments": Write(_form(text="请核实一下")),
    "POST desk-api:comments": Write(_form(text="请核实一下")),
    "POST desk:comment-take-back": Write(done=_ONCE),
    "DELETE desk-api:comment": Write(done=_ONCE),
    "POST desk:read": Write(),
    "POST desk:read-all": Write(),
    "POST desk:ways": Write(_form(**{kind.value: "none" for kind in NoticeKind})),
    "POST desk-api:read": Write(),
    "POST desk-api:read-all": Write(),
    "PUT desk-api:way": Write(_form(way="mail")),
    "POST portal:own-data": Write(),
    "POST api-own-data": Write(),
    "POST portal:sign-on": Write(_form(act="unlink")),
    "DELETE api-sign-on": Write(),
    "POST portal:job-cancel": Write(right=_waits),
    "POST api-job-cancel": Write(right=_waits),
    "POST portal:setup": Write(_form(province="33")),
    "POST portal:setup-people": Write(
        _form(username="newcomer", name="新来者", role="audit_administrator", reason="浙司〔2026〕1号")
    ),
    "POST portal:person-new": Write(_form(username="newcomer", name="来一新", handed="password", **_GRANTED)),
    "POST portal:grant": Write(_form(**_GRANTED), right=_is_charge()),
    "POST portal:deputy": Write(_form(deputy="street2", **_DAYS), right=_is_liaison),
    "POST portal:hand-over": Write(
        _form(role="liaison", successor="street2", begins_on="2026-11-16", reason="工作调动"), right=_is_liaison
    ),
    "POST portal:binding-end": Write(_WHY, right=_is_liaison),
    "POST portal:person-suspend": Write(_WHY, right=_is_charge()),
    "POST portal:person-reinstate": Write(_WHY, right=_is_charge(active=False)),
    "POST portal:person-reset": Write(right=_is_charge()),
    "POST portal:person-factors": Write(_WHY, right=_has_lost_his_app),
    "DELETE people-api:factors": Write(_WHY, right=_has_lost_his_app),
    "POST portal:person-correct": Write(_right_name, right=_is_charge()),
    "POST people-api:correct": Write(_right_name, right=_is_charge()),
    "POST portal:person-decline": Write(_WHY, right=_is_charge()),
    "DELETE people-api:correct": Write(_WHY, right=_is_charge()),
    "POST portal:correction": Write(_own_right_name, right=_in_the_county),
    "POST api-correction": Write(_own_right_name, right=_in_the_county),
    "PUT api-language": Write(_form(language="en")),
    "POST portal:proposal-confirm": Write(),
    "POST portal:proposal-refuse": Write(_WHY),
    "POST portal:review": Write(_seen_binding, _REVIEWED, right=_is_liaison),
    "POST portal:people-sheet": Write(_new_sheet, tries=True),
    "POST portal:people-sheet-enter": Write(_new_rows, right=_program_is_charge),
    "POST people-api:sheet": Write(_new_rows_json, right=_program_is_charge),
    "POST portal:pair": Write(_sent_pair, Asked(_twins, _charge_of_both), _NOT_ONES_CHARGE, right=_are_twins),
    "POST portal:merge-confirm": Write(asked=_A_MERGE, refused=_NOT_ONES_CHARGE),
    "POST portal:merge-refuse": Write(_WHY, _A_MERGE, _NOT_ONES_CHARGE),
    "POST portal:person-leave": Write(_WHY, right=_is_charge()),
    "POST portal:person-erase": Write(_WHY, refused=_NOT_ONES_CHARGE, right=_has_left),
    "DELETE people-api:contacts": Write(_WHY, refused=_NOT_ONES_CHARGE, right=_has_left),
    "POST people-api:merges": Write(
        _sent_pair_json, Asked(_twins_sent, _charge_of_both), _NOT_ONES_CHARGE, right=_are_twins
    ),
    "POST people-api:merge-confirm": Write(asked=_A_MERGE, refused=_NOT_ONES_CHARGE),
    "POST people-api:merge-refuse": Write(_WHY, _A_MERGE, _NOT_ONES_CHARGE),
    "POST people-api:leaving": Write(_WHY, right=_is_charge()),
    "POST portal:token-new": Write(_new_token),
    "POST portal:calendar-subscribe": Write(_new_token),
    "POST portal:token-revoke": Write(),
    "POST api-tokens": Write(_new_token),
    "DELETE api-token": Write(),
    "POST portal:account-new": Write(_new_program),
    "POST portal:account-owner": Write(_new_owner, right=_program_is_charge),
    "POST portal:account-review": Write(_form(review_by="2026-12-01"), right=_program_is_charge),
    "POST portal:account-end": Write(_WHY, right=_program_is_charge),
    "POST people-api:accounts": Write(_new_program),
    "POST people-api:account-owner": Write(_new_owner, right=_program_is_charge),
    "POST people-api:account-review": Write(_form(review_by="2026-12-01"), right=_program_is_charge),
    "DELETE people-api:account": Write(_WHY, right=_program_is_charge),
    "POST people-api:people": Write(_newcomer),
    "POST people-api:roles": Write(_role_of, right=_is_charge()),
    "DELETE people-api:role": Write(_WHY, right=_is_liaison),
    "POST people-api:hand-over": Write(_successor, right=_is_liaison),
    "POST people-api:suspension": Write(_WHY, right=_is_charge()),
    "DELETE people-api:suspension": Write(_WHY, right=_is_charge(active=False)),
    "POST people-api:password": Write(right=_is_charge()),
    "POST people-api:confirm": Write(),
    "POST people-api:refuse": Write(_WHY),
    "POST people-api:review": Write(_one_binding, _REVIEWED, right=_is_liaison),
    "POST portal:events": Write(_delivery),
    "POST api-events": Write(_delivery_json),
    "POST portal:tenant-checklist": Write(),
    "POST portal:tenant-suspend": Write(_WHY, right=_is_in("open")),
    "POST portal:tenant-reopen": Write(_WHY, right=_is_in("suspended")),
    "POST portal:tenant-close": Write(_WHY, right=_is_in("open")),
    "POST portal:deed-confirm": Write(),
    "POST portal:deed-refuse": Write(_WHY),
    "POST portal:tenant-remove": Write(_WHY, Asked(_tenants("closed"), _runs_the_platform)),
    "POST portal:tenant-clear": Write(_WHY),
    "POST portal:tenant-archive": Write(
        lambda ground, reader, thing: {"recipient": SimpleUploadedFile("cert.pem", keys("省档案馆")[0])}
    ),
    "POST portal:tenant-merge": Write(_form(target="1", why="区划调整")),
    "POST portal:tenant-split": Write(_form(target="1", why="区划调整")),
    "POST portal:tenant-move": Write(_form(target="b", why="换机房")),
    "POST portal:deed-again": Write(),
    "POST tenants-api:again": Write(),
    "POST portal:tenant-restore": Write(
        lambda ground, reader, thing: {**_opener(ground, reader, thing), "archive": SimpleUploadedFile("a.zip", b"PK")}
    ),
    "POST portal:archive-restore": Write(_opener),
    "POST tenants-api:restores": Write(_opener_json, Asked(_archives, _runs_the_platform)),
    "POST portal:cells-change": Write(
        _form(
            **{
                "form-TOTAL_FORMS": "1",
                "form-INITIAL_FORMS": "0",
                "form-0-code": "a",
                "form-0-name": "平台一",
                "form-0-address": "https://a.example",
                "form-0-places": "33",
            }
        )
    ),
    "PUT tenants-api:cells": Write(
        _form(cells=[{"code": "a", "name": "平台一", "address": "https://a.example", "places": ["33"]}])
    ),
    "POST portal:tenant-room": Write(_form(address="fl.example.cn")),
    "POST portal:tenant-address-remove": Write(),
    "POST tenants-api:addresses": Write(_form(address="fl.example.cn")),
    "DELETE tenants-api:address": Write(),
    "POST tenants-api:archives": Write(lambda ground, reader, thing: {"recipient": keys("省档案馆")[0].decode()}),
    "POST tenants-api:opening": Write(),
    "POST tenants-api:suspension": Write(_WHY, right=_is_in("open")),
    "DELETE tenants-api:suspension": Write(_WHY, right=_is_in("suspended")),
    "POST tenants-api:ask": Write(_form(act="close", why="机构撤销"), right=_is_in("open")),
    "POST tenants-api:confirm": Write(),
    "POST tenants-api:refuse": Write(_WHY),
    "POST portal:emergency-ask": Write(_emergency),
    "POST portal:emergency-close": Write(),
    "POST portal:emergency-allow": Write(right=_waits_for_a_yes),
    "POST portal:emergency-refuse": Write(_WHY, right=_waits_for_a_yes),
    "POST portal:emergency-end": Write(),
    "POST api-emergencies": Write(_emergency),
    "DELETE api-emergency": Write(),
    "POST api-emergency-decision": Write(_form(allow=True), right=_waits_for_a_yes),
    "POST api-emergency-end": Write(),
    "POST portal:session-end": Write(),
    "POST portal:sessions-end": Write(),
    "POST portal:security-address": Write(_form(email="somebody@example.cn")),
    "POST portal:security-code": Write(_form(code="000000")),
    "DELETE api-session": Write(),
    "DELETE api-sessions": Write(),
    "POST portal:webhook-new": Write(_form(**_RECEIVER)),
    "POST portal:webhook-change": Write(_form(**_RECEIVER)),
    "POST portal:webhook-secret": Write(),
    "POST portal:webhook-act": Write(_form(act="try")),
    "POST api-webhooks": Write(_form(**_RECEIVER)),
    "PUT api-webhook": Write(_form(**_RECEIVER)),
    "PATCH api-webhook": Write(_form(stopped=True)),
    "DELETE api-webhook": Write(),
    "POST api-webhook-secret": Write(),
    "POST api-webhook-trial": Write(),
    "POST api-webhook-messages": Write(_form(since="2026-11-01T00:00:00+08:00")),
    "POST portal:audit-export": Write(),
    "POST portal:list-export": Write(_form(format="csv", purpose="季度核对"), refused=frozenset({403})),
    "POST portal:export-confirm": Write(),
    "POST portal:export-refuse": Write(_WHY),
    "POST api-export-confirm": Write(),
    "POST api-export-refuse": Write(_WHY),
    "POST api-audit-export": Write(),
    "POST api-batch": Write(_form(requests=[{"method": "GET", "path": "/api/v1/today/", "key": "1"}])),
}
# Doors everybody may send to: they act on the session or a one-time link alone.
# Acts that ask for a tree that has changed, or for another cell: who may not is refused here, and that they are done for
# who may is shown by tests of their own; and taking back, which is possible for ten minutes only.
DONE_ELSEWHERE = {
    "POST portal:person-decline": "tests/app/identity",  # nobody in this ground asked for a correction
    "DELETE people-api:correct": "tests/app/identity",
    "POST advisers:resume": "tests/app/advisers",
    "DELETE advisers-api:end": "tests/app/advisers",
    "POST duty:restore": "tests/app/duty",
    "DELETE duty-api:void": "tests/app/duty",
    "POST duty:post-restore": "tests/app/duty",
    "POST duty-api:post-restored": "tests/app/duty",
    "POST stations:reopen": "tests/app/stations",
    "DELETE stations-api:close": "tests/app/stations",
    "POST duty:take-back": "tests/web/duty",
    "POST duty-api:reminders-take-back": "tests/web/duty",
    "POST portal:tenant-clear": "tests/web/tenants",
    "POST portal:tenant-merge": "tests/web/tenants",
    "POST portal:tenant-split": "tests/web/tenants",
    "POST portal:tenant-move": "tests/web/tenants",
    "POST portal:deed-again": "tests/web/tenants",
    "POST tenants-api:again": "tests/web/tenants",
    "POST portal:cells-change": "tests/web/tenants",  # it is looked at first
    "POST portal:tenant-checklist": "tests/web/tenants",  # it takes a body with everything but its opening
    "POST tenants-api:opening": "tests/web/tenants",
}
OPEN_WRITES = {
    "POST account_reset_password",
    "POST account_reset_code",
    "POST portal:oidc-backchannel",
    "POST portal:hat",
    "POST portal:first",
    "POST portal:invitation",
    "POST ui:prefs",
    "POST api-batch",  # each line goes through the door of its own address
    "POST portal:public-here",
    "POST portal:public-stations-here",
    "POST api-public-stations-near",
    "POST api-public-near",  # a position comes in the body; nothing is written
}


def write_of(door: Door) -> Write:
    found = WRITES.get(str(door))
    assert found, f"{door} ({door.route}): say in WRITES of tests/tenancy/doors.py what a right form sends"
    return found


def things_of(door: Door) -> Asked | None:
    """What address or form names."""
    return (write_of(door).asked if door.writes and door.grant else None) or asked_of(door)


# ---- what a rightful reader finds ------------------------------------------------------------------------------------
FORM = "a form without rows"
# Kinds of rows, of which the answer must hold one that is the reader's; "=…" is a text it must hold.
_SAID = {"comment on adviser", "comment on appointment", "comment on visit", "comment on division"}
SHOWS: dict[str, set[str] | str] = {
    "advisers:list": {"adviser"},
    "advisers:import": {"sheet"},
    "advisers:import_template": FORM,
    "advisers:import_sheet": {"sheet"},
    "advisers:import_errors": {"sheet file"},
    "advisers:new": {"firm"},
    "advisers:firm": {"adviser"},
    "advisers:firms": {"firm"},
    "advisers:firm_new": FORM,
    "advisers:vacancies": {"vacancy"},
    "advisers:explain": {"place"},
    "advisers:community": {"place"},
    "advisers:choose": {"adviser"},
    "advisers:appoint": {"adviser"},
    "advisers:end": {"adviser"},
    "advisers:replace": {"adviser"},
    "advisers:adviser": {"adviser"},
    "advisers:correct": {"adviser"},
    "advisers:look_up": FORM,
    "advisers:identity": {"adviser"},
    "advisers:examine": {"adviser"},
    "advisers:ban": {"adviser"},
    "advisers:allow": {"adviser"},
    "advisers:account": {"adviser"},
    "advisers:numbers": {"adviser"},
    "advisers:erase": {"adviser"},
    "advisers:me": {"seen"},
    "advisers-api:seen": {"seen"},
    "advisers-api:advisers": {"adviser"},
    "advisers-api:adviser": {"adviser"},
    "advisers-api:imports": {"sheet"},
    "advisers-api:import": {"sheet"},
    "advisers-api:import_errors": {"sheet file"},
    "advisers-api:firms": {"firm"},
    "advisers-api:firm": {"adviser"},
    "advisers-api:mine": {"appointment"},
    "advisers-api:coverage": {"place"},
    "advisers-api:vacancies": {"vacancy"},
    "advisers-api:candidates": {"adviser"},
    "advisers-api:appointments": {"appointment"},
    "advisers-api:appointment": {"adviser"},
    "advisers-api:community": {"place"},
    "advisers-api:counts": FORM,
    "advisers-api:me": {"adviser"},
    "portal:sign-on": FORM,
    "api-sign-on": FORM,
    "portal:settings": {"place"},
    "portal:setting": {"place"},
    "api-settings": {"place"},
    "api-setting": {"place"},
    "api-setting-touched": FORM,
    "duty:mine": {"place"},
    "duty:log": {"place"},
    "duty:visits": {"visit"},
    "duty:correct": {"place"},
    "duty:void": {"place"},
    "duty:behind": {"adviser"},
    "duty:months": {"=2026年9月"},
    "stations:list": {"station"},
    "stations:new": {"place"},
    "stations:sheets": {"station sheet"},
    "stations:sheet_template": FORM,
    "stations:sheet": {"station sheet"},
    "stations:sheet_errors": {"station sheet file"},
    "stations-api:sheets": {"station sheet"},
    "stations-api:sheet": {"station sheet"},
    "stations-api:sheet_errors": {"station sheet file"},
    "stations:station": {"station"},
    "stations:correct": {"station"},
    "stations:close": {"station"},
    "stations-api:stations": {"station"},
    "stations-api:station": {"station"},
    "stations-api:counts": FORM,
    "duty:posts": {"place"},
    "duty:post": {"place"},
    "duty-api:posts": {"place"},
    "portal:feedback": FORM,
    "portal:feedback-all": FORM,
    "api-feedback": FORM,
    "api-feedback-all": FORM,
    "desk:comments": _SAID,
    "desk-api:comments": _SAID,
    "desk:notices": FORM,
    "desk:news": {"=法律讲座"},
    "desk:news-new": FORM,
    "desk:news-one": {"=法律讲座"},
    "desk:news-change": {"=法律讲座"},
    "desk-api:news": {"=法律讲座"},
    "desk-api:news-one": {"=法律讲座"},
    "desk:views": FORM,
    "desk-api:views": FORM,
    "desk:ways": FORM,
    "desk-api:notices": FORM,
    "desk-api:unread": FORM,
    "desk-api:ways": FORM,
    "duty-api:token": FORM,
    "duty-api:visits": {"visit"},
    "duty-api:visit": {"visit"},
    "duty-api:places": {"place"},
    "duty-api:hours": {"place"},
    "duty-api:reminders": {"place"},
    "duty-api:behind": {"adviser"},
    "duty-api:months": {"=2026-09"},
    "figures:home": FORM,
    "figures:visits": {"place"},
    "figures:place": {"place"},
    "figures:screen": {"place"},
    "api-figures": {"place"},
    "api-figures-own-visits": {"visit"},
    "api-figures-place": {"place"},
    "api-figures-months": {"=2026-10"},
    "api-figures-ranking": {"place"},
    "api-figures-counties": {"place"},
    "api-figures-visits": {"place"},
    "portal:home": {"person", "adviser"},
    "portal:calendar": FORM,
    "portal:calendar-subscribe": FORM,
    "api-calendar": FORM,
    "portal:list-export": {"=有哪些列"},
    "portal:exports": {"held"},
    "portal:export-refuse": {"person"},
    "api-exports": {"held"},
    "portal:jobs": {"job"},
    "portal:job": {"job"},
    "portal:file": {"photo", "sheet file"},
    "portal:history": {"why"},
    "portal:history-of": {"why"},
    "portal:seen": {"person"},
    "portal:correction": FORM,
    "api-correction": FORM,
    "api-language": FORM,
    "people-api:correct": FORM,
    "api-today": FORM,
    "api-jobs": {"job"},
    "api-job": {"job"},
    "api-file": {"photo", "sheet file"},
    "api-history": {"why"},
    "api-history-of": {"why"},
    "api-seen": {"person"},
    "portal:emergencies": FORM,
    "portal:emergency-ask": {"=西湖区"},
    "portal:emergency-refuse": FORM,
    "portal:emergency-doors": FORM,
    "api-emergencies": FORM,
    "api-emergency-doors": FORM,
    "api-emergencies-here": FORM,
    "portal:security": FORM,
    "portal:security-address": FORM,
    "portal:security-code": FORM,
    "api-security": FORM,
    "portal:audit": {"why"},
    "portal:audit-sums": FORM,
    "api-audit-sums": FORM,
    "portal:audit-shared": {"=授予身份"},
    "api-audit-shared": {"=identity.role.granted"},
    "api-audit": {"why"},
    "api-audit-sealing": {"=waiting"},
    "api-audit-alarms": FORM,
    "portal:help": FORM,
    "portal:help-topic": FORM,
    "portal:terms": FORM,
    "api-help": FORM,
    "api-help-topic": FORM,
    "api-help-terms": FORM,
    "portal:search": FORM,
    "api-search": FORM,
    "portal:webhooks": {"webhook"},
    "portal:webhook-new": FORM,
    "portal:webhook": {"webhook"},
    "portal:webhook-change": {"webhook"},
    "api-webhooks": {"webhook"},
    "api-webhook": {"webhook"},
    "api-webhook-events": FORM,
    "api-webhook-messages": FORM,  # none where nothing happened
    "portal:places": {"place"},
    "portal:place": {"place"},
    "portal:updates": {"person"},
    "portal:describe": FORM,
    "portal:describe-template": {"place"},
    "portal:areas": {"place"},
    "portal:area": {"place"},
    "portal:area-new": FORM,
    "portal:area-end": {"place"},
    "places-api:areas": {"place"},
    "places-api:area": {"place"},
    "portal:update-new": FORM,
    "portal:update-boundary": FORM,
    "portal:update": {"person"},
    "portal:update-changes": {"=省"},
    "portal:update-decide": {"=省"},
    "portal:update-send-back": FORM,
    "portal:update-drop": FORM,
    "portal:update-undo": FORM,
    "portal:update-report": {"person"},
    "portal:update-report-file": {"=决定"},
    "places-api:search": {"place"},
    "places-api:place": {"place"},
    "places-api:updates": {"=deciding"},
    "places-api:update": {"=groups"},
    "places-api:changes": {"=candidates"},
    "portal:setup": {"place"},
    "portal:setup-people": FORM,
    "portal:phones": FORM,
    "portal:events": {"place"},
    "api-events": {"place"},
    "portal:people-sheet": FORM,
    "portal:people-template": FORM,
    "portal:same": {"person"},
    "portal:pair": {"person"},
    "portal:merge-refuse": {"person"},
    "portal:person-leave": {"person"},
    "portal:person-erase": {"person"},
    "people-api:same": {"person"},
    "people-api:merges": {"person"},
    "people-api:leaving": FORM,
    "portal:tokens": {"token"},
    "portal:token-new": FORM,
    "api-tokens": {"token"},
    "api-token-bindings": FORM,
    "portal:accounts": {"person"},
    "portal:account": {"person"},
    "portal:account-new": FORM,
    "portal:account-owner": {"person"},
    "portal:account-review": {"person"},
    "portal:account-end": {"person"},
    "people-api:accounts": {"person"},
    "people-api:account": {"person"},
    "portal:tenants": {"place"},
    "portal:tenant": {"place"},
    "portal:tenant-room": {"place"},
    "portal:use": FORM,
    "api-use": FORM,
    "portal:kept": FORM,
    "api-kept": FORM,
    "tenants-api:addresses": FORM,
    "tenants-api:uses": FORM,
    "tenants-api:checklist": FORM,
    "portal:tenant-checklist": {"place"},
    "portal:tenant-suspend": {"place"},
    "portal:tenant-reopen": {"place"},
    "portal:tenant-close": {"place"},
    "portal:tenant-clear": {"place"},
    "portal:tenant-archive": {"place"},
    "portal:tenant-merge": {"place"},
    "portal:tenant-split": {"place"},
    "portal:tenant-move": {"place"},
    "portal:tenant-restore": FORM,
    "portal:cells": FORM,
    "portal:cells-file": FORM,
    "portal:cells-change": FORM,
    "portal:archive-restore": {"place"},
    "tenants-api:archives": FORM,
    "tenants-api:cells": FORM,
    "tenants-api:backups": FORM,
    "portal:tenant-remove": {"place"},
    "tenants-api:receipts": FORM,
    "portal:deed-refuse": {"place"},
    "tenants-api:tenants": {"place"},
    "tenants-api:tenant": {"place"},
    "tenants-api:deeds": {"place"},
    "portal:people": {"person"},
    "portal:person": {"person"},
    "portal:person-new": FORM,
    "portal:grant": {"person"},
    "portal:deputy": {"person"},
    "portal:hand-over": {"person"},
    "portal:binding-end": {"person"},
    "portal:person-suspend": {"person"},
    "portal:person-reinstate": {"person"},
    "portal:person-reset": {"person"},
    "portal:person-factors": {"person"},
    "portal:person-correct": {"person"},
    "portal:person-decline": {"person"},
    "portal:rights": {"person"},
    "portal:who": FORM,
    "portal:proposals": {"proposal"},
    "portal:proposal-refuse": {"person"},
    "portal:review": {"person"},
    "people-api:people": {"person"},
    "people-api:person": {"person"},
    "people-api:rights": {"person"},
    "people-api:who": {"person"},
    "people-api:proposals": {"proposal"},
    "people-api:review": {"person"},
}
# Who holds the grant of a door and still has nothing behind it: it is for people with rows of their own.
ONLY_FOR: dict[str, set[str]] = {
    "figures:visits": {"adviser", "firm_manager"},
    "api-figures-own-visits": {"adviser", "firm_manager"},
    "portal:list-export": {"county_team"},
}
# Who may ask and has nothing there: he has rows of his own and no place.
_NO_CHARGES = {
    "firm_manager",
    "auditor",
    "system_administrator",
    "security_administrator",
    "audit_administrator",
    "county2",
}
NOTHING_FOR: dict[str, set[str]] = {
    "portal:review": _NO_CHARGES,  # nobody of theirs is due
    "people-api:review": _NO_CHARGES,
    "people-api:who": {"firm_manager"},
    # nobody of theirs was entered twice, or is a program
    "people-api:same": {"firm_manager", "county2", "city2"},
    "people-api:merges": {"firm_manager", "county2", "city2"},
    "people-api:accounts": {"firm_manager", "county2"},
    "api-figures": {"adviser", "firm_manager"},
    # what they speak about is above the counties; a place below has its county's words, not theirs
    **{name: {"province_leader", "city_officer"} for name in ("desk:comments", "desk-api:comments")},
    # of a vacant village
    "advisers-api:appointments": {"liaison2"},
    "duty-api:behind": {"liaison2"},
    "duty:behind": {"liaison2"},
}
# The pages of components: their people and places are invented, and happen to be called like some of ours.
SPECIMENS = {"ui:style", "ui:style-page"}
# Doors that only send on.
REDIRECTS = {"figures:home"}


def shows(door: Door) -> set[str] | str:
    found = SHOWS.get(door.name)
    assert found, f"{door} ({door.route}): say in SHOWS of tests/tenancy/doors.py which rows its rightful reader finds"
    return found


# More ways to ask the same doors: things named in the query. Nothing foreign may come back, whatever the status.
_PARTS = ("区", "社区", "街道", "村", "律师", "所", "系统", "任务", "明", "月", "清", "s", "x", "lt", "wang", "33")


def queries_of(door: Door, ground: Ground) -> list[tuple[str, frozenset[str]]]:
    communities = [(ground.node[code], code) for code in COMMUNITIES]
    streets = [(ground.node[code], code) for code in PLACES if len(code) == 9]
    advisers = [(fact.word, fact.codes) for fact in ground.of("adviser") if re.fullmatch(r"[0-9a-f-]{36}", fact.word)]
    firms = [(fact.word, fact.codes) for fact in ground.of("firm") if re.fullmatch(r"[0-9a-f-]{36}", fact.word)]
    months = [(f"month=2026-{month:02d}", frozenset[str]()) for month in (9, 10, 11)]
    by_name: dict[str, list[tuple[str, frozenset[str]]]] = {
        "advisers:list": [(f"street={node}", frozenset({code})) for node, code in streets],
        "advisers-api:advisers": [
            *((f"street={node}", frozenset({code})) for node, code in streets),
            *((f"firm={firm}", codes) for firm, codes in firms),
        ],
        "advisers-api:appointments": [
            *((f"node={node}", frozenset({code})) for node, code in communities),
            *((f"adviser={adviser}", codes) for adviser, codes in advisers),
        ],
        "advisers-api:coverage": [("on=2026-03-01", frozenset())],
        "advisers-api:vacancies": [("on=2025-03-01", frozenset())],
        "advisers-api:firm": [("on=2026-03-01", frozenset())],
        "advisers-api:mine": [("on=2026-03-01", frozenset())],
        # Parts of names and sounds that many things share: what comes back must be one's own all the same.
        **{
            name: [
                (f"q={part}{kind}", frozenset()) for part in _PARTS for kind in ("", "&kind=people", "&kind=advisers")
            ]
            for name in ("portal:search", "api-search")
        },
        **{
            name: [
                ("view=closed", frozenset()),
                *((f"street={node}", frozenset({code})) for node, code in streets),
                *((f"q={part}", frozenset()) for part in _PARTS),
            ]
            for name in ("stations:list", "stations-api:stations")
        },
        "portal:history": [("before=100000", frozenset())],
        "portal:audit": [
            ("before=100000", frozenset()),
            ("after=1", frozenset()),
            ("person=county", frozenset()),
            *((f"place={node}", frozenset({code})) for node, code in streets),
        ],
        "api-audit": [
            ("act=duty.visit.logged", frozenset()),
            ("person=county2", frozenset()),
            *((f"place={node}", frozenset({code})) for node, code in (*streets, *communities)),
        ],
        **dict.fromkeys(
            (
                "duty:visits",
                "duty:behind",
                "duty-api:visits",
                "duty-api:behind",
                "figures:visits",
                "api-figures-own-visits",
            ),
            months,
        ),
    }
    return by_name.get(door.name, [])


# ---- one knock -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    location: str
    touched: tuple[str, ...]
    seen: tuple[Fact, ...]
    body: Any = None
    asked: str = ""  # the address, as it was asked
    sent: Any = None  # what went along as JSON

    @property
    def figures_of(self) -> set[int]:
        """Nodes of places whose figures stand in an answer of the API."""
        found: set[int] = set()
        _gather(self.body, found)
        return found


def _messages(response: Any) -> str:
    """What the next page will say."""
    kept = getattr(response.wsgi_request, "_messages", None)
    return "".join(f"\n{message}" for message in getattr(kept, "_queued_messages", ()))


def _gather(value: Any, found: set[int]) -> None:
    if isinstance(value, dict):
        if value.get("tally") and isinstance(value.get("place"), dict):
            found.add(int(value["place"]["id"]))
        for one in value.values():
            _gather(one, found)
    elif isinstance(value, list):
        for one in value:
            _gather(one, found)


def _send(client: Client, door: Door, path: str, sent: Mapping[str, Any]) -> Any:
    if not door.writes:
        return client.get(path)
    files = [value for value in sent.values() if hasattr(value, "read")]
    for file in files:
        file.seek(0)
    if door.method == "DELETE":
        return client.delete(f"{path}?{urlencode(sent)}" if sent else path)
    if door.api and not files:
        return client.generic(door.method, path, json.dumps(sent, default=str), "application/json")
    return client.post(path, dict(sent))


def _asks_for_proof(response: Any) -> bool:
    return "reauthenticate" in response.headers.get("Location", "") or (
        response.status_code == 403 and b"kernel.step_up" in getattr(response, "content", b"")
    )


def knock(
    ground: Ground, reader: Reader, door: Door, thing: Thing | None, query: str = "", *, echoes: bool = False
) -> Answer:  # fmt: skip
    client, path = ground.client(reader), address(door, thing)
    if query:
        path += f"?{query}"
    nothing = thing or Thing({}, frozenset())
    sent: Mapping[str, Any] = {}
    if door.writes:
        sent = WRITES.get(str(door), Write()).body(ground, reader, nothing)
    response = _send(client, door, path, sent)
    if _asks_for_proof(response) and reader.username:  # another door ended what he had shown: he shows it, as people do
        ground.prove(reader)
        response = _send(client, door, path, sent)
    text = text_of(response) + _messages(response)
    seen = ground.said_in(text)
    if echoes or response.status_code != 200:  # what the asker said himself may be said back to him
        echoed = path + json.dumps({k: str(v) for k, v in sent.items()}, ensure_ascii=False)
        seen = [fact for fact in seen if fact.word not in echoed]
    kind = response.headers.get("Content-Type", "")
    body = json.loads(response.content) if "json" in kind and response.content else None
    told = door.method == "DELETE" and sent
    asked = f"{path}?{'&'.join(f'{name}={value}' for name, value in sent.items())}" if told else path
    written = response.wsgi_request.content_type == "application/json" and not told
    return Answer(response.status_code, text, response.headers.get("Location", ""), tuple(ground.touched()), tuple(seen),
                  body, asked, sent if written else None)  # fmt: skip
