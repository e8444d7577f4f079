"""
The place of the keys batches are signed with: Ed25519, the private half in a file beside the root key.

Public keys are published and numbered. Each but the first is introduced by a signature of the one before, so that whoever
once wrote down a key can follow to the newest. A key that nobody introduced signs nothing: who can change the database
but not read the key's file cannot put a key of his own in its place.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction

from falin.kernel.audit import canonical, moment
from falin.kernel.models import AuditKey


class UnusableKey(Exception):
    """The key file is missing or damaged, or holds a key that the last published one never introduced."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The private key of this installation."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        return self.private.public_key().public_bytes_raw().hex()

    @property
    def key(self) -> str:
        """The short name of the key: how its public half's hash begins."""
        return sha256(bytes.fromhex(self.public)).hexdigest()[:16]

    def sign(self, text: bytes) -> str:
        return self.private.sign(text).hex()


def signer_from(path: Path) -> Signer:
    """:raises UnusableKey: there is no file, or no key in it."""
    try:
        return Signer(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip())))
    except (OSError, ValueError) as error:
        raise UnusableKey(f"{path}: {error}") from None


def signer(*, now: datetime) -> Signer:
    """
    The signer of this installation; its public key is published on first use.

    :raises UnusableKey: when other keys were published and none of them introduced this one, or the file holds none.
    """
    found = signer_from(settings.AUDIT_KEY_FILE)
    if not AuditKey.objects.filter(key=found.key).exists():
        _take_turn()
        if AuditKey.objects.exclude(key=found.key).exists():
            raise UnusableKey(f"{settings.AUDIT_KEY_FILE}: nobody introduced the key {found.key}")
        if not AuditKey.objects.filter(key=found.key).exists():
            AuditKey.objects.create(key=found.key, version=1, public=found.public, at=now)
    return found


def introduction(*, version: int, public: str, at: datetime) -> bytes:
    """What the older key signs to introduce the newer one."""
    return canonical({"kind": "falin audit key 1", "version": version, "public": public, "at": moment(at)})


def rotate(*, now: datetime) -> str:
    """
    Make a new key, have the old one introduce it, and put it in the file's place; the new key's name.

    Killed at any point and run again it goes on with the key it had begun: the next key is written down first, then
    published, then put in place, and until then the old one goes on signing.
    """
    path = Path(settings.AUDIT_KEY_FILE)
    coming = path.with_suffix(".next")
    if not coming.exists():
        with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    new = signer_from(coming)
    with transaction.atomic():
        old = signer(now=now)
        _take_turn()
        if not AuditKey.objects.filter(key=new.key).exists():
            version = AuditKey.objects.count() + 1
            AuditKey.objects.create(
                key=new.key, version=version, public=new.public, introduced_by=old.key, at=now,
                signature=old.sign(introduction(version=version, public=new.public, at=now)),
            )  # fmt: skip
    coming.replace(path)
    return new.key


def vouch_for(public: str, *, now: datetime) -> None:
    """
    Have this installation's key introduce one of another, whose tenant came here with a sealed log: who follows our keys
    follows to that one too, and the batches it signed still verify. A key that is known already is left as it is.
    """
    name = sha256(bytes.fromhex(public)).hexdigest()[:16]
    own = signer(now=now)
    _take_turn()
    if AuditKey.objects.filter(key=name).exists():
        return
    version = AuditKey.objects.count() + 1
    AuditKey.objects.create(
        key=name, version=version, public=public, introduced_by=own.key, at=now,
        signature=own.sign(introduction(version=version, public=public, at=now)),
    )  # fmt: skip


def published() -> list[dict[str, Any]]:
    """Every public key, as it stands in exports and on the public page."""
    return [
        {"kind": "key", "key": row.key, "version": row.version, "public": row.public,
         "introduced_by": row.introduced_by, "signature": row.signature, "at": moment(row.at)}
        for row in AuditKey.objects.order_by("version")
    ]  # fmt: skip


def _take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('kernel.audit.keys', 0))")
