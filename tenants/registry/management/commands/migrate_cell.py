"""``falin migrate``: the shared schema, then every tenant's, then the spares, all as the database's owner."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.management.commands.migrate import Command as StockMigrate

from falin.kernel.clock import now
from tenants.registry import schemas
from tenants.registry.commands import keep_spares
from tenants.registry.models import Tenant


class Command(BaseCommand):
    help = "Bring the shared schema and every tenant's up to date."
    requires_system_checks: Any = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--spares", type=int, default=3, help="schemas to keep ready")

    def handle(self, *args: Any, **options: Any) -> None:
        with schemas.owner() as own:
            schemas.prepare_rights(own)
        with schemas.django_as_owner():
            call_command(StockMigrate(), interactive=False, verbosity=options["verbosity"], skip_checks=True)
        report = schemas.migrate_all(list(Tenant.objects.values_list("schema_name", flat=True)))
        changed = {name: count for name, count in report.applied.items() if count}
        made = keep_spares(now=now(), wanted=options["spares"])
        self.stdout.write(f"tenants: {len(report.applied)}, changed: {len(changed)}, spares made: {made}")
        if report.failed:
            raise CommandError("\n".join(f"{name}: {why}" for name, why in report.failed.items()))
