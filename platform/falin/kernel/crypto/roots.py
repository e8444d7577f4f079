"""
The place of the root key, and of the port a key management service is put behind.

The root key wraps data keys and nothing else. Several may be given at a time, the newest first: it wraps, all of them
open, so that a root key is replaced while everybody works (``keys rotate-root``).
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from falin.kernel.crypto.ciphers import NONCE, TAG, Unreadable, seal, unseal

_NAMED = b"\x02"  # a wrapped key that begins with its root key's name; one of 60 bytes is older and has none
_NAME, _OLD = 8, NONCE + 32 + TAG
_KEY = re.compile(r"[0-9a-fA-F]{64}")
COMMAND_SECONDS = 10


class NoRoot(Exception):
    """There is no usable root key; the message is the sentence for whoever starts the program."""


class WrongRoot(Unreadable):
    """The data key is whole, and was wrapped by a root key that is not here."""


class CryptoProvider(Protocol):
    """
    The port a key management service or a hardware module is put behind.

    ``wrap`` binds the context, so that a wrapped key opens under its own tenant and version only.
    """

    def wrap(self, key: bytes, *, context: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """:raises WrongRoot: the root key is not here. :raises Unreadable: damaged, or of another context."""

    def is_current(self, wrapped: bytes) -> bool:
        """Whether ``wrap`` would use the same root key today; what is not is wrapped anew by ``keys rotate-root``."""


def name_of(root: bytes) -> bytes:
    """What a root key is called in the keys it wrapped; says nothing about it."""
    return hmac.digest(root, b"falin root key", "sha256")[:_NAME]


@dataclass(frozen=True, slots=True)
class LocalRoots:
    """Root keys of 32 bytes each from a file or the environment, the newest first."""

    roots: tuple[bytes, ...]

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        return _NAMED + name_of(self.roots[0]) + seal(AESGCM(self.roots[0]), key, context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        if len(wrapped) == _OLD:
            return self._unwrap_nameless(wrapped, context)
        name = wrapped[1 : 1 + _NAME]
        for root in self.roots:
            if hmac.compare_digest(name_of(root), name):
                return unseal(AESGCM(root), wrapped[1 + _NAME :], context)
        raise WrongRoot(f"wrapped by root key {name.hex()}, which is not here")

    def _unwrap_nameless(self, wrapped: bytes, context: bytes) -> bytes:
        for root in self.roots:
            try:
                return unseal(AESGCM(root), wrapped, context)
            except Unreadable:
                continue
        raise WrongRoot("no root key here opens this data key")

    def is_current(self, wrapped: bytes) -> bool:
        return len(wrapped) != _OLD and wrapped[1 : 1 + _NAME] == name_of(self.roots[0])


@dataclass(frozen=True, slots=True)
class CommandRoot:
    """
    A key service or hardware module reached through a program of its own (``pkcs11-tool``, a cloud's client, a script).

    The program is started for each call with ``wrap``, ``unwrap`` or ``current`` as its last argument, reads one JSON
    object (``key`` and ``context``, base64) and answers with one: ``{"key": …}``, or ``{"current": true}``. It ends with
    3 when the key is not of this service, with 4 when it is damaged or of another context. Keys go through the standard
    streams only, never through arguments or the environment, which other users of the machine can read.
    """

    command: str

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        return base64.b64decode(self._ask("wrap", key, context)["key"])

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        return base64.b64decode(self._ask("unwrap", wrapped, context)["key"])

    def is_current(self, wrapped: bytes) -> bool:
        return bool(self._ask("current", wrapped, b"")["current"])

    def _ask(self, act: str, key: bytes, context: bytes) -> dict[str, str]:
        asked = json.dumps({"key": base64.b64encode(key).decode(), "context": base64.b64encode(context).decode()})
        try:
            done = subprocess.run(  # noqa: S603 -- the installation's own setting names the program
                [*shlex.split(self.command), act], input=asked, capture_output=True, text=True, timeout=COMMAND_SECONDS,
                check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoRoot(_("密钥服务没有回应（%(why)s）。") % {"why": type(error).__name__}) from None
        if done.returncode == 3:
            raise WrongRoot("the key service does not know this key")
        if done.returncode == 4:
            raise Unreadable("the key service says that this key is damaged")
        if done.returncode != 0:
            raise NoRoot(_("密钥服务没有回应（%(why)s）。") % {"why": done.returncode})
        answer: dict[str, str] = json.loads(done.stdout)
        return answer


def read_roots(text: str, source: str) -> LocalRoots:
    """
    Root keys of 64 hex digits each, newest first, apart by space, comma or line.

    :raises NoRoot: there is none, or one is not 64 hex digits.
    """
    words = re.split(r"[\s,]+", text.strip())
    if not all(_KEY.fullmatch(word) for word in words):
        raise NoRoot(_("%(source)s 里的根密钥不对：要 64 个十六进制数字。") % {"source": source})
    return LocalRoots(tuple(map(bytes.fromhex, words)))


@lru_cache(maxsize=1)
def provider() -> CryptoProvider:
    """
    The provider of this installation: a key service, else the root keys of the environment, else those of a file.

    :raises NoRoot: with the sentence that says what is missing.
    """
    if settings.KEY_SERVICE:
        made: CryptoProvider = import_string(settings.KEY_SERVICE)(settings.KEY_SERVICE_ADDRESS)
        return made
    if settings.ROOT_KEY:
        return read_roots(settings.ROOT_KEY, "FALIN_ROOT_KEY")
    path = Path(settings.ROOT_KEY_FILE)
    try:
        return read_roots(path.read_text(), str(path))
    except OSError as error:
        text = _("读不到根密钥文件 %(path)s（%(why)s）。")
        raise NoRoot(text % {"path": path, "why": error.strerror}) from None


def put_first(roots: Sequence[bytes], path: Path) -> None:
    """Write a root key file as a whole: a reader finds the old one or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text("\n".join(root.hex() for root in roots) + "\n")
    fresh.replace(path)
