"""Advisers and firms of the province's register, as far as a scope may see them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final, TypeVar

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from falin.kernel import crypto, parameters, sorting
from falin.kernel.scope import Scope
from falin.kernel.sorting import Order
from services.advisers import policies
from services.advisers.models import Adviser, Appointment, Firm, Seat
from services.advisers.queries.appointments import lines_of
from services.advisers.queries.homes import home_of
from services.advisers.queries.sealed import PHONE
from services.advisers.rules import (
    ENDING_WITHIN,
    MOST_COMMUNITIES,
    masked_phone,
    masked_tail,
    state_of,
    typed,
)
from services.advisers.types import (
    MOST_COUNTED,
    AdviserCounts,
    AdviserFilters,
    AdviserInfo,
    AdviserProfile,
    AdviserRow,
    FirmInfo,
    Page,
    View,
)
from tenants.divisions.api import list_divisions, subtree_ids

T = TypeVar("T")
PAGE = 12
LONGEST_PAGE = 500
FEW = 1000  # so many ids are handed over sooner than they are found again
# What the lists stand by; the first one where nothing is asked.
ADVISER_ORDERS: Final[dict[str, Order]] = {"name": ("pinyin", "id")}
FIRM_ORDERS: Final[dict[str, Order]] = {"name": ("pinyin", "id"), "advisers": ("members", "pinyin", "id")}


def list_advisers(
    *, scope: Scope, on: date, filters: AdviserFilters | None = None, after: str = "", before: str = "",
    size: int = PAGE, sort: str = "", counted: bool = True,
) -> Page[AdviserRow]:  # fmt: skip
    """
    Advisers who serve in the scope's places or were registered by its county, by pinyin.

    :param after: a page's ``after`` cursor, for the next one; ``before`` likewise for the one before.
    :param sort: one of ``ADVISER_ORDERS``, with - before it the other way round.
    :param counted: how many there are in all; who looks for the first few does not ask.
    """
    policies.check_may_read(scope)
    cut, order = _cut(scope, filters or AdviserFilters(), on), sorting.order_of(sort, ADVISER_ORDERS)
    page = sorting.turn(cut, order, after=after, before=before, size=min(size, LONGEST_PAGE))
    return _page_of(cut, order, page, _rows(scope, page.rows, on), counted=counted)


def count_advisers(*, scope: Scope, on: date) -> AdviserCounts:
    """How many advisers each ready-made cut of the list holds, in one statement; of a long list among its first."""
    policies.check_may_read(scope)
    most = most_communities(scope, on)
    counted: dict[str, Any] = (
        with_held(within_view(scope).order_by("pinyin", "id")[: MOST_COUNTED + 1], on)
        .annotate(is_ending=Exists(_appointments(scope).filter(_ending(on))))
        .aggregate(
            all=Count("id"),
            ending=Count("id", filter=Q(is_ending=True)),
            room=Count("id", filter=_with_room(on, most)),
            not_examined=Count("id", filter=Q(exam_passed_on__isnull=True)),
            banned=Count("id", filter=Q(banned_until__gte=on)),
            firms=Count("firm", distinct=True),
        )
    )
    return AdviserCounts(**counted, more=counted["all"] > MOST_COUNTED)


def get_adviser(*, scope: Scope, adviser_id: uuid.UUID, on: date) -> AdviserProfile:
    """
    One adviser with his appointments in the scope's places.

    :raises Missing: there is none, or he does not serve here and was not registered here.
    """
    policies.check_may_read(scope)
    row = with_held(within_view(scope), on).select_related("firm").filter(id=adviser_id).first()
    if row is None:
        raise policies.no_adviser()
    lines = lines_of(Appointment.objects.in_scope(scope).filter(adviser_id=adviser_id).order_by("-begins_on", "id"), on)
    holding = [line.appointment for line in lines if line.appointment.holds_on(on)]
    here = sum(1 for line in lines if not line.over)
    phone = _phone_of(row, home_of(scope).province_schema) if policies.may_see_masked(scope) else ""
    info = adviser_info(row, scope=scope, held=row.held, on=on, phone=phone)
    return AdviserProfile(
        adviser=info, appointments=tuple(lines), elsewhere=max(0, info.held - here),
        state=state_of(exam_passed_on=row.exam_passed_on, banned_until=row.banned_until,
                       ends=[item.ends_on for item in holding], on=on),
    )  # fmt: skip


def find_adviser_of_person(*, scope: Scope, person_id: int, on: date) -> AdviserInfo | None:
    """The adviser on the scope's own list who signs in as this person."""
    policies.check_may_read(scope)
    row = with_held(within_view(scope), on).select_related("firm").filter(person_id=person_id).first()
    return adviser_info(row, scope=scope, held=row.held, on=on) if row else None


def adviser_of_scope(*, scope: Scope, on: date) -> AdviserInfo | None:
    """The adviser as whom the person is signed in."""
    policies.check_may_read_own(scope)
    row = with_held(Adviser.objects.filter(id=scope.subject_id), on).select_related("firm").first()
    return adviser_info(row, scope=scope, held=row.held, on=on) if row else None


