"""The names others may use."""

from tenants.identity.commands import (
    confirm_proposal,
    create_person,
    end_binding,
    end_role,
    end_unreviewed,
    enter_person,
    forget_old_sessions,
    grant_role,
    hand_over,
    make_first_link,
    propose_role,
    refuse_proposal,
    reinstate_person,
    reset_password,
    review_bindings,
    suspend_person,
    use_first_link,
    use_invitation,
)
from tenants.identity.queries import (
    PEOPLE_AT,
    SignedIn,
    find_person,
    names_of,
    read_signed_in,
    scope_in_force,
    scope_of,
    system_of,
)
from tenants.identity.roles import GRANTS
from tenants.identity.types import BindingInfo, Hat, PersonInfo, Role

__all__ = [
    "GRANTS", "PEOPLE_AT", "BindingInfo", "Hat", "PersonInfo", "Role", "SignedIn", "confirm_proposal", "create_person",
    "end_binding", "end_role", "end_unreviewed", "enter_person", "find_person", "forget_old_sessions", "grant_role",
    "hand_over", "make_first_link", "names_of", "propose_role", "read_signed_in", "refuse_proposal",
    "reinstate_person", "reset_password", "review_bindings", "scope_in_force", "scope_of", "suspend_person",
    "system_of", "use_first_link", "use_invitation",
]  # fmt: skip
