"""Place of what a demo holds: how many advisers a county has, which communities are vacant and why, which visits were made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from falin.kernel.clock import SHANGHAI
from falin.kernel.periods import Month
from falin.runtime.demo.people import pick
from tenants.divisions.api import Division

_NAMESPACE = UUID("6f1c1d1e-5a0b-4b9e-9b1a-33f1c0de0001")
SEATS = 3  # R2.2
TOPICS = [
    "民法典与邻里关系",
    "防范电信诈骗",
    "劳动者权益保护",
    "婚姻家庭与继承",
    "物业与业主",
    "土地承包与征收",
    "老年人权益保障",
    "消费者权益",
]
NOTES = ["解答土地承包咨询", "调解邻里纠纷", "审查居民公约", "解答劳动合同问题", "协助起草协议", "走访困难家庭"]
REASONS = ("resigned", "hiring", "remote", "firm_short", "merged")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    id: UUID
    node_id: int
    lecture: bool
    begins_at: datetime
    ends_at: datetime
    topic: str
    attendees: int | None
    note: str


def vacancy_share(county_code: str) -> float:
    """Most counties lack an adviser in one or two of a hundred communities, some of the poorer cities in up to twelve."""
    city = (0.4, 0.7, 1.0, 1.0, 2.4)[pick("city", county_code[:4]) % 5]
    return city * (0.002 + (pick("vacant", county_code) % 100 / 100) ** 2 * 0.05)


def is_vacant(county_code: str, community_code: str) -> bool:
    return pick("gap", community_code) % 10_000 < vacancy_share(county_code) * 10_000


def vacancy_reason(community_code: str) -> str:
    return REASONS[pick("why", community_code) % len(REASONS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStation:
    node_id: int
    name: str
    address: str
    opening: str
    wheelchair: bool
    opened_on: date


def stations_of(county: Division, streets: list[Division], communities: list[Division]) -> Iterator[PlannedStation]:
    """A centre for the county, a station for each street, a studio in every sixth community (R1.6)."""
    week = "周一至周五 9:00-12:00 14:00-17:00"
    yield PlannedStation(
        node_id=county.id, name=f"{county.name}公共法律服务中心", address=f"{county.name}政务服务中心二楼",
        opening=f"{week}\n周六 9:00-12:00", wheelchair=True, opened_on=date(2018, 5, 1),
    )  # fmt: skip
    for place in streets:
        yield PlannedStation(
            node_id=place.id, name=f"{place.name}公共法律服务工作站", address=f"{place.name}便民服务中心一楼", opening=week,
            wheelchair=bool(pick("step", place.code) % 4), opened_on=date(2019 + pick("since", place.code) % 5, 3, 1),
        )  # fmt: skip
    for place in communities:
        if pick("studio", place.code) % 6:
            continue
        day = "一二三四五"[pick("day", place.code) % 5]
        yield PlannedStation(
            node_id=place.id, name=f"{place.name}法律工作室", address=f"{place.name}党群服务中心一楼",
            opening=f"周{day} {('9:00-11:30', '14:00-17:00')[pick('half', place.code) % 2]}",
            wheelchair=bool(pick("step", place.code) % 3), opened_on=date(2021 + pick("since", place.code) % 5, 9, 1),
        )  # fmt: skip


def groups(communities: list[Division]) -> Iterator[list[Division]]:
    """Communities served by one adviser: neighbours in one street, three at most."""
    by_street: dict[int | None, list[Division]] = {}
    for place in communities:
        by_street.setdefault(place.street_id, []).append(place)
    rest: list[Division] = []
    for places in by_street.values():
        whole = len(places) // SEATS * SEATS
        for index in range(0, whole, SEATS):
            yield places[index : index + SEATS]
        rest += places[whole:]
    for index in range(0, len(rest), SEATS):
        yield rest[index : index + SEATS]


def contract(county_code: str, number: int, today: date) -> tuple[date, date]:
    """Most contracts began in January and run to the next; some began in mid-month, some end soon."""
    kind = pick("contract", county_code, number) % 20
    begins = date(today.year, 1, 1)
    if kind == 0:
        begins = date(today.year, 6, 1) + timedelta(days=pick(county_code, number, "begin") % 28)
    ends = date(today.year + 1, 3, 31)
    if kind in {1, 2}:
        ends = today + timedelta(days=5 + pick(county_code, number, "end") % 25)
    return begins, ends


def full_months(today: date) -> list[Month]:
    """The months of the last whole quarter, then those since."""
    this = Month.of(today)
    first = this.quarter[0].plus(-3)
    months = [first]
    while months[-1] < this:
        months.append(months[-1].plus(1))
    return months


def visits_of(
    *, places: list[Division], months: list[Month], quarter: list[Month], now: datetime, sparse: bool
) -> Iterator[PlannedVisit]:
    """
    An adviser's days: each community has its own half-days, so that he is nowhere twice.

    In a month he spends two half-days in each of his communities, four or four and a quarter hours, now and then too
    little; in a quarter he gives one lecture in each.
    """
    for month in months:
        for slot, place in enumerate(places):
            for turn in range(1 if sparse else 2):
                seed = pick(place.code, month, turn)
                if seed % 17 == 0 and turn:
                    continue  # this month one visit only: behind
                yield from _visit(place, month, _day(slot, turn), seed, lecture=False, now=now)
            if month in quarter and not sparse and pick(place.code, "lecture") % 3 == quarter.index(month):
                yield from _visit(place, month, _day(slot, 2), pick(place.code, month, "l"), lecture=True, now=now)


def _day(slot: int, turn: int) -> int:
    """Of the month: 2, 3, 4 · 9, 10, 11 · 16, 17, 18."""
    return 2 + slot + turn * 7


def _visit(
    place: Division, month: Month, day: int, seed: int, *, lecture: bool, now: datetime
) -> Iterator[PlannedVisit]:  # fmt: skip
    begin = datetime.combine(date(month.year, month.month, day), time(8, 30) if seed % 2 else time(13, 30), SHANGHAI)
    length = timedelta(minutes=90 if lecture else (240, 240, 255, 245)[seed // 7 % 4])
    if begin + length > now:
        return
    yield PlannedVisit(
        id=uuid5(_NAMESPACE, f"{place.code}/{begin.isoformat()}"), node_id=place.id, lecture=lecture, begins_at=begin,
        ends_at=begin + length, topic=TOPICS[seed // 11 % len(TOPICS)] if lecture else "",
        attendees=12 + seed // 13 % 60 if lecture else None, note="" if lecture else NOTES[seed // 17 % len(NOTES)],
    )  # fmt: skip
