"""Place of what the drill adds to Schemathesis: the ledger of calls, and the check that nothing of others is read."""

from __future__ import annotations

import json
import os
import re
import threading
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import schemathesis

ROLE = os.environ["FALIN_DRILL_ROLE"]
WORLD = json.loads(Path(os.environ["FALIN_DRILL_WORLD"]).read_text())
FOREIGN = frozenset(WORLD["foreign"][ROLE])
IDS: dict[str, list[Any]] = WORLD["ids"]  # name of a field → ids there are, one's own and others'
# What the role's own examples name, which is to be asked for as it stands.
OWN = frozenset(one for known in WORLD["mine"][ROLE].values()
                for one in (known if isinstance(known, list) else [known]) if isinstance(one, str))  # fmt: skip
LEDGER = Path(os.environ["FALIN_DRILL_LEDGER"]).open("a")  # noqa: SIM115 (as long as the process)
LOCK = threading.Lock()
LINE = 3_500  # bytes of a query that pass with the path beside them
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """
    Not what would make every write a 412 and so reach nothing; nor an object in a query, which is no such thing once it is
    written down: it arrives as parameters of other names, or as none; nor an address longer than the line a web server
    reads: it says so itself (414), and nothing of the product is asked.
    """
    query = case.query or {}
    return (
        "If-Match" not in (case.headers or {})
        and not any(isinstance(value, dict | list) for value in query.values())
        and len(urlencode({name: str(value) for name, value in query.items()}, errors="replace")) < LINE
    )


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    return _meant(path_parameters)


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    return _meant(query)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    return _meant(body)


def _meant(given: Any) -> Any:
    """
    In place of most invented ids that could be one, one there is: own or somebody else's. Which, follows from the invented
    one, so that a run can be repeated.
    """
    if not isinstance(given, dict):
        return given
    for name, value in given.items():
        known = IDS.get(name)
        chance = zlib.crc32(f"{name}{value}".encode())
        if known and chance % 4 and _could_be(value, known[0]) and value not in OWN:
            given[name] = known[chance // 4 % len(known)]
    return given


def _could_be(value: Any, known: Any) -> bool:
    if isinstance(known, int):
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    return isinstance(value, str) and UUID.fullmatch(value) is not None


@schemathesis.check
def reads_stay_in_scope(context: Any, response: Any, case: Any) -> None:
    """No answer holds the id of a row that is not the reader's; what he sent himself comes back in a refusal at most."""
    found = set(UUID.findall(response.text)) if "json" in str(response.headers.get("content-type", "")) else set()
    line = {"role": ROLE, "operation": case.operation.label, "status": response.status_code,
            "read": len(found), "foreign": sorted(found & FOREIGN)}  # fmt: skip
    with LOCK:
        LEDGER.write(json.dumps(line) + "\n")
        LEDGER.flush()
    if found & FOREIGN:
        raise AssertionError(f"shows what is not his: {sorted(found & FOREIGN)}")
