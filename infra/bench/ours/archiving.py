"""Falin's child of the bench `tenants`: one full county among many, its archive and its restore."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql
from stand.children import obey

from ours.migrating import make as make_cell

FILL = """
insert into {s}.duty_visit (id, node_id, adviser_id, adviser_name, firm_id, kind, begins_at, ends_at, topic, attendees,
    note, void_why, revision, person_id, written_at, recorded_at)
select gen_random_uuid(), 1 + n %% 300, gen_random_uuid(), '顾问' || n %% 500, gen_random_uuid(), 'visit', t, t + '1 hour',
    '劳动争议', n %% 40, '到社区服务中心接待来访，解答三件，登记一件。', '', 1, 1, t, t
from (select n, timestamptz '2026-01-05' + n * interval '3 minutes' as t from generate_series(1, %(visits)s) n) x
"""
BOOK = """
insert into {s}.kernel_auditentry (at, act, person_id, role, subject_kind, subject_id, node_id, why, before, after,
    request_id, digest)
select timestamptz '2026-01-05' + n * interval '1 minute', 'duty.visit.logged', 1, 'adviser', 'visit', n::text, 1 + n %% 300,
    '', '{{}}', '{{"kind": "visit"}}', '', sha256(n::text::bytea) from generate_series(1, %(acts)s) n
"""


@lru_cache(maxsize=1)
def _keys() -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key, name, day = rsa.generate_private_key(65537, 2048), x509.Name([]), datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(day).not_valid_after(day + timedelta(days=365)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return certificate.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def fill(*, rows: int) -> str:
    """A county with so many rows, most of them visits; its schema."""
    make_cell(tenants=1)
    from tenants.registry.models import Tenant

    schema = str(Tenant.objects.get().schema_name)
    acts = rows * 2 // 5
    with _owner() as own:
        words = {"s": sql.Identifier(schema)}
        own.execute("set app.whole = 'on'")
        own.execute(sql.SQL(FILL).format(**words), {"visits": rows - acts})
        own.execute(sql.SQL(BOOK).format(**words), {"acts": acts})
        own.execute("analyze")
    return schema


def grow(*, tenants: int) -> int:
    """So many schemas in all."""
    from falin.kernel.clock import now
    from tenants.registry.api import Kind, keep_spares, provision_tenant
    from tenants.registry.models import Tenant

    there = Tenant.objects.count()
    keep_spares(now=now(), wanted=tenants - there)
    for number in range(there, tenants):
        provision_tenant(node_id=1000 + number, kind=Kind.COUNTY, name=f"county {number}", now=now())
    return int(Tenant.objects.count())


def export(*, into: str) -> tuple[float, int]:
    """Seconds until the archive is whole, and the rows in it."""
    from tenants.registry.archives.format import Recipient
    from tenants.registry.archives.writing import write_archive
    from tenants.registry.models import Tenant

    tenant, recipient = Tenant.objects.order_by("id")[0].info(), Recipient.read(_keys()[0])
    out = io.BytesIO()
    began = perf_counter()
    written = write_archive(tenant, recipient, out, tell=lambda done, total, name: None)
    Path(into).write_bytes(out.getvalue())
    return perf_counter() - began, written.rows


def restore(*, source: str) -> tuple[float, int]:
    """Seconds until the tenant stands again, compared with its archive, in the place of the old one; its rows."""
    from falin.kernel.clock import now
    from tenants.registry.archives.format import Reader
    from tenants.registry.archives.restoring import restore_archive

    with _owner() as own:
        own.execute("update registry_tenant set state = 'suspended' where id = (select min(id) from registry_tenant)")
    reader = Reader.read(*_keys())
    began = perf_counter()
    found = restore_archive(Path(source), reader, check=False, tell=lambda done, total, name: None, now=now())
    taken = perf_counter() - began
    with _owner() as own:
        for (name,) in own.execute("select nspname from pg_namespace where nspname like 'replaced%'").fetchall():
            own.execute(sql.SQL("drop schema {n} cascade").format(n=sql.Identifier(name)))
    return taken, found.rows


def _owner() -> psycopg.Connection[Any]:
    from django.conf import settings

    return psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True)


if __name__ == "__main__":
    obey({"fill": fill, "grow": grow, "export": export, "restore": restore})
