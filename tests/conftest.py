"""
One cluster and one template database for the run, a fresh copy of it for each test that asks for ``world``.

Tests commit for real, as doors do; nothing is faked between a test and PostgreSQL. Which cluster: ``tests/databases.py``.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import databases
from tests.databases import ADMIN, with_name

ROOT = Path(__file__).resolve().parents[1]
collect_ignore = [] if databases.CITUS else ["app/registry/test_nodes.py"]  # a cell of several nodes, for real
if "FALIN_HOME" not in os.environ:
    os.environ["FALIN_HOME"] = tempfile.mkdtemp(prefix="falin-test-")
os.environ.setdefault("DATABASE_URL", "postgresql://falin_app@127.0.0.1/none")
os.environ.setdefault("DATABASE_OWNER_URL", "postgresql://falin_owner@127.0.0.1/none")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in the thread

import hypothesis
import psycopg
from django.conf import settings
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core.files.storage import storages
from django.db import connection

from tests import leaks
from tests import world as worlds
from tests.arch import outgrowing

# No examples are kept in the checkout: it may belong to somebody else.
hypothesis.settings.register_profile(
    "house",
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # a busy machine is no finding
)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _languages() -> None:
    """The compiled catalogue, as ``./falin`` makes it at set-up."""
    from falin.runtime import translations

    translations.compile_into(settings.HOME / "locale")


@pytest.fixture(scope="session", autouse=True)
def _passwords_cost_little() -> None:
    """The product's own hashing, but nobody steals these: at its price a run spent a minute and a half on sign-ins."""
    ScryptPasswordHasher.work_factor = 2


@pytest.fixture(scope="session", autouse=True)
def _nobody_counts_calls() -> None:
    """A test knocks more often in a minute than any program may; the tests of rates have them counted."""
    from falin.kernel import rest

    rest.count_with(None)


_LISTENER = leaks.Listener()


@pytest.fixture(scope="session", autouse=True)
def _no_number_in_the_log() -> Iterator[None]:
    """Whatever the run logs, tracebacks and all, holds no identity or telephone number, and no name of a person or adviser."""
    logging.getLogger().addHandler(_LISTENER)
    yield
    logging.getLogger().removeHandler(_LISTENER)
    assert _LISTENER.heard == []


