"""The place of time: the only module that reads the clock. Everybody else is handed a moment."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")  # the whole country keeps one legal time


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def legal_day(moment: datetime) -> date:
    """The calendar day on which ``moment`` falls for everybody the programme serves (Asia/Shanghai)."""
    return moment.astimezone(SHANGHAI).date()
