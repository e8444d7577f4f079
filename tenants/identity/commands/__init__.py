"""Every way people and their roles change."""

from tenants.identity.commands.correcting import ask_for_correction, correct_person, decline_correction, rename_account
from tenants.identity.commands.entering import enter_people
from tenants.identity.commands.erasing import erase_contacts, erase_contacts_of_account
from tenants.identity.commands.first import enter_operator, last_day, make_first_link, somebody_elses, use_first_link
from tenants.identity.commands.granting import (
    confirm_proposal,
    end_binding,
    end_role,
    end_unreviewed,
    grant_role,
    hand_over,
    propose_role,
    refuse_proposal,
    review_bindings,
)
from tenants.identity.commands.leaving import leave_office
from tenants.identity.commands.merging import confirm_merge, propose_merge, refuse_merge, tell_apart
from tenants.identity.commands.people import (
    create_person,
    enter_person,
    forget_old_sessions,
    password_was_changed,
    reinstate_person,
    reset_factors,
    reset_password,
    suspend_person,
    use_invitation,
)
from tenants.identity.commands.service import (
    end_account,
    end_unreviewed_accounts,
    hand_over_account,
    open_account,
    review_account,
)
from tenants.identity.commands.tokens import make_token, revoke_token, use_token

__all__ = [
    "ask_for_correction",
    "confirm_merge",
    "confirm_proposal",
    "correct_person",
    "create_person",
    "decline_correction",
    "end_account",
    "end_binding",
    "end_role",
    "end_unreviewed",
    "end_unreviewed_accounts",
    "enter_operator",
    "enter_people",
    "enter_person",
    "erase_contacts",
    "erase_contacts_of_account",
    "forget_old_sessions",
    "grant_role",
    "hand_over",
    "hand_over_account",
    "last_day",
    "leave_office",
    "make_first_link",
    "make_token",
    "open_account",
    "password_was_changed",
    "propose_merge",
    "propose_role",
    "refuse_merge",
    "refuse_proposal",
    "reinstate_person",
    "rename_account",
    "reset_factors",
    "reset_password",
    "review_account",
    "review_bindings",
    "revoke_token",
    "somebody_elses",
    "suspend_person",
    "tell_apart",
    "use_first_link",
    "use_invitation",
    "use_token",
]  # fmt: skip
