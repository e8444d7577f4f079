"""Which rows of the province's register go along with a tenant: a county's advisers and firms; a province's all."""

from __future__ import annotations

from tenants.registry.belongings import Belonging
from tenants.registry.hands import Goes, Rewritten, Way

_ADVISERS = (
    "select id from advisers_adviser where province_id = %(node)s union select adviser_id from advisers_appointment"
)
_IN = "x.adviser_id in (select id from advisers_adviser where province_id = %(node)s)"
BELONGINGS = (
    Belonging(
        table="advisers_firm", same=("name",),
        where=f"x.province_id = %(node)s or x.id in (select firm_id from advisers_adviser where id in ({_ADVISERS}))",  # noqa: S608
    ),
    Belonging(
        table="advisers_adviser", where=f"x.id in ({_ADVISERS})", same=("name",),
        indexes={"id_index": ("id_sealed", "adviser.id"), "phone_index": ("phone_sealed", "adviser.phone")},
        sealed_under="(select schema_name from registry_tenant where node_id = x.province_id)",
    ),
    Belonging(table="advisers_seat", where="x.county_id = %(node)s", same=("appointment_id",), alone=True),
    Belonging(
        table="advisers_clearview", natural=("adviser_id", "at", "person_id"),
        where=f"x.node_id = %(node)s or {_IN}",
    ),
)  # fmt: skip
_SEATS = """
update advisers_seat set county_id = %(to_node)s
where county_id = %(from_node)s and (%(whole)s or node_id = any (%(nodes)s))
"""
HANDS = (
    Way("advisers_namedcolumn", Goes.COPIED, "what a team calls its columns"),
    Way("advisers_importsheet", Goes.WITH_THE_LAST, "a sheet on its way in is its county team's work"),
    Rewritten("advisers_seat", (_SEATS,)),
)  # fmt: skip
