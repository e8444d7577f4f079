"""``falin tenants``: the bodies with a schema of their own, and everything that happens in their lives."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from falin.kernel.clock import now
from falin.kernel.refusals import Refused
from tenants.registry import schemas
from tenants.registry.api import TenantInfo, list_tenants
from tenants.registry.commands import upgrade


class Command(BaseCommand):
    help = "The bodies with a schema of their own: where each is, and everything that happens in its life."
    requires_system_checks: Any = []

    def add_arguments(self, parser: Any) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="every body: its schema, state, newest migration, trouble")
        listing.add_argument("--json", action="store_true", help="one JSON object a line")
        migrate = acts.add_parser("migrate", help="bring every schema up to date; goes on where it was stopped")
        migrate.add_argument("--json", action="store_true", help="one JSON object a line")
        migrate.add_argument("--parallel", type=int, default=schemas.PARALLEL, help="connections at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, "_" + options["act"])(options)
        except Refused as refused:
            raise CommandError(refused.message) from None

    def _list(self, options: Any, report: schemas.Report | None = None) -> None:
        tenants = list_tenants()
        standing = schemas.standing_of(tenant.schema for tenant in tenants)
        for tenant in tenants:
            line = _line(tenant, standing[tenant.schema])
            if report:
                line["applied"] = report.applied.get(tenant.schema, 0)
            self.stdout.write(json.dumps(line, ensure_ascii=False) if options["json"] else _text(line))

    def _migrate(self, options: Any) -> None:
        try:
            report = upgrade(now=now(), parallel=options["parallel"])
        except schemas.CannotRender as wrong:
            raise CommandError(str(wrong)) from None
        self._list(options, report)
        if report.failed:
            raise CommandError(_("有 %(n)s 个单位没有升级成功，其余的都好了。") % {"n": len(report.failed)})


def _line(tenant: TenantInfo, standing: schemas.Standing) -> dict[str, Any]:
    return {
        "schema": tenant.schema, "name": tenant.name, "kind": tenant.kind, "state": tenant.state,
        "migration": standing.migration, "at": standing.at.isoformat() if standing.at else None,
        "behind": len(standing.lacking), "trouble": standing.trouble,
    }  # fmt: skip


def _text(line: dict[str, Any]) -> str:
    mark = "✗" if line["trouble"] else "→" if line["behind"] else "✓"
    parts = [mark, line["schema"], line["name"], line["state"], line["migration"], line["at"] or "", line["trouble"]]
    return "  ".join(filter(None, parts))
