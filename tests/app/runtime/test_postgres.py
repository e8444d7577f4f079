"""The embedded PostgreSQL, for real: its roles, its deaths, and what stands in its way."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from falin.runtime import postgres as place_of_postgres
from falin.runtime.home import Home
from falin.runtime.postgres import Postgres, discard_postgres, start_postgres
from falin.runtime.sentences import CannotStart


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("cluster")
    started = start_postgres(place=folder / "postgres", log=folder / "postgres.log", durable=False)
    yield started
    started.stop()


def test_the_application_may_connect_and_nothing_more(server: Postgres) -> None:
    with psycopg.connect(server.urls.app, autocommit=True) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication FROM pg_roles "
            "WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, False, False)
        for statement in ("CREATE SCHEMA mine", "CREATE TABLE public.mine (x int)", "CREATE TEMP TABLE mine (x int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_owner_may_create_schemas_and_is_no_superuser(server: Postgres) -> None:
    with psycopg.connect(server.urls.owner, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA of_a_county")
        connection.execute("CREATE TABLE public.board (x int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE ROLE another")
        connection.execute("DROP SCHEMA of_a_county; DROP TABLE public.board")


def test_the_cluster_is_as_the_house_wants_it(server: Postgres) -> None:
    with psycopg.connect(server.urls.app) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("wal_level", "timezone", "max_locks_per_transaction", "listen_addresses", "server_encoding")
        }
        extensions = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
    assert shown == {
        "wal_level": ("logical",),
        "timezone": ("UTC",),
        "max_locks_per_transaction": ("512",),
        "listen_addresses": ("127.0.0.1",),
        "server_encoding": ("UTF8",),
    }
    assert {"pg_trgm", "btree_gist"} <= extensions


def test_a_wrong_password_is_refused(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://falin_app:wrong@127.0.0.1:{server.port}/falin")


def test_passwords_are_ours_alone(server: Postgres) -> None:
    assert (server.place / "passwords.json").stat().st_mode & 0o777 == 0o600
    assert not (server.place / "initial-password").exists()


def test_a_second_start_in_the_same_place_is_refused(server: Postgres, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="已有一个法邻在用"):
        start_postgres(place=server.place, log=tmp_path / "second.log")
    with pytest.raises(CannotStart, match="已有一个法邻在用"):
        discard_postgres(server.place)
    assert server.alive()


def test_after_a_kill_it_comes_back_at_the_same_address_with_what_was_committed(server: Postgres) -> None:
    before = server.urls
    with psycopg.connect(before.owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (x int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    server.kill()
    assert not server.alive()
    server.start()
    assert server.urls == before
    with psycopg.connect(before.owner) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_a_server_left_by_a_killed_supervisor_is_taken_over(tmp_path: Path) -> None:
    place = tmp_path / "postgres"
    first = start_postgres(place=place, log=tmp_path / "log", durable=False)
    left_behind = first.process
    assert left_behind
    first._held.close()  # as if the supervisor had died and the kernel had freed its lock
    second = start_postgres(place=place, log=tmp_path / "log", durable=False)
    try:
        assert left_behind.wait(10) == 0
        assert second.alive()
        assert second.pid != left_behind.pid
    finally:
        second.stop()


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(tmp_path: Path) -> None:
    place = tmp_path / "postgres"
    server = start_postgres(place=place, log=tmp_path / "log", durable=False)
    lines = (place / "data/postmaster.pid").read_text().splitlines()
    server.kill()
    server.finish_stop(1)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (place / "data/postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        server.start()
        assert server.alive()
        assert stranger.poll() is None
        server.stop()
        stranger.kill()


def test_it_dies_with_its_supervisor(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from falin.runtime.postgres import start_postgres
        here = Path({str(tmp_path)!r})
        server = start_postgres(place=here / "postgres", log=here / "log", durable=False)
        print(server.pid, flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout
        pid = int(supervisor.stdout.readline())
        supervisor.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while place_of_postgres.command_of(pid) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(("version", "way_out"), [("99", "写下这些数据的那个法邻版本"), ("15", "备份")])
def test_data_of_another_version_is_left_alone_with_a_sentence(tmp_path: Path, version: str, way_out: str) -> None:
    data = tmp_path / "postgres/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{version}\n")
    with pytest.raises(CannotStart) as refused:
        start_postgres(place=tmp_path / "postgres", log=tmp_path / "log")
    assert f"PostgreSQL {version} " in refused.value.sentence
    assert way_out in refused.value.way_out
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_lost_passwords_get_a_sentence(tmp_path: Path) -> None:
    data = tmp_path / "postgres/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{place_of_postgres.major_version()}\n")
    with pytest.raises(CannotStart, match=r"passwords\.json 不见了"):
        start_postgres(place=tmp_path / "postgres", log=tmp_path / "log")


def test_a_full_disk_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Home, "free_bytes", lambda self: 1024)
    with pytest.raises(CannotStart, match="磁盘快满了"):
        start_postgres(place=tmp_path / "postgres", log=tmp_path / "log")
    assert not (tmp_path / "postgres").exists()


def test_what_the_log_says_about_a_full_disk_is_understood(tmp_path: Path) -> None:
    trouble = Postgres(place=tmp_path, log=tmp_path / "log")._diagnosis(
        "FATAL: could not write: No space left on device"
    )
    assert "磁盘满了" in trouble.sentence
    assert trouble.way_out


def test_a_discarded_cluster_is_gone(tmp_path: Path) -> None:
    place = tmp_path / "postgres"
    start_postgres(place=place, log=tmp_path / "log", durable=False).stop()
    discard_postgres(place)
    assert not (place / "data").exists()
    assert not (place / "passwords.json").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")
def test_as_root_it_runs_as_a_user_of_its_own_and_homes_stay_unlisted(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = start_postgres(place=private / "postgres", log=tmp_path / "log", durable=False)
    try:
        owner = Path(f"/proc/{server.pid}").stat().st_uid
        assert owner != 0
        assert (server.data).stat().st_mode & 0o777 == 0o700
        assert private.stat().st_mode & 0o777 == 0o701
    finally:
        server.stop()
