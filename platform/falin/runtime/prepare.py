"""Place of what is made once before pages are served: collected assets and the compiled catalogue."""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command

from falin.runtime import translations


def pages() -> None:
    """Collect and hash the built front end where it changed; compile the translations."""
    translations.compile_into(settings.HOME / "locale")
    mark = settings.STATIC_ROOT / ".made-from"
    wanted = str(settings.STATICFILES_DIRS)
    if not mark.exists() or mark.read_text() != wanted:
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        mark.write_text(wanted)
