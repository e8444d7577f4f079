"""``falin tenants``: the bodies with a schema of their own, and everything that happens in their lives."""

from __future__ import annotations

import json
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from falin.kernel import files, jobs
from falin.kernel.clock import legal_day, now
from falin.kernel.models import Job, JobState
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from falin.portal.commands import ask_county, ask_province
from falin.portal.opening import checklist, open_tenant
from tenants.divisions.api import find_of_any_level
from tenants.identity.api import Role, find_person, has_operator, read_signed_in, scope_of, system_of
from tenants.identity.queries import names_of
from tenants.registry import schemas
from tenants.registry.api import Act, DeedInfo, TenantInfo, find_by_schema, find_tenant_of, list_tenants
from tenants.registry.archives.restoring import restore_archive
from tenants.registry.commands import (
    Opener,
    add_address,
    ask_archive,
    ask_deed,
    ask_restore,
    carry_out_again,
    confirm_deed,
    refuse_deed,
    remove_address,
    remove_tenant,
    reopen_tenant,
    replace_cells,
    restored,
    suspend_tenant,
    upgrade,
)
from tenants.registry.directory import list_cells, read_list
from tenants.registry.moving.receiving import receive
from tenants.registry.moving.wire import Line
from tenants.registry.nodes import place_tenant
from tenants.registry.policies import MANAGE
from tenants.registry.queries import (
    get_backups,
    get_deed,
    list_addresses,
    list_deeds,
    list_overview,
    list_receipts,
)

# Acts on one tenant, by one operator or asked for by the first of two.
ACTS = {
    "suspend": "everybody of the body reads, nobody writes",
    "reopen": "a suspended or closed body works again",
    "remove": "ask to destroy a closed and exported body; done some days after a second operator confirmed",
    "clear": "ask to destroy the copies a body left behind here (it moved away, or was restored); done some days after a"
    " second operator confirmed",
    "close": "ask to close the body; prints the number a second operator confirms",
}


