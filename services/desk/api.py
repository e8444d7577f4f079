"""The names other floors may use."""

from services.desk.commands import forget_old
from services.desk.queries import count_unread
from services.desk.queries.belongings import HANDS

__all__ = ["HANDS", "count_unread", "forget_old"]
