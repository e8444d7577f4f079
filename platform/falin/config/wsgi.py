"""The web server's entrance. Refuses to start while an address has no door."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")

from django.core.checks import Tags, run_checks
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

_errors = [message for message in run_checks(tags=[Tags.urls]) if message.is_serious()]
if _errors:
    raise SystemExit("\n".join(str(message) for message in _errors))
