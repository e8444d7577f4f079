"""The names other services may use."""

from services.duty.commands import clear_dirty, log_visit, post_hours
from services.duty.queries import (
    closed_months,
    dirty_months,
    list_behind,
    list_my_visits,
    list_posted,
    list_visit_lines,
    month_hours,
    my_months,
    place_names,
)
from services.duty.queries.belongings import BELONGINGS
from services.duty.rules import HOURS_A_MONTH, LECTURES_A_QUARTER

__all__ = ["BELONGINGS", "HOURS_A_MONTH", "LECTURES_A_QUARTER", "clear_dirty", "closed_months", "dirty_months",
           "list_behind", "list_my_visits", "list_posted", "list_visit_lines", "log_visit", "month_hours", "my_months",
           "place_names", "post_hours"]  # fmt: skip
