"""``falin retention``: which files and rows have outlived their days, and away with them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from falin.config.tasks import clean_up, systems
from falin.kernel import retention
from falin.kernel.clock import now
from falin.kernel.transactions import inside


class Command(BaseCommand):
    help = "Remove files and rows whose days are over, and files no row names."

    def add_arguments(self, parser: Any) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("preview", help="say what would go, and touch nothing")
        acts.add_parser("run", help="remove it; each removal is booked")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "run":
            self.stdout.write(_("删除了 %(n)s 项。") % {"n": sum(clean_up(scope.schema) for scope in systems())})
            return
        for scope in systems():
            with inside(scope, read_only=True):
                for due in retention.preview(scope=scope, now=now()):
                    if due.oldest:
                        size = f"{due.size} B, " if due.size else ""
                        told = f"{due.count} ({size}{due.oldest.date().isoformat()})"
                        self.stdout.write(f"{scope.schema}  {due.rule.label} > {due.days} d: {told}")
                stray = retention.orphans(scope=scope, now=now())
                if stray:
                    self.stdout.write(f"{scope.schema}  {_('没有登记的文件')}: {len(stray)}")
