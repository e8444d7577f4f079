"""The names other floors may use."""

from services.desk.commands import forget_old
from services.desk.queries import count_unread

__all__ = ["count_unread", "forget_old"]
