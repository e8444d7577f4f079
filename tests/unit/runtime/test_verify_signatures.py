"""Signatures in pure Python: right by the RFC and by OpenSSL, and strict about every second spelling."""

from __future__ import annotations

import ast
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from falin.kernel import audit
from falin.kernel.audit import merkle
from falin.runtime import verify
from tests.fixtures.rfc8032 import VECTORS


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_of_rfc_8032_hold(name: str) -> None:
    public, text, signature = (bytes.fromhex(part) for part in VECTORS[name])
    assert verify.signed(public, text, signature)
    assert not verify.signed(public, text + b"!", signature)
    assert not verify.signed(public, text, signature[:-1] + bytes([signature[-1] ^ 1]))


def test_a_second_spelling_of_s_is_refused() -> None:
    public, text, signature = (bytes.fromhex(part) for part in VECTORS["TEST 2"])
    s = int.from_bytes(signature[32:], "little") + verify.L
    assert not verify.signed(public, text, signature[:32] + s.to_bytes(32, "little"))


# y of p and above, x = 0 with a sign, no point of the curve, and the points of small order, in every spelling.
NO_KEYS = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "0200000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_key_that_is_no_point_or_would_sign_anything_is_refused(key: str) -> None:
    public = bytes.fromhex(key)
    for first in ("01" + "00" * 31, key):  # with S = 0 a key of small order fits every eighth text
        signature = bytes.fromhex(first) + bytes(32)
        assert not any(verify.signed(public, b"%d" % number, signature) for number in range(16))


@settings(deadline=None)  # each key makes a table of its own
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 64 * 8 - 1))
def test_it_agrees_with_openssl(seed: bytes, text: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(text)
    assert verify.signed(public, text, signature)
    broken = bytearray(signature)
    broken[bit // 8] ^= 1 << bit % 8
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes(broken), text)
        theirs = True
    except InvalidSignature:
        theirs = False
    assert verify.signed(public, text, bytes(broken)) is theirs


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=6))
def test_both_sides_write_an_entry_alike(fields: dict[str, Any]) -> None:
    as_read = json.loads(json.dumps(fields))
    assert verify.canonical(as_read) == audit.canonical(fields)


def test_both_sides_write_a_moment_alike() -> None:
    at = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
    assert verify.canonical({"at": audit.moment(at)}) == audit.canonical({"at": at})


@given(st.integers(1, 70))
def test_both_sides_grow_the_same_tree(size: int) -> None:
    tree = merkle.Tree()
    leaves = [merkle.leaf(number, bytes(32)) for number in range(size)]
    for one in leaves:
        tree.add(one)
    assert verify.root_of([verify.leaf(number, bytes(32)) for number in range(size)]) == tree.root()


def test_the_verifier_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(verify.__file__).read_text())
    names = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    names |= {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert names <= sys.stdlib_module_names
