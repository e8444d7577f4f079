"""The place of COPY: rows out of PostgreSQL in pieces worth a system call."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from tenants.registry.archives.format import BUFFER


class Copied:
    """
    The text of a COPY, and how many rows it was once it has been read to its end.

    By libpq itself: PostgreSQL sends row by row, and what the driver does for each of them takes longer than all the rest.
    """

    def __init__(self, own: psycopg.Connection, statement: sql.Composed) -> None:
        self._own, self._statement, self.rows = own, statement, 0

    def __iter__(self) -> Iterator[bytes]:
        line = self._own.pgconn
        began = line.exec_(self._statement.as_bytes(self._own))
        if began.status != ExecStatus.COPY_OUT:
            raise error_from_result(began, encoding="utf-8")
        held = bytearray()
        while True:
            size, row = line.get_copy_data(0)
            if size < 0:
                break
            held += row
            if len(held) > BUFFER:
                yield bytes(held)
                held.clear()
        ended = line.get_result()
        while line.get_result() is not None:
            pass
        if ended is None or ended.status != ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError("the copy broke off") if ended is None else error_from_result(
                ended, encoding="utf-8"
            )  # fmt: skip
        self.rows = ended.command_tuples or 0
        yield bytes(held)
