"""Grants: proposed, confirmed, refused, ended, handed over, reviewed. Each locks the person: his roles change one by one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from falin.kernel import clock, formats, parameters
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.scope import Scope
from tenants.divisions.api import Division, get_division, list_divisions
from tenants.identity import policies
from tenants.identity.commands.booking import book, facts_of
from tenants.identity.models import Binding, Person
from tenants.identity.queries.register import (
    binding_info,
    ends_of,
    in_force,
    in_reach,
    latest_end,
    open_on,
    to_review,
)
from tenants.identity.roles import ADMINISTRATORS, IN_THE_PROVINCE, PLATFORM, ROLES
from tenants.identity.rules import (
    ANOTHER_SECOND,
    EXPIRES_SOON,
    NOT_TO_ONESELF,
    REVIEW_DAYS,
    Held,
    review_ends,
    separation_between,
)
from tenants.identity.types import BindingInfo, Role, Standing
from tenants.registry.api import find_tenant_of


# ---- by the system, and with an adviser's term -----------------------------------------------------------------------
def grant_role(
    *, scope: Scope, person_id: int, role: Role, node_id: int, reason: str, now: datetime, subject_id: str = "",
    valid_from: date | None = None, valid_to: date | None = None,
) -> int:  # fmt: skip
    """
    Give a role that no person's discretion gives: at set-up, or to an adviser with his term. The binding's id.

    One that is open there already takes the new days.

    :raises Forbidden: somebody else's role is to be given: that is ``propose_role``.
    :raises Invalid: the role is not given at places of this level, or its place has no tenant.
    :raises Refused: it may not be held beside what the person holds.
    """
    _check_direct(scope, role)
    place = get_division(node_id)
    policies.check_fits(role, place, subject_id)
    _lock(person_id)
    if not policies.is_system(scope) and role in ADMINISTRATORS:
        _check_vacant(role, node_id, person_id, now)
    begins_on = valid_from or clock.legal_day(now)
    held = Binding.objects.filter(
        person_id=person_id, role=role, node_id=node_id, subject_id=subject_id, ended_at__isnull=True,
        standing=Standing.CONFIRMED,
    ).first()  # fmt: skip
    if held is not None:
        begins_on = min(held.valid_from, begins_on)  # held from then to the new end, days between as well
    check_separate(person_id, role, place, begins_on, valid_to)
    if held is None:
        binding = Binding(
            person_id=person_id, role=role, node_id=node_id, subject_id=subject_id, tenant_id=tenant_of(role, place),
            valid_from=begins_on, valid_to=valid_to, granted_by=scope.person_id, granted_as=scope.role, reason=reason,
            created_at=now,
        )  # fmt: skip
    elif (held.valid_from, held.valid_to) == (begins_on, valid_to):
        return int(held.id)
    else:
        binding = held
        binding.valid_from, binding.valid_to = begins_on, valid_to
    binding.save()
    book(scope=scope, act="identity.role.granted", person_id=person_id, node_id=node_id, why=reason,
         after=facts_of(binding), now=now)  # fmt: skip
    return int(binding.id)


def end_role(
    *, scope: Scope, person_id: int, role: Role, node_id: int, subject_id: str, why: str, now: datetime
) -> None:
    """End what ``grant_role`` gave; ending what is not there changes nothing."""
    _check_direct(scope, role)
    _lock(person_id)
    ending = with_deputies(Binding.objects.filter(
        person_id=person_id, role=role, node_id=node_id, subject_id=subject_id, ended_at__isnull=True
    ))  # fmt: skip
    end_these(ending, scope, why, now)
    _close_sessions({row.person_id for row in ending}, now)


def end_all(*, scope: Scope, person_id: int, why: str, now: datetime) -> list[Binding]:
    """End everything somebody holds or is proposed for; what ended. The caller has asked whether he may."""
    _lock(person_id)
    ending = with_deputies(Binding.objects.filter(person_id=person_id, ended_at__isnull=True).order_by("id"))
    end_these(ending, scope, why, now)
    _close_sessions({row.person_id for row in ending}, now)
    return ending


def _check_vacant(role: Role, node_id: int, person_id: int, now: datetime) -> None:
    """The operator brings in each of the three where there is none for longer: a second one is not his to choose."""
    after = clock.legal_day(now) + EXPIRES_SOON
    if Binding.objects.filter(open_on(after), role=role, node_id=node_id).exclude(person_id=person_id).exists():
        raise Refused(
            "identity.not_vacant", _("已经有人担任这个身份。要换人，先在服务器上结束他的身份。"), field="role"
        )


def _check_direct(scope: Scope, role: Role) -> None:
    if not (policies.is_system(scope) or (role == Role.ADVISER and scope.role == Role.COUNTY_TEAM)
            or role in ROLES[Role(scope.role)].granting.by_name - {Role.FIRM_MANAGER}):  # fmt: skip
        raise policies.not_yours()


# ---- by people -------------------------------------------------------------------------------------------------------
def propose_role(
    *, scope: Scope, person_id: int, role: Role, node_id: int, begins_on: date, ends_on: date, reason: str,
    now: datetime, subject_id: str = "", acting_for: int | None = None,
) -> BindingInfo:  # fmt: skip
    """
    Give somebody a role at a place from a day to a day; where the role needs a second person, propose it.

    A grant of what he holds there already takes its place when it comes into force.

    :param acting_for: the binding he stands in for, as a deputy: same role, place and firm, within its days.
    :raises Forbidden: :raises Refused: :raises Invalid: with the field.
    """
    place = get_division(node_id)
    subject_id = scope.subject_id or subject_id
    policies.check_may_grant(scope, person_id=person_id, role=role, place=place, subject_id=subject_id)
    policies.check_fits(role, place, subject_id)
    today = clock.legal_day(now)
    policies.check_days(begins_on, ends_on, today=today, latest=latest_end(scope, place, subject_id, begins_on))
    _lock(person_id)
    _check_no_gap(person_id, role, node_id, subject_id, begins_on)
    principal = _principal(scope, acting_for, person_id, role, node_id, begins_on, ends_on)
    check_separate(person_id, role, place, begins_on, ends_on)
    binding = _make(scope, person_id, role, place, subject_id, begins_on, ends_on, reason, uuid.uuid4(), now)
    binding.acting_for = principal
    _stand(scope, binding, now)
    return binding_info(Binding.objects.select_related("person").get(id=binding.id), today)


def confirm_proposal(*, scope: Scope, proposal: uuid.UUID, now: datetime) -> None:
    """
    Say yes as the second person: everything of the proposal comes into force together.

    All that was asked when it was proposed is asked again: the grantor still holds what he gave it by, and no
    separation of duties has come between.

    :raises Missing: :raises Refused: the scope's holder proposed it himself or it is about him; the grantor has gone.
    """
    today = clock.legal_day(now)
    for row, place in _proposed(scope, proposal):
        if scope.person_id == row.person_id:
            raise policies.parted(NOT_TO_ONESELF)
        if scope.person_id == row.granted_by:
            raise policies.parted(ANOTHER_SECOND)
        _lock(row.person_id)
        row.valid_from = max(row.valid_from, today)
        if row.valid_to is not None and row.valid_to < row.valid_from:
            raise policies.too_late()
        if not _could_still_give(row, place):
            raise policies.grantor_gone()
        check_separate(row.person_id, Role(row.role), place, row.valid_from, row.valid_to)
        row.standing, row.decided_by, row.decided_at = Standing.CONFIRMED, scope.person_id, now
        _into_force(scope, row, now)
        book(scope=scope, act="identity.role.confirmed", person_id=row.person_id, node_id=row.node_id,
             after=facts_of(row), now=now)  # fmt: skip


def refuse_proposal(*, scope: Scope, proposal: uuid.UUID, why: str, now: datetime) -> None:
    """
    Say no, with the reason; nothing of the proposal comes into force.

    :raises Missing: :raises Refused: the scope's holder proposed it himself.
    """
    for row, _place in _proposed(scope, proposal):
        if scope.person_id in {row.granted_by, row.person_id}:
            raise policies.parted(ANOTHER_SECOND if scope.person_id == row.granted_by else NOT_TO_ONESELF)
        row.standing, row.decided_by, row.decided_at = Standing.REFUSED, scope.person_id, now
        row.ended_at, row.ended_by, row.ended_why = now, scope.person_id, why
        row.save()
        book(scope=scope, act="identity.role.refused", person_id=row.person_id, node_id=row.node_id, why=why,
             before=facts_of(row), now=now)  # fmt: skip


def end_binding(*, scope: Scope, binding_id: int, why: str, now: datetime) -> None:
    """
    End a grant now, or take back a proposal; deputies end with whom they stand in for.

    :raises Missing: :raises Forbidden: :raises Refused: it follows an adviser's term, or is over already.
    """
    scope.require(policies.GRANT)
    row = in_reach(scope).filter(id=binding_id, ended_at__isnull=True).first()
    if row is None:
        raise policies.no_binding()
    if row.role == Role.ADVISER:
        raise policies.follows_an_appointment()
    if row.person_id == scope.person_id:
        raise policies.parted(NOT_TO_ONESELF)
    place = get_division(row.node_id)
    if not policies.may_look_after(scope, person_id=row.person_id, role=Role(row.role), place=place,
                                   subject_id=row.subject_id):  # fmt: skip
        raise policies.not_yours()
    _lock(row.person_id)
    ending = with_deputies([row])
    end_these(ending, scope, why, now)
    _close_sessions({one.person_id for one in ending}, now)


def hand_over(
    *, scope: Scope, person_id: int, successor_id: int, role: Role, on_day: date, reason: str, now: datetime
) -> list[BindingInfo]:
    """
    Give a whole post to a successor: everything the person holds in a role within reach, with its last days, in one go.

    Until ``on_day`` the predecessor goes on; then the successor has it. Where the role needs a second person, all of it
    is one proposal, and the predecessor goes on until it is confirmed.

    :raises Missing: :raises Forbidden: :raises Refused: :raises Invalid:
    """
    today = clock.legal_day(now)
    if person_id == successor_id:
        raise Invalid("identity.same_person", _("接手的人不能是他自己。"), field="successor")
    if on_day < today:
        raise Invalid("identity.begins_in_the_past", _("开始日期不能早于今天。"), field="begins_on")
    for one in sorted({person_id, successor_id}):
        _lock(one)
    post = list(in_reach(scope).filter(open_on(on_day), person_id=person_id, role=role, standing=Standing.CONFIRMED,
                                       acting_for__isnull=True).order_by("id"))  # fmt: skip
    if not post:
        raise policies.no_binding()
    proposal, made = uuid.uuid4(), []
    for row in post:
        place = get_division(row.node_id)
        policies.check_may_grant(scope, person_id=successor_id, role=role, place=place, subject_id=row.subject_id)
        latest = latest_end(scope, place, row.subject_id, on_day)
        ends_on = latest if row.valid_to is None or (latest is not None and latest < row.valid_to) else row.valid_to
        policies.check_days(on_day, ends_on or on_day, today=today, latest=latest)
        check_separate(successor_id, role, place, on_day, ends_on)
        binding = _make(scope, successor_id, role, place, row.subject_id, on_day, ends_on, reason, proposal, now)
        binding.takes_over = row
        _stand(scope, binding, now)
        made.append(binding.id)
    found = Binding.objects.select_related("person", "takes_over").filter(id__in=made).order_by("id")
    return [binding_info(row, today) for row in found]


def review_bindings(*, scope: Scope, binding_ids: Collection[int], now: datetime) -> int:
    """
    Confirm for this quarter that these roles are still wanted; how many. What nobody confirms in time ends.

    :raises Missing: one of them is not in reach. :raises Forbidden: or not the scope's charge.
    """
    policies.check_may_read(scope)
    today = clock.legal_day(now)
    rows = list(
        in_reach(scope).select_for_update(of=("self",)).filter(in_force(today), id__in=binding_ids).order_by("id")
    )
    if len(rows) != len(set(binding_ids)):
        raise policies.no_binding()
    places = {place.id: place for place in list_divisions({row.node_id for row in rows})}
    for row in rows:
        if row.person_id == scope.person_id:
            raise policies.parted(NOT_TO_ONESELF)
        if not policies.may_look_after(scope, person_id=row.person_id, role=Role(row.role), place=places[row.node_id],
                                       subject_id=row.subject_id):  # fmt: skip
            raise policies.not_yours()
        row.reviewed_at = now
        row.save(update_fields=["reviewed_at"])
        book(scope=scope, act="identity.role.reviewed", person_id=row.person_id, node_id=row.node_id,
             after=facts_of(row), now=now)  # fmt: skip
    return len(rows)


def end_unreviewed(*, scope: Scope, now: datetime, preview: bool = False) -> list[BindingInfo]:
    """
    End what the quarter's review has not confirmed, once its last day is over; by the system, every night.

    :param preview: only say what would end at the review's end, whatever the day.
    """
    assert policies.is_system(scope), "the review ends roles by itself, not by somebody's hand"
    today = clock.legal_day(now)
    last = review_ends(today, parameters.value(REVIEW_DAYS, node_id=None, on=today))
    if not preview and today <= last:
        return []
    rows = list(Binding.objects.select_related("person").filter(to_review(today)).order_by("id"))
    found = [binding_info(row, today) for row in rows]
    if not preview:
        ending = with_deputies(rows)
        for person_id in sorted({row.person_id for row in ending}):
            _lock(person_id)
        end_these(ending, scope, _("本季度没有人复核，自动结束"), now)
        _close_sessions({row.person_id for row in ending}, now)
    return found


def _proposed(scope: Scope, proposal: uuid.UUID) -> list[tuple[Binding, Division]]:
    """
    The grants of a proposal, locked, if the scope is their second person's.

    :raises Missing:
    """
    scope.require(policies.CONFIRM)
    waiting = Binding.objects.filter(proposal=proposal, standing=Standing.PROPOSED, ended_at__isnull=True)
    seen = in_reach(scope).filter(id__in=waiting.values("id"))
    rows = list(waiting.select_for_update(of=("self",)).select_related("takes_over").order_by("person_id", "id"))
    if not rows or len(rows) != seen.count():
        raise policies.no_proposal()
    found = [(row, get_division(row.node_id)) for row in rows]
    if not all(policies.may_confirm(scope, granted_as=row.granted_as, place=place, subject_id=row.subject_id)
               for row, place in found):  # fmt: skip
        raise policies.no_proposal()
    return found


# ---- steps -----------------------------------------------------------------------------------------------------------
def _lock(person_id: int) -> None:
    """:raises Missing:"""
    if not Person.objects.select_for_update(of=("self",)).filter(id=person_id, merged_into__isnull=True).exists():
        raise policies.no_person()


def tenant_of(role: Role, place: Division) -> int | None:
    if role in PLATFORM:
        return None
    body = None if role in IN_THE_PROVINCE else place.county_id
    tenant = find_tenant_of(body or place.province_id)
    if tenant is None:
        raise Invalid("identity.no_tenant", _("这个地方还没有开通。"), field="place")
    return int(tenant.id)


def _make(
    scope: Scope, person_id: int, role: Role, place: Division, subject_id: str, begins_on: date, ends_on: date | None,
    reason: str, proposal: uuid.UUID, now: datetime,
) -> Binding:  # fmt: skip
    second = ROLES[Role(scope.role)].granting.confirmed_by is not None
    return Binding(
        person_id=person_id, role=role, node_id=place.id, subject_id=subject_id, tenant_id=tenant_of(role, place),
        valid_from=begins_on, valid_to=ends_on, granted_by=scope.person_id, granted_as=scope.role, reason=reason,
        proposal=proposal, created_at=now, standing=Standing.PROPOSED if second else Standing.CONFIRMED,
    )  # fmt: skip


def _stand(scope: Scope, binding: Binding, now: datetime) -> None:
    """Save a new grant, and give it effect where nobody else has to confirm it."""
    confirmed = binding.standing == Standing.CONFIRMED
    if confirmed:
        _into_force(scope, binding, now)
    else:
        _make_room_to_wait(scope, binding, now)
        binding.save(force_insert=True)
    book(scope=scope, act="identity.role.granted" if confirmed else "identity.role.proposed",
         person_id=binding.person_id, node_id=binding.node_id, why=binding.reason, after=facts_of(binding),
         now=now)  # fmt: skip


def _make_room_to_wait(scope: Scope, binding: Binding, now: datetime) -> None:
    """One proposal of a grant waits at a time; one that nobody confirmed in its days is over."""
    waiting = Binding.objects.filter(
        person_id=binding.person_id, role=binding.role, node_id=binding.node_id, subject_id=binding.subject_id,
        standing=Standing.PROPOSED, ended_at__isnull=True,
    )  # fmt: skip
    if waiting.filter(open_on(clock.legal_day(now))).exists():
        raise policies.held_already()
    end_these(waiting, scope, _("过期没有确认"), now)


def _into_force(scope: Scope, binding: Binding, now: datetime) -> None:
    """Save a confirmed grant in the place of the same one as it stood before, and make the predecessor go."""
    today = clock.legal_day(now)
    earlier = _confirmed(binding).first()
    if earlier is not None:
        if earlier.valid_from <= today:
            binding.valid_from = min(binding.valid_from, today)  # held without a gap: it goes on being held
        end_these([earlier], scope, _("续任"), now)
    binding.save()
    if earlier is not None:  # who stands in for the person, or waits to take over, does so for the new grant
        Binding.objects.filter(acting_for=earlier, ended_at__isnull=True).update(acting_for=binding)
        Binding.objects.filter(takes_over=earlier, standing=Standing.PROPOSED).update(takes_over=binding)
    before = binding.takes_over
    if before is None or before.ended_at is not None:
        return
    if binding.valid_from <= max(today, before.valid_from):
        end_these(with_deputies([before]), scope, _("移交"), now)
        _close_sessions({before.person_id}, now)
        return
    last = binding.valid_from - timedelta(days=1)
    for row in with_deputies([before]):
        if row.valid_to is None or row.valid_to > last:
            row.valid_to = max(last, row.valid_from)
            row.save(update_fields=["valid_to"])
            book(scope=scope, act="identity.role.shortened", person_id=row.person_id, node_id=row.node_id,
                 after=facts_of(row), now=now)  # fmt: skip


def _confirmed(binding: Binding) -> QuerySet[Binding]:
    """The same grant as it stands already."""
    return Binding.objects.filter(
        person_id=binding.person_id, role=binding.role, node_id=binding.node_id, subject_id=binding.subject_id,
        standing=Standing.CONFIRMED, ended_at__isnull=True,
    ).exclude(id=binding.id)  # fmt: skip


def with_deputies(bindings: Iterable[Binding]) -> list[Binding]:
    """These, and who stands in for their holders."""
    own = list(bindings)
    deputies = Binding.objects.filter(acting_for__in=own, ended_at__isnull=True).exclude(id__in=[row.id for row in own])
    return [*own, *deputies]


def end_these(bindings: Iterable[Binding], scope: Scope, why: str, now: datetime) -> None:
    for row in bindings:
        row.ended_at, row.ended_by, row.ended_why = now, scope.person_id, why
        row.save(update_fields=["ended_at", "ended_by", "ended_why"])
        book(scope=scope, act="identity.role.ended", person_id=row.person_id, node_id=row.node_id, why=why,
             before=facts_of(row), now=now)  # fmt: skip


def _close_sessions(person_ids: Iterable[int], now: datetime) -> None:
    """Who holds nothing any more loses his sessions with it."""
    held = Binding.objects.filter(in_force(clock.legal_day(now)), person_id__in=person_ids).values("person_id")
    Person.objects.filter(id__in=person_ids).exclude(id__in=held).update(session_epoch=F("session_epoch") + 1)


def _could_still_give(row: Binding, place: Division) -> bool:
    """Whether its grantor, as he stands now, could still give a proposal's role for its days."""
    own = ends_of(row.granted_by, Role(row.granted_as), place, row.subject_id, row.valid_from)
    ends = [end for end in own if end is not None]
    covers = len(ends) < len(own) or (bool(ends) and row.valid_to is not None and row.valid_to <= max(ends))
    return covers and Person.objects.filter(id=row.granted_by, is_active=True).exists()


