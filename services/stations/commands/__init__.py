"""Every way the register of stations changes."""

from services.stations.commands.keeping import close_station, correct_station, open_many, open_station, reopen_station
from services.stations.commands.sheets import enter_sheet, take_sheet

__all__ = ["close_station", "correct_station", "enter_sheet", "open_many", "open_station", "reopen_station",
           "take_sheet"]  # fmt: skip
