"""The names other floors may use."""

from services.desk.commands import ANSWERED, answer_feedback, forget_old, put_away_first_day, send_feedback
from services.desk.queries import count_unread, get_talk
from services.desk.queries.belongings import BELONGINGS, BOARD, HANDS
from services.desk.queries.comments import TEXT
from services.desk.queries.feedback import first_day_is_put_away, list_feedback, own_feedback
from services.desk.queries.news import get_public_news, list_public_news

SEALED = (TEXT,)

__all__ = [
    "ANSWERED",
    "BELONGINGS",
    "BOARD",
    "HANDS",
    "SEALED",
    "answer_feedback",
    "count_unread",
    "first_day_is_put_away",
    "forget_old",
    "get_public_news",
    "get_talk",
    "list_feedback",
    "list_public_news",
    "own_feedback",
    "put_away_first_day",
    "send_feedback",
]
