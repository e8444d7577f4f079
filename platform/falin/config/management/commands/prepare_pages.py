"""``falin manage prepare_pages``: collect the built front end and compile the translations, where they changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from falin.runtime import prepare


class Command(BaseCommand):
    help = "Collect the built front end and compile the translations."
    requires_system_checks: Any = []

    def handle(self, *args: Any, **options: Any) -> None:
        prepare.pages()
