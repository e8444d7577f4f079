"""The place of cache keys: what was kept under one scope is not found under another, whoever forgets to say whose it is."""

from __future__ import annotations

import hashlib
from typing import cast

from django.db import connection

from falin.kernel.database.base import DatabaseWrapper


def scoped_key(key: str, key_prefix: str, version: int) -> str:
    """
    ``settings.CACHES``' key function: tenant, places, role and own rows of the open scope are part of every key.

    Outside a scope there is one space for all, for what belongs to nobody's rows (limits of sign-in, for example).
    """
    scope = cast(DatabaseWrapper, connection).scope
    if scope is None:
        return f"{key_prefix}:{version}:{key}"
    whose = f"{scope.schema}|{scope.role}|{sorted(scope.nodes)}|{sorted(scope.roots)}|{scope.whole}|{scope.subject_id}"
    return f"{key_prefix}:{version}:{hashlib.sha256(whose.encode()).hexdigest()[:24]}:{key}"
