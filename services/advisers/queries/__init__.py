"""Every way the register, the appointments and the vacancies are read; each asks its policy and stays in its scope."""

from services.advisers.queries.appointments import (
    count_ending,
    find_appointment_on,
    get_appointment,
    list_appointment_lines,
    list_appointments,
    list_appointments_in_month,
    list_own_communities,
)
from services.advisers.queries.candidates import get_candidate, list_candidates
from services.advisers.queries.coverage import GAP_ORDERS, coverage_squares, get_community, list_gaps
from services.advisers.queries.firms import firm_called, firm_overview
from services.advisers.queries.homes import Home, home_of
from services.advisers.queries.register import (
    ADVISER_ORDERS,
    FIRM_ORDERS,
    adviser_of_scope,
    count_advisers,
    find_adviser_of_person,
    find_firm,
    get_adviser,
    list_advisers,
    list_firm_names,
    list_firms,
    most_communities,
    person_of_adviser,
)
from services.advisers.queries.seen import list_seen_by
from services.advisers.queries.serving import list_serving, served_on

__all__ = [
    "ADVISER_ORDERS",
    "FIRM_ORDERS",
    "GAP_ORDERS",
    "Home",
    "adviser_of_scope",
    "count_advisers",
    "count_ending",
    "count_seen_by",
    "coverage_squares",
    "find_adviser_of_person",
    "find_appointment_on",
    "find_firm",
    "firm_called",
    "firm_overview",
    "get_adviser",
    "get_appointment",
    "get_candidate",
    "get_community",
    "home_of",
    "list_advisers",
    "list_appointment_lines",
    "list_appointments",
    "list_appointments_in_month",
    "list_candidates",
    "list_firm_names",
    "list_firms",
    "list_gaps",
    "list_own_communities",
    "list_seen_by",
    "list_serving",
    "most_communities",
    "person_of_adviser",
    "served_on",
]
