"""The two ciphers answer the vectors of their standards, and never share a key."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from falin.kernel.crypto.ciphers import AES, MARKS, SM4, Sm4Gcm, Unreadable, ciphers_of, seal, unseal

AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")


def test_sm4_gcm_answers_the_vector_of_rfc_8998() -> None:
    """Appendix A.1."""
    plain = bytes.fromhex("aa" * 8 + "bb" * 8 + "cc" * 8 + "dd" * 8 + "ee" * 8 + "ff" * 8 + "ee" * 8 + "aa" * 8)
    sealed = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    cipher = Sm4Gcm(bytes.fromhex("0123456789abcdeffedcba9876543210"))
    nonce = bytes.fromhex("00001234567800000000abcd")
    assert cipher.encrypt(nonce, plain, AAD) == sealed
    assert cipher.decrypt(nonce, sealed, AAD) == plain


def test_aes_256_gcm_answers_the_vector_of_its_authors() -> None:
    """McGrew and Viega, test case 16."""
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
    )
    cipher = AESGCM(bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2))
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    assert cipher.encrypt(nonce, plain, AAD) == sealed
    assert cipher.decrypt(nonce, sealed, AAD) == plain


def test_every_bit_of_a_data_key_counts_for_either_cipher() -> None:
    """The first way used sixteen of the thirty-two bytes for SM4."""
    key = bytes(range(32))
    other = key[:31] + b"\xff"
    for algorithm in (AES, SM4):
        sealed = seal(ciphers_of(key)[MARKS[algorithm]], b"text", b"here")
        with pytest.raises(Unreadable):
            unseal(ciphers_of(other)[MARKS[algorithm]], sealed, b"here")


@pytest.mark.parametrize(("mark", "algorithm"), [(b"\x01", AES), (b"\x02", SM4)])
def test_what_was_encrypted_the_first_way_opens_that_way_only(mark: bytes, algorithm: str) -> None:
    key = bytes(range(32))
    old = AESGCM(key) if algorithm == AES else Sm4Gcm(key[:16])
    sealed = seal(old, b"text", b"here")
    assert unseal(ciphers_of(key)[mark], sealed, b"here") == b"text"
    with pytest.raises(Unreadable):
        unseal(ciphers_of(key)[MARKS[algorithm]], sealed, b"here")
