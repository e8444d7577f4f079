"""
A made-up province, and a year later the same one with changes that are known: nothing here knows how they are found.

Names are drawn from characters that names of places are made of; many occur twice in a county, as they do. What is
written down of each change is the place's own number, which no list has.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from tenants.divisions.rules import collapse
from tenants.divisions.types import Level, ListedRow, Standing, Tree

CHARACTERS = (
    "东西南北中上下前后大小新老长高平安康宁和顺永丰福华民建光明春秋金银玉石山水江河湖海溪泉桥塘湾港洲渡林木松竹梅兰柳杨"
    "桃李杏桂花草田园村庄城镇店铺营寨堡关口坪坡岭岗峰岩洞沟谷坝闸井潭龙凤虎马牛羊鹤雁云雨雪风星月日阳晨虹红黄青白黑紫"
)
CHANGES = 450  # of each kind


@dataclass(frozen=True)
class One:
    number: int
    level: Level
    code: str
    name: str
    parent: int | None


@dataclass
class Seeded:
    """The two lists, and the truth about each place by its number."""

    before: dict[int, One]
    after: dict[int, One]
    gone: set[int] = field(default_factory=set)
    added: set[int] = field(default_factory=set)
    renamed: set[int] = field(default_factory=set)
    recoded: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)
    split: dict[int, int] = field(default_factory=dict)  # new → the one it came out of
    merged: dict[int, int] = field(default_factory=dict)  # gone → the one it went into

    def known(self) -> list[Standing]:
        """The first list as the tree has it: the node of a place is its number."""
        tree = _tree(self.before)
        numbers = {(one.level, one.code.ljust(12, "0")): one.number for one in self.before.values()}
        nodes = [numbers[place.level, place.code] for place in tree.places]

        return [place.renumbered(nodes) for place in tree.places]

    def listed(self) -> Tree:
        return _tree(self.after)

    def number_of(self, code: str, level: Level) -> int:
        return next(one.number for one in self.after.values() if one.level == level and one.code.ljust(12, "0") == code)


def _tree(places: dict[int, One]) -> Tree:
    return collapse(
        ListedRow(one.level, one.code, one.name, places[one.parent].code if one.parent else "")
        for one in places.values()
    )


def a_year_apart(
    seed: int, *, cities: int = 6, counties: int = 7, streets: int = 14, changes: int = CHANGES
) -> Seeded:  # fmt: skip
    """A province of some 12,000 communities, and what became of it."""
    random = Random(seed)
    before = _province(random, cities, counties, streets)
    seeded = Seeded(before, dict(before))
    free = _Free(random, seeded)
    for act in (_merge, _split, _go, _add, _rename, _recode, _move):
        for _turn in range(changes):
            act(random, seeded, free)
    return seeded


def _word(random: Random) -> str:
    return "".join(random.choices(CHARACTERS, k=random.choice((2, 2, 2, 3))))


def _province(random: Random, cities: int, counties: int, streets: int) -> dict[int, One]:
    places: dict[int, One] = {}

    def put(level: Level, code: str, name: str, parent: int | None) -> int:
        number = len(places) + 1
        places[number] = One(number, level, code, name, parent)
        return number

    root = put(Level.PROVINCE, "99", "某省", None)
    for city in range(1, cities + 1):
        own_city = put(Level.CITY, f"99{city:02}", _word(random) + "市", root)
        for county in range(1, counties + 1):
            above = put(Level.COUNTY, f"99{city:02}{county + 20:02}", _word(random) + "县", own_city)
            common = [_word(random) for _ in range(40)]
            for street in range(1, streets + 1):
                road = put(Level.STREET, f"99{city:02}{county + 20:02}{street + 99:03}", _word(random) + "镇", above)
                used: set[str] = set()
                for place in range(random.randint(14, 28)):
                    word = random.choice(common) if random.random() < 0.1 else _word(random)
                    if word in used:
                        continue
                    used.add(word)
                    number, tail = (200 + place, "村委会") if place > 4 else (1 + place, "社区居委会")
                    put(Level.COMMUNITY, f"{places[road].code}{number:03}", word + tail, road)
    return places


class _Free:
    """Communities nothing has happened to, and codes and names that were never used in a street."""

    def __init__(self, random: Random, seeded: Seeded) -> None:
        self.random, self.seeded = random, seeded
        self.below: dict[int, list[int]] = {}
        for one in seeded.before.values():
            if one.level == Level.COMMUNITY and one.parent:
                self.below.setdefault(one.parent, []).append(one.number)
        self.streets = list(self.below)
        self.names = {
            street: {seeded.before[one].name for one in found} for street, found in self.below.items()
        }  # fmt: skip
        self.last = dict.fromkeys(self.streets, 300)
        self.next = max(seeded.before) + 1
        self.touched: set[int] = set()

    def take(self, count: int = 1) -> tuple[int, list[int]]:
        """Untouched communities of one street, neighbours by code."""
        while True:
            street = self.random.choice(self.streets)
            start = self.random.randrange(max(1, len(self.below[street]) - count))
            found = self.below[street][start : start + count]
            if len(found) == count and not set(found) & self.touched:
                self.touched.update(found)
                return street, found

    def code(self, street: int) -> str:
        self.last[street] += 1
        return f"{self.seeded.before[street].code}{self.last[street]:03}"

    def name(self, street: int, tail: str = "村委会") -> str:
        while (name := _word(self.random) + tail) in self.names[street]:
            pass
        self.names[street].add(name)
        return name

    def new(self, street: int, name: str) -> int:
        number, self.next = self.next, self.next + 1
        self.seeded.after[number] = One(number, Level.COMMUNITY, self.code(street), name, street)
        return number


def _bare(name: str) -> str:
    return name.removesuffix("社区居委会").removesuffix("村委会")


def _go(random: Random, seeded: Seeded, free: _Free) -> None:
    _street, (one,) = free.take()
    del seeded.after[one]
    seeded.gone.add(one)


def _add(random: Random, seeded: Seeded, free: _Free) -> None:
    street = random.choice(free.streets)
    seeded.added.add(free.new(street, free.name(street)))


def _rename(random: Random, seeded: Seeded, free: _Free) -> None:
    """Another word for the committee, or another character in the name; the code stays."""
    _street, (one,) = free.take()
    was = seeded.before[one]
    bare = _bare(was.name)
    if random.random() < 0.6:
        name = bare + random.choice(["社区", "居民委员会", "村民委员会", "村"])
    else:
        name = was.name.replace(bare, bare[:-1] + random.choice(CHARACTERS), 1)
    if name == was.name:
        name = f"{bare}新村"
    seeded.after[one] = replace(was, name=name)
    seeded.renamed.add(one)


def _recode(random: Random, seeded: Seeded, free: _Free) -> None:
    """Another code in the same street; of some a village became a residents' community."""
    street, (one,) = free.take()
    was = seeded.before[one]
    name = f"{_bare(was.name)}社区" if random.random() < 0.3 else was.name
    seeded.after[one] = replace(was, code=free.code(street), name=name)
    seeded.recoded.add(one)


