"""The place of every way the tree of places changes: a list is fetched, a list is brought in."""

from tenants.divisions.commands.fetching import LIST_AS_OF, LIST_SOURCE, fetch_list
from tenants.divisions.commands.importing import import_divisions
from tenants.divisions.commands.reading import read_list

__all__ = ["LIST_AS_OF", "LIST_SOURCE", "fetch_list", "import_divisions", "read_list"]
