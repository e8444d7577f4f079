"""
Access from the machine's own terminal: who may do what and why, who may do what here, who could have seen this; a lost
password, another operator, an administrator who leaves, the review.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import legal_day, now
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, system_scope
from falin.kernel.transactions import inside
from falin.portal import booked, people, seen
from tenants.divisions.api import Division, find_of_any_level
from tenants.identity import policies, queries
from tenants.identity.api import (
    PersonInfo,
    correct_person,
    end_role,
    end_unreviewed,
    enter_operator,
    find_person,
    reset_factors,
    reset_password,
)
from tenants.identity.types import BindingInfo, State
from tenants.registry.api import list_tenants


def _system() -> Scope:
    return system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset({policies.READ}))


class Command(BaseCommand):
    help = "Who may do what and why; a new one-time password; the end of a role; the quarter's review."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        explain = acts.add_parser(
            "explain",
            help="某人能做什么、某地谁能办、某样东西谁可能看过 · who may do what, and who could have seen what",
        )
        explain.add_argument("--person", metavar="USERNAME", help="这个人能做什么，为什么 · what he may do and why")
        explain.add_argument(
            "--at", metavar="CODE", help="区划代码；单独写就是这里谁能办 · a place; alone: who may act there"
        )
        explain.add_argument("--thing", metavar="KIND:ID", help="谁可能看过它 · who could have seen it")
        explain.add_argument(
            "--on", metavar="YYYY-MM-DD", help="哪一天，不写就是今天 · on which day; today if left out"
        )
        reset = acts.add_parser("reset", help="给一个一次性密码 · give a one-time password")
        reset.add_argument("person", metavar="USERNAME")
        factors = acts.add_parser("factors", help="清除丢了的第二种登录方式 · take away second factors that were lost")
        factors.add_argument("person", metavar="USERNAME")
        factors.add_argument("--why", required=True)
        correct = acts.add_parser("correct", help="更正姓名或登录名 · put a name or sign-in name right")
        correct.add_argument("person", metavar="USERNAME")
        correct.add_argument("--name", help="正确的姓名 · the right name")
        correct.add_argument("--username", help="正确的登录名 · the right sign-in name")
        correct.add_argument("--why", required=True)
        another = acts.add_parser(
            "operator",
            help="录入一位运维人员，或者让现任的续任 · enter an operator, or let one go on",
        )
        another.add_argument("person", metavar="USERNAME")
        another.add_argument("--name", required=True, help="姓名 · his name")
        another.add_argument("--why", required=True, help="依据 · on what grounds")
        end = acts.add_parser("end", help="结束一项身份 · end a role")
        end.add_argument("binding", type=int, metavar="NUMBER", help="explain 里的编号 · its number in explain")
        end.add_argument("--why", required=True)
        review = acts.add_parser("review", help="本季度没人复核、到期会结束的身份 · roles the review will end")
        review.add_argument(
            "--end", action="store_true", help="现在就结束（复核期过了以后）· end them now, after the last day"
        )

    def handle(self, *args: Any, act: str, **given: Any) -> None:
        getattr(self, f"_{act}")(**given)

    def _explain(
        self, *, person: str | None, at: str | None, thing: str | None, on: str | None, **_options: Any
    ) -> None:
        if [person, thing].count(None) == 0 or (on and not thing) or not (person or at or thing):
            raise CommandError(
                _("写 --person、--at 或 --thing 其中一个；--person 和 --thing 可以再加 --at，--thing 可以再加 --on。")
            )
        with inside(_system(), read_only=True):
            place = _place(at) if at else None
            if person:
                self._what(_person(person), place)
            elif place and not thing:
                self._who(place)
        if thing:
            self._seen(thing, place, _day(on) if on else legal_day(now()))

    def _what(self, found: PersonInfo, place: Division | None) -> None:
        explained = queries.list_rights(scope=_system(), person_id=found.id, at=place, on=legal_day(now()))
        where = place.name if place else _("各自的地方")
        self.stdout.write(f"{found.name} ({found.username}) @ {where}")
        if explained.suspended:
            self.stdout.write(_("这个人停用了，现在什么也不能做。"))
        if not explained.rights:
            self.stdout.write(_("他现在没有身份，什么也不能做。"))
        self._rights(explained.rights, named=False)

    def _who(self, place: Division) -> None:
        found = queries.list_who(scope=_system(), at=place, on=legal_day(now()))
        self.stdout.write(f"{place.name} ({place.code})")
        if not found:
            self.stdout.write(_("这里谁也不能办。"))
        self._rights(found, named=True)

    def _rights(self, rights: Iterable[queries.Right], *, named: bool, on: date | None = None) -> None:
        found = list(rights)
        lines = people.lines_of(_system(), [right.binding for right in found], on or legal_day(now()))
        for line, right in zip(lines, found, strict=True):
            by = _("%(by)s授予，依据：%(why)s") % {"by": line.by, "why": line.binding.reason}
            said = (
                _said(line.binding, line.place, line.role) if named else f"#{line.binding.id} {line.place} {line.role}"
            )
            self.stdout.write(f"{said} [{line.words}] {by}")
            if not right.reaches:
                self.stdout.write("  " + _("管不到这个地方。"))
            if right.stopped:
                self.stdout.write(f"  ! {right.stopped.sentence} ({right.stopped.code})")
            for grant in right.grants:
                self.stdout.write(f"  {grant}  {people.GRANT_WORDS[grant]}")

    def _seen(self, thing: str, place: Division | None, on: date) -> None:
        """In every body whose log knows the thing: numbers of visits and reminders are each body's own."""
        kind, _colon, subject_id = thing.partition(":")
        over = policies.path_of(place) if place else None
        known = False
        for tenant in list_tenants():
            if over is not None and tenant.node_id not in over:
                continue
            scope = system_scope(schema=tenant.schema, tenant_id=tenant.id, roots=(tenant.node_id,),
                                 grants=frozenset({policies.READ, booked.READ}))  # fmt: skip
            try:
                with inside(scope, read_only=True):
                    found = seen.who_could_see(scope=scope, kind=kind, subject_id=subject_id, on=on, now=now())
                    self._told(tenant.name, found, on)
            except Missing:
                continue
            except Invalid as refused:
                raise CommandError(f"{tenant.name}: {refused.message}") from refused
            known = True
        if not known:
            raise CommandError(_("没有一个单位的操作记录里有它。写成 类别:编号，例如 adviser:3f0c…。"))

    def _told(self, tenant: str, found: seen.Seen, on: date) -> None:
        self.stdout.write(f"{tenant}  {found.kind_words} {found.subject_id}  {on}")
        for act in found.clear:
            self.stdout.write("  ! " + _("看过完整号码：%(person)s，%(at)s，%(why)s") % {
                "person": act.person, "at": formats.moment(act.at), "why": act.why})  # fmt: skip
        for one in found.emergencies:
            self.stdout.write("  ! " + _("应急访问：%(person)s，%(incident)s，看了 %(n)s 页") % {
                "person": one.operator, "incident": one.incident, "n": one.passed_count})  # fmt: skip
        self._rights(found.readers.rights, named=True, on=on)

    def _reset(self, *, person: str, **_options: Any) -> None:
        with inside(_system(), read_only=False):
            found = _person(person)
            password = reset_password(scope=_system(), person_id=found.id, now=now())
        self.stdout.write(_("%(name)s的一次性密码（只显示这一次，登录后要换掉）：") % {"name": found.name})
        self.stdout.write(f"  {password}")

    def _factors(self, *, person: str, why: str, **_options: Any) -> None:
        with inside(_system(), read_only=False):
            found = _person(person)
            try:
                reset_factors(scope=_system(), person_id=found.id, why=why, now=now())
            except Refused as refused:
                raise CommandError(refused.message) from refused
        self.stdout.write(_("已清除。他现在用密码就能登录，请让他马上重新设。"))

    def _correct(self, *, person: str, name: str | None, username: str | None, why: str, **_options: Any) -> None:
        with inside(_system(), read_only=False):
            found = _person(person)
            try:
                made = correct_person(scope=_system(), person_id=found.id, name=name or found.name,
                                      username=username or found.username, why=why, now=now())  # fmt: skip
            except Refused as refused:
                raise CommandError(refused.message) from refused
        self.stdout.write(f"{made.name} ({made.username})")

    def _operator(self, *, person: str, name: str, why: str, **_options: Any) -> None:
        with inside(_system(), read_only=False):
            try:
                made, ends_on, password = enter_operator(scope=_system(), username=person, name=name, reason=why,
                                                         now=now())  # fmt: skip
            except Refused as refused:
                raise CommandError(refused.message) from refused
        self.stdout.write(_("%(name)s是运维人员，任期到 %(day)s。") % {"name": made.name, "day": formats.day(ends_on)})
        if password:
            self.stdout.write(_("%(name)s的一次性密码（只显示这一次，登录后要换掉）：") % {"name": made.name})
            self.stdout.write(f"  {password}")

    def _end(self, *, binding: int, why: str, **_options: Any) -> None:
        with inside(_system(), read_only=False):
            held = queries.get_binding(scope=_system(), binding_id=binding, on=legal_day(now()))
            if held.state in {State.ENDED, State.REFUSED}:
                raise CommandError(_("这项身份已经结束了。"))
            end_role(scope=_system(), person_id=held.person.id, role=held.role, node_id=held.node_id,
                     subject_id=held.subject_id, why=why, now=now())  # fmt: skip
        self.stdout.write(_("已结束，马上生效。"))

    def _review(self, *, end: bool, **_options: Any) -> None:
        with inside(_system(), read_only=not end):
            found = end_unreviewed(scope=_system(), now=now(), preview=not end)
            for line in people.lines_of(_system(), found, legal_day(now())):
                self.stdout.write(_said(line.binding, line.place, line.role))
        self.stdout.write((_("已结束 %(n)s 项。") if end else _("会结束 %(n)s 项。")) % {"n": len(found)})


def _said(one: BindingInfo, place: str, role: str) -> str:
    return f"#{one.id} {one.person.name} ({one.person.username}) {place} {role}"


def _person(username: str) -> PersonInfo:
    found = find_person(username)
    if found is None:
        raise CommandError(_("没有这个登录名。请核对，或者先录入这个人。"))
    return found


def _place(code: str) -> Division:
    found = find_of_any_level(code)
    if found is None:
        raise CommandError(_("名录里没有这个代码。"))
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(_("看不懂这个日期。请写成 2026-01-05 这样的年月日。")) from None
