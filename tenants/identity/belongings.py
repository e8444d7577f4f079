"""Which rows of the register of people go along with a tenant."""

from tenants.registry.belongings import Belonging
from tenants.registry.hands import Rewritten

# Who holds or held a role in it, or did anything there; who answers for a program among them; whose record one became.
_NAMED = (
    "select person_id from identity_binding where tenant_id = %(tenant)s union select person_id from kernel_auditentry"
)
_PEOPLE = (
    f"{_NAMED} union select owner_id from identity_serviceaccount where person_id in ({_NAMED})"  # noqa: S608
    f" union select merged_into_id from identity_person where id in ({_NAMED}) and merged_into_id is not null"
)
PEOPLE = (
    Belonging(
        table="identity_person", where=f"x.id in ({_PEOPLE})", same=("username",), secret=frozenset({"password"}),
        sealed_under="'public'",
        indexes={"phone_index": ("phone_sealed", "person.phone")},
    ),
    Belonging(
        table="identity_serviceaccount", where=f"x.person_id in ({_NAMED})", same=("purpose",),
    ),
    Belonging(table="identity_binding", where="x.tenant_id = %(tenant)s", same=("person_id", "role"), alone=True),
    Belonging(
        table="identity_suspension", where=f"x.person_id in ({_PEOPLE})", natural=("person_id", "begun_at"),
    ),
)  # fmt: skip
# Roles go with their places, and the county team's with its county. Of two that are the same then, one ends.
ROLES = Rewritten("identity_binding", (
    """
    update identity_binding b set ended_at = %(now)s, ended_by = 0, ended_why = '并入的单位里已有同样的身份'
    where b.tenant_id = %(from_tenant)s and b.ended_at is null and %(whole)s and b.node_id = %(from_node)s and exists (
        select from identity_binding o where o.ended_at is null and o.person_id = b.person_id and o.role = b.role
        and o.node_id = %(to_node)s and o.subject_id = b.subject_id and o.standing = b.standing)
    """,
    """
    update identity_binding set tenant_id = %(to_tenant)s,
        node_id = case when node_id = %(from_node)s then %(to_node)s else node_id end
    where tenant_id = %(from_tenant)s and ended_at is null and (%(whole)s or node_id = any (%(nodes)s))
    """,
))  # fmt: skip
