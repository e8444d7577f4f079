"""Plain Django's child of the bench `signin`."""

from __future__ import annotations

import time

import django
from stand.children import obey

WHO, PASSWORD = "benched", "a sentence only the bench would say"


def make(*, bindings: int) -> int:
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from peers.plain_signin.models import Membership, Place, Tenant

    call_command("migrate", interactive=False, verbosity=0)  # the table of users first
    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    user = User.objects.create_user(WHO, password=PASSWORD)
    tenant = Tenant.objects.create(name="西湖区")
    places = Place.objects.bulk_create(Place(name=f"社区{one}", level=5) for one in range(bindings))
    Membership.objects.bulk_create(
        Membership(user=user, role="liaison", tenant=tenant, place=place) for place in places
    )
    return bindings


def come_in(*, times: int) -> float:
    """CPU milliseconds of one sign-in with the first page after it, the middle of so many."""
    from django.test import Client

    taken = []
    for _time in range(times):
        client = Client()
        began = time.process_time()
        answer = client.post("/login/", {"username": WHO, "password": PASSWORD})
        first = client.get("/first/")
        taken.append(time.process_time() - began)
        assert answer.status_code == 302
        assert first.content.isdigit()
    return sorted(taken)[len(taken) // 2] * 1000


if __name__ == "__main__":
    obey({"make": make, "come_in": come_in})
