"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext

from falin.kernel import parameters
from falin.kernel.checks import door_of, doorless, every_address_has_a_door, walk
from falin.kernel.models import ScopedModel
from falin.runtime import translations
from tenants.identity.roles import GRANTS
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
OURS = ("platform/falin", "tenants", "services")


def test_the_folder_platform_does_not_shadow_pythons_own_module() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    spec = importlib.util.find_spec("platform")
    assert spec is not None
    assert str(spec.origin).endswith("platform.py")


def test_every_address_has_a_door() -> None:
    assert every_address_has_a_door() == []


def test_the_server_would_not_start_with_an_address_without_a_door() -> None:
    from django.urls import path

    from falin.kernel import checks

    found = [route for route, _name, view in walk([path("bare/", lambda request: None)]) if not checks.door_of(view)]
    assert found == ["bare/"]


def test_every_grant_a_door_asks_for_is_held_by_some_role() -> None:
    held = frozenset().union(*GRANTS.values())
    asked = {grant for _r, _n, view in walk() for grant in (door_of(view) or "").split() if grant != "open"}
    assert asked - held == set()


def test_every_grant_a_role_holds_opens_some_door() -> None:
    held = frozenset().union(*GRANTS.values())
    asked = {grant for _r, _n, view in walk() for grant in (door_of(view) or "").split()}
    in_code = {grant for grant in held for path in _python() if f'"{grant}"' in path.read_text()}
    assert held - asked - in_code == set()


def test_a_third_partys_view_without_a_door_has_a_reason() -> None:
    assert all(doorless(view) for _r, _n, view in walk() if door_of(view) is None)


def test_no_migration_is_missing(world: World) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_table_of_a_place_is_a_scoped_model() -> None:
    """A tenant's table with ``node_id`` that is not scoped stands here, with its reason."""
    reasons = {
        "kernel.AuditEntry": "read by place in portal.queries; append-only, and system acts carry no place",
        "kernel.StoredFile": "opened one by one through files.open_file, which asks the scope",
    }
    bare = {
        model._meta.label
        for model in apps.get_models()
        if getattr(model, "tenancy", "shared") != "shared"
        and not issubclass(model, ScopedModel)
        and any(field.name == "node_id" for field in model._meta.get_fields())
    }
    assert bare == set(reasons)


def test_locks_carry_versions_and_hashes_and_no_addresses() -> None:
    for lock in [*ROOT.glob("infra/**/*.txt"), *ROOT.glob("**/package-lock.json")]:
        if "node_modules" in lock.parts:
            continue
        text = lock.read_text()
        assert "://" not in text, lock
    for lock in ROOT.glob("infra/lock/*.txt"):
        pinned = [line for line in lock.read_text().splitlines() if re.match(r"^[a-z0-9]", line)]
        assert pinned
        assert all("==" in line for line in pinned), lock


def test_nothing_third_party_is_committed_with_the_front_end() -> None:
    package = json.loads((ROOT / "platform/falin/ui/frontend/package.json").read_text())
    assert all(re.match(r"^\d", version) for version in package.get("dependencies", {}).values())


def test_templates_hold_no_script_no_style_and_no_handlers() -> None:
    """The content policy allows none of them; the browser would drop them silently."""
    bad = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=\"|\son[a-z]+=\"", re.IGNORECASE)
    assert [str(path) for path in _templates() if bad.search(path.read_text())] == []


# Forms that act on the session or the account, in whatever role, carry the token alone.
IN_ANY_ROLE = {
    "mast.html",
    "other_hat.html",
    "moving.html",  # sends again what was sent, its own key and role among it
    "no_role.html",
    "first.html",
    "style.html",
    "invitation.html",
}


# How pages look is nobody's secret, where somebody stands is kept nowhere, and a token would make every public page
# somebody's own. Where these forms lead:
WITHOUT_A_TOKEN = {"foot.html": "{{ prefs_url }}", "strip.html": "{{ prefs_url }}", "_here.html": "{{ here_url }}",
                   "_near.html": "{{ near_url }}"}  # fmt: skip


