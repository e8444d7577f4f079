"""The names others may use."""

from tenants.identity.commands import (
    confirm_merge,
    confirm_proposal,
    create_person,
    end_account,
    end_binding,
    end_role,
    end_unreviewed,
    end_unreviewed_accounts,
    enter_people,
    enter_person,
    forget_old_sessions,
    grant_role,
    hand_over,
    hand_over_account,
    leave_office,
    make_first_link,
    make_token,
    open_account,
    propose_merge,
    propose_role,
    refuse_merge,
    refuse_proposal,
    reinstate_person,
    reset_password,
    review_account,
    review_bindings,
    revoke_token,
    suspend_person,
    tell_apart,
    use_first_link,
    use_invitation,
    use_token,
)
from tenants.identity.hanging import PEOPLE_AT
from tenants.identity.homes import runs_out_at
from tenants.identity.queries import (
    SignedIn,
    find_person,
    list_ending,
    list_holders,
    names_of,
    phone_key,
    public_of,
    read_signed_in,
    scope_in_force,
    scope_of,
    system_of,
)
from tenants.identity.roles import GRANTS
from tenants.identity.types import BindingInfo, Hat, PersonInfo, Role

__all__ = ["GRANTS", "PEOPLE_AT", "BindingInfo", "Hat", "PersonInfo", "Role", "SignedIn", "confirm_merge",
           "confirm_proposal", "create_person", "end_account", "end_binding", "end_role",
           "end_unreviewed", "end_unreviewed_accounts", "enter_people", "enter_person", "find_person",
           "forget_old_sessions", "grant_role", "hand_over", "hand_over_account", "leave_office",
           "list_ending", "list_holders", "make_first_link", "make_token", "names_of", "open_account", "phone_key",
           "propose_merge", "propose_role", "public_of", "read_signed_in", "refuse_merge",
           "refuse_proposal", "reinstate_person", "reset_password", "review_account", "review_bindings",
           "revoke_token", "runs_out_at", "scope_in_force", "scope_of", "suspend_person", "system_of", "tell_apart",
           "use_first_link", "use_invitation", "use_token"]  # fmt: skip
