"""Plain Django's child of the bench `access`: its own permissions, by groups, asked row by row."""

from __future__ import annotations

import time
from typing import Any

import django
from stand.children import obey

_kept: dict[str, Any] = {}


def make() -> None:
    """A user in two groups that hold every permission there is, as `manage.py migrate` makes them."""
    django.setup()
    from django.contrib.auth.models import Group, Permission, User
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    user = User.objects.create(username="street", password="!")  # noqa: S106
    for name in ("street", "office"):
        group = Group.objects.create(name=name)
        group.permissions.set(Permission.objects.all())
        user.groups.add(group)
    _kept["user"] = user.pk


def decide(rows: int, times: int) -> float:
    """Milliseconds that deciding for the page and for each of its rows adds to having read the user."""
    from django.contrib.auth.models import User
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select 1")
    spent = 0.0
    for _time in range(times):
        user = User.objects.get(pk=_kept["user"])
        began = time.perf_counter()
        assert user.has_perm("plain_django.view_visit")
        assert all(user.has_perm("plain_django.change_visit") for _row in range(rows))
        spent += time.perf_counter() - began
    return spent * 1000 / times


if __name__ == "__main__":
    obey({"make": make, "decide": decide})
