"""Place of the load drill's county: sixty communities, twenty advisers with accounts, officials, and tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fuzzing.ground import no_limits, scope, token_of
from killing import ground

from falin.kernel import clock
from falin.kernel.periods import Month
from falin.kernel.transactions import inside
from services.indicators.commands import publish_month

STREETS, COMMUNITIES, ADVISERS = 5, 12, 20


def make(out: str) -> None:
    """Everything; what the people need to know is written as JSON."""
    ground.STREETS, ground.COMMUNITIES, ground.ADVISERS = STREETS, COMMUNITIES, ADVISERS
    ground.make(out)
    told: dict[str, Any] = json.loads(Path(out).read_text())
    now = clock.now()
    no_limits(now)
    for county in told["counties"]:
        team = scope(county["team"])
        with inside(team, read_only=False):
            publish_month(scope=team, month=Month.parse(told["months"][-1]), now=now)
        county["register"] = [scope(adviser["username"]).subject_id for adviser in county["advisers"]]
        county["token"], _place = token_of(team, now)
        for adviser in county["advisers"]:
            adviser["token"], adviser["token_place"] = token_of(scope(adviser["username"]), now)
    Path(out).write_text(json.dumps(told))
