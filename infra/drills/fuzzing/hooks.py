"""Place of what the drill adds to Schemathesis: the ledger of calls, and the check that nothing of others is read."""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path
from typing import Any

import schemathesis

ROLE = os.environ["FALIN_DRILL_ROLE"]
FOREIGN = frozenset(json.loads(Path(os.environ["FALIN_DRILL_WORLD"]).read_text())["foreign"][ROLE])
LEDGER = Path(os.environ["FALIN_DRILL_LEDGER"]).open("a")  # noqa: SIM115 (as long as the process)
LOCK = threading.Lock()
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """What would make every write a 412 and every second one a 409, and so reach nothing."""
    headers = case.headers or {}
    return "If-Match" not in headers


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
