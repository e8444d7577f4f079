"""Every way duty is read."""

from services.duty.queries.book import closed_months, dirty_months, is_closed, list_book, list_visit_lines
from services.duty.queries.hours import BEHIND_ORDERS, hours_a_month, list_behind, month_hours, my_months
from services.duty.queries.posted import POST_ORDERS, list_own_posted, list_posted, list_posts
from services.duty.queries.reminding import preview_reminders
from services.duty.queries.visits import (
    VISIT_ORDERS,
    get_my_visit,
    get_visit,
    list_my_places,
    list_my_reminders,
    list_my_visits,
    place_names,
    search_visits,
)

__all__ = ["BEHIND_ORDERS", "POST_ORDERS", "VISIT_ORDERS", "closed_months", "dirty_months", "get_my_visit",
           "get_visit", "hours_a_month", "is_closed",
           "list_behind", "list_book", "list_my_places", "list_my_reminders", "list_my_visits", "list_own_posted",
           "list_posted", "list_posts", "list_visit_lines", "month_hours", "my_months", "place_names", "preview_reminders",
           "search_visits"]  # fmt: skip
