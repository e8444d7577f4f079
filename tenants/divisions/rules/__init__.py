"""What can be decided about places without a table: what a code says, which rows are places, how a name sounds."""

from tenants.divisions.rules.codes import CODE_LENGTH, committee_of, kind_of, padded, urban_of
from tenants.divisions.rules.collapse import collapse
from tenants.divisions.rules.pinyin import Sound, sound_of, typed_pinyin

__all__ = [
    "CODE_LENGTH",
    "Sound",
    "collapse",
    "committee_of",
    "kind_of",
    "padded",
    "sound_of",
    "typed_pinyin",
    "urban_of",
]
