"""The names other services may use."""

from services.duty.commands import clear_dirty, log_visit
from services.duty.queries import (
    VISITS_AT,
    closed_months,
    dirty_months,
    list_behind,
    list_my_visits,
    list_visit_lines,
    month_hours,
    my_months,
    place_names,
)
from services.duty.queries.belongings import BELONGINGS
from services.duty.rules import LECTURES_A_QUARTER

__all__ = ["BELONGINGS", "LECTURES_A_QUARTER", "VISITS_AT", "clear_dirty", "closed_months", "dirty_months",
           "list_behind", "list_my_visits", "list_visit_lines", "log_visit", "month_hours", "my_months",
           "place_names"]  # fmt: skip
