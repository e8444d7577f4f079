"""Every way the state of the desk changes."""

from services.desk.commands.choosing import choose_way
from services.desk.commands.comments import take_back_comment, write_comment
from services.desk.commands.feedback import ANSWERED, answer_feedback, put_away_first_day, send_feedback
from services.desk.commands.news import change_news, publish_news, withdraw_news, write_news
from services.desk.commands.reading import forget_old, mark_all_read, mark_read
from services.desk.commands.telling import claim_due, settle, tell, untell, untell_others
from services.desk.commands.views import drop_view, save_view

__all__ = [
    "ANSWERED",
    "answer_feedback",
    "change_news",
    "choose_way",
    "claim_due",
    "drop_view",
    "forget_old",
    "mark_all_read",
    "mark_read",
    "publish_news",
    "put_away_first_day",
    "save_view",
    "send_feedback",
    "settle",
    "take_back_comment",
    "tell",
    "untell",
    "untell_others",
    "withdraw_news",
    "write_comment",
    "write_news",
]
