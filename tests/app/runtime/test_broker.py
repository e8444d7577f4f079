"""The embedded broker, for real: tasks outlive its death, strangers stay outside."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from falin.runtime.broker import Broker, discard_broker, start_broker
from falin.runtime.sentences import CannotStart


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Broker]:
    started = start_broker(place=tmp_path / "broker", log=tmp_path / "broker.log")
    yield started
    started.stop()


def test_tasks_survive_its_death(server: Broker) -> None:
    url = server.url
    with redis.Redis.from_url(url) as client:
        client.rpush("celery", "one", "two")
    time.sleep(1.2)  # it writes to disk each second
    server.kill()
    server.start()
    assert server.url == url
    with redis.Redis.from_url(url) as client:
        assert client.lrange("celery", 0, -1) == [b"one", b"two"]


def test_without_the_password_nothing_is_answered(server: Broker) -> None:
    with redis.Redis(host="127.0.0.1", port=server.port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    assert (server.place / "password").stat().st_mode & 0o777 == 0o600
    assert (server.place / "broker.conf").stat().st_mode & 0o777 == 0o600


def test_a_second_one_in_the_same_place_is_refused(server: Broker, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="已有一个法邻在用"):
        start_broker(place=server.place, log=tmp_path / "second.log")
    with pytest.raises(CannotStart, match="已有一个法邻在用"):
        discard_broker(server.place)


def test_stopping_frees_the_place(server: Broker, tmp_path: Path) -> None:
    server.stop()
    discard_broker(server.place)
    start_broker(place=server.place, log=tmp_path / "again.log").stop()
