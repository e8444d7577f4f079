"""Every way the desk is read: one's own notices and choices; and, for the system, what is to be sent."""

from services.desk.queries.news import get_news, list_news
from services.desk.queries.notices import count_unread, list_choices, list_notices, sentences_of
from services.desk.queries.views import list_views

__all__ = ["count_unread", "get_news", "list_choices", "list_news", "list_notices", "list_views", "sentences_of"]
