"""
Grants by every way they change, in whatever order, against a slow reference that was written from the sheet alone.

The reference is a list of grants and nothing else: no database, no table of roles, no tree. It is told what the commands
said yes to, says whether that was lawful, and after each step who may do what at that moment; nobody may do more or less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.identity import commands
from tenants.identity.models import Binding, Person, Suspension
from tenants.identity.queries import find_person, read_signed_in, scope_of
from tenants.identity.types import Role
from tests.world import node

START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
OFFICE = ("system", "security", "city", "cityb", "county", "county2")
NEWCOMERS = ("ann", "bo", "chen")
EVERYBODY = (*OFFICE, *NEWCOMERS)
CODES = ("3301", "330106", "330102", "330106002", "330106109", "330106002001", "330106002002", "330102001001")
GIVEN = ("city_officer", "county_team", "county_finance", "auditor", "street_officer", "liaison")

# From the sheet: at which levels each role is given, whom each may appoint there, and who has to agree.
LEVELS = {"city_officer": {2}, "county_team": {3}, "county_finance": {3}, "auditor": {1, 2, 3}, "street_officer": {4},
          "liaison": {5}}  # fmt: skip
APPOINTS = {"system_administrator": {1, 2}, "city_officer": {3, 4, 5}, "county_team": {4, 5}}
SECOND = {"system_administrator": "security_administrator", "city_officer": "city_officer"}
LEVEL_OF = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5}
LONGEST = 366


def level(code: str) -> int:
    return LEVEL_OF[len(code)]


@dataclass(slots=True)
class Grant:
    """A line of the reference's list."""

    number: int
    who: str
    role: str
    code: str
    begins: date
    ends: date | None
    by: str = ""
    by_role: str = ""
    proposal: UUID | None = None
    waits: bool = False
    over: bool = False
    stands_in_for: int = 0
    takes_over: int = 0

    def holds(self, day: date) -> bool:
        return not self.waits and not self.over and self.begins <= day and (self.ends is None or day <= self.ends)

    def meets(self, other: Grant) -> bool:
        return (other.ends is None or self.begins <= other.ends) and (self.ends is None or other.begins <= self.ends)


class Unlawful(AssertionError):
    """The product said yes to what the sheet forbids."""


class Reference:
    """Who may do what, by going through the whole list each time."""

    def __init__(self) -> None:
        self.grants: list[Grant] = []
        self.suspended: set[str] = set()

    def may(self, who: str, day: date) -> set[tuple[str, str]]:
        if who in self.suspended:
            return set()
        return {(one.role, one.code) for one in self.grants if one.who == who and one.holds(day)}

    def of(self, number: int) -> Grant:
        return next(one for one in self.grants if one.number == number)

    def lawful(self, said: bool, why: str) -> None:
        if not said:
            raise Unlawful(why)

    def check_gives(self, one: Grant, day: date) -> None:
        """Level, place, column and days of the one who gives."""
        self.lawful(one.by not in {one.who, ""}, f"{one.by} gave himself {one}")
        self.lawful(one.by not in self.suspended, f"{one.by} is suspended and gave {one}")
        at = level(one.code) if level(one.code) in LEVELS[one.role] else 0
        self.lawful(at in APPOINTS.get(one.by_role, set()), f"{one.by_role} does not give {one.role} at {one.code}")
        own = [
            mine for mine in self.grants
            if mine.who == one.by and mine.role == one.by_role and one.code.startswith(mine.code) and mine.holds(one.begins)
        ]  # fmt: skip
        self.lawful(bool(own), f"{one.by} holds nothing over {one.code} on {one.begins}")
        last = None if any(mine.ends is None for mine in own) else max(mine.ends for mine in own if mine.ends)
        self.lawful(one.ends is not None and (last is None or one.ends <= last), f"{one} outlasts {one.by}")

    def check_apart(self, one: Grant) -> None:
        """An auditor has no operational role in the same subtree, on no day."""
        for held in self.grants:
            same = held.code.startswith(one.code) or one.code.startswith(held.code)
            mixed = (held.role == "auditor") != (one.role == "auditor") and not held.role.endswith("administrator")
            if held.who == one.who and not held.waits and not held.over and same and mixed and held.meets(one):
                raise Unlawful(f"{one} beside {held}")

    def give(self, one: Grant, day: date) -> None:
        self.check_gives(one, day)
        self.check_apart(one)
        self.lawful(day <= one.begins <= (one.ends or one.begins), f"{one} lies in the past of {day}")
        if one.stands_in_for:
            principal = self.of(one.stands_in_for)
            self.lawful((principal.role, principal.code) == (one.role, one.code), f"{one} stands in for another role")
            self.lawful(principal.ends is None or one.ends is None or one.ends <= principal.ends, f"{one} outlasts him")
        if one.by_role in SECOND:
            one.waits = True
        else:
            self.into_force(one, day)
        self.grants.append(one)

    def confirm(self, proposal: UUID, by: str, role: str, day: date) -> None:
        group = [one for one in self.grants if one.proposal == proposal and one.waits and not one.over]
        self.lawful(bool(group), "nothing waited")
        for one in group:
            self.lawful(by not in {one.by, one.who}, f"{by} is no second person for {one}")
            self.lawful(SECOND.get(one.by_role) == role, f"{role} is not the second of {one.by_role}")
            reaches = any(one.code.startswith(code) for held, code in self.may(by, day) if held == role)
            self.lawful(reaches, f"{by} does not reach {one.code}")
            one.begins = max(one.begins, day)
            self.check_gives(one, day)
            self.check_apart(one)
            one.waits = False
            self.into_force(one, day)

    def into_force(self, one: Grant, day: date) -> None:
        for held in self.grants:
            same = (held.who, held.role, held.code) == (one.who, one.role, one.code)
            if same and held is not one and not held.waits and not held.over:
                if held.begins <= day:
                    one.begins = min(one.begins, day)
                held.over = True
                for other in self.grants:
                    if other.stands_in_for == held.number and not other.over:
                        other.stands_in_for = one.number
                    if other.takes_over == held.number and other.waits:
                        other.takes_over = one.number
        before = self.of(one.takes_over) if one.takes_over else None
        if before is None or before.over:
            return
        if one.begins <= max(day, before.begins):
            self.end(before.number)
            return
        for held in self.grants:
            if held is before or (held.stands_in_for == before.number and not held.over):
                last = one.begins - timedelta(days=1)
                if held.ends is None or held.ends > last:
                    held.ends = max(last, held.begins)

    def end(self, number: int) -> None:
        for one in self.grants:
            if one.number == number or (one.stands_in_for == number and not one.over):
                one.over = True

    def charge(self, by: str, role: str, one: Grant, day: date) -> bool:
        """Whether one's roles are the charge of the other."""
        gives = {role, *(first for first, second in SECOND.items() if second == role)}
        reaches = any(one.code.startswith(code) for held, code in self.may(by, day) if held == role)
        return reaches and any(level(one.code) in APPOINTS.get(first, set()) for first in gives)


