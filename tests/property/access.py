"""
Grants by every way they change, in whatever order, against a slow reference that was written from the matrix of roles alone.

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
from zlib import crc32

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from falin.kernel.clock import SHANGHAI
from falin.kernel.doors import door
from falin.kernel.refusals import Forbidden, Refused
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside, shared
from tenants.divisions import api as divisions
from tenants.divisions.commands.writing import take_back
from tenants.divisions.models import DivisionChange, DivisionHandover, DivisionLineage, DivisionUpdate
from tenants.divisions.types import Decision
from tenants.identity import commands, policies
from tenants.identity.models import Binding, Person, Suspension
from tenants.identity.queries import find_person, list_to_review, read_signed_in, scope_of
from tenants.identity.types import Role
from tenants.registry.models import Tenant
from tests.world import PLACES, node, rows

START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
OFFICE = ("system", "security", "city", "cityb", "county", "county2")
NEWCOMERS = ("ann", "bo", "chen")
EVERYBODY = (*OFFICE, *NEWCOMERS)
CODES = ("33", "3301", "330106", "330102", "330106002", "330106109", "330106002001", "330106002002", "330102001001")
GIVEN = ("province_leader", "city_officer", "county_team", "county_finance", "auditor", "street_officer", "liaison",
         "inspector", "evaluator", "data_steward")  # fmt: skip

# From the matrix: at which levels each role is given, whom each may appoint there, and who has to agree.
LEVELS = {"province_leader": {1}, "city_officer": {2}, "county_team": {3}, "county_finance": {3}, "auditor": {1, 2, 3},
          "street_officer": {4}, "liaison": {5}, "inspector": {1, 2, 3, 4}, "evaluator": {1}, "data_steward": {1, 2, 3},
          "firm_manager": {1}}  # fmt: skip
APPOINTS = {"system_administrator": {1, 2}, "city_officer": {3, 4, 5}, "county_team": {4, 5}}
SECOND = {"system_administrator": "security_administrator", "city_officer": "city_officer"}
LEVEL_OF = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5}
LONGEST = 366
REVIEWED_FOR = 30  # days of a quarter in which it can be reviewed
# Whose work is the province's, wherever his place lies; the others work in the county their place was in when they came.
OF_THE_PROVINCE = {"province_leader", "city_officer", "firm_manager", "evaluator"}

# The separations of duties, by the name a refusal gives them: whoever holds one of the first does not hold one of the
# second where one's place holds the other's; the three administrators nowhere.
THREE = {"system_administrator", "security_administrator", "audit_administrator"}
WORKS = {"province_leader", "city_officer", "county_team", "county_finance", "street_officer", "liaison", "adviser",
         "firm_manager", "inspector", "evaluator", "data_steward", "operator"}  # fmt: skip
APART = {
    "three_administrators": (THREE, THREE),
    "auditor_is_not_operational": ({"auditor"}, WORKS),
    "inspector_is_not_of_the_place": ({"inspector"}, {"liaison", "adviser", "firm_manager"}),
    "evaluator_has_no_role": ({"evaluator"}, {*WORKS, *THREE, "auditor"}),
    "steward_does_not_decide": ({"data_steward"}, {"county_team"}),
}
ANYWHERE = {"three_administrators"}
# Of each some two roles, with their places: given one after the other, and found together though nobody gave both.
Two = tuple[tuple[str, str], tuple[str, str]]
TWO_OF: tuple[Two, ...] = (
    (("inspector", "330106002"), ("liaison", "330106002001")),
    (("evaluator", "33"), ("liaison", "330106002001")),
    (("data_steward", "330106"), ("county_team", "330106")),
    (("auditor", "330106"), ("street_officer", "330106002")),
    (("system_administrator", "33"), ("security_administrator", "33")),
    (("inspector", "330106"), ("adviser", "330106002002")),
    (("inspector", "330106002"), ("firm_manager", "33")),
    (("evaluator", "33"), ("audit_administrator", "33")),
    (("data_steward", "33"), ("county_team", "330102")),
    (("auditor", "33"), ("county_team", "330102")),
    (("audit_administrator", "33"), ("system_administrator", "33")),
)
# Who asks for a role in the ordinary way; what is not here comes with something else: the set-up, an adviser's term.
ASKS = {1: "system", 3: "city", 4: "county", 5: "county"}
WHOSE = {"adviser": "7", "firm_manager": "3"}  # roles for the rows of one adviser, of one firm: they reach no place

# Which roles open a door, and which of those work in the body's own rows: what is asked at the doors themselves.
OPENS = {
    "people.grant": {"city_officer", "county_team", "system_administrator"},
    "people.confirm": {"city_officer", "security_administrator"},
    "advisers.appoint": {"county_team"},
    "duty.remind": {"county_team", "street_officer"},
    "audit.export": {"auditor", "audit_administrator"},
    "settings.set": {"province_leader", "city_officer", "county_team", "security_administrator"},
    "places.read": {*WORKS, *THREE, "auditor"} - {"operator"},
}
# Places that go under another one and back, and the one that goes into its neighbour and comes back.
MOVES = {"330106002001": ("330106002", "330106109"), "330106002002": ("330106002", "330106109"),
         "330106109": ("330106", "330102")}  # fmt: skip
# Who holds the one above a place and the other in it may hold both until the place goes there.
MEET = {5: ("inspector", "liaison"), 4: ("auditor", "street_officer")}
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
    subject: str = ""
    body: str = ""
    stands_in_for: int = 0
    takes_over: int = 0
    seen: datetime = START  # when somebody last said it is wanted: who made, confirmed or reviewed it

    def holds(self, day: date) -> bool:
        return not self.waits and not self.over and self.begins <= day and (self.ends is None or day <= self.ends)

    def meets(self, other: Grant) -> bool:
        return (other.ends is None or self.begins <= other.ends) and (self.ends is None or other.begins <= self.ends)


class Unlawful(AssertionError):
    """The product said yes to what the matrix forbids."""


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

    def body(self, role: str, code: str) -> str:
        """The county or province in whose name somebody works in a role."""
        at: str | None = None if role in OF_THE_PROVINCE else code
        while at is not None and level(at) > 3:
            at = self.above.get(at)
        return at if at is not None and level(at) == 3 else "33"

    def held(self, who: str, day: date) -> list[Grant]:
        return [] if who in self.suspended else [one for one in self.grants if one.who == who and one.holds(day)]

    def holds(self, who: str, day: date) -> set[tuple[str, str]]:
        return {(one.role, one.code) for one in self.held(who, day)}

    def parted(self, who: str, day: date) -> dict[tuple[str, str, str], set[str]]:
        """
        What somebody acts as that opens nothing, with the separations it breaks: a role in a body, with all its places.
        """
        found: dict[tuple[str, str, str], set[str]] = {}
        held = self.held(who, day)
        for one in held:
            for other in held:
                if broken := self.apart(one, other):
                    found.setdefault((one.role, one.body, one.subject), set()).update(broken)
        return found

    def opens(self, who: str, day: date) -> list[Grant]:
        """What somebody may act by: all he holds but what a separation parts."""
        parted = self.parted(who, day)
        return [one for one in self.held(who, day) if (one.role, one.body, one.subject) not in parted]

    def apart(self, one: Grant, other: Grant) -> set[str]:
        """The separations that keep one person from two roles, as their places lie now."""
        here = not {one.code, other.code} & self.gone
        same = here and (self.within(one.code, other.code) or self.within(other.code, one.code))
        return {
            name for name, (first, second) in APART.items()
            if one.role != other.role and (same or name in ANYWHERE)
            and ((one.role in first and other.role in second) or (other.role in first and one.role in second))
        }  # fmt: skip

    def of(self, number: int) -> Grant:
        return next(one for one in self.grants if one.number == number)

    def lawful(self, said: bool, why: str) -> None:
        if not said:
            raise Unlawful(why)

    def check_gives(self, one: Grant, day: date) -> None:
        """Level, place, column and days of the one who gives."""
        self.lawful(one.by not in {one.who, ""}, f"{one.by} gave himself {one}")
        self.lawful(one.by not in self.suspended, f"{one.by} is suspended and gave {one}")
        self.lawful(self.gives(one.by_role, one), f"{one.by_role} does not give {one.role} at {one.code}")
        own = [
            mine for mine in self.grants
            if mine.who == one.by and mine.role == one.by_role and self.reaches(mine, one) and mine.holds(one.begins)
        ]  # fmt: skip
        self.lawful(bool(own), f"{one.by} holds nothing over {one.code} on {one.begins}")
        last = None if any(mine.ends is None for mine in own) else max(mine.ends for mine in own if mine.ends)
        self.lawful(one.ends is not None and (last is None or one.ends <= last), f"{one} outlasts {one.by}")

    def gives(self, by_role: str, one: Grant) -> bool:
        """Whether a role appoints to another one where that is given; a firm's manager to his own alone."""
        if by_role == "firm_manager":
            return one.role == by_role
        return level(one.code) in APPOINTS.get(by_role, set()) & LEVELS.get(one.role, set())

    def reaches(self, mine: Grant, one: Grant) -> bool:
        """Whether what somebody holds lies over another line: in his own firm, or over its place."""
        if mine.subject:
            return mine.role == one.role and mine.subject == one.subject
        return self.within(one.code, mine.code)

    def broken(self, one: Grant) -> dict[str, Grant]:
        """The separations a line would break on some day, each with the line it does not go with."""
        held = [other for other in self.grants if other is not one and other.who == one.who
                and not other.waits and not other.over and other.meets(one)]  # fmt: skip
        return {name: other for other in held for name in self.apart(one, other)}

    def check_apart(self, one: Grant) -> None:
        for name, held in self.broken(one).items():
            raise Unlawful(f"{one} beside {held}: {name}")

    def give(self, one: Grant, day: date, now: datetime) -> None:
        self.lawful(
            one.by_role in {mine.role for mine in self.opens(one.by, day)}, f"{one.by} had no business to give {one}"
        )
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
            reaches = any(self.reaches(mine, one) for mine in self.opens(by, day) if mine.role == role)
            self.lawful(reaches, f"{by} does not reach {one.code}")
            one.begins = max(one.begins, day)
            self.check_gives(one, day)
            self.check_apart(one)
            one.waits, one.seen = False, max(one.seen, now)
            self.into_force(one, day)

    def into_force(self, one: Grant, day: date) -> None:
        for held in self.grants:
            same = (held.who, held.role, held.code, held.subject) == (one.who, one.role, one.code, one.subject)
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
            fit = (
                was.code == gone
                and not was.subject
                and not was.waits
                and not was.over
                and (was.ends is None or was.ends >= day)
            )
            self.lawful(fit, f"{was} was carried from {gone}")
            was.over = True
            same = [one for one in self.grants if (one.who, one.role, one.code) == (was.who, was.role, heir)
                    and not one.waits and not one.over]  # fmt: skip
            self.lawful(bool(same) == (new is None), f"{was} goes on twice, or nowhere")
            if new is not None:
                self._again(was, new, heir, pairs, day, now)
        left = [one for one in self.grants if one.code == gone and not one.subject and one.holds(day)]
        for one in left:
            alone = self.of(one.stands_in_for) if one.stands_in_for else None
            stays = alone is not None or one.body != self.body(one.role, heir) or self._is_apart(one, heir)
            self.lawful(stays, f"{one} was left at a place that is gone")

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
            one.seen, one.by, one.by_role, one.body = max(was.seen, now), was.by, was.by_role, was.body
            self.grants.append(one)
            self.check_apart(one)

    def _again(self, was: Grant, new: int, code: str, pairs: Iterable[tuple[int, int | None]], day: date, now: datetime
               ) -> None:  # fmt: skip
        deputy_of = dict(pairs).get(was.stands_in_for) or 0
        one = Grant(new, was.who, was.role, code, max(was.begins, day), was.ends, by=was.by, by_role=was.by_role,
                    body=was.body, stands_in_for=deputy_of, seen=max(was.seen, now))  # fmt: skip
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
        return {one.number for one in self.grants if one.holds(day) and one.role in LEVELS and one.seen < quarter}

    def charge(self, by: str, role: str, one: Grant, day: date) -> bool:
        """Whether one's roles are the charge of the other: who gives it or is the second person, and of advisers the county."""
        gives = {role, *(first for first, second in SECOND.items() if second == role)}
        care = role == "county_team" if one.role == "adviser" else any(self.gives(first, one) for first in gives)
        return care and any(self.reaches(mine, one) for mine in self.opens(by, day) if mine.role == role)


