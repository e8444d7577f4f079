"""The names others may use."""

from tenants.identity.commands import create_person, end_role, grant_role, make_first_link, use_first_link
from tenants.identity.queries import (
    SignedIn,
    find_person,
    list_bindings_at,
    names_of,
    nodes_of,
    read_signed_in,
    scope_in_force,
    scope_of,
    system_of,
)
from tenants.identity.roles import GRANTS
from tenants.identity.types import BindingInfo, Hat, PersonInfo, Role

__all__ = [
    "GRANTS", "BindingInfo", "Hat", "PersonInfo", "Role", "SignedIn", "create_person", "end_role", "find_person",
    "grant_role", "list_bindings_at", "make_first_link", "names_of", "nodes_of", "read_signed_in", "scope_in_force", "scope_of",
    "system_of", "use_first_link",
]  # fmt: skip
