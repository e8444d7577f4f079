"""
`falin drill api`: ten thousand invented requests at the whole API, right and wrong ones, by tokens of three roles.

Schemathesis reads the description and tries every operation with all its checks, stateful sequences among them, against
the product's own web server over a small province. Zero unforeseen server errors, zero answers the description does not
know, and no id of a row that is not the reader's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

import kill
import yaml
from fuzzing.asking import in_hand
from reporting import commit

from falin.runtime.home import Home
from falin.runtime.processes import Supervisor, free_port, standard_programs, wait_until_listening
from falin.runtime.sentences import CannotStart, both, say

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
# What a token may ask for and no run of the drill can have done, and why.
NEVER = {
    "POST /api/v1/advisers/imports/": "takes a workbook, which nobody invents; the drill's ground takes four",
    "POST /api/v1/jobs/{job_id}/cancel/": "stops a job that has not ended; the drill's worker has done them all by then",
    "POST /api/v1/duty/reminders/take-back/": "within ten minutes of the reminder, which is sent before the drill begins",
}
ROLES = ("adviser", "street officer", "county team")  # the one who can stop the others comes last


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """``examples`` for each operation and role; ``phases`` of Schemathesis."""

    examples: int = 4
    phases: str = "examples,coverage,fuzzing,stateful"
    least: int = 10_000  # cases in all
    seed: int = 2026
    durable: bool = True
    only: str = ""  # operations whose name matches


def run(home: Home, size: Size | None = None, out: Path | None = None) -> int:
    """`falin drill api`; 1 if anything was found."""
    size = size or Size()
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    began, drilled = datetime.now(UTC), commit(checkout)
    with (
        kill.own_place(home) as own,
        kill.backing(own, kill.Size(durable=size.durable)) as (_postgres, _broker, environ),
    ):
        _make_ground(own.root / "world.json", environ)
        port = free_port(HOST)
        programs = standard_programs(home=own, host=HOST, port=port, environ=environ)
        with Supervisor(
            children=[one for one in programs if one.name in {"web", "worker", "short", "clicks"}]
        ) as supervisor:
            wait_until_listening(HOST, port, seconds=60.0, supervisor=supervisor)
            found = [_try(role, own, f"http://{HOST}:{port}", environ, size) for role in ROLES]
        ledger = [json.loads(line) for line in (own.root / "ledger").read_text().splitlines()]
        world = json.loads((own.root / "world.json").read_text())
    failures = [one for part in found for one in part]
    text, whole = _report(drilled, began, size, ledger, failures, world)
    place = out or checkout / "docs" / "measured" / "api.md"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    for failure in failures[:40]:
        say(f"✗ {failure}")
    say(f"{len(ledger)} 次调用，{'全部通过' if whole else '有不符'}：{place}",
        f"{len(ledger)} calls, {'passed' if whole else 'FAILED'}")  # fmt: skip
    return 0 if whole else 1


def _make_ground(out: Path, environ: dict[str, str]) -> None:
    program = "import sys, django; django.setup(); from fuzzing.ground import make; make(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", program, str(out)], env=environ, check=False)
    if done.returncode:
        raise CannotStart(both("演练的小省没有建成。", "The drill's province could not be made."))


def _try(role: str, own: Home, address: str, environ: dict[str, str], size: Size) -> list[str]:
    """One role's turn; what Schemathesis found."""
    world = json.loads((own.root / "world.json").read_text())
    junit = own.root / f"{role}.xml"
    told = {**environ, "FALIN_DRILL_ROLE": role, "FALIN_DRILL_WORLD": str(own.root / "world.json"),
            "FALIN_DRILL_LEDGER": str(own.root / "ledger"), "SCHEMATHESIS_HOOKS": "fuzzing.hooks"}  # fmt: skip
    words = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "fuzzing" / "schemathesis.toml"), "run",
        str(_for_tokens(own.root / "openapi.json", world["mine"][role])), "--url", address, "--checks", "all",
        "--phases", size.phases,
        "--max-examples", str(size.examples), "--seed", str(size.seed), "--workers", "1", "--continue-on-failure",
        "--no-shrink", "--request-timeout", "30", "--suppress-health-check", "all", "--warnings", "off",
        "--header", f"Authorization: Bearer {world['tokens'][role]}", "--report", "junit",
        "--report-junit-path", str(junit), "--output-truncate", "false",
        *(["--include-name-regex", size.only] if size.only else []),
    ]  # fmt: skip
    began = time.monotonic()
    with (own.logs / f"{role}.log").open("wb") as log:
        done = subprocess.run(words, env=told, cwd=own.root, stdout=log, stderr=log, check=False)
    say(f"  {role}: {time.monotonic() - began:.0f} s")
    found = _failures(role, junit)
    if done.returncode and not found:
        tail = (own.logs / f"{role}.log").read_text(errors="replace")[-1500:]
        found = [f"{role}: Schemathesis ended with {done.returncode}: {tail}"]
    return found


