"""What tests of faults share: the database's administrator, who can throw a connection out."""

from __future__ import annotations

import os
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection


def _throw_out() -> None:
    pid = connection.connection.info.backend_pid
    with psycopg.connect(os.environ["FALIN_TEST_ADMIN_URL"], autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", [pid])


@pytest.fixture
def throw_out() -> Callable[[], None]:
    """Ends this thread's own session in PostgreSQL from outside, as a crash or a failover would."""
    return _throw_out
