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
from services.advisers.api import take_own_record
from services.duty.api import list_my_visits, place_names


def take_own_data(*, scope: Scope, now: datetime) -> bytes:
    """
    The signed-in adviser's register entry with his numbers, his places in every county, who saw his numbers, and his
    visits in the county he is signed in to. Booked.

    :raises Missing: he is not on the register any more.
    """
    record = take_own_record(scope=scope, now=now)
    visits = list_my_visits(scope=scope)
    places = place_names({visit.content.node_id for visit in visits})
    lines: list[dict[str, Any]] = [
        {"place": " ".join(reversed(places.get(visit.content.node_id, ("",)))).strip(), **asdict(visit)}
        for visit in visits
    ]
    data = {"made_at": now, "register": asdict(record), "visits": lines}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        archive.writestr(
            "data.html", render_to_string("portal/own_data.html", {"record": record, "visits": lines, "now": now})
        )
    return out.getvalue()
