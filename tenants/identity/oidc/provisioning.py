"""
The place that keeps the accounts over there as the register says: people entered, changed, suspended, gone; their groups.

An event about a person only marks his account as due. A worker then brings it from whatever it is to what the register
says at that moment, so an event that comes twice, late or out of order does no harm. A Keycloak that is away is tried
again after growing pauses; every night everybody is due (decision 16).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from falin.kernel import audit
from falin.kernel.clock import legal_day
from falin.kernel.outbox import Event
from falin.kernel.scope import Scope
from falin.kernel.transactions import shared
from tenants.divisions.api import list_divisions
from tenants.identity.models import Binding, Person, ServiceAccount
from tenants.identity.oidc import handing
from tenants.identity.oidc.commands import link_account
from tenants.identity.oidc.directory import Away, Directory, Refusal, Taken
from tenants.identity.oidc.models import Account, Link
from tenants.identity.oidc.wanted import Drift, Wanted, differences, person_of
from tenants.identity.types import Standing

EVENTS = tuple(f"identity.{thing}" for thing in (
    "person.suspended", "person.reinstated", "person.left", "person.corrected", "merge.confirmed", "role.granted",
    "role.confirmed", "role.ended", "role.shortened", "password.reset", "factors.reset", "session.ended",
    "sessions.ended", "invitation.used", "contacts.erased", "email.changed",
))  # fmt: skip
LEASE = timedelta(seconds=90)  # so long one worker has an account to itself
LONGEST_PAUSE = 600
_tell: list[Callable[[], None]] = []


def tell_with(teller: Callable[[], None]) -> None:
    """Have a worker told that something is due; wired by the composition root. The beat tells again."""
    _tell[:] = [teller]


def on_person_changed(scope: Scope, event: Event) -> None:
    """An event about a person: his account is due."""
    if settings.OIDC_ISSUER and event.payload.get("person"):
        people = {int(event.payload[name]) for name in ("person", "gone") if event.payload.get(name)}
        mark_due(person_ids=sorted(people), now=event.at)
        for teller in _tell:
            transaction.on_commit(teller)


def mark_due(*, person_ids: list[int], now: datetime) -> None:
    Account.objects.bulk_create(
        [Account(person_id=person_id, due_at=now) for person_id in person_ids],
        update_conflicts=True, unique_fields=["person"], update_fields=["due_at"],
    )  # fmt: skip


def mark_all_due(*, now: datetime) -> int:
    """Every night: what no event told of (a role that ran out by its date, a hand that meddled over there)."""
    with shared(read_only=False):
        people = list(_people().values_list("id", flat=True))
        mark_due(person_ids=people, now=now)
    return len(people)


def _people() -> QuerySet[Person]:
    """Who has or had a role, or an account; programs sign in nowhere."""
    known = Q(bindings__isnull=False) | Q(links__isnull=False)
    found: QuerySet[Person] = Person.objects.filter(known, service__isnull=True)
    return found.distinct().order_by("id")


def wanted_of(person: Person, now: datetime) -> Wanted:
    """A person's account as it should be at this moment; to be asked inside a transaction."""
    on = legal_day(now)
    held = list(
        Binding.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), person=person, ended_at__isnull=True,
                               standing=Standing.CONFIRMED, valid_from__lte=on)
        .select_related("tenant")
    )  # fmt: skip
    places = {
        place.id: place.code[: 2 * place.level]
        for place in list_divisions([row.tenant.node_id for row in held if row.tenant])
    }
    return Wanted(
        person_id=person.id, username=person.username, name=person.name, email=person.email,
        enabled=person.is_active and bool(held) and not ServiceAccount.objects.filter(person=person).exists(),
        groups=frozenset(f"/{places[row.tenant.node_id] if row.tenant else 'platform'}/{row.role}" for row in held),
    )  # fmt: skip


def work(*, clock: Callable[[], datetime]) -> tuple[int, int]:
    """Bring up to date what is due, until nothing is, or Keycloak is away; how many were done, and how many failed."""
    done = failed = 0
    directory: Directory | None = None
    while claimed := _claim(clock()):
        account, lease = claimed
        try:
            directory = directory or Directory()
            bring_up_to_date(directory, account.person_id, now=clock())
        except (Away, Refusal) as trouble:
            failed += 1
            _put_off(account, lease, str(trouble), clock())
            if isinstance(trouble, Away):
                break
        else:
            done += 1
            with shared(read_only=False):  # an event that came meanwhile has set another moment: it stays due
                Account.objects.filter(person_id=account.person_id, due_at=lease).update(due_at=None)
                Account.objects.filter(person_id=account.person_id).update(attempts=0, error="", done_at=clock())
    return done, failed


def _claim(now: datetime) -> tuple[Account, datetime] | None:
    with shared(read_only=False):
        row = (
            Account.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(due_at__lte=now)
            .order_by("due_at", "person_id")
            .first()
        )
        if row is None:
            return None
        row.due_at = now + LEASE
        row.save(update_fields=["due_at"])
        return row, row.due_at


