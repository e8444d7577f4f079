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
from services.advisers.commands.erasing import NUMBERS
from services.advisers.commands.forgetting import RETAINED
from services.advisers.commands.hanging import HANGING
from services.advisers.queries import (
    adviser_of_scope,
    count_ending,
    find_appointment_on,
    firm_called,
    firm_overview,
    get_adviser,
    get_appointment,
    list_advisers,
    list_appointments,
    list_appointments_in_month,
    list_firms,
    list_gaps,
    list_own_communities,
    list_serving,
    person_of_adviser,
    served_on,
)
from services.advisers.queries.belongings import BELONGINGS, HANDS
from services.advisers.queries.sealed import SEALED
from services.advisers.rules import MOST_COMMUNITIES, REASON_LABELS
from services.advisers.rules.parameters import SHEETS_KEPT
from services.advisers.types import AdviserFilters

__all__ = [
    "BELONGINGS",
    "HANDS",
    "HANGING",
    "MOST_COMMUNITIES",
    "NUMBERS",
    "REASON_LABELS",
    "RETAINED",
    "SEALED",
    "SHEETS_KEPT",
    "AdviserFilters",
    "adviser_of_scope",
    "appoint_adviser",
    "count_ending",
    "end_appointment",
    "explain_vacancy",
    "find_appointment_on",
    "firm_called",
    "firm_overview",
    "get_adviser",
    "get_appointment",
    "list_advisers",
    "list_appointments",
    "list_appointments_in_month",
    "list_firms",
    "list_gaps",
    "list_own_communities",
    "list_serving",
    "open_account",
    "person_of_adviser",
    "record_examination",
    "register_adviser",
    "register_firm",
    "replace_adviser",
    "served_on",
    "take_own_record",
]  # fmt: skip