def _check_no_gap(person_id: int, role: Role, node_id: int, subject_id: str, begins_on: date) -> None:
    """A renewal takes the place of what it renews, so it must not leave days between."""
    held = _confirmed(Binding(person_id=person_id, role=role, node_id=node_id, subject_id=subject_id)).first()
    if held and held.valid_to and begins_on > held.valid_to + timedelta(days=1):
        text = _("他现在的这项身份到 %(day)s 为止，续任要从次日或更早开始。") % {"day": formats.day(held.valid_to)}
        raise Invalid("identity.gap", text, field="begins_on")


def _principal(
    scope: Scope, binding_id: int | None, person_id: int, role: Role, node_id: int, begins_on: date, ends_on: date
) -> Binding | None:  # fmt: skip
    if binding_id is None:
        return None
    row = in_reach(scope).filter(in_force(begins_on), id=binding_id, acting_for__isnull=True).first()
    if row is None or (row.role, row.node_id) != (role, node_id) or row.person_id == person_id:
        raise Invalid(
            "identity.no_principal", _("代理的人要替别人的同一个身份，而且那个身份当天有效。"), field="acting_for"
        )
    if _confirmed(Binding(person_id=person_id, role=role, node_id=node_id, subject_id=row.subject_id)).exists():
        raise Invalid("identity.holds_it_himself", _("他自己已经有这个身份，不用代理。"), field="acting_for")
    if row.valid_to is not None and ends_on > row.valid_to:
        raise Invalid("identity.deputy_too_long", _("代理不能超过本人的任期。"), field="ends_on")
    return row


def check_separate(
    person_id: int, role: Role, place: Division, begins_on: date, ends_on: date | None
) -> None:  # fmt: skip
    """:raises Refused: a separation of duties forbids the role beside one the person holds in these days."""
    held = list(Binding.objects.filter(person_id=person_id, standing=Standing.CONFIRMED, ended_at__isnull=True))
    if not held:
        return
    places = {one.id: one for one in list_divisions({row.node_id for row in held})}
    new = _held(role, place, begins_on, ends_on)
    rule = separation_between(new, _all_held(held, places))
    if rule is not None:
        raise policies.parted(rule)


def _all_held(rows: Iterable[Binding], places: dict[int, Division]) -> Iterable[Held]:
    for row in rows:
        if row.node_id in places:
            yield _held(Role(row.role), places[row.node_id], row.valid_from, row.valid_to)


def _held(role: Role, place: Division, begins_on: date, ends_on: date | None) -> Held:
    return Held(role=role, node_id=place.id, path=policies.path_of(place), begins_on=begins_on, ends_on=ends_on)
