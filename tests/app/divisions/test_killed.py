"""Whoever applies an update is killed in the middle of it: the old tree stands, and the next one applies it whole."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tenants.divisions import api
from tests.app.divisions.test_update import LATER, accept_all, do, maker, prepare, second, state, tree
from tests.conftest import ADMIN, ROOT, with_name
from tests.world import World

CHILD = """
import django, sys, time
django.setup()
from falin.kernel.scope import PUBLIC_SCHEMA, system_scope
from falin.kernel.transactions import inside
from falin.kernel.clock import now
from tenants.divisions import api
from tenants.divisions.commands import updating

def wait(*args):
    print("in the middle", flush=True)
    time.sleep(60)

updating.lineage_row = wait  # after the versions were written, before the transaction ends
scope = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset())
with inside(scope, read_only=False):
    api.apply_update(scope=scope, update_id=int(sys.argv[1]), now=now())
"""


@pytest.mark.slow
def test_a_kill_in_the_middle_of_applying_leaves_the_old_tree(world: World, tmp_path: Path) -> None:
    update = prepare(world, LATER)
    accept_all(world, update)
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    before = tree(world)
    name = str(connection.settings_dict["NAME"])
    environ = {
        **os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        "DJANGO_SETTINGS_MODULE": "falin.config.settings", "FALIN_HOME": os.environ["FALIN_HOME"],
        "DATABASE_URL": with_name(os.environ["DATABASE_URL"], name),
        "DATABASE_OWNER_URL": with_name(os.environ["DATABASE_OWNER_URL"], name),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(update)], env=environ, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "in the middle\n"
        child.kill()
    with psycopg.connect(with_name(ADMIN, name), autocommit=True) as admin:
        for _turn in range(100):
            (held,) = admin.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() or (0,)
            if not held:
                break
            time.sleep(0.1)
    assert tree(world) == before
    assert state(world, update) == "confirmed"
    do(second(world), api.apply_update, update)
    assert tree(world) != before
