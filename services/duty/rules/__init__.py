"""Arithmetic and decisions of duty, pure: hours against R2.4, what a visit may look like."""

from services.duty.rules.figures import HOURS_A_MONTH, LECTURES_A_QUARTER
from services.duty.rules.hours import days_left, pace_minutes, required_minutes
from services.duty.rules.visits import LONGEST, MOST_ATTENDEES, SHORTEST, check_content, months_of, tidy

__all__ = ["HOURS_A_MONTH", "LECTURES_A_QUARTER", "LONGEST", "MOST_ATTENDEES", "SHORTEST", "check_content", "days_left",
           "months_of", "pace_minutes", "required_minutes", "tidy"]  # fmt: skip
