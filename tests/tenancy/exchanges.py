"""
What each operation of the API is asked and answers once: the matrix's own doors, right forms and rightful askers. Without
whose it was, for everybody reads the examples: no name and no place of the peopled world; no id or moment of one run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from falin.kernel.rest.describing import description
from tests.tenancy.doors import Answer, Door, Thing, every_door, knock, things_of
from tests.tenancy.ground import CAST, NOBODY, Ground
from tests.tenancy.matrix import rightful_writer
from tests.tenancy.reference import may_open

ROWS, LONG = 2, 120  # so many of a list, so many letters of a text are shown
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_INSTEAD = {"person": "张{}", "adviser": "李{}", "firm": "{}律师事务所"}  # other words of the world tell nothing
_LEVELS = ("街道", "社区", "省", "市", "区", "镇", "村")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d):\d\d:\d\d\.\d+")  # of the clock, not one that somebody said
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_CODE = re.compile(r"(?<![\w.-])33(?=\d\d(?:\d\d(?:\d{3}|\d{6}|\d{11}[\dX])?)?(?![\w-]))")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_SECRET = re.compile(
    r"(?<=flk_)\w+|(?<=改名)[0-9a-f]{6}|(?<=新站)[0-9a-f]{8}|(?<=-----\n)[^-]+-----END.*|\b[0-9a-f]{20,64}\b|^[\w+=-][\w+/=-]{40,}$",
    re.DOTALL,
)
_NUMBERED = re.compile(
    r"(^|_)(id|by|node|home|place|street|province|tenant|person|binding|event|reminder|number|kept|gone|one|other|over)$"
)
# Of the installation, not of the answer.
_SAID = {"username": "zhangsan", "password": "…", "secret": "…", "token": "…", "release": "1.0.0", "size": 1_000_000,
         "until": 1_794_837_600,
         "migration": "kernel.0001_initial"}  # fmt: skip

# What can be taken back only by whoever did it a moment ago is shown after it.
_AFTER: dict[str, tuple[str, Callable[[Thing | None, Answer], Thing | None]]] = {
    "POST advisers-api:end": ("DELETE advisers-api:end", lambda thing, answer: thing),
    "POST duty-api:void": ("DELETE duty-api:void", lambda thing, answer: thing),
    "DELETE duty-api:post": ("POST duty-api:post-restored", lambda thing, answer: thing),
    "POST stations-api:close": ("DELETE stations-api:close", lambda thing, answer: thing),
    "POST duty-api:reminders": (
        "POST duty-api:reminders-take-back",
        lambda thing, answer: Thing({"reminder_id": answer.body["id"]}, frozenset()),
    ),
}


def operations() -> dict[str, Door]:
    """Each operation of the description with its door."""
    doors = {
        f"{door.method} /" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", door.route): door for door in every_door() if door.api
    }
    return {
        operation["operationId"]: doors[f"{method.upper()} {path}"]
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
    }


def takes(name: str) -> frozenset[str]:
    """The fields an operation takes as JSON."""
    document = description()
    operation = next(
        one for methods in document["paths"].values() for one in methods.values() if one["operationId"] == name
    )
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    named = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    return frozenset(named.get("properties", ()))


def reads(ground: Ground, door: Door) -> dict[Door, Answer]:
    """The answer of the first reader who gets one without an empty list in it; or else the fullest."""
    found = sorted(_read(ground, door), key=lambda answer: answer.text.count("[]"))
    return {door: found[0]} if found else {}


def _read(ground: Ground, door: Door) -> Iterator[Answer]:
    asked = things_of(door)
    readers = [ground.readers[label] for label in CAST] if door.grant else [NOBODY]
    for reader in readers:
        if door.grant and not may_open(reader, door.grant):
            continue
        thing = next((one for one in asked.things(ground) if asked.may(reader, one)), None) if asked else None
        if asked and not thing:
            continue
        answer = knock(ground, reader, door, thing)
        if answer.status == 200:
            yield answer
            if "[]" not in answer.text:
                return


def writes(ground: Ground, door: Door) -> dict[Door, Answer]:
    """What its rightful writer is answered, and when he takes it back."""
    if door.grant:
        reader, thing = rightful_writer(ground, door)
    else:
        reader, asked = ground.readers["county"], things_of(door)
        thing = next(iter(asked.things(ground))) if asked else None
    answer = knock(ground, reader, door, thing)
    found = {door: answer}
    if answer.status < 300 and str(door) in _AFTER:
        name, what = _AFTER[str(door)]
        back = next(one for one in every_door() if str(one) == name)
        found[back] = knock(ground, reader, back, what(thing, answer))
    return found


def done(found: dict[Door, Answer]) -> bool:
    return all(answer.status < 300 for answer in found.values())


def _unlike(row: Any) -> str:
    """What a row says beside its ids: rows of one moment stand in no order, and in another one in each world that is built."""
    return _MOMENT.sub("", _ID.sub("", json.dumps(row, ensure_ascii=False, default=str)))


class Neutral:
    """One exchange, told of nobody: each name, place and id by the order in which it comes."""

    def __init__(self, ground: Ground) -> None:
        self.kinds = {one.word: one.kind for one in ground.facts if not re.fullmatch(r"[0-9a-fX-]+", one.word)}
        self.words = re.compile("|".join(map(re.escape, sorted(self.kinds, key=len, reverse=True))))
        self.known: dict[tuple[str, Any], int] = {}

    def exchange(self, answer: Answer, takes: frozenset[str]) -> dict[str, Any]:
        meant = {
            name: one for name, one in (answer.sent or {}).items() if name in takes
        }  # not what only a page's form has
        asked, sent, body = self.text(answer.asked), self.told(meant) or None, self.told(answer.body)
        return {"asked": asked, "sent": sent, "status": answer.status, "answer": body}

    def told(self, value: Any, name: str = "") -> Any:
        if name in _SAID and isinstance(value, type(_SAID[name])):
            return _SAID[name]
        if isinstance(value, dict):
            return {key: self.told(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self.told(one, name.removesuffix("s")) for one in sorted(value, key=_unlike)[:ROWS]]
        if isinstance(value, bool) or not value:
            return value
        if _NUMBERED.search(name) and re.fullmatch(r"\d{1,5}", str(value)):
            return type(value)(self._number("id", int(value)))
        if isinstance(value, str):
            text = self.text(value)
            return text if len(text) <= LONG else f"{text[:LONG]}…"
        return value

    def text(self, value: str) -> str:
        value = self.words.sub(self._word, value)
        value = _ID.sub(lambda found: f"00000000-0000-4000-8000-{self._number('key', found[0]):012}", value)
        value = re.sub(
            r"(?<=/)\d{1,5}(?=/)|(?<=[?&]place=)\d+", lambda found: str(self._number("id", int(found[0]))), value
        )
        value = _PHONE.sub("13800138000", _CODE.sub("99", _MOMENT.sub(r"\1:00:00", value)))
        return _SECRET.sub("…", value)

    def _word(self, found: re.Match[str]) -> str:
        word = found[0]
        kind = self.kinds[word]
        if kind == "place":
            level = next(one for one in _LEVELS if word.endswith(one))
            return self._stem(level, word) + level
        return _INSTEAD[kind].format(self._stem(kind, word)) if kind in _INSTEAD else "示例"

    def _stem(self, kind: str, word: str) -> str:
        return _STEMS[(self._number(kind, word) - 1) % len(_STEMS)]

    def _number(self, kind: str, value: Any) -> int:
        return self.known.setdefault((kind, value), 1 + sum(one == kind for one, _value in self.known))
