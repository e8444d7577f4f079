"""The reference of the API in the product: what there is by subject, and each act with what it takes and gives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from falin.kernel.doors import open_door
from falin.kernel.rest.describing import description
from falin.portal.rest.examples import examples

SUBJECTS: dict[str, Any] = {
    "advisers": _("顾问、律所、聘任"), "stations": _("服务站点"),
    "duty": _("到访、时长、提醒"), "figures": _("指标和公布"), "people": _("人员和身份"),
    "places": _("区划"), "settings": _("设定"), "audit": _("操作记录和封存"), "history": _("历史"), "today": _("今天该办的"),
    "search": _("搜索"), "jobs": _("任务和文件"), "webhooks": _("消息推送"), "me": _("自己的账号和令牌"),
    "account": _("账号安全"), "tenants": _("单位"), "emergencies": _("应急查看"), "events": _("事件投递"),
    "desk": _("通知和存下的筛选"), "public": _("公开的网站"), "help": _("帮助和术语"),
    "batch": _("一次办多件"),
}  # fmt: skip
DEEP = 2  # so far a field of a field is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    kind: str
    wanted: bool
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One operation, as the page shows it."""

    name: str
    method: str
    path: str
    about: str
    grant: str
    proof: int
    asked: tuple[Field, ...]
    sent: tuple[Field, ...]
    given: tuple[Field, ...]
    status: str
    example: str  # what was sent and answered once, as a test sends it again


@lru_cache(maxsize=1)
def acts() -> Mapping[str, tuple[Act, ...]]:
    """Every act by its subject."""
    found: dict[str, list[Act]] = {}
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_act(path, method, operation))
    return {subject: tuple(found[subject]) for subject in sorted(found, key=list(SUBJECTS).index)}


def _act(path: str, method: str, operation: Mapping[str, Any]) -> Act:
    parameters: list[Any] = [_at(one) for one in operation.get("parameters", ())]
    sent: Any = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
    done: Any = next((one for one in operation["responses"].items() if one[0].startswith("2")), ("", {}))
    status, answer = done
    given: Any = next(iter(answer.get("content", {}).values()), {})
    return Act(
        name=operation["operationId"], method=method.upper(), path=path, about=operation.get("description", ""),
        grant=operation.get("x-grant", ""), proof=operation.get("x-proof", 0), status=status,
        asked=tuple(
            Field(name=one["name"], kind=_kind(one["schema"]), wanted=one.get("required", False),
                  about=one.get("description", ""))
            for one in parameters
        ),
        sent=tuple(_fields(sent.get("schema", {}))), given=tuple(_fields(given.get("schema", {}))),
        example=_exchange(method.upper(), operation["operationId"]),
    )  # fmt: skip


def _exchange(method: str, name: str) -> str:
    """As it goes over the line: what was asked, what was sent, the status, what was answered."""
    shown = examples().get(name)
    if shown is None:
        return ""
    lines = [f"{method} {shown['asked']}", shown["sent"], str(shown["status"]), shown["answer"]]
    written = [
        one if isinstance(one, str) else json.dumps(one, ensure_ascii=False, indent=1)
        for one in lines
        if one is not None
    ]
    return "\n".join(written)


def _at(part: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in part:
        found: Any = description()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _fields(schema: Mapping[str, Any], *, before: str = "", deep: int = 0) -> Iterator[Field]:
    """The fields of a shape, those of a list's rows under ``[]``."""
    schema = _at(schema)
    if schema.get("type") == "array":
        yield from _fields(schema["items"], before=f"{before}[]", deep=deep)
        return
    wanted = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        whole = f"{before}.{name}" if before else name
        yield Field(name=whole, kind=_kind(one), wanted=name in wanted, about=_at(one).get("description", ""))
        if deep + 1 < DEEP:
            yield from _fields(_branch(one), before=whole, deep=deep + 1)


def _branch(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of what may be null, what it is else."""
    found: Mapping[str, Any] = next((one for one in schema.get("oneOf", ()) if one.get("type") != "null"), schema)
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    if "oneOf" in schema:
        return " | ".join(_kind(one) for one in schema["oneOf"])
    schema = _at(schema)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kinds = schema.get("type", "any")
    named = " | ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if named == "array":
        return f"{_kind(schema['items'])}[]"
    return f"{named} ({schema['format']})" if "format" in schema else named


@open_door(reason="the reference of the API is public and holds no data")
def overview(request: HttpRequest) -> HttpResponseBase:
    """How one comes in, and what there is."""
    rows = [(subject, SUBJECTS[subject], found) for subject, found in acts().items()]
    return render(request, "portal/api/overview.html", {"rows": rows, "count": sum(len(found) for *_, found in rows)})


@open_door(reason="the reference of the API is public and holds no data")
def subject(request: HttpRequest, name: str) -> HttpResponseBase:
    """Every act of one subject."""
    found = acts().get(name)
    if found is None:
        raise Http404
    return render(request, "portal/api/subject.html", {"subject": SUBJECTS[name], "acts": found})
