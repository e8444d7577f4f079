"""
Tokens and service accounts as they are read: what one works as at this moment, and the lists of one's own.

A token counts only while everything it hangs on does: its binding, its holder, and of a program also the person who
answers for it, who must hold the same role there himself. Nothing of this is kept anywhere: it is read at every request,
so whatever ends a role ends its tokens with the same transaction (decision 46).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from ipaddress import ip_address, ip_network

from django.db.models import Exists, OuterRef, Q, QuerySet

from falin.kernel.clock import legal_day, now
from falin.kernel.scope import Scope
from tenants.divisions.api import list_divisions
from tenants.identity import policies
from tenants.identity.models import AccessToken, Binding, Person, ServiceAccount
from tenants.identity.queries import signing_in
from tenants.identity.queries.register import binding_info, ends_of, in_force, in_reach, open_on
from tenants.identity.roles import GRANTS, NOT_BY_TOKEN
from tenants.identity.types import AccountInfo, BindingInfo, PersonInfo, Role, TokenInfo, TokenState

CLIENT = "client:"  # likewise, before a client's name
HAT = "token:"  # before a token's id, where a session's scope names its hat: work it asked for runs under it, not wider


def scopes_of(role: Role) -> tuple[str, ...]:
    """What a token of a role may be made for."""
    return tuple(sorted(GRANTS[role] - NOT_BY_TOKEN))


# ---- what counts -----------------------------------------------------------------------------------------------------
def find_token(lookup: str) -> AccessToken | None:
    """A row by the part of a token that finds it, with everything it hangs on, in one statement."""
    found: AccessToken | None = _with_holders(AccessToken.objects.filter(lookup=lookup)).first()
    return found


def _with_holders(rows: QuerySet[AccessToken]) -> QuerySet[AccessToken]:
    return rows.select_related("binding__person__service__owner")


def state_of(row: AccessToken, *, now: datetime) -> TokenState:
    """How a token stands at a moment."""
    if row.revoked_at is not None:
        return TokenState.REVOKED
    if row.expires_at <= now:
        return TokenState.EXPIRED
    binding, person, today = row.binding, row.binding.person, legal_day(now)
    held = (binding.ended_at is None and binding.standing == "confirmed" and binding.valid_from <= today
            and (binding.valid_to is None or binding.valid_to >= today))  # fmt: skip
    alive = person.is_active and person.session_epoch == row.epoch and held and not stopped_by(person, binding, today)
    return TokenState.WORKS if alive else TokenState.DEAD


def stopped_by(person: Person, binding: Binding | None, on: date) -> str:
    """Why a service account does not work on a day; ``""`` where it does, and for everybody who is no program."""
    service: ServiceAccount | None = getattr(person, "service", None)
    if service is None:
        return ""
    if not person.is_active:
        return "suspended"
    if service.review_by < on:
        return "not_reviewed"
    if binding is None:
        return "no_role"
    places = list_divisions([binding.node_id])
    held = service.owner.is_active and places and ends_of(
        service.owner_id, Role(binding.role), places[0], binding.subject_id, on
    )  # fmt: skip
    return "" if held else "owner_gone"


def scope_of_token(row: AccessToken, *, request_id: str, on: date) -> Scope | None:
    """
    What a token opens: its own binding's place, and of that role's grants the ones it was made for.

    Acts done by it carry ``t<id>:`` before the request's number, so that the log tells them from the person's own.
    """
    scope = _under(row.binding, f"t{row.id}:{request_id}", on)
    if scope is None:
        return None
    return replace(scope, grants=(scope.grants & set(row.scopes)) - NOT_BY_TOKEN, hat=f"{HAT}{row.id}")


def _under(binding: Binding, request_id: str, on: date) -> Scope | None:
    """The scope of one binding alone, whatever else its holder holds."""
    signed_in = signing_in.read_signed_in(person_id=binding.person_id, on=on)
    hats = signed_in.hats if signed_in else ()
    hat = next((hat for hat in hats if (hat.role, hat.tenant_id or None, hat.subject_id) == (
        binding.role, binding.tenant_id, binding.subject_id) and binding.node_id in hat.places), None)  # fmt: skip
    if signed_in is None or hat is None:
        return None
    if len(hat.places) > 1:
        at = hat.places.index(binding.node_id)
        hat = replace(hat, places=(binding.node_id,), names=(), below=(hat.below[at],))
    return signing_in.scope_of(signed_in, hat, request_id)


def scope_in_force(person_id: int, hat_key: str) -> Scope | None:
    """What somebody may under a hat, or a token under its own, as it is now; ``None`` when it counts no longer."""
    if hat_key.startswith(CLIENT):
        found = scope_of_client(hat_key.removeprefix(CLIENT), request_id="", on=legal_day(now()))
        return found if found and found.person_id == person_id else None
    if not hat_key.startswith(HAT):
        return signing_in.scope_in_force(person_id, hat_key)
    moment = now()
    row = _with_holders(
        AccessToken.objects.filter(id=int(hat_key.removeprefix(HAT)), binding__person=person_id)
    ).first()
    if row is None or state_of(row, now=moment) != TokenState.WORKS:
        return None
    return scope_of_token(row, request_id="", on=legal_day(moment))


def scope_of_client(client_id: str, *, request_id: str, on: date) -> Scope | None:
    """
    What a program may that proved itself to the other sign-on home as one of its clients (client credentials).

    The home says which client it is; what the client may is said here, by the service account that names it.
    """
    service = ServiceAccount.objects.select_related("person", "owner").filter(client_id=client_id).first()
    if not client_id or service is None:
        return None
    binding = Binding.objects.filter(in_force(on), person=service.person).order_by("id").first()
    if binding is None or stopped_by(service.person, binding, on):
        return None
    scope = _under(binding, f"c{service.person_id}:{request_id}", on)
    return replace(scope, grants=scope.grants - NOT_BY_TOKEN, hat=f"{CLIENT}{client_id}") if scope else None


def fits(origins: list[str], address: str) -> bool:
    """Whether an address lies in one of the networks; without networks every address does."""
    if not origins:
        return True
    try:
        found = ip_address(address)
        found = getattr(found, "ipv4_mapped", None) or found  # as a server that listens for both kinds tells it
        return any(found in ip_network(one) for one in origins)
    except ValueError:  # no address at all: a socket in the file system
        return False


# ---- lists -----------------------------------------------------------------------------------------------------------
def own_bindings(*, scope: Scope, on: date) -> list[BindingInfo]:
    """What a scope's holder can make a token for: his own roles as he acts now, and those of programs he answers for."""
    scope.require(policies.OWN_TOKENS)
    rows = Binding.objects.select_related("person", "acting_for", "takes_over").filter(
        in_force(on), _mine(scope, "person"), _here(scope, "tenant"), role=scope.role, subject_id=scope.subject_id
    )  # fmt: skip
    return [binding_info(row, on) for row in rows.order_by("id")]


