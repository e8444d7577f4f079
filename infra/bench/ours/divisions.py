"""Falin's child of the bench `divisions`: brings a list in, searches it, compares two editions; and the same plainly."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import django
from stand.children import obey

AS_OF = date(2022, 10, 31)
# Pieces of the words that end the names of communities: of most names, of a few hundred, of three, and of none.
COMMITTEE = (
    "家", "理", "民", "区", "居", "会", "工", "作", "小", "村", "社", "委", "员", "管理", "生活", "社区", "居委", "村村",
    "委员", "区居民", "居委会", "村委会", "生活区", "工作站", "筹备组", "村居委", "理委员", "村民委员会", "社区居民委员会",
    "家委会", "虚拟", "虚拟社区", "村民小组", "社区村民委", "社区管委会", "区村委会",
)  # fmt: skip
RENAMED = 2_000  # places that get another name, so that there are former names to look for
_kept: dict[str, Any] = {}


def make(*, home: str, edition: str, before: str, counties: int) -> dict[str, int]:
    """Tables; and the two lists as rows: editions of the national list, or, without one, a made one twice."""
    django.setup()
    from django.core.management import call_command

    from tenants.divisions.api import fetch_list, read_list

    call_command("migrate_cell", spares=0, verbosity=0)
    for word, name in (("before", before), ("after", edition)):
        rows = list(read_list(fetch_list(Path(home), edition=name))) if name else list(_made(counties, word == "after"))
        _kept[word] = rows
    return {word: len(_kept[word]) for word in ("before", "after")}


def _made(counties: int, later: bool) -> Any:  # noqa: FBT001
    """A province of its own making, where there is no network: every tenth community is renamed in the later list."""
    from tenants.divisions.types import Level, ListedRow

    signs = "东西南北湖江山林田园安康和平新华长青"
    yield ListedRow(Level.PROVINCE, "99", "某省", "")
    yield ListedRow(Level.CITY, "9901", "某市", "99")
    for county in range(counties):
        code = f"9901{county + 21}"
        yield ListedRow(Level.COUNTY, code, f"{signs[county % 16]}某县", "9901")
        for street in range(10):
            yield ListedRow(Level.STREET, f"{code}{street + 1:03}", f"{signs[street]}{signs[county % 16]}街道", code)
            for place in range(15):
                name = f"{signs[place]}{signs[street]}{signs[(place * 7 + county) % 16]}"
                tail = "社区" if later and place == 3 else "社区居委会"
                name = "龙凤" if later and (place, street) == (7, 0) else name
                yield ListedRow(
                    Level.COMMUNITY, f"{code}{street + 1:03}{place + 1:03}", name + tail, f"{code}{street + 1:03}"
                )


def import_ours() -> float:
    """Seconds to bring the list into an empty tree, names for search included."""
    from falin.kernel.clock import now
    from falin.kernel.transactions import shared
    from tenants.divisions.api import import_divisions
    from tenants.registry.api import django_as_owner

    began = time.perf_counter()
    with django_as_owner(), shared(read_only=False):
        import_divisions(rows=iter(_kept["before"]), as_of=AS_OF, source="bench", now=now())
    return time.perf_counter() - began


def import_theirs() -> float:
    """The same places into the same table as Django does it: instances and `bulk_create`; nothing made for search."""
    from falin.kernel.transactions import shared
    from tenants.divisions.models import DivisionVersion, Node
    from tenants.divisions.rules import collapse, sound_of
    from tenants.registry.api import django_as_owner

    began = time.perf_counter()
    places = collapse(_kept["before"]).places
    with django_as_owner(), shared(read_only=False):
        Node.objects.bulk_create([Node() for _place in places], batch_size=5_000)
        nodes = list(Node.objects.order_by("id").values_list("id", flat=True))

        def at(position: int | None) -> int | None:
            return None if position is None else nodes[position]

        DivisionVersion.objects.bulk_create(
            (
                DivisionVersion(
                    node_id=nodes[index], valid_from=AS_OF, level=place.level, code=place.code, name=place.name,
                    parent_id=at(place.parent), province_id=nodes[place.province], city_id=at(place.city),
                    county_id=at(place.county), street_id=at(place.street), kind=place.kind, status=place.status,
                    is_county_body=place.is_county_body, committee=place.committee, urban=place.urban,
                    urban_derived=place.urban is not None, **sound_of(place.name)._asdict(),
                )
                for index, place in enumerate(places)
            ),
            batch_size=5_000,
        )  # fmt: skip
    return time.perf_counter() - began


def words(*, count: int) -> dict[str, list[str]]:
    """What is looked for, kind by kind: pieces of names that are there, drawn by chance; and former names."""
    from falin.kernel.transactions import shared
    from tenants.divisions.commands.writing import open_places, write_difference
    from tenants.divisions.models import DivisionVersion

    chance = random.Random(1)  # noqa: S311
    with shared(read_only=False):
        known = {place.node: place for place in open_places(None)}
        some = chance.sample(sorted(known), min(RENAMED, len(known) // 10))
        write_difference(known, known | {node: known[node]._replace(name=f"{known[node].name}甲") for node in some},
                         day=AS_OF + timedelta(days=1), update=1)  # fmt: skip
        rows = list(DivisionVersion.objects.filter(node__in=chance.sample(sorted(known), min(20 * count, len(known))),
                                                   valid_to=None).values_list("name", "pinyin", "initials"))  # fmt: skip
        former = [known[node].name for node in some[:count]]
    found: dict[str, list[str]] = {f"{length} characters": [] for length in (1, 2, 3, 4)}
    for name, _pinyin, _initials in rows:
        for length in (1, 2, 3, 4):
            start = chance.randrange(max(1, len(name) - length - 3))
            if len(found[f"{length} characters"]) < count and len(name) >= length:
                found[f"{length} characters"].append(name[start : start + length])
    found["committee words"] = list(COMMITTEE)[:count]
    found["former name"] = former
    found["pinyin"] = [pinyin[: chance.randint(2, 8)] for _name, pinyin, _initials in rows[:count]]
    found["initials"] = [initials[: chance.randint(2, 4)] for _name, _pinyin, initials in rows[:count]]
    return found


def search_ours(texts: list[str]) -> list[float]:
    """Milliseconds of each search as the page makes it: former names too."""
    from falin.kernel.transactions import shared
    from tenants.divisions.api import look_up

    with shared(read_only=True):
        return [_timed(lambda text=text: look_up(text, limit=20)) for text in texts]


def search_theirs(texts: list[str]) -> list[float]:
    """The same words by trigrams and `LIKE`, pinyin by a B-tree: as one writes it; present names only."""
    from django.db.models import Q

    from falin.kernel.transactions import shared
    from tenants.divisions.models import DivisionVersion

    def asked(text: str) -> list[Any]:
        found = Q(name__contains=text)
        if text.isascii():
            found |= Q(pinyin__startswith=text) | Q(initials__startswith=text)
        return list(DivisionVersion.objects.filter(found, valid_to=None).order_by("level", "pinyin")[:20].values_list())

    with shared(read_only=True):
        return [_timed(lambda text=text: asked(text)) for text in texts]


def _timed(what: Any) -> float:
    began = time.perf_counter()
    what()
    return (time.perf_counter() - began) * 1000


def compare_ours() -> tuple[float, float, int]:
    """Seconds to say what the later list changes, the share left to decide one by one, and how many changes."""
    from falin.kernel.transactions import shared
    from tenants.divisions.commands.writing import open_places
    from tenants.divisions.rules import collapse, detect

    began = time.perf_counter()
    with shared(read_only=True):
        known = open_places(None)
    found = detect(known, collapse(_kept["after"]))
    taken = time.perf_counter() - began
    return taken, 100 * sum(not change.sure for change in found) / max(len(found), 1), len(found)


def compare_theirs() -> tuple[float, float, int]:
    """What a comparison by code tells: added, gone, renamed; each to be looked at."""
    from falin.kernel.transactions import shared
    from tenants.divisions.models import DivisionVersion
    from tenants.divisions.rules import collapse

    began = time.perf_counter()
    with shared(read_only=True):
        known = {
            (level, code): name
            for level, code, name in DivisionVersion.objects.filter(valid_to=None).values_list("level", "code", "name")
        }
    later = {(place.level, place.code): place.name for place in collapse(_kept["after"]).places}
    found = sum(later.get(key) != name for key, name in known.items()) + sum(key not in known for key in later)
    return time.perf_counter() - began, 100.0, found


if __name__ == "__main__":
    obey({"make": make, "import_ours": import_ours, "import_theirs": import_theirs, "words": words,
          "search_ours": search_ours, "search_theirs": search_theirs, "compare_ours": compare_ours,
          "compare_theirs": compare_theirs})  # fmt: skip
