"""Place of the drill's small province: two counties with work in their books, and a token for each of three roles."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from killing import ground

from falin.kernel import clock
from falin.kernel.rest import limits
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from fuzzing import work
from services.advisers.models import Appointment
from services.duty.api import log_visit
from services.duty.models import Visit
from services.duty.types import VisitKind
from tenants.divisions.api import Level, find_by_code
from tenants.identity.api import Role, ask_for_correction, create_person, grant_role, make_token, read_signed_in
from tenants.identity.middleware import scope_of
from tenants.identity.models import Person
from tenants.identity.queries.tokens import own_bindings, scopes_of
from tenants.settings.models import Setting

Row = tuple[str, str, str, int, str]  # kind, id, schema, place, adviser
TEAM, OFFICER, ADVISER = "county team", "street officer", "adviser"


def make(out: str) -> None:
    """Everything; what the drill needs to know is written as JSON: tokens, and ids that are none of each role's business."""
    ground.make(out)
    told = json.loads(Path(out).read_text())
    now = clock.now()
    no_limits(now)
    street = find_by_code(Level.STREET, f"{ground.COUNTIES[0]}001")
    assert street is not None
    with shared(read_only=False) as system:
        person = create_person(scope=system, username="officer", name="街道干部", password=ground.PASSWORD,
                               must_change_password=False, now=now)  # fmt: skip
        grant_role(
            scope=system, person_id=person.id, role=Role.STREET_OFFICER, node_id=street.id, reason="演练", now=now
        )
    for county in told["counties"]:
        for adviser in county["advisers"]:
            _visits(scope(adviser["username"]), adviser["places"], date.fromisoformat(told["first_days"][-1]), now)
    only = {county["code"]: work.do(scope(county["team"]), _known(county), now) for county in told["counties"]}
    own = told["counties"][0]
    misnamed = Person.objects.get(username=own["advisers"][1]["username"])
    with inside(scope(misnamed.username), read_only=False):
        ask_for_correction(scope=scope(misnamed.username), name=misnamed.name, username="renamed", now=now)
    holders = {TEAM: own["team"], OFFICER: "officer", ADVISER: own["advisers"][0]["username"]}
    rows = [row for county in told["counties"] for row in _rows(scope(county["team"]))]
    told["tokens"] = {role: token_of(scope(username), now)[0] for role, username in holders.items()}
    told["foreign"] = {role: _foreign(scope(username), rows) for role, username in holders.items()}
    told["grants"] = {role: sorted(scopes_of(Role(scope(username).role))) for role, username in holders.items()}
    told["mine"] = {
        role: _mine(scope(username), own, rows, only[own["code"]], now) for role, username in holders.items()
    }
    told["ids"] = _with_all(_ids(rows), told["mine"].values())
    told["own"] = {role: len(rows) - len(found) for role, found in told["foreign"].items()}
    Path(out).write_text(json.dumps(told))


def _known(county: dict[str, Any]) -> dict[str, Any]:
    for adviser in county["advisers"]:
        adviser["id"] = scope(adviser["username"]).subject_id
    return county


def _mine(
    reader: Scope, county: dict[str, Any], rows: list[Row], only: dict[str, Any], now: datetime
) -> dict[str, Any]:  # fmt: skip
    """What a role's requests may name so that they are answered, by the name of the field."""
    foreign = set(_foreign(reader, rows))
    his = [row for row in rows if row[1] not in foreign]
    visits, appointments = ([row for row in his if row[0] == kind] for kind in ("Visit", "Appointment"))
    first = county["advisers"][0]
    work.belong(reader, first["places"][0], visits[0][1], now)
    place = dict.fromkeys(("node_id", "node", "place"), first["places"][0])
    about = {"kind": "visit", "subject_id": visits[0][1]} if reader.subject_id else {
        "kind": "adviser", "subject_id": first["id"]
    }  # fmt: skip
    return {
        **only, **place, **work.own_of(reader), "adviser_id": first["id"], "adviser": first["id"],
        "visit_id": [row[1] for row in visits], "appointment_id": [row[1] for row in appointments],
        "person_id": Person.objects.get(username="officer").id,
        "people_decline_correction.person_id": Person.objects.get(username=county["advisers"][1]["username"]).id,
        "home": county["node"],
        **{f"{act}.{name}": one for act in ("comments", "comments_write", "history_of") for name, one in about.items()},
        **{f"figures_{act}.node_id": county["node"] for act in ("place", "months", "ranking", "counties")},
    }  # fmt: skip


