"""
The place of encryption: envelope encryption behind one port.

A root key (file or environment, never the database) wraps one data key a tenant and version. A field's ciphertext is
bound to its table, column, row and tenant, so that bytes moved elsewhere do not decrypt. Lookup of encrypted numbers
goes through a keyed hash (blind index) under a key of its own.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from falin.kernel.models import DataKey

NONCE = 12
TAG = 16
AES, SM4 = "AES-256-GCM", "SM4-GCM"
_MARK = {AES: b"\x01", SM4: b"\x02"}
_NAME = {mark: name for name, mark in _MARK.items()}


class Unreadable(Exception):
    """The bytes are not what was encrypted here: another row, another tenant, another key, or damaged."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an encrypted value stands; part of what is authenticated."""

    tenant: str
    table: str
    column: str
    row: str

    def bound(self, key_version: int) -> bytes:
        parts = [self.tenant, self.table, self.column, self.row, str(key_version)]
        return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)


class CryptoProvider(Protocol):
    """The port a key management service or a hardware module is put behind."""

    def wrap(self, key: bytes, *, context: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class LocalRoot:
    """The root key of a laptop or a small server: 32 bytes from a file or the environment."""

    root: bytes

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self.root).encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        try:
            return AESGCM(self.root).decrypt(wrapped[:NONCE], wrapped[NONCE:], context)
        except InvalidTag:
            raise Unreadable("the root key does not open this data key") from None


def seal(algorithm: str, key: bytes, plain: bytes, bound: bytes) -> bytes:
    """Authenticated encryption of one value: nonce, ciphertext, tag."""
    nonce = os.urandom(NONCE)
    if algorithm == AES:
        return nonce + AESGCM(key).encrypt(nonce, plain, bound)
    cipher = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(bound)
    return nonce + cipher.update(plain) + cipher.finalize() + cipher.tag


def unseal(algorithm: str, key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """:raises Unreadable: when anything about it is not as it was sealed."""
    try:
        if algorithm == AES:
            return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound)
        body, tag = sealed[NONCE:-TAG], sealed[-TAG:]
        cipher = Cipher(algorithms.SM4(key[:16]), modes.GCM(sealed[:NONCE], tag)).decryptor()
        cipher.authenticate_additional_data(bound)
        return cipher.update(body) + cipher.finalize()
    except (InvalidTag, ValueError):
        raise Unreadable("not what was encrypted here") from None


@lru_cache(maxsize=1)
def provider() -> CryptoProvider:
    """The provider of this installation: the root key from its file."""
    path = Path(settings.ROOT_KEY_FILE)
    root = bytes.fromhex(path.read_text().strip())
    assert len(root) == 32, "a root key is 32 bytes"
    return LocalRoot(root)


@dataclass(frozen=True, slots=True)
class Keys:
    """A tenant's data key of one version, opened, with the key its blind index is made with."""

    tenant: str
    version: int
    algorithm: str
    data: bytes
    index: bytes


_open: dict[tuple[str, int], Keys] = {}
_current: dict[str, int] = {}


def keys_of(tenant: str, *, version: int | None = None, now: Callable[[], datetime] | None = None) -> Keys:
    """
    The opened data key of a tenant; made on first use.

    Opened keys are kept in the process: a list of 1,000 rows unwraps once.
    """
    wanted = version or _current.get(tenant)
    if wanted and (tenant, wanted) in _open:
        return _open[tenant, wanted]
    row = (
        DataKey.objects.filter(tenant=tenant, **({"version": version} if version else {})).order_by("-version").first()
    )
    if row is None:
        if version is not None:
            raise Unreadable("no such key")
        row = _make_key(tenant, now)
    opened = _unwrap(row)
    _open[tenant, row.version] = opened
    if version is None:
        _current[tenant] = row.version
    return opened


def _make_key(tenant: str, now: Callable[[], datetime] | None) -> DataKey:
    from falin.kernel import clock

    wrapped = provider().wrap(os.urandom(32), context=f"{tenant}/1".encode())
    DataKey.objects.bulk_create(
        [DataKey(tenant=tenant, version=1, algorithm=settings.CIPHER, wrapped=wrapped, at=(now or clock.now)())],
        ignore_conflicts=True,  # another process may have made it a moment ago: its key is the tenant's
    )
    return DataKey.objects.get(tenant=tenant, version=1)


def _unwrap(row: DataKey) -> Keys:
    data = provider().unwrap(bytes(row.wrapped), context=f"{row.tenant}/{row.version}".encode())
    first = data
    if row.version > 1:  # the blind index outlives rotation of the data key, or nothing could be found any more
        first = _unwrap(DataKey.objects.get(tenant=row.tenant, version=1)).data
    index = HKDF(SHA256(), 32, salt=None, info=b"falin blind index").derive(first)
    return Keys(tenant=row.tenant, version=row.version, algorithm=row.algorithm, data=data, index=index)


def encrypt(text: str, place: Place) -> bytes:
    """One value encrypted under its tenant's current key; empty text stays empty."""
    if not text:
        return b""
    keys = keys_of(place.tenant)
    sealed = seal(keys.algorithm, keys.data, text.encode(), place.bound(keys.version))
    return _MARK[keys.algorithm] + keys.version.to_bytes(4, "big") + sealed


def decrypt(token: bytes | memoryview, place: Place) -> str:
    """:raises Unreadable: when the bytes were encrypted for another row, column, table or tenant, or are damaged."""
    token = bytes(token)
    if not token:
        return ""
    algorithm = _NAME.get(token[:1])
    if algorithm is None or len(token) < 5 + NONCE + TAG:
        raise Unreadable("not an encrypted value")
    version = int.from_bytes(token[1:5], "big")
    keys = keys_of(place.tenant, version=version)
    return unseal(algorithm, keys.data, token[5:], place.bound(version)).decode()


def blind_index(text: str, *, tenant: str, purpose: str) -> bytes:
    """The keyed hash by which an encrypted number is found; the same number gives another hash in another tenant."""
    return hmac.digest(keys_of(tenant).index, f"{purpose}\0{text}".encode(), sha256)


def forget_keys() -> None:
    """Drop opened keys (after a rotation, and between tests)."""
    _open.clear()
    _current.clear()
    provider.cache_clear()
