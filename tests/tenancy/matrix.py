"""The matrix itself: one reader knocks at every door for things at every distance, and each answer is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.tenancy.doors import (
    NOTHING_FOR,
    ONLY_FOR,
    OPEN_WRITES,
    REDIRECTS,
    SPECIMENS,
    Answer,
    Asked,
    Door,
    Thing,
    every_door,
    knock,
    queries_of,
    shows,
    things_of,
    write_of,
)
from tests.tenancy.ground import CAST, Fact, Ground, Reader
from tests.tenancy.reference import may_open, may_see

RELATIONS = ("own", "child", "parent", "neighbour", "stranger")


@dataclass
class Findings:
    """What was asked how often, and everything that was not as it should be."""

    wrong: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.wrong)

    def __str__(self) -> str:
        return f"{len(self.wrong)} of {self.asked.total()}\n" + "\n".join(self.wrong)

    def note(self, sentence: str) -> None:
        self.wrong.append(sentence)


def picked(asked: Asked, ground: Ground, reader: Reader, most: int) -> Iterator[tuple[str, Thing]]:
    """Up to ``most`` things of each distance, and of each distance both what he may have and what he may not."""
    taken: Counter[tuple[str, bool]] = Counter()
    for thing in asked.things(ground):
        relation = thing.relation(reader)
        key = (relation, asked.may(reader, thing))
        if taken[key] < most:
            taken[key] += 1
            yield relation, thing


def rightful_writer(ground: Ground, door: Door) -> tuple[Reader, Thing | None]:
    """The first of the cast who may do it, and to what."""
    write, asked = write_of(door), things_of(door)
    for label in CAST:
        reader = ground.readers[label]
        if not may_open(reader, door.grant):
            continue
        if asked is None:
            return reader, None
        things = list(asked.things(ground))
        for thing in reversed(things) if door.api else things:  # a page and its API do not take each other's
            if asked.may(reader, thing) and write.right(ground, reader, thing):
                return reader, thing
    raise AssertionError(f"{door}: nobody in the cast may send it; the peopled world lacks something")


def walk_doors(
    ground: Ground, reader: Reader, findings: Findings, *, most: int = 1, refused: bool = True
) -> None:  # fmt: skip
    """
    Have one reader knock everywhere.

    Writes are sent only where they must be refused: by somebody without the grant, or for a thing that is not his.

    :param refused: also at doors that are shut to his role.
    """
    for door in every_door():
        if not refused and door.grant and not may_open(reader, door.grant):
            continue
        if not door.grant and door.api and reader.role not in {"nobody", "auditor"}:
            continue  # the description of the API takes a second to write, and is the same for all
        asked = things_of(door)
        if asked is None:
            _ask(ground, reader, door, None, "", None, findings)
            continue
        for relation, thing in picked(asked, ground, reader, most):
            _ask(ground, reader, door, asked, relation, thing, findings)


def _ask(
    ground: Ground,
    reader: Reader,
    door: Door,
    asked: Asked | None,
    relation: str,
    thing: Thing | None,
    findings: Findings,
) -> None:
    granted = not door.grant or (reader.role != "nobody" and may_open(reader, door.grant))
    his = asked is None or thing is None or asked.may(reader, thing)
    if door.writes and granted and his and str(door) not in OPEN_WRITES:
        return  # it would be done: see test_writes
    answer = knock(ground, reader, door, thing, echoes=not his)
    findings.asked[relation or "no thing"] += 1
    where = f"{reader.label} {door}" + (f" {relation} {dict(thing.parts)}" if thing else "")
    judge_leak(ground, reader, door, answer, where, findings)
    if door.grant:
        wanted = expected(reader, door, asked, granted=granted, his=his)
        if answer.status not in wanted:
            findings.note(f"{where}: {answer.status}, not {sorted(wanted)}")
    elif answer.status >= 500:
        findings.note(f"{where}: {answer.status}")
    if reader.role == "nobody" and door.grant and not door.api and "/accounts/login/" not in answer.location:
        findings.note(f"{where}: not sent to the sign-in page but to {answer.location!r}")
    if granted and his and door.grant and answer.status == 200 and not door.writes:
        judge_rows(ground, reader, door, thing, answer, where, findings)


def expected(reader: Reader, door: Door, asked: Asked | None, *, granted: bool, his: bool) -> set[int]:
    if reader.role == "nobody":
        return {401} if door.api else {302}
    if not granted or (door.name in ONLY_FOR and reader.role not in ONLY_FOR[door.name]):
        return {403}
    if not his:
        if asked and asked.empty:
            return {200, 404}
        return set(write_of(door).refused) if door.writes else {404}
    if door.name in REDIRECTS:
        return {302}
    return {200} | set(asked.also if asked else ())


def judge_leak(ground: Ground, reader: Reader, door: Door, answer: Answer, where: str, findings: Findings) -> None:
    foreign = leaked(ground, reader, door, answer)
    if foreign:
        findings.note(f"{where}: shows {', '.join(map(str, foreign[:4]))}")
    figures = foreign_figures(ground, reader, answer)
    if figures:
        findings.note(f"{where}: shows figures of {figures}")
    if answer.touched and str(door) not in OPEN_WRITES:
        findings.note(f"{where}: wrote {', '.join(answer.touched)}")


def leaked(ground: Ground, reader: Reader, door: Door, answer: Answer) -> list[Fact]:
    if door.name in SPECIMENS:
        return []
    may = {fact.word for fact in answer.seen if may_see(reader, fact, door.name)}  # one word can stand in two tables
    return [fact for fact in answer.seen if fact.word not in may]


def foreign_figures(ground: Ground, reader: Reader, answer: Answer) -> list[str]:
    places = sorted(ground.code[node] for node in answer.figures_of)
    return [place for place in places if not reader.reaches([place])]


def judge_rows(
    ground: Ground, reader: Reader, door: Door, thing: Thing | None, answer: Answer, where: str, findings: Findings
) -> None:  # fmt: skip
    """A rightful reader finds at least one row of his own, and the very thing he asked for."""
    kinds = shows(door)
    if isinstance(kinds, str) or {reader.role, reader.label} & NOTHING_FOR.get(door.name, set()):
        return
    texts = [kind[1:] for kind in kinds if kind.startswith("=")]
    has = any(fact.kind in kinds and may_see(reader, fact, door.name) for fact in ground.facts)
    if (
        (has or texts)
        and not any(fact.kind in kinds for fact in answer.seen)
        and not any(text in answer.text for text in texts)
    ):
        findings.note(f"{where}: no row of {sorted(kinds)} for its rightful reader")
    if (
        thing
        and thing.fact
        and thing.fact.kind in kinds
        and thing.fact.kind != "photo"
        and not door.name.endswith("errors")
    ):
        same = {fact.word for fact in answer.seen if fact.kind == thing.fact.kind}
        if not same:
            findings.note(f"{where}: {thing.fact} is not in the answer")


def probe_queries(ground: Ground, reader: Reader, findings: Findings) -> None:
    """The same doors asked with things in the query: nothing foreign comes back, and nothing breaks."""
    for door in every_door():
        if door.method != "GET" or not door.grant or not may_open(reader, door.grant):
            continue
        for query, codes in queries_of(door, ground):
            answer = knock(ground, reader, door, None, query)
            findings.asked["query"] += 1
            where = f"{reader.label} {door}?{query} ({', '.join(sorted(codes))})"
            judge_leak(ground, reader, door, answer, where, findings)
            if answer.status not in {200, 403, 404, 422}:
                findings.note(f"{where}: {answer.status}")
