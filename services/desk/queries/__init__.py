"""Every way the desk is read: one's own notices, choices and views, what is said of things; for the system, what is due."""

from services.desk.queries.comments import get_talk
from services.desk.queries.news import get_news, list_news
from services.desk.queries.notices import count_unread, list_choices, list_notices, sentences_of
from services.desk.queries.views import list_views

__all__ = ["count_unread", "get_news", "get_talk", "list_choices", "list_news", "list_notices", "list_views",
           "sentences_of"]  # fmt: skip
