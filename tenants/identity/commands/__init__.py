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

__all__ = [
    "confirm_proposal", "create_person", "end_binding", "end_role", "end_unreviewed", "enter_person",
    "forget_old_sessions", "grant_role", "hand_over", "make_first_link", "password_was_changed", "propose_role",
    "refuse_proposal", "reinstate_person", "reset_password", "review_bindings", "suspend_person", "use_first_link",
    "use_invitation",
]  # fmt: skip