# Rooms and files that prove a thing in all its combinations, by starting and killing servers, or on a world that takes
# long to people: left out of ``./falin test --fast``.
SLOW_ROOMS = (
    "tenancy", "property", "oidc", "app/audit", "app/faults", "app/runtime", "app/bench", "app/drills", "app/identity",
    "app/indicators", "app/registry", "app/divisions", "app/advisers", "app/desk", "web/identity", "web/indicators",
    "web/portal", "web/tenants", "web/advisers", "rest/identity", "rest/indicators", "app/kernel/test_rotation",
    "app/webhooks/test_telling",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: two processes take file after file, and neither shall wait for the other's last drill."""
    long = set()
    for item in items:
        place = item.path.relative_to(ROOT / "tests").as_posix()
        if place.startswith(SLOW_ROOMS):
            item.add_marker(pytest.mark.slow)
        if place.startswith("e2e/") or item.get_closest_marker("slow"):
            long.add(item.path)
        plain = item.get_closest_marker("one_node")
        if plain and databases.CITUS:
            item.add_marker(pytest.mark.skip(reason=f"on one node alone: {plain.args[0]}"))
    items.sort(key=lambda item: item.path not in long)


def _fingerprint() -> str:
    """Of everything the template is made from."""
    sources = sorted(
        [
            *ROOT.glob("*/*/migrations/*.py"),
            *ROOT.glob("*/*/*/migrations/*.py"),
            ROOT / "tests/world.py",
            ROOT / "tests/databases.py",
            ROOT / "tenants/registry/nodes.py",
        ]
    )
    whole = hashlib.sha256()
    for source in sources:
        whole.update(source.read_bytes())
    return whole.hexdigest()[:12]


def _point_at(name: str) -> None:
    """Have Django and provisioning use the database ``name``."""
    connection.close()
    connection.settings_dict["NAME"] = name
    settings.DATABASE_OWNER_URL = with_name(os.environ["DATABASE_OWNER_URL"], name)


def _store_files_at(folder: str) -> str:
    """Have uploaded files lie in ``folder``; where they lay before."""
    store: Any = storages["default"]
    before, store._location = store.location, folder
    for name in ("base_location", "location"):
        vars(store).pop(name, None)
    return str(before)


@pytest.fixture(scope="session")
def template(django_db_blocker: Any) -> str:
    """The name of a migrated database with the small world in it; made by whichever worker comes first."""
    if not ADMIN:
        pytest.fail("FALIN_TEST_ADMIN_URL is not set: run the tests by ./falin test")
    from tenants.registry.commands import upgrade

    name = f"falin_template_{_fingerprint()}"
    with psycopg.connect(ADMIN, autocommit=True) as admin, django_db_blocker.unblock():
        admin.execute("select pg_advisory_lock(4711)")
        if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            return name
        building = f"{name}_building"
        databases.make_roles()
        databases.create(building)
        _point_at(building)
        upgrade(now=worlds.NOW, spares=6)
        worlds.build()
        databases.spread()
        connection.close()
        databases.finish(building, name)
    return name


@contextmanager
def small_world(template: str, blocker: Any, media: Path) -> Iterator[worlds.World]:
    """A copy of the small world, committed to for real and dropped afterwards; ``media`` takes its files."""
    from falin.kernel import crypto
    from tenants.registry import hosts
    from tenants.settings import api as levels

    name = f"falin_test_{os.getpid()}_{secrets.token_hex(3)}"
    with blocker.unblock():
        databases.copy(template, name)
        crypto.forget_keys()
        levels.forget()
        hosts.forget()
        _point_at(name)
        hosts.directory()  # as every process has it before its first ordinary request
        location = _store_files_at(str(media))
        settings.ANCHOR_FILE = media / "anchors" / "audit.jsonl"
        try:
            with connection.execute_wrapper(outgrowing.judge):
                yield worlds.World()
        finally:
            _store_files_at(location)
            if connection.in_atomic_block:
                connection.set_rollback(True)
            connection.close()
            connection.set_scope(None)  # type: ignore[attr-defined]
            _point_at("none")
            url = with_name(ADMIN, name)
            written = leaks.in_books(url) + leaks.numbers_in_store(media, url)
            known = leaks.names_of_people(url)
            written += leaks.said_in_logs(media, known)
            _LISTENER.hear_names(known)
            databases.drop(name)
    assert written == [], "numbers or names of people in what is written down about work, stored or logged"


@pytest.fixture
def world(template: str, django_db_blocker: Any, tmp_path: Path) -> Iterator[worlds.World]:
    """The small world for one test."""
    with small_world(template, django_db_blocker, tmp_path) as one:
        yield one


@pytest.fixture
def sign_in(world: worlds.World) -> Any:
    """
    ``sign_in("county")`` → a test client with that person's session, who has proved himself a moment ago; with
    ``proved=False`` he only signed in.
    """
    from django.test import Client

    def make(username: str, *, proved: bool = True, **headers: Any) -> Client:
        client = Client(enforce_csrf_checks=False, **headers)
        from falin.kernel.clock import now
        from tenants.identity.models import Person

        client.force_login(Person.objects.get(username=username), "allauth.account.auth_backends.AuthenticationBackend")
        if proved:
            session = client.session
            session["proof"] = {**session["proof"], "fresh_at": now().timestamp()}
            session.save()
        return client

    return make


_CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--lang=zh-CN"]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for a process: its driver does not run twice in one."""
    from playwright.sync_api import sync_playwright

    from falin.runtime.launch.programs import find_browser

    path = find_browser()
    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=path, args=_CHROMIUM)
        yield running
        running.close()