def _for_tokens(place: Path, own: dict[str, Any]) -> Path:
    """
    The committed description, its examples with a role's own ids in them, and without the session: a cookie beside a token
    is refused as such, each and every time.
    """
    document = _description()
    in_hand(document, own, date.today())  # noqa: DTZ011 (as the product under the drill: this machine's day)
    del document["components"]["securitySchemes"]["session"]
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["security"] = [one for one in operation.get("security", ()) if "session" not in one]
    place.write_text(json.dumps(document))
    return place


def _description() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(
        (HERE.parents[1] / "docs/reference/openapi.yaml").read_text(), yaml.CSafeLoader
    )
    return document


def _failures(role: str, junit: Path) -> list[str]:
    if not junit.exists():
        return []
    tree = ElementTree.parse(junit)  # noqa: S314 (written by our own child)
    return [
        f"{role} {case.get('name')}: {' '.join((one.text or one.get('message') or '').split())[:1500]}"
        for case in tree.iter("testcase") for kind in ("failure", "error") for one in case.iter(kind)
    ]  # fmt: skip


def _report(
    commit: str, began: datetime, size: Size, ledger: list[dict[str, Any]], failures: list[str], world: dict[str, Any]
) -> tuple[str, bool]:  # fmt: skip
    by_role = Counter(line["role"] for line in ledger)
    errors = [line for line in ledger if line["status"] >= 500]
    foreign = [line for line in ledger if line["foreign"]]
    read = sum(line["read"] for line in ledger)
    whole = not failures and not errors and not foreign and len(ledger) >= size.least
    rows = "".join(
        f"| {role} | {by_role[role]:,} | {len({one['operation'] for one in ledger if one['role'] == role})} |"
        f" {_statuses(ledger, role)} | {world['own'][role]} | {len(world['foreign'][role])} |\n"
        for role in ROLES
    )
    found = "".join(f"- {one}\n" for one in failures) or "Nothing.\n"
    text = (
        "# The API under invented requests\n\n"
        "Written by `./falin drill api`: Schemathesis with all its checks"
        f" (phases {size.phases}, {size.examples} examples for each operation and role, seed {size.seed}) against the"
        " product's own web server over a small province of two counties. Addresses longer than a web server's line are not\n"
        "sent: it refuses them itself.\n\n"
        f"Commit {commit}, {began:%Y-%m-%d %H:%M} UTC. **{'Passed' if whole else 'Failed'}.**\n\n"
        "| claim | looked at | wrong |\n|---|---|---|\n"
        f"| no unforeseen server error | {len(ledger):,} calls | {len(errors)} |\n"
        f"| no answer the description does not know, no check of Schemathesis failed | {len(ledger):,} calls |"
        f" {len(failures)} |\n"
        f"| no id of a visit or appointment that is not the reader's | {read:,} ids read | {len(foreign)} |\n"
        f"| at least {size.least:,} cases | {len(ledger):,} | {max(0, size.least - len(ledger))} |\n\n"
        "| role | calls | operations | answers | rows of its own | rows not its own |\n|---|---|---|---|---|---|\n"
        f"{rows}\n{_done(ledger, world['grants'])}\n## Found\n\n{found}"
    )
    return text, whole


def _done(ledger: list[dict[str, Any]], grants: dict[str, list[str]]) -> str:
    """How many operations that a token of the three may ask for were answered with yes, and which were not."""
    held = {one for role in grants.values() for one in role}
    own, himself, others = set[str](), 0, 0
    for path, methods in _description()["paths"].items():
        for method, operation in methods.items():
            if operation.get("x-proof"):
                himself += 1
            elif operation.get("x-grant", next(iter(held), "")) in held:
                own.add(f"{method.upper()} {path}")
            else:
                others += 1
    yes = {line["operation"] for line in ledger if 200 <= line["status"] < 300} & own
    left = own - yes
    never = "".join(f"- {one}\n" for one in sorted(left - set(NEVER))) or "None.\n"
    reasoned = "".join(f"- {one}: {NEVER[one]}\n" for one in sorted(left & set(NEVER))) or "None.\n"
    return (
        "## Answered with yes\n\n"
        f"{len(yes)} of the {len(own)} operations that a token of one of the three may ask for were done at least once. Of the"
        f" others, {himself} ask the person himself again and {others} belong to other roles: the tenancy matrix has each of"
        f" them done (`tests/tenancy/test_writes.py`).\n\n"
        f"Never done, with the reason:\n\n{reasoned}\nNever done, though it could be:\n\n{never}"
    )


def _statuses(ledger: list[dict[str, Any]], role: str) -> str:
    counted = Counter(line["status"] for line in ledger if line["role"] == role)
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(counted.items()))
