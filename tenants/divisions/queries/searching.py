"""
The place where places are searched: by a part of the name, former ones too, by pinyin, initials or code.

Each way is a few ranges of an index in the order in which people expect answers, level by level, and ends after as many
as were asked for: one character is as quick as four.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final

from django.db import connection
from django.db.models import Case, IntegerField, Q, Value, When

from tenants.divisions.models import DivisionVersion, DivisionVersions
from tenants.divisions.queries.tree import divisions_of, find_by_code, get_division, versions_on
from tenants.divisions.rules import ends_many, padded, typed_pinyin
from tenants.divisions.types import Division, Found, Level

MOST_FOUND: Final = 200
_LAST: Final = "\U0010ffff"
_LEVELS: Final = ", ".join(f"({level:d})" for level in Level)
_BY_NAME: Final = f"""
    select b.inside, b.level, p.part, p.id, p.node_id
    from (values (false), (true)) as i (inside), (values {_LEVELS}) as l (level),
    lateral (select i.inside, l.level) b, lateral (
        select n.part, v.id, v.node_id
        from divisions_namepart n join divisions_divisionversion v on v.id = n.version_id
        where n.level = l.level and n."inner" = i.inside and n.part >= %(text)s and n.part < %(end)s and {{open}}
        order by n.part limit %(limit)s
    ) p order by p.part <> %(text)s or b.inside, b.level > 3, b.inside, b.level, p.part, p.id limit %(limit)s
"""  # noqa: S608 -- levels are numbers
_BY_SOUND: Final = f"""
    select p.sound <> %(text)s, l.level, p.sound, p.id, p.node_id from (values {_LEVELS}) as l (level), lateral (
        (select v.pinyin as sound, v.id, v.node_id from divisions_divisionversion v
        where v.level = l.level and v.pinyin >= %(text)s and v.pinyin < %(end)s and {{open}}
        order by v.pinyin limit %(limit)s)
        union all
        (select v.initials, v.id, v.node_id from divisions_divisionversion v
        where v.level = l.level and v.initials >= %(text)s and v.initials < %(end)s and {{open}}
        order by v.initials limit %(limit)s)
    ) p order by p.sound <> %(text)s, l.level, p.sound, p.id limit %(limit)s
"""  # noqa: S608
# What the index of parts leaves out: names that hold the text in their common words alone. As they come by pinyin, in a
# province by code, until there are enough: `offset 0` keeps the planner from looking for rare rows, for a text that
# thousands of names end with.
_BY_TAIL: Final = """
    select true, v.pinyin, v.id, v.node_id from (
        select v.pinyin, v.id, v.node_id, v.name from divisions_divisionversion v
        where v.level = 5 and {open} order by {order} offset 0
    ) v where position(%(text)s in v.name) > 0 limit %(limit)s
