"""Place of what an instance leans on: the database and the broker, embedded or given by the environment."""

import json
import os
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from falin.runtime.broker import Broker, start_broker
from falin.runtime.home import Home, only_one
from falin.runtime.postgres import Postgres, start_postgres
from falin.runtime.processes import Kept
from falin.runtime.sentences import CannotStart, both, say

ADDRESSES = "addresses.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """Addresses for the processes, and what the supervisor must keep alive (nothing of what was given)."""

    database_url: str
    database_owner_url: str
    broker_url: str
    kept: tuple[Kept, ...]
    postgres: Postgres | None
    broker: Broker | None

    def variables(self) -> dict[str, str]:
        """As environment variables, names as the settings read them."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "BROKER_URL": self.broker_url,
        }


@contextmanager
def backing(*, home: Home, environ: Mapping[str, str], what: str) -> Iterator[Backing]:
    """Starts what is not given, and stops it on leaving. `what` names this run to a second one that is refused.

    :raises CannotStart: already running here, half an address, or what the database or broker says.
    """
    given = [environ.get(name, "") for name in ("DATABASE_URL", "DATABASE_OWNER_URL")]
    if any(given) and not all(given):
        raise CannotStart(
            both("只给了两个数据库地址中的一个。", "Only one of the two database addresses is given."),
            both(
                "请同时给出 DATABASE_URL（应用角色）和 DATABASE_OWNER_URL（所有者），或都不给。",
                "Give both DATABASE_URL (application role) and DATABASE_OWNER_URL (owner), or neither.",
            ),
        )
    with ExitStack() as stack:
        stack.enter_context(only_one(home.running_mark, what=what))
        postgres = broker = None
        if not all(given):
            postgres = start_postgres(place=home.postgres, log=home.logs / "postgres.log")
            stack.callback(postgres.stop)
        broker_url = environ.get("BROKER_URL", "")
        if not broker_url:
            broker = start_broker(place=home.broker, log=home.logs / "broker.log")
            stack.callback(broker.stop)
            broker_url = broker.url
        found = Backing(
            database_url=postgres.urls.app if postgres else given[0],
            database_owner_url=postgres.urls.owner if postgres else given[1],
            broker_url=broker_url,
            kept=tuple(one for one in (postgres, broker) if one),
            postgres=postgres,
            broker=broker,
        )
        stack.enter_context(_told(home, found))
        yield found


@contextmanager
def _told(home: Home, found: Backing) -> Iterator[None]:
    """Writes down where this run's database and broker are, for commands typed beside it; for its own user alone."""
    note = home.root / ADDRESSES
    note.unlink(missing_ok=True)
    with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"pid": os.getpid(), **found.variables()}, file)
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def reach(home: Home, environ: MutableMapping[str, str]) -> None:
    """
    Has a command use the installation, or else the demo, that runs under this home; what the environment names goes first.
    """
    if environ.get("DATABASE_URL"):
        return
    for root in (home.root, *sorted(home.root.glob("demo-*"))):
        try:
            told = json.loads((root / ADDRESSES).read_text())
            os.kill(told.pop("pid"), 0)
        except (OSError, ValueError, KeyError):  # nothing runs there, or it was killed
            continue
        environ.update({**told, "FALIN_HOME": str(root)})
        if root != home.root:
            say(f"用正在运行的演示：{root.name}", "using the demo that is running")
        return