class Access(RuleBasedStateMachine):
    """The product and the reference, side by side."""

    forget: Callable[[], None] = lambda: None  # brings the database back to where it began; set by the test
    steps: Counter[str] = Counter()

    @initialize()
    def begin(self) -> None:
        type(self).forget()
        self.now = START
        self.reference = Reference()
        self.node = {code: node(code) for code in ("33", *CODES)}
        self.code = {number: code for code, number in self.node.items()}
        self.person = {name: found.id for name in EVERYBODY if (found := find_person(name))}
        self.name = {number: name for name, number in self.person.items()}
        for row in Binding.objects.filter(person_id__in=self.name).order_by("id"):
            self.reference.grants.append(
                Grant(row.id, self.name[row.person_id], row.role, self.code[row.node_id], row.valid_from, row.valid_to)
            )

    @property
    def day(self) -> date:
        return (self.now + timedelta(hours=8)).date()

    # ---- who acts ----------------------------------------------------------------------------------------------------
    def scope(self, who: str, chance: int) -> Scope | None:
        signed_in = read_signed_in(person_id=self.person[who], on=self.day)
        if signed_in is None or not signed_in.hats:
            return None
        return scope_of(signed_in, signed_in.hats[chance % len(signed_in.hats)])

    def act(
        self, kind: str, who: str, chance: int, command: Callable[..., Any], **given: Any
    ) -> tuple[Scope, Any] | None:
        """What the product answered, and under which role; ``None`` where it refused or he could not come in."""
        self.steps[kind] += 1
        scope = self.scope(who, chance)
        if scope is None:
            return None
        try:
            with inside(scope, read_only=False):
                made = command(scope=scope, now=self.now, **given)
        except Refused:
            return None
        self.steps[f"{kind}: done"] += 1
        return scope, made

    def _made(self, scope: Scope, by: str, made: Any) -> Grant:
        return Grant(made.id, self.name[made.person.id], str(made.role), self.code[made.node_id], made.valid_from,
                     made.valid_to, by=by, by_role=scope.role, proposal=made.proposal)  # fmt: skip

    # ---- what happens ------------------------------------------------------------------------------------------------
    @rule(by=st.sampled_from(OFFICE), to=st.sampled_from(EVERYBODY), role=st.sampled_from(GIVEN), code=st.sampled_from(CODES),
          after=st.integers(-1, 40), length=st.integers(0, 400), chance=st.integers(0, 3))  # fmt: skip
    def grant(self, by: str, to: str, role: str, code: str, after: int, length: int, chance: int) -> None:
        begins = self.day + timedelta(days=after)
        self._grant(by, to, role, code, begins, begins + timedelta(days=length), chance)

    @rule(by=st.sampled_from(("county", "county2")), to=st.sampled_from(NEWCOMERS), chance=st.integers(0, 3),
          where=st.sampled_from((("street_officer", "330106002"), ("liaison", "330106002001"), ("liaison", "330106002002"),
                                 ("liaison", "330102001001"))), after=st.integers(0, 5), length=st.integers(0, 60))  # fmt: skip
    def grant_near(self, by: str, to: str, where: tuple[str, str], after: int, length: int, chance: int) -> None:
        """What is often lawful: else most of the steps would be refusals."""
        begins = self.day + timedelta(days=after)
        self._grant(by, to, *where, begins, begins + timedelta(days=length), chance)

    @rule(to=st.sampled_from((*NEWCOMERS, "county2")), chance=st.integers(0, 3), after=st.integers(0, 5),
          where=st.sampled_from((("county_team", "330106"), ("county_finance", "330102"), ("auditor", "330106"))),
          by=st.sampled_from(("city", "cityb")), length=st.integers(0, 200))  # fmt: skip
    def propose_near(self, by: str, to: str, where: tuple[str, str], after: int, length: int, chance: int) -> None:
        begins = self.day + timedelta(days=after)
        self._grant(by, to, *where, begins, begins + timedelta(days=length), chance)

    def _grant(
        self, by: str, to: str, role: str, code: str, begins: date, ends: date, chance: int, held: int = 0
    ) -> None:
        done = self.act(
            "deputy" if held else "grant", by, chance, commands.propose_role, person_id=self.person[to], role=Role(role),
            node_id=self.node[code], begins_on=begins, ends_on=ends, reason="任命", acting_for=held or None,
        )  # fmt: skip
        if done:
            one = self._made(done[0], by, done[1])
            self.reference.lawful((one.begins <= begins), f"{one} begins later than asked")
            one.begins, one.stands_in_for = begins, held
            self.reference.lawful((ends - begins).days <= LONGEST, f"{one} is too long")
            self.reference.give(one, self.day)

    @rule(by=st.sampled_from(OFFICE), pick=st.integers(0, 50), to=st.sampled_from(NEWCOMERS), after=st.integers(0, 10),
          length=st.integers(0, 30), chance=st.integers(0, 3))  # fmt: skip
    def deputy(self, by: str, pick: int, to: str, after: int, length: int, chance: int) -> None:
        if held := self._pick([one for one in self.reference.grants if one.by and not one.over], pick):
            begins = self.day + timedelta(days=after)
            self._grant(by, to, held.role, held.code, begins, begins + timedelta(days=length), chance, held.number)

    @rule(by=st.sampled_from(EVERYBODY), pick=st.integers(0, 50), chance=st.integers(0, 3))
    def confirm(self, by: str, pick: int, chance: int) -> None:
        self._confirm(by, pick, chance)

    @rule(pick=st.integers(0, 50))
    def confirm_near(self, pick: int) -> None:
        if waiting := self._pick([one for one in self.reference.grants if one.waits and not one.over], pick):
            self._confirm({"city": "cityb", "cityb": "city"}.get(waiting.by, "security"), pick, 0)

    def _confirm(self, by: str, pick: int, chance: int) -> None:
        waiting = self._pick([one for one in self.reference.grants if one.waits and not one.over], pick)
        if waiting is None or waiting.proposal is None:
            return
        if done := self.act("confirm", by, chance, commands.confirm_proposal, proposal=waiting.proposal):
            self.reference.confirm(waiting.proposal, by, done[0].role, self.day)

    @rule(by=st.sampled_from(OFFICE), pick=st.integers(0, 50), chance=st.integers(0, 3))
    def refuse(self, by: str, pick: int, chance: int) -> None:
        waiting = self._pick([one for one in self.reference.grants if one.waits and not one.over], pick)
        if waiting is None or waiting.proposal is None:
            return
        if self.act("refuse", by, chance, commands.refuse_proposal, proposal=waiting.proposal, why="不同意"):
            for one in self.reference.grants:
                one.over = one.over or (one.proposal == waiting.proposal and one.waits)

    @rule(by=st.sampled_from(EVERYBODY), pick=st.integers(0, 50), chance=st.integers(0, 3))
    def end(self, by: str, pick: int, chance: int) -> None:
        if held := self._pick([one for one in self.reference.grants if one.by and not one.over], pick):
            charge = {role: self.reference.charge(by, role, held, self.day) for role in APPOINTS}
            if done := self.act("end", by, chance, commands.end_binding, binding_id=held.number, why="结束"):
                self.reference.lawful(by != held.who and charge.get(done[0].role, False), f"{by} ended {held}")
                self.reference.end(held.number)

    @rule(by=st.sampled_from(OFFICE), pick=st.integers(0, 50), to=st.sampled_from(EVERYBODY), after=st.integers(0, 20),
          chance=st.integers(0, 3))  # fmt: skip
    def hand_over(self, by: str, pick: int, to: str, after: int, chance: int) -> None:
        held = self._pick([one for one in self.reference.grants if not one.over and not one.waits], pick)
        if held is None or held.role.endswith("administrator"):
            return
        done = self.act("hand over", by, chance, commands.hand_over, person_id=self.person[held.who],
                        successor_id=self.person[to], role=Role(held.role), on_day=self.day + timedelta(days=after),
                        reason="移交")  # fmt: skip
        if done:
            self._handed_over(done[0], by, done[1], self.day + timedelta(days=after))

    def _handed_over(self, scope: Scope, by: str, made: Iterable[Any], on_day: date) -> None:
        for one in made:
            line = self._made(scope, by, one)
            line.begins, line.takes_over = on_day, Binding.objects.get(id=one.id).takes_over_id or 0
            self.reference.lawful(bool(line.takes_over), f"{line} takes nothing over")
            before = self.reference.of(line.takes_over)
            self.reference.lawful((before.role, before.code) == (line.role, line.code), f"{line} is not {before}")
            self.reference.lawful(
                before.ends is None or (line.ends or date.max) <= before.ends, f"{line} outlasts {before}"
            )
            self.reference.give(line, self.day)

    @rule(by=st.sampled_from(OFFICE), whom=st.sampled_from(EVERYBODY), chance=st.integers(0, 3), back=st.booleans())
    def suspend(self, by: str, whom: str, chance: int, back: bool) -> None:
        self._suspend(by, whom, chance, back)

    @rule(by=st.sampled_from(("county", "city", "system")), whom=st.sampled_from(NEWCOMERS), back=st.booleans())
    def suspend_near(self, by: str, whom: str, back: bool) -> None:
        self._suspend(by, whom, 0, back)

    def _suspend(self, by: str, whom: str, chance: int, back: bool) -> None:
        held = [one for one in self.reference.grants
                if one.who == whom and not one.over and (one.ends is None or one.ends >= self.day)]  # fmt: skip
        charge = {
            role: bool(held) and all(self.reference.charge(by, role, one, self.day) for one in held)
            for role in (*APPOINTS, "security_administrator")
        }
        command = commands.reinstate_person if back else commands.suspend_person
        done = self.act(
            "reinstate" if back else "suspend", by, chance, command, person_id=self.person[whom], why="调查"
        )
        if done:
            self.reference.lawful(by != whom and charge.get(done[0].role, False), f"{by} shut {whom} out")
            (self.reference.suspended.discard if back else self.reference.suspended.add)(whom)

    @rule(days=st.integers(-20, 45), hours=st.integers(0, 23))
    def clock_jumps(self, days: int, hours: int) -> None:
        """Forwards, and backwards as a machine's clock sometimes does."""
        self.steps["clock jumps"] += 1
        self.now = max(self.now + timedelta(days=days, hours=hours), START - timedelta(days=30))

    def _pick(self, found: list[Grant], chance: int) -> Grant | None:
        return found[chance % len(found)] if found else None

    # ---- what must hold ----------------------------------------------------------------------------------------------
    @invariant()
    def nobody_may_more_or_less_than_the_reference_says(self) -> None:
        found: dict[tuple[str, date], set[tuple[str, str]]] = {}
        with connection.cursor() as cursor:  # what the middleware asks at every request, for all of them at once
            cursor.execute(
                "select p.id, d.day, s.role, s.node_id from unnest(%s::bigint[]) p (id), unnest(%s::date[]) d (day),"
                " lateral public.signed_in(p.id, d.day) s where s.role is not null",
                [list(self.name), [self.day, self.day + timedelta(days=7)]],
            )
            for person, day, role, place in cursor.fetchall():
                found.setdefault((self.name[person], day), set()).add((role, self.code[place]))
        for day in (self.day, self.day + timedelta(days=7)):
            for who in EVERYBODY:
                wanted = self.reference.may(who, day)
                assert found.get((who, day), set()) == wanted, (
                    f"{who} on {day}: {found.get((who, day))} and not {wanted}"
                )


def restore(people: dict[int, int], first_free: int) -> None:
    """The office as it was: everything given since then, and every suspension, is gone."""
    Binding.objects.filter(id__gte=first_free).update(acting_for=None, takes_over=None)
    Binding.objects.filter(id__gte=first_free).delete()
    Binding.objects.filter(id__lt=first_free).update(ended_at=None, ended_by=None, ended_why="", valid_to=None)
    Suspension.objects.all().delete()
    Person.objects.filter(id__in=people).update(is_active=True)
