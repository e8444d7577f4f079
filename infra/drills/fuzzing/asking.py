"""Place of the requests that should be answered: the recorded examples, with somebody's own ids and of today."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from falin.kernel.periods import Month
from falin.portal.rest.examples import examples

RECORDED = date(2026, 11, 16)  # the day on which the examples were asked


def in_hand(document: dict[str, Any], own: Mapping[str, Any], today: date) -> None:
    """
    Put into a description one example for each operation, asked as it may be asked: the recorded one, with ids of somebody's
    own, and days as far from today as they were from theirs.

    :param own: by the name of the field, or of operation and field, one id or several.
    """
    for path, methods in document["paths"].items():
        for operation in methods.values():
            name, named = operation["operationId"], examples().get(operation["operationId"])
            if named is None:
                continue
            media = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if media is not None and named["sent"] is not None:
                media["example"] = _owned(named["sent"], name, "", own, today)
            given = _asked(path, named["asked"])
            for one in operation.get("parameters", ()):
                if one.get("name") in given:
                    value = _owned(given[one["name"]], name, one["name"], own, today)
                    one["example"] = int(value) if one["schema"].get("type") == "integer" else value


def _asked(path: str, asked: str) -> dict[str, Any]:
    """What stood in the address, by name."""
    where, _, query = asked.partition("?")
    parts = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)), where)
    return {**(parts.groupdict() if parts else {}), **dict(parse_qsl(query))}


def _owned(value: Any, operation: str, name: str, own: Mapping[str, Any], today: date) -> Any:
    if isinstance(value, dict):
        return {key: _owned(one, operation, key, own, today) for key, one in value.items()}
    if isinstance(value, list):
        return [_owned(one, operation, name.removesuffix("s"), own, today) for one in value]
    known = own.get(f"{operation}.{name}", own.get(name))
    if known:
        return known[zlib.crc32(operation.encode()) % len(known)] if isinstance(known, list) else known
    if isinstance(value, str) and re.match(r"20\d\d-\d\d-\d\d", value):
        return str(date.fromisoformat(value[:10]) + (today - RECORDED)) + value[10:]
    if isinstance(value, str) and re.fullmatch(r"20\d\d-\d\d", value):
        return str(Month.parse(value).plus((today.year - RECORDED.year) * 12 + today.month - RECORDED.month))
    return value
