"""What an instance leans on: embedded, or given by the environment, never by halves."""

from pathlib import Path

import psycopg
import pytest

from falin.runtime.home import Home
from falin.runtime.instance import backing
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