def person_of_adviser(adviser_id: uuid.UUID) -> int | None:
    """Who signs in as the adviser, if anybody does."""
    return Adviser.objects.filter(id=adviser_id).values_list("person_id", flat=True).first()


def list_firms(
    *, scope: Scope, text: str = "", after: str = "", before: str = "", size: int = PAGE, sort: str = "",
    counted: bool = True,
) -> Page[FirmInfo]:  # fmt: skip
    """
    Firms of the province's register, by pinyin. The register of firms is public knowledge.

    :param sort: one of ``FIRM_ORDERS``, with - before it the other way round.
    """
    policies.check_may_read(scope)
    order = sorting.order_of(sort, FIRM_ORDERS)
    register = Firm.objects.filter(province_id=home_of(scope).province_id)
    rows = _with_members(register, of_all="members" in order[0])
    if text.strip():
        rows = rows.filter(reads_like(text, "name", "pinyin"))
    page = sorting.turn(rows, order, after=after, before=before, size=min(size, LONGEST_PAGE))
    return _page_of(rows, order, page, [firm_info(row, advisers=row.members) for row in page.rows], counted=counted)


def find_firm(*, scope: Scope, name: str) -> FirmInfo | None:
    """A firm of the province's register by its whole name."""
    policies.check_may_read(scope)
    row = Firm.objects.filter(province_id=home_of(scope).province_id, name=name.strip()).first()
    return firm_info(row) if row else None


def list_firm_names(*, scope: Scope) -> list[str]:
    """Firms from which advisers of the scope's own list come, to be offered while somebody types."""
    policies.check_may_read(scope)
    rows = Firm.objects.filter(advisers__in=within_view(scope)).distinct().order_by("pinyin", "id")
    return [row.name for row in rows[:200]]


# ---- shared by the other queries -----------------------------------------------------------------------------------
def most_communities(scope: Scope, on: date) -> int:
    """R2.2, as the province set it."""
    return parameters.value(MOST_COMMUNITIES, node_id=home_of(scope).province_id, on=on)


def within_view(scope: Scope) -> QuerySet[Adviser]:
    """
    Advisers the scope has on its own list: they serve in one of its places or, for a whole county, were entered by it.

    The appointments are the tenant's own rows, so that row security stands behind this cut as well.
    """
    home = home_of(scope)
    mine = Q(Exists(_appointments(scope)))
    if scope.whole:  # said first: of most it is true, and PostgreSQL then looks for nobody's places
        mine = Q(registered_by=home.node_id) | mine
    return Adviser.objects.filter(mine, province_id=home.province_id)


def firm_info(row: Firm, *, advisers: int = 0) -> FirmInfo:
    return FirmInfo(id=row.id, name=row.name, credit_code=row.credit_code, phone=row.phone, advisers=advisers)


def adviser_info(row: Adviser, *, scope: Scope, held: int | None, on: date, phone: str = "") -> AdviserInfo:
    """
    A row of the register in the form the scope's role has it: with the private telephone masked, or without.

    :param held: how many communities he holds; ``None`` has it counted.
    """
    masked = masked_phone(phone) if phone else masked_tail(row.phone_tail)
    if held is None:
        held = Seat.objects.filter(_open(on), adviser=row).count()
    return AdviserInfo(
        id=row.id, name=row.name, pinyin=row.pinyin, firm_id=row.firm_id, firm_name=row.firm.name, licence=row.licence,
        phone_masked=masked if policies.may_see_masked(scope) else "", firm_phone=row.firm.phone,
        specialties=tuple(row.specialties),
        exam_passed_on=row.exam_passed_on, banned_until=row.banned_until, ban_reason=row.ban_reason,
        has_account=row.person_id is not None, held=held, erased=row.erased_at is not None,
        most=parameters.value(MOST_COMMUNITIES, node_id=row.province_id, on=on),
    )  # fmt: skip


def with_held(rows: QuerySet[Adviser], on: date) -> QuerySet[Any]:
    """Adds ``held``: communities in every county, on that day or later."""
    seats = Seat.objects.filter(_open(on), adviser=OuterRef("id")).order_by().values("adviser").annotate(n=Count("id"))
    return rows.annotate(held=Coalesce(Subquery(seats.values("n"), output_field=IntegerField()), Value(0)))


def reads_like(text: str, *names: str) -> Q:
    """Names with the text in them, readings or initials that begin with it; ``names``: name, pinyin, name, pinyin."""
    found = Q()
    sound = typed(text)
    for name, pinyin in zip(names[::2], names[1::2], strict=True):
        found |= Q(**{f"{name}__contains": text.strip()})
        if sound:
            found |= Q(**{f"{pinyin}__startswith": sound}) | Q(**{f"{pinyin}__contains": f" {sound}"})
    return found


def _open(on: date) -> Q:
    return Q(ends_on__isnull=True) | Q(ends_on__gte=on)


def _ending(on: date) -> Q:
    return Q(begins_on__lte=on, ends_on__gte=on, ends_on__lte=on + ENDING_WITHIN)