def _with_all(ids: dict[str, list[Any]], owned: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """Also what the roles have of their own."""
    for mine in owned:
        for name, known in mine.items():
            if "." not in name and name not in {"county", "code", "kind"}:
                ids[name] = list(dict.fromkeys([*ids.get(name, ()), *(known if isinstance(known, list) else [known])]))
    return {name: known for name, known in ids.items() if known}


def scope(username: str) -> Scope:
    signed_in = read_signed_in(person_id=Person.objects.get(username=username).id, on=clock.legal_day(clock.now()))
    assert signed_in is not None
    return scope_of(signed_in, signed_in.hats[0])


def no_limits(now: datetime) -> None:
    """The drill knocks as fast as it can; rates have tests of their own."""
    province = find_by_code(Level.PROVINCE, ground.PROVINCE)
    assert province is not None
    for parameter in (limits.A_MINUTE, limits.A_DAY):
        Setting.objects.create(key=parameter.key, node_id=province.id, value=parameter.maximum, locked=False,
                               valid_from=date(2026, 1, 1), person_id=0, why="演练", recorded_at=now)  # fmt: skip


def _visits(adviser: Scope, places: list[int], day: date, now: datetime) -> None:
    for number, place in enumerate(places):
        begins = datetime.combine(day, time(9 + number), clock.SHANGHAI)
        with inside(adviser, read_only=False):
            log_visit(scope=adviser, visit_id=uuid.uuid4(), node_id=place, kind=VisitKind.VISIT, begins_at=begins,
                      ends_at=begins + timedelta(minutes=50), topic="", attendees=None, note="", photo=None,
                      written_at=now, now=now)  # fmt: skip


def _rows(team: Scope) -> list[Row]:
    """Every visit and appointment of a county."""
    with inside(team, read_only=True):
        return [
            (model.__name__, str(row["id"]), team.schema, row["node_id"], str(row["adviser_id"]))
            for model in (Visit, Appointment)
            for row in model.objects.in_scope(team).order_by("id").values("id", "node_id", "adviser_id")
        ]


def _ids(rows: list[Row]) -> dict[str, list[Any]]:
    """What requests may name, by the name of the field: one's own and others', of either county."""
    places = sorted({row[3] for row in rows})
    advisers = sorted({row[4] for row in rows})
    people = list(Person.objects.order_by("id").values_list("id", flat=True))
    return {
        "visit_id": [row[1] for row in rows if row[0] == "Visit"],
        "appointment_id": [row[1] for row in rows if row[0] == "Appointment"],
        "adviser_id": advisers, "adviser": advisers, "new_adviser_id": advisers, "node_id": places, "node": places,
        "place": places, "street": places, "person_id": people, "successor_id": people, "owner_id": people,
        "kept_id": people, "gone_id": people,
    }  # fmt: skip


def _foreign(reader: Scope, rows: list[Row]) -> list[str]:
    """The ids that may stand in no answer to this reader."""
    return [
        key for _kind, key, schema, node, adviser in rows
        if schema != reader.schema or not (reader.whole or node in reader.nodes)
        or (reader.subject_id and adviser != reader.subject_id)
    ]  # fmt: skip


def token_of(own: Scope, now: datetime) -> tuple[str, int]:
    """A token of somebody's first role with all it may do, and the place of that role: a token is of one binding."""
    today = clock.legal_day(now)
    with inside(own, read_only=False):
        binding: Any = own_bindings(scope=own, on=today)[0]
        made = make_token(scope=own, binding_id=binding.id, name="演练", scopes=list(scopes_of(binding.role)), origins=[],
                          expires_on=today + timedelta(days=7), now=now)  # fmt: skip
    return made.secret, binding.node_id
