"""Falin's child of the bench `request`: makes a county with people, then answers requests."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import Any

from stand import serving
from stand.children import obey


def make(*, streets: int, communities: int, wide: int) -> dict[str, Any]:
    """A county of that many streets and communities each; who sits in a street, in `wide` of them, and over all."""
    serving.application()
    from django.core.management import call_command

    from falin.kernel.clock import now
    from falin.kernel.transactions import shared
    from tenants.divisions.api import find_by_code, import_divisions, list_communities, subtree_ids
    from tenants.divisions.types import Level, ListedRow
    from tenants.identity.api import Role, create_person, grant_role
    from tenants.registry.api import Kind, provision_tenant
    from tenants.registry.commands import open_all

    call_command("migrate_cell", spares=2, verbosity=0)
    codes = [f"330106{street:03d}" for street in range(1, streets + 1)]
    rows = [
        ListedRow(Level.PROVINCE, "33", "浙江省", ""),
        ListedRow(Level.CITY, "3301", "杭州市", "33"),
        ListedRow(Level.COUNTY, "330106", "西湖区", "3301"),
    ]
    rows += [ListedRow(Level.STREET, code, f"第{code[-3:]}街道", "330106") for code in codes]
    rows += [
        ListedRow(Level.COMMUNITY, f"{code}{number:03d}", f"社区{code[-3:]}{number:03d}", code)
        for code in codes
        for number in range(1, communities + 1)
    ]
    moment = now()
    with shared(read_only=False):
        import_divisions(rows=iter(rows), province="33", as_of=date(2023, 6, 30), source="bench", now=moment)
    place = {code: find_by_code(Level.STREET, code) for code in codes}
    places = [division.id for division in place.values() if division]
    county = find_by_code(Level.COUNTY, "330106")
    province = find_by_code(Level.PROVINCE, "33")
    assert county
    assert province
    provision_tenant(node_id=province.id, kind=Kind.PROVINCE, name="浙江省", now=moment)
    tenant = provision_tenant(node_id=county.id, kind=Kind.COUNTY, name="西湖区", now=moment)
    open_all(now=moment)
    sessions = {}
    with shared(read_only=False) as system:
        for who, role, at in (
            ("street", Role.STREET_OFFICER, places[:1]),
            ("wide", Role.STREET_OFFICER, places[:wide]),
            ("county", Role.COUNTY_TEAM, [county.id]),
        ):
            person = create_person(scope=system, username=who, name="叶明远", password=None, encoded="!",
                                   must_change_password=False, now=moment)  # fmt: skip
            for node in at:
                grant_role(scope=system, person_id=person.id, role=role, node_id=node, reason="bench", now=moment)
            sessions[who] = _sign_in(person.id)
    return {
        "schema": tenant.schema,
        "sessions": sessions,
        "communities": [division.id for division in list_communities(county.id)],
        "nodes": {
            "street": list(subtree_ids(places[0])),
            "wide": [node for at in places[:wide] for node in subtree_ids(at)],
        },
    }


def _sign_in(person_id: int) -> str:
    """A session as allauth leaves it after the password was right."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from tenants.identity.models import Person

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person_id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = Person.objects.get(id=person_id).get_session_auth_hash()
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    obey({"make": make, "check": serving.check, "batch": serving.batch})
