"""Falin's child of the bench `signin`: a person with many bindings comes in again and again."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import django
from stand.children import obey

WHO, PASSWORD = "benched", "a sentence only the bench would say"
_kept: dict[str, Any] = {}


def make(*, bindings: int) -> int:
    """A county of so many communities, and somebody who is liaison in each."""
    django.setup()
    from django.conf import settings
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command

    from falin.kernel.clock import now
    from falin.kernel.transactions import shared
    from tenants.divisions.api import find_by_code, import_divisions, list_communities
    from tenants.divisions.types import Level, ListedRow
    from tenants.identity.api import Role, create_person, grant_role
    from tenants.registry.api import Kind, provision_tenant

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate_cell", spares=1, verbosity=0)
    codes = [f"330106{one // 20 + 1:03d}{one % 20 + 1:03d}" for one in range(bindings)]
    rows = [ListedRow(Level.PROVINCE, "33", "浙江省", ""), ListedRow(Level.CITY, "3301", "杭州市", "33"),
            ListedRow(Level.COUNTY, "330106", "西湖区", "3301")]  # fmt: skip
    rows += [
        ListedRow(Level.STREET, code, f"第{code[-3:]}街道", "330106") for code in sorted({code[:9] for code in codes})
    ]
    rows += [ListedRow(Level.COMMUNITY, code, f"社区{code[-6:]}", code[:9]) for code in codes]
    with shared(read_only=False):
        import_divisions(rows=iter(rows), province="33", as_of=date(2023, 6, 30), source="bench", now=now())
    county = find_by_code(Level.COUNTY, "330106")
    assert county
    provision_tenant(node_id=county.id, kind=Kind.COUNTY, name="西湖区", now=now())
    with shared(read_only=False) as system:
        person = create_person(scope=system, username=WHO, name="叶明远", password=None, encoded=make_password(PASSWORD),
                               must_change_password=False, now=now())  # fmt: skip
        for place in list_communities(county.id):
            grant_role(scope=system, person_id=person.id, role=Role.LIAISON, node_id=place.id, reason="测速", now=now())
    _kept["bindings"] = bindings
    return bindings


def come_in(*, times: int) -> float:
    """CPU milliseconds of one sign-in with the first scope after it, the middle of so many."""
    from django.test import Client

    taken = []
    for _time in range(times):
        client = Client()
        began = time.process_time()
        answer = client.post("/accounts/login/", {"login": WHO, "password": PASSWORD})
        first = client.get("/healthz")
        taken.append(time.process_time() - began)
        assert answer.status_code == 302
        assert len(first.wsgi_request.scope.nodes) == _kept["bindings"]  # type: ignore[attr-defined]
    return sorted(taken)[len(taken) // 2] * 1000


if __name__ == "__main__":
    obey({"make": make, "come_in": come_in})
