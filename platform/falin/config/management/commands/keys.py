"""``falin keys``: look at the keys, and replace them while everybody works."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from falin.kernel import crypto


class Command(BaseCommand):
    help = "check: the root key opens the data keys."
    requires_system_checks: Any = []

    def add_arguments(self, parser: Any) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("check", help="that the root key opens the data keys")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, "_" + options["act"].replace("-", "_"))(options)
        except crypto.NoRoot as trouble:
            raise CommandError(str(trouble)) from None

    def _check(self, options: Any) -> None:
        crypto.check_root()
