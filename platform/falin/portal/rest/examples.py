"""
Place of the examples in the API's description: requests with the answers they had (``examples.json``).

They are recorded, not made up: a test sends each again, in their order, and compares. ``{firm}`` stands for what an earlier
answer gave; ids, moments and marks differ from run to run.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def examples() -> list[dict[str, Any]]:
    """Each with its act, who sent it, what it sent, its status and its answer."""
    found: list[dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return found


def put_in(result: Any, generator: Any, request: Any, public: Any) -> Any:
    """A hook of drf-spectacular: each example at its operation."""
    by_name = {one["act"]: one for one in examples()}
    for methods in result["paths"].values():
        for operation in methods.values():
            shown = by_name.get(operation["operationId"])
            if shown is None:
                continue
            if shown["body"] is not None:
                operation["requestBody"]["content"]["application/json"]["example"] = shown["body"]
            operation["responses"][str(shown["status"])]["content"]["application/json"]["example"] = shown["answer"]
    return result
