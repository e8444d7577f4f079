"""What an account over there should be like, and how one that is differs. Pure; groups are for information only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PERSON = "falin_person"  # the attribute by which an account we made is known again


class Drift(StrEnum):
    """How an account differs from the register."""

    MISSING = "missing"
    DISABLED = "disabled"
    ENABLED = "enabled"  # and should not be
    NAME = "name"
    GROUPS = "groups"
    ORPHAN = "orphan"  # made by us for nobody who is in the register
    FOREIGN = "foreign"  # made by somebody else over there; linked to nobody here
    TAKEN = "taken"  # somebody else's account has the sign-in name
    REFUSED = "refused"  # Keycloak does not take what the register says


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A person's account as the register has it."""

    person_id: int
    username: str
    name: str
    email: str
    enabled: bool
    groups: frozenset[str]

    def as_account(self) -> dict[str, Any]:
        """What is sent: whole, because what is left out of a profile is deleted."""
        return {"username": self.username, "firstName": self.name, "email": self.email or None, "enabled": self.enabled,
                "attributes": {PERSON: [str(self.person_id)]}}  # fmt: skip

    def made(self, account: Mapping[str, Any]) -> bool:
        """Whether an account was made for this person. One that he linked himself keeps the name it has."""
        return person_of(account) == str(self.person_id)


def person_of(account: Mapping[str, Any]) -> str:
    """The number of the person an account was made for; empty where we did not make it."""
    said = account.get("attributes", {}).get(PERSON, [])
    return str(said[0]) if said else ""


def differences(wanted: Wanted, account: Mapping[str, Any] | None, groups: frozenset[str]) -> list[Drift]:
    """What is to be mended. Nobody needs an account for a person who may not come in."""
    if account is None:
        return [Drift.MISSING] if wanted.enabled else []
    found = []
    if account["enabled"] != wanted.enabled:
        found.append(Drift.DISABLED if wanted.enabled else Drift.ENABLED)
    profile = (account["username"], account.get("firstName", ""), account.get("email") or "")
    if wanted.made(account) and profile != (wanted.username.lower(), wanted.name, wanted.email):
        found.append(Drift.NAME)
    if groups != wanted.groups:
        found.append(Drift.GROUPS)
    return found