def test_every_post_form_carries_the_token_and_the_role_it_was_shown_in() -> None:
    for path in _templates():
        if path.name in WITHOUT_A_TOKEN:
            assert re.findall(r"<form[^>]*action=\"([^\"]*)\"", path.read_text()) == [WITHOUT_A_TOKEN[path.name]], path
            continue
        in_any_role = path.name in IN_ANY_ROLE or bool({"account", "mfa"} & set(path.parts))
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", path.read_text(), re.DOTALL | re.IGNORECASE):
            assert ("{% csrf_token %}" if in_any_role else "{% form_keys") in form, path


# A refusal becomes a sentence of the page by ``falin.ui.forms``; these do something else with it.
CAUGHT_BY_HAND = {
    "portal/web/calendar.py": "answers a calendar program, as plain text", "portal/web/sign_on.py": "books it",
    "portal/web/cells.py": "takes back what the page had worked out", "portal/web/people/reading.py": "a question, not a form",
    "portal/web/people/acting.py": "moves it to the field of another name, and lets it go on",
    "portal/web/people/same.py": "stands at its row of a list", "portal/web/people/waiting.py": "stands at its row of a list",
    "portal/web/places.py": "stands on the page of the update", "services/duty/web/views.py": "stands at its month",
    "services/stations/web/forms.py": "within the form, before anything is sent",
}  # fmt: skip


def test_a_page_shows_a_refusal_in_one_way() -> None:
    caught = {
        str(path.relative_to(ROOT)).removeprefix("platform/falin/") for path in _python()
        if "/web/" in str(path) and re.search(r"except .*\b(Refused|Invalid)\b.*:\n", path.read_text())
    }  # fmt: skip
    assert caught == set(CAUGHT_BY_HAND)


def test_english_is_complete() -> None:
    assert translations.missing() == []


def test_every_figure_of_the_programme_is_said_in_english_too() -> None:
    """A label that is not marked for the catalogue stays Chinese, and no catalogue misses it."""
    with translation.override("en"):
        said = {
            one.key: f"{gettext(one.label)} {gettext(one.unit) if one.unit else ''}" for one in parameters.declared()
        }
    assert {key: words for key, words in said.items() if re.search("[一-鿿]", words)} == {}
    assert len(said) > 20


CLOCKS = {
    "random": r"^import random|^from random",
    "datetime.now(": r"(?<![\w.])datetime\.now\(",
    "time.time(": r"(?<![\w.])time\.time\(",
}


@pytest.mark.parametrize("word", CLOCKS)
def test_time_and_chance_come_in_as_parameters(word: str) -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in _python()
        if re.search(CLOCKS[word], path.read_text(), re.MULTILINE) and "runtime" not in path.parts
    ]
    assert set(found) - {"platform/falin/kernel/clock.py"} == set()


def test_rules_and_types_are_pure() -> None:
    """No tables, no requests, no clock. Labels may be marked for translation: a lazy string is a value."""
    impure = r"django(?!\.utils\.translation)|psycopg|.*\.(models|commands|queries)$"
    found: list[str] = []
    for path in _python():
        if "services" not in path.parts or not ("rules" in path.parts or path.name in {"rules.py", "types.py"}):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            bad = [name for name in names if re.match(impure, name)]
            found += [f"{path.relative_to(ROOT)}: {name}" for name in bad]
    assert found == []


def test_only_the_composition_root_reads_the_environment() -> None:
    """Node is a child process of the division list's fetcher: it inherits what the machine's clients are set up with."""
    found = [
        path.relative_to(ROOT).as_posix()
        for path in _python()
        if re.search(r"os\.environ|os\.getenv", path.read_text()) and not {"runtime", "config"} & set(path.parts)
    ]
    assert found == ["tenants/divisions/commands/fetching.py"]


def test_settings_are_as_strict_as_they_say() -> None:
    assert settings.DEBUG is False
    assert "unsafe-inline" not in settings.CONTENT_SECURITY_POLICY


def _python() -> list[Path]:
    return [path for folder in OURS for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts]


def _templates() -> list[Path]:
    return [path for folder in OURS for path in (ROOT / folder).rglob("*.html") if "node_modules" not in path.parts]
