"""The place of data keys: one a tenant and version, opened once a process, the newest asked for every few seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from falin.kernel import clock
from falin.kernel.crypto.ciphers import MARKS, Aead, Unreadable, ciphers_of, derive
from falin.kernel.crypto.roots import NoRoot, WrongRoot, provider
from falin.kernel.models import DataKey

FRESH = 5.0  # seconds a process goes on writing under a version before it asks whether there is a newer one


@dataclass(frozen=True, slots=True)
class Keys:
    """A tenant's data key of one version, opened, with the key its blind index is made with."""

    tenant: str
    version: int
    algorithm: str
    data: bytes = field(repr=False)
    index: bytes = field(repr=False)
    ciphers: dict[bytes, Aead] = field(repr=False)

    @property
    def head(self) -> bytes:
        """How every value begins that is encrypted under this key now."""
        return MARKS[self.algorithm] + self.version.to_bytes(4, "big")


_open: dict[tuple[str, int], Keys] = {}
_current: dict[str, tuple[int, float]] = {}


def keys_of(tenant: str, *, version: int | None = None, now: Callable[[], datetime] | None = None) -> Keys:
    """
    The opened data key of a tenant, the newest unless told otherwise; made on first use.

    Opened keys are kept in the process: a list of 1,000 rows unwraps once.

    :raises Unreadable: there is no such version, or it is damaged. :raises WrongRoot: the root key is not the one.
    """
    wanted = version or _newest_known(tenant)
    if wanted and (tenant, wanted) in _open:
        return _open[tenant, wanted]
    rows = DataKey.objects.filter(tenant=tenant).order_by("-version")
    row = (rows.filter(version=version) if version else rows).first()
    if row is None:
        if version is not None:
            raise Unreadable("no such key")
        row = _make_key(tenant, 1, now)
    if version is None:
        _current[tenant] = (row.version, time.monotonic())
    if (tenant, row.version) not in _open:
        _open[tenant, row.version] = _opened(row)
    return _open[tenant, row.version]


def newest(tenant: str) -> Keys:
    """The newest data key as the table has it at this moment."""
    _current.pop(tenant, None)
    return keys_of(tenant)


def _newest_known(tenant: str) -> int | None:
    version, asked_at = _current.get(tenant, (None, 0.0))
    return version if time.monotonic() - asked_at < FRESH else None


def make_newer(tenant: str, *, now: datetime) -> int:
    """A newer version of a tenant's data key; its number. Two who ask at once get the same one."""
    newest = DataKey.objects.filter(tenant=tenant).order_by("-version").first()
    return int(_make_key(tenant, newest.version + 1 if newest else 1, lambda: now).version)


def _make_key(tenant: str, version: int, now: Callable[[], datetime] | None) -> DataKey:
    """
    Committed at once, by a connection of its own: the transaction that asks may be undone, or only read, and nothing may
    ever be encrypted under a key that is not in the table.
    """
    wrapped = provider().wrap(os.urandom(32), context=f"{tenant}/{version}".encode())
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(
                "insert into public.kernel_datakey (tenant, version, algorithm, wrapped, at)"
                " values (%s, %s, %s, %s, %s) on conflict do nothing",  # another process may have made it a moment ago
                [tenant, version, settings.CIPHER, wrapped, (now or clock.now)()],
            )
    finally:
        own.close()
    return DataKey.objects.get(tenant=tenant, version=version)


def _opened(row: DataKey) -> Keys:
    data = unwrapped(row)
    first = data
    if row.version > 1:  # the blind index outlives rotation of the data key, or nothing could be found any more
        first = unwrapped(DataKey.objects.get(tenant=row.tenant, version=1))
    return Keys(tenant=row.tenant, version=row.version, algorithm=row.algorithm, data=data,
                index=derive(first, "blind index"), ciphers=ciphers_of(data))  # fmt: skip


def unwrapped(row: DataKey) -> bytes:
    """
    A data key in clear. A root key that is not known is looked for once more where root keys come from: somebody may
    have put a new one there while this process ran.
    """
    context = f"{row.tenant}/{row.version}".encode()
    try:
        return provider().unwrap(bytes(row.wrapped), context=context)
    except WrongRoot:
        provider.cache_clear()
        return provider().unwrap(bytes(row.wrapped), context=context)


def check_root() -> None:
    """
    That there is a root key and it opens the newest data key. A database that is away is not this check's matter.

    :raises NoRoot: with one sentence for whoever starts the program.
    """
    found = provider()
    try:
        row = DataKey.objects.order_by("-id").first()
    except DatabaseError:
        return
    if row is None:
        return
    try:
        found.unwrap(bytes(row.wrapped), context=f"{row.tenant}/{row.version}".encode())
    except WrongRoot:
        raise NoRoot(_("根密钥不是这个数据库用的那一把，加密的号码读不出来。请换回原来的根密钥。")) from None
    except Unreadable:
        text = _("数据库里的数据密钥（%(tenant)s，第 %(version)s 版）已损坏。请从备份恢复 kernel_datakey 表。")
        raise NoRoot(text % {"tenant": row.tenant, "version": row.version}) from None


def forget_keys() -> None:
    """Drop opened keys and the root key (between tests, and when an installation is pointed elsewhere)."""
    _open.clear()
    _current.clear()
    provider.cache_clear()
