"""``falin manage relay``: deliver events until told to stop."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from falin.config.tasks import systems
from falin.kernel import relay
from falin.kernel.clock import now


class Command(BaseCommand):
    help = "Deliver events from every tenant's outbox until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        stop: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: stop.append(number))
        relay.run(lambda: {scope.schema: scope for scope in systems()}, clock=now, stopped=lambda: bool(stop))
