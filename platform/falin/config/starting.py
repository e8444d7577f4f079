"""What every program of ours makes sure of before it serves anybody."""

from __future__ import annotations

from django.core.checks import Tags, run_checks
from django.db import connection

from falin.kernel.crypto import NoRoot, check_root


def require_doors() -> None:
    """:raises SystemExit: an address has no door."""
    errors = [message for message in run_checks(tags=[Tags.urls]) if message.is_serious()]
    if errors:
        raise SystemExit("\n".join(str(message) for message in errors))


def require_root_key() -> None:
    """:raises SystemExit: what is encrypted could not be read; with the sentence that says why."""
    try:
        check_root()
    except NoRoot as trouble:
        raise SystemExit(str(trouble)) from None
    finally:
        connection.close()  # a server that forks must not hand it on
