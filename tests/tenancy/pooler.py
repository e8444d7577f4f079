"""PgBouncer in transaction mode with two server connections, for tests: whatever stays on a connection, leaks."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

SERVER_CONNECTIONS = 2
_INI = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = {folder}/pooler.log
pidfile = {folder}/pooler.pid
{user}
"""


def program() -> str:
    """Where PgBouncer is; `./falin test` sees to it that there is one."""
    found = os.environ.get("FALIN_PGBOUNCER") or shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, "pgbouncer is not there: run the tests by ./falin test, or apt-get install pgbouncer"
    return found


@contextmanager
def pooled(folder: Path, *users: str) -> Iterator[int]:
    """The port of a pooler before the tests' cluster; it is stopped afterwards."""
    server = urlsplit(os.environ["FALIN_TEST_ADMIN_URL"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    user = ""
    if os.geteuid() == 0:  # it refuses to run as root
        user = "user = nobody"
        shutil.chown(folder, pwd.getpwnam("nobody").pw_name)
        for above in folder.parents:
            if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)
    # Whoever comes in is believed; the cluster asks the pooler for the password of the address it was given.
    words = {parts.username: unquote(parts.password or "") for parts in map(urlsplit, _addresses())}
    (folder / "users.txt").write_text("".join(f'"{one}" "{words.get(one, "")}"\n' for one in users))
    (folder / "pooler.ini").write_text(_INI.format(
        host=server.hostname, port=server.port, own=port, folder=folder, size=SERVER_CONNECTIONS, user=user
    ))  # fmt: skip
    running = subprocess.Popen([program(), "-q", str(folder / "pooler.ini")], stdin=subprocess.DEVNULL)
    try:
        _wait(port, running)
        yield port
    finally:
        running.terminate()
        running.wait(10)


def _addresses() -> list[str]:
    known = ("FALIN_TEST_ADMIN_URL", "DATABASE_URL", "DATABASE_OWNER_URL")
    return [os.environ[name] for name in known if os.environ.get(name)]


def _wait(port: int, running: subprocess.Popen[bytes]) -> None:
    for _try in range(100):
        assert running.poll() is None, "the pooler did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the pooler does not answer")


def server_connections(database: str, user: str) -> int:
    """How many connections of a user stand open in a database, as PostgreSQL counts them."""
    with psycopg.connect(os.environ["FALIN_TEST_ADMIN_URL"], autocommit=True) as admin:
        row = admin.execute(
            "select count(*) from pg_stat_activity where datname = %s and usename = %s", [database, user]
        ).fetchone()
    assert row
    return int(row[0])
