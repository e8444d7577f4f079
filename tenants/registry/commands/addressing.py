"""The place where a body gets the addresses under which people find it, and loses them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from tenants.registry import hosts, policies
from tenants.registry.commands.life import lock_tenant
from tenants.registry.models import Domain

_WORD: Final = re.compile(r"[a-z][a-z0-9-]{0,29}[a-z0-9]")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def add_address(*, scope: Scope, tenant_id: int, address: str, now: datetime) -> int:
    """
    A whole host name, or one word: then it is a path under the province's name, and a sub-domain of its domain.

    Served by every process within a minute. The address's number.

    :raises Invalid: it is neither, or it is somebody's.
    """
    policies.check_may_manage(scope)
    tenant = lock_tenant(tenant_id)
    name = _checked(address)
    if Domain.objects.filter(domain=name).exists():
        raise Invalid("registry.address_taken", _("这个网址已经有单位在用。"), field="address")
    row = Domain.objects.create(domain=name, tenant=tenant, is_primary=False)
    audit.record(scope=scope, act="registry.address.added", subject=("tenant", tenant.schema_name), now=now,
                 node_id=tenant.node_id, after={"address": name})  # fmt: skip
    transaction.on_commit(hosts.forget)
    return int(row.pk)


def remove_address(*, scope: Scope, tenant_id: int, address_id: int, now: datetime) -> None:
    """
    Nobody is served under it any more, within a minute.

    :raises Missing: the body has no such address.
    """
    policies.check_may_manage(scope)
    tenant = lock_tenant(tenant_id)
    row = Domain.objects.filter(pk=address_id, tenant=tenant).first()
    if row is None:
        raise Missing("registry.no_address", _("没有这个网址。"))
    row.delete()
    audit.record(scope=scope, act="registry.address.removed", subject=("tenant", tenant.schema_name), now=now,
                 node_id=tenant.node_id, before={"address": row.domain})  # fmt: skip
    transaction.on_commit(hosts.forget)


def _checked(address: str) -> str:
    text = address.strip().lower().removesuffix(".")
    if text in settings.HOSTS:
        raise Invalid("registry.shared_host", _("这是大家共用的网址，不能只给一个单位。"), field="address")
    if "." not in text:
        if not _WORD.fullmatch(text) or text == "www":
            raise Invalid(
                "registry.bad_word",
                _("短名用 2 到 31 个小写字母、数字或短横，字母开头，例如：xihu。"),
                field="address",
            )
        return text
    try:
        name = text.encode("idna").decode()  # a Chinese name as the wire has it
    except UnicodeError:
        name = ""
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise Invalid(
            "registry.bad_host", _("这不是域名。只写域名，不带 http:// 和斜杠，例如：fl.xihu.gov.cn。"), field="address"
        )
    if settings.DOMAIN and (name == settings.DOMAIN or name.endswith(f".{settings.DOMAIN}")):
        raise Invalid(
            "registry.own_domain",
            _("%(domain)s 下面的网址请只写前面的短名，例如：xihu。") % {"domain": settings.DOMAIN},
            field="address",
        )
    return name