def _move(random: Random, seeded: Seeded, free: _Free) -> None:
    """Into another street of the county."""
    street, (one,) = free.take()
    county = seeded.before[street].parent
    others = [other for other in free.streets if seeded.before[other].parent == county and other != street]
    to = random.choice(others)
    seeded.after[one] = replace(seeded.before[one], parent=to, code=free.code(to))
    seeded.moved.add(one)


def _split(random: Random, seeded: Seeded, free: _Free) -> None:
    """A new one beside the old: numbered, or of its first character."""
    street, (one,) = free.take()
    bare = _bare(seeded.before[one].name)
    second = random.choice(
        [f"{bare}第二社区", f"{bare}东社区", f"新{bare}社区", f"{bare[0]}{random.choice('阳安兴盛')}社区"]
    )
    new = free.new(street, second)
    seeded.split[new] = one
    seeded.added.add(new)


def _merge(random: Random, seeded: Seeded, free: _Free) -> None:
    """Two neighbours into a new one of both their names, or one into its neighbour."""
    street, (one, two) = free.take(2)
    if random.random() < 0.7:
        first, second = _bare(seeded.before[one].name), _bare(seeded.before[two].name)
        new = free.new(street, f"{first[0]}{second[0]}村委会")
        seeded.added.add(new)
        for gone in (one, two):
            del seeded.after[gone]
            seeded.gone.add(gone)
            seeded.merged[gone] = new
    else:
        del seeded.after[two]
        seeded.gone.add(two)
        seeded.merged[two] = one
