"""What can be decided about places without a table: what a code says, which rows are places, how a name sounds, what a
new list changes and what becomes of what."""

from tenants.divisions.rules.codes import CODE_LENGTH, committee_of, kind_of, padded, urban_of
from tenants.divisions.rules.collapse import collapse
from tenants.divisions.rules.detecting import detect
from tenants.divisions.rules.knowing import eve, known_day
from tenants.divisions.rules.naming import COMMON_TAIL, ends_many
from tenants.divisions.rules.narrowing import completed, touching, within
from tenants.divisions.rules.pinyin import Sound, sound_of, typed_pinyin
from tenants.divisions.rules.planning import (
    NOBODY,
    SAME,
    Act,
    CannotStand,
    Plan,
    carry,
    hand_part,
    heirs,
    plan,
    read_share,
    same_as,
)

__all__ = [
    "CODE_LENGTH",
    "COMMON_TAIL",
    "NOBODY",
    "SAME",
    "Act",
    "CannotStand",
    "Plan",
    "Sound",
    "carry",
    "collapse",
    "committee_of",
    "completed",
    "detect",
    "ends_many",
    "eve",
    "hand_part",
    "heirs",
    "kind_of",
    "known_day",
    "padded",
    "plan",
    "read_share",
    "same_as",
    "sound_of",
    "touching",
    "typed_pinyin",
    "urban_of",
    "within",
]
