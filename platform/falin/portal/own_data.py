"""Place of a person's own copy of what is kept about him: one archive, for programs (JSON) and for reading (HTML)."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string

from falin.kernel.scope import Scope
from falin.portal.acts import WORDS
from falin.portal.people import label, words_of_places
from services.advisers.api import take_own_record
from services.duty.api import list_my_visits, place_names
from tenants.divisions.api import list_divisions
from tenants.identity.commands.account import take_own_account
from tenants.identity.types import Role
from tenants.registry.api import find_by_schema


def take_own_data(*, scope: Scope, now: datetime) -> bytes:
    """
    What is kept about the signed-in person: his account, roles, sign-ins; of an adviser also his register entry with his
    numbers, his places in every county, who saw his numbers, and his visits in the county he is signed in to: which that
    is, and in which others he served, is said. Booked.

    :raises Missing: an adviser who is not on the register any more.
    """
    account = take_own_account(scope=scope, now=now)
    places = dict(words_of_places(list_divisions({one.node_id for one in account.roles})))
    roles = [
        {**asdict(one), "place": places.get(one.node_id, ""), "label": label(Role(one.role))} for one in account.roles
    ]
    events = [{**asdict(one), "words": str(WORDS.get(one.act, one.act))} for one in account.events]
    data: dict[str, Any] = {"made_at": now, "account": {**asdict(account), "roles": roles, "events": events}}
    if scope.may("duty.own"):
        data |= _of_an_adviser(scope, now)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        archive.writestr("data.html", render_to_string("portal/own_data.html", data))
    return out.getvalue()


def _of_an_adviser(scope: Scope, now: datetime) -> dict[str, Any]:
    record = take_own_record(scope=scope, now=now)
    visits = list_my_visits(scope=scope)
    places = place_names({visit.content.node_id for visit in visits})
    lines: list[dict[str, Any]] = [
        {"place": " ".join(reversed(places.get(visit.content.node_id, ("",)))).strip(), **asdict(visit)}
        for visit in visits
    ]
    here = find_by_schema(scope.schema)
    county = here.name if here else ""
    return {"register": asdict(record), "visits": lines, "visits_of": county,
            "visits_elsewhere": sorted({seat.county for seat in record.seats} - {county})}  # fmt: skip