def _mine(scope: Scope, person: str) -> Q:
    return Q(**{person: scope.person_id}) | Q(**{f"{person}__service__owner": scope.person_id})


def _here(scope: Scope, tenant: str) -> Q:
    return Q(**{tenant: scope.tenant_id}) if scope.tenant_id else Q(**{f"{tenant}__isnull": True})


def own_tokens(scope: Scope) -> QuerySet[AccessToken]:
    """The scope's holder's tokens in the tenant he acts in, and those of the programs he answers for there."""
    return AccessToken.objects.filter(_mine(scope, "binding__person"), _here(scope, "binding__tenant"))


def list_tokens(*, scope: Scope, now: datetime) -> list[TokenInfo]:
    """One's own tokens, newest first."""
    scope.require(policies.OWN_TOKENS)
    return [token_info(row, now=now) for row in _with_holders(own_tokens(scope)).order_by("-id")[:100]]


def token_info(row: AccessToken, *, now: datetime) -> TokenInfo:
    person = row.binding.person
    return TokenInfo(
        id=row.id, name=row.name, holder=_info(person), binding_id=row.binding_id, role=Role(row.binding.role),
        node_id=row.binding.node_id, scopes=tuple(row.scopes), origins=tuple(row.origins), made_at=row.made_at,
        expires_at=row.expires_at, last_used_at=row.last_used_at, state=state_of(row, now=now),
    )  # fmt: skip


def _info(person: Person) -> PersonInfo:
    return PersonInfo(id=person.id, username=person.username, name=person.name)


def list_accounts(*, scope: Scope, on: date) -> list[AccountInfo]:
    """The programs with a role in reach, or that had one; the ones that need somebody first."""
    policies.check_may_read(scope)
    rows = ServiceAccount.objects.select_related("person", "owner").filter(
        Exists(in_reach(scope).filter(person=OuterRef("person")))
    )
    found = [account_info(scope, row, on) for row in rows.order_by("review_by", "person_id")]
    return sorted(found, key=lambda one: one.works)


def get_account(*, scope: Scope, person_id: int, on: date) -> AccountInfo:
    """:raises Missing: there is none in reach."""
    policies.check_may_read(scope)
    row = ServiceAccount.objects.select_related("person", "owner").filter(
        Exists(in_reach(scope).filter(person=OuterRef("person"))), person=person_id
    ).first()  # fmt: skip
    if row is None:
        raise policies.no_account()
    return account_info(scope, row, on)


def account_info(scope: Scope, row: ServiceAccount, on: date) -> AccountInfo:
    held = list(in_reach(scope).select_related("person", "acting_for", "takes_over").filter(
        open_on(on), person=row.person).order_by("id"))  # fmt: skip
    working = next((one for one in held if one.standing == "confirmed" and one.valid_from <= on), None)
    stopped = stopped_by(row.person, working, on)
    return AccountInfo(
        person=_info(row.person), owner=_info(row.owner), purpose=row.purpose, review_by=row.review_by,
        client_id=row.client_id, works=not stopped, stopped_by=stopped,
        bindings=tuple(binding_info(one, on) for one in held),
    )  # fmt: skip
