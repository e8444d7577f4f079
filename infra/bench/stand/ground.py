"""
Place of the ground a bench stands on: one cluster, new databases in it, and nothing of the real installation.

A durable embedded cluster under ``$FALIN_HOME/bench``; ``FALIN_BENCH_ADMIN_URL`` with ``DATABASE_URL`` and
``DATABASE_OWNER_URL`` names another one. The databases are dropped when the bench is done.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from falin.runtime.home import Home
from falin.runtime.postgres import start_postgres

EXTENSIONS = ("pg_trgm", "btree_gist")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One new database, seen by the cluster's administrator, its owner, and the application."""

    admin: str
    owner: str
    app: str

    def said_by_admin(self, *statements: str) -> None:
        """What neither the owner nor the application may do: fill a table past its row security, vacuum."""
        with psycopg.connect(self.admin, autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A cluster, and a home for whatever a child writes."""

    home: Home
    admin: str
    owner: str
    app: str

    @contextmanager
    def database(self, word: str, like: Database | None = None) -> Iterator[Database]:
        """An empty database of the owner's, or a copy of another that nobody is using; dropped afterwards."""
        name = f"falin_bench_{word}_{secrets.token_hex(3)}"
        quoted = sql.Identifier(name)
        found = Database(admin=_at(self.admin, name), owner=_at(self.owner, name), app=_at(self.app, name))
        with psycopg.connect(self.admin, autocommit=True) as admin:
            role = sql.Identifier(_role(self.owner))
            if like is None:
                admin.execute(sql.SQL("create database {n} owner {r}").format(n=quoted, r=role))
            else:
                source = sql.Identifier(psycopg.conninfo.conninfo_to_dict(like.admin)["dbname"])  # type: ignore[arg-type]
                admin.execute(sql.SQL("create database {n} template {t} owner {r}").format(n=quoted, t=source, r=role))
            try:
                with psycopg.connect(found.admin, autocommit=True) as own:
                    for extension in EXTENSIONS:
                        own.execute(sql.SQL("create extension if not exists {e}").format(e=sql.Identifier(extension)))
                    own.execute(sql.SQL("alter schema public owner to {r}").format(r=role))
                yield found
            finally:
                admin.execute(sql.SQL("drop database {n} with (force)").format(n=quoted))


@contextmanager
def ground(home: Home) -> Iterator[Ground]:
    """The cluster of the environment, else an embedded one that is kept for the next bench and stopped now."""
    own = home.inside("bench")
    given = os.environ.get("FALIN_BENCH_ADMIN_URL", "")
    with ExitStack() as stack:
        if given:
            owner, app = os.environ["DATABASE_OWNER_URL"], os.environ["DATABASE_URL"]
            yield Ground(home=own, admin=given, owner=owner, app=app)
            return
        postgres = start_postgres(place=own.postgres, log=own.logs / "postgres.log")
        stack.callback(postgres.stop)
        _sweep(postgres.urls.admin)
        yield Ground(home=own, admin=postgres.urls.admin, owner=postgres.urls.owner, app=postgres.urls.app)


def _sweep(url: str) -> None:
    """Drops what a bench that was killed has left in our own cluster."""
    with psycopg.connect(url, autocommit=True) as admin:
        left = admin.execute("select datname from pg_database where datname like 'falin\\_bench\\_%'").fetchall()
        for (name,) in left:
            admin.execute(sql.SQL("drop database {n} with (force)").format(n=sql.Identifier(name)))


def _at(url: str, name: str) -> str:
    head, _, tail = url.partition("?")
    return head.rsplit("/", 1)[0] + "/" + name + (f"?{tail}" if tail else "")


def _role(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["user"])
