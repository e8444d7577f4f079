"""
A made-up province, and a year later the same one after a reform of its streets and counties: they were renamed, given other
codes, moved, merged and split, and what lies in them went along. Nothing here knows how that is found.

What became of a place is read off its own number, which no list has: its parent, else its code, else its name is another.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tenants.divisions.types import Level
from tests.unit.divisions.seeded import CHARACTERS, One, Seeded, _word

_WIDTH = {Level.CITY: 2, Level.COUNTY: 2, Level.STREET: 3, Level.COMMUNITY: 3}  # digits a level adds to the code
_ACTS = ("rename", "recode", "move", "merge", "split")


def streets_reformed(seed: int, *, each: int = 400) -> Seeded:
    """Some 4,000 streets with 24,000 communities, and so many of each change of streets."""
    return _reformed(seed, Level.STREET, each, cities=10, counties=10, streets=40)


def counties_reformed(seed: int, *, each: int = 100) -> Seeded:
    """Some 800 counties with 4,800 streets and 29,000 communities, and so many of each change of counties."""
    return _reformed(seed, Level.COUNTY, each, cities=20, counties=40, streets=6)


def _reformed(seed: int, level: Level, each: int, **shape: int) -> Seeded:
    random = Random(seed)
    made = _Reform(random, _province(random, **shape))
    for act in _ACTS:
        for _turn in range(each):
            getattr(made, act)(level)
    return made.told()


def _province(random: Random, *, cities: int, counties: int, streets: int) -> dict[int, One]:
    places: dict[int, One] = {}

    def put(level: Level, code: str, name: str, parent: int | None) -> int:
        places[len(places) + 1] = One(len(places) + 1, level, code, name, parent)
        return len(places)

    root = put(Level.PROVINCE, "99", "某省", None)
    for city in range(1, cities + 1):
        own_city = put(Level.CITY, f"99{city:02}", _word(random) + "市", root)
        for county in range(1, counties + 1):
            code = f"99{city:02}{county + 20:02}"
            above = put(Level.COUNTY, code, _word(random) + random.choice("县县区"), own_city)
            taken: set[str] = set()
            for street in range(1, streets + 1):
                name = _new_word(random, taken) + random.choice(["镇", "镇", "乡", "街道"])
                road = put(Level.STREET, f"{code}{street + 99:03}", name, above)
                used: set[str] = set()
                for place in range(random.randint(4, 8)):
                    word = _new_word(random, used)
                    put(Level.COMMUNITY, f"{code}{street + 99:03}{200 + place:03}", word + "村委会", road)
    return places


def _new_word(random: Random, taken: set[str]) -> str:
    while (word := _word(random)) in taken:
        pass
    taken.add(word)
    return word


class _Reform:
    def __init__(self, random: Random, before: dict[int, One]) -> None:
        self.random, self.before, self.after = random, before, dict(before)
        self.below: dict[int, set[int]] = {}
        for one in before.values():
            if one.parent:
                self.below.setdefault(one.parent, set()).add(one.number)
        self.codes = {(one.level, one.code) for one in before.values()}
        self.at = {level: [one.number for one in before.values() if one.level == level] for level in Level}
        self.touched: set[int] = set()
        self.split_off: dict[int, int] = {}
        self.merged: dict[int, int] = {}
        self.next = max(before) + 1

    def told(self) -> Seeded:
        made = Seeded(self.before, self.after, split=self.split_off, merged=self.merged)
        made.gone, made.added = set(self.before) - set(self.after), set(self.after) - set(self.before)
        for number in set(self.before) & set(self.after):
            was, became = self.before[number], self.after[number]
            if was.parent != became.parent:
                made.moved.add(number)
            elif was.code != became.code:
                made.recoded.add(number)
            elif was.name != became.name:
                made.renamed.add(number)
        return made

    # ---- one act each ------------------------------------------------------------------------------------------------
    def rename(self, level: Level) -> None:
        """Another word for what it is (县 to 区, 乡 to 镇), or another character."""
        one = self.take(level)
        bare, tail = _parts(one.name)
        others = [word for word in (["区", "市"] if level == Level.COUNTY else ["镇", "街道", "乡"]) if word != tail]
        name = bare + self.random.choice(others)
        if self.random.random() < 0.3:
            name = bare[:-1] + self.random.choice(CHARACTERS) + tail
        self.after[one.number] = replace(one, name=name if name != one.name else f"新{one.name}")

    def recode(self, level: Level) -> None:
        """Another code under the same parent, and all below follows; of some the word for what it is changes with it."""
        one = self.take(level)
        name = one.name
        if self.random.random() < 0.5:
            name = _parts(name)[0] + ("区" if level == Level.COUNTY else "街道")
        self.hang(replace(one, name=name), one.parent or 0)

    def move(self, level: Level) -> None:
        """Under another parent of the same kind, and all below goes along."""
        one = self.take(level)
        self.hang(one, self.other_parent(one))

    def merge(self, level: Level) -> None:
        """One into its neighbour, or two into a new one of both their names; what lay in them lies there."""
        one = self.take(level)
        two = self.take(level, beside=one)
        if self.random.random() < 0.5:
            into = two.number
        else:
            parent, (first, _tail), (second, tail) = two.parent or 0, _parts(one.name), _parts(two.name)
            known = {_parts(self.before[other].name)[0] for other in self.below[parent] if other in self.before}
            made = [mine + its for mine in (first[0], first[-1]) for its in (second[0], second[-1])]
            free = [word for word in made if word not in known | {first, second}]  # no county has two of one name
            into = self.new(level, (free or [_new_word(self.random, known)])[0] + tail, parent)
            self.give(two.number, into, sorted(self.below.get(two.number, ())))
            self.end(two.number, into)
        self.give(one.number, into, sorted(self.below.get(one.number, ())))
        self.end(one.number, into)

    def split(self, level: Level) -> None:
        """A new one takes the second half of what lies there."""
        one = self.take(level)
        inside = sorted(self.below[one.number])
        around = {_parts(self.after[other].name)[0] for other in self.below[one.parent or 0]}
        new = self.new(level, _new_word(self.random, around) + _parts(one.name)[1], one.parent or 0)
        self.give(one.number, new, inside[len(inside) // 2 :])
        self.split_off[new] = one.number

    # ---- what they are made of ---------------------------------------------------------------------------------------
    def take(self, level: Level, beside: One | None = None) -> One:
        """One that nothing has happened to yet, nor to anything it lies in or beside."""
        while True:
            pool = sorted(self.below[beside.parent or 0]) if beside else self.at[level]
            number = self.random.choice(pool)
            one = self.after.get(number)
            if one is None or number in self.touched or one.parent in self.touched or number not in self.before:
                if beside and all(other in self.touched or other not in self.before for other in pool):
                    beside = self.take(level)  # nobody is left there: whose neighbour it is matters to nobody
                continue
            self.touched.add(number)
            return one

    def other_parent(self, one: One) -> int:
        above = self.before[one.parent or 0]
        pool = sorted(self.below[above.parent or 0] - {above.number} - self.touched)
        return self.random.choice([number for number in pool if number in self.before])

    def hang(self, one: One, parent: int) -> None:
        """Under ``parent`` with a code of its own there; everything below keeps the end of its code."""
        code = self.code(one.level, self.after[parent].code)
        if one.parent != parent:
            self.below[one.parent or 0].discard(one.number)
            self.below[parent].add(one.number)
        self.after[one.number] = replace(one, code=code, parent=parent)
        self.follow(one.number)

    def follow(self, number: int) -> None:
        for child in sorted(self.below.get(number, ())):
            below = self.after[child]
            code = self.after[number].code + below.code[-_WIDTH[below.level] :]
            self.codes.add((below.level, code))
            self.after[child] = replace(below, code=code)
            self.follow(child)

    def give(self, source: int, target: int, children: list[int]) -> None:
        for child in children:
            self.hang(self.after[child], target)

    def end(self, number: int, into: int) -> None:
        parent = self.after.pop(number).parent or 0
        self.below[parent].discard(number)
        self.merged[number] = into

    def new(self, level: Level, name: str, parent: int) -> int:
        number, self.next = self.next, self.next + 1
        self.after[number] = One(number, level, self.code(level, self.after[parent].code), name, parent)
        self.below[number] = set()
        self.below[parent].add(number)
        self.touched.add(number)
        return number

    def code(self, level: Level, above: str) -> str:
        """One that was never used there."""
        first = {Level.COUNTY: 40, Level.STREET: 200, Level.COMMUNITY: 300}[level]
        width = _WIDTH[level]
        found = next(code for n in range(first, 10**width) if (level, code := f"{above}{n:0{width}}") not in self.codes)
        self.codes.add((level, found))
        return found


def _parts(name: str) -> tuple[str, str]:
    """What tells a place from others, and the word for what it is."""
    tail = "街道" if name.endswith("街道") else name[-1]
    return name.removesuffix(tail), tail
