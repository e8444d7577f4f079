"""
The place that compares a new list with the tree: which places are the same, and what became of the others.

Identity is looked for from the top down, the surest sign first, and each sign counts only where it fits one place on
either side: the code with the name; the name under the same parent; the code with a name that resembles; the stem of
the name under the same parent; what lies below; the name within the county, of streets and counties within the
province. What no sign joins has ended or begun; what a list cannot tell is left to a person, with candidates.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Final

from tenants.divisions.rules.codes import SIGNIFICANT
from tenants.divisions.rules.naming import is_numbered, likeness, stem
from tenants.divisions.types import Candidate, ChangeKind, Level, Placed, Proposal, Reason, Standing, Tree

RESEMBLES: Final = 0.5  # likeness of names from which on two places may be one
MOSTLY: Final = 0.5  # share of what lies below from which on a street is the same, or went into another
WORTH_SHOWING: Final = 0.15
_SHOWN: Final = 3
_TRAITS: Final = Standing._fields.index("kind")  # from here on a place tells of itself, not of where it stands
_Sign = Callable[[int], Hashable]


def detect(known: Sequence[Standing], tree: Tree) -> list[Proposal]:
    """What the list would change in the tree, ancestors first. ``known`` are the open places of what the list covers."""
    same = _Same(known, tree.places)
    for level in Level:
        same.join(level)
    return _Proposals(same).all()


class _Same:
    """Which place of the tree is which place of the list, by positions in either sequence."""

    def __init__(self, known: Sequence[Standing], places: Sequence[Standing]) -> None:
        self.known, self.places = known, places
        self.position = {place.node: index for index, place in enumerate(known)}
        self.old_of: list[int | None] = [None] * len(places)
        self.new_of: list[int | None] = [None] * len(known)
        self.sign: dict[int, tuple[Reason, bool]] = {}
        self.children_old = _children(self.position.get(place.parent or 0) for place in known)
        self.children_new = _children(place.parent for place in places)
        self._by_level_old = _by_level(known)
        self._by_level_new = _by_level(places)

    def join(self, level: Level) -> None:
        """Join the places of one level; those above are joined."""
        codes = {self.known[old].code: old for old in self._by_level_old[level]}
        pairs: list[tuple[int, int]] = []  # same code, another name
        for new in self._by_level_new[level]:
            old = codes.get(self.places[new].code)
            if old is not None and self.known[old].name == self.places[new].name:
                self.old_of[new], self.new_of[old] = old, new
            elif old is not None:
                pairs.append((old, new))
        self._alike(level, lambda old: (self._above_old(old), self.known[old].name),
                    lambda new: (self._above_new(new), self.places[new].name), Reason.SAME_NAME_HERE)  # fmt: skip
        for old, new in pairs:
            if (like := likeness(self.known[old].name, self.places[new].name)) >= RESEMBLES:
                self._take(old, new, Reason.COMMITTEE_WORDS if like == 1 else Reason.LIKE_NAME)
        self._alike(level, lambda old: (self._above_old(old), stem(self.known[old].name)),
                    lambda new: (self._above_new(new), stem(self.places[new].name)), Reason.LIKE_NAME_HERE)  # fmt: skip
        if level < Level.COMMUNITY:
            self._below(level)
        self._alike(level, *self._within("county" if level == Level.COMMUNITY else "city"), Reason.SAME_NAME_NEAR)
        if level < Level.COMMUNITY:  # 新华社区 there is a hundred times in a province
            self._alike(level, *self._within("province"), Reason.SAME_NAME_FAR)
        for old, new in pairs:
            self._take(old, new, Reason.UNLIKE_NAME, sure=False)

    def _take(self, old: int, new: int, reason: Reason, *, sure: bool = True) -> None:
        if self.new_of[old] is None and self.old_of[new] is None:
            self.old_of[new], self.new_of[old] = old, new
            self.sign[new] = reason, sure

    def _alike(self, level: Level, of_old: _Sign, of_new: _Sign, reason: Reason, *, sure: bool = True) -> None:
        """Join what shares a sign with one place only, on either side."""
        olds: dict[Hashable, list[int]] = defaultdict(list)
        news: dict[Hashable, list[int]] = defaultdict(list)
        for old in self.left_old(level):
            olds[of_old(old)].append(old)
        for new in self.left_new(level):
            news[of_new(new)].append(new)
        for sign, found in news.items():
            if len(found) == 1 and len(olds.get(sign, ())) == 1:
                self._take(olds[sign][0], found[0], reason, sure=sure)

    def left_old(self, level: Level) -> Iterable[int]:
        return (old for old in self._by_level_old[level] if self.new_of[old] is None)

    def left_new(self, level: Level) -> Iterable[int]:
        return (new for new in self._by_level_new[level] if self.old_of[new] is None)

    def _above_old(self, old: int) -> int | None:
        return self.position.get(self.known[old].parent or 0)

    def _above_new(self, new: int) -> int | None:
        """The parent of a place of the list, as the tree knows it; an unknown one is nobody's."""
        above = self.places[new].parent
        return -1 - new if above is None or self.old_of[above] is None else self.old_of[above]

    def _within(self, field: str) -> tuple[_Sign, _Sign]:
        """Names within a county, a city, a province: the place around them and how they are written."""

        def of_old(old: int) -> Hashable:
            place = self.known[old]
            return self.position.get(getattr(place, field) or place.province), place.name

        def of_new(new: int) -> Hashable:
            place = self.places[new]
            around = getattr(place, field)
            return self.old_of[place.province if around is None else around], place.name

        return of_old, of_new

    def _below(self, level: Level) -> None:
        """
        Join a street (or what is above) that has another name and code, but mostly the same places in it. Where several
        went into it by most of what they had, it is none of them, but what they became.
        """
        names: dict[Hashable, list[int]] = defaultdict(list)
        for old in self.left_old(level):
            for child in self.children_old.get(old, ()):
                names[(self.known[old].province, self.known[child].name)].append(old)
        for new in list(self.left_new(level)):
            below = self.children_new.get(new, ())
            province = self.old_of[self.places[new].province]
            if province is None or not below:
                continue
            node = self.known[province].node
            votes = Counter(old for child in below for old in names.get((node, self.places[child].name), ()))
            if sum(common > MOSTLY * len(self.children_old[old]) for old, common in votes.items()) > 1:
                continue
            for old, common in votes.most_common(1):
                if common / max(len(below), len(self.children_old[old])) > MOSTLY:
                    self._take(old, new, Reason.SAME_PLACES_BELOW)


