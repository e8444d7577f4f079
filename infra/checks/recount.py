"""
Counts every published figure again from the raw rows, slowly and by other means, and says where the board differs.

Imports nothing of Falin. Reads with psql (or psycopg, where there is no psql) as any role that may read the tables: row
security is answered by saying, in this session, that the whole of each tenant is wanted.

    python infra/checks/recount.py postgresql://falin_app@127.0.0.1/falin

Prints one JSON line: ``{"compared": n, "months": n, "divisions": n, "waiting": [...], "differences": [...]}``. Months that
changed since they were published wait for the next roll-up and are listed, not compared. Exit 1 on differences, 2 when
there is nothing to compare.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))  # one legal time without summer time since 1992
MEASURES = (
    "communities", "covered", "urban", "urban_covered", "pairs", "required_minutes", "minutes", "met", "visits", "lectures",
)  # fmt: skip
MOST_SHOWN = 50

Rows = list[list[str]]
Ask = Callable[[str], Rows]


def by_psql(url: str, program: str) -> Ask:
    """Every answer through psql, as CSV."""

    def ask(statement: str) -> Rows:
        done = subprocess.run(
            [program, "--no-psqlrc", "--quiet", "--csv", "--tuples-only", "--set=ON_ERROR_STOP=1", url],
            input=statement, capture_output=True, text=True, check=False,
            env={**os.environ, "PGOPTIONS": "-c default_transaction_read_only=on -c timezone=UTC"},
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr)
        return list(csv.reader(io.StringIO(done.stdout)))

    return ask


def by_psycopg(url: str) -> Ask:
    """The same where there is no psql."""
    import psycopg

    connection = psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=on -c timezone=UTC")

    def ask(statement: str) -> Rows:
        with connection.cursor() as cursor:
            for one in statement.split(";"):
                if one.strip():
                    cursor.execute(one)
            return [["" if value is None else str(value) for value in row] for row in cursor.fetchall()]

    return ask


def read(ask: Ask, select: str, *, schema: str = "public", roots: Iterable[str] = ()) -> Rows:
    """One statement, in one tenant's schema, with row security told that the whole is wanted."""
    return ask(
        f"set search_path = {schema}, public; set app.whole = 'on'; set app.nodes = '{{}}';"
        f" set app.roots = '{{{','.join(roots)}}}'; {select}"
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text if text[-3] == ":" else text + ":00").astimezone(SHANGHAI)


