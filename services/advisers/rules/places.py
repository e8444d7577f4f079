"""How a community is found by what people write: 湖埠村, 双浦镇/湖埠村, 双浦镇湖埠村, or its code. Pure functions."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable

from falin.kernel.sheets.columns import Problem
from falin.kernel.sheets.written import compact, shown

_ENDING = re.compile(r"(?:社区|村|居)?(?:居民委员会|村民委员会|居委会|村委会|委员会|委会)$|(?:社区|村)$")
_SPLIT = re.compile(r"[/\\>·\-]")
_MOST_GUESSES = 300  # comparing costs; past this many unknown places the list speaks for itself


class Gazetteer:
    """The communities of one county, by every way of writing them."""

    def __init__(self, communities: Iterable[tuple[int, str, str, str]]) -> None:
        """:param communities: node, name, name of the street (``""`` for none), code of twelve digits."""
        self._exact: dict[str, set[int]] = defaultdict(set)
        self._loose: dict[str, set[int]] = defaultdict(set)
        self._streets: set[str] = set()
        self._written: dict[int, str] = {}
        self._told: dict[str, int | Problem] = {}
        self._guesses = 0
        for node, own, above, code in communities:
            name, street = compact(own), compact(above)
            self._streets.add(street)
            self._written[node] = f"{street}/{name}" if street else name
            for key in {name, f"{street}/{name}", f"{street}{name}", code}:
                self._exact[key].add(node)
            short = _short(name)
            for key in {short, f"{street}/{short}", f"{street}{short}"}:
                self._loose[key].add(node)

    def find(self, text: str) -> int | Problem:
        """The node of a written place, or what is wrong with it."""
        key = "/".join(filter(None, _SPLIT.split(compact(text))))
        if key not in self._told:
            if len(self._told) > 20_000:
                self._told.clear()
            self._told[key] = self._look(key)
        return self._told[key]

    def _look(self, key: str) -> int | Problem:
        street, slash, name = key.rpartition("/")
        loose = f"{street}{slash}{_short(name)}"
        for nodes in (self._exact.get(key), self._loose.get(loose)):
            if nodes and len(nodes) == 1:
                return next(iter(nodes))
            if nodes:
                among = "、".join(sorted(self._written[node] for node in nodes)[:5])
                return Problem(column="communities", code="community_several", found=shown(key), facts={"among": among})
        if key in self._streets:
            return Problem(column="communities", code="community_is_street", found=shown(key))
        return Problem(
            column="communities", code="community_unknown", found=shown(key), facts={"near": self._near(key)}
        )

    def _near(self, key: str) -> str:
        self._guesses += 1
        if self._guesses > _MOST_GUESSES:
            return ""
        near = difflib.get_close_matches(key, list(self._written.values()), n=1, cutoff=0.5)
        if not near:
            names = {written.rpartition("/")[2]: written for written in self._written.values()}
            near = [names[name] for name in difflib.get_close_matches(key, names, n=1, cutoff=0.5)]
        return near[0] if near else ""


def _short(name: str) -> str:
    return _ENDING.sub("", name) or name
