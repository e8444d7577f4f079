"""A database or broker that died comes back at the address the others know, or says why it cannot."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from falin.runtime.broker import Broker, start_broker
from falin.runtime.postgres import Postgres, start_postgres
from falin.runtime.processes import free_port
from falin.runtime.sentences import CannotStart


@pytest.fixture(params=["broker", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Broker | Postgres:
    from falin.runtime import postgres

    monkeypatch.setattr(postgres, "LEFTOVER_SECONDS", 0.5)
    tmp_path.chmod(0o711)
    made: Broker | Postgres
    if request.param == "broker":
        made = start_broker(place=tmp_path / "broker", log=tmp_path / "broker.log")
    else:
        made = start_postgres(place=tmp_path / "postgres", log=tmp_path / "postgres.log", durable=False)
    request.addfinalizer(made.stop)
    return made


def test_a_killed_server_never_moves_to_another_port(server: Broker | Postgres) -> None:
    port = server.port
    server.kill()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        with pytest.raises(CannotStart):
            server.start()
    server.start()
    assert (server.alive(), server.port) == (True, port)


def test_ports_are_not_taken_from_those_of_outgoing_connections() -> None:
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < low for _n in range(20))
