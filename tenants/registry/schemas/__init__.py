"""
The place where schemas are made and kept up to date, always as the database's owner.

Stock django-tenants replays the whole history of models in Python for each tenant. Here Django runs every migration once,
in an empty schema that is dropped afterwards, and what it says to the database is written down (``rendering``); the
same text goes to every other schema (``applying``). What a migration does in Python runs in each schema by itself.
"""

from tenants.registry.schemas.applying import PARALLEL, Report, Standing, Stuck, make_schema, migrate_all, standing_of
from tenants.registry.schemas.owning import (
    LEFT_BEHIND,
    copies_of,
    django_as_owner,
    left_by,
    left_of,
    owner,
    prepare_rights,
)
from tenants.registry.schemas.rendering import CannotRender, forget, heads, plan, steps

__all__ = [
    "LEFT_BEHIND", "PARALLEL", "CannotRender", "Report", "Standing", "Stuck", "copies_of", "django_as_owner", "forget", "heads",
    "left_by", "left_of", "make_schema", "migrate_all", "owner", "plan", "prepare_rights", "standing_of", "steps",
]  # fmt: skip
