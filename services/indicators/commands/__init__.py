"""Every way figures come to be: a county's month is rolled up, and put on the board everybody above reads."""

from services.indicators.commands.boarding import SumsDiffer, put_on_board
from services.indicators.commands.exporting import book_export
from services.indicators.commands.publishing import publish_again, publish_month

__all__ = ["SumsDiffer", "book_export", "publish_again", "publish_month", "put_on_board"]