CHARGES = (*APPOINTS, "security_administrator", "firm_manager")


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
        self.look_at: list[str] = []  # who is asked next what he may do; else one after the other
        for row in Binding.objects.filter(person_id__in=self.name).order_by("id"):
            self.reference.grants.append(self._line(row))

    def _line(self, row: Binding) -> Grant:
        code = self.code[row.node_id]
        return Grant(row.id, self.name[row.person_id], row.role, code, row.valid_from, row.valid_to,
                     subject=row.subject_id, body=self.reference.body(row.role, code))  # fmt: skip

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
        self.refused = ""
        scope = self.scope(who, chance)
        if scope is None:
            return None
        try:
            with inside(scope, read_only=False):
                made = command(scope=scope, now=self.now, **given)
        except Refused as refused:
            self.refused = refused.code.removeprefix("identity.")
            return None
        self.steps[f"{kind}: done"] += 1
        return scope, made

    def _made(self, scope: Scope, by: str, made: Any) -> Grant:
        role, code = str(made.role), self.code[made.node_id]
        return Grant(made.id, self.name[made.person.id], role, code, made.valid_from, made.valid_to, by=by,
                     by_role=scope.role, proposal=made.proposal, subject=made.subject_id,
                     body=self.reference.body(role, code))  # fmt: skip

    def _refused_for(self, one: Grant) -> None:
        """Where the product says that two roles do not go together, the reference says so too."""
        if self.refused in APART:
            broken = self.reference.broken(one)
            assert self.refused in broken, f"{one} was refused by {self.refused} and not by {set(broken)}"
            self.steps[f"refused by {self.refused}"] += 1

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
          by=st.sampled_from(("city", "cityb")), length=st.integers(0, 200), yes=st.booleans())  # fmt: skip
    def propose_near(
        self, by: str, to: str, where: tuple[str, str], after: int, length: int, chance: int, yes: bool
    ) -> None:
        begins = self.day + timedelta(days=after)
        self._grant(by, to, *where, begins, begins + timedelta(days=length), chance)
        if yes:
            self.confirm_near(pick=-1)

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
        else:
            self._refused_for(Grant(0, to, role, code, begins, ends))

    # ---- two roles that do not go together -------------------------------------------------------------------------------
    @rule(to=st.sampled_from(NEWCOMERS), turned=st.booleans(), length=st.integers(0, 20))
    def both(self, to: str, turned: bool, length: int) -> None:
        """Which two, and in which way, is mixed from all that was drawn: drawn by itself the first ones come too often."""
        turn, found = divmod(crc32(f"{to}{turned}{length}{self.now}{len(self.reference.grants)}".encode()), 2)
        two = TWO_OF[turn % len(TWO_OF)]
        way = self.find_both if found else self.give_both
        way(two[::-1] if turned else two, to, self.day + timedelta(days=length))

    def give_both(self, two: Two, to: str, last: date) -> None:
        """One role, and then the other, each in the way it is given."""
        first, (role, code) = two
        self._set_up(to, *first, last)
        if role in GIVEN:
            self._grant(ASKS[level(code)], to, role, code, self.day, last, 0)
        else:
            self._set_up(to, role, code, last)

    def find_both(self, two: Two, to: str, last: date) -> None:
        """One role is given, and the other stands in the table one day though no command put it there: by a restore, say."""
        first, (role, code) = two
        self._set_up(to, *first, last)
        own = Binding.objects.filter(
            person_id=self.person[to], role=role, node_id=self.node[code], ended_at__isnull=True
        )
        if own.exists():
            return
        body = self.reference.body(role, code)
        with shared(read_only=False):
            row = Binding.objects.create(
                person_id=self.person[to], role=role, node_id=self.node[code], subject_id=WHOSE.get(role, ""),
                tenant=Tenant.objects.get(node_id=self.node[body]), valid_from=self.day, valid_to=last,
                granted_by=self.person["city"], granted_as="city_officer", reason="恢复", created_at=self.now,
            )  # fmt: skip
        line = self._line(row)
        line.by, line.by_role, line.seen = "city", "city_officer", self.now
        self.reference.grants.append(line)
        self.look_at.append(to)

    def _set_up(self, to: str, role: str, code: str, last: date) -> None:
        """A role by the system itself: as at set-up, or with an adviser's term. What is held there takes the new days."""
        self.steps["set up"] += 1
        one = Grant(0, to, role, code, self.day, last, subject=WHOSE.get(role, ""))
        same = [held for held in self.reference.grants if (held.who, held.role, held.code) == (to, role, code)
                and not held.waits and not held.over]  # fmt: skip
        one.begins = min([held.begins for held in same] + [self.day])
        try:
            with shared(read_only=False) as system:
                number = commands.grant_role(
                    scope=system, person_id=self.person[to], role=Role(role), node_id=self.node[code], reason="设立",
                    subject_id=one.subject, valid_from=self.day, valid_to=last, now=self.now,
                )  # fmt: skip
        except Refused as refused:
            self.refused = refused.code.removeprefix("identity.")
            self._refused_for(one)
            return
        self.steps["set up: done"] += 1
        row = Binding.objects.get(id=number)
        self.reference.lawful((row.valid_from, row.valid_to) == (one.begins, last), f"{row} has other days than {one}")
        held = self.reference.of(number) if same else self._line(row)
        if same:
            held.begins, held.ends = one.begins, last
        else:
            held.seen = self.now
            self.reference.grants.append(held)
        self.reference.check_apart(held)

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

    @rule(by=st.sampled_from(("", *EVERYBODY)), pick=st.integers(0, 50), chance=st.integers(0, 3))
    def end(self, by: str, pick: int, chance: int) -> None:
        if held := self._pick([one for one in self.reference.grants if one.by and not one.over], pick):
            by, chance = (by, chance) if by else (self._in_charge(held), 0)
            charge = {role: self.reference.charge(by, role, held, self.day) for role in CHARGES}
            if done := self.act("end", by, chance, commands.end_binding, binding_id=held.number, why="结束"):
                self.reference.lawful(by != held.who and charge.get(done[0].role, False), f"{by} ended {held}")
                self.reference.end(held.number)

    @rule(by=st.sampled_from(("", *OFFICE)), pick=st.integers(0, 50), to=st.sampled_from(EVERYBODY), after=st.integers(0, 20),
          chance=st.integers(0, 3))  # fmt: skip
    def hand_over(self, by: str, pick: int, to: str, after: int, chance: int) -> None:
        held = self._pick([one for one in self.reference.grants if not one.over and not one.waits], pick)
        if held is None or held.role in THREE:
            return
        by, chance = (by, chance) if by else (self._in_charge(held), 0)
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

    @rule(whom=st.sampled_from(NEWCOMERS))
    def suspend_near(self, whom: str) -> None:
        near = next((by for by in OFFICE if any(self._charges(by, whom).values())), "county")
        self._suspend(near, whom, 0, whom in self.reference.suspended)

    def _in_charge(self, one: Grant) -> str:
        """Somebody of the office whose charge a line is, as far as there is one."""
        return next((by for by in OFFICE if by != one.who
                     and any(self.reference.charge(by, role, one, self.day) for role in CHARGES)), "county")  # fmt: skip

    def _charges(self, by: str, whom: str) -> dict[str, bool]:
        """By which of his roles everything that somebody holds or is to hold is one's charge."""
        held = [one for one in self.reference.grants
                if one.who == whom and not one.over and (one.ends is None or one.ends >= self.day)]  # fmt: skip
        return {role: bool(held) and all(self.reference.charge(by, role, one, self.day) for one in held)
                for role in CHARGES}  # fmt: skip

    def _suspend(self, by: str, whom: str, chance: int, back: bool) -> None:
        charge = self._charges(by, whom)
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
    @rule(code=st.sampled_from(sorted(MOVES)), to=st.integers(0, 1), who=st.sampled_from(NEWCOMERS), both=st.booleans())
    def move(self, code: str, to: int, who: str, both: bool) -> None:
        """
        A place, with all below it, under another one: by a list, decided, confirmed by a second person, applied.

        Where ``both``, somebody holds a role at either, and they do not go together once the one lies in the other.
        """
        before, under = self.reference.above[code], MOVES[code][to]
        if under == before or code in self.reference.gone:
            self._undo()
            return
        if both:
            for role, place in zip(MEET[level(code)], (under, code), strict=True):
                self._set_up(who, role, place, self.day + timedelta(days=20))
            self.look_at.append(who)
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
            begun = []
            for row in Binding.objects.filter(id__gt=self.newest).order_by("id"):
                begun.append(self._line(row))
                begun[-1].stands_in_for = row.acting_for_id or 0
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
    @rule(days=st.integers(0, 40), by=st.sampled_from(OFFICE), skip=st.integers(1, 4))
    def quarter_turns(self, days: int, by: str, skip: int) -> None:
        """And somebody begins with its review."""
        first = date(
            self.day.year + (self.day.month > 9),
            (self.day.month - 1) // 3 * 3 % 12 + 4 if self.day.month < 10 else 1,
            1,
        )
        self.steps["clock jumps"] += 1
        self.now = datetime(first.year, first.month, first.day, 2, tzinfo=UTC) + timedelta(days=days)
        self._review(by, skip, 0)

    @rule(by=st.sampled_from(OFFICE), skip=st.integers(1, 4), chance=st.integers(0, 3))
    def review(self, by: str, skip: int, chance: int) -> None:
        self._review(by, skip, chance)

    def _review(self, by: str, skip: int, chance: int) -> None:
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
                  for number in wanted for role in CHARGES}  # fmt: skip
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
                wanted = self.reference.holds(who, day)
                assert found.get((who, day), set()) == wanted, (
                    f"{who} on {day}: {found.get((who, day))} and not {wanted}"
                )

    @invariant()
    def at_the_doors_he_may_no_more_and_no_less(self) -> None:
        """
        One person after each step, for every place: what his hats open there, at some doors of ``OPENS``; at all of them for
        somebody whose roles may just have been parted.
        """
        self.asked = getattr(self, "asked", -1) + 1
        who, grants = EVERYBODY[self.asked % len(EVERYBODY)], list(OPENS)[self.asked // len(EVERYBODY) % 3 :: 3]
        if self.look_at:
            who, grants = self.look_at.pop(), list(OPENS)
        wanted = {
            (grant, code)
            for one in self.reference.opens(who, self.day) if one.code not in self.reference.gone and not one.subject
            for grant in grants if one.role in OPENS[grant]
            for code in self.node if code not in self.reference.gone and self.reference.within(code, one.code)
        }  # fmt: skip
        for name in {name for broken in self.reference.parted(who, self.day).values() for name in broken}:
            self.steps[f"stopped by {name}"] += 1
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
