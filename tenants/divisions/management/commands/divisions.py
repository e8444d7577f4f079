"""The command line's door to the tree of places: bring a list in, show a place, look for one."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from falin.kernel.clock import now
from falin.kernel.refusals import Refused
from falin.kernel.transactions import shared
from tenants.divisions import api
from tenants.divisions.types import Division, ImportResult, Level


class Command(BaseCommand):
    help = "Places: import the national list, show one place, search by name, pinyin or initials."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        bring = acts.add_parser("import")
        bring.add_argument("--province", help="two digits; without it the whole country")
        bring.add_argument("--list", type=Path, help="an archive of the list; without it the kept or fetched one")
        show = acts.add_parser("show")
        show.add_argument("code", help="official code, whole or as far as its level reaches")
        search = acts.add_parser("search")
        search.add_argument("text")
        search.add_argument("--under", help="official code of the place to look in")
        search.add_argument("--limit", type=int, default=20)
        for act in (show, search):
            act.add_argument("--on", type=date.fromisoformat, help="as of that day, YYYY-MM-DD")
        for act in (bring, show, search):
            act.add_argument("--json", action="store_true", help="one object a line, nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        acts = {"import": self._import, "show": self._show, "search": self._search}
        try:
            with shared(read_only=options["act"] != "import"):
                for entry, sentence in acts[options["act"]](options):
                    self.stdout.write(json.dumps(entry, ensure_ascii=False) if options["json"] else sentence)
        except Refused as refused:
            raise CommandError(refused.message) from refused

    def _import(self, options: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        archive = options["list"] or api.fetch_list(Path(settings.HOME))
        result = api.import_divisions(
            rows=api.read_list(archive, province=options["province"]),
            province=options["province"],
            as_of=api.LIST_AS_OF,
            source=api.LIST_SOURCE,
            now=now(),
        )
        yield _outcome(result), _outcome_sentence(result)
        for row in result.refused:
            entry = {"level": row.level.name.lower(), "code": row.code, "name": row.name, "refused": row.reason.value}
            yield entry, _("未列为地方：%(code)s %(name)s（%(reason)s）") % {
                "code": row.code, "name": row.name, "reason": api.REASON_LABELS[row.reason],
            }  # fmt: skip

    def _show(self, options: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        day = options["on"]
        found = [place for level in Level if (place := api.find_by_code(level, options["code"], on=day))]
        if not found:
            raise api.UnknownDivision
        for place in found:
            counts = {level.name.lower(): count for level, count in api.count_by_level(place.id, on=day).items()}
            yield {**_entry(place), "counts": counts}, _line(place, day)

    def _search(self, options: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        day = options["on"]
        for place in api.search(options["text"], root_id=_root(options["under"], day), limit=options["limit"], on=day):
            yield _entry(place), _line(place, day)


def _root(code: str | None, day: date | None) -> int | None:
    if code is None:
        return None
    for level in Level:
        if place := api.find_by_code(level, code, on=day):
            return place.id
    raise api.UnknownDivision


def _entry(place: Division) -> dict[str, Any]:
    return {**asdict(place), "level": place.level.name.lower()}


def _line(place: Division, day: date | None) -> str:
    return f"{place.code} " + " › ".join(step.name for step in api.list_path(place.id, on=day))


def _outcome(result: ImportResult) -> dict[str, Any]:
    return {
        "import": result.import_id,
        "created": result.created,
        "unchanged": result.unchanged,
        "differing": result.differing,
        "gone": result.gone,
        "counts": {level.name.lower(): count for level, count in result.counts.items()},
        "refused": len(result.refused),
    }


def _outcome_sentence(result: ImportResult) -> str:
    done = _("新增 %(created)d 个，未变 %(unchanged)d 个。") % {
        "created": result.created,
        "unchanged": result.unchanged,
    }
    if not result.differing and not result.gone:
        return done
    left = _("与名录不同 %(differing)d 个、名录中已无 %(gone)d 个，均未改动。")
    return done + left % {"differing": result.differing, "gone": result.gone}
