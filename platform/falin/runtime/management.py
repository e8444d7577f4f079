"""Place of Django's management commands under the `falin` command."""

import os
import sys

from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.instance import reach


def manage(arguments: Arguments, home: Home) -> int:
    """`falin manage …`: hands everything to Django."""
    reach(home, os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")
    from falin.kernel.loading import many_modules

    with many_modules():
        import django
        from django.core.management import execute_from_command_line

        django.setup()
    sys.argv = ["falin manage", *arguments.rest]
    execute_from_command_line(sys.argv)
    return 0


def migrate(arguments: Arguments, home: Home) -> int:
    """`falin migrate …`."""
    return manage(Arguments(rest=["migrate", *arguments.rest]), home)


def tenants(arguments: Arguments, home: Home) -> int:
    """`falin tenants …`."""
    return manage(Arguments(rest=["tenants", *arguments.rest]), home)


def access(arguments: Arguments, home: Home) -> int:
    """`falin access …`."""
    return manage(Arguments(rest=["access", *arguments.rest]), home)


def keys(arguments: Arguments, home: Home) -> int:
    """`falin keys …`."""
    return manage(Arguments(rest=["keys", *arguments.rest]), home)


def retention(arguments: Arguments, home: Home) -> int:
    """`falin retention …`."""
    return manage(Arguments(rest=["retention", *arguments.rest]), home)


def divisions(arguments: Arguments, home: Home) -> int:
    """`falin divisions …`."""
    return manage(Arguments(rest=["divisions", *arguments.rest]), home)
