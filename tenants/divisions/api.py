"""The few names of the tree of places that others use."""

from tenants.divisions.commands import LIST_AS_OF, LIST_SOURCE, fetch_list, import_divisions, read_list
from tenants.divisions.models import COMMITTEE_LABELS, KIND_LABELS, LEVEL_LABELS, REASON_LABELS, STATUS_LABELS
from tenants.divisions.queries import (
    UnknownDivision,
    count_by_level,
    find_by_code,
    get_division,
    list_children,
    list_communities,
    list_county_bodies,
    list_divisions,
    list_path,
    list_provinces,
    list_streets,
    nodes_below,
    search,
    subtree_ids,
)
from tenants.divisions.types import Committee, Division, ImportResult, Kind, Level, Status

__all__ = [
    "COMMITTEE_LABELS",
    "KIND_LABELS",
    "LEVEL_LABELS",
    "LIST_AS_OF",
    "LIST_SOURCE",
    "REASON_LABELS",
    "STATUS_LABELS",
    "Committee",
    "Division",
    "ImportResult",
    "Kind",
    "Level",
    "Status",
    "UnknownDivision",
    "count_by_level",
    "fetch_list",
    "find_by_code",
    "get_division",
    "import_divisions",
    "list_children",
    "list_communities",
    "list_county_bodies",
    "list_divisions",
    "list_path",
    "list_provinces",
    "list_streets",
    "nodes_below",
    "read_list",
    "search",
    "subtree_ids",
]
