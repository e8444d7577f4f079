"""The place of every way the tree of places changes: a list is fetched and brought in, an update is decided and applied."""

from tenants.divisions.commands.areas import add_members, end_member, open_area
from tenants.divisions.commands.bringing import bring_boundaries, bring_facts, read_uploaded_list
from tenants.divisions.commands.fetching import EDITIONS, LIST_AS_OF, LIST_SOURCE, fetch_list
from tenants.divisions.commands.importing import import_divisions
from tenants.divisions.commands.reading import read_list
from tenants.divisions.commands.replaying import replay_changes
from tenants.divisions.commands.updating import (
    apply_update,
    confirm_update,
    decide_change,
    decide_group,
    drop_update,
    note_hanging,
    prepare_boundary,
    prepare_update,
    reopen_update,
    standing_at,
    submit_update,
    undo_update,
)

__all__ = [
    "EDITIONS",
    "LIST_AS_OF",
    "LIST_SOURCE",
    "add_members",
    "apply_update",
    "bring_boundaries",
    "bring_facts",
    "confirm_update",
    "decide_change",
    "decide_group",
    "drop_update",
    "end_member",
    "fetch_list",
    "import_divisions",
    "note_hanging",
    "open_area",
    "prepare_boundary",
    "prepare_update",
    "read_list",
    "read_uploaded_list",
    "reopen_update",
    "replay_changes",
    "standing_at",
    "submit_update",
    "undo_update",
]
