"""``falin migrate``: the shared schema, then every tenant's, then the spares, all as the database's owner."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from falin.kernel.clock import now
from tenants.registry.commands import SPARES, upgrade


class Command(BaseCommand):
    help = "Bring the shared schema and every tenant's up to date."
    requires_system_checks: Any = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--spares", type=int, default=SPARES, help="schemas to keep ready")

    def handle(self, *args: Any, **options: Any) -> None:
        report = upgrade(now=now(), spares=options["spares"])
        changed = sum(map(bool, report.applied.values()))
        self.stdout.write(f"tenants: {len(report.applied)}, changed: {changed}, failed: {len(report.failed)}")
        if report.failed:
            raise CommandError("\n".join(f"{name}: {why}" for name, why in report.failed.items()))