class _Proposals:
    def __init__(self, same: _Same) -> None:
        self.same = same
        self.known, self.places = same.known, same.places
        self._made_of: dict[int, tuple[frozenset[int], bool]] = {}

    def all(self) -> list[Proposal]:
        found = [change for new in range(len(self.places)) if (change := self._of_new(new)) is not None]
        found += [self._ended(old) for old, new in enumerate(self.same.new_of) if new is None]
        return found

    # ---- places that stay ----
    def _of_new(self, new: int) -> Proposal | None:
        old = self.same.old_of[new]
        if old is None:
            return self._begun(new)
        was, place = self.known[old], self.places[new]
        if self._unchanged(was, place):
            return None
        to = self._placed(new)
        kind, cause = self._kind(was, to), None
        # A place joined by code and name has no sign of its own: it goes with its parent, or its standing changed.
        plain = Reason.ABOVE_CHANGED if kind == ChangeKind.MOVED else Reason.CODE_SAYS
        reason, sure = self.same.sign.get(new, (plain, True))
        if kind == ChangeKind.RECODED and was.name == to.name and self._follows(was, place):
            reason, cause = Reason.ABOVE_CHANGED, was.parent
        others: tuple[Candidate, ...] = ()
        if reason == Reason.UNLIKE_NAME:
            others = self._resembling_old(new)
        return Proposal(kind, reason, sure, was.node, to, cause, others)

    def _unchanged(self, was: Standing, place: Standing) -> bool:
        """Whether nothing of a place changed: 97 of 100, so it is asked before anything is made of the place."""
        if was.name != place.name or was.code != place.code or was[_TRAITS:] != place[_TRAITS:]:
            return False
        if place.parent is None:
            return was.parent is None
        above = self.same.old_of[place.parent]
        return above is not None and self.known[above].node == was.parent

    def _kind(self, was: Standing, to: Placed) -> ChangeKind:
        if was.parent != to.parent:
            return ChangeKind.MOVED
        if was.code != to.code:
            return ChangeKind.RECODED
        return ChangeKind.RENAMED if was.name != to.name else ChangeKind.ALTERED

    def _follows(self, was: Standing, place: Standing) -> bool:
        """Whether only the parent's part of its code changed."""
        if place.parent is None:
            return False
        digits = SIGNIFICANT[Level(place.level - 1)]
        return was.code[digits:] == place.code[digits:] and was.code[:digits] != place.code[:digits]

    def _placed(self, new: int) -> Placed:
        place = self.places[new]
        above = place.parent
        old = None if above is None else self.same.old_of[above]
        unknown = above is not None and old is None
        return Placed(
            level=place.level, code=place.code, name=place.name, parent=None if old is None else self.known[old].node,
            parent_code=self.places[above].code if unknown and above is not None else "",
            parent_level=self.places[above].level if unknown and above is not None else 0,
            kind=place.kind, status=place.status, is_county_body=place.is_county_body, committee=place.committee,
            urban=place.urban,
        )  # fmt: skip

    # ---- places that begin or end ----
    def _begun(self, new: int) -> Proposal:
        """Out of which place it came is sure where its name or what lies in it says so; else only that it began."""
        place, to, candidates = self.places[new], self._placed(new), self._resembling_old(new)
        said = partial(Proposal, node=None, to=to)
        if place.parent is not None and self.same.old_of[place.parent] is None and place.level > Level.COUNTY:
            return said(ChangeKind.ADDED, Reason.PARENT_NEW, sure=True, candidates=candidates)
        if candidates:
            numbered = [one for one in candidates if is_numbered(place.name, one.name)]
            if numbered:
                return said(ChangeKind.SPLIT, Reason.NUMBERED_NAME, sure=len(numbered) == 1,
                            candidates=_led(candidates, numbered[:1]))  # fmt: skip
            if self._went_into(new) > 1:
                return said(ChangeKind.ADDED, Reason.SAME_PLACES_BELOW, sure=True, candidates=candidates)
            if self._drawn_from(new) > MOSTLY:
                return said(ChangeKind.SPLIT, Reason.SAME_PLACES_BELOW, sure=True, candidates=candidates)
        parts, certain = self._parts(new)
        if parts and certain:
            return said(ChangeKind.ADDED, Reason.NAME_OF_PARTS, sure=True, candidates=candidates)
        return said(ChangeKind.ADDED, *_told_by_signs(candidates), candidates=candidates)

    def _ended(self, old: int) -> Proposal:
        """What it went into is sure where what lay in it or a new name says so; else only that it ended."""
        was, candidates = self.known[old], self._resembling_new(old)
        above = self.same.position.get(was.parent or 0)
        said = partial(Proposal, node=was.node, to=None)
        if candidates and self._went_to(old) > MOSTLY:
            return said(ChangeKind.MERGED, Reason.SAME_PLACES_BELOW, sure=True, candidates=candidates)
        made = [new for new in self._new_around(old) if old in self._parts(new)[0]]
        if made:
            lead = [self._candidate_new(new, 1.0) for new in made]
            sure = len(made) == 1 and self._parts(made[0])[1]
            return said(ChangeKind.MERGED, Reason.NAME_OF_PARTS, sure=sure, candidates=_led(candidates, lead))
        if above is not None and self.same.new_of[above] is None:
            return said(ChangeKind.GONE, Reason.PARENT_GONE, sure=True, candidates=candidates)
        return said(ChangeKind.GONE, *_told_by_signs(candidates), candidates=candidates)

    def _new_around(self, old: int) -> list[int]:
        """The places that began where a place ended."""
        above = self.same.position.get(self.known[old].parent or 0)
        if above is None:
            return []
        return [new for new in self.same.children_new.get(self.same.new_of[above], ())
                if self.same.old_of[new] is None and self.places[new].level == self.known[old].level]  # fmt: skip

    def _parts(self, new: int) -> tuple[frozenset[int], bool]:
        """
        Of which places that ended around it a new name is made, 东湖 and 西山 → 东山; and whether it can be of no others.

        A sign of the name is from a place whose name begins with it, or, where none does, from one that has it.
        """
        if new not in self._made_of:
            self._made_of[new] = self._find_parts(new)
        return self._made_of[new]

    def _find_parts(self, new: int) -> tuple[frozenset[int], bool]:
        place = self.places[new]
        above = None if place.parent is None else self.same.old_of[place.parent]
        around = () if above is None else self.same.children_old.get(above, ())
        gone = [old for old in around if self.same.new_of[old] is None and self.known[old].level == place.level]
        if not gone:
            return frozenset(), False
        name, stems = stem(place.name), {old: stem(self.known[old].name) for old in gone}
        whole = [old for old in gone if stems[old] in name]
        if whole:
            return frozenset(whole), len({stems[old] for old in whole}) == len(whole)
        from_: list[list[int]] = []
        for sign in name:
            having = [old for old in gone if sign in stems[old]]
            from_.append([old for old in having if stems[old].startswith(sign)] or having)
        found = frozenset(old for some in from_ for old in some)
        if len(name) < 2 or not all(from_) or len(found) < 2:
            return frozenset(), False
        return found, all(len(some) == 1 for some in from_)

    def _candidate_new(self, new: int, score: float) -> Candidate:
        same, place = self.same.old_of[new], self.places[new]
        return Candidate(None if same is None else self.known[same].node, place.code, place.name, score)

    def _resembling_new(self, old: int) -> tuple[Candidate, ...]:
        """What a place that ended may have gone into: what lies where it lay, by what is below, name, code."""
        above = self.same.position.get(self.known[old].parent or 0)
        around = self.same.children_new.get(self.same.new_of[above], ()) if above is not None else ()
        votes = Counter(
            self.places[new].parent for child in self.same.children_old.get(old, ())
            if (new := self.same.new_of[child]) is not None
        )  # fmt: skip
        whole = sum(votes.values()) or 1
        pool = {new for new in (*around, *votes) if new is not None and self.places[new].level == self.known[old].level}
        was = self.known[old]
        return _best(
            (
                _score(was.name, was.code, place.name, place.code) + (0.3 if self.same.old_of[new] is None else 0)
                + 2 * votes[new] / whole,
                self._candidate_new(new, 0),
            )
            for new in pool for place in (self.places[new],)
        )  # fmt: skip

    def _resembling_old(self, new: int) -> tuple[Candidate, ...]:
        """What a new place may have come out of."""
        place = self.places[new]
        above = None if place.parent is None else self.same.old_of[place.parent]
        around = self.same.children_old.get(above, ()) if above is not None else ()
        votes = self._votes(new)
        whole = sum(votes.values()) or 1
        pool = {old for old in (*around, *votes) if old is not None and self.known[old].level == place.level}
        return _best(
            (
                _score(was.name, was.code, place.name, place.code) + (0.3 if self.same.new_of[old] is None else 0)
                + 2 * votes[old] / whole,
                Candidate(was.node, was.code, was.name, 0),
            )
            for old in pool for was in (self.known[old],)
        )  # fmt: skip

    def _votes(self, new: int) -> Counter[int | None]:
        return Counter(
            self.same.position.get(self.known[old].parent or 0)
            for child in self.same.children_new.get(new, ()) if (old := self.same.old_of[child]) is not None
        )  # fmt: skip

    def _drawn_from(self, new: int) -> float:
        """The largest share of what lies below a new place that lay in one place before."""
        below = self.same.children_new.get(new, ())
        return max(self._votes(new).values(), default=0) / len(below) if below else 0

    def _went_into(self, new: int) -> int:
        """How many places that ended gave it most of what lay in them."""
        return sum(
            old is not None and self.same.new_of[old] is None and count > MOSTLY * len(self.same.children_old[old])
            for old, count in self._votes(new).items()
        )

    def _went_to(self, old: int) -> float:
        below = self.same.children_old.get(old, ())
        votes = Counter(
            self.places[new].parent for child in below if (new := self.same.new_of[child]) is not None
        )  # fmt: skip
        return max(votes.values(), default=0) / len(below) if below else 0


