"""Which rows of the register of people go along with a tenant."""

from tenants.registry.belongings import Belonging

_PEOPLE = (
    "select person_id from identity_binding where tenant_id = %(tenant)s union select person_id from kernel_auditentry"
)
PEOPLE = (
    Belonging(
        table="identity_person", where=f"x.id in ({_PEOPLE})", same=("username",), secret=frozenset({"password"}),
        sealed_under="'public'",
        indexes={"phone_index": ("phone_sealed", "person.phone")},
    ),
    Belonging(table="identity_binding", where="x.tenant_id = %(tenant)s", same=("person_id", "role"), alone=True),
    Belonging(
        table="identity_suspension", where=f"x.person_id in ({_PEOPLE})", natural=("person_id", "begun_at"),
    ),
)  # fmt: skip
