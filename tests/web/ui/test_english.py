"""
Every page in English: from the live list of addresses, each opened by the first two roles that may. Whatever is written in
Chinese there is either somebody's own words, which the database holds, or says of itself that it is Chinese (``lang``).
What nobody marked for the catalogue is found here, and no catalogue would miss it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from falin.ui.preferences import COOKIE
from services.stations.rules.sheet import COLUMNS as STATIONS
from tenants.divisions.rules.tables import FACT_COLUMNS
from tests import conftest
from tests.e2e.shapes import VOID
from tests.tenancy.conftest import _read_copy, ground, opened_copy, peopled_template  # noqa: F401 - fixtures
from tests.tenancy.doors import ONLY_FOR, REDIRECTS, Door, address, every_door, things_of
from tests.tenancy.ground import CAST, NOBODY, Ground, Reader
from tests.tenancy.matrix import picked
from tests.tenancy.reference import may_open

pytestmark = pytest.mark.slow

READERS = 2
CHINESE_ALONE = {"ui:style", "ui:style-page"}  # the components in their longest words, which are Chinese
# What English sentences quote: the heads a sheet must have, a name to look for, the sign at a door; and words that
# lie sealed in the database.
OF_STATIONS = (*(column.name for column in STATIONS.all), "是", "否", "周一至周五")  # and what their cells may say
UPLOADED = ("东门工作室甲", "上午都在")  # cells of the ground's sheet of stations, which the file store holds
AS_THEY_ARE = (
    *FACT_COLUMNS.values(), *OF_STATIONS, *UPLOADED, "名称", "张三", "请核实一下", "某某街道公共法律服务工作站"
)  # fmt: skip
CHINESE = re.compile("[一-鿿]+")
SAID = ("alt", "aria-label", "content", "label", "placeholder", "title")  # attributes with words in them


class _Words(HTMLParser):
    """Runs of Chinese that stand in a page and do not say that they are."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        silent = tag in {"script", "style"} or (said.get("lang") or "").startswith("zh")
        silent = silent or bool(self._open and self._open[-1][1])
        if tag not in VOID:
            self._open.append((tag, silent))
        if not silent:
            words = [said.get(name) or "" for name in SAID] + [
                value or "" for name, value in attrs if name.startswith("data-")
            ]
            self.found += [run for one in words for run in CHINESE.findall(one)]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1][1]):
            self.found += CHINESE.findall(data)


def pages_of(ground: Ground) -> Iterator[tuple[Door, str, str]]:  # noqa: F811 - the fixture's value
    for door in every_door():
        if door.api or door.method != "GET" or door.name in REDIRECTS or door.name in CHINESE_ALONE:
            continue
        seen = 0
        for label in ("nobody", *CAST):
            reader = NOBODY if label == "nobody" else ground.readers[label]
            if seen < READERS and (path := _path(door, ground, reader)):
                client = ground.client(reader)
                client.cookies[COOKIE] = "language=en"
                answer = client.get(path)
                client.cookies.pop(COOKIE)
                if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                    seen += 1
                    yield door, path, answer.content.decode()
                answer.close()


def _path(door: Door, ground: Ground, reader: Reader) -> str:  # noqa: F811
    if door.grant and (not may_open(reader, door.grant) or reader.role not in ONLY_FOR.get(door.name, {reader.role})):
        return ""
    asked = things_of(door)
    if asked is None:
        return address(door, None)
    things = [thing for _, thing in picked(asked, ground, reader, 1) if asked.may(reader, thing)]
    return address(door, things[0]) if things else ""


def written_by_people() -> str:
    """Everything the database holds, as one text."""
    name = settings.DATABASE_OWNER_URL.rsplit("/", 1)[1]
    with psycopg.connect(conftest.with_name(conftest.ADMIN, name)) as admin:
        tables = admin.execute(
            "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|information_schema)'"
        ).fetchall()
        parts = []
        for schema, table in tables:
            row = admin.execute(
                sql.SQL("select string_agg(x::text, ' ') from {t} x").format(t=sql.Identifier(schema, table))
            ).fetchone()
            parts.append(str(row[0]) if row and row[0] else "")
        return " ".join(parts)


def _is_in(run: str, known: str) -> bool:
    """As a whole, or as two names that stand beside each other: 西湖区湖埠村."""
    return run in known or any(run[:at] in known and run[at:] in known for at in range(2, len(run) - 1))


def test_a_page_in_english_holds_no_chinese_but_what_people_wrote(ground: Ground) -> None:  # noqa: F811
    known, wrong, pages = f"{written_by_people()} {' '.join(AS_THEY_ARE)}", dict[str, set[str]](), 0
    for door, path, html in pages_of(ground):
        pages += 1
        words = _Words()
        words.feed(html)
        words.close()
        for run in words.found:
            if not _is_in(run, known):
                wrong.setdefault(run, set()).add(f"{door.name} {path}")
    assert pages > 100
    assert wrong == {}, "\n".join(f"{run}: {', '.join(sorted(where)[:3])}" for run, where in sorted(wrong.items()))
