"""The service worker at the root of the site, where it has to lie to keep pages of the whole site."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse

from falin.kernel.doors import open_door


@open_door(reason="a program of ours without data of anybody; browsers fetch it before and after anybody is signed in")
def service_worker(request: HttpRequest) -> HttpResponse:
    """The built ``sw.js``; never kept by a browser, so that a new build arrives with the next visit."""
    source = _built()
    if source is None:
        raise Http404("sw.js is not built")
    return HttpResponse(
        source.read_bytes(), content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )  # fmt: skip


def _built() -> Path | None:
    found = finders.find("sw.js")
    path = Path(str(found)) if found else Path(settings.STATIC_ROOT) / "sw.js"
    return path if path.is_file() else None
