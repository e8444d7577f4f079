"""
The rules by which our SQL keeps the door to a cell of several machines open (decision 59): each a pure function over SQL,
over Python source, or over a model, that says what breaks it.

Which tables meet in a query is only seen where the SQL is written out: what a test sends is judged as it is sent
(``strangers_in``, called by ``tests/conftest.py`` for every statement of a tenant's transaction).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models

from falin.kernel.database.routing import SHARED
from falin.kernel.scope import PUBLIC_SCHEMA

VOLATILE = r"\b(clock_timestamp|timeofday|random|gen_random_uuid|uuid_generate_v\w+|nextval|setval|lastval)\s*\("
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_BODY = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
_POLICY = re.compile(r"create\s+policy\b.*?(?=;|\Z)", re.IGNORECASE | re.DOTALL)
_TARGET = re.compile(r"\binsert\s+into\s+\S+", re.IGNORECASE)
_WORD = re.compile(r"\b[a-z]+_[a-z]+\b")
_SQL = re.compile(
    r"\s*(select|insert|update|delete|with|create|alter|drop|set|values|merge|lock|notify|do|truncate)\s", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it says, and what in a text breaks it."""

    code: str
    words: str
    broken: Callable[[str], Iterable[str]]


def _found(pattern: str, *, outside_bodies: bool = False) -> Callable[[str], list[str]]:
    known = re.compile(pattern, re.IGNORECASE | re.DOTALL)

    def broken(sql: str) -> list[str]:
        return [one[0] for one in known.finditer(_BODY.sub("", sql) if outside_bodies else sql)]

    return broken


def _loud_policy(sql: str) -> list[str]:
    """A policy asks no table, and stays quiet where nothing is set."""
    return [
        policy for policy in _POLICY.findall(sql)
        if re.search(r"(?<!\bfor )\bselect\b", policy, re.IGNORECASE)
        or re.search(r"current_setting\s*\(\s*'[^']*'\s*\)", policy, re.IGNORECASE)
    ]  # fmt: skip


def _volatile(sql: str) -> list[str]:
    """Each node would come to another answer: the moment, the number, the id are bound from Python."""
    bad: list[str] = []
    for statement in re.split(r";|\$\w*\$", sql):  # inside a function's body too
        plain = _QUOTED.sub("''", statement)
        judged = [plain[where.start() :] for where in re.finditer(r"\bwhere\b", plain, re.IGNORECASE)]
        if re.match(r"\s*update\b", plain, re.IGNORECASE):
            judged.append(plain)
        bad += [statement for part in judged[:1] + judged[-1:] if re.search(VOLATILE, part, re.IGNORECASE)][:1]
    return bad


def _statements(sql: str) -> list[str]:
    """A message cut into statements; a function's body stays whole."""
    bodies: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        bodies.append(found[0])
        return f"\0{len(bodies) - 1}\0"

    parts = _BODY.sub(put_away, sql).split(";")
    back = [re.sub(r"\0(\d+)\0", lambda found: bodies[int(found[1])], part) for part in parts]
    return [part for part in back if part.strip()]


def several(sql: str) -> bool:
    """Whether a message holds more than one statement: a node is passed on the whole message, and takes one."""
    return len(_statements(sql)) > 1


def _set_local_in_company(sql: str) -> list[str]:
    """``SET LOCAL`` joined with other statements in one message is lost on the way to the node."""
    parts = _statements(sql)
    return [one for one in parts if len(parts) > 1 and re.match(r"\s*set\s+local\b", one, re.IGNORECASE)]


def _trigger(sql: str) -> list[str]:
    """A trigger asks ``TG_TABLE_SCHEMA`` where it writes, gives no serial number, and never notifies."""
    bad = []
    for one in _statements(sql):
        if not re.search(r"returns\s+trigger", one, re.IGNORECASE):
            continue
        writes = re.search(r"\b(insert\s+into|update|delete\s+from)\b", one, re.IGNORECASE)
        if (writes and "tg_table_schema" not in one.lower()) or re.search(r"\b(pg_)?notify\b", one, re.IGNORECASE):
            bad.append(one)
    return bad


