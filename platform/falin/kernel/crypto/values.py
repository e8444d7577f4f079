"""The place where one value is encrypted, decrypted, and made findable."""

from __future__ import annotations

import hmac
from hashlib import sha256

from falin.kernel.crypto.ciphers import NONCE, TAG, Unreadable, seal, unseal
from falin.kernel.crypto.columns import Place
from falin.kernel.crypto.keys import keys_of

HEAD = 5  # the cipher's mark, then the key's version


def encrypt(text: str, place: Place) -> bytes:
    """One value encrypted under its tenant's current key; empty text stays empty."""
    if not text:
        return b""
    keys = keys_of(place.tenant)
    return keys.head + seal(keys.ciphers[keys.head[:1]], text.encode(), place.bound(keys.version))


def decrypt(token: bytes | memoryview, place: Place) -> str:
    """:raises Unreadable: when the bytes were encrypted for another row, column, table or tenant, or are damaged."""
    token = bytes(token)
    if not token:
        return ""
    if len(token) < HEAD + NONCE + TAG:
        raise Unreadable("not an encrypted value")
    version = int.from_bytes(token[1:HEAD], "big")
    keys = keys_of(place.tenant, version=version)
    cipher = keys.ciphers.get(token[:1])
    if cipher is None:
        raise Unreadable("not an encrypted value")
    return unseal(cipher, token[HEAD:], place.bound(version)).decode()


def blind_index(text: str, *, tenant: str, purpose: str) -> bytes:
    """The keyed hash by which an encrypted number is found; the same number gives another hash in another tenant."""
    return hmac.digest(keys_of(tenant).index, f"{purpose}\0{text}".encode(), sha256)