def _with_room(on: date, most: int) -> Q:
    allowed = Q(banned_until__isnull=True) | Q(banned_until__lt=on)
    return allowed & Q(exam_passed_on__isnull=False, held__lt=most)


def _appointments(scope: Scope) -> QuerySet[Appointment]:
    rows: QuerySet[Appointment] = Appointment.objects.in_scope(scope).filter(adviser_id=OuterRef("id"))
    return rows


def _cut(scope: Scope, filters: AdviserFilters, on: date) -> QuerySet[Any]:
    rows = with_held(within_view(scope), on).select_related("firm")
    if filters.text.strip():
        rows = rows.filter(_called(filters.text, home_of(scope).province_id))
    if filters.firm_id:
        rows = rows.filter(firm_id=filters.firm_id)
    if filters.street_id:
        below = subtree_ids(filters.street_id)
        rows = rows.filter(Exists(_appointments(scope).filter(_open(on), node_id__in=below)))
    if filters.specialty:
        rows = rows.filter(specialties__contains=[filters.specialty])
    if filters.view == View.ENDING:
        rows = rows.filter(Exists(_appointments(scope).filter(_ending(on))))
    elif filters.view == View.ROOM:
        rows = rows.filter(_with_room(on, most_communities(scope, on)))
    elif filters.view == View.NOT_EXAMINED:
        rows = rows.filter(exam_passed_on__isnull=True)
    elif filters.view == View.BANNED:
        rows = rows.filter(banned_until__gte=on)
    return rows


def _called(text: str, province: int) -> Q:
    """
    Who is called so himself or works for a firm that is. Few are told by their ids, or PostgreSQL would ask of everybody
    in turn where he serves; where many are, a page of them is full soon.
    """
    firms = Firm.objects.filter(reads_like(text, "name", "pinyin"), province_id=province)
    theirs = list(firms.values_list("id", flat=True)[: FEW + 1])
    called = reads_like(text, "name", "pinyin") | Q(firm__in=theirs if len(theirs) <= FEW else firms)
    found = Adviser.objects.filter(called, province_id=province).order_by().values_list("id", flat=True)
    ids = list(found[: FEW + 1])
    return Q(id__in=ids) if len(ids) <= FEW else called


def _page_of(
    cut: QuerySet[Any], order: Order, turned: sorting.Turned[Any], rows: Iterable[T], *, counted: bool
) -> Page[T]:
    """One page with how many rows there are, and the number of its first one as far as anybody counts."""
    total, more = _counted(cut) if counted else (0, False)
    first = 1
    if turned.before:
        passed, beyond = _counted(sorting.ahead_of(cut, order, turned.rows[0]))
        first = 0 if beyond else passed + 1
    return Page(rows=tuple(rows), total=total, more=more, first=first, before=turned.before, after=turned.after)


def _counted(rows: QuerySet[Any]) -> tuple[int, bool]:
    """How many rows there are, up to the most anybody counts; and whether there are more."""
    found = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def _with_members(rows: QuerySet[Firm], *, of_all: bool) -> QuerySet[Any]:
    """
    Adds ``members``: advisers of the province who are registered with the firm.

    :param of_all: counted for every firm in one go, as an order by it needs; else for those that are shown, each by itself.
    """
    if of_all:
        return rows.annotate(members=Count("advisers"))
    theirs = Adviser.objects.filter(firm=OuterRef("id")).order_by().values("firm").annotate(n=Count("id"))
    return rows.annotate(members=Coalesce(Subquery(theirs.values("n"), output_field=IntegerField()), Value(0)))


def _rows(scope: Scope, page: Iterable[Any], on: date) -> list[AdviserRow]:
    page = list(page)
    theirs: dict[uuid.UUID, list[Appointment]] = defaultdict(list)
    serving = Appointment.objects.in_scope(scope).filter(_open(on), adviser_id__in=[row.id for row in page])
    for item in serving.order_by("begins_on", "id"):
        theirs[item.adviser_id].append(item)
    names = _names({item.node_id for items in theirs.values() for item in items})
    return [_row(scope, row, theirs[row.id], names, on) for row in page]


def _row(scope: Scope, row: Any, items: list[Appointment], names: dict[int, str], on: date) -> AdviserRow:
    ends = [item.ends_on for item in items if item.begins_on <= on]
    return AdviserRow(
        adviser=adviser_info(row, scope=scope, held=row.held, on=on),
        communities=tuple(names.get(item.node_id, "") for item in items),
        ends_on=min((end for end in ends if end), default=None),
        state=state_of(exam_passed_on=row.exam_passed_on, banned_until=row.banned_until, ends=ends, on=on),
    )


def _names(nodes: Collection[int]) -> dict[int, str]:
    return {place.id: place.name for place in list_divisions(nodes)}


def _phone_of(row: Adviser, tenant: str) -> str:
    try:
        return crypto.decrypt(bytes(row.phone_sealed), PHONE.place(tenant, row.id))
    except crypto.Unreadable:
        return ""  # the last four digits are shown instead; `doctor` finds a lost key