def day(text: str, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise


def month_of(text: str) -> tuple[date, date]:
    """First and last day."""
    year, month = map(int, text.split("-"))
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def minutes_within(begin: datetime, end: datetime, first: date, last: date) -> int:
    opens = datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
    closes = datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) + timedelta(days=1)
    return max(0, int((min(end, closes) - max(begin, opens)).total_seconds() // 60))


class Tree:
    """The places as they were on a day."""

    def __init__(self, ask: Ask) -> None:
        self.rows = read(
            ask,
            "select node_id, level, province_id, city_id, county_id, street_id, urban, status, valid_from, valid_to"
            " from divisions_divisionversion where level >= 4",
        )

        self.ends: dict[str, list[str]] = {}  # of each community its last version
        for row in sorted(self.rows, key=lambda row: row[8]):
            if row[1] == "5":
                self.ends[row[0]] = row
        self.taken: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
        for source, target, when, part, whole in read(
            ask, "select from_node, to_node, day, numerator, denominator from divisions_divisionlineage"
                 " where kind in ('split', 'merge') and from_node <> to_node",
        ):  # fmt: skip
            self.taken[source, when].append((-int(part) / int(whole), int(target)))

    def went(self, node: str, when: date) -> str:
        """Where a community that ended by that day counts: at who took most of it, and on from there."""
        while node in self.ends and (over := self.ends[node][9]) and date.fromisoformat(over) <= when:
            if not (takers := self.taken.get((node, over))):
                break
            node = str(min(takers)[1])
        return node

    def on(self, when: date) -> Iterable[list[str]]:
        for row in self.rows:
            if day(row[8], date.min) <= when and (not row[9] or date.fromisoformat(row[9]) > when):
                yield row


class Count:
    """Every division of one county in one month, from the raw rows."""

    def __init__(self, tree: Tree, county: str, month: str, as_of: date) -> None:
        self.first, self.last = month_of(month)
        self.as_of = as_of
        self.figures: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
        self.above: dict[str, list[str]] = {}
        self.urban: dict[str, bool] = {}
        self.given: dict[tuple[str, str], int] = defaultdict(int)
        self.lines: set[tuple[Any, ...]] = set()
        self.tree, self.county = tree, county
        for node, level, province, city, of_county, street, urban, status, _begin, _end in tree.on(as_of):
            if of_county != county:
                continue
            if level == "5":
                self.above[node] = [place for place in dict.fromkeys([node, street, county, city, province]) if place]
                self.urban[node] = urban in {"t", "True", "true"}
            elif status == "in_use":
                self.figures[node] = dict.fromkeys(MEASURES, 0)  # a street with nothing in it is published too

    def at(self, node: str) -> str:
        """Where what was done at a place counts: there, at its heir in this county, or under its own name alone."""
        if node in self.above:
            return node
        if (heir := self.tree.went(node, self.as_of)) in self.urban:
            return heir
        if node in self.tree.ends and self.tree.ends[node][4] == self.county:
            _node, _level, province, city, county, street, *_rest = self.tree.ends[node]
            street = street if street in self.figures else ""
            self.above[node] = [place for place in dict.fromkeys([node, street, county, city, province]) if place]
        return node

    def add(self, node: str, measure: str, amount: int) -> None:
        for place in self.above.get(node, ()):
            self.figures[place][measure] += amount

    def places(self, appointments: Rows) -> None:
        covered = {
            node for node, _adviser, begin, end in appointments
            if date.fromisoformat(begin) <= self.as_of <= day(end, date.max)
        }  # fmt: skip
        for node, urban in self.urban.items():
            self.add(node, "communities", 1)
            self.add(node, "urban", int(urban))
            self.add(node, "covered", int(node in covered))
            self.add(node, "urban_covered", int(urban and node in covered))

    def visits(self, visits: Rows) -> None:
        for visit, where, adviser, kind, begin, end, name in visits:
            begins, ends = moment(begin), moment(end)
            inside = minutes_within(begins, ends, self.first, self.last)
            if not inside:
                continue
            node = self.at(where)
            self.given[node, adviser] += inside
            self.add(node, "minutes", inside)
            self.add(node, "visits", 1)
            self.add(node, "lectures", int(kind == "lecture"))
            if node in self.above:
                on_day = max(begins.date(), self.first).isoformat()
                self.lines.add((visit, node, kind, on_day, str(inside), name))

    def hours(self, appointments: Rows, hours: int) -> None:
        """After the visits: what was due, and who reached it."""
        served: dict[tuple[str, str], set[date]] = defaultdict(set)
        for node, adviser, begin, end in appointments:
            start, stop = max(date.fromisoformat(begin), self.first), min(day(end, self.last), self.last)
            served[node, adviser].update(start + timedelta(days=n) for n in range((stop - start).days + 1))
        owed: dict[tuple[str, str], list[int]] = defaultdict(list)
        for (node, adviser), days in served.items():
            if days:
                owed[self.at(node), adviser].append(hours * 60 * len(days) // self.last.day)
        for pair, parts in owed.items():
            self.add(pair[0], "pairs", 1)
            self.add(pair[0], "required_minutes", sum(parts))
            self.add(pair[0], "met", int(self.given[pair] >= sum(parts)))


def main() -> int:
    parser = argparse.ArgumentParser(description="Count every published figure again from the raw rows.")
    parser.add_argument("url", nargs="?", default=os.environ.get("DATABASE_URL", ""))
    parser.add_argument("--psql", default=shutil.which("psql") or "", help="the psql program; none: psycopg")
    parser.add_argument("--hours", type=int, default=8, help="hours a month in each community (R2.4)")
    asked = parser.parse_args()
    ask = by_psql(asked.url, asked.psql) if asked.psql else by_psycopg(asked.url)

    tree = Tree(ask)
    tenants = read(ask, "select schema_name, node_id from registry_tenant where kind = 'county' order by schema_name")
    roots = [row[0] for row in read(ask, "select distinct province_id from divisions_divisionversion")]
    board = board_of(ask, roots)
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    shown: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    compared, differences, waiting, months = 0, [], [], set()
    for schema, county in tenants:
        dirty = {row[0] for row in read(ask, "select month from duty_dirtymonth", schema=schema)}
        appointments = read(
            ask, "select node_id, adviser_id, begins_on, ends_on from advisers_appointment", schema=schema
        )
        visits = read(
            ask,
            "select id, node_id, adviser_id, kind, begins_at, ends_at, adviser_name from duty_visit"
            " where voided_at is null",
            schema=schema,
        )
        for month in sorted(month for at, month in board.counties if at == county):
            if month in dirty:
                waiting.append({"schema": schema, "month": month})
                continue
            months.add(month)
            as_of = board.counties[county, month]
            count = Count(tree, county, month, as_of)
            count.places(appointments)
            count.visits(visits)
            count.hours(appointments, asked.hours)
            figures, published = count.figures, board.figures[county, month]
            upper = {place for place in figures if place not in published and figures[place]["communities"]}
            for place in upper & board.upper[county]:
                add_up(sums[place, month], figures.pop(place))
                add_up(shown[place, month], published[county])
            compared += compare(differences, month, figures, published)
            raw, public = count.lines, board.lines(ask, roots, county, month)
            compared += len(raw)
            differences += [{"month": month, "line": list(line)} for line in sorted(raw ^ public)]
    for (place, month), summed in sums.items():
        compared += compare(differences, month, {place: summed}, {place: shown[place, month]})
    answer = {
        "compared": compared, "months": len(months), "divisions": len(board.places) + len({place for place, _ in sums}),
        "waiting": waiting, "different": len(differences), "differences": differences[:MOST_SHOWN],
    }  # fmt: skip
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 1 if differences else 0 if compared else 2


def add_up(into: dict[str, int], counts: dict[str, int]) -> None:
    for measure in MEASURES:
        into[measure] += counts[measure]


def compare(
    differences: list[Any], month: str, figures: dict[str, dict[str, int]], published: dict[str, dict[str, int]]
) -> int:
    for place in figures.keys() | published.keys():
        mine, theirs = figures.get(place), published.get(place)
        if mine != theirs:
            differences.append({"month": month, "division": place, "recounted": mine, "published": theirs})
    return len(figures) * len(MEASURES)


class Board:
    """What is published: figures by county and month, and the day each county counted coverage on."""

    def __init__(self, rows: Rows) -> None:
        self.counties: dict[tuple[str, str], date] = {}
        self.figures: dict[tuple[str, str], dict[str, dict[str, int]]] = defaultdict(dict)
        self.upper: dict[str, set[str]] = defaultdict(set)
        self.places: set[str] = set()
        for month, node, county, city, province, as_of, *counts in rows:
            self.places.add(node)
            self.figures[county, month][node] = dict(zip(MEASURES, map(int, counts), strict=True))
            self.upper[county] |= {place for place in (city, province) if place and place != county}
            if node == county:
                self.counties[county, month] = date.fromisoformat(as_of)

    @staticmethod
    def lines(ask: Ask, roots: list[str], county: str, month: str) -> set[tuple[Any, ...]]:
        found = read(
            ask,
            "select visit_id, node_id, kind, on_day, minutes, adviser_name from indicators_visitline"  # noqa: S608
            f" where county_id = {int(county)} and month = '{month}'",
            roots=roots,
        )
        return {tuple(row) for row in found}


def board_of(ask: Ask, roots: list[str]) -> Board:
    return Board(
        read(
            ask,
            "select month, node_id, county_id, city_id, province_id, as_of, communities, covered, urban, urban_covered,"
            " pairs, required_minutes, minutes, met, visits, lectures from indicators_figure",
            roots=roots,
        )
    )


if __name__ == "__main__":
    raise SystemExit(main())
