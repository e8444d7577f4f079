"""The web server's entrance. Refuses to start while an address has no door, or without the root key."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")

from falin.kernel.loading import many_modules

with many_modules():
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()

    from falin.config.starting import require_doors, require_root_key

    require_doors()
    require_root_key()
