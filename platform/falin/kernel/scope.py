"""The place of scope: who is acting, in which tenant, for which places, with which grants."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from falin.kernel.refusals import Forbidden, Moving, Suspended

PUBLIC_SCHEMA = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    One person in one role in one tenant, for the length of one transaction.

    ``roots`` are the places the role was given for; ``nodes`` is everything below them inside the tenant. Who sees the
    whole tenant has ``whole`` set and ``nodes`` empty: large sets are slow under row security (decision 1).
    """

    person_id: int
    person_name: str
    role: str
    tenant_id: int
    schema: str
    roots: tuple[int, ...] = ()
    nodes: frozenset[int] = field(default_factory=frozenset)
    whole: bool = False
    grants: frozenset[str] = field(default_factory=frozenset)
    subject_id: str = ""  # the firm or adviser whose own rows these are, for roles that see only their own
    request_id: str = ""
    suspended: bool = False  # the tenant is: everybody of it reads, nobody writes
    moving: bool = False  # so it is for some seconds, while its rows change hands
    emergency: str = ""  # the number of the emergency by which an operator looks in; every door he passes is booked
    hat: str = ""  # names the role in the tenant among all the person holds; forms and jobs carry it

    def may(self, grant: str) -> bool:
        return grant in self.grants

    def require(self, grant: str) -> None:
        """:raises Forbidden: when the role does not hold the grant. :raises Suspended: nor could, at present."""
        if grant not in self.grants:
            self.check_may_write()
            raise Forbidden(
                "kernel.not_granted", _("您现在的身份不能做这件事。可以在页面上方切换身份，或请管理员授权。")
            )

    def check_may_write(self) -> None:
        """:raises Suspended: in a tenant that is suspended nobody writes. :raises Moving: nor while its rows change hands."""
        if self.moving:
            raise Moving
        if self.suspended:
            raise Suspended(
                "kernel.suspended", _("您的单位已停用：现在只能查看，不能办理。停用期间内容都保留着，恢复以后接着办。")
            )

    def sees(self, node_id: int) -> bool:
        """Whether a row of this place, in this tenant, is within the scope."""
        return self.whole or node_id in self.nodes


def system_scope(*, schema: str, tenant_id: int, grants: frozenset[str], **more: Any) -> Scope:
    """The scope of work nobody clicked for (nightly roll-up, delivery of events): the whole of one tenant."""
    return Scope(person_id=0, person_name="", role="system", tenant_id=tenant_id, schema=schema, whole=True,
                 grants=grants, **more)  # fmt: skip


def own_scope(scope: Scope) -> Scope:
    """The scope of a person about his own account alone, whatever office he acts for at the moment."""
    return replace(scope, tenant_id=0, schema=PUBLIC_SCHEMA, roots=(), nodes=frozenset(), whole=False, subject_id="")
