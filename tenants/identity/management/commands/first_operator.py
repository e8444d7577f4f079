"""Print the one-time link by which the first operator comes in; silent where one is there already."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from falin.kernel.clock import now
from tenants.identity.api import make_first_link


class Command(BaseCommand):
    help = "Print the one-time link for the first operator."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000/")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            token = make_first_link(now=now())
        if token:
            self.stdout.write(
                "第一位运维人员请打开（24 小时内有效，只能用一次）· the first operator opens (24 h, once):"
            )
            self.stdout.write(f"  {options['address'].rstrip('/')}/setup/first/{token}/")
