"""
The place of the two ciphers, AES-256-GCM and SM4-GCM (GB/T 32907, RFC 8998), each under a key of its own.

A tenant's data key encrypts nothing itself: each cipher's key is derived from it (HKDF-SHA256), 32 bytes for AES and the
16 of SM4. The same 32 bytes therefore never serve two ciphers, and no half of a key lies idle.
"""

from __future__ import annotations

import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
TAG = 16
AES, SM4 = "AES-256-GCM", "SM4-GCM"


class Unreadable(Exception):
    """The bytes are not what was encrypted here: another row, another tenant, another key, or damaged."""


class Aead(Protocol):
    """Authenticated encryption as ``cryptography`` spells it."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...


class Sm4Gcm:
    """SM4 in Galois/counter mode; ``cryptography`` has the parts and no ready-made class."""

    def __init__(self, key: bytes) -> None:
        self._cipher = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        work = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(associated_data)
        return work.update(data) + work.finalize() + work.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        work = Cipher(self._cipher, modes.GCM(nonce, data[-TAG:])).decryptor()
        work.authenticate_additional_data(associated_data)
        return work.update(data[:-TAG]) + work.finalize()


def derive(key: bytes, purpose: str, size: int = 32) -> bytes:
    """A key for one purpose from a key that serves several."""
    return HKDF(SHA256(), size, salt=None, info=f"falin {purpose}".encode()).derive(key)


def ciphers_of(data_key: bytes) -> dict[bytes, Aead]:
    """
    What opens and makes values under a data key, by the value's first byte.

    1 and 2 used the data key itself (its first half for SM4): they are still read, and never written any more.
    """
    return {
        b"\x01": AESGCM(data_key),
        b"\x02": Sm4Gcm(data_key[:16]),
        MARKS[AES]: AESGCM(derive(data_key, AES)),
        MARKS[SM4]: Sm4Gcm(derive(data_key, SM4, 16)),
    }


MARKS = {AES: b"\x03", SM4: b"\x04"}


def seal(cipher: Aead, plain: bytes, bound: bytes) -> bytes:
    """Authenticated encryption of one value: nonce, ciphertext, tag."""
    nonce = os.urandom(NONCE)
    return nonce + cipher.encrypt(nonce, plain, bound)


def unseal(cipher: Aead, sealed: bytes, bound: bytes) -> bytes:
    """:raises Unreadable: when anything about it is not as it was sealed."""
    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], bound)
    except (InvalidTag, ValueError):
        raise Unreadable("not what was encrypted here") from None