"""
_NOW: Final = "v.valid_to is null"
_FORMER: Final = "v.valid_to is not null"
_ON: Final = "v.valid_from <= %(day)s and (v.valid_to is null or v.valid_to > %(day)s)"


def search(text: str, *, root_id: int | None = None, limit: int = 20, on: date | None = None) -> list[Division]:
    """
    Places whose name contains the text, or whose pinyin or initials begin with it: whole names, then counties and above,
    then the others, of both the beginnings of names first. ``look_up`` finds former names too.

    :param limit: at most 200.
    """
    words = _words(text)
    if not words:
        return []
    root = get_division(root_id, on=on) if root_id is not None else None
    if root is not None and root.level > Level.PROVINCE:
        return divisions_of(_few(words, versions_on(on).below(root.id))[: min(limit, MOST_FOUND)])
    found = _versions(words, _NOW if on is None else _ON, limit=min(limit, MOST_FOUND), day=on, province=root)
    return _in_turn(found)


def look_up(text: str, *, root_id: int | None = None, limit: int = 20, on: date | None = None) -> list[Found]:
    """
    Places by present or former name, pinyin, initials or code; those that are no more come last.

    :param root_id: of what lies below this place, or last did. :param on: as they were on that day, by what they were
        called then.
    """
    words = _words(text)
    if not words:
        return []
    coded = [one for one in list_by_code(words, on=on) if root_id is None or _lies_in(one.place, root_id)]
    found = [*coded, *(Found(place=place) for place in search(words, root_id=root_id, limit=limit, on=on))]
    if len(found) < limit and on is None:
        found += _former(words, limit - len(found)) if root_id is None else _former_below(words, root_id)
    once = {one.place.id: one for one in reversed(found)}
    return [one for one in found if once.pop(one.place.id, None) is not None][:limit]


def list_by_code(code: str, *, on: date | None = None) -> list[Found]:
    """
    Places with an official code, whole or as far as its level reaches: as they are or were on the day; without a day
    those that had it once, too, as they are now or last were.
    """
    codes = [(level, full) for level in Level if (full := padded(level, code)) is not None]
    found = [Found(place=place) for level, full in codes if (place := find_by_code(level, full, on=on)) is not None]
    if on is None:
        held = [{"level": level, "code": full} for level, full in codes]
        past = DivisionVersion.objects.filter(valid_to__isnull=False).order_by("valid_to")
        then = {row["node_id"]: row["id"] for one in held for row in past.filter(**one).values("node_id", "id")}
        for one in found:
            then.pop(one.place.id, None)
        found += _as_they_are(_in_turn(dict(reversed(then.items()))))
    return found


def _former(words: str, limit: int) -> list[Found]:
    """Places that were called so once."""
    return _as_they_are(_in_turn(_versions(words, _FORMER, limit=limit)))


def _former_below(words: str, root_id: int) -> list[Found]:
    """Places below one that were called so once, wherever they lay then; and such as lay below it when they ended."""
    there = versions_on(None).below(root_id).order_by()
    past = DivisionVersion.objects.filter(valid_to__isnull=False)
    near = past.filter(Q(node__in=there.values("node")) | Q(id__in=past.below(root_id).order_by().values("id")))
    found = _as_they_are(divisions_of(_few(words, near)[:MOST_FOUND]))
    return [one for one in found if _lies_in(one.place, root_id)]


def _lies_in(place: Division, root_id: int) -> bool:
    return root_id in {place.id, place.street_id, place.county_id, place.city_id, place.province_id}


def _as_they_are(past: Sequence[Division]) -> list[Found]:
    """Places as they once were: as they are now, or as they last were."""
    then = {place.id: place for place in past}
    now = {place.id: place for place in divisions_of(versions_on(None).filter(node__in=then))}
    over = DivisionVersion.objects.filter(node__in=set(then) - set(now)).order_by("valid_to")
    ended = {row.node_id: row.valid_to for row in over}
    return [
        Found(place=now.get(node, place), former_name=place.name if node in now and now[node].name != place.name else "",
              ended_on=ended.get(node))
        for node, place in then.items()
    ]  # fmt: skip


def _words(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\x00", "").strip()[:60]


def _versions(
    words: str, which: str, *, limit: int, day: date | None = None, province: Division | None = None
) -> dict[int, int]:  # fmt: skip
    """Node → version of what is found, best first."""
    given: dict[str, Any] = {"limit": limit, "day": day}
    held = which
    if province is not None:
        given |= {"province": province.id, "first": province.code, "last": province.code[:2] + _LAST}
        held += " and v.province_id = %(province)s and v.code >= %(first)s and v.code < %(last)s"
    typed = typed_pinyin(words)
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        cursor.execute(_BY_NAME.format(open=held), {**given, "text": words, "end": words + _LAST})
        found += cursor.fetchall()
        if typed and words.isascii():
            cursor.execute(_BY_SOUND.format(open=held), {**given, "text": typed, "end": typed + _LAST})
            found += cursor.fetchall()
        if len(_best(found)) < limit and which != _FORMER and ends_many(words):
            order = "v.pinyin" if province is None else "v.code"
            cursor.execute(_BY_TAIL.format(open=held, order=order), {**given, "text": words})
            found += cursor.fetchall()
    return dict(islice(_best(found).items(), limit))


def _best(found: Iterable[tuple[Any, ...]]) -> dict[int, int]:
    best: dict[int, int] = {}
    for *_rank, version, node in found:
        best.setdefault(node, version)
    return best


def _in_turn(found: Mapping[int, int]) -> list[Division]:
    """The places of these versions (node → version), in this order."""
    rows: DivisionVersions = DivisionVersion.objects.filter(id__in=found.values())
    known = {place.id: place for place in divisions_of(rows)}
    return [known[node] for node in found]


def _few(words: str, versions: DivisionVersions) -> DivisionVersions:
    """Among the few thousand places of a city or less, by looking at each."""
    typed = typed_pinyin(words)
    found = Q(name__contains=words)
    if typed.isascii() and typed:
        found |= Q(pinyin__startswith=typed) | Q(initials__startswith=typed)
    closeness = Case(
        When(Q(name=words) | Q(pinyin=typed) | Q(initials=typed), then=Value(0)),
        When(name__startswith=words, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return versions.filter(found).order_by(closeness, "level", "pinyin", "code")