class Command(BaseCommand):
    help = "The bodies with a schema of their own: where each is, and everything that happens in its life."
    requires_system_checks: Any = []

    def add_arguments(self, parser: Any) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="every body: its schema, state, newest migration, trouble")
        listing.add_argument("--json", action="store_true", help="one JSON object a line")
        migrate = acts.add_parser("migrate", help="bring every schema up to date; goes on where it was stopped")
        migrate.add_argument("--json", action="store_true", help="one JSON object a line")
        migrate.add_argument("--parallel", type=int, default=schemas.PARALLEL, help="connections at a time")

        for act, words in ACTS.items():
            one = acts.add_parser(act, help=words)
            one.add_argument("tenant", help="its schema, or the code of its place")
            one.add_argument("--why", required=True)
            one.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")
        export = acts.add_parser("export", help="one archive of everything, readable without Falin")
        export.add_argument("tenant", help="its schema, or the code of its place")
        export.add_argument(
            "--to", type=Path, required=True, metavar="CERT", help="certificate (PEM) of who may read it"
        )
        export.add_argument("--out", type=Path, metavar="FILE", help="copy the archive here as well")
        export.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")
        restore = acts.add_parser("restore", help="put a tenant back from its archive, suspended")
        restore.add_argument("archive", type=Path)
        restore.add_argument("--cert", type=Path, required=True, help="certificate (PEM) it was sealed for")
        restore.add_argument("--key", type=Path, required=True, help="its private key (PEM)")
        restore.add_argument("--password", type=Path, help="file with the private key's password")
        restore.add_argument("--check", action="store_true", help="only try whether it could be restored")
        restore.add_argument("--as", dest="username", help="sign-in name of the operator who does it; left out in a new"
                             " cell alone, where nobody is an operator yet")  # fmt: skip
        address = acts.add_parser("address", help="the addresses of a body: shown, one added, one taken away")
        address.add_argument("tenant", help="its schema, or the code of its place")
        which = address.add_mutually_exclusive_group()
        which.add_argument("--add", metavar="ADDRESS", help="a word (xihu) or a host name (fl.xihu.gov.cn)")
        which.add_argument("--remove", metavar="ADDRESS")
        address.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")
        address.add_argument("--json", action="store_true", help="one JSON object a line")
        provision = acts.add_parser("provision", help="give a province or a county-grade body its schema")
        provision.add_argument("code", help="official code: 33, 330106, 4419 for a city without counties")
        provision.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")
        checklist = acts.add_parser("checklist", help="from provisioned to open: what stands and what is to be done")
        checklist.add_argument("tenant", help="its schema, or the code of its place")
        checklist.add_argument("--as", dest="username", required=True, help="sign-in name of an operator")
        checklist.add_argument("--json", action="store_true", help="one JSON object a line")
        opening = acts.add_parser("open", help="a prepared body begins; refused while a needed step is undone")
        opening.add_argument("tenant", help="its schema, or the code of its place")
        opening.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")
        backups = acts.add_parser("backups", help="each body's last nightly backup and its trial; why there is none")
        backups.add_argument("--as", dest="username", required=True, help="sign-in name of an operator")
        backups.add_argument("--json", action="store_true", help="one JSON object a line")
        deeds = acts.add_parser("deeds", help="what waits for a second operator or for its day")
        deeds.add_argument("--json", action="store_true", help="one JSON object a line")
        self._add_changes(acts)
        destroy = acts.add_parser("destroy", help="destroy a body whose removal is confirmed and due")
        destroy.add_argument("deed", type=int, help="its number in `tenants deeds`")
        destroy.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")
        confirm = acts.add_parser("confirm", help="yes, as the second operator")
        confirm.add_argument("deed", type=int, help="its number in `tenants deeds`")
        confirm.add_argument("--as", dest="username", required=True, help="sign-in name of the second operator")
        confirm.add_argument("--json", action="store_true", help="one JSON object a line")
        refuse = acts.add_parser("refuse", help="no, or what one asked for oneself taken back; a removal until its day")
        refuse.add_argument("deed", type=int, help="its number in `tenants deeds`")
        refuse.add_argument("--why", required=True)
        refuse.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")
        refuse.add_argument("--json", action="store_true", help="one JSON object a line")

    def _add_changes(self, acts: Any) -> None:
        for act, option, words in (
            (
                "merge",
                "--into",
                "ask to merge a county into the one its places lie in now; --into: the code of that one",
            ),
            ("split", "--to", "ask to give what lies in a new county to it; --to: the code of that one"),
            ("move", "--to", "ask to move a body to another cell; --to: the cell's code in `tenants cells`"),
        ):
            one = acts.add_parser(act, help=words)
            one.add_argument("tenant", help="its schema, or the code of its place")
            one.add_argument(option, dest="target", required=True)
            one.add_argument("--why", required=True)
            one.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who asks")
        do = acts.add_parser("do", help="do a confirmed merge, split or move here, again if it could not be done")
        do.add_argument("deed", type=int, help="its number in `tenants deeds`")
        do.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")
        cells = acts.add_parser("cells", help="the directory of cells; with --load another one in its place")
        cells.add_argument("--load", type=Path, metavar="FILE", help="JSON: [{code, name, address, places: [codes]}]")
        cells.add_argument("--as", dest="username", help="sign-in name of the operator who loads it")
        acts.add_parser("receive", help="the other end of a move: talks through standard input and output")
        place = acts.add_parser("place", help="in a cell of several nodes: put a body's schema on one of them")
        place.add_argument("tenant", help="its schema, or the code of its place")
        place.add_argument("--on", dest="node", required=True, metavar="HOST:PORT", help="the node")
        place.add_argument("--as", dest="username", required=True, help="sign-in name of the operator who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            act = options["act"]
            self._about(options) if act in ACTS else getattr(self, "_" + act)(options)
        except Refused as refused:
            raise CommandError(refused.message) from None

    def _list(self, options: Any, report: schemas.Report | None = None) -> None:
        tenants = list_tenants()
        standing = schemas.standing_of(tenant.schema for tenant in tenants)
        for tenant in tenants:
            line = _line(tenant, standing[tenant.schema])
            if report:
                line["applied"] = report.applied.get(tenant.schema, 0)
            self.stdout.write(json.dumps(line, ensure_ascii=False) if options["json"] else _text(line))

    def _migrate(self, options: Any) -> None:
        try:
            report = upgrade(now=now(), parallel=options["parallel"])
        except schemas.CannotRender as wrong:
            raise CommandError(str(wrong)) from None
        self._list(options, report)
        if report.failed:
            raise CommandError(_("有 %(n)s 个单位没有升级成功，其余的都好了。") % {"n": len(report.failed)})

    def _about(self, options: Any) -> None:
        """One act on one tenant, as an operator with a name."""
        scope, tenant = operator(options["username"]), find(options["tenant"])
        given = {"scope": scope, "tenant_id": tenant.id, "why": options["why"], "now": now()}
        with inside(scope, read_only=False):
            if options["act"] in {"suspend", "reopen"}:
                (suspend_tenant if options["act"] == "suspend" else reopen_tenant)(**given)
            else:
                self.stdout.write(str(ask_deed(act=Act(options["act"]), **given)))

    def _export(self, options: Any) -> None:
        """The job, done in this process."""
        scope, tenant = operator(options["username"]), find(options["tenant"])
        with inside(scope, read_only=False):
            number = ask_archive(scope=scope, tenant_id=tenant.id, recipient=options["to"].read_bytes(), now=now())
        job = done(scope, number)
        with inside(scope, read_only=True):
            if options["out"]:
                _row, content = files.open_file(scope=scope, file_id=uuid.UUID(job.result["file"]))
                with content, options["out"].open("wb") as out:
                    shutil.copyfileobj(content, out)
        self.stdout.write(f"{tenant.name}  {job.result['rows']}  {job.result['sha256']}")

    def _destroy(self, options: Any) -> None:
        """The job, done in this process."""
        scope = operator(options["username"])
        with inside(scope, read_only=False):
            number = remove_tenant(scope=scope, deed_id=options["deed"], now=now())
        done(scope, number)
        with inside(scope, read_only=True):
            for receipt in list_receipts(scope=scope)[:1]:
                self.stdout.write(json.dumps({**receipt.body, "key": receipt.key, "signature": receipt.signature},
                                             ensure_ascii=False))  # fmt: skip

    def _restore(self, options: Any) -> None:
        """The job of an operator, done in this process; where nobody is one, the work alone."""
        password = options["password"].read_text(encoding="utf-8").strip() if options["password"] else ""
        opener = Opener(certificate=options["cert"].read_bytes(), key=options["key"].read_bytes(), password=password)
        if options["username"]:
            scope = operator(options["username"])
            with options["archive"].open("rb") as archive, inside(scope, read_only=False):
                number = ask_restore(scope=scope, archive=archive, opener=opener, check=options["check"], now=now())
            found = done(scope, number).result
        elif has_operator(on=legal_day(now())):
            raise CommandError(_("请用 --as 写明是哪一位运维人员在恢复。"))
        else:
            found = restored(restore_archive(options["archive"], opener.reader(), check=options["check"], now=now(),
                                             tell=self._tell))  # fmt: skip
        said = _("%(name)s：可以恢复。") if options["check"] else _("%(name)s：已恢复，停用中。请核对后恢复使用。")
        self.stdout.write(said % {"name": found["tenant"]} + f" {found['rows']}")
        for path in found["missing"]:
            self.stdout.write(_("档案里没有这个文件：%(path)s") % {"path": path})

    def _tell(self, count: int, total: int, name: str) -> None:
        self.stderr.write(f"{count}/{total} {name}", ending="\r")

    def _backups(self, options: Any) -> None:
        scope = operator(options["username"])
        with inside(scope, read_only=True):
            backups, rows = get_backups(scope=scope), list_overview(scope=scope)
        if not backups.run:
            self.stderr.write(backups.trouble or _("没有配置接收人的证书（FALIN_BACKUP_CERTIFICATE），没有夜间备份。"))
        for row in rows:
            moments = {name: at.isoformat() if (at := getattr(row.backup, name)) else None
                       for name in ("made_at", "tried_at", "verified_at")}  # fmt: skip
            line = {"schema": row.tenant.schema, "name": row.tenant.name, **asdict(row.backup), **moments}
            mark = "✗" if line["error"] or line["trial_error"] else "✓" if line["made_at"] else "·"
            told = [
                mark,
                line["schema"],
                line["name"],
                line["made_at"] or _("还没有"),
                line["error"],
                line["trial_error"],
            ]
            self.stdout.write(
                json.dumps(line, ensure_ascii=False) if options["json"] else "  ".join(filter(None, told))
            )

    def _deeds(self, options: Any) -> None:
        with shared(read_only=True) as system:
            deeds = list_deeds(scope=replace(system, grants=frozenset({MANAGE})))
            names = names_of({deed.asked_by for deed in deeds})
        for deed in deeds:
            self._say_deed(options, deed, names)

    def _say_deed(self, options: Any, deed: DeedInfo, names: Mapping[int, str]) -> None:
        by, due = names.get(deed.asked_by, ""), deed.due_at.isoformat() if deed.due_at else None
        line = {"id": deed.id, "act": deed.act, "name": deed.name, "target": deed.target, "why": deed.why, "by": by,
                "outcome": deed.outcome, "due_at": due}  # fmt: skip
        parts = [f"#{deed.id}", deed.act, deed.name, deed.outcome, due, by, deed.why]
        self.stdout.write(json.dumps(line, ensure_ascii=False) if options["json"] else "  ".join(filter(None, parts)))

    def _ask(self, options: Any, target: str) -> None:
        scope, tenant = operator(options["username"]), find(options["tenant"])
        with inside(scope, read_only=False):
            number = ask_deed(scope=scope, tenant_id=tenant.id, act=Act(options["act"]), target=target, why=options["why"],
                              now=now())  # fmt: skip
        self.stdout.write(str(number))

    def _merge(self, options: Any) -> None:
        word = options["target"]
        place = find_of_any_level(word)
        self._ask(options, str(place.id) if place else "")

    _split = _merge

    def _move(self, options: Any) -> None:
        self._ask(options, options["target"])

    def _do(self, options: Any) -> None:
        """The job, done in this process."""
        scope = operator(options["username"])
        with inside(scope, read_only=False):
            number = carry_out_again(scope=scope, deed_id=options["deed"], now=now())
        self.stdout.write(json.dumps(done(scope, number).result, ensure_ascii=False))

    def _cells(self, options: Any) -> None:
        if options["load"]:
            scope = operator(options["username"] or "")
            said = read_list(options["load"].read_text(encoding="utf-8-sig"))
            with inside(scope, read_only=False):
                replace_cells(scope=scope, cells=said, now=now())
        for cell in list_cells():
            line = {**asdict(cell), "since": cell.since.isoformat() if cell.since else None,
                    "here": bool(settings.CELL) and cell.code == settings.CELL}  # fmt: skip
            self.stdout.write(json.dumps(line, ensure_ascii=False))

    def _receive(self, options: Any) -> None:
        answers, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed is no message
        receive(Line(sys.stdin.buffer, answers.buffer))

    def _place(self, options: Any) -> None:
        host, _colon, port = options["node"].rpartition(":")
        if not (host and port.isdecimal()):
            raise CommandError(_("机器要写成 主机名:端口。"))
        scope, tenant = operator(options["username"]), find(options["tenant"])
        place_tenant(scope=scope, tenant=tenant, host=host, port=int(port), now=now())

    def _address(self, options: Any) -> None:
        scope, tenant = operator(options["username"]), find(options["tenant"])
        with inside(scope, read_only=False):
            known = {one.entered: one for one in list_addresses(scope=scope, tenant_id=tenant.id)}
            if options["add"]:
                add_address(scope=scope, tenant_id=tenant.id, address=options["add"], now=now())
            elif options["remove"]:
                gone = known.get(options["remove"])
                remove_address(scope=scope, tenant_id=tenant.id, address_id=gone.id if gone else 0, now=now())
            for one in list_addresses(scope=scope, tenant_id=tenant.id):
                line = {"id": one.id, "entered": one.entered, "leads": one.leads}
                self.stdout.write(
                    json.dumps(line, ensure_ascii=False) if options["json"] else f"{one.entered}  {one.leads}"
                )

    def _provision(self, options: Any) -> None:
        """The job behind the set-up page, done in this process."""
        scope, code = operator(options["username"]), options["code"]
        with inside(scope, read_only=False):
            if len(code) in {2, 12} and not code[2:].strip("0"):
                number = ask_province(scope=scope, province=code[:2], now=now())
            else:
                place = find_of_any_level(code)
                if place is None:
                    raise CommandError(_("没有这个代码的地方。"))
                number = ask_county(scope=scope, node_id=place.id, now=now())
        self.stdout.write(json.dumps(done(scope, number).result, ensure_ascii=False))

    def _checklist(self, options: Any) -> None:
        scope, tenant = operator(options["username"]), find(options["tenant"])
        with inside(scope, read_only=True):
            _row, steps = checklist(scope=scope, tenant_id=tenant.id, on=legal_day(now()))
        for step in steps:
            line = {"words": step.words, "told": step.told, "done": step.done, "needed": step.needed}
            mark = "✓" if step.done else "✗" if step.needed else "·"
            self.stdout.write(
                json.dumps(line, ensure_ascii=False) if options["json"] else f"{mark} {step.words}：{step.told}"
            )

    def _open(self, options: Any) -> None:
        scope, tenant = operator(options["username"]), find(options["tenant"])
        with inside(scope, read_only=False):
            open_tenant(scope=scope, tenant_id=tenant.id, now=now())

    def _confirm(self, options: Any) -> None:
        self._decide(options, confirm_deed)

    def _refuse(self, options: Any) -> None:
        self._decide(options, partial(refuse_deed, why=options["why"]))

    def _decide(self, options: Any, command: Callable[..., None]) -> None:
        scope = operator(options["username"])
        with inside(scope, read_only=False):
            command(scope=scope, deed_id=options["deed"], now=now())
            deed = get_deed(scope=scope, deed_id=options["deed"])
            self._say_deed(options, deed, names_of({deed.asked_by}))


def operator(username: str) -> Scope:
    """An operator's own scope, as if he had signed in: what is done from the terminal is booked under a name too."""
    person = find_person(username)
    signed_in = read_signed_in(person_id=person.id, on=legal_day(now())) if person else None
    hat = next((hat for hat in signed_in.hats if hat.role == Role.OPERATOR), None) if signed_in else None
    if signed_in is None or hat is None:
        raise CommandError(_("没有这名运维人员。"))
    return scope_of(signed_in, hat)


def done(scope: Scope, number: uuid.UUID) -> Job:
    """
    A job of the scope's person, done in this process, or by a worker that was quicker.

    :raises CommandError: it did not end well, with what it said.
    """
    while True:
        jobs.work(system=system_of(None), job_id=number)
        with inside(scope, read_only=True):
            job = jobs.find(scope=scope, job_id=number)
            assert job is not None
        if job.state not in {JobState.QUEUED, JobState.RUNNING}:
            break
        time.sleep(1)
    if job.state != JobState.DONE:
        raise CommandError(job.log)
    return job


def find(word: str) -> TenantInfo:
    """A tenant by its schema, or by the code of the place its body sits at."""
    place = find_of_any_level(word)
    found = find_tenant_of(place.id) if place else find_by_schema(word)
    if found is None:
        raise CommandError(_("没有这个单位。"))
    return found


def _line(tenant: TenantInfo, standing: schemas.Standing) -> dict[str, Any]:
    return {
        "schema": tenant.schema, "name": tenant.name, "kind": tenant.kind, "state": tenant.state,
        "migration": standing.migration, "at": standing.at.isoformat() if standing.at else None,
        "behind": len(standing.lacking), "trouble": standing.trouble,
    }  # fmt: skip


def _text(line: dict[str, Any]) -> str:
    mark = "✗" if line["trouble"] else "→" if line["behind"] else "✓"
    parts = [mark, line["schema"], line["name"], line["state"], line["migration"], line["at"] or "", line["trouble"]]
    return "  ".join(filter(None, parts))
