"""Every way people and their roles are read."""

from tenants.identity.queries.ending import list_ending, list_holders
from tenants.identity.queries.hanging import PEOPLE_AT
from tenants.identity.queries.leaving import get_left_open
from tenants.identity.queries.merging import get_merge, get_pair, list_merges, list_same, same_person
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
    known_names,
    latest_end,
    list_proposals,
    list_to_review,
    looked_after,
    may_charge,
    names_of,
    search_people,
)
from tenants.identity.queries.rights import Explained, Right, list_rights, list_who
from tenants.identity.queries.signing_in import SignedIn, public_of, read_signed_in, scope_of, system_of
from tenants.identity.queries.tokens import (
    get_account,
    list_accounts,
    list_tokens,
    own_bindings,
    scope_in_force,
    scope_of_client,
    scopes_of,
)

__all__ = ["PEOPLE_AT", "Explained", "People", "Right", "SignedIn", "View", "allowed_roles", "binding_info",
           "confirms", "count_due", "find_invited", "find_person", "get_account", "get_binding",
           "get_left_open", "get_merge", "get_pair", "get_record", "known_names", "latest_end",
           "list_accounts", "list_ending", "list_holders", "list_merges", "list_proposals", "list_rights",
           "list_same", "list_to_review", "list_tokens", "list_who", "looked_after", "may_charge",
           "names_of", "own_bindings", "public_of", "read_signed_in", "same_person", "scope_in_force",
           "scope_of", "scope_of_client", "scopes_of", "search_people", "system_of"]  # fmt: skip
