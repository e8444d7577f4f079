"""Every way duty is read."""

from services.duty.queries.book import closed_months, dirty_months, is_closed, list_book, list_visit_lines
from services.duty.queries.hours import BEHIND_ORDERS, list_behind, month_hours, my_months
from services.duty.queries.posted import list_own_posted, list_posted, list_posts
from services.duty.queries.reminding import preview_reminders
from services.duty.queries.visits import (
    VISIT_ORDERS,
    get_my_visit,
    get_visit,
    list_my_places,
    list_my_reminders,
    list_my_visits,
    place_names,
)

__all__ = ["BEHIND_ORDERS", "VISIT_ORDERS", "closed_months", "dirty_months", "get_my_visit", "get_visit", "is_closed",
           "list_behind", "list_book", "list_my_places", "list_my_reminders", "list_my_visits", "list_own_posted",
           "list_posted", "list_posts", "list_visit_lines", "month_hours", "my_months", "place_names", "preview_reminders"]  # fmt: skip
