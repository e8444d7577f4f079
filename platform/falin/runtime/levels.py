"""Place of `falin settings`: what holds at a place on a day, and why, for whoever runs the platform."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from typing import Any

from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.instance import reach
from falin.runtime.sentences import CannotStart, both


def settings(arguments: Arguments, home: Home) -> int:
    """`falin settings explain KEY --at CODE [--on DAY] [--json]`."""
    reach(home, os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")
    import django

    django.setup()
    from falin.kernel.clock import legal_day, now
    from falin.kernel.scope import PUBLIC_SCHEMA, system_scope
    from falin.kernel.transactions import inside
    from tenants.divisions.api import find_of_any_level
    from tenants.settings.api import READ, explain

    day = _day(arguments.on) or legal_day(now())
    reading = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({READ}))
    with inside(reading, read_only=True):
        place = find_of_any_level(arguments.at, on=day)
        if place is None:
            raise CannotStart(
                both(
                    f"{day} 没有代码是 {arguments.at} 的地方。", f"There is no place with code {arguments.at} on {day}."
                )
            )
        found = explain(scope=_reaching(reading, place.province_id), key=arguments.key, node_id=place.id, on=day)
    facts = _facts(found)
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n" if arguments.json else _told(facts))
    return 0


def _reaching(scope: Any, province_id: int) -> Any:
    from dataclasses import replace

    return replace(scope, roots=(province_id,))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CannotStart(
            both(f"看不懂日期 {text}，请写成 2026-01-05。", f"{text} is no date; write 2026-01-05.")
        ) from None


def _facts(found: Any) -> dict[str, Any]:
    parameter = found.parameter
    return {
        "key": parameter.key, "place": found.place.name, "code": found.place.code, "on": found.on.isoformat(),
        "value": found.value, "words": found.words, "unit": parameter.unit, "rule": parameter.rule,
        "default": parameter.default, "default_words": found.default_words,
        "options": {one.word: one.value for one in parameter.options},
        "origin": found.origin.place if found.origin else None, "locked_by": found.lock.place if found.lock else None,
        "steps": [
            {"place": step.place, "value": step.statement.value, "words": step.words, "locked": step.statement.locked,
             "from": step.statement.valid_from.isoformat(), "person": step.person, "why": step.why,
             "outcome": step.outcome}
            for step in found.steps
        ],
    }  # fmt: skip


def _told(facts: dict[str, Any]) -> str:
    words = {"taken": "算数 taken", "looser": "上级更严，不算数 overtaken", "locked": "上级已锁定，不算数 locked above"}
    lines = [f"{facts['key']} · {facts['place']} · {facts['on']}: {facts['words']}",
             f"  默认值 default: {facts['default_words']} ({facts['rule']})"]  # fmt: skip
    for step in facts["steps"]:
        value = step["words"] or "—"
        lock = " 🔒" if step["locked"] else ""
        lines.append(
            f"  {step['from']} {step['place']}: {value}{lock} · {step['person']} · {step['why']} · {words[step['outcome']]}"
        )
    return "\n".join(lines) + "\n"
