"""What is encrypted opens only where it was encrypted, and an encrypted number is found only by its keyed hash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from falin.kernel import crypto
from falin.kernel.models import DataKey
from tests.world import World

HOME = crypto.Place("t00001", "advisers_adviser", "id_sealed", "7")
MOVED = [
    replace(HOME, row="8"),
    replace(HOME, column="phone_sealed"),
    replace(HOME, table="identity_person"),
    replace(HOME, tenant="t00002"),
]


@pytest.mark.parametrize("cipher", [crypto.AES, crypto.SM4])
def test_a_value_comes_back_as_it_went_in(world: World, settings: Any, cipher: str) -> None:
    settings.CIPHER = cipher
    token = crypto.encrypt("许望舒", HOME)
    assert crypto.decrypt(token, HOME) == "许望舒"
    assert "许望舒".encode() not in token


@pytest.mark.parametrize("cipher", [crypto.AES, crypto.SM4])
@pytest.mark.parametrize("elsewhere", MOVED)
def test_a_value_moved_elsewhere_does_not_open(
    world: World, settings: Any, cipher: str, elsewhere: crypto.Place
) -> None:
    settings.CIPHER = cipher
    token = crypto.encrypt("许望舒", HOME)
    crypto.keys_of("t00002")
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(token, elsewhere)


@pytest.mark.parametrize("spoil", [0, 3, 6, -1])
def test_a_damaged_value_does_not_open(world: World, spoil: int) -> None:
    token = bytearray(crypto.encrypt("许望舒", HOME))
    token[spoil] ^= 1
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(bytes(token), HOME)


def test_the_same_value_is_encrypted_differently_each_time(world: World) -> None:
    assert crypto.encrypt("许望舒", HOME) != crypto.encrypt("许望舒", HOME)


def test_an_index_finds_the_same_number_in_one_tenant_and_purpose_only(world: World) -> None:
    def index(number: str, tenant: str, purpose: str) -> bytes:
        return crypto.blind_index(number, tenant=tenant, purpose=purpose)

    first = index("13812345678", "t00001", "phone")
    assert first == index("13812345678", "t00001", "phone")
    assert len({first, index("13812345678", "t00002", "phone"), index("13812345678", "t00001", "id")}) == 3


def test_the_database_holds_no_key_that_opens_anything(world: World) -> None:
    opened = crypto.keys_of("t00001").data
    assert opened not in bytes(DataKey.objects.get(tenant="t00001").wrapped)


def test_another_root_key_opens_no_data_key(world: World) -> None:
    crypto.keys_of("t00001")
    row = DataKey.objects.get(tenant="t00001")
    with pytest.raises(crypto.Unreadable):
        crypto.LocalRoot(b"\0" * 32).unwrap(bytes(row.wrapped), context=b"t00001/1")


def test_a_wrapped_key_put_under_another_tenants_name_does_not_open(world: World) -> None:
    crypto.keys_of("t00001")
    row = DataKey.objects.get(tenant="t00001")
    with pytest.raises(crypto.Unreadable):
        crypto.provider().unwrap(bytes(row.wrapped), context=b"t00002/1")


def test_sm4_is_the_cipher_of_gb_t_32907() -> None:
    """The example of the standard: key and block 0123456789ABCDEFFEDCBA9876543210."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    assert (encryptor.update(key) + encryptor.finalize()).hex() == "681edf34d206965e86b3e94f536e4246"
