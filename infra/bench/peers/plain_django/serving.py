"""Plain Django's child of the bench `request`."""

from __future__ import annotations

from stand import serving
from stand.children import obey


def make(*, nodes: dict[str, list[int]]) -> dict[str, str]:
    """Tables and people; who reads which places is a constant of the program. The sessions, by name."""
    serving.application()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from peers.plain_django import urls

    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    urls.places.update(nodes)
    sessions = {}
    for who in ("street", "wide", "county"):
        user = User.objects.create(username=who, last_name="叶", first_name="明远", password="!")  # noqa: S106
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        sessions[who] = str(session.session_key)
    return sessions


if __name__ == "__main__":
    obey({"make": make, "check": serving.check, "batch": serving.batch})
