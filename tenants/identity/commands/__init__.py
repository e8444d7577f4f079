"""Every way people and their roles change."""

from tenants.identity.commands.first import make_first_link, use_first_link
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
from tenants.identity.commands.people import (
    create_person,
    enter_person,
    forget_old_sessions,
    password_was_changed,
    reinstate_person,
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
    "confirm_proposal",
    "create_person",
    "end_account",
    "end_binding",
    "end_role",
    "end_unreviewed",
    "end_unreviewed_accounts",
    "enter_person",
    "forget_old_sessions",
    "grant_role",
    "hand_over",
    "hand_over_account",
    "make_first_link",
    "make_token",
    "open_account",
    "password_was_changed",
    "propose_role",
    "refuse_proposal",
    "reinstate_person",
    "reset_password",
    "review_account",
    "review_bindings",
    "revoke_token",
    "suspend_person",
    "use_first_link",
    "use_invitation",
    "use_token",
]  # fmt: skip
