"""
The place that knows which rows of the shared schema go along with a tenant: each table declared once, by its own floor.

An archive or a move holds them, a restore puts back what is missing, a removal takes away what is the tenant's alone. A table
of which nothing goes along stands in ``STAYS`` with the reason; a test over the catalogue fails when one is in neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tenants.divisions.commands.writing import insert_parts

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
    :param derived: makes what is read off these rows, after they came in: called with a connection and the largest key before.
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
    derived: Callable[[Any, int], None] | None = None


_declared: dict[str, Belonging] = {}


def declare(*belongings: Belonging) -> None:
    """Have rows go along with tenants; called by the composition root, in the order in which rows refer to each other."""
    for one in belongings:
        _declared[one.table] = one


def declared() -> tuple[Belonging, ...]:
    return tuple(_declared.values())


_PLACES = f"""x.{{key}} in ({SUBTREE}) or x.{{key}} in (
    select unnest(array[province_id, city_id, county_id]) from divisions_divisionversion where node_id = %(node)s)"""  # noqa: S608
_VERSIONS = _PLACES.format(key="node_id")
_BELOW = _VERSIONS.replace("x.node_id", "v.node_id")
# Versions and lineage name the update that wrote them, by which it would be undone: its number must mean the same.
_UPDATES = f"""x.id in (
    select begun_by from divisions_divisionversion v where {_BELOW}
    union select ended_by from divisions_divisionversion v where {_BELOW}
    union select l.update_id from divisions_divisionlineage l where l.to_node in (
        select v.node_id from divisions_divisionversion v where {_BELOW}))"""  # noqa: S608
_AREAS = f"x.area_id in (select a.id from divisions_statisticalarea a where {_VERSIONS.replace('x.', 'a.')})"  # noqa: S608
PLACES = (
    Belonging(table="divisions_node", where=_PLACES.format(key="id")),
    Belonging(table="divisions_divisionupdate", where=_UPDATES, same=("source", "day", "province")),
    Belonging(table="divisions_divisionversion", natural=("node_id", "valid_from"), same=("level", "code"),
              where=_VERSIONS, derived=insert_parts),
    Belonging(table="divisions_divisionlineage", natural=("day", "kind", "from_node", "to_node"), same=("update_id",),
              where=f"({_PLACES.format(key='from_node')}) and ({_PLACES.format(key='to_node')})"),
    Belonging(table="divisions_divisionfact", natural=("node_id", "kind", "on_day"), where=_VERSIONS),
    Belonging(table="divisions_boundary", natural=("node_id", "valid_from"), where=_VERSIONS),
    Belonging(table="divisions_statisticalarea", where=_VERSIONS, same=("node_id", "name")),
    Belonging(table="divisions_areamember", natural=("area_id", "node_id", "valid_from"), where=_AREAS),
)  # fmt: skip
ANCHORS = (
    Belonging(table="kernel_auditanchor", where="x.tenant = %(schema)s", natural=("tenant", "number"), same=("line",)),
)
DOMAINS = (Belonging(table="registry_domain", where="x.tenant_id = %(tenant)s", natural=("domain",), alone=True),)

_INSTALLATION = "the installation's own, made anew in each"
_SIGNED_IN = "of somebody's way in here; he signs in anew there"
STAYS = {
    "divisions_namepart": "made of the names that come in",
    "divisions_divisionchange": "how an update was decided; its outcome is in the versions and the lineage",
    "divisions_divisionhandover": "how an update was carried out here; its outcome is in the bodies' own rows",
    "desk_feedback": "said of this installation's pages, and answered here",
    "divisions_divisionimport": "which lists were brought in here",
    "identity_session": _SIGNED_IN,
    "identity_foreignsession": _SIGNED_IN,
    "identity_usedtoken": _SIGNED_IN,
    "identity_slowdown": _SIGNED_IN,
    "identity_code": _SIGNED_IN,
    "django_session": _SIGNED_IN,
    "mfa_authenticator": "its secret is bound to this cell's key and address; enrolled anew",
    "identity_link": "linked anew with fresh proof: the other cell may trust another home of sign-on",
    "identity_account": "kept for this cell's home of sign-on",
    "identity_accesstoken": "made anew: an archive could bring back one that was revoked since",
    "identity_firstpassword": "on its way to this cell's home of sign-on",
    "identity_refusals": "counted here",
    "identity_invitation": "good for a day, at this address",
    "identity_firstoperator": _INSTALLATION,
    "identity_emergency": "of operators here; booked in the tenant's log, which goes along",
    "identity_correction": "asked of who may do it here; what was put right stands in the person",
    "identity_personmerge": "a wish of two here; that it was done stands in the person",
    "registry_tenant": "entered by number, and compared",
    "registry_spareschema": _INSTALLATION,
    "registry_trouble": _INSTALLATION,
    "registry_cell": _INSTALLATION,
    "registry_deed": "acts of operators here",
    "registry_archive": "archives that lie in this store",
    "registry_backup": "of the backups that lie in this store",
    "registry_receipt": "of tenants that were destroyed here",
    "desk_notice": "told to operators here",
    "desk_chosenway": "of operators here",
    "desk_firstday": "of operators here",
    "desk_savedview": "of operators here",
    "kernel_datakey": "keys never leave; what they sealed leaves under the recipient's",
    "kernel_auditkey": "vouched for by the other cell's key",
    "kernel_delivery": "measured anew",
    "kernel_auditentry": "the shared schema's own log",
    "kernel_auditbatch": "the shared schema's own log",
    "kernel_outboxevent": "the shared schema's own events",
    "kernel_job": "operators' jobs",
    "kernel_idempotencykey": "of requests here",
    "kernel_storedfile": "operators' files",
    "account_emailaddress": "not used: addresses stand with the person",
    "account_emailconfirmation": "not used",
    "auth_group": "not used",
    "auth_group_permissions": "not used",
    "auth_permission": _INSTALLATION,
    "django_content_type": _INSTALLATION,
    "django_migrations": _INSTALLATION,
    "falin_cache": _INSTALLATION,
}
