"""The names other services may use."""

from services.duty.commands import clear_dirty, log_visit
from services.duty.policies import check_closed_before
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
from services.duty.queries.belongings import BELONGINGS, HANDS
from services.duty.rules import LECTURES_A_QUARTER

__all__ = ["BELONGINGS", "HANDS", "LECTURES_A_QUARTER", "VISITS_AT", "check_closed_before", "clear_dirty",
           "closed_months", "dirty_months", "list_behind", "list_my_visits", "list_visit_lines", "log_visit",
           "month_hours", "my_months", "place_names"]  # fmt: skip
