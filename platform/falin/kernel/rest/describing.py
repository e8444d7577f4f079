"""The place of what the API's description (OpenAPI 3.1) says of every address alike; a door says only what is its own."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import OpenApiYamlRenderer

from falin.kernel.doors import open_door

_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "description": "Why it was not done (RFC 9457). `code` is stable; `title` is a sentence in the language asked for.",
    "properties": {
        "type": {"type": "string", "description": "urn:falin:problem: and the code"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "field": {"type": "string", "description": "the part of the request it is about"},
        "errors": {"type": "object", "additionalProperties": True, "description": "for each field what is wrong (422)"},
        "level": {"type": "integer", "description": "the proof asked for (kernel.step_up)"},
        "where": {"type": "string", "description": "where one gives it (kernel.step_up)"},
    },
    "required": ["type", "title", "status", "code"],
}
_HEADERS = {
    "ETag": "The mark of the thing as it stands; `If-None-Match` asks whether it is still so, `If-Match` writes only then.",
    "Link": '`<…>; rel="next"` and `rel="prev"`: the pages beside this one, whatever the list is made of.',
    "Location": "The job that does it: ask there how far it is.",
}
COMPONENTS: dict[str, dict[str, Any]] = {
    "schemas": {"Problem": _PROBLEM},
    "responses": {
        "Problem": {
            "description": "It was not done. 429 and 503 say in `Retry-After` when to come back.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
        "NotModified": {"description": "It is still as `If-None-Match` says."},
    },
    "headers": {name: {"description": words, "schema": _TEXT} for name, words in _HEADERS.items()},
    "parameters": {
        "IdempotencyKey": {
            "in": "header", "name": "Idempotency-Key", "schema": {**_TEXT, "minLength": 1, "maxLength": 80,
                                                                  "pattern": "^[ -~]*$"},
            "description": "Kept for 24 hours: sent again under its key, a request is answered as it was and not done again.",
        },
        "IfMatch": {
            "in": "header", "name": "If-Match", "schema": _TEXT,
            "description": "The `ETag` of the thing as you saw it; 412 if it is not so any more.",
        },
        "Size": {
            "in": "query", "name": "size", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 200},
            "description": "Rows on a page.",
        },
        "Fields": {
            "in": "query", "name": "fields", "schema": {**_TEXT, "maxLength": 1000,
                                                                "pattern": "^[A-Za-z0-9_.,]*$"},
            "example": "id,adviser.name",
            "description": "These fields of the answer alone, by their names; those of a part after a dot.",
        },
        "Cursor": {"in": "query", "name": "cursor", "schema": _TEXT, "description": "From `Link`; not to be made up."},
    },
}  # fmt: skip
ABOUT = """Every command and query a person has on the pages, for programs.

- **Way in**: `Authorization: Bearer flk_…`, a token made on the page 我的令牌. It opens what was ticked there, never more.
- **Refusals** are `application/problem+json` with a stable `code`; the sentence is in the language of `Accept-Language`.
- **Lists** tell the next page by `Link: <…>; rel="next"`.
- **Less**: `?fields=id,adviser.name` on any GET gives these fields alone.
- **Once**: a write under an `Idempotency-Key` is done once within 24 hours, however often it is sent.
- **Unchanged**: a GET gives an `ETag`; with it in `If-None-Match` the answer is 304, and a write with it in `If-Match` is
  refused with 412 where somebody was quicker.
- **Long work** is answered by 202 and `Location`: a job, to be asked for or stopped.
- **Many at once**: `POST /api/v1/batch/`.
- **Rates**: `RateLimit-Policy` and `RateLimit` say what is left; 429 says in `Retry-After` when to come back.
"""


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The whole description; it takes a second or two to make, and is the same for everybody."""
    with override("en"):
        made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@lru_cache(maxsize=1)
def description_text() -> bytes:
    """The description as YAML."""
    text: bytes = OpenApiYamlRenderer().render(description(), renderer_context={})  # type: ignore[no-untyped-call]
    return text


@open_door(reason="the description of the API is public and holds no data", reads="GET")
def describe(request: HttpRequest) -> HttpResponse:
    """The description, for programs."""
    return HttpResponse(description_text(), content_type="application/yaml; charset=utf-8")


def common_parts(result: Any, generator: Any, request: Any, public: Any) -> Any:
    """A hook of drf-spectacular: what the operations point to."""
    result["info"]["description"] = ABOUT
    components = result.setdefault("components", {})
    for kind, parts in COMPONENTS.items():
        components[kind] = {**components.get(kind, {}), **parts}
    return result


class DoorSchema(AutoSchema):
    """An operation of a door, with what every door has."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        responses, parameters = operation["responses"], operation.setdefault("parameters", [])
        if self.method == "GET":
            parameters += self._read(responses)
        else:
            parameters += self._written()
        if not parameters:
            del operation["parameters"]
        if "202" in responses:
            responses["202"]["headers"] = _pointing("headers", "Location")
        responses["default"] = _part("responses", "Problem")
        grant = getattr(self.view, "door_grants", {}).get(self.method)
        level = getattr(self.view, "door_step_up", {}).get(self.method)
        operation.update({"x-grant": grant} if grant else {}, **({"x-proof": level} if level else {}))
        return operation

    def _read(self, responses: Any) -> list[dict[str, str]]:
        if not hasattr(self.view, "thing"):
            return []
        content = responses.get("200", {}).get("content", {}).get("application/json")
        if not content:
            return []
        responses["200"]["headers"] = _pointing("headers", "ETag", "Link")
        responses["304"] = _part("responses", "NotModified")
        pages = [_part("parameters", "Size"), _part("parameters", "Cursor")]
        return [_part("parameters", "Fields"), *(pages if content["schema"].get("type") == "array" else [])]

    def _written(self) -> list[dict[str, str]]:
        view: Any = self.view
        if not hasattr(view, "thing"):
            return []
        guarded = [_part("parameters", "IfMatch")] if view.thing(_example(self.path_regex)) else []
        return [_part("parameters", "IdempotencyKey"), *guarded]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        told = self.get_response_serializers()
        if self.method == "DELETE" and not isinstance(
            told, dict
        ):  # drf-spectacular takes every DELETE for a silent one
            return {"200": self._get_response_for_code(told, "200", direction=direction)}  # type: ignore[no-untyped-call]
        return super()._get_response_bodies(direction)


_SOME = {"int": "1", "uuid": "00000000-0000-0000-0000-000000000001"}


def _example(route: str) -> str:
    """An address of a route."""
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda part: _SOME.get(part[1] or "", "a"), route.lstrip("/"))


def _part(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _pointing(kind: str, *names: str) -> dict[str, dict[str, str]]:
    return {name: _part(kind, name) for name in names}
