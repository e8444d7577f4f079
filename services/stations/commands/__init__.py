"""Every way the register of stations changes."""

from services.stations.commands.keeping import close_station, correct_station, open_many, open_station

__all__ = ["close_station", "correct_station", "open_many", "open_station"]
