"""The place of time: the only module that reads the clock. Everybody else is handed a moment."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")  # the whole country keeps one legal time


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def legal_day(moment: datetime) -> date:
    """The calendar day on which ``moment`` falls for everybody the programme serves (Asia/Shanghai)."""
    return moment.astimezone(SHANGHAI).date()


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """The moment a legal day begins, and the one it is over."""
    return datetime.combine(day, time(), SHANGHAI), datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
