"""What goes through the pipe: a line of JSON that says what it is, then as many bytes as it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its name, its words, its bytes."""

    name: str
    words: Mapping[str, Any]
    data: bytes = b""


class Broken(Exception):
    """The other end is gone."""


class Line:
    """Two streams of bytes."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source, self._sink = source, sink

    def say(self, name: str, data: bytes = b"", **words: Any) -> None:
        """:raises Broken:"""
        head = json.dumps({"name": name, "size": len(data), "words": words}, ensure_ascii=False)
        try:
            self._sink.write(head.encode() + b"\n" + data)
            self._sink.flush()
        except OSError:
            raise Broken from None

    def hear(self) -> Message:
        """:raises Broken:"""
        head = self._source.readline()
        if not head.endswith(b"\n"):
            raise Broken
        said = json.loads(head)
        data = self._source.read(said["size"]) if said["size"] else b""
        if len(data) != said["size"]:
            raise Broken
        return Message(said["name"], said["words"], data)
