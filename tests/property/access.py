"""
Grants by every way they change, in whatever order, against a slow reference that was written from the sheet alone.

The reference is a list of grants and a map from each place to the one above it, and nothing else: no database, no table of
roles. It is told what the commands said yes to, says whether that was lawful, and after each step who may do what at that
moment; nobody may do more or less, by the rows that let him in and by the doors he comes to with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from falin.kernel.clock import SHANGHAI
from falin.kernel.doors import door
from falin.kernel.refusals import Forbidden, Refused
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside
from tenants.divisions import api as divisions
from tenants.divisions.commands.writing import take_back
from tenants.divisions.models import DivisionChange, DivisionHandover, DivisionLineage, DivisionUpdate
from tenants.divisions.types import Decision
from tenants.identity import commands, policies
from tenants.identity.models import Binding, Person, Suspension
from tenants.identity.queries import find_person, list_to_review, read_signed_in, scope_of
from tenants.identity.types import Role
from tests.world import PLACES, node, rows

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
REVIEWED_FOR = 30  # days of a quarter in which it can be reviewed

# Which roles open a door, and which of those work in the body's own rows: what is asked at the doors themselves.
OPENS = {
    "people.grant": {"city_officer", "county_team", "system_administrator"},
    "people.confirm": {"city_officer", "security_administrator"},
    "advisers.appoint": {"county_team"},
    "duty.remind": {"county_team", "street_officer"},
    "audit.export": {"auditor"},
    "settings.set": {"city_officer", "county_team", "security_administrator"},
}
# Places that go under another one and back, and the one that goes into its neighbour and comes back.
MOVES = {"330106002001": ("330106002", "330106109"), "330106002002": ("330106002", "330106109"),
         "330106109": ("330106", "330102")}  # fmt: skip
GONE, HEIR = "330106002002", "330106002001"
ABOVE = {4: 2, 6: 4, 9: 6, 12: 9}


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
    seen: datetime = START  # when somebody last said it is wanted: who made, confirmed or reviewed it

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
        self.above = {code: code[: ABOVE[len(code)]] for code in PLACES if len(code) > 2}
        self.gone: set[str] = set()

    def within(self, code: str, over: str) -> bool:
        """Whether a place is another one or lies below it, by the map as it is now."""
        at: str | None = code
        while at is not None and at != over:
            at = self.above.get(at)
        return at == over

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
            if mine.who == one.by and mine.role == one.by_role and self.within(one.code, mine.code) and mine.holds(one.begins)
        ]  # fmt: skip
        self.lawful(bool(own), f"{one.by} holds nothing over {one.code} on {one.begins}")
        last = None if any(mine.ends is None for mine in own) else max(mine.ends for mine in own if mine.ends)
        self.lawful(one.ends is not None and (last is None or one.ends <= last), f"{one} outlasts {one.by}")

    def check_apart(self, one: Grant) -> None:
        """An auditor has no operational role in the same subtree, on no day."""
        for held in self.grants:
            same = self.within(held.code, one.code) or self.within(one.code, held.code)
            mixed = (held.role == "auditor") != (one.role == "auditor") and not held.role.endswith("administrator")
            if (
                held is not one
                and held.who == one.who
                and not held.waits
                and not held.over
                and same
                and mixed
                and held.meets(one)
            ):
                raise Unlawful(f"{one} beside {held}")

    def give(self, one: Grant, day: date, now: datetime) -> None:
        self.check_gives(one, day)
        self.check_apart(one)
        self.lawful(day <= one.begins <= (one.ends or one.begins), f"{one} lies in the past of {day}")
        if one.stands_in_for:
            principal = self.of(one.stands_in_for)
            self.lawful((principal.role, principal.code) == (one.role, one.code), f"{one} stands in for another role")
            self.lawful(principal.ends is None or one.ends is None or one.ends <= principal.ends, f"{one} outlasts him")
        one.seen = now
        if one.by_role in SECOND:
            one.waits = True
        else:
            self.into_force(one, day)
        self.grants.append(one)

    def confirm(self, proposal: UUID, by: str, role: str, day: date, now: datetime) -> None:
        group = [one for one in self.grants if one.proposal == proposal and one.waits and not one.over]
        self.lawful(bool(group), "nothing waited")
        for one in group:
            self.lawful(by not in {one.by, one.who}, f"{by} is no second person for {one}")
            self.lawful(SECOND.get(one.by_role) == role, f"{role} is not the second of {one.by_role}")
            reaches = any(self.within(one.code, code) for held, code in self.may(by, day) if held == role)
            self.lawful(reaches, f"{by} does not reach {one.code}")
            one.begins = max(one.begins, day)
            self.check_gives(one, day)
            self.check_apart(one)
            one.waits, one.seen = False, max(one.seen, now)
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

    # ---- what goes on where a place ended, and comes back -------------------------------------------------------------
    def carry(self, gone: str, heir: str, pairs: Iterable[tuple[int, int | None]], day: date, now: datetime) -> None:
        """Each pair: a line that was in force there or to come, and the same one where its place went."""
        for old, new in pairs:
            was = self.of(old)
            fit = was.code == gone and not was.waits and not was.over and (was.ends is None or was.ends >= day)
            self.lawful(fit, f"{was} was carried from {gone}")
            was.over = True
            same = [one for one in self.grants if (one.who, one.role, one.code) == (was.who, was.role, heir)
                    and not one.waits and not one.over]  # fmt: skip
            self.lawful(bool(same) == (new is None), f"{was} goes on twice, or nowhere")
            if new is not None:
                self._again(was, new, heir, pairs, day, now)
        left = [one for one in self.grants if one.code == gone and not one.waits and not one.over and one.holds(day)]
        for one in left:
            alone = self.of(one.stands_in_for) if one.stands_in_for else None
            self.lawful(alone is not None or self._is_apart(one, heir), f"{one} was left at a place that is gone")

    def bring_back(self, pairs: Iterable[tuple[int, int | None]], begun: list[Grant], day: date, now: datetime) -> None:
        """What was carried is taken back; what began for it is what was there before, and nothing more."""
        standing = [(old, new) for old, new in pairs if new is None or not self.of(new).over]
        for _old, new in standing:
            if new is not None:
                self.end(new)
        wanted = [self.of(old) for old, _new in standing]
        for one in begun:
            was = next((was for was in wanted if (was.who, was.role, was.code) == (one.who, one.role, one.code)), None)
            if was is None:
                raise Unlawful(f"{one} came back and was never there")
            wanted.remove(was)
            self.lawful(was.ends is None or was.ends >= day, f"{one} came back after its last day")
            self.lawful((one.begins, one.ends) == (max(was.begins, day), was.ends), f"{one} is not {was}")
            one.seen, one.by, one.by_role = max(was.seen, now), was.by, was.by_role
            self.grants.append(one)
            self.check_apart(one)

    def _again(self, was: Grant, new: int, code: str, pairs: Iterable[tuple[int, int | None]], day: date, now: datetime
               ) -> None:  # fmt: skip
        deputy_of = dict(pairs).get(was.stands_in_for) or 0
        one = Grant(new, was.who, was.role, code, max(was.begins, day), was.ends, by=was.by, by_role=was.by_role,
                    stands_in_for=deputy_of, seen=max(was.seen, now))  # fmt: skip
        self.check_apart(one)
        self.grants.append(one)

    def _is_apart(self, one: Grant, heir: str) -> bool:
        """Whether a separation of duties keeps a line from going on at another place."""
        try:
            self.check_apart(Grant(0, one.who, one.role, heir, one.begins, one.ends))
        except Unlawful:
            return True
        return False

    # ---- the quarter's review ------------------------------------------------------------------------------------------
    def unreviewed(self, day: date) -> set[int]:
        """Lines in force that nobody has said are wanted since the quarter began; of roles that somebody gives."""
        quarter = datetime(day.year, 3 * ((day.month - 1) // 3) + 1, 1, tzinfo=SHANGHAI)
        return {one.number for one in self.grants if one.holds(day) and one.role in GIVEN and one.seen < quarter}

    def charge(self, by: str, role: str, one: Grant, day: date) -> bool:
        """Whether one's roles are the charge of the other."""
        gives = {role, *(first for first, second in SECOND.items() if second == role)}
        reaches = any(self.within(one.code, code) for held, code in self.may(by, day) if held == role)
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
        self.applied: list[int] = []  # updates of the tree, the newest last; how each is taken back
        self.back: dict[int, Callable[[], None]] = {}
        self.turn = 0
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
            self.reference.give(one, self.day, self.now)

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
            self.reference.confirm(waiting.proposal, by, done[0].role, self.day, self.now)

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
            self.reference.give(line, self.day, self.now)

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

    # ---- places move -------------------------------------------------------------------------------------------------
    @rule(code=st.sampled_from(sorted(MOVES)), to=st.integers(0, 1))
    def move(self, code: str, to: int) -> None:
        """A place, with all below it, under another one: by a list, decided, confirmed by a second person, applied."""
        before, under = self.reference.above[code], MOVES[code][to]
        if under == before or code in self.reference.gone:
            self._undo()
            return
        self.reference.above[code] = under
        if not self._update("move"):
            self.reference.above[code] = before
            return
        self.back[self.applied[-1]] = lambda: self.reference.above.__setitem__(code, before)

    @rule(to=st.sampled_from(NEWCOMERS), length=st.integers(0, 60), both=st.booleans())
    def merge(self, to: str, length: int, both: bool) -> None:
        """A place where somebody was just appointed ends and goes into its neighbour: it goes on there (decision 34)."""
        same = self.reference.above[GONE] == self.reference.above[HEIR]
        if GONE in self.reference.gone or not same:
            self._undo()
            return
        for code in (GONE, HEIR) if both else (GONE,):
            self._grant("county", to, "liaison", code, self.day, self.day + timedelta(days=length), 0)
        self.reference.gone.add(GONE)
        if not self._update("merge", into=HEIR):
            self.reference.gone.discard(GONE)
            return
        update = self.applied[-1]
        kept = DivisionUpdate.objects.get(id=update).carried or {}
        pairs = [(old, new) for old, new in kept.get("people", ())]
        self.reference.carry(GONE, HEIR, pairs, self.day, self.now)
        self.steps["carried"] += len(pairs)
        self.steps["carried: done"] += len(pairs)

        def back() -> None:
            self.reference.gone.discard(GONE)
            begun = [
                Grant(row.id, self.name[row.person_id], row.role, self.code[row.node_id], row.valid_from, row.valid_to,
                      stands_in_for=row.acting_for_id or 0)
                for row in Binding.objects.filter(id__gt=self.newest).order_by("id")
            ]  # fmt: skip
            self.reference.bring_back(pairs, begun, self.day, self.now)

        self.back[update] = back

    @rule()
    def undo(self) -> None:
        """The newest change of the tree is taken back, and with it what went on by itself."""
        self._undo()

    def _undo(self) -> None:
        if not self.applied:
            return
        last = Binding.objects.order_by("-id").values_list("id", flat=True)[0]
        if self._as("security", "security_administrator", "undo", divisions.undo_update, update_id=self.applied[-1],
                    within={}, why="名录有误"):  # fmt: skip
            self.newest = last
            self.back.pop(self.applied.pop())()

    def _update(self, kind: str, into: str = "") -> bool:
        """The tree as the reference has it, through every command of an update; no half one is left lying about."""
        listed = [
            row._replace(parent_code=self.reference.above.get(row.code, ""))
            for row in rows() if row.code not in self.reference.gone
        ]  # fmt: skip
        maker, second = "system", "security"
        if (
            self.scope_as(maker, "system_administrator") is None
            or self.scope_as(second, "security_administrator") is None
        ):
            return False
        made = self._as(maker, "system_administrator", kind, divisions.prepare_update, rows=listed, province="33",
                        source="名录", day=date(2024, 1, 1) + timedelta(days=self.turn))  # fmt: skip
        self.turn += 1
        if made is None:
            return False
        update = int(made[1])
        for change in DivisionChange.objects.filter(update_id=update):
            target = (into,) if into and change.node_id == self.node[GONE] else ()
            assert self._as(maker, "system_administrator", "", divisions.decide_change, update_id=update, change_id=change.id,
                            decision=Decision.ACCEPTED, target=target)  # fmt: skip
        assert self._as(maker, "system_administrator", "", divisions.submit_update, update_id=update)
        assert self._as(second, "security_administrator", "", divisions.confirm_update, update_id=update)
        assert self._as(second, "security_administrator", "", divisions.apply_update, update_id=update)
        self.applied.append(update)
        return True

    # ---- the quarter's review ----------------------------------------------------------------------------------------
    @rule(days=st.integers(0, 40))
    def quarter_turns(self, days: int) -> None:
        first = date(
            self.day.year + (self.day.month > 9),
            (self.day.month - 1) // 3 * 3 % 12 + 4 if self.day.month < 10 else 1,
            1,
        )
        self.steps["clock jumps"] += 1
        self.now = datetime(first.year, first.month, first.day, 2, tzinfo=UTC) + timedelta(days=days)

    @rule(by=st.sampled_from(OFFICE), skip=st.integers(1, 4), chance=st.integers(0, 3))
    def review(self, by: str, skip: int, chance: int) -> None:
        """Some of what is one's charge is confirmed; the others end by themselves when the days are over."""
        scope = self.scope(by, chance)
        if scope is None or not scope.may(policies.READ):
            return
        with inside(scope, read_only=True):
            due = [one.id for one in list_to_review(scope=scope, on=self.day) if one.person.id in self.name]
        wanted = [one for number, one in enumerate(due) if number % skip == 0 or skip == 4]
        if not wanted:
            return
        charge = {(number, role): self.reference.charge(by, role, self.reference.of(number), self.day)
                  for number in wanted for role in (*APPOINTS, "security_administrator")}  # fmt: skip
        if done := self.act("review", by, chance, commands.review_bindings, binding_ids=wanted):
            for number in wanted:
                one = self.reference.of(number)
                own = by != one.who and charge.get((number, done[0].role), False)
                self.reference.lawful(own and one.holds(self.day), f"{by} reviewed {one}")
                one.seen = max(one.seen, self.now)

    @rule()
    def night(self) -> None:
        """What nobody confirmed in time ends, and nothing else."""
        system = system_scope(schema="public", tenant_id=0, grants=frozenset({policies.READ}))
        with inside(system, read_only=False):
            ended = commands.end_unreviewed(scope=system, now=self.now)
        found = {one.id for one in ended if one.person.id in self.name}
        quarter = date(self.day.year, 3 * ((self.day.month - 1) // 3) + 1, 1)
        wanted = self.reference.unreviewed(self.day) if self.day >= quarter + timedelta(days=REVIEWED_FOR) else set()
        self.reference.lawful(found == wanted, f"the review ended {found} and not {wanted}")
        for number in found:
            self.reference.end(number)
        self.steps["night"] += 1
        self.steps["night: done"] += bool(found)
        self.steps["ended by the review"] += len(found)
        self.steps["ended by the review: done"] += len(found)

    # ---- by name of the role -----------------------------------------------------------------------------------------
    def scope_as(self, who: str, role: str) -> Scope | None:
        signed_in = read_signed_in(person_id=self.person[who], on=self.day)
        hat = next((hat for hat in signed_in.hats if hat.role == role), None) if signed_in else None
        return scope_of(signed_in, hat) if signed_in and hat else None

    def _as(
        self, who: str, role: str, kind: str, command: Callable[..., Any], **given: Any
    ) -> tuple[Scope, Any] | None:
        scope = self.scope_as(who, role)
        if scope is None:
            return None
        if kind:
            self.steps[kind] += 1
        try:
            with inside(scope, read_only=False):
                made = command(scope=scope, now=self.now, **given)
        except Refused:
            return None
        if kind:
            self.steps[f"{kind}: done"] += 1
        return scope, made

    def _pick(self, found: list[Grant], chance: int) -> Grant | None:
        return found[chance % len(found)] if found else None

    # ---- what must hold ----------------------------------------------------------------------------------------------
    @invariant()
    def nobody_may_more_or_less_than_the_reference_says(self) -> None:
        found: dict[tuple[str, date], set[tuple[str, str]]] = {}
        with connection.cursor() as cursor:  # what the middleware asks at every request, for all of them at once
            cursor.execute(
                "select p.id, d.day, s.role, s.node_id from unnest(%s::bigint[]) p (id), unnest(%s::date[]) d (day),"
                " lateral public.who_is_in(p.id, %s, d.day) s where s.role is not null",
                [list(self.name), [self.day, self.day + timedelta(days=7)], self.now],
            )
            for person, day, role, place in cursor.fetchall():
                found.setdefault((self.name[person], day), set()).add((role, self.code[place]))
        for day in (self.day, self.day + timedelta(days=7)):
            for who in EVERYBODY:
                wanted = self.reference.may(who, day)
                assert found.get((who, day), set()) == wanted, (
                    f"{who} on {day}: {found.get((who, day))} and not {wanted}"
                )

    @invariant()
    def at_the_doors_he_may_no_more_and_no_less(self) -> None:
        """One person after each step, at some doors of ``OPENS``, for every place: what his hats open there."""
        self.asked = getattr(self, "asked", -1) + 1
        who = EVERYBODY[self.asked % len(EVERYBODY)]
        grants = list(OPENS)[self.asked // len(EVERYBODY) % 3 :: 3]
        wanted = {
            (grant, code)
            for role, over in self.reference.may(who, self.day) if over not in self.reference.gone
            for grant in grants if role in OPENS[grant]
            for code in self.node if code not in self.reference.gone and self.reference.within(code, over)
        }  # fmt: skip
        signed_in = read_signed_in(person_id=self.person[who], on=self.day)
        found: set[tuple[str, str]] = set()
        for hat in signed_in.hats if signed_in else ():
            scope = scope_of(signed_in, hat)  # type: ignore[arg-type]
            for grant in grants:
                found |= {(grant, self.code[place]) for place in _entered(grant, scope, self.node.values())}
        self.steps["doors tried"] += len(grants) * len(signed_in.hats if signed_in else ())
        self.steps["doors tried: done"] = self.steps["doors tried"]
        assert found == wanted, f"{who} on {self.day}: {sorted(found ^ wanted)}"


def _entered(grant: str, scope: Scope, places: Iterable[int]) -> set[int]:
    """At a door of the kernel's own making: the places for which somebody who came in may act; none where he may not."""
    reached: set[int] = set()

    @door(grant=grant)
    def view(request: HttpRequest, scope: Scope) -> HttpResponse:
        there = divisions.list_divisions(list(places))
        reached.update(place.id for place in there if policies.reaches(scope, place, ""))
        return HttpResponse()

    request: Any = RequestFactory().get("/")
    request.scope = scope
    try:
        scope.require(grant)
    except Forbidden:
        return set()  # the door would draw a page to say so
    assert view(request).status_code == 200
    return reached


def restore(people: dict[int, int], first_free: int) -> None:
    """The office as it was: everything given since then, and every suspension, is gone."""
    Binding.objects.filter(id__gte=first_free).update(acting_for=None, takes_over=None)
    Binding.objects.filter(id__gte=first_free).delete()
    Binding.objects.filter(id__lt=first_free).update(ended_at=None, ended_by=None, ended_why="", valid_to=None,
                                                     reviewed_at=None)  # fmt: skip
    Suspension.objects.all().delete()
    Person.objects.filter(id__in=people).update(is_active=True)
    for update in DivisionUpdate.objects.order_by("-id").values_list("id", flat=True):
        take_back(update)
    for rows_of in (DivisionLineage, DivisionChange):
        rows_of.objects.filter(update_id__isnull=False).delete()
    DivisionHandover.objects.all().delete()
    DivisionUpdate.objects.all().delete()
