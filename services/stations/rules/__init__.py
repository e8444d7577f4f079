"""Decisions and arithmetic of stations, pure: tiers (R1.6), opening hours, what the register may say, distances."""

from services.stations.rules.contents import ADDRESS_LONGEST, NAME_LONGEST, PHONE_LONGEST, check_content, tidy, tier_of
from services.stations.rules.distances import metres_between, nearest_first
from services.stations.rules.opening import check_opening, read_opening
from services.stations.rules.wording import TIER_LABELS, opening_words, times_words

__all__ = ["ADDRESS_LONGEST", "NAME_LONGEST", "PHONE_LONGEST", "TIER_LABELS", "check_content", "check_opening",
           "metres_between", "nearest_first", "opening_words", "read_opening", "tidy", "tier_of", "times_words"]  # fmt: skip
