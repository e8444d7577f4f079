"""The names other services may use."""

from services.duty.commands import clear_dirty, log_visit, post_hours
from services.duty.commands.hanging import HOURS_AT, VISITS_AT
from services.duty.policies import check_closed_before
from services.duty.queries import (
    closed_months,
    dirty_months,
    get_visit,
    hours_a_month,
    is_closed,
    list_behind,
    list_my_visits,
    list_own_posted,
    list_posted,
    list_visit_lines,
    month_hours,
    my_months,
    place_names,
    search_visits,
)
from services.duty.queries.belongings import BELONGINGS, BOARD, HANDS
from services.duty.rules import HOURS_A_MONTH, LECTURES_A_QUARTER

__all__ = ["BELONGINGS", "BOARD", "HANDS", "HOURS_AT", "HOURS_A_MONTH", "LECTURES_A_QUARTER", "VISITS_AT",
           "check_closed_before", "clear_dirty", "closed_months", "dirty_months", "get_visit", "hours_a_month",
           "is_closed", "list_behind", "list_my_visits", "list_own_posted",
           "list_posted", "list_visit_lines", "log_visit", "month_hours", "my_months", "place_names", "post_hours",
           "search_visits"]  # fmt: skip
