"""Every way people and their roles are read."""

from tenants.identity.queries.hanging import PEOPLE_AT
from tenants.identity.queries.register import (
    People,
    View,
    allowed_roles,
    binding_info,
    confirms,
    count_due,
    find_invited,
    find_person,
    get_binding,
    get_record,
    latest_end,
    list_proposals,
    list_to_review,
    looked_after,
    may_charge,
    names_of,
    search_people,
)
from tenants.identity.queries.rights import Explained, Right, list_rights, list_who
from tenants.identity.queries.signing_in import SignedIn, read_signed_in, scope_in_force, scope_of, system_of

__all__ = [
    "PEOPLE_AT",
    "Explained",
    "People",
    "Right",
    "SignedIn",
    "View",
    "allowed_roles",
    "binding_info",
    "confirms",
    "count_due",
    "find_invited",
    "find_person",
    "get_binding",
    "get_record",
    "latest_end",
    "list_proposals",
    "list_rights",
    "list_to_review",
    "list_who",
    "looked_after",
    "may_charge",
    "names_of",
    "read_signed_in",
    "scope_in_force",
    "scope_of",
    "search_people",
    "system_of",
]  # fmt: skip
