"""
Place of the examples of the API: what each operation was asked and answered once (``examples.json``).

They are recorded, not made up: a test asks each operation again and compares (``tests/tenancy/test_examples.py``). Names,
places, ids and moments are nobody's; of a list two rows are kept.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

PLACE = Path(__file__).with_suffix(".json")


@lru_cache(maxsize=1)
def examples() -> dict[str, Any]:
    """By operation: the address asked, what was sent as JSON (or null), the status, the answer (null: none, or a file)."""
    found: dict[str, Any] = json.loads(PLACE.read_text(encoding="utf-8"))
    return found


def put_in(result: Any, generator: Any, request: Any, public: Any) -> Any:
    """A hook of drf-spectacular: each example at its operation."""
    for methods in result["paths"].values():
        for operation in methods.values():
            shown = examples().get(operation["operationId"], {"sent": None, "status": 0, "answer": None})
            answer = operation["responses"].get(str(shown["status"]), {})
            for part, one in ((operation.get("requestBody", {}), shown["sent"]), (answer, shown["answer"])):
                media = part.get("content", {}).get("application/json")
                if media is not None and one is not None:
                    media["example"] = one
    return result
