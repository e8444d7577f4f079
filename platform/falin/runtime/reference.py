"""Place of the reference pages that are made from the code: roles, parameters, environment, the list of
decisions, the API's description and the client made from it.

They are committed, so that a change of them is read in review; a test compares them with what the code says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import yaml

from falin.runtime.cli import Arguments
from falin.runtime.clients import client_of
from falin.runtime.home import Home
from falin.runtime.sentences import say

ROOT = Path(__file__).resolve().parents[3]
HOW_A_CELL_IS_READ = """\
S own subtree · O own body · A assigned to me · P pseudonymised · Σ aggregates only · – none. A cell whose service is not
built yet has no grant; `tests/tenancy/cells.py` says what it waits for.

- *clear, purpose-bound*, *masked*, *contacts*: in which form he has a private number (decision 43).
- *+2*: it takes effect once a second person has said yes (decision 10; for lists decision 47). *capped*: no more rows than
  `kernel.export_rows`.
- *export*: what leaves as a file (decision 42). *audit log*: what he reads of it (decision 44; the sums decision 48).
- *policies*: the settings of decision 57. *break-glass*: an emergency (decision 18).
"""
HOW_A_ROLE_IS_GIVEN = """\
A role is given at a place, from a day to a day, with a reason, and reaches everything below the place. Who gives it is
bound in three ways: the place lies in his own subtree, the days within his own and within `identity.longest_grant`, and
the role is one that his cell *grants* names, whether he may read what it reads or not. Where the second person is named,
it counts from his yes on. Each quarter it is confirmed or ends (decision 10).
"""
NOTE = "<!-- Made by `./falin reference`; do not edit. -->\n\n"


def roles() -> str:
    """The table of roles: what each cell says, who appoints whom, what is built of it, and what parts duties."""
    from django.utils import translation

    from tenants.identity.roles import ROLES, Capability
    from tenants.identity.rules import RULES

    def levels(numbers: Iterable[int]) -> str:
        return ", ".join(map(str, sorted(numbers))) or "–"

    def table(head: str, rows: list[str]) -> str:
        return f"| {head} |\n|{'---|' * (head.count('|') + 1)}\n" + "\n".join(f"| {row} |" for row in rows) + "\n"

    meaning = table(
        f"role | levels | {' | '.join(Capability)}",
        [f"`{role}` | {levels(row.levels)} | {' | '.join(cell.words for cell in row.cells.values())}"
         for role, row in ROLES.items()],
    )  # fmt: skip
    appoints = table("role | may appoint | second person", [
        f"`{role}` | {', '.join(sorted(row.granting.by_name)) or 'levels ' + levels(row.granting.levels)}"
        f"{', of his own firm' if row.granting.own_firm else ''} | {row.granting.confirmed_by or '–'}"
        for role, row in ROLES.items() if row.granting.levels or row.granting.by_name
    ])  # fmt: skip
    grants = table("role | rows of | given by appointment | grants", [
        f"`{role}` | {row.bound or 'places'} | {'yes' if row.by_appointment else 'no'} |"
        f" {', '.join(sorted(row.grants)) or '–'}" for role, row in ROLES.items()
    ])  # fmt: skip
    with translation.override("en"):
        duties = table("rule | says", [f"`{rule.code}` | {rule.sentence}" for rule in RULES])
    return (
        f"# Roles\n\n{NOTE}Levels: 1 province, 2 city, 3 county (a city without counties too), 4 street, 5 community.\n"
        f"{HOW_A_CELL_IS_READ}\n{meaning}\n## Who appoints whom\n\n{HOW_A_ROLE_IS_GIVEN}\n{appoints}\n## Grants\n\n{grants}\n"
        f"## Separation of duties\n\nWhat parts two roles is asked when one is given, and again at each act.\n\n{duties}"
    )


def parameters() -> str:
    """Each figure of the programme that a level may set."""
    from falin.kernel.parameters import Parameter, declared

    def default(one: Parameter) -> str:
        return f"`{one.word(one.default)}`" if one.options else f"{one.default} {one.unit}".strip()

    def span(one: Parameter) -> str:
        if one.options:
            return "; ".join(f"`{option.word}` {option.label}" for option in one.options)
        return f"{one.minimum} – {one.maximum}"

    rows = [
        f"| `{one.key}` | {one.label} | {default(one)} | {span(one)} | {one.rule} | {', '.join(one.set_by)} |"
        for one in declared()
    ]
    head = "# Parameters\n\n" + NOTE
    return (
        head + "| key | label | default | range | rule | set by |\n|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def environment() -> str:
    """Each variable an installation may set."""
    from django.conf import settings

    rows = [f"| `{field.alias}` | {field.description} |" for field in type(settings.ENV).model_fields.values()]
    return "# Environment\n\n" + NOTE + "| variable | meaning |\n|---|---|\n" + "\n".join(rows) + "\n"


def openapi() -> str:
    """The description of the API (OpenAPI 3.1)."""
    from falin.kernel.rest.describing import description_text

    return description_text().decode()


def client() -> str:
    """The Python client (``falin.client``)."""
    return client_of(yaml.load(openapi(), yaml.CSafeLoader))


def decisions() -> str:
    """The list of decisions, by number."""
    folder = ROOT / "docs" / "decisions"
    rows = []
    for path in sorted(folder.glob("0*.md")):
        number, title = path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ").split(" · ", 1)
        rows.append(f"| {number} | [{title}]({path.name}) |\n")
    return (
        f"# Decisions\n\n{NOTE}What was decided where there was a choice, and why. A later one says where it changes an "
        f"earlier one.\n\n| | |\n|---|---|\n{''.join(rows)}"
    )


PAGES = {
    "docs/reference/roles.md": roles,
    "docs/reference/parameters.md": parameters,
    "docs/reference/environment.md": environment,
    "docs/decisions/README.md": decisions,
    "docs/reference/openapi.yaml": openapi,
    "platform/falin/client/api.py": client,
}
RELEASED = "docs/reference/openapi.released.yaml"  # what programs out there were written against


def run(arguments: Arguments, home: Home) -> int:
    """`falin reference`: write the pages."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")
    os.environ.setdefault("DATABASE_URL", "postgresql://falin_app@127.0.0.1/none")
    import django

    django.setup()
    for name, make in PAGES.items():
        (ROOT / name).write_text(make(), encoding="utf-8")
        say(name)
    if arguments.release:
        (ROOT / RELEASED).write_text(openapi(), encoding="utf-8")
        say(RELEASED)
    return 0
