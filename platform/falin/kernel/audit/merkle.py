"""The place of the tree over a batch's entries: RFC 6962, with a leaf that binds an entry's id to its digest."""

from __future__ import annotations

from hashlib import sha256


def leaf(entry_id: int, digest: bytes) -> bytes:
    """The digest was made in the act's own transaction, before there was an id; here the two are tied together."""
    return sha256(b"\x00" + entry_id.to_bytes(8, "big") + digest).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that takes leaves one after another and keeps one hash a level, however many they are."""

    def __init__(self) -> None:
        self._full: list[tuple[int, bytes]] = []  # whole subtrees from left to right: height, root

    def add(self, hashed: bytes) -> None:
        height = 0
        while self._full and self._full[-1][0] == height:
            hashed, height = node(self._full.pop()[1], hashed), height + 1
        self._full.append((height, hashed))

    def root(self) -> bytes:
        assert self._full, "a batch is never empty"
        hashed = self._full[-1][1]
        for _height, left in reversed(self._full[:-1]):
            hashed = node(left, hashed)
        return hashed