def _put_off(account: Account, lease: datetime, error: str, now: datetime) -> None:
    pause = timedelta(seconds=min(LONGEST_PAUSE, 2 ** (account.attempts + 1)))
    with shared(read_only=False):
        Account.objects.filter(person_id=account.person_id, due_at=lease).update(due_at=now + pause)
        Account.objects.filter(person_id=account.person_id).update(
            attempts=min(account.attempts + 1, 30), error=error[:60]
        )


def bring_up_to_date(directory: Directory, person_id: int, *, now: datetime) -> list[Drift]:
    """
    Make one account what the register says; what was mended.

    :raises Away: :raises Refusal: :raises Taken:
    """
    with shared(read_only=True):
        person = Person.objects.get(id=person_id)
        wanted = wanted_of(person, now)
        subject = _subject_of(person_id)
    account = directory.find(subject) if subject else None
    if account is None:
        if not wanted.enabled:
            return []
        made = directory.create(wanted)
        with shared(read_only=False) as system:
            if subject:  # the account was deleted over there: the new one is another subject
                Link.objects.filter(issuer=settings.OIDC_ISSUER, person_id=person_id).delete()
            link_account(scope=system, issuer=settings.OIDC_ISSUER, subject=made, person_id=person_id, now=now)
        directory.put_into(made, wanted.groups)
        if settings.KEYCLOAK_MAIL and wanted.email:
            directory.mail_first_password(made)
        _bring_what_waits(directory, person_id, made, own=True)
        return [Drift.MISSING]
    drift = differences(wanted, account, directory.groups_of(account["id"]))
    if {Drift.NAME, Drift.ENABLED, Drift.DISABLED} & set(drift):
        directory.change(account, wanted)
    if Drift.GROUPS in drift:
        directory.put_into(account["id"], wanted.groups)
    if not wanted.enabled and Drift.ENABLED in drift:
        directory.sign_out(account["id"])
    _bring_what_waits(directory, person_id, account["id"], own=wanted.made(account))
    return drift


def _bring_what_waits(directory: Directory, person_id: int, subject: str, *, own: bool) -> None:
    """
    What was done here and is to be done over there. Password and factors of an account that somebody linked himself are his
    and that office's affair; the sessions that came here from it are ours to end.
    """
    with shared(read_only=True):
        waiting = handing.find_password(person_id=person_id)
        reset_at = handing.find_factors_reset(person_id=person_id)
        ending = handing.list_ending(person_id=person_id)
    password, sealed = waiting or ("", None)
    if own and waiting:
        directory.set_first_password(subject, password)
    if own and reset_at:
        directory.take_factors(subject, before=reset_at)
    if own and (waiting or reset_at):
        directory.sign_out(subject)
    for sid in ending:
        directory.end(sid)
    if waiting or reset_at or ending:
        with shared(read_only=False):
            handing.has_arrived(person_id=person_id, sealed=sealed, reset_at=reset_at, ended=ending)


def _subject_of(person_id: int) -> str:
    return (
        Link.objects.filter(issuer=settings.OIDC_ISSUER, person_id=person_id).values_list("subject", flat=True).first()
        or ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One account that differs: of a person of ours, or, without one, by its subject over there."""

    person_id: int | None
    subject: str
    drift: tuple[Drift, ...]
    mended: bool


def reconcile(*, mend: bool, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """
    Compare every account with the register, and mend what is ours. Accounts made by others over there are only told of.

    :raises Away:
    """
    directory = Directory()
    accounts = {account["id"]: account for account in directory.accounts()}
    with shared(read_only=True):
        people = list(_people())
        linked = dict(Link.objects.filter(issuer=settings.OIDC_ISSUER).values_list("person_id", "subject"))
    for person in people:
        with shared(read_only=True):
            wanted = wanted_of(person, clock())
        account = accounts.pop(linked.get(person.id, ""), None)
        drift = differences(wanted, account, directory.groups_of(account["id"]) if account else frozenset())
        if drift:
            drift, mended = _mended(directory, person.id, drift, clock) if mend else (drift, False)
            yield Finding(person_id=person.id, subject=linked.get(person.id, ""), drift=tuple(drift), mended=mended)
    taken = {str(person.id) for person in people if person.id not in linked}
    for subject, account in accounts.items():
        ours = bool(person_of(account)) and person_of(account) not in taken
        if not account["enabled"]:
            continue
        drift, mended = [Drift.ORPHAN if ours else Drift.FOREIGN], False
        if ours and mend:
            try:
                directory.shut(account)
                mended = True
            except Refusal:
                drift.append(Drift.REFUSED)
        yield Finding(person_id=None, subject=subject, drift=tuple(drift), mended=mended)


def _mended(
    directory: Directory, person_id: int, drift: list[Drift], clock: Callable[[], datetime]
) -> tuple[list[Drift], bool]:
    try:
        bring_up_to_date(directory, person_id, now=clock())
    except Taken:
        return [Drift.TAKEN], False
    except Refusal:  # this one alone; those after it are compared all the same
        return [*drift, Drift.REFUSED], False
    with shared(read_only=False) as system:
        audit.record(scope=system, act="identity.account.mended", subject=("person", person_id), node_id=None, now=clock(),
                     after={"drift": [str(one) for one in drift]})  # fmt: skip
    return drift, True
