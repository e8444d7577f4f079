"""What an instance leans on: embedded, or given by the environment, never by halves."""

import stat
from pathlib import Path

import psycopg
import pytest

from falin.runtime.home import Home
from falin.runtime.instance import ADDRESSES, backing, reach
from falin.runtime.sentences import CannotStart


def test_half_an_address_is_refused(tmp_path: Path) -> None:
    home = Home(root=tmp_path).prepare()
    half = {"DATABASE_URL": "postgresql://a@127.0.0.1/b"}
    refused = pytest.raises(CannotStart, match="只给了两个数据库地址中的一个")
    with refused, backing(home=home, environ=half, what="test"):
        pytest.fail("started")


def test_what_is_given_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": "postgresql://app@127.0.0.1:1/x",
        "DATABASE_OWNER_URL": "postgresql://owner@127.0.0.1:1/x",
        "BROKER_URL": "redis://127.0.0.1:1/0",
    }
    with backing(home=Home(root=tmp_path).prepare(), environ=given, what="test") as found:
        assert found.variables() == given
        assert found.kept == ()


def test_what_is_not_given_is_started_and_stopped(tmp_path: Path) -> None:
    home = Home(root=tmp_path).prepare()
    with backing(home=home, environ={}, what="test") as found:
        assert [kept.name for kept in found.kept] == ["postgres", "broker"]
        with psycopg.connect(found.database_url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("falin_app",)
        refused = pytest.raises(CannotStart, match="已有一个法邻在用")
        with refused, backing(home=home, environ={}, what="second"):
            pytest.fail("two at once")
    assert not any(kept.alive() for kept in found.kept)


def test_a_command_typed_beside_a_running_installation_reaches_it(tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": "postgresql://app:secret@127.0.0.1:1/x",
        "DATABASE_OWNER_URL": "postgresql://owner:secret@127.0.0.1:1/x",
        "BROKER_URL": "redis://127.0.0.1:1/0",
    }
    home = Home(root=tmp_path).prepare()
    demo = home.inside("demo-33")
    with backing(home=demo, environ=given, what="test"):
        environ = {"FALIN_HOME": str(home.root)}
        reach(home, environ)
        assert environ == {**given, "FALIN_HOME": str(demo.root)}
        assert stat.S_IMODE((demo.root / ADDRESSES).stat().st_mode) == 0o600  # there are passwords in it
        own = {"DATABASE_URL": "postgresql://mine@127.0.0.1:1/y"}
        reach(home, own)
        assert own == {"DATABASE_URL": "postgresql://mine@127.0.0.1:1/y"}
    environ = {}
    reach(home, environ)
    assert environ == {}


def test_what_was_killed_is_not_taken_for_running(tmp_path: Path) -> None:
    home = Home(root=tmp_path).prepare()
    (home.root / ADDRESSES).write_text('{"pid": 4194305, "DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}')
    environ: dict[str, str] = {}
    reach(home, environ)
    assert environ == {}
