"""What tests of archives need: a recipient with his key, a county with rows in it, another cell."""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.conf import settings
from psycopg import sql

from falin.kernel import crypto
from tenants.registry.archives.format import Reader
from tenants.registry.commands import upgrade
from tests import conftest, databases
from tests.world import NOW


@lru_cache(maxsize=2)
def keys(name: str) -> tuple[bytes, bytes]:
    """A certificate and its private key, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(day).not_valid_after(day + timedelta(days=3650)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return certificate.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def reader(name: str) -> Reader:
    return Reader.read(*keys(name))


def rows_in(schema: str) -> dict[str, list[Any]]:
    """Every row of every table of a schema, read past row security."""
    with psycopg.connect(conftest.with_name(conftest.ADMIN, settings.DATABASE_OWNER_URL.rsplit("/", 1)[1])) as admin:
        tables = admin.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema]).fetchall()
        return {
            table: sorted(
                map(repr, admin.execute(sql.SQL("select * from {t}").format(t=sql.Identifier(schema, table))))
            )
            for (table,) in tables
        }


@dataclass(frozen=True)
class Cell:
    """Another cell: an empty, migrated database with a root key, an audit key and files of its own."""

    database: str
    home: Path

    @property
    def receiver(self) -> str:
        """The command that takes in a tenant there: a process of its own, with that cell's environment."""
        words = {
            "FALIN_HOME": str(self.home), "FALIN_CELL": "b", "DJANGO_SETTINGS_MODULE": "falin.config.settings",
            "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "ignore",
            "DATABASE_URL": conftest.with_name(os.environ["DATABASE_URL"], self.database),
            "DATABASE_OWNER_URL": conftest.with_name(os.environ["DATABASE_OWNER_URL"], self.database),
        }  # fmt: skip
        given = [f"{name}={value}" for name, value in words.items()]
        return shlex.join(["env", *given, sys.executable, "-m", "django", "tenants", "receive"])

    @contextmanager
    def within(self) -> Iterator[None]:
        """This process uses it meanwhile."""
        before = settings.DATABASE_OWNER_URL.rsplit("/", 1)[1]
        kept = settings.ROOT_KEY_FILE, settings.AUDIT_KEY_FILE
        location = conftest._store_files_at(str(self.home / "files"))
        settings.ROOT_KEY_FILE, settings.AUDIT_KEY_FILE = (
            self.home / "secrets" / name for name in ("root.key", "audit.key")
        )
        conftest._point_at(self.database)
        crypto.forget_keys()
        try:
            yield
        finally:
            conftest._point_at(before)
            conftest._store_files_at(location)
            settings.ROOT_KEY_FILE, settings.AUDIT_KEY_FILE = kept
            crypto.forget_keys()


@contextmanager
def other_cell(folder: Path) -> Iterator[Cell]:
    """Another cell beside the one this process uses."""
    cell = Cell(f"falin_cell_{secrets.token_hex(4)}", folder)
    (folder / "secrets").mkdir(parents=True)
    for file in ("root.key", "audit.key"):
        (folder / "secrets" / file).write_text(secrets.token_hex(32))
    databases.copy(_empty_cell(folder), cell.database)
    try:
        yield cell
    finally:
        databases.drop(cell.database)


def _empty_cell(folder: Path) -> str:
    """A migrated database with nothing in it, made once; as the small world's template is."""
    name = f"falin_template_{conftest._fingerprint()}_cell"
    with psycopg.connect(conftest.ADMIN, autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(4712)")
        if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
            building = f"{name}_building"
            databases.create(building)
            with Cell(building, folder).within():
                upgrade(now=NOW, spares=2)
            databases.finish(building, name)
    return name


@contextmanager
def another_cell(folder: Path) -> Iterator[None]:
    """Another cell, which the process uses meanwhile."""
    with other_cell(folder) as cell, cell.within():
        yield
