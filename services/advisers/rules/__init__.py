"""Decisions about advisers as pure functions, each citing the rule it follows."""

from services.advisers.rules.appointing import (
    ENDING_WITHIN,
    free_slot,
    may_hold_another,
    obstacle_to,
    overlap,
    overlapping,
    state_of,
)
from services.advisers.rules.naming import masked_phone, masked_tail, pinyin_of, typed
from services.advisers.rules.parameters import LATE_DAYS, MOST_COMMUNITIES
from services.advisers.rules.wording import REASON_LABELS, SPECIALTIES, STATE_LABELS

__all__ = ["ENDING_WITHIN", "LATE_DAYS", "MOST_COMMUNITIES", "REASON_LABELS", "SPECIALTIES", "STATE_LABELS", "free_slot",
           "masked_phone", "masked_tail", "may_hold_another", "obstacle_to", "overlap", "overlapping", "pinyin_of",
           "state_of", "typed"]  # fmt: skip
