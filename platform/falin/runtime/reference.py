"""Place of the reference pages that are made from the code: roles, parameters, environment, and the API's description.

They are committed, so that a change of them is read in review; a test compares them with what the code says.
"""

from __future__ import annotations

import os
from pathlib import Path

from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.sentences import say

ROOT = Path(__file__).resolve().parents[3]
NOTE = "<!-- Made by `./falin reference`; do not edit. -->\n\n"


def roles() -> str:
    """Each role: the level it is given at, and its grants."""
    from tenants.identity.roles import GRANTS, LEVELS

    rows = [
        f"| `{role}` | {', '.join(str(level) for level in sorted(LEVELS[role]))} | {', '.join(sorted(GRANTS[role]))} |"
        for role in GRANTS
    ]
    head = "# Roles\n\n" + NOTE + "Levels: 1 province, 2 city, 3 county, 4 street, 5 community.\n\n"
    return head + "| role | levels | grants |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def parameters() -> str:
    """Each figure of the programme that a level may set."""
    from falin.kernel.parameters import declared

    rows = [
        f"| `{one.key}` | {one.label} | {one.default} {one.unit} | {one.minimum} – {one.maximum} | {one.rule} |"
        f" {', '.join(one.set_by)} |"
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
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiYamlRenderer

    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    text: bytes = OpenApiYamlRenderer().render(schema, renderer_context={})  # type: ignore[no-untyped-call]
    return text.decode()


PAGES = {
    "docs/reference/roles.md": roles,
    "docs/reference/parameters.md": parameters,
    "docs/reference/environment.md": environment,
    "docs/reference/openapi.yaml": openapi,
}


def run(arguments: Arguments, home: Home) -> int:
    """`falin reference`: write the pages."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")
    os.environ.setdefault("DATABASE_URL", "postgresql://falin_app@127.0.0.1/none")
    import django

    django.setup()
    for name, make in PAGES.items():
        (ROOT / name).write_text(make(), encoding="utf-8")
        say(name)
    return 0
