"""
The place that knows which rows of the shared schema go along with a tenant: each table declared once, by its own floor.

An archive holds them, a restore puts back what is missing, a removal takes away what is the tenant's alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What stands for the tenant in ``where`` and ``sealed_under``, besides the tables of its own schema, which need no prefix.
# %(tenant)s its number, %(schema)s its schema, %(node)s the place its body sits at.
SUBTREE = "select node_id from divisions_divisionversion where county_id = %(node)s or province_id = %(node)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """
    Rows of one shared table.

    :param where: which of them, as a condition over ``x``.
    :param natural: the columns by which a row is known in another cell; without, its key, which others refer to.
    :param same: columns that must agree where a key is there already: else it is somebody else's.
    :param alone: the rows are nobody else's and go when the tenant does.
    :param secret: columns that leave sealed though they are not encrypted here.
    :param indexes: blind indexes, made anew in another cell: column → (encrypted field, purpose).
    :param sealed_under: the schema under whose data key a row's encrypted columns are, in SQL.
    """

    table: str
    where: str
    natural: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    alone: bool = False
    secret: frozenset[str] = frozenset()
    indexes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    sealed_under: str = "%(schema)s"


_declared: dict[str, Belonging] = {}


def declare(*belongings: Belonging) -> None:
    """Have rows go along with tenants; called by the composition root, in the order in which rows refer to each other."""
    for one in belongings:
        _declared[one.table] = one


def declared() -> tuple[Belonging, ...]:
    return tuple(_declared.values())


_PLACES = f"""x.{{key}} in ({SUBTREE}) or x.{{key}} in (
    select unnest(array[province_id, city_id, county_id]) from divisions_divisionversion where node_id = %(node)s)"""  # noqa: S608
PLACES = (
    Belonging(table="divisions_node", where=_PLACES.format(key="id")),
    Belonging(table="divisions_divisionversion", natural=("node_id", "valid_from"), same=("level", "code"),
              where=_PLACES.format(key="node_id")),
)  # fmt: skip
ANCHORS = (
    Belonging(table="kernel_auditanchor", where="x.tenant = %(schema)s", natural=("tenant", "number"), same=("line",)),
)
DOMAINS = (Belonging(table="registry_domain", where="x.tenant_id = %(tenant)s", natural=("domain",), alone=True),)
