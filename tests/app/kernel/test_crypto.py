"""What is encrypted opens only where it was encrypted, and an encrypted number is found only by its keyed hash."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from falin.config.starting import require_root_key
from falin.kernel import crypto
from falin.kernel.crypto import keys
from falin.kernel.crypto.ciphers import seal
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


OTHER = b"\0" * 32


def wrapped() -> bytes:
    crypto.keys_of("t00001")
    return bytes(DataKey.objects.get(tenant="t00001").wrapped)


def test_another_root_key_is_told_from_damage(world: World) -> None:
    right, whole = crypto.provider(), wrapped()
    with pytest.raises(crypto.WrongRoot):
        crypto.LocalRoots((OTHER,)).unwrap(whole, context=b"t00001/1")
    damaged = whole[:-1] + bytes([whole[-1] ^ 1])
    with pytest.raises(crypto.Unreadable) as found:
        right.unwrap(damaged, context=b"t00001/1")
    assert not isinstance(found.value, crypto.WrongRoot)


def test_a_data_key_wrapped_the_first_way_still_opens(world: World) -> None:
    """Without its root key's name: nonce, key, tag."""
    root = b"\7" * 32
    old = seal(AESGCM(root), b"k" * 32, b"t00001/1")
    roots = crypto.LocalRoots((OTHER, root))
    assert roots.unwrap(old, context=b"t00001/1") == b"k" * 32
    assert not roots.is_current(old)


def test_an_older_root_key_still_opens_and_the_newest_wraps(world: World) -> None:
    first, second = crypto.LocalRoots((OTHER,)), crypto.LocalRoots((b"\1" * 32, OTHER))
    old, new = (roots.wrap(b"k" * 32, context=b"c") for roots in (first, second))
    assert second.unwrap(old, context=b"c") == second.unwrap(new, context=b"c") == b"k" * 32
    assert (second.is_current(old), second.is_current(new)) == (False, True)
    with pytest.raises(crypto.WrongRoot):
        first.unwrap(new, context=b"c")


def test_a_wrapped_key_put_under_another_tenants_name_does_not_open(world: World) -> None:
    crypto.keys_of("t00001")
    row = DataKey.objects.get(tenant="t00001")
    with pytest.raises(crypto.Unreadable):
        crypto.provider().unwrap(bytes(row.wrapped), context=b"t00002/1")


def test_a_key_made_in_a_transaction_that_is_undone_is_there_all_the_same(world: World) -> None:
    """Else this process would go on encrypting under a key that nobody else can ever read."""
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        token = crypto.encrypt("许望舒", HOME)
        raise ZeroDivisionError
    crypto.forget_keys()
    assert crypto.decrypt(token, HOME) == "许望舒"


def test_a_value_of_the_first_way_is_still_read(world: World) -> None:
    data = crypto.keys_of("t00001").data
    old = b"\x01" + (1).to_bytes(4, "big") + seal(AESGCM(data), "许望舒".encode(), HOME.bound(1))
    assert crypto.decrypt(old, HOME) == "许望舒"


# ---- where the root key comes from ---------------------------------------------------------------------------------
def test_the_root_key_comes_from_the_environment_where_it_is_given(world: World, settings: Any) -> None:
    settings.ROOT_KEY = "ab" * 32 + "," + OTHER.hex()
    crypto.forget_keys()
    assert crypto.provider() == crypto.LocalRoots((b"\xab" * 32, OTHER))


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 31, "ab" * 33])
def test_a_root_key_that_cannot_be_one_is_refused_in_one_sentence(
    world: World, settings: Any, tmp_path: Path, text: str
) -> None:
    settings.ROOT_KEY_FILE = tmp_path / "root.key"
    settings.ROOT_KEY_FILE.write_text(text)
    crypto.forget_keys()
    with pytest.raises(crypto.NoRoot, match=r"根密钥不对：要 64 个十六进制数字。") as refused:
        crypto.check_root()
    assert not text or text not in str(refused.value)


def refused_to_start() -> str:
    with pytest.raises(SystemExit) as stopped:
        require_root_key()
    return str(stopped.value)


def test_no_program_starts_without_the_root_key(world: World, settings: Any, tmp_path: Path) -> None:
    settings.ROOT_KEY_FILE = tmp_path / "gone.key"
    crypto.forget_keys()
    assert "读不到根密钥文件" in refused_to_start()


def test_no_program_starts_with_another_root_key(world: World, settings: Any) -> None:
    wrapped()
    settings.ROOT_KEY = OTHER.hex()
    crypto.forget_keys()
    assert refused_to_start().startswith("根密钥不是这个数据库用的那一把")


def test_a_damaged_data_key_is_named_at_the_start(world: World) -> None:
    whole = wrapped()
    DataKey.objects.filter(tenant="t00001").update(wrapped=whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "数据密钥（t00001，第 1 版）已损坏" in refused_to_start()


def test_the_right_root_key_starts_and_the_command_says_so(world: World, settings: Any) -> None:
    wrapped()
    require_root_key()
    call_command("keys", "check")
    settings.ROOT_KEY = OTHER.hex()
    crypto.forget_keys()
    with pytest.raises(CommandError, match="根密钥不是"):
        call_command("keys", "check")


@pytest.fixture
def key_service(world: World, settings: Any, tmp_path: Path) -> Path:
    """A key service that is a process of its own; the file with its master keys."""
    masters = tmp_path / "masters"
    masters.write_text("11" * 32)
    program = Path(__file__).resolve().parents[2] / "fixtures" / "key_service.py"
    settings.KEY_SERVICE = "falin.kernel.crypto.roots.CommandRoot"
    settings.KEY_SERVICE_ADDRESS = f"{sys.executable} {program} {masters}"
    crypto.forget_keys()
    return masters


def test_a_key_service_wraps_and_opens_data_keys(key_service: Path) -> None:
    token = crypto.encrypt("许望舒", HOME)
    keys._open.clear()  # the process forgets what it opened, and asks the service again
    assert crypto.decrypt(token, HOME) == "许望舒"
    crypto.check_root()
    assert crypto.provider().is_current(wrapped())


def test_a_key_service_tells_a_foreign_key_from_a_damaged_one(key_service: Path) -> None:
    whole = wrapped()
    with pytest.raises(crypto.Unreadable) as found:
        crypto.provider().unwrap(whole, context=b"t00002/1")
    assert not isinstance(found.value, crypto.WrongRoot)
    key_service.write_text("22" * 32)
    with pytest.raises(crypto.WrongRoot):
        crypto.provider().unwrap(whole, context=b"t00001/1")


@pytest.mark.parametrize("program", ["/nowhere/at/all", "false"])
def test_a_key_service_that_is_away_is_said_in_one_sentence(key_service: Path, settings: Any, program: str) -> None:
    settings.KEY_SERVICE_ADDRESS = program
    crypto.forget_keys()
    with pytest.raises(crypto.NoRoot, match=r"^密钥服务没有回应"):
        crypto.provider().wrap(b"k" * 32, context=b"c")
