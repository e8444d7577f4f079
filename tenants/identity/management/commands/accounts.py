"""Compare the accounts at Keycloak with the register of people, and mend what differs."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from falin.kernel.clock import now
from tenants.identity.oidc.directory import Away
from tenants.identity.oidc.provisioning import reconcile


class Command(BaseCommand):
    help = "Compare accounts with the register; exit code 1 while something differs."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--mend", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.OIDC_ISSUER:
            raise CommandError("没有设 FALIN_OIDC_ISSUER，没有要核对的账号 · FALIN_OIDC_ISSUER is not set")
        left = mended = 0
        try:
            for finding in reconcile(mend=options["mend"], clock=now):
                mended += finding.mended
                left += not finding.mended
                row = {"person": finding.person_id, "subject": finding.subject, "drift": list(finding.drift),
                       "mended": finding.mended}  # fmt: skip
                self.stdout.write(json.dumps(row) if options["json"] else self._line(row))
        except Away:
            raise CommandError("Keycloak 联系不上，请稍后再试 · Keycloak does not answer") from None
        if not options["json"]:
            self.stdout.write(f"差别 {left + mended} 处，改正 {mended} 处 · {left + mended} differ, {mended} mended")
        if left:
            raise SystemExit(1)

    @staticmethod
    def _line(row: dict[str, Any]) -> str:
        who = f"person {row['person']}" if row["person"] else f"account {row['subject']}"
        return f"{'✓' if row['mended'] else '✗'} {who}: {', '.join(row['drift'])}"