SQL_RULES = (
    Rule("scope", "a scope is set by SET LOCAL in a function, never by set_config()", _found(r"\bset_config\s*\(")),
    Rule("alone", "SET LOCAL goes alone in its message", _set_local_in_company),
    Rule("policy", "a policy has no sub-select and is quiet where nothing is set", _loud_policy),
    Rule("serial", "keys are bigint identity or uuid, never serial", _found(r"\b(?:big|small)?serial\b")),
    Rule("volatile", "no volatile function in UPDATE or WHERE", _volatile),
    Rule("values", "no VALUES ((SELECT …))", _found(r"\bvalues\s*\(\s*\(\s*select\b")),
    Rule("trigger", "triggers use TG_TABLE_SCHEMA and never NOTIFY", _trigger),
    Rule("public", "no foreign key to public", _found(r"references\s+\"?public\"?\s*\.")),
    Rule("named", "no tenant's schema is named in SQL, so no two are joined", _found(r"\bt\d{5}\b\"?\.")),
    Rule("deferred", "unique and exclusion constraints are immediate: the person reads their sentence",
         _found(r"\b(unique|exclude)\b[^;]*?\bdeferrable\b", outside_bodies=True)),
    Rule("moment", "no moment of a row reckoned on in UPDATE: a node will not, for the zone could differ",
         _found(r"^\s*update\b[^;]*[+-]\s*(?:interval\b|'[^']*'\s*::\s*interval)", outside_bodies=True)),
    Rule("beside", "no sub-query of a shared table inside a tenant's query",
         _found(r"from\s+(?:{}|\"?(?:duty|advisers|indicators|kernel)_\w+).*\(\s*select\b[^()]*\bfrom\s+public\.",
                outside_bodies=True)),
)  # fmt: skip
SOURCE_RULES = (
    Rule("prefix", "a constraint is known by the beginning of its name: a node adds a number",
         _found(r"constraint_name\s*(?:==|in\b)")),
    Rule("chance", "no order or value by chance in a query", _found(r"order_by\(\s*\"\?\"|\bRandomUUID\(|\bRandom\(\)")),
)  # fmt: skip


def sql_in(source: Path) -> Iterator[tuple[int, str]]:
    """The texts of a Python file that are SQL, with their lines; what is filled in reads ``{}``."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value) for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in node.values)
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | docstrings:
            text = node.value
        else:
            continue
        if _SQL.match(text):
            yield node.lineno, text


@cache
def _tables() -> tuple[frozenset[str], frozenset[str]]:
    """Tables that lie in a tenant's schema; and shared ones of which not every node has a copy."""
    ours = {model._meta.db_table: model for model in apps.get_models() if hasattr(model, "tenancy")}
    return (frozenset(table for table, model in ours.items() if model.tenancy != SHARED),
            frozenset(table for table, model in ours.items() if model.tenancy == SHARED
                      and not getattr(model, "beside_tenants", False)))  # fmt: skip


@lru_cache(maxsize=20_000)
def strangers_in(sql: str) -> tuple[str, ...]:
    """
    Shared tables that one statement of a tenant's transaction asks together with the tenant's own, though not every
    node has a copy of them: ``PublicModel.beside_tenants``.
    """
    theirs, strange = _tables()
    # What is carried from a body's table into a shared one is read at one node and written at the other.
    named = set(_WORD.findall(_TARGET.sub("", _QUOTED.sub("''", sql))))
    return tuple(sorted(named & strange)) if named & theirs else ()


def judge(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """For ``connection.execute_wrapper``: fails where a body's transaction says what a cell of several nodes could not do."""
    if context["connection"].schema_name != PUBLIC_SCHEMA:
        strange = strangers_in(str(sql))
        assert not strange, f"{', '.join(strange)} beside a body's table, and not every node has a copy: {sql}"
    return execute(sql, params, many, context)


def model_breaks(model: Any) -> list[str]:
    """What a model does that a cell of several machines could not hold."""
    tenancy, bad = getattr(model, "tenancy", ""), []
    key = model._meta.pk
    if isinstance(key, models.AutoField | models.SmallAutoField) and not isinstance(key, models.BigAutoField):
        bad.append(f"{model.__name__}: key of 32 bits")
    if tenancy in {"tenant", "everywhere"}:
        bad += [
            f"{model.__name__}.{field.name}: foreign key to a shared table" for field in model._meta.get_fields()
            if isinstance(field, models.ForeignKey) and getattr(field.related_model, "tenancy", "shared") == "shared"
        ]  # fmt: skip
    bad += [
        f"{model.__name__}: {one.name} is found out at the commit" for one in model._meta.constraints
        if isinstance(one, models.UniqueConstraint | ExclusionConstraint) and one.deferrable is not None
    ]  # fmt: skip
    return bad
