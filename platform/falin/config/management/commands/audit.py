"""``falin manage audit export SCHEMA FILE | keys | rotate-key``: the sealed log from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from falin.kernel.audit import exporting, keys
from falin.kernel.clock import now
from falin.kernel.scope import PUBLIC_SCHEMA
from falin.kernel.transactions import inside
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema


class Command(BaseCommand):
    help = "Write a tenant's log (or the shared one, `public`) to a file, show the public keys, or make a new key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True)
        export = words.add_parser("export")
        export.add_argument("schema")
        export.add_argument("file", type=Path)
        words.add_parser("keys")
        words.add_parser("rotate-key")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["word"] == "export":
            self._export(options["schema"], options["file"])
        elif options["word"] == "keys":
            for line in keys.published():
                self.stdout.write(json.dumps(line))
        else:
            self.stdout.write(keys.rotate(now=now()))

    def _export(self, schema: str, file: Path) -> None:
        tenant = find_by_schema(schema)
        if tenant is None and schema != PUBLIC_SCHEMA:
            raise CommandError(f"没有这个库空间：{schema} · there is no tenant {schema}")
        scope = system_of(tenant)
        with file.open("wb") as to, inside(scope, read_only=True):
            entries = exporting.write(scope=scope, to=to, now=now())
        self.stdout.write(str(entries))
