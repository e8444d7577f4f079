"""
The databases of a run: made, copied, renamed and dropped in the cluster that ``FALIN_TEST_ADMIN_URL`` names (``./falin test``
starts an embedded one).

``FALIN_CITUS_URL`` names a cell of several nodes instead: an administrator's address of a database at the coordinator of a
Citus cluster that knows its workers. Every database then lies on every node under one name, as Citus wants it, and each
tenant's schema of the small world on one of the workers. The roles have the administrator's password there.
"""

from __future__ import annotations

import os
import re
from functools import cache
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

CITUS = os.environ.get("FALIN_CITUS_URL", "")
ROLES = {"DATABASE_URL": "falin_app", "DATABASE_OWNER_URL": "falin_owner"}


def _as_role(url: str, role: str) -> str:
    parts = urlsplit(url)
    password = f":{parts.password}" if parts.password else ""
    return parts._replace(netloc=f"{role}{password}@{parts.netloc.rpartition('@')[2]}").geturl()


if CITUS:
    os.environ["FALIN_TEST_ADMIN_URL"] = CITUS
    os.environ.update({variable: _as_role(CITUS, role) for variable, role in ROLES.items()})
ADMIN = os.environ.get("FALIN_TEST_ADMIN_URL", "")

# What a table is called at the node where its rows lie ends in a number there; at the others the same table is only a name.
_NUMBER = r"_1\d{5}$"
WHOLE = f"regexp_replace(c.relname, '{_NUMBER}', '')" if CITUS else "c.relname"
LIES_ELSEWHERE = "c.oid in (select logicalrelid from pg_dist_partition)" if CITUS else "false"
# Before a session looks at one node as if there were no others.
AS_IT_IS = (
    "set citus.enable_ddl_propagation = off; set citus.override_table_visibility = off;"
    " set citus.enable_manual_changes_to_shards = on"
) if CITUS else "select"  # fmt: skip


def whole(table: str) -> str:
    """A table's own name, however it is called where its rows lie."""
    return re.sub(_NUMBER, "", table) if CITUS else table


def with_name(url: str, name: str) -> str:
    """An address with another database's name in it."""
    head, _, tail = url.partition("?")
    return head.rsplit("/", 1)[0] + "/" + name + (f"?{tail}" if tail else "")


@cache
def workers() -> tuple[tuple[str, int], ...]:
    """Host and port of each node that takes tenants' schemas; none in an ordinary cluster."""
    if not CITUS:
        return ()
    with psycopg.connect(CITUS) as admin:
        rows = admin.execute(
            "select nodename, nodeport from pg_dist_node where groupid > 0 and isactive order by groupid"
        )
        return tuple(rows.fetchall())


@cache
def nodes() -> tuple[str, ...]:
    """An administrator's address of each node of the cluster, the one that everybody speaks to first."""
    parts = urlsplit(ADMIN)
    account = parts.netloc.rpartition("@")[0]
    return (ADMIN, *(parts._replace(netloc=f"{account}@{host}:{port}").geturl() for host, port in workers()))


def at_nodes(url: str) -> list[str]:
    """An administrator's addresses of a database at each node."""
    return [with_name(node, urlsplit(url).path.removeprefix("/")) for node in nodes()]


def _everywhere(words: str, **names: str) -> None:
    """One statement about databases, said to each node."""
    for node in nodes():
        with psycopg.connect(node, autocommit=True) as admin:
            admin.execute(sql.SQL(words).format(**{key: sql.Identifier(name) for key, name in names.items()}))  # type: ignore[arg-type]


def create(name: str) -> None:
    """A new database of the owner's, with what migrations want to be there; on Citus its nodes know each other."""
    drop(name)
    _everywhere("create database {n} owner falin_owner", n=name)
    for node in at_nodes(with_name(ADMIN, name)):
        with psycopg.connect(node, autocommit=True) as own:
            for extension in (*(["citus"] if CITUS else []), "pg_trgm", "btree_gist"):
                own.execute(sql.SQL("create extension if not exists {e}").format(e=sql.Identifier(extension)))
            own.execute("alter schema public owner to falin_owner")
    if CITUS:
        here = urlsplit(CITUS)
        with psycopg.connect(with_name(CITUS, name), autocommit=True) as own:
            own.execute("select citus_set_coordinator_host(%s, %s)", [here.hostname, here.port or 5432])
            for host, port in workers():
                own.execute("select citus_add_node(%s, %s)", [host, port])


def _close(name: str) -> None:
    """On Citus: nobody uses the database any more, its own daemon least of all, which comes back as long as it may."""
    for node in nodes() if CITUS else ():
        with psycopg.connect(node, autocommit=True) as admin:
            if admin.execute("select from pg_database where datname = %s", [name]).fetchone() is not None:
                admin.execute(sql.SQL("alter database {n} allow_connections false").format(n=sql.Identifier(name)))
                admin.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [name])


def finish(building: str, name: str) -> None:
    """Call a database that is whole by its name; it is a template from now on."""
    _close(building)
    for node in reversed(nodes()):  # at the first node last: who sees it there finds it everywhere
        with psycopg.connect(node, autocommit=True) as admin:
            admin.execute(sql.SQL("alter database {b} rename to {n}").format(
                b=sql.Identifier(building), n=sql.Identifier(name)
            ))  # fmt: skip


def copy(template: str, name: str) -> None:
    _everywhere("create database {n} template {t} strategy file_copy owner falin_owner", n=name, t=template)


def drop(name: str) -> None:
    _close(name)
    _everywhere("drop database if exists {n} with (force)", n=name)


def spread() -> None:
    """On Citus: the tenants of the database Django uses, each on one of the workers in turn."""
    from tenants.registry.api import list_tenants
    from tenants.registry.nodes import place_schema

    for number, tenant in enumerate(list_tenants() if CITUS else ()):
        place_schema(tenant, *workers()[number % len(workers())])


def make_roles() -> None:
    """On Citus: the two roles, where the cluster has none yet; every node lets them in by the administrator's password."""
    for node in nodes() if CITUS else ():
        with psycopg.connect(node, autocommit=True) as admin:
            admin.execute("set citus.enable_create_role_propagation = off")
            for role in ROLES.values():
                if admin.execute("select from pg_roles where rolname = %s", [role]).fetchone() is None:
                    admin.execute(sql.SQL("create role {r} login password {p}").format(
                        r=sql.Identifier(role), p=sql.Literal(urlsplit(CITUS).password or "")
                    ))  # fmt: skip
