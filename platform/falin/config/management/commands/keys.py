"""``falin keys``: look at the keys, and replace them while everybody works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from falin.config.tasks import systems
from falin.kernel import crypto, jobs
from falin.kernel.clock import now
from falin.kernel.crypto import rotation
from falin.kernel.crypto.keys import newest
from falin.kernel.models import DataKey
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared


class Command(BaseCommand):
    help = "Look at the encryption keys, and replace them while everybody works."
    requires_system_checks: Any = []

    def add_arguments(self, parser: Any) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("check", help="that the root key opens the data keys")
        acts.add_parser("status", help="versions, how many values each holds, and how far a replacement is")
        data = acts.add_parser("rotate", help="a new data key for each tenant; a job re-encrypts the rows")
        data.add_argument("--here", action="store_true", help="do the job in this process instead of a worker")
        acts.add_parser("stop", help="ask running replacements to stop; another rotate goes on")
        root = acts.add_parser("rotate-root", help="wrap the data keys under the newest root key")
        root.add_argument("--make", action="store_true", help="make a new root key in the root key file first")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, "_" + options["act"].replace("-", "_"))(options)
        except (crypto.NoRoot, crypto.Unreadable) as trouble:
            raise CommandError(str(trouble)) from None
        except Refused as refused:
            raise CommandError(refused.message) from None

    def _check(self, options: Any) -> None:
        crypto.check_root()

    def _status(self, options: Any) -> None:
        for scope in _with_keys():
            with inside(scope, read_only=True):
                keys = newest(scope.schema)
                self.stdout.write(f"{scope.schema}: {keys.algorithm}, {keys.version}")
                for line in rotation.standing(scope):
                    self.stdout.write(f"  {line.column}  v{line.version} {'✓' if line.current else '→'} {line.values}")
                for job in _rotations(scope)[:1]:
                    self.stdout.write(f"  {job.state} {job.done}/{job.total}")

    def _rotate(self, options: Any) -> None:
        for scope in _with_keys():
            with inside(scope, read_only=False):
                job_id = rotation.rotate_data(scope=scope, now=now())
            if options["here"]:
                jobs.work(system=scope, job_id=job_id)
        self._status(options)

    def _stop(self, options: Any) -> None:
        for scope in _with_keys():
            with inside(scope, read_only=False):
                for job in _rotations(scope):
                    if job.state in {"queued", "running"}:
                        jobs.cancel(scope=scope, job_id=job.id, now=now())
        self._status(options)

    def _rotate_root(self, options: Any) -> None:
        if options["make"]:
            rotation.make_root()
        with shared(read_only=False) as scope:
            changed = rotation.rotate_root(scope=scope, now=now())
        self.stdout.write(
            _("已用最新的根密钥重新封装 %(n)s 把数据密钥。旧的根密钥等旧备份过期以后再删。") % {"n": changed}
        )


def _with_keys() -> Iterator[Scope]:
    having = set(DataKey.objects.values_list("tenant", flat=True))
    return (scope for scope in systems() if scope.schema in having)


def _rotations(scope: Scope) -> list[Any]:
    return [job for job in jobs.list_jobs(scope=scope) if job.kind == rotation.REENCRYPT]
