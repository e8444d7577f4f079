"""
Place of what a change of the API's description would break for programs written against the last released one.

Taken away or made narrower where they send, taken away or made wider where they read. A new address, a new optional field
and a new word in an answer break nobody who reads as he should.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_LIMITS = {"maxLength": -1, "maximum": -1, "maxItems": -1, "minLength": 1, "minimum": 1, "minItems": 1}


def broken(old: Schema, new: Schema) -> list[str]:
    """Sentences, one for each thing a program could trip over; none: every program goes on."""
    return list(_Comparison(old, new).paths())


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new
        self.seen: set[tuple[str, str, bool]] = set()

    def paths(self) -> Iterator[str]:
        for path, methods in self.old["paths"].items():
            for method, operation in methods.items():
                now = self.new["paths"].get(path, {}).get(method)
                where = f"{method.upper()} {path}"
                if now is None:
                    yield f"{where} is gone"
                else:
                    yield from self.operation(where, operation, now)

    def operation(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{where} is called {new.get('operationId')}, not {old.get('operationId')}"
        yield from self.parameters(where, old, new)
        yield from self.bodies(where, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            now = new["responses"].get(status)
            if now is None:
                if status < "4" or "default" not in new["responses"]:
                    yield f"{where} never answers {status} any more"
            else:
                yield from self.content(
                    f"{where} {status}", self.at(self.old, answer), self.at(self.new, now), read=True
                )

    def parameters(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        before = {(one["in"], one["name"]): one for one in (self.at(self.old, p) for p in old.get("parameters", ()))}
        after = {(one["in"], one["name"]): one for one in (self.at(self.new, p) for p in new.get("parameters", ()))}
        for key, one in before.items():
            if key not in after:
                yield f"{where} takes no {key[1]} any more"
                continue
            yield from self.schema(f"{where} ?{key[1]}", one["schema"], after[key]["schema"], read=False)
        for key, one in after.items():
            if one.get("required") and not before.get(key, {}).get("required"):
                yield f"{where} wants {key[1]}"

    def bodies(self, where: str, old: Schema | None, new: Schema | None) -> Iterator[str]:
        if old is not None and new is None:
            yield f"{where} takes no body any more"
        if new is not None and new.get("required") and not (old and old.get("required")):
            yield f"{where} wants a body"
        if old and new:
            yield from self.content(where, old, new, read=False)

    def content(self, where: str, old: Schema, new: Schema, *, read: bool) -> Iterator[str]:
        for kind, one in old.get("content", {}).items():
            now = new.get("content", {}).get(kind)
            if now is None:
                yield f"{where} is not {kind} any more"
            else:
                yield from self.schema(where, one.get("schema", {}), now.get("schema", {}), read=read)

    def schema(self, where: str, old: Schema, new: Schema, *, read: bool) -> Iterator[str]:
        mark = (str(old.get("$ref", "")), str(new.get("$ref", "")), read)
        if all(mark[:2]):
            if mark in self.seen:
                return
            self.seen.add(mark)
        old, new = self.at(self.old, old), self.at(self.new, new)
        before, after = _kinds(old), _kinds(new)
        if (before and not after) or not (before >= after if read else before <= after or not after):
            yield f"{where}: {_words(after)} instead of {_words(before)}"
        yield from self.words(where, old, new, read=read)
        yield from self.properties(where, old, new, read=read)
        if "items" in old and "items" in new:
            yield from self.schema(f"{where}[]", old["items"], new["items"], read=read)
        for one, other in zip(_branches(old), _branches(new), strict=False):
            yield from self.schema(where, one, other, read=read)

    def words(self, where: str, old: Schema, new: Schema, *, read: bool) -> Iterator[str]:
        if read:
            return
        if "enum" in new:
            gone = [word for word in old.get("enum", ["anything"]) if word not in new["enum"]]
            if gone:
                yield f"{where}: no {', '.join(map(str, gone))} any more"
        for name, way in _LIMITS.items():
            limit, before = new.get(name), old.get(name)
            if (
                limit is not None
                and (before is None or (limit - before) * way > 0)
                and (name, limit) != ("minLength", 1)
            ):
                yield f"{where}: {name} is {limit}"

    def properties(self, where: str, old: Schema, new: Schema, *, read: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, one in before.items():
            if name not in after:
                yield f"{where}: {name} is gone"
            else:
                yield from self.schema(f"{where}.{name}", one, after[name], read=read)
        sure_before, sure_after = set(old.get("required", ())), set(new.get("required", ()))
        if read:
            yield from (f"{where}: {name} may be missing" for name in sorted((sure_before - sure_after) & set(after)))
        else:
            yield from (f"{where} wants {name}" for name in sorted(sure_after - sure_before))

    @staticmethod
    def at(document: Schema, part: Schema) -> Schema:
        """A part, or what it points to."""
        while "$ref" in part:
            found: Any = document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = found
        return part


def _kinds(schema: Schema) -> frozenset[str]:
    """The kinds of value a schema lets through; none: every kind. An integer is a number too."""
    kinds = schema.get("type")
    named = set(kinds if isinstance(kinds, list) else [kinds] if kinds else [])
    for one in _branches(schema):
        named |= {"null"} if one.get("type") == "null" else {"something"}
    return frozenset(named)


def _branches(schema: Schema) -> list[Schema]:
    return [one for several in ("oneOf", "anyOf", "allOf") for one in schema.get(several, ())]


def _words(kinds: frozenset[str]) -> str:
    return " or ".join(sorted(kinds)) or "anything"