def _told_by_signs(candidates: Sequence[Candidate]) -> tuple[Reason, bool]:
    """
    Of a place that only one list has: whether anything on the other resembles it, and whether it may be decided with its
    group, in which no successor or origin is named.
    """
    if not candidates:
        return Reason.ONLY_HERE, True
    return Reason.RESEMBLES, candidates[0].score < 1.0


def _led(candidates: tuple[Candidate, ...], first: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Those that a sure sign names before the others; three in all."""
    ahead = {one.code for one in first}
    return (*first, *(one for one in candidates if one.code not in ahead))[:_SHOWN]


def _score(name: str, code: str, other_name: str, other_code: str) -> float:
    """How much speaks for two places to have to do with each other: likeness of names, nearness of codes."""
    first, second = set(stem(name)), set(stem(other_name))
    common = len(first & second) / min(len(first), len(second)) if first and second else 0
    apart = abs(int(code) - int(other_code))
    return max(common * 0.8, likeness(name, other_name)) + 0.3 / (1 + apart)


def _best(scored: Iterable[tuple[float, Candidate]]) -> tuple[Candidate, ...]:
    found = sorted(scored, key=lambda pair: (-pair[0], pair[1].code))[:_SHOWN]
    return tuple(one._replace(score=round(score, 3)) for score, one in found if score >= WORTH_SHOWING)


def _children(parents: Iterable[int | None]) -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = defaultdict(list)
    for index, parent in enumerate(parents):
        found[parent].append(index)
    return found


def _by_level(places: Iterable[Standing]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {level: [] for level in Level}
    for index, place in enumerate(places):
        found[place.level].append(index)
    return found
