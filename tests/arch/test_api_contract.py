"""What programs were written against goes on working; what would break them is found before it is released."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from drf_spectacular.drainage import GENERATOR_STATS

from falin.portal.web.api import SUBJECTS
from falin.runtime.contract import broken
from falin.runtime.reference import RELEASED, openapi

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def _released() -> Any:
    return yaml.load((ROOT / RELEASED).read_text(encoding="utf-8"), yaml.CSafeLoader)


@lru_cache(maxsize=1)
def present() -> Any:
    return yaml.load(openapi(), yaml.CSafeLoader)


def released() -> Any:
    return copy.deepcopy(_released())


def test_nothing_that_was_released_breaks() -> None:
    """Where it is meant, the new description is released: ``./falin reference --release``."""
    assert broken(released(), present()) == []


def test_the_description_is_made_without_a_warning() -> None:
    with GENERATOR_STATS.silence(), warnings.catch_warnings():
        openapi()
        told = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert told == []


def test_every_operation_has_a_name_that_says_what_it_does_and_a_sentence() -> None:
    for path, methods in present()["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            assert not name.endswith(("_create", "_retrieve", "_destroy", "_update", "_2")), f"{method} {path}: {name}"
            assert operation.get("description") or path.endswith("/schema/"), f"{method} {path}"
            assert "default" in operation["responses"] or path.endswith("/schema/"), f"{method} {path}"


def test_every_reading_takes_the_fields_one_wants_and_says_so() -> None:
    """Every answer of JSON behind a door of the API; what a county published, for anybody, comes as it is kept."""
    fields = {"$ref": "#/components/parameters/Fields"}
    for path, methods in present()["paths"].items():
        if path.startswith("/api/v1/public/"):
            continue
        operation = methods.get("get", {})
        told = "application/json" in operation.get("responses", {}).get("200", {}).get("content", {})
        assert (fields in operation.get("parameters", [])) == told, path
    assert present()["components"]["parameters"]["Fields"]["name"] == "fields"


def test_every_subject_of_the_api_has_words() -> None:
    assert {operation["tags"][0] for methods in present()["paths"].values() for operation in methods.values()} == set(
        SUBJECTS
    )


def op(document: Any, path: str = "/api/v1/advisers/firms/", method: str = "post") -> Any:
    return document["paths"][path][method]


def shape(document: Any, name: str) -> Any:
    return document["components"]["schemas"][name]


BREAKING: dict[str, Callable[[Any], Any]] = {
    "an address goes": lambda new: new["paths"].pop("/api/v1/advisers/firms/"),
    "a method goes": lambda new: new["paths"]["/api/v1/advisers/firms/"].pop("post"),
    "an act is called otherwise": lambda new: op(new).update(operationId="firms_make"),
    "an answer goes": lambda new: op(new)["responses"].pop("201"),
    "a field of an answer goes": lambda new: shape(new, "FirmOut")["properties"].pop("phone"),
    "a field of an answer may be missing": lambda new: shape(new, "FirmOut")["required"].remove("phone"),
    "a field of an answer is of another kind": lambda new: shape(new, "FirmOut")["properties"]["phone"].update(
        type="integer"
    ),
    "a field of an answer may be null": lambda new: shape(new, "FirmOut")["properties"]["phone"].update(
        type=["string", "null"]
    ),
    "a body wants a field more": lambda new: shape(new, "FirmInRequest")["required"].append("phone"),
    "a field sent may be less long": lambda new: shape(new, "FirmInRequest")["properties"]["name"].update(maxLength=10),
    "a field sent is gone": lambda new: shape(new, "FirmInRequest")["properties"].pop("phone"),
    "a word one could send is gone": lambda new: shape(new, "Role")["enum"].remove("liaison"),
    "a query is gone": lambda new: op(new, method="get")["parameters"].pop(0),
    "a query is wanted": lambda new: op(new, method="get")["parameters"][0].update(required=True),
    "a body is wanted": lambda new: op(new, "/api/v1/audit/export/").update(
        requestBody={"required": True, "content": {}}
    ),
}
HARMLESS: dict[str, Callable[[Any], Any]] = {
    "an address comes": lambda new: new["paths"].update({"/api/v1/new/": {"get": {"responses": {}}}}),
    "a field of an answer comes": lambda new: shape(new, "FirmOut")["properties"].update(more={"type": "string"}),
    "a field one may send comes": lambda new: shape(new, "FirmInRequest")["properties"].update(more={"type": "string"}),
    "a field one may send is longer": lambda new: shape(new, "FirmInRequest")["properties"]["name"].update(
        maxLength=500
    ),
    "a field one sent is no longer wanted": lambda new: shape(new, "FirmInRequest")["required"].remove("name"),
    "words change": lambda new: op(new).update(description="Otherwise."),
}


@pytest.mark.parametrize("what", BREAKING)
def test_what_breaks_programs_is_found(what: str) -> None:
    old = released()
    new = released()
    BREAKING[what](new)
    assert broken(old, new), what


@pytest.mark.parametrize("what", HARMLESS)
def test_what_breaks_nobody_is_let_through(what: str) -> None:
    old = released()
    new = released()
    HARMLESS[what](new)
    assert broken(old, new) == []
