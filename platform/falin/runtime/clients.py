"""Place where the Python client is written from the API's description: a shape for each component, a method for each act."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from textwrap import indent, wrap
from typing import Any

_HEAD = '''"""Made by `./falin reference` from the API's description; do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict, cast

from falin.client.line import Line, Seen, quoted
'''
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def client_of(document: Mapping[str, Any]) -> str:
    """The module ``falin.client.api`` for a description."""
    shapes = [_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    methods = sorted(
        _method(document, path, method, operation)
        for path, methods in document["paths"].items() for method, operation in methods.items()
        if "operationId" in operation and not path.endswith("/schema/")
    )  # fmt: skip
    about = indent(
        '''"""
Every act of the API, by the name its description gives it.

With ``fields`` ("id,adviser.name") an answer holds these alone, whatever its shape says.
"""''',
        "    ",
    )
    return (
        "\n\n".join([_HEAD, *shapes, "\n".join(["class Falin(Line):", about, "", "\n".join(methods)])]).rstrip() + "\n"
    )


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return f"{name} = {_type(schema)}\n"
    if not schema.get("properties"):
        return f"{name} = dict[str, Any]\n"
    required = set(schema.get("required", ()))
    rows = {
        field: _type(inner) if field in required else f"NotRequired[{_type(inner)}]"
        for field, inner in schema["properties"].items()
    }
    if any(keyword.iskeyword(field) for field in rows):
        inside = ", ".join(f'"{field}": "{kind}"' for field, kind in rows.items())
        return f'{name} = TypedDict("{name}", {{{inside}}})\n'
    return "\n".join([f"class {name}(TypedDict):", *(f"    {field}: {kind}" for field, kind in rows.items())]) + "\n"


def _type(schema: Mapping[str, Any]) -> str:
    """The Python type of a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[several]))
    if "enum" in schema:
        named = [word for word in schema["enum"] if word is not None]
        return f"Literal[{', '.join(map(_quoted, named))}]" + (" | None" if None in schema["enum"] else "")
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return " | ".join(_type({**schema, "type": kind}) for kind in kinds)
    if kinds == "array":
        return f"list[{_type(schema.get('items', {}))}]"
    if kinds == "object":
        return "dict[str, Any]"
    if kinds == "string" and schema.get("format") == "binary":
        return "bytes"
    return _PLAIN.get(str(kinds), "Any")


def _quoted(word: Any) -> str:
    return f'"{word}"' if isinstance(word, str) else repr(word)


def _method(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> str:
    parameters = [_resolved(document, one) for one in operation.get("parameters", ())]
    reads = method == "get"
    in_path = [one["name"] for one in parameters if one["in"] == "path"]
    in_query = [one for one in parameters if one["in"] == "query"]
    guarded = any(one["in"] == "header" and one["name"] == "If-Match" for one in parameters)
    sent = operation.get("requestBody", {}).get("content", {})
    body, files = _sent(sent)
    takes = [f"{one['name']}: {_type(one['schema'])}" for one in parameters if one["in"] == "path"]
    takes += [f"body: {body}"] if body else []
    takes += [f"{name}: bytes" for name in files]
    takes += [f"{one['name']}: {_type(one['schema'])}" for one in in_query if one.get("required")]
    takes += [f"{one['name']}: {_optional(one['schema'])} = None" for one in in_query if not one.get("required")]
    takes += [] if reads else ['once: str = ""']
    takes += ['match: str = ""'] if guarded else []
    answer = _answer(operation["responses"])
    answer = f"Seen[{answer}]" if reads else answer
    given = [*([] if reads else [f'"{method.upper()}"']), _address(path, in_path)]
    if in_query:
        given.append("query={" + ", ".join(f'"{one["name"]}": {one["name"]}' for one in in_query) + "}")
    given += ["body=body"] if body else []
    given += ["files={" + ", ".join(f'"{name}": {name}' for name in files) + "}"] if files else []
    given += [] if reads else ["once=once"]
    given += ["match=match"] if guarded else []
    call = f"self.{'see' if reads else 'call'}({', '.join(given)})"
    lines = [f"def {operation['operationId']}(", "    self,", *(["    *,"] if takes else [])]
    lines += [f"    {one}," for one in takes]
    lines += [f") -> {answer}:", *_doc(operation.get("description", ""))]
    lines.append(f"    {call}" if answer == "None" else f'    return cast("{_escaped(answer)}", {call})')
    return indent("\n".join(lines), "    ") + "\n"


def _escaped(kind: str) -> str:
    return kind.replace('"', "'")


def _resolved(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: Mapping[str, Any] = found
    return resolved


def _sent(content: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The type of a JSON body, or else the names of the files of a form."""
    if "application/json" in content:
        return _type(content["application/json"]["schema"]), []
    return "", ["file"] if "multipart/form-data" in content else []


def _optional(schema: Mapping[str, Any]) -> str:
    kind = _type(schema)
    return kind if "None" in kind.split(" | ") else f"{kind} | None"


def _answer(responses: Mapping[str, Any]) -> str:
    kinds: list[str] = []
    for status, answer in responses.items():
        if status.startswith("2"):
            content = answer.get("content", {})
            kinds += [_type(one["schema"]) for one in content.values()] or ["None"]
    return " | ".join(dict.fromkeys(kinds)) or "None"


def _address(path: str, names: list[str]) -> str:
    for name in names:
        path = path.replace(f"{{{name}}}", f"{{quoted({name})}}")
    return f'f"{path}"' if names else f'"{path}"'


def _doc(text: str) -> Iterator[str]:
    words = re.sub(r"\s+", " ", text).strip().replace("\\", "\\\\")
    if not words:
        return
    lines = wrap(words, 108)
    if len(lines) == 1:
        yield f'    """{lines[0]}"""'
        return
    yield '    """'
    yield from (f"    {line}" for line in lines)
    yield '    """'
