"""The few names other services may use."""

from services.advisers.commands import (
    appoint_adviser,
    end_appointment,
    explain_vacancy,
    open_account,
    record_examination,
    register_adviser,
    register_firm,
    replace_adviser,
    take_own_record,
)
from services.advisers.commands.forgetting import RETAINED
from services.advisers.queries import (
    HANGING,
    adviser_of_scope,
    find_appointment_on,
    firm_called,
    firm_overview,
    list_advisers,
    list_appointments,
    list_appointments_in_month,
    list_firms,
    list_gaps,
    list_own_communities,
)
from services.advisers.queries.belongings import BELONGINGS, HANDS
from services.advisers.queries.sealed import SEALED
from services.advisers.rules import MOST_COMMUNITIES, REASON_LABELS
from services.advisers.types import AdviserFilters

__all__ = ["HANDS", "HANGING", "MOST_COMMUNITIES", "REASON_LABELS", "RETAINED", "SEALED", "AdviserFilters",
           "adviser_of_scope", "appoint_adviser", "end_appointment", "explain_vacancy", "find_appointment_on",
           "firm_called", "firm_overview", "list_advisers", "list_appointments", "list_appointments_in_month",
           "list_firms", "list_gaps", "list_own_communities", "open_account", "record_examination",
           "register_adviser", "register_firm", "replace_adviser", "take_own_record"]  # fmt: skip
__all__ = ["BELONGINGS", "HANDS", "MOST_COMMUNITIES", "REASON_LABELS", "RETAINED", "SEALED", "AdviserFilters",
           "adviser_of_scope",
           "appoint_adviser", "end_appointment", "explain_vacancy", "find_appointment_on", "firm_overview",
           "list_advisers", "list_appointments", "list_appointments_in_month", "list_firms", "list_gaps",
           "list_own_communities", "open_account", "record_examination", "register_adviser", "register_firm",
           "replace_adviser", "take_own_record"]  # fmt: skip
