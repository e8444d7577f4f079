"""Every way the state of duty changes."""

from services.duty.commands.book import clear_dirty, close_month
from services.duty.commands.posting import post_hours, restore_hours, withdraw_hours
from services.duty.commands.reminders import mark_reminder_read, remind, remind_many, take_back_reminders
from services.duty.commands.visits import correct_visit, log_visit, restore_visit, void_visit

__all__ = ["clear_dirty", "close_month", "correct_visit", "log_visit", "mark_reminder_read", "post_hours", "remind",
           "remind_many", "restore_hours", "restore_visit", "take_back_reminders", "void_visit", "withdraw_hours"]  # fmt: skip
