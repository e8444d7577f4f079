"""The child of stock django-tenants of the bench `migrate`."""

from __future__ import annotations

import os
from time import perf_counter

import django
from stand.children import obey
from stand.growing import back


def migrate(*, pending: bool, executor: str) -> tuple[float, int]:
    """Seconds of the command django-tenants' documentation names, for all tenants, and how many have the column then."""
    django.setup()
    from django.core.management import call_command

    address = os.environ["DATABASE_OWNER_URL"]
    if pending:
        back.set_back(address)
    began = perf_counter()
    call_command("migrate_schemas", tenant=True, executor=executor, interactive=False, verbosity=0)
    return perf_counter() - began, back.grown(address)


if __name__ == "__main__":
    obey({"migrate": migrate})
